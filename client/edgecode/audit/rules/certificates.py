"""Rules about certificates: what the sides of a grant show of it."""

from collections.abc import Mapping

from edgecode.audit.rules.finding import Rule
from edgecode.audit.rules.organisations import check_owner
from edgecode.audit.rules.step import Following, Founding, Step
from edgecode.audit.rules.things import Certificate, Grant, Thing

SHOWN = Rule(
    "R95",
    "A certificate is made by a side of its grant, and withdrawn once, by the side that made it.",
    ("certificate.issued", "certificate.withdrawn", "grant.issued"),
)
RULES = (SHOWN,)


def certificate_issued(step: Step) -> Thing:
    grant = step.need("grant", Grant)
    if grant is not None and step.actor not in {grant.licensor, grant.licensee, None}:
        step.report(SHOWN, f"{step.leaf.actor} has no part in {step.leaf.refs['grant']}", grant)
    return Certificate(step.actor)


def certificate_withdrawn(step: Step, certificate: Certificate) -> None:
    check_owner(step, certificate.maker)
    if certificate.is_withdrawn:
        step.report(SHOWN, "it was withdrawn before", certificate)
    certificate.is_withdrawn = True


FOUNDING: Mapping[str, Founding] = {"certificate.issued": certificate_issued}
FOLLOWING: Mapping[str, Following] = {
    "certificate.withdrawn": (Certificate, certificate_withdrawn),
}
