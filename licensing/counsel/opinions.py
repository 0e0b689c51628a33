"""Counsel's opinion on a title, and the verdicts that are asked for again because of it."""

from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.access import Actor
from catalog.merging import rows_of_many, with_parts, with_works_above
from catalog.models import Fact, FactKind, Title
from catalog.rights import record_fact
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
    works = rows_of_many([title.pk])[title.pk]
    reached = with_parts(works)
    above = with_works_above(works) - works
    rows = {row for some in rows_of_many(reached).values() for row in some} | reached | above
    deals = Deal.objects.filter(licensor=title.organisation_id, state__in=WAITING)
    concerned = deals.filter(items__asset__title__in=rows).values("pk")
    clear_waiting(deals.filter(pk__in=concerned), Q(asset__title__in=rows), actor_name=actor.name)
    # Of a series with very many parts the worker asks the rest.
    check_titles((works if len(reached) > _MOST_AT_ONCE else reached) | above)
    return fact


def clear_waiting(deals: QuerySet[Deal], concerned: Q, *, actor_name: str) -> None:
    """Clear again those files of deals that wait; of a deal that was agreed, those that the
    agreement covers. Call inside a transaction."""
    now = timezone.now()
    standing = Q(deal__state=DealState.OPEN) | Q(agreed=True)
    for deal in deals.select_for_update().order_by("pk"):
        items = items_to_clear(deal.request, deal.items.filter(concerned, standing))
        if items:
            decide(items, as_of=now, actor_name=actor_name)
