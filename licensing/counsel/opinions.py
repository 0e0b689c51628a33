"""Counsel's opinion on a title, and the verdicts that are asked for again because of it."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.access import Actor
from catalog.merging import rows_of_many, with_parts, with_works_above
from catalog.models import Fact, FactKind, Title
from catalog.rights import record_fact
from catalog.same_bytes import rows_told
from licensing.library.readiness import check_titles
from licensing.models import WAITING, Deal, DealState
from licensing.verdicts.clearances import decide, items_to_clear

_MOST_AT_ONCE: Final = 200


@transaction.atomic
def record_opinion(
    *,
    actor: Actor,
    title: Title,
    body: Mapping[str, Any],
    document: str = "",
    clause: str = "",
    note: str = "",
    evidence: str | None = None,
) -> Fact:
    """Record what counsel says of facts of a title, and clear again what it may settle: the title,
    its parts and what it is part of, and their files in deals that wait.

    The opinion alone settles: where it does not reach, or names other facts, the question stays.
    Raises as `record_fact`.
    """
    lock_concerned(title)
    fact = record_fact(
        actor=actor,
        title=title,
        kind=FactKind.OPINION,
        body=body,
        document=document,
        clause=clause,
        note=note,
        evidence=evidence,
    )
    # Once more, now that it is locked: titles may have been merged since.
    found = _concerned(title)
    clear_waiting(
        _waiting(title, found.rows), Q(asset__title__among=found.rows), actor_name=actor.name
    )
    # Of a series with very many parts the worker asks the rest.
    below = found.works if len(found.reached) > _MOST_AT_ONCE else found.reached
    check_titles(below | found.above)
    return fact


def lock_concerned(title: Title) -> None:
    """Lock what an opinion on a title concerns, in the order of whoever agrees on a deal: the deals
    that wait, then the titles by their keys. So neither waits for the other in a circle."""
    rows = _concerned(title).rows
    list(_waiting(title, rows).select_for_update().order_by("pk"))
    list(Title.objects.filter(pk__among=rows).select_for_update().order_by("pk"))


def clear_waiting(deals: QuerySet[Deal], concerned: Q, *, actor_name: str) -> None:
    """Clear again those files of deals that wait; of a deal that was agreed, those that the
    agreement covers. Call inside a transaction, with the deals locked and then what their files are
    of: a deal that came meanwhile is not waited for, it may wait for these."""
    standing = Q(deal__state=DealState.OPEN) | Q(agreed=True)
    locked = list(deals.select_for_update(skip_locked=True).order_by("pk"))
    now = timezone.now()  # within the locks: what they were waited for is known
    for deal in locked:
        items = items_to_clear(deal.request, deal.items.filter(concerned, standing))
        if items:
            decide(items, as_of=now, actor_name=actor_name)


class _Concerned(NamedTuple):
    """The rows of a work, these with all its parts, the works above it, and all rows of these and
    of what has the same bytes."""

    works: set[int]
    reached: set[int]
    above: set[int]
    rows: set[int]


def _concerned(title: Title) -> _Concerned:
    works = rows_of_many([title.pk])[title.pk]
    reached = with_parts(works)
    above = with_works_above(works) - works
    rows = {row for some in rows_of_many(reached).values() for row in some} | reached | above
    return _Concerned(works, reached, above, rows | rows_told(rows))


def _waiting(title: Title, rows: set[int]) -> QuerySet[Deal]:
    deals = Deal.objects.filter(licensor=title.organisation_id, state__in=WAITING)
    return deals.filter(pk__in=deals.filter(items__asset__title__among=rows).values("pk"))
