"""Paying a deal through Stripe: asking for the payment, and hearing that it was made."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.errors import Conflict, DomainError, Invalid
from accounts.text import check_name
from licensing.deals.amended import refuse_ended
from licensing.deals.transitions import (
    TRANSITIONS,
    decline_deal,
    lock_deal,
    no_longer,
    payments_under_way,
)
from licensing.models import Deal, DealState, Payment, Settlement, WebhookEvent
from licensing.payments import stripe_gateway
from licensing.payments.refunds import return_pending
from licensing.payments.settlements import settle_stripe_payment

log = logging.getLogger("edgecode.licensing")

# A webhook that was lost is made up for by asking about open payments now and then.
ASK_AGAIN_AFTER = timedelta(minutes=5)
_OVER = {"failed", "expired"}
_UNDER_WAY = {"open", "processing"}


def start_payment(*, actor: Actor, deal_code: str) -> Payment:
    """Return a payment whose `url` leads the lab's finance to Stripe's page.

    An open payment is returned again. Raises Conflict when the deal does not await payment or
    Stripe is not set up, NotFound.
    """
    require(actor, Permission.PAY_DEALS)
    if not stripe_gateway.configured():
        raise Conflict(_("Payment through Stripe is not set up; pay by bank transfer."))
    payment = _reserve(actor, deal_code)
    if payment.url:
        return payment
    # The key is the row's: a crash after Stripe answered gives the same session again.
    deal = payment.deal
    try:
        view = stripe_gateway.create_payment(
            deal_code=deal.code,
            amount_minor=deal.amount_minor,
            currency=deal.currency,
            idempotency_key=f"deal-{deal.code}-{payment.attempt}",
            description=f"Edgecode deal {deal.display_code}",
            return_url=f"{settings.BASE_URL}/deals/{deal.code}/",
        )
    except (Invalid, Conflict):
        # Refused for good, so the next attempt is a new one.
        Payment.objects.filter(pk=payment.pk, session_id=None).update(status="failed")
        raise
    if not _keep_session(payment, view):
        stripe_gateway.expire(view.id)
        raise Conflict(_("The deal does not await payment."))
    return payment


@transaction.atomic
def _reserve(actor: Actor, deal_code: str) -> Payment:
    deal = lock_deal(actor, deal_code, side="licensee")
    if deal.state != DealState.APPROVED:
        raise Conflict(_("The deal does not await payment."))
    if deal.is_overdue:
        raise Conflict(_("The price was due before; the agreement lapses."))
    refuse_ended(deal.amends)
    if deal.amount_minor == 0:
        raise Conflict(_("Nothing is due; the grant follows by itself."))
    last = deal.payments.order_by("-attempt").first()
    if last is not None and last.status not in _OVER:
        return last
    return Payment.objects.create(deal=deal, attempt=last.attempt + 1 if last else 1)


@transaction.atomic
def _keep_session(payment: Payment, view: stripe_gateway.PaymentView) -> bool:
    """Keep what Stripe opened; return whether the deal still awaits payment."""
    deal = Deal.objects.select_for_update().get(pk=payment.deal_id)
    payment.session_id, payment.url = view.id, view.url or ""
    payment.save(update_fields=["session_id", "url"])
    return deal.state == DealState.APPROVED


def cancel_payment(*, actor: Actor, deal_code: str) -> Payment:
    """Close the payment page that a deal has open at Stripe, for the lab; both sides can act again.

    One that is closed already is returned as it is. Raises Conflict where there is none, where
    the payer was quicker (then the payment counts) or a bank debit is under way, NotFound,
    PaymentUnavailable.
    """
    require(actor, Permission.PAY_DEALS)
    payment = _newest(actor, deal_code)
    return payment if payment.status in _OVER else _close(payment)


def decline_unpaid(*, actor: Actor, code: str, reason: str) -> Deal:
    """Decline a deal, or take an approval back, for the licensor. Until the price has arrived it
    may step back, so a page that the lab has open at Stripe is closed before.

    Raises Conflict where the payer was quicker or a bank debit is under way, NotFound, Invalid,
    PaymentUnavailable.
    """
    require(actor, Permission.DECIDE_DEALS)
    check_name("reason", reason, 500)
    for payment in _open_pages(actor, code):
        _close(payment)
    return decline_deal(actor=actor, code=code, reason=reason)


@transaction.atomic
def _open_pages(actor: Actor, code: str) -> list[Payment]:
    """Return what the lab may be paying, of a deal that the licensor may still decline."""
    deal = lock_deal(actor, code, side="licensor")
    if DealState.DECLINED not in TRANSITIONS[DealState(deal.state)]:
        raise no_longer(deal)
    return list(payments_under_way([deal]))


def _close(payment: Payment) -> Payment:
    """Close a payment's page at Stripe, or raise Conflict."""
    session_id = payment.session_id or ""
    try:
        view = stripe_gateway.expire(session_id)
    except stripe_gateway.PaymentUnknown:
        # Nobody can pay what Stripe does not know.
        Payment.objects.filter(pk=payment.pk).update(status="failed")
    else:
        _settle_if_paid(session_id, view)
    payment.refresh_from_db()
    if payment.status == "paid":
        raise Conflict(_("The deal was paid a moment before; the payment counts."))
    if payment.status not in _OVER:
        raise Conflict(_("Stripe is processing the payment; it can no longer be cancelled."))
    return payment


