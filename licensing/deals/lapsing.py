"""The end of agreements that nobody paid in time; what they kept back is free again."""

from django.db import transaction
from django.utils import timezone

from accounts.access import SYSTEM
from ledger.append import append
from licensing.deals.transitions import move, payments_under_way
from licensing.models import RECORD_WITHIN, Deal, DealState


def lapse_pending(limit: int = 50) -> int:
    """End the deals that were not paid in time; return how many.

    What is under way at Stripe is waited for. Safe to kill and to run in many processes: each
    deal is one transaction on a locked row.
    """
    over = timezone.now() - RECORD_WITHIN
    due = Deal.objects.filter(state=DealState.APPROVED, pay_by__lte=over)
    paying = payments_under_way(due).values("deal")
    keys = list(due.exclude(pk__in=paying).order_by("pk").values_list("pk", flat=True)[:limit])
    return sum(map(_lapse, keys))


@transaction.atomic
def _lapse(pk: int) -> bool:
    rows = Deal.objects.filter(state=DealState.APPROVED).select_related("request")
    deal = rows.select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
    if deal is None or payments_under_way([deal]).exists():
        return False
    move(deal, DealState.LAPSED)
    deal.save(update_fields=["state"])
    append("deal.lapsed", stream=deal.stream, actor=SYSTEM, refs={"request": deal.request.stream})
    return True
