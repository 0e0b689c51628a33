"""Writes a plain XLSX as a stream: texts only, so nothing in it is ever a formula."""

import re
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from catalog.imports.workbook import column_letters

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_sheet(path: Path, name: str, rows: Iterable[Sequence[str]]) -> None:
    """Write one sheet of texts; empty texts become empty cells. Same rows, same bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in _parts(name):
            archive.writestr(zipfile.ZipInfo(part), _HEAD + content, zipfile.ZIP_DEFLATED)
        sheet = zipfile.ZipInfo("xl/worksheets/sheet1.xml")
        sheet.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(sheet, "w", force_zip64=True) as file:
            file.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            for number, row in enumerate(rows, 1):
                file.write(_row(number, row).encode())
            file.write(b"</sheetData></worksheet>")


def _parts(name: str) -> list[tuple[str, str]]:
    types = (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml"'
        f' ContentType="{_TYPES}.worksheet+xml"/></Types>'
    )
    book = (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        f'<sheet name={quoteattr(name)} sheetId="1" r:id="r1"/></sheets></workbook>'
    )
    return [
        ("[Content_Types].xml", types),
        ("_rels/.rels", _relation("officeDocument", "xl/workbook.xml")),
        ("xl/_rels/workbook.xml.rels", _relation("worksheet", "worksheets/sheet1.xml")),
        ("xl/workbook.xml", book),
    ]


def _relation(kind: str, target: str) -> str:
    return (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1"'
        f' Type="{_OFFICE}/{kind}" Target="{target}"/></Relationships>'
    )


def _row(number: int, row: Sequence[str]) -> str:
    cells = "".join(
        f'<c r="{column_letters(index)}{number}" t="inlineStr"><is>'
        f'<t xml:space="preserve">{escape(_UNWRITABLE.sub("", text))}</t></is></c>'
        for index, text in enumerate(row)
        if text
    )
    return f'<row r="{number}">{cells}</row>'
