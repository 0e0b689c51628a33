"""The worker's imports: claim one, read it in the sandbox, apply it batch by batch.

Rows, counts and the cursor change in one transaction. A worker that is killed at any row leaves
all batches before it, and none of its own; whoever takes the lease over goes on from the cursor.
"""

import logging
import secrets
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.access import Actor, Permission
from accounts.models import Organisation
from catalog.importing.batch import Batch, Reported
from catalog.importing.overlay import Overlay
from catalog.importing.terms import missing_of, withdraw
from catalog.imports.dates import Reading
from catalog.imports.limited import found_across, items_of, read_upload
from catalog.imports.reading import Source
from catalog.imports.rows import Finding, Item, Row, Summary, Unreadable
from catalog.leases import LEASE, kept, wait_after
from catalog.models import LIVE_IMPORTS, Import, ImportRow, ImportState, RowOutcome
from catalog.objects import object_store
from ledger.inserting import insert_rows

log = logging.getLogger("edgecode.catalog")

BATCH_ROWS: Final = 500
_MOST_ATTEMPTS: Final = 5
_MOST_COLLISIONS: Final = 3
_MOST_NOTES: Final = 200
_FAILED: Final = gettext_noop("The import failed for a reason of ours; the log says why.")

# What only several rows together show, by row, as JSON: there may be much of it.
type Cross = dict[tuple[str, int], list[bytes]]


class Lost(Exception):
    """Somebody else holds the import now, or it was cancelled."""


def import_pending(stopping: Callable[[], bool] = lambda: False) -> int:
    """Take one import that is due to its end; return how many were."""
    now = timezone.now()
    due = Import.objects.filter(state__in=LIVE_IMPORTS, leased_until__lte=now)
    code = due.order_by("leased_until", "pk").values_list("code", flat=True).first()
    return int(code is not None and run_import(code, stopping))


def run_import(code: str, stopping: Callable[[], bool] = lambda: False) -> bool:
    """Do this import, or the rest of it; return whether it was free to be done."""
    lease, now = secrets.token_hex(16), timezone.now()
    free = Import.objects.filter(code=code, state__in=LIVE_IMPORTS, leased_until__lte=now)
    if not free.update(lease=lease, leased_until=now + LEASE):
        return False
    mine = Import.objects.filter(code=code, lease=lease)
    job = mine.select_related("organisation").get()
    try:
        with kept(lambda: mine.update(leased_until=timezone.now() + LEASE)):
            _work(job, stopping)
    except Lost:
        mine.filter(is_cancelling=True, state__in=LIVE_IMPORTS).update(
            state=ImportState.CANCELLED, finished_at=timezone.now()
        )
    except Unreadable as error:
        said = {"code": error.code, "message": error.message, "params": error.params}
        if error.code == "crashed":
            log.exception("import %s: %s", code, error.params.get("log"))
            said["params"] = {}
        _end(job, ImportState.FAILED, reason=error.message, refused=said)
    except Exception:
        log.exception("import %s failed", code)
        _put_off(job)
    else:
        if stopping():
            mine.filter(state__in=LIVE_IMPORTS).update(leased_until=timezone.now())
    if not Import.objects.filter(code=code, state__in=LIVE_IMPORTS).exists():
        shutil.rmtree(_folder(job), ignore_errors=True)
    return True


def _work(job: Import, stopping: Callable[[], bool]) -> None:
    folder = _folder(job)
    folder.mkdir(parents=True, exist_ok=True)
    if job.items is None or not (folder / "read").exists():
        _read(job, folder)
    cross = _cross(folder)
    if job.is_dry_run:
        with Overlay(folder / "planned.sqlite3", job.cursor) as overlay:
            _apply(job, folder, cross, overlay, stopping)
    else:
        _apply(job, folder, cross, None, stopping)
    if not stopping():
        _finish(job)


def _read(job: Import, folder: Path) -> None:
    """Read the file into rows.jsonl; also again, where another machine had done so."""
    _hold(job, state=ImportState.READING, started_at=job.started_at or timezone.now())
    reading = Reading(job.zone, job.day_order, job.end_policy or "exclusive")  # type: ignore[arg-type]
    source = Source(job.format, reading, job.mapping, job.sheet)
    with object_store().local_copy(job.object_key) as path:
        found = read_upload(path, folder, source)
    (folder / "read").touch()
    job.report |= {"suggested_end_policy": found.end_policy, "suggested_places": found.places}
    _hold(job, state=ImportState.APPLYING, items=found.items, report=job.report)


def _cross(folder: Path) -> Cross:
    found: Cross = {}
    for sheet, number, finding in found_across(folder):
        found.setdefault((sheet, number), []).append(finding)
    return found


