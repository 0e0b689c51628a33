"""Workbooks as raw parts, good and faulty: what a well-behaved library would refuse to write."""

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from catalog.imports.dates import Reading
from catalog.imports.reading import Source, read_file
from catalog.imports.rows import Finding, Item, Row, Summary
from catalog.imports.workbook import column_letters

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OFFICE = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'

MOVIE = {
    "DisplayName": "Rockstar Films",
    "Territory": "KR",
    "WorkType": "Movie",
    "EntryType": "Full Extract",
    "TitleInternalAlias": "First Dance, The",
    "LicenseType": "EST",
    "Start": "2027-01-01",
    "End": "2027-12-31",
    "ALID": "alid:1",
    "AvailID": "avail:1",
}

type Value = str | int | float | bool | None


def cell(reference: str, value: Value, extra: str = "") -> str:
    """Return one cell; texts that begin with `<` are taken as the cell's own XML."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'<c r="{reference}" t="b"{extra}><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{reference}"{extra}><v>{value}</v></c>'
    if value.startswith("<c "):
        return value.replace("<c ", f'<c r="{reference}" ', 1)
    return f'<c r="{reference}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def sheet(rows: Iterable[Sequence[Value]], after: str = "") -> str:
    """Return the XML of a sheet; `after` stands behind the rows."""
    body = "".join(
        f'<row r="{number}">'
        + "".join(cell(f"{column_letters(i)}{number}", value) for i, value in enumerate(row))
        + "</row>"
        for number, row in enumerate(rows, 1)
    )
    return f"<worksheet {MAIN}><sheetData>{body}</sheetData>{after}</worksheet>"


def book(
    path: Path,
    sheets: Mapping[str, str],
    *,
    properties: str = "",
    parts: Mapping[str, str | bytes] | None = None,
) -> Path:
    """Write a workbook of these sheets (name to XML), with more parts."""
    entries = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{i}" r:id="r{i}"/>'
        for i, name in enumerate(sheets, 1)
    )
    relations = "".join(
        f'<Relationship Id="r{i}" Type="x/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "xl/workbook.xml",
            f"<workbook {MAIN} {OFFICE}>{properties}<sheets>{entries}</sheets></workbook>",
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels", f"<Relationships>{relations}</Relationships>"
        )
        for i, xml in enumerate(sheets.values(), 1):
            archive.writestr(f"xl/worksheets/sheet{i}.xml", xml)
        for name, content in (parts or {}).items():
            archive.writestr(name, content)
    return path


def avails(rows: Iterable[Mapping[str, Value]], after: str = "") -> str:
    """Return the XML of a Movies sheet with a header in row 2 and these rows from row 3."""
    rows = list(rows)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    table = [["Avail"], columns, *([row.get(name) for name in columns] for row in rows)]
    return sheet(table, after)


def read(path: Path, form: str = "avails", **reading: str) -> list[Item]:
    return list(read_file(path, Source(form, Reading(**reading))))  # type: ignore[arg-type]


def rows_of(items: Iterable[Item]) -> list[Row]:
    return [item for item in items if isinstance(item, Row)]


def findings_of(items: Iterable[Item]) -> list[Finding]:
    return [item for item in items if isinstance(item, Finding)]


def summary_of(items: Sequence[Item]) -> Summary:
    assert isinstance(items[-1], Summary)
    return items[-1]


def movie(path: Path, *, reading: Mapping[str, str] | None = None, **values: Value) -> Row:
    """Return the row that a sheet with one movie gives."""
    book(path / "one.xlsx", {"Movies": avails([MOVIE | values])})
    (row,) = rows_of(read(path / "one.xlsx", **(reading or {})))
    return row


def codes(row: Row) -> list[tuple[str, str, str]]:
    return [(each.level, each.column, each.code) for each in row.findings]
