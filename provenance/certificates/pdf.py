"""The PDF of a certificate: typeset from its statement, sealed once, kept under its hash.

The text is the same for the same statement, but a seal never comes out the same twice; so the
first one made is the one that everybody gets, and its SHA-256 can be compared.
"""

import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypedDict

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from catalog.consent_form.words import kind_words, use_words
from catalog.models import AssetKind
from catalog.objects import object_store
from catalog.typesetting import printable, typeset
from provenance import seals
from provenance.certificates import qr
from provenance.certificates.files import CertifiedFile, files_of, table_of
from provenance.certificates.statement import Statement
from provenance.certificates.words import (
    LIMITS,
    STATES,
    TITLE,
    count_words,
    day,
    exclusivity_words,
    lines_of,
    moment,
    number,
    shortened,
    spaced,
    territory_words,
    width,
    work_details,
    work_name,
)
from provenance.models import Certificate
from provenance.trust.pki import is_development

LANGUAGES: Final = ("en", "ko")
PRINTED_MOST: Final = 200  # files; the table that the PDF carries has them all
_FRONT_WORKS: Final = 3  # on the first page; the second names more
_FRONT_WIDTH: Final = 100
# How wide a text may be for a size in points.
_PARTY_SIZES: Final = ((22, 27), (36, 21), (72, 15), (_FRONT_WIDTH, 11))
_WORK_SIZES: Final = ((44, 20), (80, 14), (_FRONT_WIDTH, 11))
_TEMPLATE = Path(__file__).resolve().parent / "certificate.typ"


class Kept(TypedDict):
    """A sealed PDF in the object store."""

    key: str
    sha256: str
    size: int


def document_of(certificate: Certificate, language: str) -> Kept:
    """Return the sealed PDF in this language; it is made now where nobody has asked for it yet.
    Raises CannotSign while nothing can be signed."""
    kept: Kept | None = certificate.documents.get(language)
    return kept if kept is not None else _make(certificate, language)


def _make(certificate: Certificate, language: str) -> Kept:
    seals.publish_keys()
    files = list(files_of(certificate.grant))
    text = render(certificate.statement, files, address_of(certificate), language=language)
    document = seals.seal(text, _reason(certificate.statement))
    sha256 = hashlib.sha256(document).hexdigest()
    key = f"certificates/{certificate.code}/{sha256}.pdf"
    object_store().put_bytes(key, document)
    with transaction.atomic():
        # Who was a moment sooner made the one that stays.
        row = Certificate.objects.select_for_update(of=("self",)).get(pk=certificate.pk)
        kept: Kept = row.documents.setdefault(
            language, {"key": key, "sha256": sha256, "size": len(document)}
        )
        row.save(update_fields=["documents"])
    return kept


def address_of(certificate: Certificate) -> str:
    """Return the address that stands on the paper."""
    return f"{settings.BASE_URL}{certificate.path}"


def render(
    statement: Statement, files: list[CertifiedFile], address: str, *, language: str
) -> bytes:
    """Return the certificate as an archivable, tagged PDF/A-3a that carries the table of its
    files. The same statement gives the same bytes."""
    with override(language):
        terms = _terms(statement, files, address, language)
    return typeset(
        _TEMPLATE,
        terms,
        dated=datetime.fromisoformat(statement["made_at"]),
        attached=table_of(files),
    )


def _reason(statement: Statement) -> str:
    """What a reader of PDFs shows beside the signature, in English."""
    parties = [
        f"{side} {statement[side.lower()]['name']} ({statement[side.lower()]['code']})"
        for side in ("Licensor", "Licensee")
    ]
    return (
        f"Certificate {statement['certificate']} of grant {statement['grant']},"
        f" {' and '.join(parties)}, as it stood at {statement['made_at']}"
    )


def _terms(
    statement: Statement, files: list[CertifiedFile], address: str, language: str
) -> dict[str, Any]:
    ledger, agreement = statement["ledger"], statement["agreement"]
    licensor, licensee = _party(statement["licensor"]), _party(statement["licensee"])
    return {
        "language": language,
        "code": spaced(statement["certificate"]),
        "grant": spaced(statement["grant"]),
        "address": address,
        "qr": qr.svg(address),
        "licensor": licensor,
        "licensee": licensee,
        "party_size": _size([licensor["shown"], licensee["shown"]], _PARTY_SIZES),
        "front": _front(statement),
        "state": str(STATES[statement["state"]["name"]]),
        "stands": statement["state"]["name"] in {"active", "pending"},
        "lines": [list(line) for line in lines_of(statement)],
        "works": [
            {
                "code": spaced(work["code"]),
                "name": work_name(work),
                "details": work_details(work),
                "files": number(work["files"]),
            }
            for work in statement["works"]
        ],
        "printed": [_file(file) for file in files[:PRINTED_MOST]],
        "root": statement["files"]["root"],
        "agreement_sha256": agreement["sha256"],
        "ledger_root": ledger["root"],
        "words": _words(statement, address),
    }


def _party(party: dict[str, str]) -> dict[str, Any]:
    shown = shortened(printable(party["name"]), _FRONT_WIDTH)
    return {"name": party["name"], "shown": shown, "code": spaced(party["code"])}


