"""Avails rows into the library: the whole import, and what nobody can do without.

    python -m benchmarks.catalogue.imports [ROWS]

Beside it stand openpyxl, which only reads the same workbook, and Django's bulk_create, which only
writes the rows that the import left in the database: of titles, people, terms, facts, the report
and the ledger. The import also reads in a sandbox, checks everything, and finds what it has.
All of it once on SQLite and once on PostgreSQL, whose own processor time counts on both sides.
"""

import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import django
import psycopg

from benchmarks.__main__ import machine
from benchmarks.measure import Finding, table
from benchmarks.server import ROOT, environment
from tests import postgres

ROWS = 100_000
PEOPLE = 2_000
BARE = "bare"
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
        return Taken(time.perf_counter(), time.process_time() + _database_seconds())

    def __sub__(self, start: "Taken") -> "Taken":
        return Taken(self.clock - start.clock, self.processor - start.processor)

    def plus(self, other: "Taken") -> "Taken":
        return Taken(self.clock + other.clock, self.processor + other.processor)

    def __str__(self) -> str:
        return f"{self.clock:,.1f} s, of a processor {self.processor:,.1f} s"


def main(rows: int = ROWS) -> None:
    """Measure in a process for each database, in folders that are gone afterwards."""
    parent = Path(os.environ.get("EDGECODE_VAR_DIR", ROOT / "var"))
    parent.mkdir(parents=True, exist_ok=True)
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=parent) as folder:
        _on_database(Path(folder) / "sqlite", None, rows)
        with postgres.server() as url:
            _on_database(Path(folder) / "postgresql", url, rows)


def _on_database(folder: Path, url: str | None, rows: int) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EDGECODE_")}
    kept.pop("DATABASE_URL", None)
    kept |= environment(folder) | ({"DATABASE_URL": url} if url else {})
    command = [sys.executable, "-c", f"from {__spec__.name} import child; child({rows})"]
    subprocess.run(command, env=kept, check=True)


def child(rows: int) -> None:
    """Migrate, measure, print; on the database that the environment names."""
    django.setup()
    from django.db import connection

    findings = measure(Path(os.environ["EDGECODE_VAR_DIR"]), rows)
    title = f"{rows:,} Avails rows into the library on {connection.display_name}"
    print(table(f"{title}, load {os.getloadavg()[0]:.1f}", findings), flush=True)


def measure(folder: Path, rows: int) -> list[Finding]:
    """Return the times of the import and of its parts alone, and its memory."""
    from django.core.management import call_command

    from tests import factories

    call_command("migrate", verbosity=0)
    _keep_empty(folder)
    factories.studio("Studio")
    small, large = folder / "small.xlsx", folder / "large.xlsx"
    write(small, rows // 10, "small")
    write(large, rows, "large")
    _seconds, few_bytes = _import(small, dry=True)
    taken, many_bytes = _import(large)
    read = _timed(lambda: _read(large))
    written, logged, count = _write_again()
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


def _keep_empty(folder: Path) -> None:
    """Keep the empty database for later, as the connection "bare"."""
    from django.db import connection, connections

    default = connections.settings["default"]
    connections.settings["bare"] = default | {"NAME": folder / BARE}
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(folder / BARE)) as copy:
            connection.connection.backup(copy)
        return
    connections.settings["bare"] = default | {"NAME": BARE}
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # a database that is copied has no connections
    maintenance = os.environ["DATABASE_URL"].rpartition("/")[0] + "/postgres"
    with psycopg.connect(maintenance, autocommit=True) as made:
        made.execute(f'CREATE DATABASE "{BARE}" TEMPLATE "{default["NAME"]}"')


def _database_seconds() -> float:
    """Return the processor time of all of PostgreSQL's processes, also of those that ended."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    head = int(_stat(backend)[1])
    children = Path(f"/proc/{head}/task/{head}/children").read_text().split()
    ticks = sum(map(int, _stat(head)[11:15])) + sum(
        int(part) for each in children for part in _stat(int(each))[11:13]
    )
    return ticks / os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the state on."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


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
    """Return the time that `manage.py catalog import` took, and the most memory that its
    processes held together, the sandbox among them."""
    command = [sys.executable, str(ROOT / "manage.py"), "catalog", "import", str(path)]
    command += ["--organisation", "Studio", *(["--dry-run"] if dry else [])]
    before, start = _of_children(), Taken.now()
    child = subprocess.Popen(command, cwd=ROOT)
    peaks = [0]
    watch = threading.Thread(target=_watch, args=(child, peaks))
    watch.start()
    if child.wait():
        raise SystemExit("the import failed")
    watch.join()
    taken = Taken.now() - start
    return taken.plus(Taken(0, _of_children() - before)), peaks[0]


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _watch(process: "subprocess.Popen[bytes]", peaks: list[int]) -> None:
    """Keep the most memory of a process and of what it starts, looking ten times a second."""
    while process.returncode is None:
        tree, held = [process.pid], 0
        with suppress(OSError):  # it may end while we look
            for pid in tree:
                tree += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
                held += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        peaks[0] = max(peaks[0], held * os.sysconf("SC_PAGE_SIZE"))
        time.sleep(0.1)


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


def _write_again() -> tuple[Taken, Taken, int]:
    """Return the time that Django takes to write all rows of the product once more, into an
    empty database of the same kind; those of the ledger's rows; and how many rows there are."""
    from accounts.models import EdgeCode, Organisation
    from catalog import models as catalog
    from ledger import models as ledger

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
