"""What may be believed of a file: the inspection joined with our records and the public log.

A report answers one question after the other (is it intact, who signed, when, is the grant real,
does it stand now, is it in the log) and sums them up in one verdict. It proves what was recorded
and by whom; it does not prove that a recorded right is true, and says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.access import ANONYMOUS, Actor
from catalog.models import WorkState
from edgecode.verify import codes
from edgecode.verify.boxes import left_out
from licensing.models import GrantedAsset
from licensing.verdicts.resting import Rest, footing_of
from provenance.extent import extent
from provenance.models import Credential, CredentialForm, CredentialQuerySet, Output
from provenance.outputs.past import learn_past
from provenance.outputs.report import declared_of, output_checks
from provenance.recognition import declared_as, output_named, registered_under
from provenance.status import GrantStatus, check_past, status_of, successor_of
from provenance.verification import (
    consents,
    entry,
    identity,
    integrity,
    issued,
    origins,
    readings,
    signer,
    standing,
)
from provenance.verification.answers import Check, Outcome, Text
from provenance.verification.findings import Finding
from provenance.verification.inspection import STRANGER, Inspection, Integrity, Trust, inspect
from provenance.verification.limits import (
    CONSENTS,
    CONSENTS_THEN,
    LIMITS,
    LIMITS_BESIDE,
    LIMITS_THEN,
    NOT_EXAMINED,
    SIGNED_BY_OTHERS,
    Limits,
)


class Verdict(StrEnum):
    """The sum of a report. Only `AUTHORISED` means: sound, ours, and granted now."""

    AUTHORISED = "authorised"
    ENDED = "ended"
    MADE = "made"
    MADE_IN_DOUBT = "made_in_doubt"
    REGISTERED = "registered"
    NO_GRANT = "no_grant"
    ALTERED = "altered"
    STRANGER = "stranger"
    DISPUTED = "disputed"
    SIDECAR_MISSING = "sidecar_missing"
    UNSIGNED = "unsigned"
    UNREADABLE = "unreadable"


HEADLINES: dict[Verdict, Text] = {
    Verdict.AUTHORISED: _("This file is authentic, and its licence is in force."),
    Verdict.ENDED: _("This file is authentic, but its licence is not in force now."),
    Verdict.MADE: _("This file is authentic: its maker declared it under licences or consents."),
    Verdict.MADE_IN_DOUBT: _(
        "This file is authentic, but there is doubt about what it was made under or from."
    ),
    Verdict.REGISTERED: _("This is a registered file. Its credential tells of no licence."),
    Verdict.NO_GRANT: _("This file is what its signer signed, but it names no licence."),
    Verdict.ALTERED: _("This file was changed after it was signed."),
    Verdict.STRANGER: _("This file is intact, but nobody we know vouches for its signer."),
    Verdict.DISPUTED: _("This file bears our signature, but it does not agree with our records."),
    Verdict.SIDECAR_MISSING: _(
        "We delivered this very file with a credential beside it; add the .c2pa file."
    ),
    Verdict.UNSIGNED: _("This file carries no credential. We cannot say where it comes from."),
    Verdict.UNREADABLE: _("This file could not be read."),
}


# Where it was asked what held at a time that has passed.
HEADLINES_THEN: dict[Verdict, Text] = {
    Verdict.AUTHORISED: _("This file is authentic, and its licence was in force at that time."),
    Verdict.ENDED: _("This file is authentic, but its licence was not in force at that time."),
}
# Where the credential stands beside the file: nothing tells which of the two is at fault.
HEADLINES_BESIDE: dict[Verdict, Text] = {
    Verdict.ALTERED: _(
        "The .c2pa file does not belong to this file, or one of the two was changed."
    ),
    Verdict.UNREADABLE: _("The .c2pa file could not be read."),
}
_STOPPED: Text = _("Reading this file took more than we allow, so nothing can be said of it.")
_NOT_OURS: Text = _(
    "Somebody else than us signed this file, and what it says does not agree with our records."
)
# Where no consent is live that the file rests on, though one has not ended.
_SUSPENDED: Text = _(
    "This file is authentic, and its licence is in force; nothing new may be made on it while the"
    " consent is suspended."
)
_SUSPENDED_THEN: Text = _(
    "This file is authentic, and its licence was in force at that time; nothing new could be made"
    " on it while the consent was suspended."
)


@dataclass(frozen=True)
class Report:
    """Everything known of one file. `at`: the time that was asked about, None for now;
    `is_suspended`: no consent that it rests on was live then, and one had not ended. `is_ours`: a
    key of ours signed it, where anybody did whom an authority of ours certified. `output`: what
    its maker declared of a licensee's work, as the credential states it."""

    filename: str
    verdict: Verdict
    checks: tuple[Check, ...]
    inspection: Inspection
    status: GrantStatus | None = None
    at: datetime | None = None
    is_suspended: bool = False
    is_ours: bool = True
    output: Mapping[str, Any] | None = None

    @property
    def headline(self) -> Text:
        if self.verdict == Verdict.AUTHORISED and self.is_suspended:
            return _SUSPENDED if self.at is None else _SUSPENDED_THEN
        if self.verdict == Verdict.DISPUTED and not self.is_ours:
            return _NOT_OURS
        if self.inspection.was_stopped:
            return _STOPPED
        if self.inspection.is_by_sidecar and self.verdict in HEADLINES_BESIDE:
            return HEADLINES_BESIDE[self.verdict]
        then = HEADLINES_THEN if self.at is not None else HEADLINES
        return then.get(self.verdict) or HEADLINES[self.verdict]

    @property
    def limits(self) -> Limits:
        """What the verdict proves, and what it does not."""
        limits = {**LIMITS, **LIMITS_THEN} if self.at is not None else LIMITS
        if self.inspection.is_by_sidecar:
            limits = {**limits, **LIMITS_BESIDE}
        proves, does_not = limits[self.verdict]
        if self.verdict == Verdict.DISPUTED and not self.is_ours:
            proves = (SIGNED_BY_OTHERS,)
        asked = {check.id for check in self.checks}
        if self.verdict == Verdict.AUTHORISED and "consent" in asked:
            does_not = (*does_not, CONSENTS if self.at is None else CONSENTS_THEN)
        if "extent" in asked:
            does_not = (*does_not, NOT_EXAMINED)
        return proves, does_not

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON values, its texts in the active language."""
        proves, does_not = self.limits
        return {
            "filename": self.filename,
            "verdict": self.verdict,
            "headline": str(self.headline),
            "checks": [check.as_json() for check in self.checks],
            "at": self.at.isoformat(timespec="seconds") if self.at else None,
            "grant_status": self.status,
            "output": self.output,
            "proves": [str(each) for each in proves],
            "does_not_prove": [str(each) for each in does_not],
            "inspection": self.inspection.as_json(),
            "crjson": self.inspection.crjson,
        }


def verify_file(
    path: Path,
    *,
    filename: str,
    mime: str,
    actor: Actor = ANONYMOUS,
    sidecar: Path | None = None,
    sha256: str | None = None,
    at: datetime | None = None,
    crjson: bool = False,
) -> Report:
    """Return the report on a file nobody vouches for. It is read in a limited process only.

    `mime` is what the sender says and decides nothing where the bytes tell. Who asks, `actor`,
    changes nothing in the report; it keeps files of different senders apart. `sha256` is of the
    file, where the caller has just hashed it. `at`: whether the licence held then, not now;
    `crjson` asks for that form of the reading, too. Raises OSError, TooLarge("sidecar"), and
    Invalid("at") for a time to come.
    """
    check_past(at)
    signed = Credential.objects.filter(state=WorkState.DONE, form=CredentialForm.EMBEDDED)
    delivered = _of_record(signed.filter(file_sha256=sha256)) if sha256 else None
    found = None
    caller = actor.organisation.stream if actor.organisation else STRANGER
    if delivered and not sidecar:
        found = readings.kept(delivered)
        if found is None:
            found, delivered = readings.read(path, delivered, caller), None
    if found is None:
        delivered = None  # reading takes its time: what holds is asked after it
        found = inspect(
            path, mime=mime, sidecar=sidecar, sha256=sha256, caller=caller, crjson=crjson
        )
    if not crjson:  # what is kept has it
        found = replace(found, crjson=None)
    report = partial(Report, filename, inspection=found, at=at)
    if found.integrity == Integrity.UNREADABLE:
        return report(Verdict.UNREADABLE, (integrity.integrity(found),))
    if not found.has_manifest:
        return report(*_without_manifest(found))
    ours = signer.is_ours(found)
    report = partial(report, is_ours=ours)
    checks = [integrity.integrity(found), signer.signer(found, ours=ours), signer.time(found)]
    if found.integrity == Integrity.ALTERED:
        _learn(found)
        return report(Verdict.ALTERED, tuple(checks))
    output = output_named(found.manifest_id) if found.trust != Trust.NOBODY else None
    if output is not None:
        carried = _inside(found, path, mime, caller)
        return _of_output(report, found, carried, output, checks)
    if found.trust == Trust.NOBODY or found.grant is None:
        return _of_no_record(report, found, path, checks)
    if delivered is None or delivered.newest_manifest_id != found.manifest_id:
        delivered = _of_record(Credential.objects.named([found.manifest_id]))
    checks.append(identity.licensor(found, ours=ours))
    return _against_records(report, found, path, delivered, checks, at=at)


def _learn(found: Inspection) -> None:
    """Keep what is told of works that were declared by the SHA-256 of such a file alone: it may be
    a copy of ours that was changed, be it where no signature looks, or edited by somebody's tool.
    """
    if found.found_in == "file":
        learn_past(found, declared_as(found.file_sha256))


def _inside(found: Inspection, path: Path, mime: str, caller: str) -> Inspection:
    """Return what a file carries inside, also where its manifest was found beside it: of what was
    declared by its SHA-256 alone nobody may have looked at that."""
    if found.found_in != "sidecar":
        return found
    return inspect(path, mime=mime, sha256=found.file_sha256, caller=caller)


def _of_no_record(
    report: "partial[Report]", found: Inspection, path: Path, checks: list[Check]
) -> Report:
    """Nothing of ours tells which bytes such a file has: what its hash leaves out is looked at."""
    _learn(found)
    verdict, told = _without_grant(found, checks)
    if verdict not in {Verdict.STRANGER, Verdict.NO_GRANT}:
        return report(verdict, told)
    left = left_out(path, is_film=codes.is_bound_as_film(found.raw or {}))
    if left.is_stray:
        more = (*found.findings, Finding("edgecode.more"))
        found = replace(found, integrity=Integrity.ALTERED, findings=more)
        changed = (integrity.integrity(found), signer.signer(found, ours=False), signer.time(found))
        return report(Verdict.ALTERED, changed, inspection=found)
    if left.has_index:
        title = _("The index of its fragments is not signed, and may have been added.")
        told = (*told, Check("index", Outcome.WARNING, title))
    if codes.leaves_more_out(found.raw or {}):
        title = _("Its signer left parts of it unsigned, which may have been changed since.")
        told = (*told, Check("unsigned", Outcome.WARNING, title))
    return report(verdict, told)


def _without_grant(found: Inspection, checks: list[Check]) -> tuple[Verdict, tuple[Check, ...]]:
    if found.trust == Trust.NOBODY:
        return Verdict.STRANGER, tuple(checks)
    registered = registered_under(found.manifest_id)
    if registered is None:
        return Verdict.NO_GRANT, tuple(checks)
    record = issued.registered(found, registered)
    as_recorded = record.outcome == Outcome.OK
    return Verdict.REGISTERED if as_recorded else Verdict.DISPUTED, (*checks, record)


def _of_output(
    report: "partial[Report]",
    found: Inspection,
    carried: Inspection,
    output: Output,
    checks: list[Check],
) -> Report:
    """The report on a licensee's work; `carried`: what its file carries inside."""
    if carried.was_stopped:  # nobody has seen what it was made from
        unread = integrity.integrity(carried)
        return report(Verdict.UNREADABLE, (unread,), inspection=carried)
    # Others may have declared the same bytes, by their SHA-256 alone.
    learn_past(carried, {output, *declared_as(found.file_sha256)})
    ours, at = report.keywords["is_ours"], report.keywords["at"]
    checks += output_checks(found, output, at, ours=ours)
    declared = declared_of(found) if ours else None
    report = partial(report, output=declared.said if declared else None)
    outcomes = {check.outcome for check in checks}
    if Outcome.FAILED in outcomes:
        return report(Verdict.DISPUTED, tuple(checks))
    stands = all(
        check.outcome == Outcome.OK
        for check in checks
        if check.id in {"grants", "consents", "disputes", "past"}
    )
    return report(Verdict.MADE if stands else Verdict.MADE_IN_DOUBT, tuple(checks))


