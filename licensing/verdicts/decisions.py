"""What the engine says in full of the cases it has decided: written out by a stage of the worker,
and reckoned for whoever asks sooner."""

from collections.abc import Iterable
from typing import Any

from licensing.clearance import clear_recorded
from licensing.clearance.verdict import ENGINE
from licensing.models import Decision


def write_out_pending(limit: int = 200) -> int:
    """Keep the engine's whole answer beside cases that have only its verdict; return how many.

    Whoever asks sooner reckons it: a case has one answer. So nothing is lost with a killed worker,
    and two that write the same write the same.
    """
    waiting = Decision.objects.filter(result__isnull=True, engine=ENGINE).select_related("tables")
    some = list(waiting.order_by("case_sha256")[:limit])
    for decision in some:
        decision.result = clear_recorded(decision.case, decision.rule_tables())
    Decision.objects.bulk_update(some, ["result"])
    return len(some)


def conditions_of(cases: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the conditions of decisions, by the hash of their case. Two queries."""
    kept = Decision.objects.filter(pk__in=set(cases))
    found = dict(kept.values_list("pk", "result__conditions"))
    for decision in kept.filter(result__isnull=True).select_related("tables"):
        found[decision.pk] = decision.whole_result()["conditions"]
    return found
