"""Rules about grants: what each rests on, which files it covers, and its end."""

from collections.abc import Mapping
from datetime import timedelta

from edgecode.audit.rules.amendments import check_covered, check_standing, note_issued
from edgecode.audit.rules.consents import STANDING
from edgecode.audit.rules.deals import move
from edgecode.audit.rules.finding import Rule
from edgecode.audit.rules.organisations import check_owner
from edgecode.audit.rules.step import Following, Founding, Step
from edgecode.audit.rules.things import (
    Agreement,
    Asset,
    Clearance,
    Consent,
    Grant,
    Likeness,
    Material,
    Request,
    Settlement,
    Thing,
    Title,
)
from edgecode.log.schema import version_of

CONSENTED = Rule(
    "R29",
    "A likeness's file is granted only on consents to it that stand.",
    ("asset.granted", "consent.recorded", *STANDING),
)
BASIS = Rule(
    "R30",
    "A grant rests on the agreement, the settlement and the request of one paid deal.",
    ("grant.issued", "agreement.made", "settlement.recorded"),
)
CLEARED = Rule(
    "R31",
    "A file is granted on its newest verdict for that request: CLEAR or CONDITIONAL, and decided"
    " since the price was received or the grant was last asked for.",
    ("asset.granted", "clearance.decided"),
)
FILE = Rule(
    "R32",
    "A granted file is the licensor's of that deal, and once in the grant.",
    ("asset.granted", "asset.registered"),
)
COVERS = Rule("R33", "A grant covers a file at least.", ("grant.issued", "asset.granted"))
REVOKED = Rule(
    "R34",
    "A grant is revoked once, or its term is over once; it covers no further file afterwards.",
    ("grant.revoked", "grant.ended", "asset.granted"),
)
HELD = Rule(
    "R50",
    "A title's file is granted only while a right stands over the title, over another that is the"
    " same work, or over one of the same organisation that it may be part of.",
    ("asset.granted", "holding.recorded", "holding.superseded", "title.merged", "title.split"),
)
AT_ONCE = Rule(
    "R59",
    "A grant covers all its files from the first: they are named within a minute of its issue.",
    ("grant.issued", "asset.granted"),
)
CONDITIONS = Rule(
    "R61",
    "A file is granted on a CONDITIONAL verdict only where it was CONDITIONAL already when the deal"
    " was approved, or its conditions were confirmed since.",
    ("deal.approved", "deal.conditions_confirmed", "asset.granted", "clearance.decided"),
)
RULES = (CONSENTED, BASIS, CLEARED, FILE, COVERS, REVOKED, HELD, AT_ONCE, CONDITIONS)

_AT_ONCE = timedelta(minutes=1)
# What a kind of work may be part of, directly or not.
_SERIES = frozenset({"franchise", "series"})
_SEASON = _SERIES | {"season"}
_MADE = _SEASON | {"episode", "film", "short", "creator_video"}
_WITHIN: Mapping[str, frozenset[str]] = {
    "franchise": frozenset(),
    "series": frozenset({"franchise"}),
    "season": _SERIES,
    "episode": _SEASON,
    "film": frozenset({"franchise"}),
    "short": frozenset({"franchise"}),
    "creator_video": _SEASON,
    "edit": _MADE,
    "version": _MADE | {"edit"},
}
_GRANTABLE = ("CLEAR", "CONDITIONAL")


def grant_issued(step: Step) -> Thing:
    request = step.need("request", Request)
    agreement = step.need("agreement", Agreement)
    settlement = step.need("settlement", Settlement)
    if request is None or agreement is None or settlement is None:
        return Grant(None, step.at, step.place)
    deal = settlement.deal
    if deal is not None:
        move(step, deal, "grant.issued")
        if deal.settlement is not settlement or deal.agreement is not agreement:
            step.report(
                BASIS, "agreement and settlement are not of one deal", agreement, settlement
            )
        if deal.request is not request:
            step.report(BASIS, "the deal is of another request", deal, request)
    grant = Grant(deal, step.at, step.place)
    step.world.empty_grants.add(grant)
    note_issued(step, grant)
    return grant


