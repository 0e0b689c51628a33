"""MovieLabs' own samples. They are not ours to ship: MDDF_SAMPLES names a folder with a clone of
github.com/MovieLabs/mddf, else these tests are skipped.
"""

import os
from collections import Counter
from pathlib import Path

import pytest

from tests.catalog.imports.books import findings_of, read, rows_of, summary_of

FOLDER = os.environ.get("MDDF_SAMPLES", "")
pytestmark = pytest.mark.skipif(
    not FOLDER, reason="MDDF_SAMPLES names no clone of github.com/MovieLabs/mddf"
)


def sample(name: str) -> Path:
    (found,) = Path(FOLDER).rglob(name)
    return found


@pytest.mark.parametrize(
    ("name", "rows", "rejected"),
    [
        ("Movies_v1.7.xlsx", 27, 0),
        ("Movies_v1.8.xlsx", 27, 0),
        ("Movies_v1.9.xlsx", 26, 0),
        ("TV_v1.8.xlsx", 38, 0),
        ("TV_v1.9.xlsx", 38, 0),
        ("Movies_v1.7.3.xlsx", 6, 2),  # territory ZZ
        ("Bonus_v1.9.xlsx", 2, 2),  # no LicenseType
    ],
)
def test_sheets(name: str, rows: int, rejected: int) -> None:
    items = read(sample(name))
    assert (summary_of(items).rows, summary_of(items).rejected) == (rows, rejected)
    assert not [each for each in findings_of(items) if each.level == "error"]


@pytest.mark.parametrize(
    ("name", "rows", "rejected"),
    [
        ("Avails_noErrors_v2.2.2.xml", 24, 0),
        ("Avails_noErrors_v2.3.xml", 24, 0),
        ("Avails_noErrors_v2.4.xml", 24, 0),
        ("TPT-test_v1.9_v2.5.xml", 3, 0),
        ("Avails_Volume_error_v2.6.xml", 9, 0),
    ],
)
def test_xml(name: str, rows: int, rejected: int) -> None:
    items = read(sample(name), "avails-xml")
    assert (summary_of(items).rows, summary_of(items).rejected) == (rows, rejected)


def test_the_errors_that_movielabs_planted_are_found() -> None:
    rows = rows_of(read(sample("Avails_withErrors.xml"), "avails-xml"))
    found = Counter((each.code, each.column) for row in rows for each in row.findings)
    assert found["territory", "Territory"] == 1  # JJ
    assert found["language_unknown", "AllowedLanguages"] == 1  # XYZ


def test_ids_that_fail_their_check_are_in_quarantine() -> None:
    rows = rows_of(read(sample("Movies_v1.9.xlsx")))
    eidrs = [each for row in rows for each in row.title.ids if each.scheme == "eidr"]
    assert eidrs
    assert not any(each.verified for each in eidrs)
