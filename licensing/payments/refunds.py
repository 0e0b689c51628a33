"""The price of a cancelled deal, on its way back: in full, once, by whichever way it goes."""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import SYSTEM, Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import Conflict, DomainError, Invalid
from accounts.models import User
from accounts.text import check_name
from catalog.checks import check_instant
from ledger.append import append
from licensing.deals.transitions import lock_deal, move
from licensing.models import Deal, DealState, Refund, SettlementMethod, StripeRefund
from licensing.payments import stripe_gateway
from licensing.payments.settlements import check_price_in_full, utc_day

log = logging.getLogger("edgecode.licensing")

ASK_AGAIN_AFTER = timedelta(minutes=5)
UNDER_WAY = ("due", "pending")
_TRY_AGAIN = (stripe_gateway.PaymentUnavailable, stripe_gateway.KeyRefused)


@transaction.atomic
def record_bank_refund(
    *,
    actor: Actor,
    deal_code: str,
    amount_minor: int,
    currency: str,
    reference: str,
    refunded_at: datetime,
) -> Refund:
    """Record, for the licensor's finance, that the price of a cancelled deal was sent back.

    The amount must be the price exactly, and not sent before it arrived. Also for a price paid
    through Stripe, once Stripe could not return it. Raises Invalid naming the field, NotFound,
    Conflict.
    """
    require(actor, Permission.RECORD_PAYMENTS)
    deal = lock_deal(actor, deal_code, side="licensor")
    if StripeRefund.objects.filter(deal=deal, status__in=UNDER_WAY).exists():
        raise Conflict(_("Stripe is returning the money; that is recorded by itself."))
    check_instant("refunded_at", refunded_at)
    if refunded_at > timezone.now():
        raise Invalid("refunded_at", _("The money cannot have been sent in the future."))
    return _record(
        deal,
        method=SettlementMethod.BANK_TRANSFER,
        amount_minor=amount_minor,
        currency=currency,
        reference=reference,
        refunded_at=refunded_at,
        actor_name=actor.name,
        user=actor.user,
    )


def return_nothing_due_pending(limit: int = 50) -> int:
    """Close the cancelled deals for which nothing was due: nobody has anything to send back.
    Returns how many. Safe to kill and to run in many processes."""
    due = Deal.objects.filter(state=DealState.REFUNDING, amount_minor=0).order_by("pk")
    return sum(map(_return_nothing, list(due.values_list("pk", flat=True)[:limit])))


@transaction.atomic
def _return_nothing(pk: int) -> bool:
    rows = Deal.objects.filter(state=DealState.REFUNDING, amount_minor=0)
    deal = rows.select_for_update(skip_locked=True).filter(pk=pk).first()
    if deal is None:
        return False
    _record(
        deal,
        method=SettlementMethod.NOTHING_DUE,
        amount_minor=0,
        currency=deal.currency,
        reference=deal.code,
        refunded_at=timezone.now(),
        actor_name=SYSTEM,
        user=None,
    )
    return True


def return_pending(named: Collection[str], limit: int) -> tuple[int, set[str]]:
    """Have Stripe return what is due and ask it about the rest.

    `named` are the ids of Stripe's objects that events named: those refunds are asked about at
    once, the others when they have long been silent. Returns how many were asked about, and the
    ids of those that Stripe did not answer about.
    """
    silent = Q(asked_at__isnull=True) | Q(asked_at__lt=timezone.now() - ASK_AGAIN_AFTER)
    rows = StripeRefund.objects.filter(
        Q(refund_id__in=named)
        | Q(charge_id__in=[name for name in named if name])
        | Q(silent, status__in=UNDER_WAY)
    )
    due = list(rows.select_related("deal__settlement").order_by("asked_at", "pk")[:limit])
    unanswered = [row for row in due if not _ask(row)]
    return len(due), {name for row in unanswered for name in (row.refund_id, row.charge_id) if name}


def _ask(row: StripeRefund) -> bool:
    """Ask Stripe for a refund, or how it stands; return whether Stripe answered."""
    try:
        if row.refund_id:
            view = stripe_gateway.read_refund(row.refund_id)
        else:
            # The key is the deal's: a crash after Stripe answered gives the same refund again.
            view = stripe_gateway.create_refund(
                session_id=row.deal.settlement.reference,
                deal_code=row.deal.code,
                idempotency_key=f"refund-{row.deal.code}",
            )
    except DomainError as error:
        log.warning("refund of deal %s: %s", row.deal.code, error)
        # Only a refusal of the refund itself ends it: after a wrong key of ours, the money may
        # still be on its way, and the licensor must not be told to send it a second time.
        lost = not isinstance(error, _TRY_AGAIN)
        changes = {"asked_at": timezone.now()} | ({"status": "failed"} if lost else {})
        # What has arrived stays arrived, whatever Stripe forgets.
        StripeRefund.objects.filter(pk=row.pk, status__in=UNDER_WAY).update(**changes)
        return lost
    _record_if_returned(row, view)
    return True


@transaction.atomic
def _record_if_returned(row: StripeRefund, view: stripe_gateway.RefundView) -> None:
    deal = Deal.objects.select_for_update().get(pk=row.deal_id)
    StripeRefund.objects.filter(pk=row.pk).update(
        refund_id=view.id, charge_id=view.charge_id, status=view.status, asked_at=timezone.now()
    )
    if view.status == "failed" and deal.state == DealState.CANCELLED:
        log.error("refund %s of deal %s came back: send it again", view.id, deal.code)
    if view.status != "succeeded" or deal.state != DealState.REFUNDING:
        return
    if (view.amount_minor, view.currency) != (deal.amount_minor, deal.currency):
        log.error("refund %s of deal %s is not of the price", view.id, deal.code)
        return
    _record(
        deal,
        method=SettlementMethod.STRIPE,
        amount_minor=view.amount_minor,
        currency=view.currency,
        reference=view.id,
        refunded_at=timezone.now(),
        actor_name=SYSTEM,
        user=None,
    )


def _record(
    deal: Deal,
    *,
    method: SettlementMethod,
    amount_minor: int,
    currency: str,
    reference: str,
    refunded_at: datetime,
    actor_name: str,
    user: User | None,
) -> Refund:
    move(deal, DealState.CANCELLED, out_of=DealState.REFUNDING)
    check_price_in_full(deal, amount_minor, currency)
    # Whole days, and one to spare: where it was sent, it may still have been the day before.
    if utc_day(refunded_at) + timedelta(days=1) < utc_day(deal.settlement.settled_at):
        raise Invalid("refunded_at", _("The money cannot have been sent before it arrived."))
    deal.save(update_fields=["state"])
    refund = Refund.objects.create(
        code=allocate("refund"),
        deal=deal,
        method=method,
        amount_minor=amount_minor,
        currency=currency,
        reference=check_name("reference", reference, 200),
        refunded_at=refunded_at,
        recorded_by=user,
    )
    append(
        "refund.recorded",
        stream=refund.stream,
        actor=actor_name,
        refs={"deal": deal.stream, "settlement": deal.settlement.stream},
        data={"method": method},
        private={
            "amount": {
                "amount_minor": amount_minor,
                "currency": currency,
                "reference": refund.reference,
            }
        },
    )
    return refund
