"""What is told of an import: its counts, how far it is, and every row with its findings."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F, QuerySet
from django.utils import timezone

from catalog.models import LIVE_IMPORTS, Import, ImportState


class Progress(NamedTuple):
    """How far an import is, in rows; `rate` is rows a second. None while nobody knows."""

    done: int
    total: int | None
    rate: int | None
    seconds_left: int | None


def progress_of(job: Import) -> Progress:
    """Return how far an import is, by the time it took so far."""
    return progress(job.state, job.report, job.rows_done, job.started_at, job.finished_at)


def progress(
    state: str,
    report: Mapping[str, Any],
    rows_done: int,
    started_at: datetime | None,
    finished_at: datetime | None,
) -> Progress:
    """As `progress_of`, from the columns of an import and the sum of its outcomes."""
    elapsed = ((finished_at or timezone.now()) - started_at).total_seconds() if started_at else 0
    rate = round(rows_done / elapsed) or None if elapsed > 0 else None
    is_live = state in LIVE_IMPORTS
    if not is_live and state != ImportState.DRAFT:
        return Progress(rows_done, rows_done, rate, None)
    total: int | None = report.get("rows")  # counted when the file was read
    seconds = (total - rows_done) // rate + 1 if rate and is_live and total is not None else None
    return Progress(rows_done, total, rate, seconds)


def with_rows_done(found: QuerySet[Import]) -> QuerySet[Import]:
    """Return imports with the sum of their outcomes as a column."""
    total = F("accepted") + F("changed") + F("unchanged") + F("warned") + F("rejected")
    return found.annotate(outcomes=total)


def report_of(job: Import) -> Iterator[dict[str, Any]]:
    """Yield the report line by line: the import first, then its rows in the file's order."""
    yield {
        "import": {
            "code": job.code,
            "file": job.filename,
            "sha256": job.sha256,
            "format": job.format,
            "source": job.source.name if job.source else None,
            "zone": job.zone,
            "day_order": job.day_order,
            "end_policy": job.end_policy,
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
