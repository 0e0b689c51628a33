"""The agreement of a deal: gathering its terms, typesetting, keeping both forms."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from accounts.models import Organisation
from catalog.models import Asset
from catalog.objects import object_store
from catalog.scope.territory import parse_territory
from licensing.agreement.odrl import canonical_bytes, policy
from licensing.agreement.render import render_pdf
from licensing.agreement.terms import (
    AgreementTerms,
    Amends,
    Approval,
    LicensedFile,
    LikenessConsent,
    Party,
    Promise,
)
from licensing.deals.conditions import LeftOut
from licensing.models import PAY_WITHIN, CounterOffer, Deal, Grant, RequestItem
from licensing.offers.promises import promised_units
from licensing.offers.quotes import amount_of
from licensing.verdicts.clearances import consents_reaching


@dataclass(frozen=True)
class Documents:
    """An agreement in both forms with the keys it is stored under."""

    asset_codes: list[str]
    pdf: bytes
    odrl: bytes
    folder: str
    declared: dict[str, tuple[LeftOut, ...]]

    @property
    def pdf_sha256(self) -> str:
        return hashlib.sha256(self.pdf).hexdigest()

    @property
    def odrl_sha256(self) -> str:
        return hashlib.sha256(self.odrl).hexdigest()

    @property
    def pdf_key(self) -> str:
        return f"{self.folder}/{self.pdf_sha256}.pdf"

    @property
    def odrl_key(self) -> str:
        return f"{self.folder}/{self.odrl_sha256}.jsonld"


def draw_up(
    deal: Deal,
    items: list[RequestItem],
    *,
    agreed_at: datetime,
    declared: dict[str, tuple[LeftOut, ...]],
) -> Documents:
    """Return the agreement of a deal over these of its files: same terms, same bytes.

    `declared` is, by the files' codes, what the licensor declares to be left out of them.
    """
    terms = _terms(deal, items, agreed_at, declared)
    return Documents(
        asset_codes=[item.asset.code for item in items],
        pdf=render_pdf(terms),
        odrl=canonical_bytes(policy(terms)),
        folder=f"agreements/{deal.code}",
        declared=declared,
    )


def keep_documents(documents: Documents) -> None:
    """Store both forms under their hashes; storing the same again changes nothing."""
    store = object_store()
    store.put_bytes(documents.pdf_key, documents.pdf)
    store.put_bytes(documents.odrl_key, documents.odrl)


def _terms(
    deal: Deal,
    items: list[RequestItem],
    agreed_at: datetime,
    declared: dict[str, tuple[LeftOut, ...]],
) -> AgreementTerms:
    assets = [item.asset for item in items]
    return AgreementTerms(
        code=deal.code,
        agreed_at=agreed_at,
        pay_by=agreed_at + PAY_WITHIN,
        licensor=_party(deal.licensor),
        licensee=_party(deal.licensee),
        licensor_approval=Approval(
            deal.decided_role, agreed_at, f"deal.approved of {deal.stream}", "approved the request"
        ),
        licensee_approval=_licensees_word(deal, agreed_at),
        files=tuple(_file(item, declared.get(item.asset.code, ())) for item in items),
        uses=tuple(deal.uses),
        model_kinds=tuple(deal.model_kinds),
        territory=tuple(sorted(parse_territory(deal.territory))),
        starts_at=deal.starts_at,
        ends_at=deal.ends_at,
        exclusivity=deal.exclusivity,
        fee_minor=amount_of(deal, items),
        currency=deal.currency,
        site=settings.BASE_URL,
        consents=tuple(_consents(assets, deal)),
        amends=_amends(deal.amends, items) if deal.amends is not None else None,
        promises=_promises(deal, items),
    )


def _promises(deal: Deal, items: list[RequestItem]) -> tuple[Promise, ...]:
    """Say what the rate cards of a deal promise of lower prices, also of one that is amended; other
    terms promise nothing."""
    first = deal.lineage[-1]
    if not first.by_card:
        return ()
    return tuple(
        Promise(*each)
        for each in promised_units(first.quote.body, {item.asset.code for item in items})
    )


def _amends(before: Grant, items: list[RequestItem]) -> Amends:
    """Say what a deal amends; the agreement before may be an amendment, too."""
    number, first = 1, before
    while first.deal.amends is not None:
        number, first = number + 1, first.deal.amends
    covered = list(before.granted_assets.values_list("asset__code", flat=True))
    kept = {item.asset.code for item in items}
    return Amends(
        number=number,
        first=first.deal.code,
        agreement=before.deal.code,
        pdf_sha256=before.deal.agreement.pdf_sha256,
        grant=before.code,
        uses=tuple(before.uses),
        model_kinds=tuple(before.model_kinds),
        territory=tuple(sorted(parse_territory(before.territory))),
        starts_at=before.starts_at,
        ends_at=before.ends_at,
        exclusivity=before.exclusivity,
        files=len(covered),
        left_out=tuple(sorted(set(covered) - kept)),
    )


def _licensees_word(deal: Deal, agreed_at: datetime) -> Approval:
    """By what the lab is bound: its request, or the terms that it proposed or accepted since."""
    request = deal.request
    if not deal.terms_number:
        is_amendment = deal.amends_id is not None
        return Approval(
            request.submitted_role,
            request.submitted_at or agreed_at,
            f"{'amendment.proposed' if is_amendment else 'request.submitted'} of {request.stream}",
            "proposed the amendment" if is_amendment else "submitted the request",
        )
    terms = CounterOffer.objects.get(deal=deal, number=deal.terms_number)
    if terms.made_by_id == deal.licensor_id:
        at, role = terms.answered_at or agreed_at, terms.answered_role
        return Approval(role, at, f"deal.terms_answered of {deal.stream}", "accepted the terms")
    entry = f"deal.terms_proposed of {deal.stream}"
    return Approval(terms.made_role, terms.made_at, entry, "proposed the terms")


def _party(organisation: Organisation) -> Party:
    return Party(organisation.code, organisation.name)


def _file(item: RequestItem, declared: tuple[LeftOut, ...]) -> LicensedFile:
    asset = item.asset
    if asset.title is not None:
        name = asset.title.name
        others = tuple(asset.title.names.order_by("language").values_list("name", flat=True))
    else:
        name, others = str(asset.likeness), ()
    ranges = tuple((start, end) for start, end in item.ranges)
    said = tuple(map(str, declared))
    return LicensedFile(asset.code, name, asset.kind, asset.sha256, others, ranges, said)


def _consents(assets: list[Asset], deal: Deal) -> list[LikenessConsent]:
    consents = {
        consent.code: consent
        for asset in assets
        if asset.likeness_id
        for consent in consents_reaching(asset, deal)
    }
    return [
        LikenessConsent(
            code=consent.code,
            likeness_code=consent.likeness.code,
            performer=consent.likeness.performer.name,
            attributes=tuple(consent.attributes),
            uses=tuple(consent.uses),
            starts_at=consent.starts_at,
            ends_at=consent.ends_at,
            max_outputs=consent.max_outputs,
        )
        for _code, consent in sorted(consents.items())
    ]
