"""Hostile workbooks: refused, or read for what they show, in bounded memory and without running."""

import resource
import struct
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from catalog.imports import archive
from catalog.imports.rows import Unreadable
from catalog.imports.workbook import Workbook, column_index, column_letters
from tests.catalog.imports.books import (
    MOVIE,
    avails,
    book,
    codes,
    findings_of,
    read,
    rows_of,
    sheet,
    summary_of,
)


def refusal(path: Path) -> str:
    with pytest.raises(Unreadable) as caught:
        read(path)
    return caught.value.code


def test_a_formula_gives_its_last_result_and_is_flagged(tmp_path: Path) -> None:
    xml = avails([MOVIE | {"Exclusive": '<c t="b"><f>TRUE()</f><v>1</v></c>'}])
    (row,) = rows_of(read(book(tmp_path / "b.xlsx", {"Movies": xml})))
    assert row.avail
    assert row.avail.exclusive is True
    assert codes(row) == [("info", "Exclusive", "formula")]


def test_a_formula_that_was_never_computed_is_not_taken_for_nothing(tmp_path: Path) -> None:
    never = {"TerritoryExclusion": "<c ><f>B9</f></c>"}
    nothing = {"TerritoryExclusion": '<c t="str"><f>IF(1,"")</f><v></v></c>'}
    xml = avails([MOVIE | {"Territory": "WORLD"} | each for each in (never, nothing)])
    lost, kept = rows_of(read(book(tmp_path / "b.xlsx", {"Movies": xml})))
    assert codes(lost) == [("error", "TerritoryExclusion", "formula_empty")]
    assert codes(kept) == []


def test_a_value_merged_downwards_holds_for_each_row_and_is_flagged(tmp_path: Path) -> None:
    column = column_letters(list(MOVIE).index("Territory"))
    merged = f'<mergeCells><mergeCell ref="{column}3:{column}4"/></mergeCells>'
    xml = avails([MOVIE, MOVIE | {"Territory": None}], merged)
    rows = rows_of(read(book(tmp_path / "b.xlsx", {"Movies": xml})))
    assert [row.avail.territory for row in rows if row.avail] == [["KR"], ["KR"]]
    assert codes(rows[1]) == [("warning", "Territory", "merged_down")]


def test_cells_merged_sideways_are_not_taken_for_empty(tmp_path: Path) -> None:
    row = {"Territory": "KR", "TerritoryExclusion": None} | MOVIE
    xml = avails([row], '<mergeCells><mergeCell ref="A3:B3"/></mergeCells>')
    (row_read,) = rows_of(read(book(tmp_path / "b.xlsx", {"Movies": xml})))
    assert ("error", "TerritoryExclusion", "merged") in codes(row_read)


def test_both_date_systems_are_read(tmp_path: Path) -> None:
    # 2027-01-01 is day 46388 since 1899-12-30, and 44926 since 1904-01-01.
    for days, properties in ((46388, ""), (44926, '<workbookPr date1904="1"/>')):
        path = book(tmp_path / "b.xlsx", {"Movies": avails([MOVIE | {"Start": days}])},
                    properties=properties)  # fmt: skip
        (row,) = rows_of(read(path))
        assert row.avail
        assert row.avail.starts_at == datetime(2027, 1, 1, tzinfo=UTC)
    assert [each.code for each in findings_of(read(path))] == ["epoch_1904"]


def test_macros_are_ignored_and_said(tmp_path: Path) -> None:
    path = book(tmp_path / "b.xlsm", {"Movies": avails([MOVIE])}, parts={"xl/vbaProject.bin": b"x"})
    items = read(path)
    assert [each.code for each in findings_of(items)] == ["macros"]
    assert len(rows_of(items)) == 1


def test_an_old_or_locked_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600)
    assert refusal(path) == "old_or_locked"


def test_a_cut_workbook_is_refused(tmp_path: Path) -> None:
    path = book(tmp_path / "b.xlsx", {"Movies": avails([MOVIE])})
    path.write_bytes(path.read_bytes()[:-30])
    assert refusal(path) == "zip"


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = book(tmp_path / "b.xlsx", {"Movies": avails([MOVIE])},
                parts={"xl/sharedStrings.xml": b" " * (64 * 2**20)})  # fmt: skip
    began = time.process_time()
    assert refusal(path) == "zip_bomb"
    assert time.process_time() - began < 1


def test_a_part_longer_than_it_claims_is_refused(tmp_path: Path) -> None:
    path = book(tmp_path / "b.xlsx", {"Movies": avails([MOVIE] * 50)})
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x01\x02")  # the directory's last entry is the sheet
    data[at + 24 : at + 28] = struct.pack("<I", 100)
    path.write_bytes(data)
    assert refusal(path) in {"zip", "zip_bomb"}


def test_too_many_parts_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    with zipfile.ZipFile(path, "w") as made:
        for number in range(archive.MAX_ENTRIES + 1):
            made.writestr(f"{number}", b"")
    assert refusal(path) == "zip_entries"


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_entities_are_never_declared(tmp_path: Path, part: str) -> None:
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    good = book(tmp_path / "good.xlsx", {"Movies": avails([MOVIE])})
    path = tmp_path / "b.xlsx"
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(path, "w") as made:
        for name in source.namelist():
            prefix = laughs.encode() if name == part else b""
            made.writestr(name, prefix + source.read(name))
    assert refusal(path) == "xml_doctype"


def test_shared_texts_are_found_without_their_pronunciation(tmp_path: Path) -> None:
    texts = "<sst><si><t>불</t><r><t>새</t></r><rPh><t>phoenix</t></rPh></si></sst>"
    xml = avails([MOVIE | {"TitleInternalAlias": '<c t="s"><v>0</v></c>'}])
    path = book(tmp_path / "b.xlsx", {"Movies": xml}, parts={"xl/sharedStrings.xml": texts})
    assert rows_of(read(path))[0].title.name == "불새"


def test_a_text_that_is_not_there_is_refused(tmp_path: Path) -> None:
    xml = avails([MOVIE | {"ALID": '<c t="s"><v>7</v></c>'}])
    assert refusal(book(tmp_path / "b.xlsx", {"Movies": xml})) == "strings"


def test_the_longest_sheet_is_read_in_flat_memory(tmp_path: Path) -> None:
    filler = "".join(f'<row r="{n}"/>' for n in range(4, 1_048_576))
    last = '<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>Last</t></is></c></row>'
    xml = avails([MOVIE]).replace("</sheetData>", f"{filler}{last}</sheetData>")
    path = book(tmp_path / "b.xlsx", {"Movies": xml})
    del xml, filler
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    items = read(path)
    assert [row.number for row in rows_of(items)] == [3, 1_048_576]
    assert summary_of(items).rejected == 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_a_sheet_longer_than_excel_permits_is_refused(tmp_path: Path) -> None:
    xml = sheet([["a"]]).replace("</sheetData>", '<row r="1048577"/></sheetData>')
    assert refusal(book(tmp_path / "b.xlsx", {"Movies": xml})) == "rows"


def test_columns_are_counted_as_spreadsheets_do() -> None:
    for index in (0, 25, 26, 701, 702, 16_383):
        assert column_index(f"{column_letters(index)}7") == index
    assert (column_letters(16_383), column_index("c5"), column_index("ABCD1")) == ("XFD", -1, -1)


def test_a_book_without_sheets_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable), Workbook(book(tmp_path / "b.xlsx", {})):
        pass
