"""What all reports say in the same words."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from edgecode.audit.findings import KEPT_MAX, LogFindings
from edgecode.audit.rules import RULES, Violation
from edgecode.log.keys import VerifierKey
from edgecode.log.leaf import TIME_FORMAT
from edgecode.log.policy import NONE, Policy

_PROVES = (
    "The entries are, byte for byte and in this order, those under a checkpoint that the log's key"
    " signed. Whoever holds an earlier checkpoint can see that nothing was removed, reordered or"
    " changed since."
)
_PROVES_FAULT = (
    "That the files, as they were read, have the faults listed above. Whether damage or deceit made"
    " them, they do not say; ask for the log once more, and from another place."
)
_PROVES_LITTLE = "Nothing yet: the audit did not come to its end."
DOES_NOT_PROVE = (
    "That what an entry says is true; that everything that happened was recorded; or that others"
    " are shown the same log, unless independent witnesses cosigned this checkpoint."
)


def proves(logs: Sequence[LogFindings]) -> str:
    """Say what an audit that ended like this one shows."""
    if any(log.problems.count for log in logs):
        return _PROVES_FAULT
    ended_early = any(log.unreadable or log.failed for log in logs)
    return _PROVES_LITTLE if ended_early else _PROVES


def plain(text: object) -> str:
    """Return `text` on one line without anything that a screen would obey rather than show."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in str(text)
    )


def signed_by(log: LogFindings) -> str:
    """Say which keys signed the checkpoint."""
    if log.standing is None:
        return "no key that the auditor trusts"
    if not log.standing.logs:
        return f"no key that the auditor trusts; {log.held_by} names its size and root"
    signed = ", ".join(_key(each.key) for each in log.standing.logs)
    silent = ", ".join(map(_key, log.silent))
    return f"{signed}; NOT by {silent}, which the policy names" if silent else signed


def _key(key: VerifierKey) -> str:
    return f"{key.name}+{key.key_id.hex()} ({key.algorithm.name})"


def age(log: LogFindings, now: datetime) -> str:
    """Say how old the log is: by its own word, and by its witnesses'."""
    parts = []
    if log.newest_at is not None:
        parts.append(f"last entry dated {_ago(log.newest_at, now)}")
    if log.witnessed_at is not None:
        parts.append(f"witnessed {_ago(log.witnessed_at, now)}")
    return "; ".join(parts) or "nothing says"


def _ago(at: datetime, now: datetime) -> str:
    return f"{at.strftime(TIME_FORMAT)}, {span(now - at)} before"


def span(length: timedelta) -> str:
    """Return a length of time for people: in whole days, hours, minutes or seconds."""
    seconds = max(0, int(length.total_seconds()))
    for name, unit in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= 2 * unit:
            return f"{seconds // unit:,} {name}s"
    return f"{seconds} seconds"


def witnessed(log: LogFindings, policy: Policy) -> str:
    """Say who cosigned the checkpoint, and whether that is enough for the policy."""
    if not policy.witnesses:
        return "none asked for: no witness is named in the auditor's policy"
    standing = log.witnessed or log.standing
    names = ", ".join(standing.witnesses) if standing is not None else ""
    asked = f"{names or 'none'} of {len(policy.witnesses)} that the policy knows"
    if policy.quorum == NONE:
        return f"{asked}; it demands none"
    if log.witnessed is None or log.checkpoint is None:
        return f"{asked}; its quorum is NOT met"
    if log.witnessed.checkpoint.size < log.checkpoint.size:
        return f"{asked}; its quorum is met for the first {log.witnessed.checkpoint.size:,} entries"
    return f"{asked}; its quorum is met"


def compared(log: LogFindings) -> str:
    """Say what the checkpoint was compared with."""
    parts = []
    if log.seen_before:
        before = log.seen_before
        parts.append(f"{len(before)} seen before, the first on {before[0].at}")
    else:
        parts.append("none seen before: first time, nothing to compare with")
    if log.earlier:
        parts.append(f"{log.earlier} that came with the log")
    if log.conflicting:
        parts.append(f"{len(log.conflicting)} CONTRADICT it")
    return "; ".join(parts)


def goes_on(log: LogFindings) -> str:
    """Say which log goes on from this one."""
    return f"in {log.held_by}, whose first entry names this size and root"


def replayed(log: LogFindings, *, with_rules: bool) -> str:
    """Say how many entries the rules were replayed over."""
    if not with_rules:
        return "not replayed: the auditor left them out"
    return f"{len(RULES)} over {log.replayed:,} of {log.entries:,} entries"


def reckoned(log: LogFindings) -> str:
    """Say how many of the verdicts whose case was opened the engine gave once more."""
    return f"{log.reproduced:,} of {log.verdicts:,} opened were reckoned again and are reproduced"


def complaints(log: LogFindings) -> Iterator[tuple[str, str]]:
    """Yield (heading, line) for all that is wrong: problems, then violations."""
    for problem in log.problems.first:
        yield "Problem", problem
    if log.problems.count > KEPT_MAX:
        yield "Problem", f"and {log.problems.count - KEPT_MAX:,} more"
    for violation in log.violations.first:
        yield "Violation", told(violation)
    if log.violations.count > KEPT_MAX:
        yield "Violation", f"and {log.violations.count - KEPT_MAX:,} more"
    for reason in log.stale:
        yield "Stale", reason
    if log.failed:
        yield "Failed", log.failed
    if log.unreadable:
        yield "Unreadable", log.unreadable


def told(violation: Violation) -> str:
    """Return a violation in a line, with the entries that show it."""
    *others, at = violation.indices or (None,)
    shown = f" (see {', '.join(map(str, others))})" if others else ""
    return f"{violation.rule}, entry {at}: {violation.message}{shown}"