def _against_records(
    report: "partial[Report]",
    found: Inspection,
    path: Path,
    credential: Credential | None,
    checks: list[Check],
    *,
    at: datetime | None,
) -> Report:
    grant = found.grant or {}
    checks.append(issued.record(found, credential, path))
    checks.append(entry.logged(grant, partial(entry.check_issue, grant)))
    rest = Rest() if credential is None else footing_of(credential.granted_asset, at).rest
    if found.consents or (credential is not None and credential.granted_asset.asset.likeness_id):
        checks.append(consents.consents(found, credential, at, rest))
    if credential is not None and credential.newest_id:
        checks.append(consents.newest(found, credential))
    if found.earlier:
        checks.append(origins.past(found, at))
    if credential is not None and credential.clip is not None:
        checks.append(origins.part(found, credential))
    agrees = all(check.outcome != Outcome.FAILED for check in checks)
    if credential is None or not agrees:
        _learn(found)
        return report(Verdict.DISPUTED, tuple(checks))
    if (outside := extent(grant)) is not None:
        checks.append(outside)
    status = status_of(credential.granted_asset.grant, at)
    later = successor_of(credential.granted_asset.grant)
    newer = _in_newest(credential.granted_asset) if later is not None else None
    checks.append(
        standing.standing(
            status,
            stands=not rest.is_over,
            later=later,
            is_left_out=newer is None,
            is_carried=newer is None or not footing_of(newer).rest.is_over,
        )
    )
    in_force = status["state"] == "active" and not rest.is_over
    return report(
        Verdict.AUTHORISED if in_force else Verdict.ENDED,
        tuple(checks),
        status=status,
        is_suspended=rest.suspended_at is not None,
    )


