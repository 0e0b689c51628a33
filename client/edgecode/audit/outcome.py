"""The end of an audit in one word, one exit code and one line."""

from collections.abc import Sequence
from enum import IntEnum

from edgecode.audit.findings import LogFindings


class Exit(IntEnum):
    """Exit codes of `edgecode`; documented in docs/audit.md and never changed."""

    CLEAN = 0
    VIOLATIONS = 1
    BROKEN = 2
    UNREADABLE = 3
    STALE = 4
    USAGE = 64
    FAILED = 70
    STOPPED = 130


_WORDS = {
    Exit.CLEAN: "clean",
    Exit.VIOLATIONS: "violations",
    Exit.BROKEN: "broken",
    Exit.UNREADABLE: "unreadable",
    Exit.STALE: "stale",
    Exit.FAILED: "failed",
}


_ALONE = {
    Exit.FAILED: "FAILED: the program broke off{more}; nothing wrong was found so far",
    Exit.STALE: "STALE: the log is older than the auditor allows{more}; nothing else is wrong",
}


def outcome(logs: Sequence[LogFindings]) -> Exit:
    """Return the gravest of what was found: what was found outweighs what could not be read."""
    if any(log.problems.count for log in logs):
        return Exit.BROKEN
    if any(log.violations.count for log in logs):
        return Exit.VIOLATIONS
    if any(log.failed for log in logs):
        return Exit.FAILED
    if any(log.stale for log in logs):
        return Exit.STALE
    if any(log.unreadable or log.is_unjudged for log in logs):
        # Else an operator could turn the rules off: with one field of the first entry.
        return Exit.UNREADABLE
    return Exit.CLEAN


def word(code: Exit) -> str:
    """Return the outcome as the JSON report has it."""
    return _WORDS[code]


def sentence(logs: Sequence[LogFindings], *, with_rules: bool) -> str:
    """Return the outcome in one line."""
    code = outcome(logs)
    unread = any(log.unreadable for log in logs)
    if code is Exit.BROKEN:
        count = sum(log.problems.count for log in logs)
        return f"BROKEN: {_count(count, 'problem')}; do not rely on this log"
    if code is Exit.VIOLATIONS:
        count = sum(log.violations.count for log in logs)
        more = ", and not all could be read" if unread else ""
        more += ", and the program failed" if any(log.failed for log in logs) else ""
        return f"VIOLATIONS: {_count(count, 'violation')} of the rules{more}"
    if code in _ALONE:
        more = ", and not all could be read" if unread else ""
        return _ALONE[code].format(more=more)
    if code is Exit.UNREADABLE and not unread:
        return (
            "UNREADABLE: the rules were not replayed, or not all, as the notes say; nothing wrong"
            " was found so far"
        )
    if code is Exit.UNREADABLE:
        return "UNREADABLE: the audit could not be finished; nothing wrong was found so far"
    begins = "it begins with all that was seen before"
    if not all(log.seen_before for log in logs):
        begins = "seen for the first time"
    rules = "every rule holds"
    if not with_rules or any(log.replayed < log.entries for log in logs):
        rules = "not all rules were replayed"
    if any(log.is_partly_judged for log in logs):
        rules += ", but some entries no rule is about"
    if any(log.commitments is not None for log in logs):
        rules += f", as far as openings were given: {opened(logs)}"
    return f"CLEAN: the log is what it signed; {begins}; {rules}{_not_witnessed(logs)}"


def opened(logs: Sequence[LogFindings]) -> str:
    """Say how many of the commitments the openings that were given open."""
    total = sum(log.commitments or 0 for log in logs)
    return f"{sum(log.openings for log in logs):,} of {total:,} commitments"


def _not_witnessed(logs: Sequence[LogFindings]) -> str:
    """Say how many entries lie beyond the newest checkpoint that the quorum cosigned."""
    count = sum(
        log.checkpoint.size - log.witnessed.checkpoint.size
        for log in logs
        if log.checkpoint is not None and log.witnessed is not None
    )
    return f"; NOT witnessed yet: the last {_count(count, 'entry', 'entries')}" if count else ""


def _count(count: int, noun: str, nouns: str = "") -> str:
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"
