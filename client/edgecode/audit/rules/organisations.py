"""Rules about who acts: organisations, and the house where it only draws conclusions."""

from collections.abc import Mapping

from edgecode.audit.rules.finding import Rule
from edgecode.audit.rules.step import Following, Founding, Step
from edgecode.audit.rules.things import Organisation, Thing

ACTOR = Rule(
    "R12",
    "Only registered organisations act; the house itself only concludes what they began.",
)
KIND_MAY = Rule("R13", "An organisation takes only the steps that its kind may take.")
OWNER = Rule("R14", "Only the organisation that an object belongs to acts on it.")
HOUSE = Rule(
    "R55",
    "The house acts under its own names: system:ledger says what the log is, system:operator"
    " erases and ends a log, system:worker does the rest.",
)
RULES = (ACTOR, KIND_MAY, OWNER, HOUSE)

WORKER, LEDGER, OPERATOR = "system:worker", "system:ledger", "system:operator"

_STUDIO = frozenset({"studio"})
_LICENSOR = frozenset({"studio", "talent"})
_MAKER = frozenset({"studio", "lab"})
_LAB = frozenset({"lab"})
_SIDES = _LICENSOR | _LAB
# What says how the log is to be read.
_OF_THE_LOG = (
    "engine.published",
    "key.published",
    "key.retired",
    "kinds.published",
    "log.opened",
    "policy.published",
    "shard.closed",
    "shard.opened",
)
# The kinds of organisation that may take a step; a step that is not here is open to all.
WHO: Mapping[str, frozenset[str]] = {
    "title.registered": _STUDIO,
    "title.changed": _STUDIO,
    "title.named": _STUDIO,
    "title.unnamed": _STUDIO,
    "title.identified": _STUDIO,
    "title.unidentified": _STUDIO,
    "title.merged": _STUDIO,
    "title.split": _STUDIO,
    "title.credited": _STUDIO,
    "title.uncredited": _STUDIO,
    "party.registered": _STUDIO,
    "party.changed": _STUDIO,
    "party.merged": _STUDIO,
    "party.split": _STUDIO,
    "evidence.recorded": _LICENSOR,
    "rule.recorded": _STUDIO,
    "fact.recorded": _STUDIO,
    "fact.superseded": _STUDIO,
    "holding.recorded": _STUDIO,
    "holding.superseded": _STUDIO,
    "restriction.recorded": _STUDIO,
    "restriction.superseded": _STUDIO,
    "asset.registered": _LICENSOR,
    "performer.registered": _LICENSOR,
    "likeness.registered": _LICENSOR,
    "performer.changed": _LICENSOR,
    "authority.recorded": _LICENSOR,
    "authority.ended": _LICENSOR,
    "consent.offered": _LICENSOR,
    "consent.taken_back": _LICENSOR,
    "consent.completed": _LICENSOR,
    "consent.suspended": _LICENSOR,
    "consent.resumed": _LICENSOR,
    "consent.notice_given": _LICENSOR,
    "consent.replaced": _LICENSOR,
    "consent.signed": frozenset(),  # by who speaks for the performer, without an account
    "consent.signed_on_paper": _LICENSOR,
    "consent.declined": frozenset(),
    "approval.asked": _MAKER,
    "approval.decided": _LICENSOR,
    "consent.used": _MAKER,
    "consent.recorded": _LICENSOR,
    "consent.withdrawn": _LICENSOR,
    "opinion.recorded": _LICENSOR,
    "opinion.superseded": _LICENSOR,
    "offer.published": _LICENSOR,
    "offer.withdrawn": _LICENSOR,
    "request.submitted": _LAB,
    "amendment.proposed": _SIDES,
    "request.withdrawn": _LAB,
    "deal.opened": _SIDES,
    "approval_policy.set": _LICENSOR,
    "deal.assented": _LICENSOR,
    "deal.approved": _LICENSOR,
    "deal.terms_proposed": _SIDES,
    "deal.terms_answered": _SIDES,
    "deal.declined": _LICENSOR,
    "deal.withdrawn": _LAB,
    "agreement.made": _LICENSOR,
    "settlement.recorded": _LICENSOR,
    "refund.recorded": _LICENSOR,
    "grant.issued": frozenset(),
    "grant.ended": frozenset(),
    "asset.granted": frozenset(),
    "deal.held": frozenset(),
    "deal.lapsed": frozenset(),
    "grant.revoked": _LICENSOR,
    "grant.superseded": frozenset(),
    "duty.imposed": _LICENSOR,
    "duty.acknowledged": _SIDES,
    "duty.met": _SIDES,
    "duty.waived": _SIDES,  # money that goes back, by the lab
    "usage.reported": _LAB,
    "credential.signed": frozenset(),
    "credential.stamped": frozenset(),
    "credential.updated": frozenset(),
    "precedents.published": frozenset(),
    "delivery.authorised": _LAB,
    "output.declared": _MAKER,
    "output.signed": frozenset(),
    "output.updated": _MAKER,
    "output.disputed": _LICENSOR,
    "output.dispute_withdrawn": _LICENSOR,
    "certificate.issued": _SIDES,
    "certificate.withdrawn": _SIDES,
    "asset.identified": frozenset(),
    "manifest.stored": _SIDES,
    "manifest.bound": _SIDES,
    "sighting.flagged": _LICENSOR,
    "sighting.dismissed": _LICENSOR,
    "subject.erased": frozenset(),
    **dict.fromkeys(_OF_THE_LOG, frozenset()),
}
# What only an organisation may do: all of the above that is not the house's own conclusion.
NOT_THE_HOUSE = (
    WHO.keys()
    | {
        "organisation.registered",
        "member.added",
        "api_key.created",
        "api_key.revoked",
        "deal.resumed",
        "deal.conditions_confirmed",
        "deal.cancellation_proposed",
        "deal.cancelled",
        "case.opened",
        "case.closed",
        "openings.shown",
    }
) - {
    "consent.signed",
    "consent.declined",
    "approval.decided",  # what nobody answered in time
    "settlement.recorded",  # what Stripe reports
    "refund.recorded",
    "grant.issued",
    "grant.ended",
    "asset.granted",
    "deal.held",
    "grant.superseded",
    "deal.lapsed",
    "deal.terms_answered",  # what nobody answered in time
    "duty.imposed",  # because a term or a consent ended
    "credential.signed",
    "credential.stamped",
    "credential.updated",
    "precedents.published",
    "output.signed",
    "asset.identified",
    "subject.erased",
    *_OF_THE_LOG,
}

