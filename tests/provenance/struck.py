"""A likeness's file that was licensed on two consents and signed, and one of them withdrawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.access import Actor
from catalog.models import Asset, Consent
from catalog.withdrawing import withdraw_consent
from ledger.sequencer import advance
from licensing.deals.requests import submit_request
from licensing.deals.transitions import approve_deal
from provenance.credentials.signing import sign_pending
from provenance.models import Credential
from tests import factories


@dataclass(frozen=True)
class SignedLikeness:
    """A likeness's file, granted on two consents and signed."""

    agency: Actor
    lab: Actor
    consents: tuple[Consent, Consent]
    pk: int

    @property
    def credential(self) -> Credential:
        return Credential.objects.get(pk=self.pk)

    def withdraw(self, number: int = 0) -> None:
        withdraw_consent(actor=self.agency, code=self.consents[number].code)

    def named(self, store: bytes) -> list[bool]:
        """Whether each of the consents is named."""
        return [consent.code.encode() in store for consent in self.consents]


def granted(*, film: bool, second: Mapping[str, Any] | None = None) -> SignedLikeness:
    """Return one that was signed; `second` says what is other in its second consent."""
    agency, lab = factories.talent(), factories.lab()
    likeness = factories.likeness(agency)
    file = factories.asset(agency, likeness) if film else factories.words(agency, likeness)
    Asset.objects.filter(pk=file.pk).update(kind="picture" if film else "audio")
    shown = ["face", "voice"] if film else ["voice"]
    first = factories.consent(agency, likeness, attributes=shown)
    consents = (first, factories.consent(agency, likeness, attributes=shown, **(second or {})))
    factories.offer(agency, likeness)
    request = factories.draft(lab, [file], uses=["generate.likeness"])
    submit_request(actor=lab, code=request.code)
    deal = approve_deal(actor=agency, code=request.deals.get().code)
    grant = factories.paid(agency, deal)
    advance()
    sign_pending()
    return SignedLikeness(
        agency, lab, consents, Credential.objects.get(granted_asset__grant=grant).pk
    )
