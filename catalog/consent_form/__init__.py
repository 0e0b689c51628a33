"""The consent as people read and sign it: one PDF in English, one in Korean, of the same terms."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.utils.translation import override

from catalog.authorities import Voice
from catalog.consent_form.words import (
    CLAUSES,
    attribute_words,
    died_words,
    estate_words,
    kind_words,
    mark_words,
    term_lines,
    territory_words,
    use_words,
)
from catalog.consents.terms import conspicuous
from catalog.models import Authority, Consent
from catalog.scope.uses import expand_uses
from catalog.typesetting import typeset
from ledger import edge_code

LANGUAGES: Final = ("en", "ko")
_TEMPLATE = Path(__file__).resolve().parent / "consent.typ"


def render_form(consent: Consent, voice: Voice, *, language: str, dated: datetime) -> bytes:
    """Return the form in this language: the same consent and the same day give the same bytes."""
    with override(language):
        terms = _terms(consent, voice, language, dated)
        return typeset(_TEMPLATE, terms, dated=dated)


def form_words(consent: Consent, voice: Voice, *, language: str, dated: datetime) -> dict[str, Any]:
    """Return everything the form says, for a page that shows the same."""
    with override(language):
        return _terms(consent, voice, language, dated)


def marks_of(consent: Consent) -> list[str]:
    """Return the terms that who signs must mark one by one."""
    return conspicuous(consent.terms, expand_uses(consent.uses))


def _terms(consent: Consent, voice: Voice, language: str, dated: datetime) -> dict[str, Any]:
    performer = consent.likeness.performer
    grantee = consent.grantee
    return {
        "language": language,
        "words": {name: str(text) for name, text in CLAUSES.items()},
        "code": edge_code.display(consent.code),
        "dated": _moment(dated),
        "performer": performer.name,
        "died": died_words(voice, performer),
        "represented_by": performer.organisation.name,
        "likeness": f"{consent.likeness.description} ({edge_code.display(consent.likeness.code)})",
        "grantee": f"{grantee.name} ({edge_code.display(grantee.code)})" if grantee else None,
        "description": consent.description,
        "attributes": attribute_words(consent.attributes),
        "not_attributes": attribute_words(
            [each for each in consent.likeness.attributes if each not in consent.attributes]
        ),
        "uses": use_words(consent.uses),
        "model_kinds": kind_words(consent.model_kinds),
        "territory": territory_words(consent.territory),
        "starts_at": _moment(consent.starts_at),
        "ends_at": _moment(consent.ends_at) if consent.ends_at else None,
        "max_outputs": str(consent.max_outputs) if consent.max_outputs else None,
        "terms": term_lines(consent.terms),
        "marks": [str(mark_words(each)) for each in marks_of(consent)],
        "signers": [
            {
                "holder": each.holder,
                "basis": str(each.get_basis_display()),
                "share": _share(each),
            }
            for each in voice.signers
        ],
        "estate": estate_words(voice),
    }


def _share(authority: Authority) -> str | None:
    share = authority.share
    return None if share == 1 else f"{share.numerator}/{share.denominator}"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
