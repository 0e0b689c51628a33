"""How far a log may be trusted to be the newest there is: its witnesses' times, and its age."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from edgecode.audit.findings import LogFindings, Seen
from edgecode.audit.words import span
from edgecode.log.cosignatures import wrong_time
from edgecode.log.leaf import TIME_FORMAT
from edgecode.log.notes import BadNote
from edgecode.log.policy import NONE, Policy, Standing

UNWITNESSED_MAX = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Limits:
    """How old a log may be, None: any; and how many entries may wait for its witnesses where the
    policy demands them, or for how long entries may."""

    max_age: timedelta | None = None
    max_unwitnessed: int | timedelta = UNWITNESSED_MAX


def believed(
    standing: Standing,
    policy: Policy,
    now: datetime,
    begins: datetime | None,
    known: Sequence[Seen],
) -> tuple[Standing, list[str]]:
    """Return the standing with those cosignatures only whose time can be, and what was left out.

    A witness signs after the log's first entry (`begins`) and by a clock that does not go back: not
    before what it signed of a smaller tree in a note that is `known`.
    """
    earlier = _earlier(standing, policy, known)
    first = int(begins.timestamp()) if begins is not None else 0
    wrong = {
        name: reason
        for name, at in standing.cosigned.items()
        if (reason := wrong_time(at, now, max(first, earlier.get(name, 0))))
    }
    told = [f"the cosignature of {name} does not count: {why}" for name, why in wrong.items()]
    return policy.discount(standing, wrong), told


def _earlier(standing: Standing, policy: Policy, known: Sequence[Seen]) -> dict[str, int]:
    """Return when each witness last signed a smaller tree of the log, by the newest notes known."""
    times: dict[str, int] = {}
    smaller = [seen for seen in known if seen.checkpoint.size < standing.checkpoint.size]
    for seen in smaller[-3:]:
        try:
            cosigned = policy.check(seen.note).cosigned
        except BadNote:
            continue  # told elsewhere, or of a key that is trusted no longer
        for name, at in cosigned.items():
            times[name] = max(at, times.get(name, 0))
    return times


def judge(found: LogFindings, policy: Policy, limits: Limits, now: datetime) -> None:
    """Note in the findings where a log is older than the limits allow."""
    if found.standing is None or found.checkpoint is None:
        return
    if limits.max_age is not None:
        found.stale += _too_old(found, policy, limits.max_age, now)
    if policy.quorum != NONE:
        found.stale += _waits(found, limits.max_unwitnessed, now)


def _waits(found: LogFindings, allowed: int | timedelta, now: datetime) -> Sequence[str]:
    """Say where entries wait for witnesses that should have seen them: whoever shows a fork needs
    no witness of today for it, only any of what was before. A copy on a disk waits until the last
    entry in it; a log at an address, until now."""
    if found.checkpoint is None or found.witnessed is None:
        return []
    waiting = found.checkpoint.size - found.witnessed.checkpoint.size
    what = f"the last {waiting:,} entries are not witnessed"
    if isinstance(allowed, int):
        return [f"{what}; {allowed:,} may be"] if waiting > allowed else []
    last = now if "://" in found.source else found.newest_at
    if not waiting or last is None or found.witnessed_at is None:
        return []
    late = last - found.witnessed_at
    if late <= allowed:
        return []
    until = "the log is shown" if last is now else "the last is dated"
    return [f"{what}, and {until} {span(late)} after what was; {span(allowed)} are allowed"]


def _too_old(
    found: LogFindings, policy: Policy, max_age: timedelta, now: datetime
) -> Sequence[str]:
    """What the operator says of the time counts only where no witness is asked for."""
    allowed = f"{span(max_age)} are allowed"
    if policy.quorum != NONE:
        at, what = found.witnessed_at, "it was last witnessed on"
    else:
        cosigned = found.standing.cosigned.values() if found.standing is not None else ()
        times = [datetime.fromtimestamp(each, UTC) for each in cosigned]
        times += [found.newest_at] if found.newest_at is not None else []
        at, what = max(times, default=None), "its newest sign of life is of"
    if at is None:
        return [f"nothing says how old it is; {allowed}"]
    if now - at <= max_age:
        return []
    return [f"{what} {at.strftime(TIME_FORMAT)}, {span(now - at)} before this audit; {allowed}"]