def _apply(
    job: Import, folder: Path, cross: Cross, overlay: Overlay | None, stopping: Callable[[], bool]
) -> None:
    items = items_of(folder, job.items or 0, job.cursor)
    while batch := list(islice(items, BATCH_ROWS)):
        if stopping():
            return
        for collision in range(_MOST_COLLISIONS + 1):
            try:
                _apply_batch(job, batch, cross, overlay)
                break
            except IntegrityError:
                # Somebody has registered one of these numbers meanwhile: now it is found.
                if collision == _MOST_COLLISIONS:
                    raise
                job.refresh_from_db(fields=["cursor", "report"])


@transaction.atomic
def _apply_batch(job: Import, items: list[Item], cross: Cross, overlay: Overlay | None) -> None:
    held = Import.objects.select_for_update().filter(
        pk=job.pk, lease=job.lease, cursor=job.cursor, is_cancelling=False
    )
    if held.first() is None:
        raise Lost
    # One batch of an organisation at a time: two files that bring one title meet here.
    Organisation.objects.select_for_update(no_key=True).get(pk=job.organisation_id)
    rows = [item for item in items if isinstance(item, Row)]
    of_rows = iter(Batch(job, _actor(job), overlay).apply(rows, cross, job.cursor))
    reports = [
        next(of_rows) if isinstance(item, Row) else _lost_line(item)
        for item in items
        if isinstance(item, Row) or (isinstance(item, Finding) and _is_row(item))
    ]
    insert_rows(ImportRow, ("of_id", *Reported._fields), ((job.pk, *row) for row in reports))
    counts = Counter(row.outcome for row in reports)
    for outcome in RowOutcome:
        setattr(job, outcome, getattr(job, outcome) + counts[outcome])
    _note(job, items)
    job.cursor += len(items)
    job.save(update_fields=["cursor", "report", *RowOutcome.values])


def _is_row(finding: Finding) -> bool:
    return finding.level == "error"


def _lost_line(finding: Finding) -> Reported:
    """Return the report of a line that is no row at all."""
    digits = "".join(char for char in finding.cell if char.isdigit())[:9]
    return Reported("lines", int(digits or 0), "", "", RowOutcome.REJECTED, None, [asdict(finding)])


def _note(job: Import, items: list[Item]) -> None:
    notes = job.report.setdefault("findings", [])
    for item in items:
        if isinstance(item, Finding) and not _is_row(item) and len(notes) < _MOST_NOTES:
            notes.append(asdict(item))
        elif isinstance(item, Summary):
            job.report["summary"] = asdict(item)


def _finish(job: Import) -> None:
    """Withdraw what the file should have said and did not; then the import is done."""
    if not job.is_dry_run:
        while True:
            with transaction.atomic():
                _hold(job)
                Organisation.objects.select_for_update(no_key=True).get(pk=job.organisation_id)
                missing = list(missing_of(job)[:BATCH_ROWS])  # type: ignore[index]
                count = withdraw(job, _actor(job), missing)
                if not count:
                    break
                job.report["withdrawn"] = job.report.get("withdrawn", 0) + count
                job.save(update_fields=["report"])
    _end(job, ImportState.DONE)


def _hold(job: Import, **changes: Any) -> None:
    """Set columns of an import that is still ours; raise Lost."""
    mine = Import.objects.filter(pk=job.pk, lease=job.lease, is_cancelling=False)
    for name, value in changes.items():
        setattr(job, name, value)
    if not mine.update(**(changes or {"lease": job.lease})):
        raise Lost


def _end(job: Import, state: ImportState, *, reason: str = "", refused: Any = None) -> None:
    if refused:
        job.report["refused"] = refused
    Import.objects.filter(pk=job.pk, lease=job.lease).update(
        state=state, reason=reason, report=job.report, finished_at=timezone.now()
    )


def _put_off(job: Import) -> None:
    attempts = job.attempts + 1
    if attempts >= _MOST_ATTEMPTS:
        _end(
            job,
            ImportState.FAILED,
            reason=_FAILED,
            refused={"code": "failed", "message": _FAILED, "params": {}},
        )
    else:
        Import.objects.filter(pk=job.pk, lease=job.lease).update(
            attempts=attempts, leased_until=timezone.now() + wait_after(attempts)
        )


def _actor(job: Import) -> Actor:
    """The organisation that sent the file; who may send one was asked then."""
    return Actor(organisation=job.organisation, permissions=frozenset({Permission.EDIT_TITLES}))


def _folder(job: Import) -> Path:
    return settings.VAR_DIR / "imports" / job.code
