"""Avails rows into the library: the whole import, and what nobody can do without.

    python -m benchmarks.catalogue.imports [ROWS]

Beside it stand openpyxl, which only reads the same workbook, and Django's bulk_create, which only
writes the rows that the import left in the database: of titles, people, terms, facts, the report
and the ledger. The import also reads in a sandbox, checks everything, and finds what it has.
"""

import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import django

from benchmarks.__main__ import machine
from benchmarks.measure import Finding, table
from benchmarks.server import ROOT, environment

ROWS = 100_000
PEOPLE = 2_000
BARE = "bare.sqlite3"
# Half the rate is twice the time.
MOST = 2.0
MOST_GROWTH = 1.5
_BATCH = 1_000


class Taken(NamedTuple):
    """Seconds by the clock, and of a processor: a busy machine lengthens only the first."""

    clock: float = 0.0
    processor: float = 0.0

    @staticmethod
    def now() -> "Taken":
        return Taken(time.perf_counter(), time.process_time())

    def __sub__(self, start: "Taken") -> "Taken":
        return Taken(self.clock - start.clock, self.processor - start.processor)

    def plus(self, other: "Taken") -> "Taken":
        return Taken(self.clock + other.clock, self.processor + other.processor)

    def __str__(self) -> str:
        return f"{self.clock:,.1f} s, of a processor {self.processor:,.1f} s"


def main(rows: int = ROWS) -> None:
    """Import into a folder that is gone afterwards, measure, print."""
    parent = Path(os.environ.get("EDGECODE_VAR_DIR", ROOT / "var"))
    parent.mkdir(parents=True, exist_ok=True)
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=parent) as name:
        folder = Path(name)
        os.environ.update(environment(folder / "product"))
        django.setup()
        print(table(f"{rows:,} Avails rows into the library", measure(folder, rows)), flush=True)


def measure(folder: Path, rows: int) -> list[Finding]:
    """Return the times of the import and of its parts alone, and its memory."""
    from django.core.management import call_command

    from tests import factories

    call_command("migrate", verbosity=0)
    _keep_empty(folder / BARE)
    factories.studio("Studio")
    small, large = folder / "small.xlsx", folder / "large.xlsx"
    write(small, rows // 10, "small")
    write(large, rows, "large")
    _seconds, few_bytes = _import(small, dry=True)
    taken, many_bytes = _import(large)
    read = _timed(lambda: _read(large))
    written, logged, count = _write_again(folder)
    both = read.plus(written)
    value = taken.clock / both.clock
    growth = many_bytes / few_bytes
    return [
        Finding("import", f"{taken}  {rows / taken.clock:,.0f} rows a second"),
        Finding("openpyxl, reading only", str(read)),
        Finding(f"bulk_create of the same {count:,} rows", str(written)),
        Finding("of which rows of the ledger", str(logged)),
        Finding("import / the two", f"{value:.2f}x", f"at most {MOST:g}x", value <= MOST),
        Finding("the same of a processor", f"{taken.processor / both.processor:.2f}x"),
        Finding(
            f"memory at most, {rows // 10:,} and {rows:,} rows",
            f"{few_bytes / 2**20:,.0f} MB  {many_bytes / 2**20:,.0f} MB",
            f"at most {MOST_GROWTH:g}x",
            growth <= MOST_GROWTH,
        ),
    ]


def _keep_empty(path: Path) -> None:
    """Keep the empty database for later."""
    from django.db import connection

    connection.ensure_connection()
    with closing(sqlite3.connect(path)) as copy:
        connection.connection.backup(copy)


def write(path: Path, count: int, prefix: str) -> None:
    """Write a Movies sheet of Avails 1.9, of 26 filled columns, a title on each row."""
    from catalog.imports.sheet_writer import write_sheet

    usual = {
        "DisplayName": "Example Pictures", "StoreType": "Digital", "Territory": "KR",
        "WorkType": "Movie", "EntryType": "Full Extract", "LocalizationType": "sub",
        "LicenseType": "SVOD", "LicenseRightsDescription": "New Release",
        "FormatProfile": "HD", "PriceType": "WSP", "PriceValue": "1.99", "PriceCurrency": "USD",
        "OtherTerms": "none", "RatingSystem": "MPAA", "RatingValue": "PG-13",
        "CaptionIncluded": "Yes", "Exclusive": "No", "Start": "2027-01-01", "End": "2030-12-31",
    }  # fmt: skip

    def lines() -> Iterator[Sequence[str]]:
        for number in range(count):
            row = usual | {
                "TitleInternalAlias": f"Film {prefix} {number}",
                "TitleDisplayUnlimited": f"The film {prefix} {number}",
                "ALID": f"md:alid:org:example.org:{prefix}-{number}",
                "AvailID": f"{prefix}-{number}",
                "ContentID": f"md:cid:org:example.org:{prefix}-{number}",
                "ReleaseYear": str(1930 + number % 95),
                "TotalRunTime": f"01:{number % 60:02}:00",
                "Director": f"Director {number % PEOPLE}",
            }
            if not number:
                yield ["Avail"]
                yield list(row)
            yield list(row.values())

    write_sheet(path, "Movies v1.9", lines())


def _import(path: Path, *, dry: bool = False) -> tuple[Taken, int]:
    """Return the time that `manage.py catalog import` took, and its most memory."""
    command = [sys.executable, str(ROOT / "manage.py"), "catalog", "import", str(path)]
    start = time.perf_counter()
    command += ["--organisation", "Studio", *(["--dry-run"] if dry else [])]
    child = subprocess.Popen(command, cwd=ROOT)
    _pid, status, used = os.wait4(child.pid, 0)
    if status:
        raise SystemExit("the import failed")
    return Taken(time.perf_counter() - start, used.ru_utime + used.ru_stime), _bytes(used)


def _bytes(used: resource.struct_rusage) -> int:
    return used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _timed(act: Callable[[], object]) -> Taken:
    start = Taken.now()
    act()
    return Taken.now() - start


def _read(path: Path) -> None:
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    for sheet in book:
        for _row in sheet.iter_rows(values_only=True):
            pass


def _write_again(folder: Path) -> tuple[Taken, Taken, int]:
    """Return the time that Django takes to write all rows of the product once more, into an
    empty database of the same kind; those of the ledger's rows; and how many rows there are."""
    from django.db import connections

    from accounts.models import EdgeCode, Organisation
    from catalog import models as catalog
    from ledger import models as ledger

    default = connections.settings["default"]
    connections.settings["bare"] = default | {"NAME": folder / BARE}
    before = (Organisation, catalog.Import)
    of_catalogue = (
        EdgeCode, catalog.Title, catalog.Party, catalog.TitleIdentifier, catalog.TitleName,
        catalog.Credit, catalog.Avail, catalog.Fact, catalog.ImportRow,
    )  # fmt: skip
    of_ledger = (ledger.Stream, ledger.Event, ledger.Opening, ledger.Pending)
    _copy(before)
    taken, count = _copy(of_catalogue)
    logged, entries = _copy(of_ledger)
    return taken.plus(logged), logged, count + entries


def _copy(models: Sequence[Any]) -> tuple[Taken, int]:
    """Return the time that writing takes, reading not counted, and the number of rows."""
    from django.db import transaction

    taken, count = Taken(), 0
    for model in models:
        rows = model.objects.order_by("pk").iterator(chunk_size=_BATCH)
        while batch := list(islice(rows, _BATCH)):
            start = Taken.now()
            with transaction.atomic(using="bare"):
                model.objects.using("bare").bulk_create(batch)
            taken = taken.plus(Taken.now() - start)
            count += len(batch)
    return taken, count


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
