"""Performers' approvals that a deal does not replace: the consents behind it that ask for them."""

from typing import NamedTuple

from catalog.models import Approval, Consent, Decision, Stage
from licensing.models import Deal
from licensing.verdicts.clearances import consents_reaching


class Asks(NamedTuple):
    """A consent that asks to see each use: what is shown, how long there is to answer, what silence
    means, and what the lab has asked so far."""

    consent: Consent
    stages: str
    hours: int
    silence: str
    asked: int
    waiting: int


def asks_for_approval(deal: Deal) -> list[Asks]:
    """Return the consents behind a deal's files that ask for approvals."""
    items = deal.items.filter(asset__likeness__isnull=False).select_related("asset")
    consents = {
        consent.pk: consent
        for item in items
        for consent in consents_reaching(item.asset, deal)
        if "approvals" in consent.terms
    }
    return [_asks(consent, deal) for _key, consent in sorted(consents.items())]


def _asks(consent: Consent, deal: Deal) -> Asks:
    rule = consent.terms["approvals"]
    asked = Approval.objects.filter(consent=consent, asker=deal.request.organisation)
    return Asks(
        consent,
        ", ".join(str(Stage(stage).label) for stage in rule["stages"]),
        rule["hours"],
        rule["silence"],
        asked.count(),
        asked.filter(decision=Decision.OPEN).count(),
    )
