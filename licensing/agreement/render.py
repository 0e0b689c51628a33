"""The agreement as people read it: a PDF, typeset by Typst from plain values."""

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import typst

from licensing.agreement.terms import (
    EXCLUSIVITY_WORDS,
    MODEL_KIND_WORDS,
    USE_WORDS,
    AgreementTerms,
    Approval,
    LicensedFile,
    LikenessConsent,
    Party,
    moment,
    spaced,
    territory_words,
)

__all__ = ["AgreementTerms", "LicensedFile", "LikenessConsent", "Party", "render_pdf"]

_FOLDER = Path(__file__).resolve().parent
# What the fonts are sure to have, besides the common Han: Latin, Greek, Cyrillic, punctuation,
# kana, Hangul, full-width forms.
_LETTERS = re.compile(
    r"[ -~\u00a1-\u00ac\u00ae-\u017f\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03ce"
    r"\u0400-\u045f\u1e80-\u1e85\u2013\u2014\u2018-\u201e\u2020-\u2022\u2026\u2032\u2033\u20a9\u20ac\u2122"
    r"\u3001-\u3003\u3005-\u3011\u3041-\u3096\u3099-\u30ff\uac00-\ud7a3\uff01-\uff5e]"
)


def render_pdf(terms: AgreementTerms) -> bytes:
    """Return the agreement as an archivable, tagged PDF (PDF/A-2a) in English.

    The same terms give the same bytes: only the fonts beside this file and Typst's own are used,
    and the document's date is the agreement's. Names may be in Latin, Greek, Cyrillic, Hangul,
    kana and the common Han characters; any other character is printed as its code point,
    `[U+0E01]`, so that no name has a gap in it.
    """
    document: bytes = typst.compile(
        _FOLDER / "agreement.typ",
        root=_FOLDER,
        font_paths=[_FOLDER / "fonts"],
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards=["a-2a"],
        timestamp=int(terms.agreed_at.timestamp()),
        sys_inputs={"terms": json.dumps(_printable(_words(terms)), ensure_ascii=False)},
    )
    return document


def _words(terms: AgreementTerms) -> dict[str, Any]:
    """Everything the template prints, in words."""
    return {
        "code": terms.code,
        "display_code": spaced(terms.code),
        "agreed_at": moment(terms.agreed_at),
        "licensor": _party_words(terms.licensor, terms.licensor_approval),
        "licensee": _party_words(terms.licensee, terms.licensee_approval),
        "log": f"{terms.site}/ledger/",
        "permitted": [{"code": use, "words": USE_WORDS[use]} for use in terms.permitted],
        "model_kinds": [
            {"code": kind, "words": MODEL_KIND_WORDS[kind]} for kind in terms.sorted_model_kinds
        ],
        "exclusivity": EXCLUSIVITY_WORDS[terms.exclusivity],
        "territory": territory_words(terms.territory),
        "starts_at": moment(terms.starts_at),
        "ends_at": moment(terms.ends_at) if terms.ends_at else None,
        "fee": terms.fee,
        "trains": terms.trains,
        "files": [
            {
                "code": spaced(file.code),
                "name": file.name,
                "other_names": list(file.other_names),
                "kind": file.kind,
                "sha256": file.sha256,
            }
            for file in terms.sorted_files
        ],
        "consents": [_consent_words(consent) for consent in terms.sorted_consents],
    }


def _party_words(party: Party, approval: Approval) -> dict[str, Any]:
    return {
        "name": party.name,
        "code": spaced(party.code),
        "role": approval.role or None,
        "approved_at": moment(approval.at),
        "entry": approval.entry,
    }


def _consent_words(consent: LikenessConsent) -> dict[str, Any]:
    return {
        "code": spaced(consent.code),
        "likeness_code": spaced(consent.likeness_code),
        "performer": consent.performer,
        "attributes": list(consent.attributes),
        "uses": list(consent.uses),
        "starts_at": moment(consent.starts_at),
        "ends_at": moment(consent.ends_at) if consent.ends_at else None,
        "max_outputs": consent.max_outputs,
    }


def _printable(value: Any) -> Any:
    """The same value with every character the fonts may lack written as its code point."""
    if isinstance(value, dict):
        return {name: _printable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_printable(item) for item in value]
    if isinstance(value, str):
        return "".join(
            char if _has_glyph(char) else f"[U+{ord(char):04X}]"
            for char in unicodedata.normalize("NFC", value)
        )
    return value


def _has_glyph(char: str) -> bool:
    if _LETTERS.match(char):
        return True
    for codec, last_row in (("euc_jp", 0xCF), ("gb2312", 0xD7)):
        try:
            row = char.encode(codec)
        except UnicodeEncodeError:
            continue
        if len(row) == 2 and 0xB0 <= row[0] <= last_row:
            return True
    return False