def _in_newest(granted: GrantedAsset) -> GrantedAsset | None:
    """Return a file as the newest amendment of its grant has it, None where that leaves it out."""
    files = granted.grant.newest.granted_assets.filter(asset=granted.asset)
    return files.select_related("grant", "asset", "clearance").first()


def _of_record(found: CredentialQuerySet) -> Credential | None:
    """Return our record with its grant: of each only what a report says, in one query."""
    columns = (
        *("code", "manifest_id", "file_sha256", "file_size", "prepared"),
        *("signed_at", "stamped_at", "signer_sha256", "newest_id", "form", "is_beside"),
        *("granted_asset__grant_id", "granted_asset__asset__likeness_id"),
        "granted_asset__clearance__decision_id",
    )
    grant = "granted_asset__grant__"
    of_grant = (
        *("code", "starts_at", "ends_at", "issued_at", "revoked_at", "superseded_at"),
        "superseded_by__code",
    )
    return (
        found.select_related("granted_asset__grant__superseded_by", "clip")
        .select_related("granted_asset__asset", "granted_asset__clearance")
        .only("clip", *columns, *(grant + name for name in of_grant))
        .first()
    )


def _was_delivered_bare(sha256: str) -> bool:
    """Return whether these bytes were delivered with a credential beside them. That of a performer
    nobody finds out who has the recording: it would tell that this person's voice is licensed."""
    signed = Credential.objects.filter(
        file_sha256=sha256, form=CredentialForm.SIDECAR, state=WorkState.DONE
    )
    told = signed.filter(granted_asset__asset__likeness__isnull=True)
    return told.filter(deliveries__first_used_at__isnull=False).exists()


def _without_manifest(found: Inspection) -> tuple[Verdict, tuple[Check, ...]]:
    if _was_delivered_bare(found.file_sha256):
        check = Check(
            "credential",
            Outcome.WARNING,
            _("The credential is not inside this file."),
            _("Files of this type carry it beside them. Add the .c2pa file that came with it."),
        )
        return Verdict.SIDECAR_MISSING, (check,)
    detail: Text = _(
        "Platforms often remove credentials; that alone proves no wrong. If a .c2pa file came with"
        " this file, add it."
    )
    if found.remote_url:
        detail = _("It points to one elsewhere, which we do not fetch: %(url)s") % {
            "url": found.remote_url[:200]
        }
    check = Check("credential", Outcome.UNKNOWN, _("No C2PA credential was found."), detail)
    return Verdict.UNSIGNED, (check,)
