"""XLSX as a stream of cells: own, because no library bounds memory, flags formulas and refuses
bombs at once (docs/decisions/import-reads-workbooks-itself.md). Never evaluates anything.
"""

import mmap
import re
import tempfile
from array import array
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import ascii_uppercase
from typing import IO

from catalog.imports.archive import MAX_DEPTH, Archive, feed, local, parser
from catalog.imports.cells import FORMULA, MAX_CELL_CHARS, MERGED, NO_RESULT, Cell, Kind
from catalog.imports.recognising import other_kind
from catalog.imports.rows import Unreadable

MAX_SHEETS = 100
MAX_STYLES = 65_536
MAX_STRINGS = 20_000_000
MAX_COLUMNS = 16_384
MAX_ROWS = 1_048_576
MAX_MERGES = 100_000
_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_QUOTED = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})", re.ASCII)
_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref\s*=\s*[\"']([A-Z0-9:$]+)[\"']")

type Cells = dict[int, Cell]


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A sheet: its name and the part of the archive that holds it."""

    name: str
    part: str


class Workbook:
    """An XLSX file. Use as a context manager; `folder` is where long text tables may spill."""

    def __init__(self, path: Path, folder: Path | None = None) -> None:
        self.is_1904 = False
        self.sheets: list[SheetPart] = []
        with ExitStack() as opened:
            self._archive = opened.enter_context(Archive(path))
            self.has_macros = self._archive.any_endswith("vbaproject.bin")
            self._read_outline()
            self._dates = self._date_styles()
            self._strings = opened.enter_context(_Strings(folder))
            self._read_strings()
            self._stack = opened.pop_all()

    def __enter__(self) -> "Workbook":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def rows(self, sheet: SheetPart) -> Iterator[tuple[int, Cells]]:
        """Yield (number, cells by column index) of rows that have any value."""
        merges = _Merges(self._archive.chunks(sheet.part))
        chunks = self._archive.chunks(sheet.part)
        for number, cells in _read_sheet(chunks, self._strings, self._dates):
            filled = merges.fill(number, cells)
            if filled:
                yield number, filled

    def _read_outline(self) -> None:
        if not self._archive.has("xl/workbook.xml"):
            is_binary = self._archive.has("xl/workbook.bin")
            raise other_kind("xlsx", "xlsb" if is_binary else "zip")
        targets = {}
        for name, attributes, _ in self._elements("xl/_rels/workbook.xml.rels"):
            if name == "Relationship":
                target = attributes.get("Target", "")
                absolute = target.startswith("/")
                targets[attributes.get("Id", "")] = (
                    target.lstrip("/") if absolute else f"xl/{target}"
                )
        for name, attributes, _ in self._elements("xl/workbook.xml"):
            if name == "workbookPr":
                self.is_1904 = attributes.get("date1904") in ("1", "true")
            elif name == "sheet":
                keys = [key for key in attributes if local(key) == "id" and key != "id"]
                part = targets.get(attributes[keys[0]] if keys else "", "")
                # Chart sheets have no rows.
                if "worksheets/" in part:
                    self.sheets.append(SheetPart(attributes.get("name", "")[:100], part))
        if not self.sheets or len(self.sheets) > MAX_SHEETS:
            raise Unreadable("sheets", f"The workbook has no sheet, or more than {MAX_SHEETS}.")

    def _date_styles(self) -> list[bool]:
        """Return for each cell style whether it shows a date."""
        if not self._archive.has("xl/styles.xml"):
            return []
        custom: dict[str, bool] = {}
        styles: list[bool] = []
        for name, attributes, above in self._elements("xl/styles.xml"):
            number = attributes.get("numFmtId", "")
            if name == "numFmt" and len(custom) < MAX_STYLES:
                code = _QUOTED.sub("", attributes.get("formatCode", "")).lower()
                custom[number] = any(letter in code for letter in "ydhs") or "mm" in code
            elif name == "xf" and above == "cellXfs" and len(styles) < MAX_STYLES:
                known = number.isdecimal() and len(number) < 4 and int(number) in _DATE_FORMATS
                styles.append(custom.get(number, known))
        return styles

    def _elements(self, part: str) -> Iterator[tuple[str, dict[str, str], str]]:
        """Yield (name, attributes, name of the element around it) of a small part."""
        found: list[tuple[str, dict[str, str], str]] = []
        above: list[str] = [""]

        def start(name: str, attributes: dict[str, str]) -> None:
            found.append((local(name), attributes, above[-1]))
            above.append(local(name))
            if len(above) > MAX_DEPTH:
                raise Unreadable("xml_deep", "The file's XML is nested too deeply.")

        def end(_: str) -> None:
            above.pop()

        made = parser()
        made.StartElementHandler = start
        made.EndElementHandler = end
        for _ in feed(made, self._archive.chunks(part), lambda: bool(found)):
            yield from found
            found.clear()

    def _read_strings(self) -> None:
        if not self._archive.has("xl/sharedStrings.xml"):
            return
        text: list[str] = []
        kept: list[str] = []
        inside: list[str] = []

        def start(name: str, _: dict[str, str]) -> None:
            inside.append(local(name))
            if len(inside) > MAX_DEPTH:
                raise Unreadable("xml_deep", "The file's XML is nested too deeply.")

        def end(name: str) -> None:
            inside.pop()
            if local(name) == "si":
                kept.append("".join(text))
                text.clear()

        def characters(data: str) -> None:
            # Pronunciations (rPh) are not part of the text.
            if inside[-1:] == ["t"] and "rPh" not in inside:
                text.append(data)

        made = parser()
        made.StartElementHandler = start
        made.EndElementHandler = end
        made.CharacterDataHandler = characters
        for _ in feed(made, self._archive.chunks("xl/sharedStrings.xml"), lambda: bool(kept)):
            self._strings.extend(kept)
            kept.clear()
        self._strings.close_writing()


class _Strings:
    """The table of shared texts in a file, so that millions of them cost little memory."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._offsets = array("Q", [0])
        self._file: IO[bytes] | None = None
        self._map: mmap.mmap | None = None
        self.get = lru_cache(maxsize=65_536)(self._get)

    def __enter__(self) -> "_Strings":
        return self

    def __exit__(self, *_: object) -> None:
        if self._map is not None:
            self._map.close()
        if self._file is not None:
            self._file.close()

    def extend(self, texts: list[str]) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - closed on exit
        if len(self._offsets) + len(texts) > MAX_STRINGS:
            raise Unreadable("strings", f"The workbook has more than {MAX_STRINGS} texts.")
        offset = self._offsets[-1]
        for text in texts:
            data = text.encode("utf-8", "surrogatepass")
            offset += len(data)
            self._file.write(data)
            self._offsets.append(offset)

    def close_writing(self) -> None:
        if self._file is not None and self._offsets[-1]:
            self._file.flush()
            self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)

    def _get(self, index: str) -> str:
        at = int(index) if index.isdecimal() and len(index) < 9 else -1
        if not 0 <= at < len(self._offsets) - 1:
            raise Unreadable("strings", "A cell points to a text that is not there.")
        start, end = self._offsets[at], self._offsets[at + 1]
        return self._map[start:end].decode("utf-8", "surrogatepass") if self._map else ""