@transaction.atomic
def _newest(actor: Actor, deal_code: str) -> Payment:
    """Return the newest payment of a deal that has had a page, and is not paid."""
    deal = lock_deal(actor, deal_code, side="licensee")
    last = deal.payments.filter(session_id__isnull=False).order_by("-attempt").first()
    if last is None or last.status == "paid":
        raise Conflict(_("No payment of this deal is under way."))
    return last


def receive_webhook(raw_body: bytes, signature: str | None) -> None:
    """Take in a webhook whose signature is right; each event once. Raises Invalid."""
    event = stripe_gateway.parse_webhook(raw_body, signature)
    WebhookEvent.objects.bulk_create(
        [WebhookEvent(event_id=event.id, kind=event.type, object_id=event.object_id)],
        ignore_conflicts=True,
    )


def settle_pending(limit: int = 20) -> int:
    """Settle what Stripe says is paid, have it return what is due; return how many it was asked.

    Asks Stripe itself about every payment and refund an event named, and about those long
    unheard of: what an event says is never believed, so lost, doubled and shuffled events do no
    harm.
    """
    events = list(WebhookEvent.objects.filter(processed_at__isnull=True).order_by("pk")[:limit])
    named = {event.object_id for event in events}
    payments, unpaid = _ask_about_payments(named, limit)
    refunds, unreturned = return_pending(named, limit)
    # Events of what Stripe did not answer about stay unprocessed: tried again.
    done = [event.pk for event in events if event.object_id not in unpaid | unreturned]
    WebhookEvent.objects.filter(pk__in=done).update(processed_at=timezone.now())
    return payments + refunds


def _ask_about_payments(named: set[str], limit: int) -> tuple[int, set[str]]:
    """Return how many payments Stripe was asked about, and the sessions it did not answer for."""
    silent = Payment.objects.filter(
        status__in=_UNDER_WAY,
        session_id__isnull=False,
        asked_at__lt=timezone.now() - ASK_AGAIN_AFTER,
    ).order_by("asked_at")
    sessions = named | {payment.session_id or "" for payment in silent[:limit]}
    asked = Payment.objects.filter(session_id__in=sessions).values_list("session_id", flat=True)
    return len(asked), {session_id or "" for session_id in asked if not _ask(session_id or "")}


def _ask(session_id: str) -> bool:
    """Ask Stripe about a payment and settle it if it is paid; return whether Stripe answered."""
    try:
        view = stripe_gateway.read_payment(session_id)
    except DomainError as error:
        log.warning("payment %s: %s", session_id, error)
        # The next ones in line come first the next time; one nobody can pay makes way for another.
        lost = isinstance(error, stripe_gateway.PaymentUnknown)
        changes = {"asked_at": timezone.now()} | ({"status": "failed"} if lost else {})
        Payment.objects.filter(session_id=session_id).update(**changes)
        return not isinstance(error, stripe_gateway.PaymentUnavailable)
    _settle_if_paid(session_id, view)
    return True


@transaction.atomic
def _settle_if_paid(session_id: str, view: stripe_gateway.PaymentView) -> None:
    # Deal before payment, as everywhere: two locks in one order never wait in a circle.
    rows = Deal.objects.select_for_update(of=("self",))
    deal = rows.get(payments__session_id=session_id)
    rows_of_payment = Payment.objects.filter(session_id=session_id)
    if view.status in _UNDER_WAY:
        # Two may ask at once: an older answer never opens again what is over.
        rows_of_payment = rows_of_payment.exclude(status__in=_OVER)
    rows_of_payment.update(status=view.status, asked_at=timezone.now())
    if view.status != "paid":
        return
    is_price = (view.amount_minor, view.currency) == (deal.amount_minor, deal.currency)
    if deal.state == DealState.APPROVED and is_price:
        settle_stripe_payment(
            deal,
            amount_minor=view.amount_minor,
            currency=view.currency,
            reference=session_id,
            settled_at=timezone.now(),
        )
    elif not Settlement.objects.filter(deal=deal, reference=session_id).exists():
        # Money that buys nothing: an operator has to give it back at Stripe.
        log.error("payment %s is paid but settles nothing: deal %s", session_id, deal.code)
