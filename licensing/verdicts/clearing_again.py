"""Verdicts on deals that wait follow the rule tables: a studio's row that is recorded, begins or
ends shows in counsel's queue and on the boards at once, not when somebody approves."""

from collections import defaultdict

from django.db import transaction
from django.db.models import Q, QuerySet, Subquery
from django.db.models.expressions import OuterRef
from django.utils import timezone

from accounts.access import SYSTEM
from licensing.counsel.tables import tables_for
from licensing.models import Clearance, Deal, DealState, RequestItem, RuleRow
from licensing.models.reviews import WAITING
from licensing.verdicts.clearances import decide, items_to_clear


def clear_again_pending(limit: int = 1_000) -> int:
    """Clear files of open and held deals anew whose verdict rests on other rule tables than those
    that count now for their licensor; return how many.

    Only of licensors with rows of their own: when the tables that we ship change, everybody's
    deals are cleared with them when they are approved. What a killed worker left is stale still.
    """
    licensors = set(RuleRow.objects.order_by().values_list("organisation", flat=True).distinct())
    if not licensors:
        return 0
    alike: dict[str, list[int]] = defaultdict(list)
    for licensor, tables in tables_for(licensors, at=timezone.now()).items():
        alike[tables.version].append(licensor)
    done = 0
    for version, some in alike.items():
        stale = _stale(Deal.objects.filter(state__in=WAITING, licensor__in=some), version)
        for pk in list(stale.order_by("deal_id").values_list("deal_id", flat=True).distinct()):
            if pk is not None and done < limit:
                done += _clear_deal(pk, limit - done)
    return done


@transaction.atomic
def _clear_deal(pk: int, limit: int) -> int:
    """Clear up to so many stale files of one deal, unless somebody else is at it."""
    waiting = Deal.objects.filter(pk=pk, state__in=WAITING).select_related("request__organisation")
    deal = waiting.select_for_update(of=("self",), skip_locked=True).first()
    if deal is None:
        return 0
    now = timezone.now()  # within the lock: no row that was recorded before it is missed
    version = tables_for([deal.licensor_id], at=now)[deal.licensor_id].version
    own = Deal.objects.filter(pk=pk)
    stale = list(_stale(own, version).order_by("pk").values_list("pk", flat=True)[:limit])
    items = items_to_clear(deal.request, deal.items.filter(pk__in=stale))
    decide(items, as_of=now, actor_name=SYSTEM)
    return len(items)


def _stale(deals: QuerySet[Deal], version: str) -> QuerySet[RequestItem]:
    """Return the files of deals whose newest verdict names other rule tables; of a deal that was
    agreed, those that the agreement covers."""
    newest = Clearance.objects.filter(item=OuterRef("pk")).order_by("-pk")
    items = RequestItem.objects.filter(deal__in=deals).filter(
        Q(deal__state=DealState.OPEN) | Q(agreed=True)
    )
    tables = Subquery(newest.values("decision__tables")[:1])
    return items.annotate(cleared_with=tables).filter(
        Q(cleared_with__isnull=True) | ~Q(cleared_with=version)
    )