def _size(texts: list[str], sizes: tuple[tuple[int, int], ...]) -> int:
    """Return how large texts are set on the first page, in points: by the widest of them."""
    widest = max(map(width, texts))
    return next((size for most, size in sizes if widest <= most), sizes[-1][1])


def _front(statement: Statement) -> dict[str, Any]:
    """The first page says in one breath what the second says in full."""
    named = [printable(work_name(work)) for work in statement["works"][:_FRONT_WORKS]]
    works = [shortened(name, _FRONT_WIDTH) for name in named]
    more = statement["works_count"] - len(works)
    facts = [
        (_("For"), "; ".join(use_words(statement["uses"]))),
        (_("Kinds of model"), "; ".join(kind_words(statement["model_kinds"]))),
        (_("Territory"), territory_words(statement["territory"])),
        (_("Term"), _span(statement)),
        (_("Exclusivity"), exclusivity_words(statement["exclusivity"])),
        (_("Files"), count_words(statement["files"])),
    ]
    return {
        "works": works,
        "size": _size(works, _WORK_SIZES),
        "more": (_("and %(count)s more") % {"count": number(more)}) if more > 0 else "",
        "facts": [[name, shortened(value, 110)] for name, value in facts],
    }


def _span(statement: Statement) -> str:
    """The term by its days, the last of which is whole; the second page has the very moments."""
    start, end = statement["starts_at"], statement["ends_at"]
    if end is None:
        return _("from %(start)s, without end") % {"start": day(start)}
    last = datetime.fromisoformat(end) - timedelta(seconds=1)
    return f"{day(start)} – {day(last.isoformat())}"


def _file(file: CertifiedFile) -> dict[str, Any]:
    _code, _kind, sha256, parts, without = file.line.split(",")
    return {
        "code": spaced(file.code),
        "kind": str(AssetKind(file.kind).label),
        "sha256": sha256,
        "parts": parts.replace(";", "; "),
        "left_out": without.replace(";", "; "),
    }


def _words(statement: Statement, address: str) -> dict[str, Any]:
    """Every fixed text that the template prints."""
    ledger, agreement, site = statement["ledger"], statement["agreement"], statement["site"]
    place = {
        "entry": number(ledger["index"]),
        "day": day(ledger["since"]),
        "size": number(ledger["size"]),
        "origin": ledger["origin"],
    }
    more = statement["works_count"] - len(statement["works"])
    count = statement["files"]["count"]
    return {
        "title": str(TITLE),
        "lead": _("This is to certify that the following licence was granted."),
        "licensor": _("Licensor"),
        "licensee": _("Licensee"),
        "works": _("Works"),
        "certificate": pgettext("licence", "Certificate"),
        "grant": _("Grant"),
        "granted": _("Granted %(moment)s") % {"moment": moment(statement["issued_at"])},
        "made": _("Made %(moment)s") % {"moment": moment(statement["made_at"])},
        "then": _("State when it was made"),
        "scan": _("Does it stand now? Scan, or open"),
        "logged": _("In the public log since %(day)s, entry %(entry)s.") % place,
        "sealed": _("Sealed electronically by Edgecode (PAdES, with a time stamp)."),
        "development": _(
            "The seal is of this installation's development authority. Nobody outside it should"
            " trust it."
        )
        if is_development()
        else "",
        "terms": _("The licence in full"),
        "name": _("Name"),
        "code": _("Edge code"),
        "files": _("Files"),
        "more_works": _("and %(count)s more") % {"count": number(more)} if more > 0 else "",
        "proof": _("Proof"),
        "agreement": _("Agreement"),
        "agreement_line": _("%(code)s, made %(moment)s. SHA-256 of its PDF:")
        % {"code": spaced(agreement["code"]), "moment": moment(agreement["made_at"])},
        "log": _("Public log"),
        "log_line": _(
            "Entry %(entry)s, since %(day)s, under the checkpoint of %(size)s entries of"
            " %(origin)s. Root:"
        )
        % place,
        "root": _("Root over the files"),
        "root_line": _(
            "Merkle tree of RFC 9162 over the lines of files.csv, which this PDF carries, without"
            " its header and the line ends:"
        ),
        "check": _("How to check it"),
        "steps": [
            _("Whether the licence stands now: %(address)s") % {"address": address},
            _(
                "This PDF: open it in any reader that checks signatures, with the roots from"
                " %(site)s/api/v1/trust-anchors.pem. Its SHA-256 stands at the address above."
            )
            % {"site": site},
            _("The entry of the log: %(site)s/ledger/proof/%(index)s.tlog-proof")
            % {"site": site, "index": ledger["index"]},
            _("A file that was delivered under the grant: %(site)s/verify/") % {"site": site},
        ],
        "limits": _("What it does not say"),
        "limit_lines": [str(line) for line in LIMITS],
        "list": _("Licensed files"),
        "list_line": _(
            "The SHA-256 is that of the file as it was registered, before a credential was added."
        ),
        "list_more": _(
            "The first %(printed)s of %(count)s. All of them stand in files.csv, which this PDF"
            " carries."
        )
        % {"printed": number(PRINTED_MOST), "count": number(count)}
        if count > PRINTED_MOST
        else "",
        "only": _("Only"),
        "left_out": _("Left out"),
        "attached": _("The licensed files, one a line"),
        "page": _("Page"),
        "qr": _("Square code of the address %(address)s") % {"address": address},
    }
