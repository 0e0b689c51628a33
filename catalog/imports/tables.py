"""Tables as records: sheets of a workbook, CSV, JSON lines. Headers found, comments counted."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from catalog.imports.cells import MERGED, NO_RESULT, Bad, Cell, Record, plain_number
from catalog.imports.columns import (
    COLUMNS,
    PLACELESS,
    TERMS_COLUMNS,
    TITLE_COLUMNS,
    Headers,
    match_headers,
    propose_mapping,
)
from catalog.imports.rows import Finding, Unreadable
from catalog.imports.words import RATED_IN
from catalog.imports.workbook import Cells, column_letters

HEADER_SEARCH_ROWS = 20
_VERSION = re.compile(r"v?[ _]?(\d)\.(\d+)(?:\.\d+)*", re.IGNORECASE)
VERSIONS = ("1.7", "1.8", "1.9")


@dataclass
class Tally:
    """What a source counts while it is read."""

    version: str = ""
    sheets: list[str] = field(default_factory=list)
    comments: int = 0
    columns: dict[str, dict[str, str]] = field(default_factory=dict)  # sheet -> column -> letters


type Lines = Iterable[tuple[int, Cells]]


def read_sheet(
    name: str, lines: Lines, tally: Tally, *, epoch_1904: bool = False
) -> Iterator[Record | Finding]:
    """Yield the records of an Avails sheet, or one finding if it has no such headers."""
    rows = iter(lines)
    for seen, (number, cells) in enumerate(rows, 1):
        headers = match_headers({index: cell.text for index, cell in cells.items() if cell.text})
        if is_avails_header(headers):
            tally.sheets.append(name)
            yield from _note_version(tally, name)
            yield from _header_findings(name, number, cells, headers)
            layout = Layout(name, headers, epoch_1904=epoch_1904, is_avails=True)
            tally.columns[name] = layout.letters()
            yield from _records(rows, layout, tally)
            return
        if seen == HEADER_SEARCH_ROWS:
            break
    yield Finding(
        "info",
        "",
        f"{name}!A1",
        "sheet_skipped",
        f"The sheet {name!r} has no Avails headers (EntryType and others); it is not read.",
        {"sheet": name},
    )


def read_mapped(
    name: str, lines: Lines, mapping: Mapping[str, str], tally: Tally, *, epoch_1904: bool = False
) -> Iterator[Record | Finding]:
    """Yield the records of a plain table, below the row that has the headers of `mapping`."""
    rows = iter(lines)
    number, cells = _header_row(rows, mapping)
    columns: dict[int, str] = {}
    unknown: dict[int, str] = {}
    for index, cell in sorted(cells.items()):
        column = mapping.get(cell.text.strip(), "")
        if column in COLUMNS and column not in columns.values():
            columns[index] = column
        else:
            unknown[index] = cell.text.strip()
    if not columns:
        raise Unreadable("mapping", "None of the mapped headers is in the table's first rows.")
    tally.sheets.append(name)
    twice = repeats({index: cell.text for index, cell in cells.items()})
    yield from _twice_findings(name, number, cells, twice)
    headers = Headers(columns, unknown, {}, {})
    others = {index: header for index, header in unknown.items() if index not in twice}
    yield from _header_findings(name, number, cells, replace(headers, unknown=others))
    yield from _placeless_findings(name, number, columns)
    found = {cell.text.strip() for cell in cells.values()}
    for header in mapping.keys() - found:
        yield Finding(
            "warning", mapping[header], f"{name}!{number}", "header_missing",
            f"The table has no header {header!r}.", {"header": header},
        )  # fmt: skip
    layout = Layout(
        name, headers, epoch_1904=epoch_1904, is_avails=False,
        rated_by=_rated_by(columns, cells),
    )  # fmt: skip
    tally.columns[name] = layout.letters()
    yield from _records(rows, layout, tally)


def _header_row(rows: Iterator[tuple[int, Cells]], mapping: Mapping[str, str]) -> tuple[int, Cells]:
    """Return the row with the headers, read up to it: the first, or the first of the next few that
    has a mapped one."""
    first: tuple[int, Cells] | None = None
    for number, cells in islice(rows, HEADER_SEARCH_ROWS):
        first = first or (number, cells)
        if any(mapping.get(cell.text.strip()) for cell in cells.values()):
            return number, cells
    if first is None:
        raise Unreadable("empty", "The table is empty.")
    return first


def _placeless_findings(sheet: str, number: int, columns: Mapping[int, str]) -> Iterator[Finding]:
    """Yield what is mapped to a column that titles have no place for; terms keep all else."""
    has_terms = bool(TERMS_COLUMNS & set(columns.values()))
    for index, column in columns.items():
        if column in PLACELESS or not (has_terms or column in TITLE_COLUMNS):
            yield Finding(
                "warning", column, f"{sheet}!{column_letters(index)}{number}", "column_placeless",
                f"{column} has no place at a title, and is not kept.", {"value": column},
            )  # fmt: skip


def _rated_by(columns: Mapping[int, str], cells: Cells) -> str:
    """Return the system of ratings where their column is called by it, such as `MPAA`."""
    called = {column: cells[index].text.strip() for index, column in columns.items()}
    system = "" if "RatingSystem" in called else called.get("RatingValue", "")
    return system.upper() if system.upper() in RATED_IN else ""


def find_headers(lines: Sequence[Cells]) -> int:
    """Return which of these rows has the headers of a table: the first row, or one that means
    columns and stands below shorter rows, of what the table is called."""
    longest = 0
    for place, cells in enumerate(lines):
        texts = [cell.text for cell in cells.values() if cell.text]
        if longest * 2 > len(texts):
            return 0
        if len(propose_mapping(texts)) > 1:
            return place
        longest = max(longest, len(texts))
    return 0


def repeats(headers: Mapping[int, str]) -> dict[int, int]:
    """Return, by index, each header that stood further to the left already, and where it did."""
    first: dict[str, int] = {}
    found: dict[int, int] = {}
    for index, header in sorted(headers.items()):
        if (earlier := first.setdefault(header.strip(), index)) != index and header.strip():
            found[index] = earlier
    return found


def _twice_findings(
    sheet: str, number: int, cells: Cells, twice: Mapping[int, int]
) -> Iterator[Finding]:
    for index, earlier in twice.items():
        header = cells[index].text.strip()[:60]
        read, left = (f"{column_letters(each)}{number}" for each in (earlier, index))
        yield Finding(
            "warning", header, f"{sheet}!{left}", "header_twice",
            f"The header {header!r} stands in {read} and in {left}: the column of {read} is read,"
            f" that of {left} is not.", {"value": header, "read": read, "left": left},
        )  # fmt: skip


def is_avails_header(headers: Headers) -> bool:
    """Whether these are the headers of an Avails sheet rather than some words."""
    found = set(headers.columns.values())
    return len(found) >= 5 and bool(found & {"EntryType", "LicenseType", "ALID"})


def _note_version(tally: Tally, sheet: str) -> Iterator[Finding]:
    if sheet.casefold().startswith("avails-ai"):
        tally.version = "AI"
    elif match := _VERSION.search(sheet):
        tally.version = f"{match[1]}.{match[2]}"
        if tally.version not in VERSIONS:
            yield Finding(
                "warning", "", f"{sheet}!A1", "version",
                f"The sheet names version {tally.version}; it is read as Avails 1.9.",
                {"version": tally.version},
            )  # fmt: skip


def _header_findings(sheet: str, number: int, cells: Cells, headers: Headers) -> Iterator[Finding]:
    for index, column in headers.misspelt.items():
        written = cells[index].text[:60]
        yield Finding(
            "warning", column, f"{sheet}!{column_letters(index)}{number}", "header_misspelt",
            f"The header {written!r} is read as {column}.", {"header": written, "column": column},
        )  # fmt: skip
    for index, column in headers.repeated.items():
        first = next(each for each, name in headers.columns.items() if name == column)
        read, other = (f"{column_letters(each)}{number}" for each in (first, index))
        yield Finding(
            "warning", column, f"{sheet}!{other}", "column_repeated",
            f"The header {column} stands in {read} and in {other}: {read} is read, and a row where"
            " the two differ is rejected.", {"column": column, "read": read, "left": other},
        )  # fmt: skip
    for index, header in headers.unknown.items():
        yield Finding(
            "info", header[:60], f"{sheet}!{column_letters(index)}{number}", "column_unknown",
            f"The column {header[:60]!r} is kept as it is, not understood.",
            {"header": header[:60]},
        )  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """Where the columns of a table are."""

    sheet: str
    headers: Headers
    epoch_1904: bool
    is_avails: bool
    rated_by: str = ""

    def letters(self) -> dict[str, str]:
        """Return the letters of each column that is read."""
        return {name: column_letters(index) for index, name in self.headers.columns.items()}

    def address(self, number: int) -> Callable[[str], str]:
        """Return the function from a column to its cell in row `number`."""

        def find(column: str) -> str:
            for index, name in self.headers.columns.items():
                if name == column:
                    return f"{self.sheet}!{column_letters(index)}{number}"
            return f"{self.sheet}!{number}"

        return find


def _records(rows: Iterator[tuple[int, Cells]], layout: Layout, tally: Tally) -> Iterator[Record]:
    is_first = True
    for number, cells in rows:
        if layout.is_avails and is_comment(cells, is_first=is_first):
            tally.comments += 1
            if is_first:
                _note_template_version(tally, cells)
        else:
            yield _record(number, cells, layout)
        is_first = False


def is_comment(cells: Cells, *, is_first: bool) -> bool:
    """Whether a row of an Avails sheet is a remark: its first cell begins with `//`.

    The row under the headers is one, too, when more than half of its cells do (templates have
    their version in the first).
    """
    texts = [cell.text.lstrip() for _, cell in sorted(cells.items())]
    marked = sum(text.startswith("//") for text in texts)
    return texts[0].startswith("//") or (is_first and marked * 2 > len(texts))


def _note_template_version(tally: Tally, cells: Cells) -> None:
    first = cells.get(0)
    if not tally.version and first and first.kind == "number":
        with_one_digit = plain_number(first.text)
        tally.version = with_one_digit if with_one_digit in VERSIONS else ""


def _record(number: int, cells: Cells, layout: Layout) -> Record:
    named: dict[str, Cell] = {}
    other: dict[str, Cell] = {}
    problems: list[tuple[str, Bad]] = []
    headers = layout.headers
    for index, cell in cells.items():
        if column := headers.columns.get(index):
            if cell.text:
                named[column] = cell
            elif cell.marks & MERGED:
                problems.append((column, _merged_sideways(column)))
            elif cell.marks & NO_RESULT:
                message = "A formula that was never computed: open the file, and save it again."
                problems.append((column, Bad("formula_empty", message)))
        elif column := headers.repeated.get(index):
            first = cells.get(next(i for i, name in headers.columns.items() if name == column))
            if first is None or first.text.strip() != cell.text.strip():
                problems.append((column, _contradicting(column)))
        elif cell.text:
            name = headers.unknown.get(index) or f"column {column_letters(index)}"
            # A second column of one name takes nothing from the first.
            other[name if name not in other else f"{name} ({column_letters(index)})"] = cell
    if layout.rated_by and "RatingValue" in named:
        named["RatingSystem"] = Cell(layout.rated_by)
    return Record(
        layout.sheet, number, named, layout.address(number), other, tuple(problems),
        layout.epoch_1904, layout.is_avails,
    )  # fmt: skip


def _merged_sideways(column: str) -> Bad:
    return Bad(
        "merged", f"{column} is merged with the cell to its left; split the cells.", column=column
    )


def _contradicting(column: str) -> Bad:
    return Bad(
        "contradiction", f"Two columns {column} say different things in this row.", column=column
    )
