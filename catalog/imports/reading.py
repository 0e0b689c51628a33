"""One file, one stream: findings and rows as they come, the summary last."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from catalog.imports.avails_xml import xml_records
from catalog.imports.cells import Record
from catalog.imports.dates import Reading
from catalog.imports.normalise import read_row
from catalog.imports.recognising import check_kind
from catalog.imports.rows import Finding, Item, Summary, Unreadable
from catalog.imports.tables import (
    HEADER_SEARCH_ROWS,
    Tally,
    find_headers,
    read_mapped,
    read_sheet,
)
from catalog.imports.texts import csv_rows, json_records
from catalog.imports.workbook import Cells, Workbook

FORMATS = ("avails", "avails-xml", "table", "jsonl")


@dataclass(frozen=True, slots=True)
class Source:
    """What is decided for a file before it is read.

    `format` is one of FORMATS; `mapping` (header to column) is for a `table`, CSV or XLSX;
    `sheet` names its sheet, the first if empty. `ending` is that of the file's name.
    """

    format: str
    reading: Reading = field(default_factory=Reading)
    mapping: Mapping[str, str] = field(default_factory=dict)
    sheet: str = ""
    ending: str = ""


def read_file(path: Path, source: Source, folder: Path | None = None) -> Iterator[Item]:
    """Yield what is in the file. Raises Unreadable if it cannot be read (on).

    `folder` is where a long table of texts may spill. Memory does not grow with the file.
    """
    tally = Tally()
    count = rejected = 0
    for item in _items(path, source, tally, folder):
        if isinstance(item, Finding):
            rejected += item.level == "error"
            count += item.level == "error"
            yield item
        else:
            row = read_row(item, source.reading)
            count += 1
            rejected += row.is_rejected
            yield row
    yield Summary(
        source.format, tally.version, tally.sheets, count, rejected, tally.comments,
        source.reading.end_policy, tally.columns,
    )  # fmt: skip


def _items(
    path: Path, source: Source, tally: Tally, folder: Path | None
) -> Iterator[Record | Finding]:
    if path.stat().st_size == 0:
        raise Unreadable("empty", "The file is empty.")
    if source.format not in FORMATS:
        raise ValueError(source.format)
    check_kind(path, source.format, source.ending)
    if source.format == "avails-xml":
        return xml_records(path, tally)
    if source.format == "jsonl":
        return json_records(path, tally)
    if is_zip(path):
        return _workbook(path, source, tally, folder)
    if source.format == "avails":
        return read_sheet("csv", csv_rows(path), tally)
    return read_mapped("csv", csv_rows(path), source.mapping, tally)


def is_zip(path: Path) -> bool:
    """Whether the file is a workbook; also an old or a locked one, which is then refused."""
    with path.open("rb") as file:
        return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06", bytes.fromhex("d0cf11e0"))


def _workbook(
    path: Path, source: Source, tally: Tally, folder: Path | None
) -> Iterator[Record | Finding]:
    with Workbook(path, folder) as book:
        if book.has_macros:
            message = "The workbook has macros; they are neither run nor kept."
            yield Finding("warning", "", "", "macros", message)
        if book.is_1904:
            message = "The workbook counts days from 1904; its dates are read so."
            yield Finding("info", "", "", "epoch_1904", message)
        if source.format == "avails":
            for sheet in book.sheets:
                rows = book.rows(sheet)
                yield from read_sheet(sheet.name, rows, tally, epoch_1904=book.is_1904)
            if not tally.sheets:
                raise Unreadable("no_avails", "No sheet of this workbook has Avails headers.")
        else:
            found = [sheet for sheet in book.sheets if source.sheet in ("", sheet.name)]
            if not found:
                raise Unreadable("no_sheet", f"There is no sheet {source.sheet[:80]!r}.")
            rows = book.rows(found[0])
            yield from read_mapped(
                found[0].name, rows, source.mapping, tally, epoch_1904=book.is_1904
            )


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows of a table, for the wizard."""

    sheet: str
    headers: list[str]
    rows: list[list[str]]


def preview(
    path: Path, count: int = 5, folder: Path | None = None, ending: str = ""
) -> list[Preview]:
    """Return the headers and first rows of each sheet of a workbook, or of a CSV file."""
    check_kind(path, "table", ending)
    if not is_zip(path):
        return [_preview("csv", csv_rows(path), count)]
    with Workbook(path, folder) as book:
        return [_preview(sheet.name, book.rows(sheet), count) for sheet in book.sheets]


def _preview(name: str, lines: Iterator[tuple[int, Cells]], count: int) -> Preview:
    first = [cells for _, cells in islice(lines, HEADER_SEARCH_ROWS + count)]
    headers = find_headers(first[:HEADER_SEARCH_ROWS])
    rows = first[headers : headers + count + 1]
    width = max((max(cells) for cells in rows), default=-1) + 1
    texts = [
        [cells[index].text[:200] if index in cells else "" for index in range(min(width, 500))]
        for cells in rows
    ]
    return Preview(name, texts[0] if texts else [], texts[1:])
