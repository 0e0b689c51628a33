"""CSV in the encodings people have, JSON lines, and tables with a mapping."""

import json
from pathlib import Path

import pytest

from catalog.imports.reading import Source, preview, read_file
from catalog.imports.rows import Finding, Identifier, Rating, Row, Unreadable
from catalog.imports.texts import find_delimiter, find_encoding
from tests.catalog.imports.books import (
    MOVIE,
    book,
    findings_of,
    read,
    rows_of,
    sheet,
    summary_of,
)

TABLE = "작품명,제작 연도,러닝타임,비고\n불새,2027,116,좋음\n파도,모름,90,\n"
MERGED_TITLE = '<mergeCells><mergeCell ref="A1:C1"/></mergeCells>'
MAPPING = {
    "작품명": "TitleInternalAlias",
    "제작 연도": "ReleaseYear",
    "러닝타임": "TotalRunTime",
}


def table(path: Path, mapping: dict[str, str] = MAPPING) -> list[Row]:
    return rows_of(read_file(path, Source("table", mapping=mapping)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp949"])
def test_korean_tables_in_every_common_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(TABLE.encode(encoding))
    rows = table(path)
    assert [row.title.name for row in rows] == ["불새", "파도"]
    assert (rows[0].title.year, rows[0].title.run_time_ms) == (2027, 116 * 60_000)
    assert rows[0].other == {"비고": "좋음"}
    assert [(each.level, each.cell) for each in rows[1].findings] == [("warning", "csv!B3")]
    assert rows[0].avail is None


def test_a_text_in_no_known_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n\xff\xff\x81,\x00\n")
    with pytest.raises(Unreadable):
        find_encoding(path)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    lines = [["a", "b", "c"], ['"x, y; z"', "2", "3"]] * 3
    sample = "\n".join(delimiter.join(line) for line in lines) + "\n-"
    assert find_delimiter(sample) == delimiter


def test_avails_as_csv_are_avails(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(",".join(MOVIE) + "\n" + ",".join(f'"{v}"' for v in MOVIE.values()) + "\n")
    (row,) = rows_of(read(path))
    assert row.avail
    assert (row.title.name, row.avail.territory) == ("First Dance, The", ["KR"])


def test_a_workbook_with_a_mapping(tmp_path: Path) -> None:
    path = book(tmp_path / "t.xlsx", {"목록": sheet([["작품명", "러닝타임"], ["불새", 116]])})
    (row,) = table(path)
    assert (row.title.name, row.title.run_time_ms) == ("불새", 116 * 60_000)
    assert preview(path)[0].rows == [["불새", "116"]]


def test_what_a_table_is_called_may_stand_above_its_headers(tmp_path: Path) -> None:
    lines = [["2026년 판권 현황"], [], ["작품명", "제작 연도", "러닝타임"], ["불새", 2027, 116]]
    path = book(tmp_path / "t.xlsx", {"목록": sheet(lines, MERGED_TITLE)})
    (shown,) = preview(path)
    assert (shown.headers, shown.rows) == (
        ["작품명", "제작 연도", "러닝타임"],
        [["불새", "2027", "116"]],
    )
    (row,) = table(path)
    assert (row.number, row.title.name, row.title.year, row.findings) == (4, "불새", 2027, [])


def test_a_header_that_stands_twice_is_said_and_the_first_is_read(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("작품명,비고,작품명,비고\n불새,a,파도,b\n")
    lines = [["작품명", "비고", "작품명", "비고"], ["불새", "a", "파도", "b"]]
    for path, name in (
        (tmp_path / "t.csv", "csv"),
        (book(tmp_path / "t.xlsx", {"목록": sheet(lines)}), "목록"),
    ):
        mapping = {"작품명": "TitleInternalAlias"}
        items = list(read_file(path, Source("table", mapping=mapping)))
        (row,) = rows_of(items)
        assert row.title.name == "불새"
        assert row.other == {"비고": "a", "작품명": "파도", "비고 (D)": "b"}
        told = [each for each in items if isinstance(each, Finding)]
        assert [(each.code, each.cell) for each in told if each.level == "warning"] == [
            ("header_twice", f"{name}!C1"),
            ("header_twice", f"{name}!D1"),
        ]
        assert "stands in A1 and in C1: the column of A1 is read" in told[0].message


def test_what_a_title_has_no_place_for_is_said(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("title,plot,notes,from\nOne,It ends well,x,\n")
    mapping = {"title": "TitleInternalAlias", "plot": "Synopsis", "notes": "Description"}
    for more, cells in (({}, ["csv!B1", "csv!C1"]), ({"from": "Start"}, ["csv!B1"])):
        items = read_file(tmp_path / "t.csv", Source("table", mapping=mapping | more))
        told = [each for each in findings_of(items) if each.code == "column_placeless"]
        assert [each.cell for each in told] == cells


def test_a_column_called_by_a_rating_system_names_it(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("title,mpaa\nOne,PG-13\nTwo,\n")
    one, two = table(tmp_path / "t.csv", {"title": "TitleInternalAlias", "mpaa": "RatingValue"})
    assert (one.title.ratings, one.findings) == ([Rating("MPAA", "PG-13")], [])
    assert (two.title.ratings, two.findings) == ([], [])


def test_a_mapping_that_fits_nothing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(Unreadable, match="mapped"):
        table(path)


def test_json_lines_keep_amounts_and_lists_exact(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    line = MOVIE | {"Territory": ["KR", "NA"], "PriceType": "WSP", "PriceCurrency": "USD",
                    "Cast": ["Chen, Bo", "Ada Park"], "Exclusive": ["Yes"]}  # fmt: skip
    text = json.dumps(line)[:-1] + ', "PriceValue": 0.10, "IMDbID": "tt0118694"}'
    path.write_text(f"{text}\n\n")
    (row,) = rows_of(read(path, "jsonl"))
    assert row.avail
    assert row.avail.territory == ["KR", "NA"]
    assert row.avail.prices[0].minor == 10
    assert (row.title.cast, row.avail.exclusive) == (["Chen, Bo", "Ada Park"], True)
    assert Identifier("imdb", "tt0118694", verified=True) in row.title.ids


@pytest.mark.parametrize(
    "line", ["[]", "{", '{"a": {"b": 1}}', '{"Start": "x", "Start": "y"}', "[" * 5000, '{"a": NaN}']
)
def test_a_bad_line_is_rejected_and_the_next_ones_are_read(tmp_path: Path, line: str) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(f'{line}\n{{"TitleInternalAlias": "Next"}}\n')
    items = read(path, "jsonl")
    assert [row.title.name for row in rows_of(items)] == ["Next"]
    assert [(each.code, each.cell) for each in findings_of(items)] == [("json", "line 1")]
    assert (summary_of(items).rows, summary_of(items).rejected) == (2, 1)


def test_a_quote_that_never_ends_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    for text in ('"' + "x" * 100_000, '"불새\n파도\n', '불새\n"파도\n"나무"\n'):
        path.write_text("작품명\n" + text)
        with pytest.raises(Unreadable, match=r"Row [23] cannot be read"):
            table(path)
