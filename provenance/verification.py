"""What may be believed of a file: the inspection joined with our records and the public log.

A report answers one question after the other (is it intact, who signed, when, is the grant real,
does it stand now, is it in the log) and sums them up in one verdict. It proves what was recorded
and by whom; it does not prove that a recorded right is true, and says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.access import ANONYMOUS, Actor
from catalog.models import Attribute, Consent, WorkState
from edgecode.log.leaf import parse
from ledger import proofs
from provenance import pki
from provenance.inspection import STRANGER, Inspection, Integrity, Trust, inspect
from provenance.models import Credential, CredentialForm
from provenance.status import GrantStatus, status_of

type Text = str | Promise


class Outcome(StrEnum):
    """How one question was answered."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """The sum of a report. Only `AUTHORISED` means: sound, ours, and granted now."""

    AUTHORISED = "authorised"
    ENDED = "ended"
    ALTERED = "altered"
    STRANGER = "stranger"
    DISPUTED = "disputed"
    SIDECAR_MISSING = "sidecar_missing"
    UNSIGNED = "unsigned"
    UNREADABLE = "unreadable"


HEADLINES: dict[Verdict, Text] = {
    Verdict.AUTHORISED: _("This file is authentic, and its licence is in force."),
    Verdict.ENDED: _("This file is authentic, but its licence is not in force now."),
    Verdict.ALTERED: _("This file was changed after it was signed."),
    Verdict.STRANGER: _("This file is intact, but nobody we know vouches for its signer."),
    Verdict.DISPUTED: _("This file bears our signature, but it does not agree with our records."),
    Verdict.SIDECAR_MISSING: _(
        "We delivered this very file with a credential beside it; add the .c2pa file."
    ),
    Verdict.UNSIGNED: _("This file carries no credential. We cannot say where it comes from."),
    Verdict.UNREADABLE: _("This file could not be read."),
}


@dataclass(frozen=True)
class Check:
    """One question, its answer, and the detail a lawyer would ask for."""

    id: str
    outcome: Outcome
    title: Text
    detail: Text = ""

    def as_json(self) -> dict[str, str]:
        return {
            "id": self.id,
            "outcome": self.outcome,
            "title": str(self.title),
            "detail": str(self.detail),
        }


@dataclass(frozen=True)
class Report:
    """Everything known of one file."""

    filename: str
    verdict: Verdict
    checks: tuple[Check, ...]
    inspection: Inspection
    status: GrantStatus | None = None

    @property
    def headline(self) -> Text:
        return HEADLINES[self.verdict]

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON values, its texts in the active language."""
        return {
            "filename": self.filename,
            "verdict": self.verdict,
            "headline": str(self.headline),
            "checks": [check.as_json() for check in self.checks],
            "grant_status": self.status,
            "inspection": self.inspection.as_json(),
        }


def verify_file(
    path: Path,
    *,
    filename: str,
    mime: str,
    actor: Actor = ANONYMOUS,
    sidecar: Path | None = None,
    sha256: str | None = None,
) -> Report:
    """Return the report on a file nobody vouches for. It is read in a limited process only.

    `mime` is what the sender says and decides nothing where the bytes tell. Who asks, `actor`,
    changes nothing in the report; it keeps files of different senders apart. Raises OSError.
    """
    caller = actor.organisation.stream if actor.organisation else STRANGER
    found = inspect(path, mime=mime, sidecar=sidecar, sha256=sha256, caller=caller)
    report = partial(Report, filename, inspection=found)
    if found.integrity == Integrity.UNREADABLE:
        return report(Verdict.UNREADABLE, (_integrity(found),))
    if not found.has_manifest:
        return report(*_without_manifest(found))
    checks = [_integrity(found), _signer(found), _time(found)]
    if found.integrity == Integrity.ALTERED:
        return report(Verdict.ALTERED, tuple(checks))
    if found.trust == Trust.NOBODY or found.grant is None:
        return report(Verdict.STRANGER, tuple(checks))
    return _against_records(report, found, checks)


