"""What a certificate says, as plain values: fixed when it is made, the same in every language.

Of a grant it says what both parties know of it and may show: no price, no name of a person, no
file's name, no condition that binds the licensor alone.
"""

import hashlib
from collections import Counter
from datetime import UTC, datetime
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.errors import Conflict
from accounts.models import Organisation
from catalog.models import Consent, Likeness, Title
from edgecode.log import notes
from edgecode.log.canonical import JSON
from edgecode.log.leaf import parse
from ledger import proofs
from licensing.agreement.odrl import canonical_bytes
from licensing.models import Grant
from licensing.verdicts.resting import consents_carrying
from provenance.certificates.files import CertifiedFile, files_of, root_of
from provenance.credentials.facts import grant_index
from provenance.status import GrantStatus, status_of

SCHEMA: Final = "com.edgecode.certificate/1"
WORKS_MOST: Final = 200  # named one by one; of more the number
_CONSENTS: Final = ("consent_ended", "consent_suspended")
_NAMES_MOST: Final = 3  # of a work, besides its own

type Statement = dict[str, Any]


def statement_of(grant: Grant, *, code: str, at: datetime) -> Statement:
    """Return what a certificate of this code, made at `at`, says of a grant. Raises Conflict while
    the grant stands in no checkpoint of the log."""
    files = list(files_of(grant))
    works = _works(files)
    agreement = grant.deal.agreement
    status = status_of(grant)
    before = grant.deal.amends
    return {
        "schema": SCHEMA,
        "certificate": code,
        "made_at": _instant(at),
        "grant": grant.code,
        "issued_at": _instant(grant.issued_at),
        "state": _state(status),
        "licensor": _party(grant.licensor),
        "licensee": _party(grant.licensee),
        "works": works,
        "works_count": len({file.code.partition("+")[0] for file in files}),
        "uses": list(grant.uses),
        "model_kinds": list(grant.model_kinds),
        "territory": grant.territory,
        "starts_at": _instant(grant.starts_at),
        "ends_at": _instant(grant.ends_at) if grant.ends_at else None,
        "exclusivity": grant.exclusivity,
        "consents": [_consent(consent) for consent in consents_carrying(grant, at)],
        **{key: since for key in _CONSENTS if (since := status[key])},
        "files": {
            "count": len(files),
            "root": root_of(files),
            "in_parts": sum(1 for file in files if file.parts),
            "left_out": sum(1 for file in files if file.left_out),
        },
        "agreement": {
            "code": grant.deal.code,
            "sha256": agreement.pdf_sha256,
            "made_at": _instant(agreement.created_at),
        },
        "amends": before.code if before is not None else None,
        "ledger": _ledger(grant),
        "site": settings.BASE_URL,
    }


def digest(statement: Statement) -> str:
    """Return the SHA-256 of a statement in its one canonical form (RFC 8785)."""
    return hashlib.sha256(canonical_bytes(statement)).hexdigest()


def _state(status: GrantStatus) -> dict[str, JSON]:
    """What the grant says of itself, unless no consent is left to any of its files."""
    if status["is_without_consent"] and status["state"] in {"active", "pending"}:
        return {"name": "without_consent", "since": status["consent_ended"]}
    return {"name": status["state"], "since": status["since"]}


def _ledger(grant: Grant) -> dict[str, JSON]:
    """Where the log proves the grant: the entry, and a checkpoint that it stands under."""
    index = grant_index(grant)
    try:
        receipt = proofs.receipt(index) if index is not None else None
    except proofs.NotLogged:
        receipt = None
    if index is None or receipt is None:
        raise Conflict(
            _("The grant stands in no published checkpoint of the log yet; try again in a moment.")
        )
    _shard, place = proofs.locate(index)
    note = notes.parse_receipt(receipt).checkpoint
    checkpoint = notes.parse_checkpoint(notes.note_text(note))
    return {
        "index": index,
        "since": _instant(parse(proofs.entry(index)).at),
        "origin": checkpoint.origin,
        "place": place,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
    }


def _works(files: list[CertifiedFile]) -> list[dict[str, JSON]]:
    """The titles and likenesses that the files are of, those with most files first; of very many
    the first. A likeness is named by its code and what of a person it holds, never by whose it is.
    """
    counts = Counter(file.code.partition("+")[0] for file in files)
    shown = [code for code, _count in _by_size(counts)[:WORKS_MOST]]
    titles = Title.objects.filter(code__in=shown).prefetch_related("names")
    named = {title.code: _title(title) for title in titles}
    likenesses = Likeness.objects.filter(code__in=shown)
    named |= {each.code: {"attributes": list(each.attributes)} for each in likenesses}
    return [{"code": code, "files": counts[code], **named[code]} for code in shown]


def _by_size(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))


def _title(title: Title) -> dict[str, JSON]:
    others = sorted({name.name for name in title.names.all()} - {title.name})
    return {
        "name": title.name,
        "other_names": list(others[:_NAMES_MOST]),
        "year": title.year,
        "eidr": title.eidr,
    }


def _consent(consent: Consent) -> dict[str, JSON]:
    return {
        "code": consent.code,
        "attributes": list(consent.attributes),
        "uses": list(consent.uses),
        "starts_at": _instant(consent.starts_at),
        "ends_at": _instant(consent.over_at) if consent.over_at else None,
        "max_outputs": consent.max_outputs,
    }


def _party(organisation: Organisation) -> dict[str, JSON]:
    return {"code": organisation.code, "name": organisation.name}


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
