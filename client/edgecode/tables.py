"""Lists on standard output: for people, as CSV, or as JSON, one object a line."""

import csv
import json
import sys
import unicodedata
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import batched
from typing import NamedTuple

from edgecode.audit.words import plain

# A cell that begins so is a formula to a spreadsheet, the wide forms too in East Asian ones.
_FORMULA = tuple(
    "=+-@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}"
    "\N{FULLWIDTH COMMERCIAL AT}\t\r\n"
)
_WIDEST = 48
_AT_A_TIME = 200

type Cell = str | int | None


class Column[Row](NamedTuple):
    """A column's name, and what it holds of a row; `only_csv` ones are too much for a screen."""

    name: str
    of: Callable[[Row], Cell]
    only_csv: bool = False


def add_format(parser: ArgumentParser) -> None:
    """Describe the options that say how a list is written."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a line, as the API says")
    form.add_argument("--csv", action="store_true", help="CSV (RFC 4180) with a line of names")


def write_rows[Row](options: Namespace, columns: Sequence[Column[Row]], rows: Iterable[Row]) -> int:
    """Write the rows while they come; return how many there were."""
    write = _json if options.json else _csv if options.csv else _text
    count = 0

    def counted() -> Iterator[Row]:
        nonlocal count
        for row in rows:
            count += 1
            yield row

    write(columns, counted())
    sys.stdout.flush()
    return count


def write_json(value: object) -> None:
    """Write one object on a line of its own."""
    sys.stdout.write(f"{json.dumps(value, ensure_ascii=False)}\n")


def _json[Row](_columns: Sequence[Column[Row]], rows: Iterable[Row]) -> None:
    for row in rows:
        write_json(row)


def _csv[Row](columns: Sequence[Column[Row]], rows: Iterable[Row]) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow([column.name for column in columns])
    for row in rows:
        writer.writerow([_harmless(column.of(row)) for column in columns])


def _text[Row](columns: Sequence[Column[Row]], rows: Iterable[Row]) -> None:
    """Write in columns that are as wide as what the first rows hold."""
    shown = [column for column in columns if not column.only_csv]
    widths: list[int] = []
    for some in batched(rows, _AT_A_TIME):
        lines = [[_fit(_shown(column.of(row))) for column in shown] for row in some]
        if not widths:
            lines.insert(0, [column.name for column in shown])
            widths = [max(map(_wide, cells)) for cells in zip(*lines, strict=True)]
        for line in lines:
            cells = (_padded(cell, width) for cell, width in zip(line, widths, strict=True))
            sys.stdout.write("  ".join(cells).rstrip() + "\n")


def _shown(cell: Cell) -> str:
    return "" if cell is None else plain(cell)


def _fit(text: str) -> str:
    if _wide(text) <= _WIDEST:
        return text
    while _wide(text) >= _WIDEST:
        text = text[:-1]
    return f"{text}…"


def _wide(text: str) -> int:
    """Return how many columns of a terminal it takes: Korean takes two a letter."""
    return len(text) + sum(unicodedata.east_asian_width(each) in "WF" for each in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _wide(text))


def _harmless(cell: Cell) -> Cell:
    """Return text that would be read as a formula behind an apostrophe."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
