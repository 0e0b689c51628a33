"""Avails rows into the library: the whole import, and what nobody can do without.

    python -m benchmarks.catalogue.imports [ROWS]

Beside it stand openpyxl, which only reads the same workbook, and Django's bulk_create, which only
writes the rows that the import left in the catalogue: titles, numbers, people, credits, terms and
facts. The import also checks everything, tells the ledger, and keeps a report of each row.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import django

from benchmarks.__main__ import machine
from benchmarks.measure import Finding, table
from benchmarks.server import ROOT, environment

ROWS = 100_000
PEOPLE = 2_000
# Half the rate is twice the time.
MOST = 2.0
MOST_GROWTH = 1.5
_BATCH = 1_000


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
    studio, other = factories.studio("Studio"), factories.studio("Other")
    small, large = folder / "small.xlsx", folder / "large.xlsx"
    write(small, rows // 10, "small")
    write(large, rows, "large")
    _seconds, few_bytes = _import(small, "Other")
    taken, many_bytes = _import(large, "Studio")
    read = _timed(lambda: _read(large))
    written = _write_again(studio, other)
    value = taken / (read + written)
    growth = many_bytes / few_bytes
    return [
        Finding("import", f"{taken:,.1f} s  {rows / taken:,.0f} rows a second"),
        Finding("openpyxl, reading only", f"{read:,.1f} s"),
        Finding("bulk_create, writing only", f"{written:,.1f} s"),
        Finding("import / the two", f"{value:.2f}x", f"at most {MOST:g}x", value <= MOST),
        Finding(
            f"memory at most, {rows // 10:,} and {rows:,} rows",
            f"{few_bytes / 2**20:,.0f} MB  {many_bytes / 2**20:,.0f} MB",
            f"at most {MOST_GROWTH:g}x",
            growth <= MOST_GROWTH,
        ),
    ]


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


def _import(path: Path, organisation: str) -> tuple[float, int]:
    """Return the seconds and the most memory of `manage.py catalog import`."""
    command = [sys.executable, str(ROOT / "manage.py"), "catalog", "import", str(path)]
    start = time.perf_counter()
    child = subprocess.Popen([*command, "--organisation", organisation], cwd=ROOT)
    _pid, status, used = os.wait4(child.pid, 0)
    if status:
        raise SystemExit("the import failed")
    return time.perf_counter() - start, _bytes(used)


def _bytes(used: resource.struct_rusage) -> int:
    return used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _timed(act: Any) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def _read(path: Path) -> None:
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    for sheet in book:
        for _row in sheet.iter_rows(values_only=True):
            pass


def _write_again(studio: Any, other: Any) -> float:
    """Return the seconds that Django takes to write the studio's rows once more, for another."""
    from django.db import transaction

    from catalog.models import Avail, Credit, Fact, Party, Title, TitleIdentifier, TitleName
    from ledger import edge_code

    mine, seconds = studio.organisation, 0.0
    of_title = {"title__organisation": mine}
    copies: dict[tuple[str, int], int] = {}  # (column, key) of a row to the key of its copy
    for model, which in (
        (Title, {"organisation": mine}),
        (Party, {"organisation": mine}),
        (TitleIdentifier, {"organisation": mine}),
        (TitleName, of_title),
        (Credit, of_title),
        (Avail, {"organisation": mine}),
        (Fact, of_title),
    ):
        rows: list[Any] = list(model.objects.filter(**which).order_by("pk"))  # type: ignore[attr-defined]
        keys = [row.pk for row in rows]
        for row in rows:
            row.pk = None
            if hasattr(row, "code"):
                row.code = edge_code.new()
            if hasattr(row, "organisation_id"):
                row.organisation = other.organisation
            for column in ("title_id", "party_id", "avail_id"):
                # An Avail's own avail_id is a text.
                if isinstance(key := getattr(row, column, None), int):
                    setattr(row, column, copies[column, key])
        start = time.perf_counter()
        for first in range(0, len(rows), _BATCH):
            with transaction.atomic():
                model.objects.bulk_create(rows[first : first + _BATCH])  # type: ignore[attr-defined]
        seconds += time.perf_counter() - start
        column = f"{model.__name__.lower()}_id"
        copies |= {
            (column, key): row.pk
            for key, row in zip(keys, rows, strict=True)
            if column in ("title_id", "party_id", "avail_id")
        }
    return seconds


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