def _against_records(report: "partial[Report]", found: Inspection, checks: list[Check]) -> Report:
    grant = found.grant or {}
    credential = _credential(found.manifest_id)
    record = _record(found, credential)
    log = _logged(grant)
    checks += [record, log]
    if found.consents:
        checks.append(_consents(found))
    if Outcome.FAILED in {record.outcome, log.outcome} or credential is None:
        return report(Verdict.DISPUTED, tuple(checks))
    status = status_of(credential.granted_asset.grant)
    checks.append(_standing(status))
    in_force = status["state"] == "active"
    return report(Verdict.AUTHORISED if in_force else Verdict.ENDED, tuple(checks), status=status)


def _credential(manifest_id: str) -> Credential | None:
    """Return our record with its grant: of each only what a report says, in one query."""
    found = Credential.objects.filter(manifest_id=manifest_id, state=WorkState.DONE)
    grant = "granted_asset__grant__"
    columns = ("code", "starts_at", "ends_at", "issued_at", "revoked_at")
    return (
        found.select_related("granted_asset__grant")
        .only("file_sha256", "granted_asset__grant_id", *(grant + name for name in columns))
        .first()
    )


def _without_manifest(found: Inspection) -> tuple[Verdict, tuple[Check, ...]]:
    known = Credential.objects.filter(
        file_sha256=found.file_sha256, form=CredentialForm.SIDECAR, state=WorkState.DONE
    ).exists()
    if known:
        check = Check(
            "credential",
            Outcome.WARNING,
            _("The credential is not inside this file."),
            _("Files of this type carry it beside them. Add the .c2pa file that came with it."),
        )
        return Verdict.SIDECAR_MISSING, (check,)
    detail: Text = _("Platforms often remove credentials; that alone proves no wrong.")
    if found.remote_url:
        detail = _("It points to one elsewhere, which we do not fetch: %(url)s") % {
            "url": found.remote_url[:200]
        }
    check = Check("credential", Outcome.UNKNOWN, _("No C2PA credential was found."), detail)
    return Verdict.UNSIGNED, (check,)


def _integrity(found: Inspection) -> Check:
    reasons = " ".join(dict.fromkeys(str(finding.reason) for finding in found.findings))
    if found.integrity == Integrity.INTACT:
        return Check(
            "integrity",
            Outcome.OK,
            _("The content is exactly what was signed."),
            _("SHA-256 %(sha256)s") % {"sha256": found.file_sha256},
        )
    if found.integrity == Integrity.ALTERED:
        return Check("integrity", Outcome.FAILED, _("The content is not what was signed."), reasons)
    return Check("integrity", Outcome.FAILED, _("The file could not be read."), reasons)


def _signer(found: Inspection) -> Check:
    signer = found.signer
    name = f"{signer.common_name} ({signer.organisation})" if signer else "–"
    if found.integrity == Integrity.ALTERED:
        return Check(
            "signer",
            Outcome.UNKNOWN,
            _("The signature no longer fits, so it does not say who stands behind this file."),
            _("The credential names %(name)s as its signer.") % {"name": name},
        )
    if found.trust == Trust.EDGECODE:
        return Check("signer", Outcome.OK, _("Signed by Edgecode."), name)
    if found.trust == Trust.EDGECODE_DEVELOPMENT:
        return Check(
            "signer",
            Outcome.WARNING,
            _("Signed by this installation's development authority."),
            _("%(name)s. Nobody outside this installation should trust it.") % {"name": name},
        )
    return Check(
        "signer",
        Outcome.FAILED,
        _("The signer is not one we know."),
        _("It calls itself %(name)s; anybody can.") % {"name": name},
    )


def _time(found: Inspection) -> Check:
    stamp = found.time_stamp
    if stamp is None:
        return Check("time", Outcome.UNKNOWN, _("No time stamp proves when it was signed."))
    is_proven = stamp.trusted and not pki.is_development()
    outcome = Outcome.OK if is_proven else Outcome.WARNING
    return Check(
        "time",
        outcome,
        _("Signed no later than %(time)s.") % {"time": _moment(stamp.time)},
        _("Time stamp of %(authority)s.") % {"authority": stamp.authority},
    )


