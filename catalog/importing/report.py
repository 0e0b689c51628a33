"""What is told of an import: its counts, how far it is, and every row with its findings."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.utils import timezone

from catalog.models import Import, ImportState


class Progress(NamedTuple):
    """How far an import is. `left` and `rate` (rows a second) are None while nobody knows."""

    done: int
    total: int | None
    rate: int | None
    seconds_left: int | None


def progress_of(job: Import, now: datetime | None = None) -> Progress:
    """Return how far an import is, by the time it took so far."""
    now = job.finished_at or now or timezone.now()
    elapsed = (now - job.started_at).total_seconds() if job.started_at else 0
    rate = int(job.cursor / elapsed) if elapsed > 0 and job.cursor else None
    left = (job.items or 0) - job.cursor
    seconds = left // rate + 1 if rate and job.is_live else None
    return Progress(job.rows_done, _rows(job), rate, seconds)


def _rows(job: Import) -> int | None:
    """Return how many rows there are: of a read file, all items but the last, its summary."""
    if job.state in (ImportState.DRAFT, ImportState.DUE, ImportState.READING):
        return None
    return job.rows_done if not job.is_live else max(0, (job.items or 1) - 1)


def report_of(job: Import) -> Iterator[dict[str, Any]]:
    """Yield the report line by line: the import first, then its rows in the file's order."""
    yield {
        "import": {
            "code": job.code,
            "file": job.filename,
            "sha256": job.sha256,
            "format": job.format,
            "dry_run": job.is_dry_run,
            "state": job.state,
            "reason": job.reason,
            "accepted": job.accepted,
            "changed": job.changed,
            "unchanged": job.unchanged,
            "warned": job.warned,
            "rejected": job.rejected,
            "withdrawn": job.report.get("withdrawn", 0),
            "suggested_end_policy": job.report.get("suggested_end_policy"),
            "findings": job.report.get("findings", []),
        }
    }
    rows = job.rows.order_by("pk").select_related("title")
    for row in rows.iterator(chunk_size=2_000):
        yield {
            "row": {
                "sheet": row.sheet,
                "number": row.number,
                "name": row.name,
                "outcome": row.outcome,
                "title": row.title.code if row.title else None,
                "findings": row.findings,
            }
        }
