"""Rules about what one side of a deal owes the other, and about use that a lab reported."""

from collections.abc import Mapping

from edgecode.audit.rules.amendments import note_stopped
from edgecode.audit.rules.finding import Rule
from edgecode.audit.rules.organisations import check_owner
from edgecode.audit.rules.step import Following, Founding, Step
from edgecode.audit.rules.things import Consent, Deal, Duty, Grant, Likeness, State, Thing, Usage

DUTY = Rule(
    "R78",
    "A duty is acknowledged at most once and ends once: met by the side that owes it, or waived by"
    " the licensor, money that goes back by the lab; nothing follows its end.",
    ("duty.imposed", "duty.acknowledged", "duty.met", "duty.waived"),
)
OWED = Rule(
    "R79",
    "A lab owes what follows the end of its grant, once that is revoked, its term is over, an"
    " amendment took its place or a consent to its files ended, and a licensor owes money back, but"
    " not for an amendment; it owes the conditions of a deal that it has approved.",
    (
        "duty.imposed",
        "deal.approved",
        "grant.revoked",
        "grant.ended",
        "grant.superseded",
        "consent.withdrawn",
        "consent.replaced",
    ),
)
RULES = (DUTY, OWED)

_AFTER_AMENDMENT = frozenset({"stop", "destroy"})
_AGREED = frozenset({State.APPROVED, State.HELD})


def duty_imposed(step: Step) -> Thing:
    deal = step.need("deal", Deal)
    grant, consent = step.need("grant", Grant), step.need("consent", Consent)
    by_lab = step.data.get("owed_by") == "licensee"
    is_refund = step.data.get("duty") == "refund"
    licensor = deal.licensor if deal is not None else None
    if deal is None:
        return Duty(None, None)
    check_owner(step, licensor)
    if by_lab or is_refund:
        _check_ended(step, deal, grant, consent)
    elif deal.state not in _AGREED:
        step.report(OWED, f"the deal is {deal.state}", deal)
    return Duty(deal.lab if is_refund else licensor, deal.lab if by_lab else licensor)


def _check_ended(step: Step, deal: Deal, grant: Grant | None, consent: Consent | None) -> None:
    if grant is None:
        if "grant" not in step.leaf.refs:
            step.report(OWED, "this is owed under no grant", deal)
        return
    if grant.deal is not deal and grant.deal is not None:
        step.report(OWED, "the grant is of another deal", grant, deal)
    if consent is not None:
        if not _is_over(consent):
            step.report(OWED, "the consent stands", consent)
        if not any(asset.of is consent.likeness for asset in grant.files):
            step.report(OWED, "the consent is to no file of the grant", consent, grant)
    elif step.is_system:
        if grant.is_superseded and step.data.get("duty") in _AFTER_AMENDMENT:
            note_stopped(step, grant)
        elif not grant.has_ended:
            step.report(OWED, "neither the term nor a consent is named that ended", grant)
    elif not grant.is_revoked and not _has_lost_consent(grant):
        step.report(OWED, "the grant stands", grant)


def _is_over(consent: Consent) -> bool:
    return consent.is_withdrawn or consent.is_replaced


def _has_lost_consent(grant: Grant) -> bool:
    """Whether a consent that the grant names is over; older grants of likenesses name none."""
    if grant.consents is None:
        return any(isinstance(asset.of, Likeness) for asset in grant.files)
    return any(_is_over(each) for named in grant.consents.values() for each in named)


def duty_acknowledged(step: Step, duty: Duty) -> None:
    check_owner(step, duty.ower)
    if duty.is_acknowledged or duty.is_ended:
        step.report(DUTY, "it was acknowledged or ended before", duty)
    duty.is_acknowledged = True


def duty_met(step: Step, duty: Duty) -> None:
    check_owner(step, duty.ower)
    _end(step, duty)


def duty_waived(step: Step, duty: Duty) -> None:
    check_owner(step, duty.waiver)
    _end(step, duty)


def _end(step: Step, duty: Duty) -> None:
    if duty.is_ended:
        step.report(DUTY, "it ended before", duty)
    duty.is_ended = True


def usage_reported(step: Step) -> Thing:
    grant = step.need("grant", Grant)
    if grant is not None:
        check_owner(step, grant.licensee)
    return Usage()


FOUNDING: Mapping[str, Founding] = {
    "duty.imposed": duty_imposed,
    "usage.reported": usage_reported,
}
FOLLOWING: Mapping[str, Following] = {
    "duty.acknowledged": (Duty, duty_acknowledged),
    "duty.met": (Duty, duty_met),
    "duty.waived": (Duty, duty_waived),
}