def _record(found: Inspection, credential: Credential | None) -> Check:
    said = found.grant or {}
    if credential is None or said.get("grant") != credential.granted_asset.grant.code:
        return Check(
            "record", Outcome.FAILED, _("We have no record of having issued this credential.")
        )
    if credential.file_sha256 != found.file_sha256:
        return Check(
            "record",
            Outcome.FAILED,
            _("The file is not byte for byte the one that we delivered."),
            _("Parts that the signature leaves open were changed."),
        )
    return Check(
        "record",
        Outcome.OK,
        _("Issued to %(licensee)s by %(licensor)s.")
        % {
            "licensee": said.get("licensee", {}).get("name", "–"),
            "licensor": said.get("licensor", {}).get("name", "–"),
        },
        _("Grant EC %(head)s %(tail)s, byte for byte the file that was delivered.")
        % {"head": str(said.get("grant"))[:4], "tail": str(said.get("grant"))[4:]},
    )


def _logged(grant: Any) -> Check:
    """Verify the receipt inside the credential, offline, and that it is about this grant."""
    said = grant.get("ledger", {})
    try:
        if said.get("origin") != settings.ENV.ledger_origin:
            raise ValueError("the receipt is of another log")
        raw = proofs.entry(int(said["index"]))
        index, checkpoint = proofs.open_receipt(str(said["receipt"]), raw)
        leaf = parse(raw)
        if leaf.kind != "grant.issued" or leaf.stream != f"grant:{grant.get('grant')}":
            raise ValueError("the entry is about something else")
    except (ValueError, KeyError, TypeError, LookupError):
        return Check("log", Outcome.FAILED, _("The proof from the public log does not hold."))
    return Check(
        "log",
        Outcome.OK,
        _("In the public log since %(day)s, entry %(index)s.")
        % {"day": format_date(leaf.at, "long", locale=_locale()), "index": _number(index)},
        _("The receipt in the credential proves it, under a signed checkpoint of %(size)s entries.")
        % {"size": _number(checkpoint.size)},
    )


def _consents(found: Inspection) -> Check:
    codes = [str(consent["consent"]) for consent in found.consents]
    withdrawn = _withdrawn(codes)
    if withdrawn:
        when = min(withdrawn.values())
        return Check(
            "consent",
            Outcome.WARNING,
            _("The performer's consent was withdrawn on %(time)s.")
            % {"time": _moment(when.isoformat())},
            _(
                "Consent %(codes)s. That does not by itself end a licence granted before; ask the"
                " licensor before any new use."
            )
            % {"codes": ", ".join(withdrawn)},
        )
    names = dict(Attribute.choices)
    attributes = sorted({name for consent in found.consents for name in consent["attributes"]})
    return Check(
        "consent",
        Outcome.OK,
        _("Rests on the performer's consent for: %(attributes)s.")
        % {"attributes": ", ".join(str(names.get(name, name)) for name in attributes)},
        _("Consent %(codes)s. The credential carries its hash, nothing about the person.")
        % {"codes": ", ".join(codes)},
    )


def _withdrawn(codes: Sequence[str]) -> dict[str, datetime]:
    """Return when each of these consents was withdrawn; those that stand are left out."""
    rows = Consent.objects.filter(code__in=codes).order_by("pk")
    found = rows.values_list("code", "withdrawn_at")
    return {code: when for code, when in found if when is not None}


def _standing(status: GrantStatus) -> Check:
    since = _moment(status["since"]) if status["since"] else ""
    titles: dict[str, tuple[Outcome, Text]] = {
        "active": (Outcome.OK, _("The licence is in force.")),
        "pending": (Outcome.WARNING, _("The licence has not begun.")),
        "expired": (Outcome.FAILED, _("The licence has expired.")),
        "revoked": (Outcome.FAILED, _("The licence was revoked.")),
    }
    outcome, title = titles[status["state"]]
    detail = _("Since %(since)s.") % {"since": since} if since else ""
    return Check("status", outcome, title, detail)


def _moment(instant: str) -> str:
    """Return an RFC 3339 instant as people read it, in UTC; one that is none as it came."""
    try:
        moment = datetime.fromisoformat(instant).astimezone(UTC)
    except ValueError:
        return instant
    return f"{format_date(moment, 'long', locale=_locale())} {moment:%H:%M:%S} UTC"


def _number(count: int) -> str:
    return str(format_decimal(count, locale=_locale()))


def _locale() -> str:
    """Return Babel's name of the active language; English dates are written day first."""
    language = (get_language() or "en").partition("-")[0]
    return "en_GB" if language == "en" else language
