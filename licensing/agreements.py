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
from licensing.agreement.terms import AgreementTerms, Approval, LicensedFile, LikenessConsent, Party
from licensing.clearances import consents_reaching
from licensing.conditions import LeftOut
from licensing.models import PAY_WITHIN, Deal, Request, RequestItem


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
    request, assets = deal.request, [item.asset for item in items]
    return AgreementTerms(
        code=deal.code,
        agreed_at=agreed_at,
        pay_by=agreed_at + PAY_WITHIN,
        licensor=_party(deal.licensor),
        licensee=_party(request.organisation),
        licensor_approval=Approval(deal.decided_role, agreed_at, f"deal.approved of {deal.stream}"),
        licensee_approval=Approval(
            request.submitted_role,
            request.submitted_at or agreed_at,
            f"request.submitted of {request.stream}",
        ),
        files=tuple(_file(item, declared.get(item.asset.code, ())) for item in items),
        uses=tuple(request.uses),
        model_kinds=tuple(request.model_kinds),
        territory=tuple(sorted(parse_territory(request.territory))),
        starts_at=request.starts_at,
        ends_at=request.ends_at,
        exclusivity=request.exclusivity,
        fee_minor=request.price_minor * len(assets),
        currency=request.currency,
        site=settings.BASE_URL,
        consents=tuple(_consents(assets, request)),
    )


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


def _consents(assets: list[Asset], request: Request) -> list[LikenessConsent]:
    consents = {
        consent.code: consent
        for asset in assets
        if asset.likeness_id
        for consent in consents_reaching(asset, request)
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
