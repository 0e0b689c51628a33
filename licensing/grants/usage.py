"""What a lab says it did under a grant, beside what the grant allows.

Nothing is refused because it went too far: what was done is recorded, with all in which it exceeded
the grant, and both sides see it. Docs: docs/duties.md.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson
from django.db import transaction
from django.db.models import Max, TextField
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import Invalid, NotFound
from accounts.text import check_name, check_note
from catalog.checks import check_choices, check_instant, check_territory, check_uses
from catalog.clip_ranges import lengths_ms
from catalog.scope.ranges import total_ms
from catalog.scope.territory import parse_territory
from catalog.scope.uses import expand_uses
from ledger.append import append
from licensing.models import Exceeded, Grant, GrantedAsset, ModelKind, Usage
from licensing.verdicts.resting import footings_of

MAX_FILES: Final = 10_000
MAX_MS: Final = 10**15  # more than 30,000 years


@dataclass(frozen=True)
class Left:
    """How much of a grant was used, by all reports: files, and running time where files have it."""

    files: int
    files_used: int
    ms: int
    ms_used: int  # by the report that used most

    @property
    def ms_left(self) -> int:
        return max(0, self.ms - self.ms_used)


class _Stood(NamedTuple):
    """Files of a use by the licence as it stood, and until when in the use."""

    files: list[GrantedAsset]
    until: datetime


@transaction.atomic
def report_usage(
    *,
    actor: Actor,
    code: str,
    use: str,
    model_kind: str,
    run: str,
    territory: Any,
    started_at: datetime,
    ended_at: datetime | None,
    files: Sequence[str],
    used_ms: int,
    note: str = "",
) -> Usage:
    """Record what the licensee of a grant did with files of it, and in what that went beyond it.

    `used_ms` is how much of their running time was used, each part counted once. Raises NotFound,
    Invalid naming the field where the report says nothing that can be: an end before the start, a
    start to come.
    """
    organisation = require(actor, Permission.EDIT_REQUESTS)
    rows = Grant.objects.filter(licensee=organisation).select_related("licensee", "licensor")
    # A revocation meanwhile waits: what is said of this report holds as of its entry.
    grant = rows.select_for_update(of=("self",)).filter(code=code).first()
    if grant is None:
        raise NotFound
    check_instant("started_at", started_at)
    check_instant("ended_at", ended_at)
    if ended_at is not None and ended_at <= started_at:
        raise Invalid("ended_at", _("The end must lie after the start."))
    if started_at > timezone.now():
        raise Invalid("started_at", _("Report what has begun, not what is planned."))
    if not files or len(files) > MAX_FILES:
        raise Invalid("files", _("Name from 1 to %(limit)d files.") % {"limit": MAX_FILES})
    if type(used_ms) is not int or not 0 <= used_ms <= MAX_MS:
        raise Invalid("used_ms", _("Give the running time that was used, or 0."))
    usage = Usage(
        code=allocate("usage"),
        grant=grant,
        use=check_uses("use", [use])[0],
        model_kind=check_choices("model_kind", [model_kind], ModelKind.values)[0],
        run=check_name("run", run, 200),
        territory=check_territory("territory", territory),
        started_at=started_at,
        ended_at=ended_at,
        files=sorted({check_name("files", each, 15) for each in files}),
        used_ms=used_ms,
        note=check_note("note", note, 1000),
        reported_role=actor.role,
    )
    usage.exceeded = exceeded_by(usage)
    usage.save()
    append(
        "usage.reported",
        stream=usage.stream,
        actor=actor.name,
        refs={"grant": grant.stream},
        private={"report": _committed(usage)},
    )
    return usage


def exceeded_by(usage: Usage) -> list[str]:
    """Return in what a use goes beyond its grant, in the order of `Exceeded`. Few queries."""
    grant, ended_at = usage.grant, usage.ended_at or timezone.now()
    stood = list(_stood(usage, ended_at))
    covered = stood[0].files
    found = {
        Exceeded.FILE: len(covered) < len(usage.files),
        Exceeded.USE: not expand_uses([usage.use]) <= expand_uses(grant.uses),
        Exceeded.MODEL_KIND: usage.model_kind not in grant.model_kinds,
        Exceeded.TERRITORY: not (
            parse_territory(usage.territory) <= parse_territory(grant.territory)
        ),
        Exceeded.BEFORE: usage.started_at < grant.starts_at,
        Exceeded.AFTER: grant.ends_at is not None and ended_at > grant.ends_at,
        Exceeded.REVOKED: grant.revoked_at is not None and ended_at > grant.revoked_at,
        Exceeded.SUPERSEDED: grant.superseded_at is not None and ended_at > grant.superseded_at,
        Exceeded.CONSENT: any(_lost_consent(each.files, each.until) for each in stood),
        Exceeded.SUSPENDED: _was_suspended(stood[-1].files, usage.started_at),
        Exceeded.AMOUNT: usage.used_ms > sum(_granted_ms(covered).values()) > 0,
    }
    return [str(each) for each in Exceeded if found[each]]


def _stood(usage: Usage, ended_at: datetime) -> Iterator[_Stood]:
    """Yield the licence as it stands, then as it stood at each earlier part of the use: what was
    done before an amendment rested on the consents of the licence that it amended."""
    grant, until = usage.grant, ended_at
    while True:
        rows = grant.granted_assets.filter(asset__code__in=usage.files)
        files = rows.select_related("asset", "clearance").order_by("asset__code")
        is_first = usage.started_at >= grant.issued_at or not hasattr(grant, "supersedes")
        begins = usage.started_at if is_first else grant.issued_at
        if begins < until or grant == usage.grant:
            yield _Stood(list(files), until)
        if is_first:
            return
        grant, until = grant.supersedes, min(until, grant.issued_at)


def _lost_consent(files: Sequence[GrantedAsset], ended_at: datetime) -> bool:
    """Whether the licence of one of these files had ended with a consent before the use did."""
    footings = footings_of(files, ended_at).values()
    ends = [end for each in footings if (end := each.rest.ended_at) is not None]
    return any(end < ended_at for end in ends)


def _was_suspended(files: Sequence[GrantedAsset], started_at: datetime) -> bool:
    """Whether nothing new was to be made of one of these files when the use began."""
    footings = footings_of(files, started_at).values()
    return any(each.rest.suspended_at is not None for each in footings)


def left_of(grant: Grant) -> Left:
    """Return how much of a grant its reports leave. Few queries, however many files."""
    covered = list(grant.granted_assets.select_related("asset"))
    granted = _granted_ms(covered)
    return Left(
        files=len(covered),
        files_used=len(granted.keys() & _reported(grant)),
        ms=sum(granted.values()),
        ms_used=grant.usages.aggregate(most=Max("used_ms"))["most"] or 0,
    )


def _reported(grant: Grant) -> set[str]:
    """Return the codes of all files that reports name. Run after run names the same thousands: each
    list is read once."""
    lists = grant.usages.order_by().annotate(text=Cast("files", TextField()))
    texts = lists.values_list("text", flat=True).distinct()
    return {code for text in texts.iterator() for code in orjson.loads(text)}


def _granted_ms(rows: Sequence[GrantedAsset]) -> dict[str, int]:
    """Return how much running time is granted of each file; 0 of those that do not last."""
    whole = lengths_ms([row.asset for row in rows])
    return {
        row.asset.code: total_ms(row.ranges) if row.ranges else whole[row.asset_id] for row in rows
    }


def _committed(usage: Usage) -> dict[str, Any]:
    return {
        "use": usage.use,
        "model_kind": usage.model_kind,
        "run": usage.run,
        "territory": usage.territory,
        "started_at": usage.started_at.isoformat(),
        "ended_at": usage.ended_at.isoformat() if usage.ended_at else None,
        "files": usage.files,
        "used_ms": usage.used_ms,
        "exceeded": usage.exceeded,
        "note": usage.note,
    }
