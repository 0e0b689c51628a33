"""Files as studios send them, and taking them in as a worker does."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest import mock

import orjson

from accounts.access import Actor
from catalog.importing.pending import import_pending
from catalog.importing.starting import start_import, take_file
from catalog.imports import child, limited
from catalog.imports.dates import Reading
from catalog.imports.reading import Source, preview
from catalog.intake import receive
from catalog.models import Import, ImportRow
from tests.catalog.imports.books import MOVIE, Value, avails, book

EIDR = "10.5240/AAAA-AAAA-AAAA-AAAA-AAAA-Y"


def sheet(path: Path, *rows: Mapping[str, Value]) -> Path:
    """Write an Avails sheet of movies, each row changed from the usual one."""
    return book(path, {"Movies": avails([MOVIE | row for row in rows])})


def movies(count: int) -> Iterable[dict[str, Value]]:
    for number in range(count):
        yield {
            "TitleInternalAlias": f"Film {number}",
            "ALID": f"alid:{number}",
            "AvailID": f"avail:{number}",
        }


@contextmanager
def read_here() -> Iterator[None]:
    """Within, files are read in this process and in no sandbox, which takes 0.2 s to start. What
    a sandbox adds is for the tests of it (imports/test_limited) and of hostile files."""

    def read(task: str, path: Path, folder: Path, said: str) -> bytes:
        if task == "preview":
            return orjson.dumps(
                [asdict(each) for each in preview(path, folder=folder, ending=said)]
            )
        chosen = json.loads(said)
        source = Source(**{**chosen, "reading": Reading(**chosen["reading"])})
        return orjson.dumps(child._rows(path, folder, source))

    with mock.patch.object(limited, "_run", read):
        yield


def send(actor: Actor, path: Path, *, dry_run: bool = False, **decided: Any) -> Import:
    """Send a file and start its import."""
    with path.open("rb") as file, receive(file, max_bytes=2**30) as intake:
        job = take_file(actor=actor, intake=intake, filename=path.name)
    return start_import(actor=actor, code=job.code, dry_run=dry_run, **decided)


def bring(
    actor: Actor, path: Path, *, dry_run: bool = False, sandboxed: bool = False, **decided: Any
) -> Import:
    """Send a file and let the worker take it in; return the import as it ended."""
    with nullcontext() if sandboxed else read_here():
        job = send(actor, path, dry_run=dry_run, **decided)
        while import_pending():
            pass
    job.refresh_from_db()
    return job


def counts(job: Import) -> tuple[int, int, int, int, int]:
    """Return accepted, changed, unchanged, warned, rejected."""
    return job.accepted, job.changed, job.unchanged, job.warned, job.rejected


def codes(job: Import) -> list[str]:
    """Return the codes of what was found, row by row."""
    rows = ImportRow.objects.filter(of=job).order_by("pk")
    return [finding["code"] for row in rows for finding in row.findings]
