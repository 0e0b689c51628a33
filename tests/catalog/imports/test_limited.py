"""Uploads are read in the limited process, and come out as the same rows."""

from pathlib import Path

import pytest

from catalog.imports.dates import Reading
from catalog.imports.limited import items_of, preview_upload, read_upload
from catalog.imports.reading import Source
from catalog.imports.rows import Unreadable
from tests.catalog.imports.books import MOVIE, avails, book, read, sheet


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "work"
    made.mkdir()
    return made


def test_the_rows_are_those_of_the_pure_reader(tmp_path: Path, folder: Path) -> None:
    path = book(tmp_path / "b.xlsx", {"Movies": avails([MOVIE, MOVIE | {"Territory": "ZZ"}])})
    source = Source("avails", Reading(end_policy="inclusive", zone="Asia/Seoul"))
    contents = read_upload(path, folder, source)
    rows = read(path, end_policy="inclusive", zone="Asia/Seoul")
    assert contents.items == len(rows)
    assert list(items_of(folder, len(rows))) == rows
    assert list(items_of(folder, len(rows), 1)) == rows[1:]


def test_a_refusal_comes_back_with_its_reason(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "b.xlsx"
    path.write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(Unreadable, match="not a whole XLSX") as caught:
        read_upload(path, folder, Source("avails"))
    assert caught.value.code == "zip"


def test_rows_cut_off_are_never_taken_for_all(tmp_path: Path, folder: Path) -> None:
    path = book(tmp_path / "b.xlsx", {"Movies": avails([MOVIE] * 3)})
    contents = read_upload(path, folder, Source("avails"))
    rows = folder / "rows.jsonl"
    rows.write_bytes(b"".join(rows.read_bytes().splitlines(keepends=True)[:2]))
    with pytest.raises(Unreadable, match="not read to its end"):
        list(items_of(folder, contents.items))


def test_a_preview_for_the_wizard(tmp_path: Path, folder: Path) -> None:
    path = book(tmp_path / "b.xlsx", {"목록": sheet([["작품명", "연도"], ["불새", 2027]])})
    (shown,) = preview_upload(path, folder)
    assert (shown.sheet, shown.headers, shown.rows) == (
        "목록",
        ["작품명", "연도"],
        [["불새", "2027"]],
    )
