"""Rules about performers, their likenesses and their consents."""

from collections.abc import Mapping

from edgecode.audit.rules.catalogue import RIGHTS
from edgecode.audit.rules.consents import REPLACED, check_form
from edgecode.audit.rules.finding import Rule
from edgecode.audit.rules.organisations import check_owner
from edgecode.audit.rules.step import Following, Founding, Step
from edgecode.audit.rules.things import (
    Consent,
    Likeness,
    Opinion,
    Organisation,
    Performer,
    Thing,
)

ATTRIBUTES = Rule(
    "R17",
    "A likeness holds attributes that there are, each once.",
    ("likeness.registered",),
)
CONSENT = Rule(
    "R18",
    "A consent is withdrawn once, for the likeness that it was recorded for.",
    ("consent.recorded", "consent.withdrawn"),
)
RULES = (ATTRIBUTES, CONSENT)

_ATTRIBUTES = ("face", "voice", "motion", "name")


def performer_registered(step: Step) -> Thing:
    owner = step.need("organisation", Organisation)
    check_owner(step, owner)
    return Performer(owner)


def likeness_registered(step: Step) -> Thing:
    performer = step.need("performer", Performer)
    owner = performer.owner if performer is not None else None
    check_owner(step, owner)
    attributes = step.data.get("attributes")
    if isinstance(attributes, list):
        known = [name for name in _ATTRIBUTES if name in attributes]
        if not known or len(known) != len(attributes):
            step.report(ATTRIBUTES, f"holds {', '.join(map(str, attributes)) or 'nothing'}")
    return Likeness(owner, performer)


def consent_recorded(step: Step) -> Thing:
    likeness = step.need("likeness", Likeness)
    if likeness is not None:
        check_owner(step, likeness.owner)
        likeness.standing += 1
    consent = Consent(likeness, step.place)
    check_form(step, consent)
    return consent


def consent_withdrawn(step: Step, consent: Consent) -> None:
    likeness = step.need("likeness", Likeness)
    check_owner(step, consent.owner)
    if likeness is not consent.likeness and likeness is not None:
        step.report(CONSENT, f"was not recorded for {step.leaf.refs['likeness']}", consent)
    if consent.is_withdrawn:
        step.report(CONSENT, "it was withdrawn before", consent)
    elif consent.is_replaced:
        step.report(REPLACED, "it was replaced before", consent)
    consent.is_withdrawn = True
    consent.set_standing(stands=False)


def opinion_recorded(step: Step) -> Thing:
    likeness = step.need("likeness", Likeness)
    if likeness is not None:
        check_owner(step, likeness.owner)
    return Opinion(likeness)


def opinion_superseded(step: Step, opinion: Opinion) -> None:
    likeness = step.need("likeness", Likeness)
    if likeness is not None:
        check_owner(step, likeness.owner)
        if likeness is not opinion.likeness:
            step.report(RIGHTS, f"is not about {step.leaf.refs['likeness']}", opinion)
    if opinion.is_superseded:
        step.report(RIGHTS, "it was superseded before", opinion)
    opinion.is_superseded = True


FOUNDING: Mapping[str, Founding] = {
    "performer.registered": performer_registered,
    "likeness.registered": likeness_registered,
    "consent.recorded": consent_recorded,
    "opinion.recorded": opinion_recorded,
}
FOLLOWING: Mapping[str, Following] = {
    "consent.withdrawn": (Consent, consent_withdrawn),
    "opinion.superseded": (Opinion, opinion_superseded),
}