_KINDS: dict[str, Kind] = {"b": "flag", "e": "error", "n": "number", "s": "text"}


def _read_sheet(  # noqa: C901, PLR0915 - one hot loop, see below
    chunks: Generator[bytes], strings: "_Strings", dates: list[bool]
) -> Iterator[tuple[int, Cells]]:
    """Yield the rows of a sheet's XML.

    One function with local state instead of an object: it runs millions of times a file, and
    attribute access doubled its time.
    """
    ready: list[tuple[int, Cells]] = []
    cells: Cells = {}
    text: list[str] = []
    inside: list[str] = []  # elements around, without prefixes
    number, column, length = 0, -1, 0
    attributes_of: dict[str, str] = {}
    is_formula = takes = has_result = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal number, column, cells, attributes_of, is_formula, takes, has_result, length
        if ":" in name:
            name = local(name)
        inside.append(name)
        if name == "c":
            attributes_of = attributes
            is_formula = has_result = False
            length = 0
            reference = attributes.get("r")
            column = column_index(reference) if reference else column + 1
            if not 0 <= column < MAX_COLUMNS:
                raise Unreadable("columns", f"A sheet has a cell outside {MAX_COLUMNS} columns.")
        elif name in ("v", "t"):
            takes = "rPh" not in inside  # a pronunciation is not part of the text
            has_result = True
        elif name == "row":
            number = _next_row(attributes.get("r", ""), number + 1)
            column = -1
            cells = {}
        elif name == "f":
            is_formula = True
        if len(inside) > MAX_DEPTH:
            raise Unreadable("xml_deep", "The file's XML is nested too deeply.")

    def characters(data: str) -> None:
        nonlocal length
        if takes:
            length += len(data)
            if length > MAX_CELL_CHARS:
                raise Unreadable(
                    "cell_long", f"A cell in row {number} is longer than Excel permits."
                )
            text.append(data)

    def end(_: str) -> None:
        nonlocal takes
        name = inside.pop()
        if name in ("v", "t"):
            takes = False
        elif name == "c" and text:
            cell = _cell("".join(text), attributes_of, strings, dates)
            text.clear()
            if cell is not None:
                cells[column] = cell._replace(marks=FORMULA) if is_formula else cell
        elif name == "c" and is_formula and not has_result:
            cells[column] = Cell("", "text", NO_RESULT)
        elif name == "row" and cells:
            ready.append((number, cells))

    made = parser()
    made.StartElementHandler = start
    made.EndElementHandler = end
    made.CharacterDataHandler = characters
    for _ in feed(made, chunks, lambda: bool(ready)):
        yield from ready
        ready.clear()


