"""A certificate as it is typeset: whatever the names, however many files."""

import io
from typing import Any

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from catalog.scope.territory import COUNTRIES
from catalog.scope.uses import LEAVES
from licensing.deals.conditions import LeftOut
from provenance.certificates.files import CertifiedFile, root_of
from provenance.certificates.pdf import render

pytestmark = pytest.mark.usefixtures("var_dir")

HOSTILE = '<script>alert(1)</script> #import "x" $a$ \u202e' + "밤" * 240


def table(document: bytes) -> str:
    names: Any = PdfFileReader(io.BytesIO(document)).root["/Names"]["/EmbeddedFiles"]["/Names"]
    assert names[0] == "files.csv"
    return bytes(names[1]["/EF"]["/F"].data).decode()


def stated(files: list[CertifiedFile], name: str, **changes: Any) -> dict[str, Any]:
    """A statement about these files of works with this name."""
    party = {"code": "7K3F2Q9D", "name": name}
    at = "2026-11-22T18:00:00Z"
    return {
        "certificate": "7K3F2Q9D",
        "made_at": at,
        "grant": "9WQ2XHVK",
        "issued_at": at,
        "state": {"name": "active", "since": at},
        "licensor": party,
        "licensee": party,
        "works": [{"code": "7K3F2Q9D", "files": 1, "name": name, "other_names": [name]}] * 4,
        "works_count": 3000,
        "uses": list(LEAVES),
        "model_kinds": ["foundation", "open_weights"],
        "territory": sorted(COUNTRIES)[:100],
        "starts_at": at,
        "ends_at": None,
        "exclusivity": "exclusive",
        "consents": [],
        "files": {"count": len(files), "root": root_of(files), "in_parts": 1, "left_out": 2},
        "agreement": {"code": "7K3F2Q9D", "sha256": "5f" * 32, "made_at": at},
        "amends": None,
        "ledger": {"index": 7, "since": at, "origin": "o", "place": 7, "size": 9, "root": "a" * 64},
        "site": "https://edgecode.example",
    } | changes


def many(count: int) -> list[CertifiedFile]:
    without = (LeftOut("music", "00:01:00-00:02:30"),)
    return [
        CertifiedFile(f"7K3F2Q9D+{n:03}", "picture", f"{n:064x}", ((0, 60_000),), without)
        for n in range(1, count + 1)
    ]


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("name", [HOSTILE, "밤" * 300, "W" * 300, "فيلم " * 60])
def test_no_name_breaks_its_first_page_or_is_read_as_markup(name: str, language: str) -> None:
    files = many(3)
    document = render(stated(files, name), files, "https://e.example/c/x/", language=language)
    pages: Any = PdfFileReader(io.BytesIO(document)).root["/Pages"]["/Kids"]
    shapes = [wide_page(page.get_object()) for page in pages]
    assert shapes[0] is True
    assert not any(shapes[1:])  # the one to hang up is one page


def wide_page(page: Any) -> bool:
    _left, _bottom, width, height = page["/MediaBox"]
    return bool(width > height)


def test_the_same_statement_gives_the_same_bytes() -> None:
    files = many(3)
    first, again = (
        render(stated(files, "Night Ferry"), files, "https://e.example/", language="ko")
        for _time in range(2)
    )
    assert first == again


def test_of_ten_thousand_files_some_are_printed_and_all_are_carried() -> None:
    files = many(10_000)
    document = render(stated(files, "Night Ferry"), files, "https://e.example/", language="en")
    lines = table(document).splitlines()
    assert len(lines) == 10_001
    assert lines[1] == (
        f"7K3F2Q9D+001,picture,{1:064x},00:00:00.000-00:01:00.000,music at 00:01:00-00:02:30"
    )
    assert len(document) < 2**20
