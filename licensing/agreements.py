"""The agreement of a deal: gathering its terms, typesetting, keeping both forms."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from catalog.models import Asset
from catalog.objects import object_store
from licensing.agreement.odrl import canonical_bytes, policy
from licensing.agreement.render import (
    AgreementTerms,
    LikenessConsent,
    LicensedFile,
    Party,
    render_pdf,
)
from licensing.models import Deal


@dataclass(frozen=True)
class Documents:
    """An agreement in both forms with the keys it is stored under."""

    asset_codes: list[str]
    pdf: bytes
    odrl: bytes
    folder: str

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


def draw_up(deal: Deal, assets: list[Asset], *, agreed_at: datetime) -> Documents:
    """Return the agreement of a deal over these files: same terms, same bytes."""
    terms = _terms(deal, assets, agreed_at)
    return Documents(
        asset_codes=[asset.code for asset in assets],
        pdf=render_pdf(terms),
        odrl=canonical_bytes(policy(terms)),
        folder=f"agreements/{deal.code}",
    )


def keep_documents(documents: Documents) -> None:
    """Store both forms under their hashes; storing the same again changes nothing."""
    store = object_store()
    store.put_bytes(documents.pdf_key, documents.pdf)
    store.put_bytes(documents.odrl_key, documents.odrl)