def _next_row(written: str, following: int) -> int:
    number = int(written) if written.isdecimal() and len(written) < 8 else following
    if not following <= number <= MAX_ROWS:
        raise Unreadable("rows", f"The rows of a sheet are not in order, or more than {MAX_ROWS}.")
    return number


def _cell(
    text: str, attributes: dict[str, str], strings: "_Strings", dates: list[bool]
) -> Cell | None:
    written = attributes.get("t", "n")
    kind: Kind = _KINDS.get(written, "text")
    if written == "s":
        text = strings.get(text)
    elif kind == "number":
        style = attributes.get("s", "")
        if style.isdecimal() and int(style) < len(dates) and dates[int(style)]:
            kind = "date"
        try:
            float(text)  # only to know that it is one
        except ValueError:
            kind = "error"
    return Cell(text, kind) if text and not text.isspace() else None


class _Merges:
    """The merged cells of a sheet, known before its rows are read: they stand behind them.

    A value merged downwards holds for every row it covers. What is merged sideways stays in its
    first cell; the others are marked, with no text, so that nobody takes them for empty.
    """

    def __init__(self, chunks: Generator[bytes]) -> None:
        self._areas: list[tuple[int, int, int, int]] = []
        tail = b""
        with closing(chunks):
            for chunk in chunks:
                data = tail + chunk
                for match in _MERGE.finditer(data):
                    self._add(match[1].decode())
                # A tag that is cut by the end of the chunk is seen whole with the next one.
                at = data.rfind(b"<")
                tail = data[at:] if at >= 0 and len(data) - at < 500 else b""
        self._areas = sorted(set(self._areas))
        self._next = 0
        self._live: list[tuple[tuple[int, int, int, int], Cell]] = []

    def _add(self, reference: str) -> None:
        first, _, last = reference.replace("$", "").partition(":")
        if not (_REFERENCE.fullmatch(first) and _REFERENCE.fullmatch(last)):
            return
        if len(self._areas) >= MAX_MERGES:
            raise Unreadable("merges", f"A sheet has more than {MAX_MERGES} merged areas.")
        top, bottom = (int(end.lstrip(ascii_uppercase)) for end in (first, last))
        self._areas.append((top, column_index(first), bottom, column_index(last)))

    def fill(self, number: int, cells: Cells) -> Cells:
        """Return the cells of row `number` with what merged areas add to them."""
        self._live = [live for live in self._live if live[0][2] >= number]
        for (_, left, _, _), value in self._live:
            cells.setdefault(left, value)
        while self._next < len(self._areas) and self._areas[self._next][0] <= number:
            area = self._areas[self._next]
            self._next += 1
            top, left, bottom, right = area
            if top == number and left in cells:
                for column in range(left + 1, min(right, left + 256) + 1):
                    cells.setdefault(column, Cell("", "text", MERGED))
                value = cells[left]
                if bottom > number:
                    cells[left] = value._replace(marks=value.marks | MERGED)
                    self._live.append((area, cells[left]))
        return cells


@lru_cache(maxsize=20_000)
def _column(letters: str) -> int:
    if not (0 < len(letters) <= 3 and letters.isascii() and letters.isupper()):
        return -1
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


def column_index(reference: str) -> int:
    """Return 2 for `C5`; -1 for what is no reference."""
    letters = reference.rstrip("0123456789")
    return _column(letters)


@lru_cache(maxsize=20_000)
def column_letters(index: int) -> str:
    """Return `C` for 2."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
