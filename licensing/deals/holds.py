"""A deal that was paid and got no grant: on with it, or off."""

from collections.abc import Sequence
from datetime import UTC

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.errors import Conflict, Invalid
from accounts.models import Organisation
from accounts.text import check_name
from ledger.append import append
from licensing.deals.conditions import Hindrance, hindrances_on_record
from licensing.deals.transitions import lock_deal, move, no_longer, side_of
from licensing.grants.duties import BINDING, owe_conditions
from licensing.models import (
    Cancellation,
    Confirmation,
    Deal,
    DealState,
    SettlementMethod,
    Side,
    StripeRefund,
)


@transaction.atomic
def retry_held_deal(*, actor: Actor, code: str) -> Deal:
    """Try the grant of a held deal again, after its rights were put in order.

    A proposal to cancel stands meanwhile: only the grant itself answers it.
    """
    require(actor, Permission.DECIDE_DEALS)
    return _resume(lock_deal(actor, code, side="licensor"), actor)


@transaction.atomic
def confirm_conditions(*, actor: Actor, code: str, clearances: Sequence[str]) -> Deal:
    """Confirm, for one side, the conditions that hold a deal; `clearances` are the verdicts' codes.

    The licensor says that they are met, or will be when due; the licensee accepts those that
    leave it less than was agreed. With the last word missing, the grant is tried again. Raises
    Invalid("clearances") unless each names conditions that this side has not confirmed.
    """
    deal, organisation = _lock_held(actor, code)
    side = side_of(actor, deal)
    waiting = {
        each.clearance.code: each
        for each in hindrances_on_record(deal)
        if each.is_conditional and each.conditions(side)
    }
    named = [waiting[code] for code in dict.fromkeys(clearances) if code in waiting]
    if not named or len(named) != len(set(clearances)):
        raise Invalid(
            "clearances",
            _("Name verdicts of this deal with conditions that you have not confirmed."),
        )
    Confirmation.objects.bulk_create(
        Confirmation(clearance=each.clearance, organisation=organisation, confirmed_by=actor.user)
        for each in named
    )
    _append_confirmed(actor, deal, named, side)
    if side == Side.LICENSOR:
        owe_conditions(deal, [(each.item, each.clearance.result) for each in named], actor=actor)
    if not hindrances_on_record(deal):
        _resume(deal, actor)
    return deal


@transaction.atomic
def propose_cancellation(*, actor: Actor, code: str, reason: str) -> Cancellation:
    """Propose to the other side to cancel a held deal; it reads the reason.

    Unanswered, the proposal can be carried out alone: `cancel_unanswered`.
    """
    deal, organisation = _lock_held(actor, code)
    if Cancellation.objects.filter(deal=deal).exists():
        raise Conflict(_("Cancelling this deal has been proposed already."))
    reason = check_name("reason", reason, 500)
    event = append(
        "deal.cancellation_proposed",
        stream=deal.stream,
        actor=actor.name,
        private={"reason": reason},
    )
    # The entry's own instant: anyone shall find in the log how long the other side had.
    return Cancellation.objects.create(
        deal=deal, proposed_by=organisation, reason=reason, proposed_at=event.recorded_at
    )


@transaction.atomic
def agree_to_cancellation(*, actor: Actor, code: str) -> Deal:
    """Cancel a held deal as the other side proposed: its price is to be returned in full."""
    deal, organisation = _lock_held(actor, code)
    proposal = Cancellation.objects.filter(deal=deal).first()
    if proposal is None or proposal.proposed_by == organisation:
        raise Conflict(_("The other side has not proposed to cancel this deal."))
    proposal.agreed_at = timezone.now()
    return _cancel(deal, proposal, actor)


@transaction.atomic
def cancel_unanswered(*, actor: Actor, code: str) -> Deal:
    """Cancel a held deal alone, as the own side proposed and the other did not answer in time.

    Possible from `Cancellation.alone_from`, that instant included. Its price is to be returned in
    full, as if both had agreed.
    """
    deal, organisation = _lock_held(actor, code)
    proposal = Cancellation.objects.filter(deal=deal).first()
    if proposal is None or proposal.proposed_by != organisation:
        raise Conflict(_("You have not proposed to cancel this deal."))
    now = timezone.now()
    if now < proposal.alone_from:
        raise Conflict(
            _("The other side has until %(instant)s UTC to answer; then you can cancel alone.")
            % {"instant": f"{proposal.alone_from.astimezone(UTC):%Y-%m-%d %H:%M:%S}"}
        )
    proposal.carried_out_at = now
    return _cancel(deal, proposal, actor)


def _cancel(deal: Deal, proposal: Cancellation, actor: Actor) -> Deal:
    move(deal, DealState.REFUNDING, out_of=DealState.HELD)
    deal.save(update_fields=["state"])
    proposal.save(update_fields=["agreed_at", "carried_out_at"])
    append(
        "deal.cancelled",
        stream=deal.stream,
        actor=actor.name,
        refs={"settlement": deal.settlement.stream},
    )
    if deal.settlement.method == SettlementMethod.STRIPE:
        StripeRefund.objects.create(deal=deal)
    return deal


def _lock_held(actor: Actor, code: str) -> tuple[Deal, Organisation]:
    deal = lock_deal(actor, code)
    organisation = require(actor, BINDING[side_of(actor, deal)])
    if deal.state != DealState.HELD:
        raise no_longer(deal)
    return deal, organisation


def _append_confirmed(actor: Actor, deal: Deal, named: list[Hindrance], side: str) -> None:
    append(
        "deal.conditions_confirmed",
        stream=deal.stream,
        actor=actor.name,
        refs={"clearances": [each.clearance.stream for each in named]},
        private={
            "conditions": [
                {
                    "clearance": each.clearance.code,
                    "asset": each.item.asset.code,
                    "conditions": [
                        {"code": duty["code"], "detail": duty["detail"]}
                        for duty in each.conditions(side)
                    ],
                }
                for each in named
            ]
        },
    )


def _resume(deal: Deal, actor: Actor) -> Deal:
    move(deal, DealState.SETTLED, out_of=DealState.HELD)
    deal.problem = ""
    deal.save(update_fields=["state", "problem"])
    append("deal.resumed", stream=deal.stream, actor=actor.name)
    return deal