# Under which of its names the house takes a step; what is not here, the worker does.
_NAMES: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(_OF_THE_LOG, frozenset({LEDGER})),
    "engine.published": frozenset({WORKER}),
    "log.opened": frozenset({LEDGER, OPERATOR}),
    "shard.closed": frozenset({LEDGER, OPERATOR}),
    "shard.opened": frozenset({LEDGER, OPERATOR}),
    "subject.erased": frozenset({OPERATOR}),
}
_WORKER = frozenset({WORKER})


def house_names(kind: str) -> frozenset[str]:
    """Return the names under which the house takes steps of a kind."""
    return _NAMES.get(kind, _WORKER)


def check_owner(step: Step, owner: Organisation | None) -> None:
    """Report the step unless its actor is `owner`, where both are known."""
    if owner is not step.actor and owner is not None and step.actor is not None:
        step.report(OWNER, f"belongs to another organisation than {step.leaf.actor}", owner)


def organisation_registered(step: Step) -> Thing:
    if step.leaf.actor != step.leaf.stream:
        step.report(OWNER, f"an organisation signs up by itself, not by {step.leaf.actor}")
    organisation = Organisation(str(step.data.get("organisation_kind")))
    step.world.organisations[step.leaf.stream] = organisation
    return organisation


def own_affair(step: Step, organisation: Organisation) -> None:
    check_owner(step, organisation)


FOUNDING: Mapping[str, Founding] = {"organisation.registered": organisation_registered}
FOLLOWING: Mapping[str, Following] = {
    "member.added": (Organisation, own_affair),
    "approval_policy.set": (Organisation, own_affair),
    "api_key.created": (Organisation, own_affair),
    "api_key.revoked": (Organisation, own_affair),
}
