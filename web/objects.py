"""What an edge code or a stream of the log names, and its page, for a reader who may open it.

Whatever a reader may not open does not exist for them: the answer is None in both cases.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db.models import QuerySet

from accounts.access import Actor
from accounts.models import EdgeCode, Organisation
from catalog.models import (
    Asset,
    Consent,
    Evidence,
    Fact,
    Likeness,
    Party,
    Performer,
    Title,
)
from licensing.models import (
    Agreement,
    AuditCase,
    Clearance,
    Deal,
    Duty,
    Grant,
    LikenessOpinion,
    Offer,
    Refund,
    Request,
    RuleRow,
    Settlement,
    Survey,
    Usage,
)
from provenance.models import Certificate, Credential, Delivery, Output, Sighting


class Named(NamedTuple):
    """Which objects of a type a member may open, and the address of the page that shows one."""

    visible: Callable[[Actor], QuerySet[Any]]
    address: Callable[[Any], str]
    column: str = "code"


def _fact_address(fact: Fact) -> str:
    return f"/titles/{fact.title.code}/rights/{fact.code}/"


_FACT = Named(lambda actor: Fact.objects.visible_to(actor).select_related("title"), _fact_address)
NAMED: dict[str, Named] = {
    "organisation": Named(Organisation.objects.visible_to, lambda _own: "/organisation/"),
    "title": Named(Title.objects.visible_to, lambda title: f"/titles/{title.code}/"),
    "asset": Named(Asset.objects.visible_to, lambda asset: f"/assets/{asset.code}/"),
    "fact": _FACT,
    "party": Named(Party.objects.visible_to, lambda party: f"/parties/{party.code}/"),
    "evidence": Named(Evidence.objects.visible_to, lambda item: f"/documents/{item.code}/"),
    "holding": _FACT,
    "restriction": _FACT,
    "performer": Named(Performer.objects.visible_to, lambda _performer: "/likenesses/"),
    "likeness": Named(Likeness.objects.visible_to, lambda item: f"/likenesses/{item.code}/"),
    "consent": Named(
        lambda actor: Consent.objects.visible_to(actor).select_related("likeness"),
        lambda consent: f"/likenesses/{consent.likeness.code}/consents/{consent.code}/",
    ),
    "opinion": Named(
        lambda actor: LikenessOpinion.objects.visible_to(actor).select_related("likeness"),
        lambda opinion: f"/likenesses/{opinion.likeness.code}/opinions/{opinion.code}/",
    ),
    "offer": Named(
        lambda actor: Offer.objects.filter(organisation=actor.organisation),
        lambda _offer: "/offers/",
    ),
    "request": Named(Request.objects.visible_to, lambda item: f"/requests/{item.code}/"),
    "clearance": Named(
        lambda actor: Clearance.objects.visible_to(actor).select_related(
            "item__asset__organisation"
        ),
        lambda clearance: f"/clearances/{clearance.code}/",
    ),
    "deal": Named(Deal.objects.visible_to, lambda deal: f"/deals/{deal.code}/"),
    "agreement": Named(
        lambda actor: Agreement.objects.visible_to(actor).select_related("deal"),
        lambda agreement: f"/deals/{agreement.deal.code}/",
        "deal__code",
    ),
    "settlement": Named(
        lambda actor: Settlement.objects.visible_to(actor).select_related("deal"),
        lambda settlement: f"/deals/{settlement.deal.code}/",
    ),
    "refund": Named(
        lambda actor: Refund.objects.visible_to(actor).select_related("deal"),
        lambda refund: f"/deals/{refund.deal.code}/",
    ),
    "rule": Named(RuleRow.objects.visible_to, lambda row: f"/rules/{row.code}/"),
    "survey": Named(
        Survey.objects.visible_to, lambda survey: f"/readiness/questions/{survey.code}/"
    ),
    "case": Named(AuditCase.objects.visible_to, lambda case: f"/cases/{case.code}/"),
    "grant": Named(Grant.objects.visible_to, lambda grant: f"/grants/{grant.code}/"),
    "credential": Named(
        lambda actor: Credential.objects.visible_to(actor).select_related("granted_asset__grant"),
        lambda credential: f"/grants/{credential.granted_asset.grant.code}/",
    ),
    "duty": Named(Duty.objects.visible_to, lambda duty: f"/duties/{duty.code}/"),
    "usage": Named(
        lambda actor: Usage.objects.visible_to(actor).select_related("grant"),
        lambda usage: f"/grants/{usage.grant.code}/usage/",
    ),
    "output": Named(Output.objects.visible_to, lambda item: f"/outputs/{item.code}/"),
    "sighting": Named(Sighting.objects.visible_to, lambda item: f"/sightings/{item.code}/"),
    "certificate": Named(
        lambda actor: Certificate.objects.visible_to(actor).select_related("grant"),
        lambda certificate: f"/grants/{certificate.grant.code}/certificate/",
    ),
    "delivery": Named(
        lambda actor: Delivery.objects.visible_to(actor).select_related(
            "credential__granted_asset__grant"
        ),
        lambda delivery: f"/grants/{delivery.credential.granted_asset.grant.code}/",
    ),
}


def find_object(actor: Actor, kind: str, code: str) -> tuple[Any, str] | None:
    """Return the object of this type and code with the address of its page ("" if it has none);
    None when the reader may not open it or nothing has that code. One query."""
    named = NAMED.get(kind)
    if named is None or actor.organisation is None:
        return None
    found = named.visible(actor).filter(**{named.column: code}).first()
    return None if found is None else (found, named.address(found))


def find_code(actor: Actor, code: str) -> str:
    """Return the address of what a plain edge code names for this reader, or ""."""
    if "+" in code:
        kind = "asset"
    else:
        kind = EdgeCode.objects.filter(code=code).values_list("kind", flat=True).first() or ""
    found = find_object(actor, kind, code)
    return found[1] if found else ""
