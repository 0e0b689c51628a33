"""CSV and JSON lines: encoding and delimiter found out, then rows as cells."""

import codecs
import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from catalog.imports.cells import MAX_CELL_CHARS, Cell, Record
from catalog.imports.columns import COLUMNS, match_headers
from catalog.imports.rows import Finding, Unreadable
from catalog.imports.tables import Tally
from catalog.imports.words import BETWEEN
from catalog.imports.workbook import MAX_COLUMNS, MAX_ROWS, Cells

SAMPLE_BYTES = 2**16
MAX_LINE_BYTES = 2**20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS = ",;\t|"
# A name may hold a comma: what comes as a list of names stays one.
_NAMES = frozenset({"Director", "Writer", "Cast", "Genres"})


def find_encoding(path: Path) -> str:
    """Return how a text is encoded: by its mark, or UTF-8 if the whole text is, or CP949.

    Raises Unreadable when it is none of them.
    """
    with path.open("rb") as file:
        head = file.read(SAMPLE_BYTES)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if head[1::2].count(0) > len(head) // 8 or head[::2].count(0) > len(head) // 8:
        return "utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be"
    if b"\0" in head:
        raise Unreadable("not_text", "This is not a text: it holds zero bytes.")
    for encoding in ("utf-8", "cp949"):
        if _decodes(path, encoding):
            return encoding
    raise Unreadable("encoding", "The text is neither UTF-8, UTF-16 nor CP949. Save it as UTF-8.")


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while chunk := file.read(2**20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def find_delimiter(sample: str) -> str:
    """Return the delimiter that cuts the first lines into the same number of columns, the most."""
    best, most = ",", 1
    for delimiter in _DELIMITERS:
        try:
            rows = list(csv.reader(io.StringIO(sample), delimiter=delimiter))[:-1][:20]
        except csv.Error:  # the real reading says where
            continue
        widths = {len(row) for row in rows if row}
        width = min(widths, default=1)
        if width > most and (len(widths) == 1 or width > most * 2):
            best, most = delimiter, width
    return best


def csv_rows(path: Path) -> Iterator[tuple[int, Cells]]:
    """Yield (line number, cells) of a CSV file; an empty line is none."""
    encoding = find_encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        sample = file.read(SAMPLE_BYTES)
    # The last line of a sample may be cut, and is not looked at: give a whole file one more.
    delimiter = find_delimiter(sample + "\n-" if len(sample) < SAMPLE_BYTES else sample)
    csv.field_size_limit(MAX_CELL_CHARS)
    with path.open(encoding=encoding, newline="") as file:
        # Strict: a quote that is never closed would take all that follows into one cell.
        rows = csv.reader(_bounded(file), delimiter=delimiter, strict=True)
        number = 0
        while True:
            try:
                row = next(rows)
            except StopIteration:
                return
            except (csv.Error, UnicodeDecodeError) as error:
                message = (
                    f"Row {number + 1} cannot be read: {error}. Look there for a quotation mark"
                    " that is not closed."
                )
                raise Unreadable("csv", message, row=number + 1) from None
            number += 1
            if number > MAX_ROWS or len(row) > MAX_COLUMNS:
                raise Unreadable("rows", "The table is larger than a spreadsheet can be.")
            cells = {index: Cell(text.strip()) for index, text in enumerate(row) if text.strip()}
            if cells:
                yield number, cells


def _bounded(file: io.TextIOBase | Any) -> Iterator[str]:
    while line := file.readline(MAX_LINE_BYTES):
        yield line.replace("\0", "")


def json_records(path: Path, tally: Tally) -> Iterator[Record | Finding]:
    """Yield a record for each line, an object whose keys are column names.

    Values are texts, numbers, true and false, or lists of texts; null is nothing.
    """
    tally.sheets.append("lines")
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(line) > MAX_LINE_BYTES:
                raise Unreadable("line_long", f"Line {number} is longer than a million bytes.")
            if line.strip():
                yield _json_record(line, number)


def _json_record(line: bytes, number: int) -> Record | Finding:
    try:
        # Amounts stay as written: no float in between.
        value = json.loads(line, parse_float=str, parse_int=str, object_pairs_hook=_unique)
        if not isinstance(value, dict):
            raise TypeError("it is not an object")
        cells = {key: cell for key, each in value.items() if (cell := _json_cell(key, each))}
    except (ValueError, TypeError, RecursionError) as error:
        return Finding(
            "error", "", f"line {number}", "json",
            f"Line {number} is not a JSON object of one row: {error}."[:300],
        )  # fmt: skip
    names = dict(enumerate(cells))
    columns = match_headers(names).columns
    exact = {names[index]: column for index, column in columns.items() if column in COLUMNS}
    return Record(
        "lines",
        number,
        {
            column: cells[key] if column in _NAMES else _in_one(cells[key])
            for key, column in exact.items()
        },
        _line_address(number, {column: key for key, column in exact.items()}),
        {key[:100]: _in_one(cell) for key, cell in cells.items() if key not in exact},
        is_avails=False,
    )


def _in_one(cell: Cell) -> Cell:
    """Return a list as one text with commas."""
    if BETWEEN not in cell.text:
        return cell
    return cell._replace(text=", ".join(filter(None, cell.text.split(BETWEEN))))


def _line_address(number: int, keys: dict[str, str]) -> Callable[[str], str]:
    return lambda column: f"line {number}: {keys.get(column, column)}"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is given twice")
    return found


def _json_cell(key: str, value: Any) -> Cell | None:
    if isinstance(value, bool):
        return Cell("1" if value else "0", "flag")
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        value = "".join(each.strip() + BETWEEN for each in value if each.strip())
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > MAX_CELL_CHARS:
        raise TypeError(f"{key[:40]} is neither a text, a number nor a list of texts")
    return Cell(value)
