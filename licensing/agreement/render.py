"""The agreement as people read it: a PDF, typeset by Typst from plain values."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final

from catalog.scope.ranges import clock
from catalog.scope.uses import LEAVES, MODEL_KINDS, expand_uses
from catalog.typesetting import typeset
from licensing.agreement.annex import NAME, PRINTED_MOST, annex, by_material, sha256
from licensing.agreement.clauses import NUMBERS, applying, digest, pieces, used
from licensing.agreement.terms import (
    MODEL_KIND_WORDS,
    USE_WORDS,
    AgreementTerms,
    Amends,
    Approval,
    LicensedFile,
    LikenessConsent,
    Party,
    Promise,
    moment,
    spaced,
    territory_words,
)
from licensing.money import plain_amount

__all__ = ["AgreementTerms", "LicensedFile", "LikenessConsent", "Party", "render_pdf"]

LEFT_OUT_NAMED: Final = 20  # files; Schedule A says which are left
_TEMPLATE = Path(__file__).resolve().parent / "agreement.typ"


def render_pdf(terms: AgreementTerms) -> bytes:
    """Return the agreement as an archivable, tagged PDF in English: PDF/A-2a, or PDF/A-3a where
    it carries its list of files as a table.

    The same terms give the same bytes; the document's date is the agreement's.
    """
    table = annex(terms)
    return typeset(_TEMPLATE, _words(terms, table), dated=terms.agreed_at, attached=table)


def _words(terms: AgreementTerms, table: str) -> dict[str, Any]:
    """Everything the template prints, in words."""
    return {
        "title": terms.title,
        "code": terms.code,
        "display_code": spaced(terms.code),
        "agreed_at": moment(terms.agreed_at),
        "licensor": _party_words(terms.licensor, terms.licensor_approval),
        "licensee": _party_words(terms.licensee, terms.licensee_approval),
        "sections": _sections(terms),
        "library": f"{terms.site}/clauses/",
        "clauses": [f"{name} {version}" for name, version in used(terms)],
        "clauses_sha256": digest(used(terms)),
        "permitted": [{"code": use, "words": USE_WORDS[use]} for use in terms.permitted],
        "model_kinds": [
            {"code": kind, "words": MODEL_KIND_WORDS[kind]} for kind in terms.sorted_model_kinds
        ],
        "file_count": len(terms.files),
        "annex": _annex_words(terms, table) if table else None,
        "files": []
        if table
        else [
            {
                "code": spaced(file.code),
                "name": file.name,
                "other_names": list(file.other_names),
                "kind": file.kind,
                "sha256": file.sha256,
                "left_out": list(file.left_out),
                "ranges": [f"{clock(start)} – {clock(end)}" for start, end in file.ranges],
            }
            for file in terms.sorted_files
        ],
        "consents": [_consent_words(consent) for consent in terms.sorted_consents],
        "amended": _amended_words(terms) if terms.amends else [],
        "promised": [_promise_words(promise, terms.currency) for promise in terms.promises],
    }


def _sections(terms: AgreementTerms) -> list[dict[str, Any]]:
    values = {
        **NUMBERS,
        "log": f"{terms.site}/ledger/",
        "territory": territory_words(terms.territory),
        "starts_at": moment(terms.starts_at),
        "ends_at": moment(terms.ends_at) if terms.ends_at else "",
        "fee": terms.fee,
        "pay_by": moment(terms.pay_by),
        **_amends(terms.amends),
    }
    return [
        {
            "heading": section.en,
            "clauses": [
                {
                    "pieces": [vars(piece) for piece in pieces(clause.newest.en, values)],
                    "table": clause.table,
                    "rows": [list(row) for row in clause.newest.rows_en],
                }
                for clause in clauses
            ],
        }
        for section, clauses in applying(terms)
    ]


def _amends(before: Amends | None) -> dict[str, str]:
    if before is None:
        return {}
    return {
        "amends.number": str(before.number),
        "amends.first": spaced(before.first),
        "amends.agreement": spaced(before.agreement),
        "amends.hash": before.pdf_sha256,
        "amends.grant": spaced(before.grant),
    }


def _amended_words(terms: AgreementTerms) -> list[list[str]]:
    """The rows of the table of what is replaced: a term, as it was, as it is. What stays the same
    is said, too: nobody has to look it up."""
    before = terms.amends
    assert before is not None  # noqa: S101 - the caller has asked
    files = f"{len(terms.files)}"
    if before.left_out:
        named = ", ".join(map(spaced, before.left_out[:LEFT_OUT_NAMED]))
        more = len(before.left_out) - LEFT_OUT_NAMED
        files += f", without {named}" + (f" and {more} more" if more > 0 else "")
    return [
        ["Permitted Uses", _uses(before.uses), _uses(terms.uses)],
        ["Model Kinds", _kinds(before.model_kinds), _kinds(terms.model_kinds)],
        ["Territory", territory_words(before.territory), territory_words(terms.territory)],
        [
            "Term",
            _term(before.starts_at, before.ends_at),
            _term(terms.starts_at, terms.ends_at),
        ],
        ["Exclusivity", _plain(before.exclusivity), _plain(terms.exclusivity)],
        ["Files", str(before.files), files],
    ]


def _promise_words(promise: Promise, currency: str) -> list[str]:
    price = f"{currency} {plain_amount(promise.price_minor, currency)} per {promise.per}"
    times = "" if promise.times == "1" else f" × {promise.times}"
    files = f" (files in {promise.resolution})" if promise.resolution else ""
    return [spaced(promise.owner), promise.name, price + times + files]


def _uses(uses: tuple[str, ...]) -> str:
    leaves = expand_uses(uses)
    return ", ".join(leaf for leaf in LEAVES if leaf in leaves)


def _kinds(kinds: tuple[str, ...]) -> str:
    return ", ".join(kind for kind in MODEL_KINDS if kind in kinds)


def _term(starts_at: datetime, ends_at: datetime | None) -> str:
    end = f"until, and not including, {moment(ends_at)}" if ends_at else "without a fixed end"
    return f"{moment(starts_at)}, {end}"


def _plain(exclusivity: str) -> str:
    return exclusivity.replace("_", "-")


def _annex_words(terms: AgreementTerms, table: str) -> dict[str, Any]:
    material = by_material(terms)
    return {
        "name": NAME,
        "sha256": sha256(table),
        "material_count": len(material),
        "material": [
            {"code": code, "name": name, "files": files}
            for code, name, files in material[:PRINTED_MOST]
        ],
    }


def _party_words(party: Party, approval: Approval) -> dict[str, Any]:
    return {
        "name": party.name,
        "code": spaced(party.code),
        "role": approval.role or None,
        "approved_at": moment(approval.at),
        "entry": approval.entry,
        "deed": approval.deed,
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
