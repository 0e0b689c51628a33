"""Rules about offers, requests and the verdicts on what was requested."""

from collections.abc import Mapping

from edgecode.audit.rules.finding import Rule
from edgecode.audit.rules.log import check_engine
from edgecode.audit.rules.organisations import ACTOR, check_owner
from edgecode.audit.rules.step import Following, Founding, Step
from edgecode.audit.rules.things import (
    Asset,
    Clearance,
    Deal,
    Material,
    Offer,
    Organisation,
    Request,
    State,
    Thing,
)

OFFER = Rule(
    "R19",
    "A title or likeness has files to license and one published offer at a time.",
    ("offer.published", "offer.withdrawn"),
)
WITHDRAWN = Rule(
    "R20",
    "A request is withdrawn once, before any of its deals is paid; its open deals end with it.",
    ("request.submitted", "request.withdrawn", "deal.opened", "deal.withdrawn"),
)
VERDICT = Rule(
    "R21",
    "A verdict is on a file whose licensor has the request before it, open or paid.",
    ("clearance.decided", "request.submitted", "deal.opened"),
)
RULES = (OFFER, WITHDRAWN, VERDICT)

# No sets: to hash a state takes longer than to compare it with a few.
UNPAID = (State.OPEN, State.COUNTERED, State.APPROVED)
OVER = (State.DECLINED, State.WITHDRAWN, State.CANCELLED, State.LAPSED)
PAID = (State.SETTLED, State.HELD)
JUDGED = (State.OPEN, *PAID)


def offer_published(step: Step) -> Thing:
    of = step.need("of", Material)
    offer = Offer(of)
    if of is not None:
        check_owner(step, of.owner)
        if of.offer is not None:
            step.report(OFFER, "there is a published offer already", of.offer)
        if not of.files:
            step.report(OFFER, f"{step.leaf.refs['of']} has no files", of)
        of.offer = offer
    return offer


def offer_withdrawn(step: Step, offer: Offer) -> None:
    of = offer.of
    if of is None:
        return
    check_owner(step, of.owner)
    if of.offer is offer:
        of.offer = None
    else:
        step.report(OFFER, "it was withdrawn before", offer)


def request_submitted(step: Step) -> Thing:
    lab = step.need("organisation", Organisation)
    check_owner(step, lab)
    return Request(lab)


def request_withdrawn(step: Step, request: Request) -> None:
    check_owner(step, request.lab)
    if request.is_withdrawn:
        step.report(WITHDRAWN, "it was withdrawn before", request)
    request.is_withdrawn = True
    for deal in request.deals.values():
        if deal.state in UNPAID:
            step.world.ending.add(deal)
        elif deal.state not in OVER:
            step.report(WITHDRAWN, f"one of its deals is {deal.state}", deal)


def clearance_decided(step: Step) -> Thing:
    verdict = step.data.get("verdict")
    request, asset = step.need("request", Request), step.need("asset", Asset)
    if "engine" in step.data:
        check_engine(step, step.data["engine"])
    clearance = Clearance(request, asset, verdict, step.place)
    if request is not None and asset is not None:
        request.verdicts[asset] = clearance
        if asset.owner is not None:
            _check_verdict(step, request, asset.owner)
    return clearance


def _check_verdict(step: Step, request: Request, licensor: Organisation) -> None:
    deal = request.deals.get(licensor)
    if deal is None:
        step.report(VERDICT, "the file's licensor has no deal of this request", request)
    elif deal.state not in JUDGED:
        step.report(VERDICT, f"the deal is {deal.state}: nothing is to be decided", deal)
    elif deal.state in PAID and not step.is_system:
        step.report(ACTOR, f"{step.leaf.actor} has a file cleared of a deal {deal.state}", deal)
    elif step.actor not in (None, request.lab, licensor):
        step.report(ACTOR, f"{step.leaf.actor} has no part in the deal", deal)


def check_not_withdrawn(step: Step, deal: Deal) -> None:
    """Report a step of a deal whose request was withdrawn."""
    if deal.request is not None and deal.request.is_withdrawn:
        step.report(WITHDRAWN, "its request was withdrawn", deal.request, deal)


FOUNDING: Mapping[str, Founding] = {
    "offer.published": offer_published,
    "request.submitted": request_submitted,
    "clearance.decided": clearance_decided,
}
FOLLOWING: Mapping[str, Following] = {
    "offer.withdrawn": (Offer, offer_withdrawn),
    "request.withdrawn": (Request, request_withdrawn),
}
