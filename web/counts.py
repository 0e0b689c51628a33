"""How many rows of a list are in which state: the counts on its filters."""

from typing import Any

from django.db.models import Count, QuerySet, TextChoices
from django.utils.functional import Promise

type Text = str | Promise


def by_state(rows: QuerySet[Any], states: type[TextChoices]) -> list[tuple[str, Text, int]]:
    """Return (state, label, number) of every state that occurs, in the order of `states`."""
    found = rows.order_by().values("state").annotate(number=Count("pk"))
    numbers = {row["state"]: row["number"] for row in found}
    return [(str(state.value), state.label, numbers[state]) for state in states if state in numbers]


def total(counts: list[tuple[str, Text, int]]) -> int:
    """Return the number of all rows."""
    return sum(number for _state, _label, number in counts)
