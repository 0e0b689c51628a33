"""What was seen in the wild: anybody reports it, we say what it is, its licensor decides.

Whoever has registered it learns of it, and is answered by its own licences. Where several have,
none of them can make it authorised: who is right is not for us to tell. Of a work that a licensee
made and we signed, whoever licensed what it was made with learns.

A link is text that nobody follows. What somebody who only names a credential, or shows content
that many may have, gets to hear is that we have noted it: the rest is between licensor and
licensee. Who shows a copy that was delivered, or what carries its credential, is told the answer.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.access import SYSTEM, Actor, Permission, as_reader, require
from accounts.codes import allocate
from accounts.errors import Conflict, Invalid, NotFound
from accounts.models import Organisation
from accounts.text import check_name, check_note
from catalog.checks import check_choices, check_instant, check_uses
from catalog.models import Likeness
from catalog.scope.territory import COUNTRIES
from ledger.append import append
from licensing.models import Grant, GrantedAsset, ModelKind
from provenance.claims import Claim, claims_on, is_contested
from provenance.models import (
    Answer,
    Credential,
    Matched,
    Output,
    OutputConsent,
    OutputSource,
    Sighting,
    SightingState,
    Term,
)
from provenance.recognition import (
    Recognised,
    credential_named,
    output_named,
    recognise,
    registered_under,
)
from provenance.sightings.outputs import judge_output
from provenance.sightings.scope import Judged, Seen, granted_of, judge_copy, judge_file

type Text = str | Promise

_CLOCK_AHEAD: Final = timedelta(minutes=5)
_SHOWN: Final = frozenset({Matched.MANIFEST, Matched.FILE})
_ID_LENGTH_MAX: Final = 120

HEADLINES: Final[dict[str, Text]] = {
    Answer.AUTHORISED: _("Authorised: a licence or a consent allows it."),
    Answer.OUTSIDE_SCOPE: _("Outside the licence."),
    Answer.UNCLEAR: _("It cannot be told whether a licence covers it; its licensor is asked."),
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
    why: Text = ""

    @property
    def headline(self) -> Text:
        return HEADLINES[self.answer]


@dataclass(frozen=True)
class Report:
    """A report that was looked at: what was seen, and which file it is."""

    seen: Seen
    known: Recognised
    claims: list[Claim]
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
    sha256 = file.sha256 if file is not None else ""
    return Report(seen, known, claims_on(known, sha256), sha256)


def report_sighting(
    *, actor: Actor, seen: Seen, manifest_id: str = "", file: File | None = None
) -> Sighting:
    """Record where a file was seen, and what it is, and return the reporter's sighting. As
    `look_at`."""
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
    actor = as_reader(actor)
    sides = {sighting.licensor_id, sighting.licensee_id}
    is_side = actor.organisation is not None and actor.organisation.pk in sides
    if is_side or sighting.matched in _SHOWN:
        return Told(sighting.matched, sighting.answer, sighting.term, sighting.why)
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
        model_kind=check_choices("model_kind", [seen.model_kind], ["", *ModelKind.values])[0],
    )


def _recognised(actor: Actor, manifest_id: str, file: File | None) -> Recognised:
    if file is not None:
        known = recognise(file.path, mime=file.mime, sha256=file.sha256, actor=actor)
        if known.matched != Matched.NOTHING or not manifest_id:
            return known
    if (named := credential_named(manifest_id)) is not None:
        return Recognised(Matched.NAMED, named, ((named.granted_asset.asset, 100),))
    if (made := output_named(manifest_id)) is not None:
        return Recognised(Matched.NAMED, outputs=(made,))
    # The one name that who has the content of a file gets from the repository.
    if (registered := registered_under(manifest_id)) is not None:
        return Recognised(Matched.NAMED, None, ((registered, 100),))
    return Recognised(Matched.NOTHING)


@transaction.atomic
def record_sighting(*, actor: Actor, report: Report) -> Sighting:
    """Weigh what was seen against the licences of each organisation that has registered it, or
    licensed what it was made with, and record it for each; return what concerns the reporter: its
    own, or that of the copy or the work."""
    if not report.claims:
        return _record(actor, report, None, Judged(Answer.UNKNOWN))
    _hold(report.claims)
    judged = [_judge(report, claim) for claim in report.claims]
    weighed = [
        (_record(actor, report, claim, each), each)
        for claim, each in zip(report.claims, judged, strict=True)
    ]
    return _heard(actor, weighed)


def _heard(actor: Actor, weighed: list[tuple[Sighting, Judged]]) -> Sighting:
    reader = as_reader(actor).organisation
    mine = reader.pk if reader is not None else None
    own = [
        (row, each)
        for row, each in weighed
        if mine is not None and mine in {row.licensor_id, row.licensee_id}
    ]
    first, *others = own or weighed
    # A work is authorised where all that it was made with is: of these, the worst is said.
    made = first[0].output_id
    same = [first, *(each for each in others if made and each[0].output_id == made)]
    return max(same, key=lambda each: each[1].distance)[0]


def _hold(claims: list[Claim]) -> None:
    """Keep the licences, consents and disputes that are weighed from changing meanwhile."""
    assets = [asset for claim in claims for asset in claim.assets]
    outputs = {claim.output.pk for claim in claims if claim.output is not None}
    grants = Grant.objects.filter(granted_assets__in=granted_of(assets).values("pk"))
    sources = OutputSource.objects.filter(output__in=outputs).select_related("grant")
    keys = sorted({
        *grants.values_list("pk", flat=True),
        *(each.credential.granted_asset.grant_id for each in claims if each.credential),
        *(key for each in sources for key in (each.grant_id, each.grant.newest.pk)),
    })  # fmt: skip
    list(Grant.objects.select_for_update().filter(pk__in=keys).order_by("pk"))
    under = OutputConsent.objects.filter(output__in=outputs)
    persons = {
        *(asset.likeness_id for asset in assets if asset.likeness_id is not None),
        *under.values_list("consent__likeness", flat=True),
    }
    list(Likeness.objects.select_for_update().filter(pk__in=persons).order_by("pk"))
    locked = Output.objects.select_for_update().filter(pk__in=outputs).order_by("pk")
    list(locked.values_list("pk"))


def _judge(report: Report, claim: Claim) -> Judged:
    if claim.output is not None:
        judged = judge_output(claim.output, claim.licensor, claim.assets, report.seen)
    elif claim.credential is not None:
        judged = judge_copy(_granted(claim.credential), claim.credential.clip, report.seen)
    else:
        judged = judge_file(claim.assets, report.seen)
    # A licence that somebody gives of what others have registered makes nothing authorised.
    if is_contested(report.claims) and judged.answer == Answer.AUTHORISED:
        return replace(judged, answer=Answer.UNCLEAR, term=Term.CLAIMS)
    return judged


def _granted(credential: Credential) -> GrantedAsset:
    """Read it again, now that its grant is locked."""
    rows = GrantedAsset.objects.select_related("asset", "grant__licensee", "clearance")
    return rows.get(pk=credential.granted_asset_id)


def _record(actor: Actor, report: Report, claim: Claim | None, judged: Judged) -> Sighting:
    seen, output = report.seen, claim.output if claim is not None else None
    sighting = Sighting.objects.create(
        code=allocate("sighting"),
        reporter=actor.organisation,
        platform=seen.platform,
        link=seen.link,
        seen_at=seen.seen_at,
        use=seen.use,
        territory=seen.territory,
        model_kind=seen.model_kind,
        file_sha256=report.file_sha256,
        matched=claim.matched if claim is not None else Matched.NOTHING,
        answer=judged.answer,
        term=judged.term,
        asset=judged.asset,
        grant=judged.grant,
        output=output,
        consent=judged.consent,
        licensor_id=claim.licensor if claim is not None else None,
        licensee=_licensee(claim, judged) if claim is not None else None,
        is_contested=is_contested(report.claims),
    )
    _log(sighting)
    return sighting


def _log(sighting: Sighting) -> None:
    """Enter it into the log, and what was found only where the reporter hears that, too: by entries
    that say more, anybody could try the terms of any licence. Who reported it none says."""
    named = {
        "asset": sighting.asset,
        "grant": sighting.grant,
        "output": sighting.output,
        "consent": sighting.consent,
    }
    refs = {role: each.stream for role, each in named.items() if each is not None}
    # Which file a work is like, that its maker has not licensed, is its licensor's to know.
    unlicensed = sighting.output is not None and sighting.grant is None
    kept = {"asset": refs.pop("asset")} if unlicensed and sighting.asset is not None else {}
    found = {
        "matched": sighting.matched,
        "outcome": sighting.answer,
        **({"term": sighting.term} if sighting.term else {}),
        "seen_at": sighting.seen_at.isoformat(timespec="seconds"),
    }
    where, stream = _private(sighting) | kept, sighting.stream
    if sighting.matched in _SHOWN:
        private = {"where": where}
        append(
            "sighting.reported", stream=stream, actor=SYSTEM, refs=refs, data=found, private=private
        )
    else:
        private = {"report": where | found | refs}
        append("sighting.noted", stream=stream, actor=SYSTEM, private=private)


def _licensee(claim: Claim, judged: Judged) -> Organisation | None:
    """Return whose work or whose copy it is, where that is known."""
    if claim.output is not None:
        return claim.output.organisation
    if claim.credential is not None and judged.grant is not None:
        return judged.grant.licensee
    return None


def _private(sighting: Sighting) -> dict[str, Any]:
    return {
        "reporter": sighting.reporter.stream if sighting.reporter is not None else "",
        "platform": sighting.platform,
        "link": sighting.link,
        "use": sighting.use,
        "territory": sighting.territory,
        "model_kind": sighting.model_kind,
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
