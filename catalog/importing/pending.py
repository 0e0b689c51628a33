"""The worker's imports: claim one, read it in the sandbox, apply it batch by batch.

Rows, counts and the cursor change in one transaction. A worker that is killed at any row leaves
all batches before it, and none of its own; whoever takes the lease over goes on from the cursor.
"""

import logging
import secrets
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from itertools import count, islice
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.access import Actor, Permission
from accounts.models import Organisation
from catalog.importing.batch import Batch, Columns, Reported
from catalog.importing.overlay import Overlay
from catalog.importing.terms import missing_of, withdraw, would_withdraw
from catalog.imports.dates import Reading
from catalog.imports.limited import columns_of, found_across, items_of, read_upload
from catalog.imports.reading import Source
from catalog.imports.recognising import ending_of
from catalog.imports.rows import Finding, Item, Row, Summary, Unreadable
from catalog.leases import LEASE, kept, wait_after
from catalog.models import LIVE_IMPORTS, Import, ImportRow, ImportState, RowOutcome
from catalog.objects import object_store
from ledger.inserting import insert_rows
from ledger.sqlite.base import giving_way

log = logging.getLogger("edgecode.catalog")

BATCH_ROWS: Final = 500
# So many batches of one import, then those of other organisations that wait.
TURN_BATCHES: Final = 10
_MOST_ATTEMPTS: Final = 5
_MOST_COLLISIONS: Final = 3
_MOST_NOTES: Final = 200
_FAILED: Final = gettext_noop("The import failed for a reason of ours; the log says why.")

# What only several rows together show, by row, as JSON: there may be much of it.
type Cross = dict[tuple[str, int], list[bytes]]


@dataclass(frozen=True)
class _Read:
    """What is known of a file besides its rows; `overlay` is there in a dry run."""

    cross: Cross
    columns: Columns
    overlay: Overlay | None = None


class Lost(Exception):
    """Somebody else holds the import now, or it was cancelled."""


@dataclass(frozen=True)
class _Turn:
    """When to give an import back before its end."""

    stopping: Callable[[], bool]
    batches: int | None

    def is_over(self, job: Import, done: int) -> bool:
        if self.stopping():
            return True
        # What a dry run has planned lies on this machine: it stays here.
        if self.batches is None or done < self.batches or job.is_dry_run:
            return False
        due = Import.objects.filter(state__in=LIVE_IMPORTS, leased_until__lte=timezone.now())
        return due.exclude(organisation=job.organisation_id).exists()


def import_pending(stopping: Callable[[], bool] = lambda: False) -> int:
    """Take one import that is due to its end, or to the end of its turn where others wait; return
    how many were."""
    now = timezone.now()
    due = Import.objects.filter(state__in=LIVE_IMPORTS, leased_until__lte=now)
    code = due.order_by("leased_until", "pk").values_list("code", flat=True).first()
    return int(code is not None and run_import(code, stopping, TURN_BATCHES))


def run_import(
    code: str, stopping: Callable[[], bool] = lambda: False, turn: int | None = None
) -> bool:
    """Do this import, or the rest of it; return whether it was free to be done. After `turn`
    batches it is given back where another organisation's waits."""
    lease, now = secrets.token_hex(16), timezone.now()
    free = Import.objects.filter(code=code, state__in=LIVE_IMPORTS, leased_until__lte=now)
    if not free.update(lease=lease, leased_until=now + LEASE):
        return False
    mine = Import.objects.filter(code=code, lease=lease)
    job = mine.select_related("organisation").get()
    try:
        with giving_way(), kept(lambda: mine.update(leased_until=timezone.now() + LEASE)):
            is_done = _work(job, _Turn(stopping, turn))
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
        if not is_done:
            _to_the_end(job)
    if not Import.objects.filter(code=code, state__in=LIVE_IMPORTS).exists():
        shutil.rmtree(_folder(job), ignore_errors=True)
    return True


def _to_the_end(job: Import) -> None:
    """Give the import back. The organisation's others step back with it: files of one organisation
    are taken in in their order."""
    now = timezone.now()
    live = Import.objects.filter(organisation=job.organisation_id, state__in=LIVE_IMPORTS)
    live.filter(Q(pk=job.pk, lease=job.lease) | Q(leased_until__lte=now)).update(leased_until=now)


def _work(job: Import, turn: _Turn) -> bool:
    """Return whether all of it is done."""
    folder = _folder(job)
    folder.mkdir(parents=True, exist_ok=True)
    if job.items is None or not (folder / "read").exists():
        _read(job, folder)
    known = _Read(_cross(folder), columns_of(folder))
    if job.is_dry_run:
        with Overlay(folder / "planned.sqlite3", job.cursor) as overlay:
            is_applied = _apply(job, folder, replace(known, overlay=overlay), turn)
            if is_applied:
                job.report["withdrawn"] = would_withdraw(job, overlay)
    else:
        is_applied = _apply(job, folder, known, turn)
    if not is_applied or turn.stopping():
        return False
    _finish(job)
    return True


def _read(job: Import, folder: Path) -> None:
    """Read the file into rows.jsonl; also again, where another machine had done so."""
    _hold(job, state=ImportState.READING, started_at=job.started_at or timezone.now())
    reading = Reading(job.zone, job.day_order, job.end_policy or "exclusive")  # type: ignore[arg-type]
    source = Source(job.format, reading, job.mapping, job.sheet, ending_of(job.filename))
    with object_store().local_copy(job.object_key) as path:
        found = read_upload(path, folder, source)
    (folder / "read").touch()
    job.report |= {
        "rows": found.rows,
        "suggested_end_policy": found.end_policy,
        "suggested_places": found.places,
    }
    _hold(job, state=ImportState.APPLYING, items=found.items, report=job.report)


def _cross(folder: Path) -> Cross:
    found: Cross = {}
    for sheet, number, finding in found_across(folder):
        found.setdefault((sheet, number), []).append(finding)
    return found


def _apply(job: Import, folder: Path, known: _Read, turn: _Turn) -> bool:
    """Apply what is left, batch by batch; return whether that was all."""
    items = items_of(folder, job.items or 0, job.cursor)
    for done in count():
        batch = list(islice(items, BATCH_ROWS))
        if not batch:
            return True
        if turn.is_over(job, done):
            return False
        for collision in range(_MOST_COLLISIONS + 1):
            try:
                _apply_batch(job, batch, known)
                break
            except IntegrityError:
                # Somebody has registered one of these numbers meanwhile: now it is found.
                if collision == _MOST_COLLISIONS:
                    raise
                job.refresh_from_db(fields=["cursor", "report"])
    raise AssertionError("a count has no end")


@transaction.atomic
def _apply_batch(job: Import, items: list[Item], known: _Read) -> None:
    held = Import.objects.select_for_update().filter(
        pk=job.pk, lease=job.lease, cursor=job.cursor, is_cancelling=False
    )
    if held.first() is None:
        raise Lost
    # One batch of an organisation at a time: two files that bring one title meet here.
    Organisation.objects.select_for_update(no_key=True).get(pk=job.organisation_id)
    rows = [item for item in items if isinstance(item, Row)]
    batch = Batch(job, _actor(job), known.overlay, known.columns)
    of_rows = iter(batch.apply(rows, known.cross, job.cursor))
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
            job.report["summary"] = asdict(replace(item, columns={}))


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
