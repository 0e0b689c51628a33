"""What was seen in the wild: anybody reports it, we say what it is, its licensor decides.

A link is text that nobody follows. What somebody who only names a credential, or shows content
that many may have, gets to hear is that we have noted it: the rest is between licensor and
licensee. Who shows a copy that was delivered, or what carries its credential, is told the answer.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.access import SYSTEM, Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import Conflict, Invalid, NotFound
from accounts.text import check_name, check_note
from catalog.checks import check_instant, check_uses
from catalog.models import Asset
from catalog.scope.territory import COUNTRIES
from ledger.append import append
from licensing.models import Grant
from provenance.recognition import Recognised, credential_named, recognise
from provenance.sighting_models import Answer, Matched, Sighting, SightingState
from provenance.sighting_scope import Judged, Seen, judge_copy, judge_file

type Text = str | Promise

_CLOCK_AHEAD: Final = timedelta(minutes=5)
_SHOWN: Final = frozenset({Matched.MANIFEST, Matched.FILE})
_ID_LENGTH_MAX: Final = 120

HEADLINES: Final[dict[str, Text]] = {
    Answer.AUTHORISED: _("Authorised: a licence was in force for it."),
    Answer.OUTSIDE_SCOPE: _("Outside the licence."),
    Answer.UNKNOWN: _("Unknown: it is no file that we know."),
    "": _("Noted. Where it is a registered file, its licensor sees this report."),
}


@dataclass(frozen=True)
class File:
    """A file as it was sent: where it lies, its hash, and the media type that the sender says."""

    path: Path
    sha256: str
    mime: str


@dataclass(frozen=True)
class Told:
    """What a reporter may hear of a sighting; empty where that is nothing but that it was noted."""

    matched: str = ""
    answer: str = ""
    term: str = ""

    @property
    def headline(self) -> Text:
        return HEADLINES[self.answer]


@dataclass(frozen=True)
class Report:
    """A report that was looked at: what was seen, and which file it is."""

    seen: Seen
    known: Recognised
    file_sha256: str


def look_at(*, actor: Actor, seen: Seen, manifest_id: str = "", file: File | None = None) -> Report:
    """Return a report, with what the file is. Anybody may send one; the file is read in limited
    processes only and is not kept. Raises Invalid naming the field, OSError."""
    seen = _checked(seen)
    manifest_id = manifest_id.strip()
    if len(manifest_id) > _ID_LENGTH_MAX or not manifest_id.isprintable():
        raise Invalid("manifest_id", _("This is not the name of a manifest."))
    if file is None and not manifest_id:
        raise Invalid("file", _("Send the file, or name its manifest."))
    known = _recognised(actor, manifest_id, file)
    return Report(seen, known, file.sha256 if file is not None else "")


def report_sighting(
    *, actor: Actor, seen: Seen, manifest_id: str = "", file: File | None = None
) -> Sighting:
    """Record where a file was seen, and what it is, and return the sighting. As `look_at`."""
    report = look_at(actor=actor, seen=seen, manifest_id=manifest_id, file=file)
    return record_sighting(actor=actor, report=report)


def dismiss_sighting(*, actor: Actor, code: str, reason: str) -> Sighting:
    """Let its licensor find nothing wrong in a sighting. Raises NotFound, Invalid, Conflict."""
    return _decide(actor, code, reason, SightingState.DISMISSED, "sighting.dismissed")


def flag_sighting(*, actor: Actor, code: str, reason: str) -> Sighting:
    """Let its licensor hold a sighting to be an incident. Raises NotFound, Invalid, Conflict."""
    return _decide(actor, code, reason, SightingState.INCIDENT, "sighting.flagged")


def told(sighting: Sighting, actor: Actor) -> Told:
    """Return what `actor`, who reported it or is a side of it, may hear."""
    sides = {sighting.licensor_id, sighting.licensee_id}
    is_side = actor.organisation is not None and actor.organisation.pk in sides
    if is_side or sighting.matched in _SHOWN:
        return Told(sighting.matched, sighting.answer, sighting.term)
    return Told()


def _checked(seen: Seen) -> Seen:
    check_instant("seen_at", seen.seen_at)
    if seen.seen_at > timezone.now() + _CLOCK_AHEAD:
        raise Invalid("seen_at", _("Report what was seen, not what is to come."))
    if seen.territory and seen.territory not in COUNTRIES:
        raise Invalid("territory", _("Give the code of a country, such as KR."))
    return Seen(
        platform=check_name("platform", seen.platform, 100),
        link=check_name("link", seen.link, 1000) if seen.link.strip() else "",
        seen_at=seen.seen_at,
        use=check_uses("use", [seen.use])[0] if seen.use else "",
        territory=seen.territory,
    )


def _recognised(actor: Actor, manifest_id: str, file: File | None) -> Recognised:
    if file is not None:
        known = recognise(file.path, mime=file.mime, sha256=file.sha256, actor=actor)
        if known.matched != Matched.NOTHING or not manifest_id:
            return known
    named = credential_named(manifest_id)
    if named is None:
        return Recognised(Matched.NOTHING)
    return Recognised(Matched.NAMED, named, ((named.granted_asset.asset, 100),))


@transaction.atomic
def record_sighting(*, actor: Actor, report: Report) -> Sighting:
    """Weigh what was seen against the licence, and record it."""
    seen, known = report.seen, report.known
    asset = known.assets[0][0] if known.assets else None
    judged = _judge(known, asset, seen)
    copy = known.credential is not None
    sighting = Sighting.objects.create(
        code=allocate("sighting"),
        reporter=actor.organisation,
        platform=seen.platform,
        link=seen.link,
        seen_at=seen.seen_at,
        use=seen.use,
        territory=seen.territory,
        file_sha256=report.file_sha256,
        matched=known.matched,
        answer=judged.answer,
        term=judged.term,
        asset=asset,
        grant=judged.grant,
        licensor=asset.organisation if asset is not None else None,
        licensee=judged.grant.licensee if copy and judged.grant is not None else None,
    )
    refs = {"asset": asset.stream} if asset is not None else {}
    if judged.grant is not None:
        refs["grant"] = judged.grant.stream
    append(
        "sighting.reported",
        stream=sighting.stream,
        actor=actor.name if actor.organisation is not None else SYSTEM,
        refs=refs,
        data={
            "matched": known.matched,
            "outcome": judged.answer,
            **({"term": judged.term} if judged.term else {}),
            "seen_at": seen.seen_at.isoformat(timespec="seconds"),
        },
        private={"where": _private(sighting)},
    )
    return sighting


def _judge(known: Recognised, asset: Asset | None, seen: Seen) -> Judged:
    """Weigh it; the licence that is weighed cannot end meanwhile."""
    if asset is None:
        return Judged(Answer.UNKNOWN)
    grants = Grant.objects.select_for_update().order_by("pk")
    if known.credential is not None:
        return judge_copy(grants.get(pk=known.credential.granted_asset.grant_id), seen)
    list(grants.filter(granted_assets__asset=asset).values_list("pk", flat=True))
    return judge_file(asset, seen)


def _private(sighting: Sighting) -> dict[str, Any]:
    return {
        "platform": sighting.platform,
        "link": sighting.link,
        "use": sighting.use,
        "territory": sighting.territory,
        "file_sha256": sighting.file_sha256,
    }


_BEFORE: Final = {
    SightingState.DISMISSED: (SightingState.OPEN, SightingState.INCIDENT),
    SightingState.INCIDENT: (SightingState.OPEN,),
}


@transaction.atomic
def _decide(actor: Actor, code: str, reason: str, state: SightingState, kind: str) -> Sighting:
    organisation = require(actor, Permission.JUDGE_SIGHTINGS)
    reason = check_note("reason", reason, 500)
    if not reason:
        raise Invalid("reason", _("Say why."))
    rows = Sighting.objects.select_for_update().filter(licensor=organisation)
    sighting = rows.filter(code=code).first()
    if sighting is None:
        raise NotFound
    if sighting.state not in _BEFORE[state]:
        raise Conflict(_("This was decided before."))
    sighting.state, sighting.reason, sighting.decided_at = state, reason, timezone.now()
    sighting.save(update_fields=["state", "reason", "decided_at"])
    append(kind, stream=sighting.stream, actor=actor.name, private={"reason": {"text": reason}})
    return sighting
