"""One licensor's side of a request: approving it, with its agreement, or ending it unpaid."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.errors import Conflict, Invalid, NotFound
from accounts.text import check_name
from ledger.append import append
from licensing.deals.agreements import Documents, draw_up, keep_documents
from licensing.deals.amended import are_new, conditions_kept, refuse_ended, refuse_partial
from licensing.deals.assents import assent, conditions_on, panel_of
from licensing.deals.conditions import LeftOut, left_out
from licensing.deals.reservations import lock_material, reserve
from licensing.grants.duties import owe_conditions
from licensing.models import (
    GRANTABLE,
    PAY_WITHIN,
    Agreement,
    Deal,
    DealState,
    Payment,
    RequestItem,
    Verdict,
    ranges_by_file,
)
from licensing.offers.quotes import amount_of
from licensing.verdicts.clearances import Answer, answers, items_to_clear, keep
from licensing.verdicts.overlaps import refuse_overlaps

# Where a deal may go from each state. Everything that moves one asks here.
TRANSITIONS: dict[DealState, frozenset[DealState]] = {
    DealState.OPEN: frozenset(
        {DealState.APPROVED, DealState.COUNTERED, DealState.DECLINED, DealState.WITHDRAWN}
    ),
    DealState.COUNTERED: frozenset(
        {DealState.OPEN, DealState.COUNTERED, DealState.DECLINED, DealState.WITHDRAWN}
    ),
    DealState.APPROVED: frozenset(
        {DealState.SETTLED, DealState.DECLINED, DealState.WITHDRAWN, DealState.LAPSED}
    ),
    DealState.SETTLED: frozenset({DealState.GRANTED, DealState.HELD}),
    DealState.HELD: frozenset({DealState.SETTLED, DealState.REFUNDING}),
    DealState.REFUNDING: frozenset({DealState.CANCELLED}),
    DealState.CANCELLED: frozenset(),
    DealState.GRANTED: frozenset(),
    DealState.DECLINED: frozenset(),
    DealState.WITHDRAWN: frozenset(),
    DealState.LAPSED: frozenset(),
}


def move(deal: Deal, to: DealState, *, out_of: DealState | None = None) -> None:
    """Set the next state of a locked deal, or raise Conflict. The caller saves.

    Where two ways lead to a state, `out_of` names the one that is meant.
    """
    if to not in TRANSITIONS[DealState(deal.state)] or deal.state != (out_of or deal.state):
        raise no_longer(deal)
    deal.state = to


def no_longer(deal: Deal) -> Conflict:
    """Return the refusal of what cannot be done in the state the deal is in."""
    return Conflict(
        _("The deal is “%(state)s”; that can no longer be done.")
        % {"state": DealState(deal.state).label}
    )


def lock_deal(actor: Actor, code: str, *, side: str = "") -> Deal:
    """Return the deal, locked, if the actor's organisation is on this side of it.

    `side` is "licensor", "licensee", or "" for either. Raises NotFound.
    """
    rows = Deal.objects.visible_to(actor).select_related("licensor", "request__organisation")
    deal = rows.select_for_update(of=("self",)).filter(code=code).first()
    if deal is None or side not in {"", side_of(actor, deal)}:
        raise NotFound
    return deal


def side_of(actor: Actor, deal: Deal) -> str:
    """Return on which side of a deal that it may see the actor stands."""
    return "licensor" if deal.licensor == actor.organisation else "licensee"


def payments_under_way(deals: Iterable[Deal]) -> QuerySet[Payment]:
    """Return what somebody may be paying for these deals at Stripe, the newest attempt first."""
    # A payment without a session has no page yet; `start_payment` looks at the deal again.
    paying = Payment.objects.filter(status__in=["open", "processing"], session_id__isnull=False)
    return paying.filter(deal__in=deals).order_by("-attempt")


def refuse_while_paying(deals: Iterable[Deal]) -> None:
    """Raise Conflict while somebody may be paying one of these locked deals at Stripe."""
    if payments_under_way(deals).exists():
        raise Conflict(_("A payment is under way; it has to be made, cancelled or expire first."))


@dataclass(frozen=True)
class Approval:
    """What a licensor is about to agree to: the agreement as it was drawn up at an instant, None
    where others have to approve the deal after this one."""

    documents: Documents | None
    agreed_at: datetime
    conditions_met: bool
    terms: int  # the number that the deal's terms had


def approve_deal(
    *, actor: Actor, code: str, conditions_met: bool = False, terms: int | None = None
) -> Deal:
    """Agree to license the files that are clear; the others are left out.

    Clears every file again, draws up the agreement, and waits for the price. Conditional files
    need `conditions_met`: the licensor's word that the listed conditions are fulfilled. `terms` is
    the number of those that were seen, where that matters. Where the approval policy asks for more
    persons, the deal stays open until enough have approved the same. Raises Conflict when nothing
    is clear, the deal is not open, its terms are others or the policy asks for somebody else,
    Invalid("conditions_met").

    It is two steps, because typesetting takes longer than a lock should be held: who calls from
    within a transaction takes the first one before it.
    """
    approval = prepare_approval(actor=actor, code=code, conditions_met=conditions_met, terms=terms)
    return approve_prepared(actor=actor, code=code, approval=approval)


def prepare_approval(
    *, actor: Actor, code: str, conditions_met: bool = False, terms: int | None = None
) -> Approval:
    """Draw up and keep the agreement of a deal as it could be approved now; raises as that."""
    require(actor, Permission.DECIDE_DEALS)
    now = timezone.now().replace(microsecond=0)
    with transaction.atomic():
        deal = lock_deal(actor, code, side="licensor")
        move(deal, DealState.APPROVED)
        if terms not in {None, deal.terms_number}:
            raise _other_terms()
        _check_amendment(deal)
        items = items_to_clear(deal.request, deal.items.all())
        found = answers(items, as_of=now)
        granted, declared = _grantable(deal, items, found, conditions_met=conditions_met)
        conditions = conditions_on(items, found)
        panel = panel_of(deal, granted, amount_of(deal, granted), conditions)
    if obstacle := panel.obstacle(actor):
        raise Conflict(obstacle)
    if not panel.is_last(actor):
        return Approval(None, now, conditions_met, deal.terms_number)
    deal.decided_role = actor.role
    documents = draw_up(deal, granted, agreed_at=now, declared=declared)
    keep_documents(documents)
    return Approval(documents, now, conditions_met, deal.terms_number)


@transaction.atomic
def approve_prepared(*, actor: Actor, code: str, approval: Approval) -> Deal:
    """Approve a deal as prepared, for one person: decide again, and refuse if anything moved in
    between. It is agreed on once enough have approved it."""
    require(actor, Permission.DECIDE_DEALS)
    deal = lock_deal(actor, code, side="licensor")
    state = deal.state
    move(deal, DealState.APPROVED)
    if deal.terms_number != approval.terms:
        raise _other_terms()
    _check_amendment(deal)
    documents, now = approval.documents, approval.agreed_at
    items = items_to_clear(deal.request, deal.items.all())
    lock_material(items)
    # Not as of the agreement: what was recorded while it was set would not be known then.
    known = timezone.now()
    found = answers(items, as_of=known)
    granted, declared = _grantable(deal, items, found, conditions_met=approval.conditions_met)
    conditions = conditions_on(items, found)
    panel = panel_of(deal, granted, amount_of(deal, granted), conditions)
    if panel.is_last(actor) is (documents is None):
        raise Conflict(_("Somebody else approved a moment ago; look at the deal again."))
    assent(deal, panel, actor)
    if documents is None:
        deal.state = state
        return deal
    is_other = [item.asset.code for item in granted] != documents.asset_codes
    if is_other or declared != documents.declared:
        raise Conflict(_("The rights changed a moment ago; look at the deal again."))
    keep(items, found, as_of=known, actor_name=actor.name)
    deal.items.filter(pk__in=[item.pk for item in granted]).update(agreed=True)
    deal.amount_minor = amount_of(deal, granted)
    # What is conditional has somebody's word by now, for this deal or for what it amends.
    conditional = [pair for pair in zip(items, found, strict=True) if _is_conditional(pair[1])]
    deal.conditions_met = approval.conditions_met or bool(conditional)
    deal.decided_at, deal.decided_by, deal.decided_role = known, actor.user, actor.role
    deal.pay_by = now + PAY_WITHIN
    deal.save()
    reserve(deal, granted)
    agreement = Agreement.objects.create(
        deal=deal,
        pdf_key=documents.pdf_key,
        pdf_sha256=documents.pdf_sha256,
        odrl_key=documents.odrl_key,
        odrl_sha256=documents.odrl_sha256,
        created_at=now,
    )
    append(
        "deal.approved",
        stream=deal.stream,
        actor=actor.name,
        refs={"request": deal.request.stream},
        private={
            "approval": {
                "amount_minor": deal.amount_minor,
                "currency": deal.currency,
                "assets": documents.asset_codes,
                "ranges": ranges_by_file(granted),
                "conditions_met": deal.conditions_met,
            }
        },
    )
    append(
        "agreement.made",
        stream=agreement.stream,
        actor=actor.name,
        refs={"deal": deal.stream},
        private={
            "documents": {
                "pdf_sha256": agreement.pdf_sha256,
                "odrl_sha256": agreement.odrl_sha256,
            }
        },
    )
    owe_conditions(deal, ((item, answer.result) for item, answer in conditional), actor=actor)
    return deal


@transaction.atomic
def decline_deal(*, actor: Actor, code: str, reason: str) -> Deal:
    """Decline, or take an approval back while nobody has paid; the lab reads the reason."""
    require(actor, Permission.DECIDE_DEALS)
    deal = lock_deal(actor, code, side="licensor")
    refuse_while_paying([deal])
    return end_by_licensor(deal, actor, reason)


def end_by_licensor(deal: Deal, actor: Actor, reason: str) -> Deal:
    """Decline a locked deal. Call inside a transaction."""
    move(deal, DealState.DECLINED)
    deal.decline_reason = check_name("reason", reason, 500)
    deal.decided_at, deal.decided_by, deal.decided_role = timezone.now(), actor.user, actor.role
    deal.save()
    append(
        "deal.declined",
        stream=deal.stream,
        actor=actor.name,
        refs={"request": deal.request.stream},
        private={"reason": deal.decline_reason},
    )
    return deal


@transaction.atomic
def withdraw_deal(*, actor: Actor, code: str) -> Deal:
    """Withdraw from one deal of a request, for the lab, while it is not paid; others go on."""
    require(actor, Permission.EDIT_REQUESTS)
    deal = lock_deal(actor, code, side="licensee")
    refuse_while_paying([deal])
    return end_by_lab(deal, actor)


def end_by_lab(deal: Deal, actor: Actor) -> Deal:
    """Withdraw from a locked deal. Call inside a transaction."""
    move(deal, DealState.WITHDRAWN)
    deal.save(update_fields=["state"])
    append(
        "deal.withdrawn",
        stream=deal.stream,
        actor=actor.name,
        refs={"request": deal.request.stream},
    )
    return deal


def _check_amendment(deal: Deal) -> None:
    """Raise Conflict where an amendment cannot be agreed on: nothing of it is the lab's word yet,
    or its licence has ended."""
    if deal.lacks_terms:
        raise Conflict(_("The lab has agreed to no terms yet: propose some, or end the amendment."))
    refuse_ended(deal.amends)


def _other_terms() -> Conflict:
    return Conflict(_("Other terms were agreed on a moment ago; look at the deal again."))


def _grantable(
    deal: Deal, items: list[RequestItem], found: list[Answer], *, conditions_met: bool
) -> tuple[list[RequestItem], dict[str, tuple[LeftOut, ...]]]:
    """Return the files that can be licensed, and by their codes what of them is left out."""
    refuse_overlaps(deal.licensee, deal, items)
    pairs = [pair for pair in zip(items, found, strict=True) if pair[1].verdict in GRANTABLE]
    if not pairs:
        raise Conflict(_("No file of this deal is clear; there is nothing to approve."))
    clear = {item.pk for item, _answer in pairs}
    refuse_partial(deal, (item for item in items if item.pk not in clear))
    conditional = [pair for pair in pairs if _is_conditional(pair[1])]
    if not conditions_met and _are_any_new(deal, conditional):
        raise Invalid(
            "conditions_met", _("Some files are clear on conditions; confirm that they are met.")
        )
    declared = {item.asset.code: left_out(answer.result) for item, answer in conditional}
    return [item for item, _answer in pairs], {code: out for code, out in declared.items() if out}


def _are_any_new(deal: Deal, conditional: list[tuple[RequestItem, Answer]]) -> bool:
    """Whether there are conditions that nobody has confirmed for the licence that is amended."""
    kept = conditions_kept(deal) if deal.amends_id and conditional else {}
    return any(are_new(answer.result, item.asset_id, kept) for item, answer in conditional)


def _is_conditional(answer: Answer) -> bool:
    return answer.verdict == Verdict.CONDITIONAL
