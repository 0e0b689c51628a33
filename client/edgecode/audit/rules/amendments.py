"""Rules about amendments: requests for other terms of a grant, and what takes its place."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from edgecode.audit.rules.finding import Rule
from edgecode.audit.rules.step import Following, Founding, Step
from edgecode.audit.rules.things import (
    Asset,
    Deal,
    Grant,
    Organisation,
    Request,
    State,
    Thing,
)
from edgecode.audit.rules.world import World

ASKED = Rule(
    "R80",
    "An amendment is asked of a grant that has not ended, by one of its two sides and for its"
    " licensee, while no other of it is under way; it is approved before the grant ends.",
    ("amendment.proposed", "deal.approved", "grant.revoked", "grant.ended", "grant.superseded"),
)
AGREED = Rule(
    "R81",
    "An amendment has one deal, with the licensor of its grant; one that the licensor proposed is"
    " approved only once terms were accepted.",
    ("amendment.proposed", "deal.opened", "deal.terms_answered", "deal.approved"),
)
PLACE = Rule(
    "R82",
    "The grant of an amendment takes the place of the one that it amends, within a minute; nothing"
    " else does, and nothing takes the place of a grant that has ended.",
    ("amendment.proposed", "grant.issued", "grant.superseded"),
)
OVER = Rule(
    "R83",
    "Under a grant whose place was taken nothing more is granted, signed or delivered, and it ends"
    " no other way.",
    (
        "grant.superseded", "asset.granted", "credential.signed", "delivery.authorised",
        "grant.revoked", "grant.ended",
    ),
)  # fmt: skip
FILES = Rule(
    "R84",
    "The grant of an amendment covers no file that the one it amends did not.",
    ("amendment.proposed", "asset.granted"),
)
DROPPED = Rule(
    "R86",
    "Where a grant takes the place of one that covered more files, the lab owes to stop the use of"
    " what is left out, within a minute.",
    ("asset.granted", "grant.superseded", "duty.imposed"),
)
RULES = (ASKED, AGREED, PLACE, OVER, FILES, DROPPED)

_AT_ONCE = timedelta(minutes=1)
_UNDER_WAY = (State.OPEN, State.COUNTERED, State.APPROVED, State.SETTLED, State.HELD)


def amendment_proposed(step: Step) -> Thing:
    lab, grant = step.need("organisation", Organisation), step.need("grant", Grant)
    request = Request(lab, by=step.actor, amends=grant)
    if grant is None:
        return request
    if grant.licensee is not None and lab is not grant.licensee:
        step.report(ASKED, "its lab does not hold the grant", grant)
    if step.actor not in (None, grant.licensor, grant.licensee):
        step.report(ASKED, f"{step.leaf.actor} has no part in the grant", grant)
    if grant.is_over:
        step.report(ASKED, "the grant has ended", grant)
    if grant.amendment is not None and _is_under_way(grant.amendment):
        step.report(ASKED, "another amendment is under way", grant.amendment)
    grant.amendment = request
    return request


def _is_under_way(request: Request) -> bool:
    if not request.deals:
        return not request.is_withdrawn
    return any(deal.state in _UNDER_WAY for deal in request.deals.values())


def check_opened(step: Step, deal: Deal) -> None:
    """Report the deal of an amendment that is not with its grant's licensor."""
    amends = deal.request.amends if deal.request is not None else None
    if amends is not None and amends.licensor is not None and deal.licensor is not amends.licensor:
        step.report(AGREED, "is not with the licensor of the grant that it amends", amends)


def check_approved(step: Step, deal: Deal) -> None:
    """Report an amendment that is approved and that only its licensor wanted, or of what ended."""
    request = deal.request
    if request is None or request.amends is None:
        return
    if request.by is deal.licensor and not deal.has_terms:
        step.report(AGREED, "its licensor proposed it, and nobody accepted terms", request, deal)
    if request.amends.is_over:
        step.report(ASKED, "is approved when its grant had ended", request.amends, deal)


def note_issued(step: Step, grant: Grant) -> None:
    """Note that a grant has to take the place of another, if it is an amendment's."""
    if (before := grant.amends) is not None:
        step.world.taking_place.add(grant)
        if before.is_over:
            step.report(PLACE, "the grant that it amends had ended", before, grant.deal)


def check_covered(step: Step, grant: Grant, asset: Asset) -> None:
    """Report a file that an amendment adds, or that comes to a grant whose place was taken."""
    check_standing(step, grant)
    if grant.amends is not None and asset not in grant.amends.files:
        step.report(FILES, f"{step.leaf.refs['asset']} was not licensed before", grant.amends)


def check_standing(step: Step, grant: Grant) -> None:
    """Report a step under a grant whose place another has taken."""
    if grant.is_superseded:
        step.report(OVER, "another grant has taken its place", grant)


def grant_superseded(step: Step, grant: Grant) -> None:
    by = step.need("by", Grant)
    if grant.is_over:
        step.report(PLACE, "it had ended before", grant)
    grant.is_superseded = True
    if by is None:
        return
    step.world.taking_place.discard(by)
    if by.amends is not grant:
        step.report(PLACE, f"{step.leaf.refs['by']} is no amendment of it", by)
        return
    step.world.dropping[grant] = by
    if step.at - by.issued > _AT_ONCE:
        step.report(PLACE, f"its place is taken on {step.at}, granted on {by.issued}", by)


def note_stopped(step: Step, grant: Grant) -> None:
    """Note that a lab owes to stop what another grant in the place of its own does not allow."""
    by = step.world.dropping.get(grant)
    if by is None or step.data.get("duty") != "stop":
        return
    del step.world.dropping[grant]
    if step.at - by.issued > _AT_ONCE:
        step.report(DROPPED, f"is owed on {step.at}, granted on {by.issued}", grant, by)


def unstopped(world: World) -> Iterator[Grant]:
    """Yield the grants whose place one that covers fewer files took, without a duty to stop."""
    for grant, by in world.dropping.items():
        if not grant.files.keys() <= by.files.keys():
            yield grant


FOUNDING: Mapping[str, Founding] = {"amendment.proposed": amendment_proposed}
FOLLOWING: Mapping[str, Following] = {"grant.superseded": (Grant, grant_superseded)}
