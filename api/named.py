"""What an edge code names, as far as the caller may know."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.urls import reverse

from accounts.access import Actor
from accounts.errors import NotFound
from accounts.models import EdgeCode, Organisation
from catalog.models import Asset, Consent, Evidence, Fact, Likeness, Party, Performer, Title
from ledger import edge_code
from licensing.models import Clearance, Deal, Grant, Offer, Refund, Request, Settlement
from provenance.models import Certificate, Credential, Delivery, Output, Sighting, StoredManifest


class Named(NamedTuple):
    """Which objects of a kind an actor may know of, and the address of one, if it has any."""

    visible: Callable[[Actor], QuerySet[Any]]
    route: str | None = None


_NAMED: dict[str, Named] = {
    "organisation": Named(Organisation.objects.visible_to),
    "title": Named(Title.objects.visible_to, "api:title"),
    "performer": Named(Performer.objects.visible_to),
    "likeness": Named(Likeness.objects.visible_to, "api:likeness"),
    "consent": Named(Consent.objects.visible_to),
    "fact": Named(Fact.objects.visible_to, "api:fact"),
    "evidence": Named(Evidence.objects.visible_to),
    "party": Named(Party.objects.visible_to),
    "offer": Named(Offer.objects.visible_to),
    "request": Named(Request.objects.visible_to, "api:request"),
    "deal": Named(Deal.objects.visible_to, "api:deal"),
    "settlement": Named(Settlement.objects.visible_to),
    "refund": Named(Refund.objects.visible_to),
    "clearance": Named(Clearance.objects.visible_to),
    "grant": Named(Grant.objects.visible_to, "api:grant"),
    "credential": Named(Credential.objects.visible_to),
    "output": Named(Output.objects.visible_to, "api:output"),
    "sighting": Named(Sighting.objects.visible_to, "api:sighting"),
    "manifest": Named(StoredManifest.objects.visible_to),
    "certificate": Named(Certificate.objects.visible_to),
    "delivery": Named(Delivery.objects.visible_to),
}


def find_named(actor: Actor, code: str) -> dict[str, Any]:
    """Return code, display, kind and url of what a code names. Raises NotFound."""
    if "+" in code:
        kind, named = "asset", Named(Asset.objects.visible_to, "api:asset")
    else:
        kind = EdgeCode.objects.filter(code=code).values_list("kind", flat=True).first() or ""
        if kind not in _NAMED:
            raise NotFound
        named = _NAMED[kind]
    if not named.visible(actor).filter(code=code).exists():
        raise NotFound
    return {
        "code": code,
        "display": edge_code.display(code),
        "kind": kind,
        "url": reverse(named.route, args=[code]) if named.route else None,
    }
