"""Rules about a deal: its states, its agreement, its money, and how it may end."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from edgecode.audit.rules.amendments import check_approved, check_opened
from edgecode.audit.rules.finding import Rule
from edgecode.audit.rules.organisations import ACTOR, check_owner
from edgecode.audit.rules.requests import check_not_withdrawn
from edgecode.audit.rules.step import Following, Founding, Step
from edgecode.audit.rules.things import (
    NO_FILES,
    Agreement,
    Clearance,
    Deal,
    Organisation,
    Proposal,
    Refund,
    Request,
    Settlement,
    State,
    Thing,
)
from edgecode.log.leaf import SKEW

OPENED = Rule(
    "R22",
    "A request has one deal with each licensor, which the organisation that made it opens.",
    ("deal.opened", "request.submitted", "amendment.proposed"),
)
STATES = Rule(
    "R23",
    "A deal goes from state to state only as docs/invariants.md shows.",
    (
        "deal.opened", "deal.terms_proposed", "deal.terms_answered", "deal.assented",
        "deal.approved", "deal.declined", "deal.withdrawn", "deal.held", "deal.resumed",
        "deal.conditions_confirmed", "deal.cancellation_proposed", "deal.cancelled",
        "deal.lapsed", "settlement.recorded", "refund.recorded", "grant.issued",
    ),
)  # fmt: skip
REQUEST = Rule(
    "R24",
    "The steps of a deal name the request and the settlement that are its own.",
    (
        "deal.terms_proposed", "deal.terms_answered", "deal.assented", "deal.approved",
        "deal.declined", "deal.withdrawn", "deal.lapsed", "deal.held", "deal.cancelled",
    ),
)  # fmt: skip
AGREEMENT = Rule(
    "R25",
    "A deal has one agreement, under its own code, made on approval and before the price.",
    ("agreement.made", "deal.approved", "settlement.recorded"),
)
MONEY = Rule(
    "R26",
    "A price is received once and returned once; the house records only what Stripe reports, or"
    " that nothing was due.",
    ("settlement.recorded", "refund.recorded"),
)
TWO_SIDES = Rule(
    "R27",
    "A deal is cancelled by the side that did not propose it, or after 14 days by that which did.",
    ("deal.cancellation_proposed", "deal.cancelled", "deal.resumed"),
)
CONFIRMED = Rule(
    "R28",
    "Conditions are confirmed on the newest verdicts of the deal, where they are CONDITIONAL.",
    ("deal.conditions_confirmed", "clearance.decided"),
)
REFUNDED = Rule(
    "R53",
    "The price of a cancelled deal is returned within 30 days.",
    ("deal.cancelled", "refund.recorded"),
)
DECIDED = Rule(
    "R58",
    "A deal that was paid, or whose grant was asked for again, is granted or held within 7 days.",
    ("settlement.recorded", "deal.resumed", "deal.held", "grant.issued"),
)
LAPSED = Rule(
    "R76",
    "A deal lapses unpaid, and not before 14 days have passed since it was approved.",
    ("deal.approved", "deal.lapsed"),
)
TURNS = Rule(
    "R77",
    "Terms that one side of a deal proposes are accepted, refused or countered by the other, taken"
    " back by itself, or lapse by the house's word alone.",
    ("deal.terms_proposed", "deal.terms_answered"),
)
RULES = (
    OPENED, STATES, REQUEST, AGREEMENT, MONEY, TWO_SIDES, CONFIRMED, REFUNDED, DECIDED, LAPSED,
    TURNS,
)  # fmt: skip

ANSWER_WITHIN = timedelta(days=14)
PAY_WITHIN = timedelta(days=14)
RETURN_WITHIN = timedelta(days=30)
DECIDE_WITHIN = timedelta(days=7)

# From which states a step may be taken, and where it leads (None: it changes nothing).
STEPS: Mapping[str, tuple[Sequence[State], State | None]] = {
    "deal.terms_proposed": ((State.OPEN, State.COUNTERED), State.COUNTERED),
    "deal.terms_answered": ((State.COUNTERED,), State.OPEN),
    "deal.assented": ((State.OPEN,), None),
    "deal.approved": ((State.OPEN,), State.APPROVED),
    "deal.declined": ((State.OPEN, State.COUNTERED, State.APPROVED), State.DECLINED),
    "deal.withdrawn": ((State.OPEN, State.COUNTERED, State.APPROVED), State.WITHDRAWN),
    "deal.lapsed": ((State.APPROVED,), State.LAPSED),
    "agreement.made": ((State.APPROVED,), None),
    "settlement.recorded": ((State.APPROVED,), State.SETTLED),
    "deal.held": ((State.SETTLED,), State.HELD),
    "deal.resumed": ((State.HELD,), State.SETTLED),
    "deal.conditions_confirmed": ((State.HELD,), None),
    "deal.cancellation_proposed": ((State.HELD,), None),
    "deal.cancelled": ((State.HELD,), State.REFUNDING),
    "refund.recorded": ((State.REFUNDING,), State.CANCELLED),
    "grant.issued": ((State.SETTLED,), State.GRANTED),
}


def move(step: Step, deal: Deal, kind: str) -> None:
    """Bring a deal to its next state, and report a step that its state does not allow."""
    allowed, to = STEPS[kind]
    if deal.state not in allowed:
        step.report(STATES, f"{kind} when the deal was {deal.state}", deal)
    if to is not None:
        deal.state = to
        since = step.world.paid.pop(deal, None)
        if since is not None and step.at - since > DECIDE_WITHIN + SKEW:
            step.report(DECIDED, f"{kind} on {step.at}, due since {since}", deal)
        if to is State.SETTLED:
            step.world.paid[deal] = step.at


def deal_opened(step: Step) -> Thing:
    request, licensor = step.need("request", Request), step.need("licensor", Organisation)
    deal = Deal(request, licensor)
    if licensor is not None and licensor.kind not in {"studio", "talent"}:
        step.report(OPENED, f"{step.leaf.refs['licensor']} is no licensor", licensor)
    if request is not None:
        check_owner(step, request.by)
        check_not_withdrawn(step, deal)
        check_opened(step, deal)
        if licensor is not None:
            if licensor in request.deals:
                step.report(OPENED, "this licensor has a deal", request.deals[licensor])
            request.deals[licensor] = deal
    return deal


def terms_proposed(step: Step, deal: Deal) -> None:
    _check_side(step, deal)
    _check_request(step, deal)
    check_not_withdrawn(step, deal)
    move(step, deal, "deal.terms_proposed")
    before = deal.countered
    if before is not None and step.actor is not None and step.actor is before.by:
        step.report(TURNS, f"{step.leaf.actor} counters its own terms", before.place)
    deal.countered = Proposal(step.actor, step.at, step.place)


def terms_answered(step: Step, deal: Deal) -> None:
    if not step.is_system:
        _check_side(step, deal)
    _check_request(step, deal)
    check_not_withdrawn(step, deal)
    move(step, deal, "deal.terms_answered")
    before, answer = deal.countered, step.data.get("answer")
    deal.countered = None
    deal.has_terms = deal.has_terms or answer == "accepted"
    if before is None:
        return
    is_own = step.actor is not None and step.actor is before.by
    if step.is_system is not (answer == "lapsed"):
        step.report(TURNS, f"{answer} by {step.leaf.actor}", before.place)
    elif not step.is_system and is_own is not (answer == "taken_back"):
        whose = "its own terms" if is_own else "terms of the other side"
        step.report(TURNS, f"{step.leaf.actor} answered {whose}: {answer}", before.place)


def deal_assented(step: Step, deal: Deal) -> None:
    check_owner(step, deal.licensor)
    _check_request(step, deal)
    check_not_withdrawn(step, deal)
    move(step, deal, "deal.assented")


def deal_approved(step: Step, deal: Deal) -> None:
    check_owner(step, deal.licensor)
    _check_request(step, deal)
    check_not_withdrawn(step, deal)
    move(step, deal, "deal.approved")
    check_approved(step, deal)
    deal.approved = step.leaf.at
    if deal.request is not None:
        verdicts = deal.request.verdicts.items()
        conditional = [asset for asset, each in verdicts if each.verdict == "CONDITIONAL"]
        deal.conditional = frozenset(conditional) if conditional else NO_FILES


def deal_declined(step: Step, deal: Deal) -> None:
    check_owner(step, deal.licensor)
    _check_request(step, deal)
    check_not_withdrawn(step, deal)
    move(step, deal, "deal.declined")


def deal_withdrawn(step: Step, deal: Deal) -> None:
    check_owner(step, deal.lab)
    _check_request(step, deal)
    step.world.ending.discard(deal)
    move(step, deal, "deal.withdrawn")


def deal_lapsed(step: Step, deal: Deal) -> None:
    _check_request(step, deal)
    check_not_withdrawn(step, deal)
    move(step, deal, "deal.lapsed")
    if deal.approved is not None and step.leaf.at - deal.approved < PAY_WITHIN - SKEW:
        step.report(LAPSED, f"on {step.leaf.at}, approved on {deal.approved}", deal)


def _check_request(step: Step, deal: Deal) -> None:
    request = step.need("request", Request)
    if request is not deal.request and request is not None:
        step.report(REQUEST, f"{step.leaf.refs['request']} is another deal's", deal, request)


def agreement_made(step: Step) -> Thing:
    deal = step.need("deal", Deal)
    agreement = Agreement(deal)
    if deal is not None:
        check_owner(step, deal.licensor)
        check_not_withdrawn(step, deal)
        move(step, deal, "agreement.made")
        if step.leaf.code_of("deal") != step.leaf.code:
            step.report(AGREEMENT, f"is not numbered as {step.leaf.refs['deal']}", deal)
        deal.agreement = agreement
    return agreement


def settlement_recorded(step: Step) -> Thing:
    deal = step.need("deal", Deal)
    settlement = Settlement(deal)
    if deal is not None:
        _check_method(step, deal)
        check_not_withdrawn(step, deal)
        if deal.agreement is None:
            step.report(AGREEMENT, "the price came before there was an agreement", deal)
        if deal.settlement is not None:
            step.report(MONEY, "the price was received before", deal.settlement)
        move(step, deal, "settlement.recorded")
        deal.settlement, deal.tried = settlement, step.place
    return settlement


def _check_method(step: Step, deal: Deal) -> None:
    check_owner(step, deal.licensor)
    method = step.data.get("method")
    if step.is_system is not (method in ("stripe", "nothing_due")):
        step.report(MONEY, f"{step.leaf.actor} recorded {method}", deal)


def deal_held(step: Step, deal: Deal) -> None:
    _check_settlement(step, deal)
    move(step, deal, "deal.held")


def _check_settlement(step: Step, deal: Deal) -> None:
    settlement = step.need("settlement", Settlement)
    if settlement is not deal.settlement and settlement is not None:
        step.report(REQUEST, f"{step.leaf.refs['settlement']} is another deal's", deal, settlement)


def _check_side(step: Step, deal: Deal) -> None:
    if step.actor not in (None, deal.licensor, deal.lab):
        step.report(ACTOR, f"{step.leaf.actor} has no part in the deal", deal)


def deal_resumed(step: Step, deal: Deal) -> None:
    _check_side(step, deal)
    move(step, deal, "deal.resumed")
    deal.tried = step.place
    if deal.proposal is not None:
        # It stands until the grant. In older logs it ended here, and may be made anew.
        deal.proposal = replace(deal.proposal, is_renewable=True)


def conditions_confirmed(step: Step, deal: Deal) -> None:
    _check_side(step, deal)
    move(step, deal, "deal.conditions_confirmed")
    for clearance in step.need_list("clearances", Clearance):
        _check_confirmed(step, deal, clearance)


def _check_confirmed(step: Step, deal: Deal, clearance: Clearance) -> None:
    asset = clearance.asset
    if asset is None or deal.request is None:
        return
    if clearance.verdict != "CONDITIONAL":
        step.report(CONFIRMED, f"a verdict named is {clearance.verdict}", clearance)
    if clearance.request is not deal.request or asset.owner is not deal.licensor:
        step.report(CONFIRMED, "a verdict named is another deal's", clearance, deal)
    elif deal.request.verdicts.get(asset) is not clearance:
        step.report(CONFIRMED, "a verdict named is not the newest of its file", clearance)
    deal.confirmed |= {asset}


def cancellation_proposed(step: Step, deal: Deal) -> None:
    _check_side(step, deal)
    move(step, deal, "deal.cancellation_proposed")
    if deal.proposal is not None and not deal.proposal.is_renewable:
        step.report(TWO_SIDES, "it was proposed before", deal)
    deal.proposal = Proposal(step.actor, step.at, step.place)


def deal_cancelled(step: Step, deal: Deal) -> None:
    _check_side(step, deal)
    _check_settlement(step, deal)
    move(step, deal, "deal.cancelled")
    step.world.refunding.setdefault(deal, step.at)
    proposal = deal.proposal
    if proposal is None:
        step.report(TWO_SIDES, "nobody had proposed to cancel", deal)
        return
    is_alone = step.actor is not None and step.actor is proposal.by
    if is_alone and step.at - proposal.at < ANSWER_WITHIN - SKEW:
        what = f"{step.leaf.actor} carried out its own proposal before 14 days had passed"
        step.report(TWO_SIDES, what, proposal.place)


def refund_recorded(step: Step) -> Thing:
    deal = step.need("deal", Deal)
    if deal is not None:
        _check_method(step, deal)
        settlement = step.need("settlement", Settlement)
        if settlement is not deal.settlement and settlement is not None:
            step.report(MONEY, "returns the price of another deal", deal, settlement)
        move(step, deal, "refund.recorded")
        since = step.world.refunding.pop(deal, None)
        if since is not None and step.at - since > RETURN_WITHIN + SKEW:
            step.report(REFUNDED, f"returned on {step.at}, cancelled on {since}", deal)
    return Refund(deal)


FOUNDING: Mapping[str, Founding] = {
    "deal.opened": deal_opened,
    "agreement.made": agreement_made,
    "settlement.recorded": settlement_recorded,
    "refund.recorded": refund_recorded,
}
FOLLOWING: Mapping[str, Following] = {
    "deal.terms_proposed": (Deal, terms_proposed),
    "deal.terms_answered": (Deal, terms_answered),
    "deal.assented": (Deal, deal_assented),
    "deal.approved": (Deal, deal_approved),
    "deal.declined": (Deal, deal_declined),
    "deal.withdrawn": (Deal, deal_withdrawn),
    "deal.lapsed": (Deal, deal_lapsed),
    "deal.held": (Deal, deal_held),
    "deal.resumed": (Deal, deal_resumed),
    "deal.conditions_confirmed": (Deal, conditions_confirmed),
    "deal.cancellation_proposed": (Deal, cancellation_proposed),
    "deal.cancelled": (Deal, deal_cancelled),
}
