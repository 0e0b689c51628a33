"""The report for a terminal."""

from collections.abc import Iterator

from edgecode.audit import words
from edgecode.audit.findings import LogFindings
from edgecode.audit.outcome import opened, sentence
from edgecode.audit.task import Audit
from edgecode.log.policy import Policy


def text_report(audit: Audit, policy: Policy, *, is_short: bool) -> str:
    """Return the report; a short one has only what is wrong, and the outcome."""
    lines: list[tuple[str, object]] = []
    for log in audit.logs:
        if not is_short:
            lines += _checked(log, audit, policy)
        lines += words.complaints(log)
        if not is_short:
            lines += [("Note", remark) for remark in log.remarks]
    if not is_short:
        lines += [
            ("Time", f"{audit.seconds:.1f} s"),
            ("Proves", words.proves(audit.logs)),
            ("Proves not", words.DOES_NOT_PROVE),
        ]
    lines.append(("Result", sentence(audit.logs, with_rules=audit.with_rules)))
    return "".join(f"{heading:<12}{words.plain(line)}\n" for heading, line in lines)


def _checked(log: LogFindings, audit: Audit, policy: Policy) -> Iterator[tuple[str, object]]:
    yield "Log", log.source
    if log.checkpoint is None:
        return
    yield "Origin", log.checkpoint.origin
    yield "Checkpoint", f"{log.checkpoint.size:,} entries, root {log.checkpoint.root.hex()}"
    yield "Signed by", words.signed_by(log)
    yield "Witnesses", words.witnessed(log, policy)
    yield "Age", words.age(log, audit.started)
    yield "Compared", words.compared(log)
    if log.held_by:
        yield "Goes on", words.goes_on(log)
    yield "Checked", f"{log.entries:,} entries, {log.files:,} files, {log.bytes_read:,} bytes"
    yield "Rules", words.replayed(log, with_rules=audit.with_rules)
    if log.commitments is not None:
        yield "Openings", opened([log])
    if log.verdicts:
        yield "Verdicts", words.reckoned(log)
