"""The report for programs. docs/audit.md describes it; fields are added, none changes."""

import json
from datetime import datetime

from edgecode.audit.findings import LogFindings
from edgecode.audit.outcome import outcome, sentence, word
from edgecode.audit.rules import RULES
from edgecode.audit.task import Audit
from edgecode.log.leaf import TIME_FORMAT

FORMAT = "edgecode-audit/1"


def json_report(audit: Audit) -> str:
    """Return the report as JSON, in ASCII."""
    code = outcome(audit.logs)
    report = {
        "format": FORMAT,
        "outcome": word(code),
        "exit_code": int(code),
        "message": sentence(audit.logs, with_rules=audit.with_rules),
        "started_at": audit.started.strftime(TIME_FORMAT),
        "milliseconds": round(audit.seconds * 1000),
        "rules": [rule.id for rule in RULES] if audit.with_rules else [],
        "logs": [_log(log) for log in audit.logs],
    }
    return json.dumps(report, indent=1) + "\n"


def _log(log: LogFindings) -> dict[str, object]:
    standing, checkpoint, witnessed = log.standing, log.checkpoint, log.witnessed
    return {
        "source": log.source,
        "origin": checkpoint.origin if checkpoint else None,
        "size": checkpoint.size if checkpoint else None,
        "root": checkpoint.root.hex() if checkpoint else None,
        "checkpoint": log.note,
        "signed_by": [str(each.key) for each in standing.logs] if standing else [],
        "not_signed_by": [str(key) for key in log.silent],
        "witnesses": dict(witnessed.cosigned) if witnessed else {},
        "witnessed_size": witnessed.checkpoint.size if witnessed else None,
        "witnessed_at": _instant(log.witnessed_at),
        "newest_entry_at": _instant(log.newest_at),
        "stale": log.stale,
        "held_by": log.held_by or None,
        "seen_before": len(log.seen_before),
        "first_seen_at": log.seen_before[0].at if log.seen_before else None,
        "earlier_checkpoints": log.earlier,
        "entries_checked": log.entries,
        "entries_replayed": log.replayed,
        "files_read": log.files,
        "bytes_read": log.bytes_read,
        "openings_opened": log.openings,
        "commitments": log.commitments,
        "verdicts_opened": log.verdicts,
        "verdicts_reproduced": log.reproduced,
        "problem_count": log.problems.count,
        "problems": log.problems.first,
        "violation_count": log.violations.count,
        "violations": [
            {"rule": each.rule, "indices": list(each.indices), "message": each.message}
            for each in log.violations.first
        ],
        "remarks": log.remarks,
        "unreadable": log.unreadable or None,
        "failed": log.failed or None,
    }


def _instant(at: datetime | None) -> str | None:
    return at.strftime(TIME_FORMAT) if at is not None else None