def asset_granted(step: Step, grant: Grant) -> None:
    asset, clearance = step.need("asset", Asset), step.need("clearance", Clearance)
    if grant.is_revoked or grant.has_ended:
        step.report(REVOKED, "it had ended before it came to cover this file", grant)
    step.world.empty_grants.discard(grant)
    if step.at - grant.issued > _AT_ONCE:
        step.report(AT_ONCE, f"comes to cover a file on {step.at}", grant.first, grant)
    if asset is None:
        return
    check_covered(step, grant, asset)
    if asset in grant.files:
        step.report(FILE, "it covers the file already", grant)
    grant.files[asset] = {}
    if grant.licensor is not None and asset.owner is not grant.licensor:
        step.report(FILE, "the file is not the licensor's", asset, grant.deal)
    if clearance is not None:
        _check_cleared(step, grant, asset, clearance)
    if asset.of is not None:
        _check_consents(step, asset.of)
        if isinstance(asset.of, Likeness) and (named := step.lists.get("consents")):
            grant.consents = grant.consents or {}
            grant.consents[asset] = [each for each in named if isinstance(each, Consent)]
            for consent in grant.consents[asset]:
                if consent.grants[-1:] != [grant]:
                    consent.grants.append(grant)
    if isinstance(asset.of, Title) and not asset.of.standing and not _is_held(asset.of):
        step.report(HELD, "no right over the title stands", asset.of)


def _check_cleared(step: Step, grant: Grant, asset: Asset, clearance: Clearance) -> None:
    if clearance.verdict not in _GRANTABLE:
        step.report(CLEARED, f"the verdict is {clearance.verdict}", clearance)
    if clearance.asset is not asset and clearance.asset is not None:
        step.report(CLEARED, "the verdict is on another file", clearance)
        return
    deal = grant.deal
    if deal is None or deal.request is None or clearance.request is None:
        return
    if clearance.request is not deal.request:
        step.report(CLEARED, "the verdict is for another request", clearance, deal)
    elif deal.request.verdicts.get(asset) is not clearance:
        newest = deal.request.verdicts.get(asset)
        step.report(CLEARED, "there is a newer verdict on the file", clearance, newest)
    elif clearance.first < deal.tried:
        step.report(CLEARED, "the verdict is older than the payment", clearance, deal)
    if (
        clearance.verdict == "CONDITIONAL"
        and asset not in deal.conditional
        and asset not in deal.confirmed
    ):
        step.report(CONDITIONS, "nobody confirmed conditions that are new", clearance, deal)


def _check_consents(step: Step, of: Material) -> None:
    """Entries of version 1 do not name the consents; then one that stands must be there."""
    named = step.lists.get("consents", [])
    if isinstance(of, Likeness):
        if not of.standing:
            step.report(CONSENTED, "no consent to the likeness stands", of)
        elif not named and version_of(step.leaf.kind) > 1:
            step.report(CONSENTED, "names no consent to the likeness", of)
    for consent in named:
        if not isinstance(consent, Consent) or consent.likeness is not of:
            step.report(CONSENTED, "a consent named is to another likeness", consent)
        elif not consent.stands_at(step.at):
            step.report(CONSENTED, "a consent named does not stand", consent)


def _is_held(title: Title) -> bool:
    """Return whether a right may reach a title from elsewhere: from another row of the same work,
    or from what it is part of. The log does not say of what, but which kinds of works it could be;
    and it is always the same organisation's."""
    if title.same is not None and title.same.newest().standing:
        return True
    if title.owner is None:
        return True
    within = None if title.same is not None else _WITHIN.get(title.kind)
    return any(
        count and (within is None or not kind or kind in within)
        for kind, count in title.owner.rights.items()
    )


def grant_revoked(step: Step, grant: Grant) -> None:
    check_owner(step, grant.licensor)
    if grant.is_revoked or grant.has_ended:
        step.report(REVOKED, "it had ended before", grant)
    check_standing(step, grant)
    grant.is_revoked = True


def grant_ended(step: Step, grant: Grant) -> None:
    if grant.is_revoked or grant.has_ended:
        step.report(REVOKED, "it had ended before", grant)
    check_standing(step, grant)
    grant.has_ended = True


FOUNDING: Mapping[str, Founding] = {"grant.issued": grant_issued}
FOLLOWING: Mapping[str, Following] = {
    "asset.granted": (Grant, asset_granted),
    "grant.revoked": (Grant, grant_revoked),
    "grant.ended": (Grant, grant_ended),
}
