"""The money of a deal: recorded in full, once, by whichever way it came."""

from datetime import UTC, date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import SYSTEM, Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import Invalid
from accounts.models import User
from accounts.text import check_name
from catalog.checks import check_instant
from ledger.append import append
from licensing.deals.transitions import lock_deal, move, refuse_while_paying
from licensing.models import Agreement, Deal, DealState, Settlement, SettlementMethod


@transaction.atomic
def record_bank_transfer(
    *,
    actor: Actor,
    deal_code: str,
    amount_minor: int,
    currency: str,
    reference: str,
    settled_at: datetime,
) -> Settlement:
    """Record, for the licensor's finance, that the price of an approved deal has arrived.

    The amount must be the price exactly, and have arrived between the day of the agreement in UTC
    and the last on which it was due. Raises Invalid naming the field, NotFound, Conflict.
    """
    require(actor, Permission.RECORD_PAYMENTS)
    deal = lock_deal(actor, deal_code, side="licensor")
    check_instant("settled_at", settled_at)
    if settled_at > timezone.now():
        raise Invalid("settled_at", _("The money cannot have arrived in the future."))
    refuse_while_paying([deal])
    _check_in_time(deal, settled_at)
    return _settle(
        deal,
        method=SettlementMethod.BANK_TRANSFER,
        amount_minor=amount_minor,
        currency=currency,
        reference=reference,
        settled_at=settled_at,
        actor_name=actor.name,
        user=actor.user,
    )


def _check_in_time(deal: Deal, settled_at: datetime) -> None:
    made = Agreement.objects.filter(deal=deal).values_list("created_at", flat=True).first()
    # Whole days: a page gives the day alone, which begins before the agreement was made.
    if made is not None and utc_day(settled_at) < utc_day(made):
        raise Invalid(
            "settled_at",
            _("The money cannot have arrived before the day of the agreement, %(day)s.")
            % {"day": utc_day(made).isoformat()},
        )
    if deal.pay_by is not None and utc_day(settled_at) > utc_day(deal.pay_by):
        raise Invalid(
            "settled_at",
            _("The price was due by %(day)s, and the agreement lapses; nothing is owed.")
            % {"day": utc_day(deal.pay_by).isoformat()},
        )


def utc_day(instant: datetime) -> date:
    """Return the calendar day of an aware instant in UTC."""
    return instant.astimezone(UTC).date()


def settle_stripe_payment(
    deal: Deal, *, amount_minor: int, currency: str, reference: str, settled_at: datetime
) -> Settlement:
    """Record what Stripe reports as paid for a locked deal. Call inside a transaction."""
    return _settle(
        deal,
        method=SettlementMethod.STRIPE,
        amount_minor=amount_minor,
        currency=currency,
        reference=reference,
        settled_at=settled_at,
        actor_name=SYSTEM,
        user=None,
    )


def settle_nothing_due_pending(limit: int = 50) -> int:
    """Settle the deals agreed on for nothing: nobody has a payment to make or to record.

    Returns how many. Safe to kill and to run in many processes: each is one transaction on its
    locked row.
    """
    due = Deal.objects.filter(state=DealState.APPROVED, amount_minor=0).order_by("pk")
    return sum(map(_settle_nothing_due, list(due.values_list("pk", flat=True)[:limit])))


@transaction.atomic
def _settle_nothing_due(pk: int) -> bool:
    rows = Deal.objects.filter(state=DealState.APPROVED, amount_minor=0)
    deal = rows.select_for_update(skip_locked=True).filter(pk=pk).first()
    if deal is None:
        return False
    _settle(
        deal,
        method=SettlementMethod.NOTHING_DUE,
        amount_minor=0,
        currency=deal.currency,
        reference=deal.code,
        settled_at=timezone.now(),
        actor_name=SYSTEM,
        user=None,
    )
    return True


def check_price_in_full(deal: Deal, amount_minor: int, currency: str) -> None:
    """Raise Invalid, naming the field, unless this is the price of the deal exactly."""
    if currency != deal.currency:
        raise Invalid("currency", _("The deal is in %(currency)s.") % {"currency": deal.currency})
    if amount_minor != deal.amount_minor:
        raise Invalid(
            "amount_minor",
            _("The price is %(price)d minor units; record it in full.")
            % {"price": deal.amount_minor},
        )


def _settle(
    deal: Deal,
    *,
    method: SettlementMethod,
    amount_minor: int,
    currency: str,
    reference: str,
    settled_at: datetime,
    actor_name: str,
    user: User | None,
) -> Settlement:
    move(deal, DealState.SETTLED, out_of=DealState.APPROVED)
    check_price_in_full(deal, amount_minor, currency)
    deal.save(update_fields=["state"])
    settlement = Settlement.objects.create(
        code=allocate("settlement"),
        deal=deal,
        method=method,
        amount_minor=amount_minor,
        currency=currency,
        reference=check_name("reference", reference, 200),
        settled_at=settled_at,
        recorded_by=user,
    )
    append(
        "settlement.recorded",
        stream=settlement.stream,
        actor=actor_name,
        refs={"deal": deal.stream},
        data={"method": method},
        private={
            "amount": {
                "amount_minor": amount_minor,
                "currency": currency,
                "reference": settlement.reference,
            }
        },
    )
    return settlement
