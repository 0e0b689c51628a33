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


@dataclass(frozen=True, slots=True)
class Limits:
    """How old a log may be, and how many entries may wait for its witnesses; None: any."""

    max_age: timedelta | None = None
    max_unwitnessed: int | None = None


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
    if limits.max_unwitnessed is not None and found.witnessed is not None:
        waiting = found.checkpoint.size - found.witnessed.checkpoint.size
        if waiting > limits.max_unwitnessed:
            found.stale.append(
                f"the last {waiting:,} entries are not witnessed; {limits.max_unwitnessed:,} may be"
            )


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
