"""A file that is not what its name says is refused by what it is."""

import zipfile
from pathlib import Path

import pytest

from catalog.importing.starting import guess_format
from catalog.importing.words import _FOUND, _WANTED
from catalog.imports import recognising
from catalog.imports.reading import Source, preview, read_file
from catalog.imports.recognising import ending_of
from catalog.imports.rows import Unreadable

OLD = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
PAGE = b"<!DOCTYPE html>\n<html><table><tr><td>Title</td></tr></table></html>"
EXPORTED = b'<?xml version="1.0"?>\n<!-- made by a portal -->\n<html xmlns:x="urn:excel"></html>'


def wide(text: str) -> bytes:
    return text.encode("utf-16-le")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.xlsx", PDF, "no XLSX workbook (it is a PDF)"),
        ("a.xlsx", PAGE, "no XLSX workbook (it is a web page, HTML)"),
        ("a.XLSX", EXPORTED, "no XLSX workbook (it is a web page, HTML)"),
        ("a.xlsx", OLD + wide("Workbook"), "(it is an old workbook, .xls: save it as .xlsx)"),
        ("a.xlsx", OLD + wide("EncryptedPackage"), "(it is a workbook with a password: save it"),
        ("a.xlsm", PNG, "no XLSX workbook (it is a picture)"),
        ("a.csv", PDF, "no CSV table (it is a PDF)"),
        ("a.csv", b"\0\1\2\3\4\0\0\0\0\0\0" * 9, "no CSV table (it is binary data)"),
        ("a.xml", PDF, "no Avails XML (it is a PDF)"),
        ("a.xml", PAGE, "no Avails XML (it is a web page, HTML)"),
        ("a.xml", b"Title,Year\nA,2001\n", "no Avails XML (it is a text of another kind)"),
        ("a.jsonl", b"Title,Year\nA,2001\n", "no file of JSON lines (it is a text of another"),
        ("a.jsonl", b'[{"Title": "A"}]', "no file of JSON lines (it is one list of JSON: write"),
        ("a", PDF, "no XLSX workbook or CSV table (it is a PDF)"),
    ],
)  # fmt: skip
def test_what_it_is_and_what_it_should_be(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    ending = ending_of(name)
    form = guess_format(path, ending)
    with pytest.raises(Unreadable) as refusal:
        list(read_file(path, Source(form, ending=ending)))
    assert (refusal.value.code, said in refusal.value.message) == ("other_kind", True)


def test_another_archive_is_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    for part, said in (
        ("word/document.xml", "ZIP archive of something"),
        ("xl/workbook.bin", ".xlsb"),
    ):
        with zipfile.ZipFile(path, "w") as made:
            made.writestr(part, "x")
        with pytest.raises(Unreadable, match=said):
            preview(path, ending="xlsx")


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        # Named otherwise, and still what can be read.
        ("a.xlsx", b"Title,Year\nA,2001\n", "table"),
        ("a.csv", b"<AvailList/>", "avails-xml"),
        ("a.csv", "Title,Year\nA,2001\n".encode("utf-16"), "table"),
        ("a.txt", b'{"Title": "A"}', "jsonl"),
        ("a.xml", b'\xef\xbb\xbf<?xml version="1.0"?>\n<AvailList/>', "avails-xml"),
    ],
)  # fmt: skip
def test_what_can_be_read_is_read_whatever_its_name(
    tmp_path: Path, name: str, content: bytes, form: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert guess_format(path, ending_of(name)) == form
    recognising.check_kind(path, form, ending_of(name))


def test_every_kind_has_words_in_both_languages() -> None:
    assert {name: str(text) for name, text in _FOUND.items()} == recognising.FOUND
    assert {name: str(text) for name, text in _WANTED.items()} == recognising.WANTED
