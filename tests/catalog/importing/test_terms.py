"""What a file's rows do to terms that earlier files said: replaced, taken back, left alone."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from accounts.access import Actor
from catalog.models import Avail, Fact
from tests import factories
from tests.catalog.importing.files import bring, codes, counts, sheet
from tests.catalog.imports.books import Value

pytestmark = pytest.mark.django_db

A: Mapping[str, Value] = {"AvailID": "a"}
B: Mapping[str, Value] = {"AvailID": "b", "Territory": "US"}


@pytest.fixture
def studio(var_dir: Path) -> Actor:
    return factories.studio()


def standing() -> set[str]:
    """Return which terms stand, and that their facts do, and no others."""
    found = set(Avail.objects.standing().values_list("avail_id", flat=True))
    assert {fact.clause for fact in Fact.objects.standing()} == found
    return found


@pytest.mark.parametrize("entry_type", ["Create", "Update"])
def test_one_row_said_again_takes_no_other_along(
    studio: Actor, tmp_path: Path, entry_type: str
) -> None:
    bring(studio, sheet(tmp_path / "whole.xlsx", A, B))  # a Full Extract
    job = bring(studio, sheet(tmp_path / "one.xlsx", {**A, "EntryType": entry_type}))
    assert counts(job) == (0, 0, 1, 0, 0)
    assert standing() == {"a", "b"}
    bring(studio, sheet(tmp_path / "less.xlsx", A))
    assert standing() == {"a"}


def test_an_extract_of_one_alid_says_nothing_of_another(studio: Actor, tmp_path: Path) -> None:
    other = {"ALID": "alid:2", "TitleInternalAlias": "Other", "EntryType": "Create"}
    more = {**other, "AvailID": "d", "Territory": "FR"}
    bring(studio, sheet(tmp_path / "one.xlsx", A, {**other, "AvailID": "c"}, more))
    bring(studio, sheet(tmp_path / "two.xlsx", A, {**other, "AvailID": "c"}))
    assert standing() == {"a", "c", "d"}


def test_an_empty_number_takes_nothing_back(studio: Actor, tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(
        "Title,Territory,License type,Start,End\nOne,KR,SVOD,2027-01-01,2028-01-01\n"
    )
    bring(studio, tmp_path / "sales.csv")
    bring(studio, sheet(tmp_path / "a.xlsx", A, B))
    job = bring(studio, sheet(tmp_path / "b.xlsx", {**A, "ALID": None, "EntryType": "Full Delete"}))
    assert (job.rejected, codes(job)) == (1, ["required"])
    assert standing() == {"", "a", "b"}
    job = bring(studio, sheet(tmp_path / "c.xlsx", {**A, "ALID": None, "EntryType": "Delete"}))
    assert (counts(job), codes(job)) == ((0, 1, 0, 0, 0), ["taken_back"])
    assert standing() == {"", "b"}


def test_a_dry_run_says_what_would_be_taken_back(studio: Actor, tmp_path: Path) -> None:
    path = sheet(tmp_path / "one.xlsx", A, B)
    bring(studio, path)
    assert bring(studio, path, dry_run=True).report["withdrawn"] == 0
    dry = bring(studio, sheet(tmp_path / "two.xlsx", A), dry_run=True)
    assert (counts(dry), dry.report["withdrawn"]) == ((0, 0, 1, 0, 0), 1)
    assert standing() == {"a", "b"}
    again = sheet(tmp_path / "three.xlsx", {**A, "EntryType": "Update"})
    assert counts(bring(studio, again, dry_run=True)) == (0, 0, 1, 0, 0)
    spoilt = sheet(tmp_path / "four.xlsx", A, {**B, "Territory": "QQ"})
    assert bring(studio, spoilt, dry_run=True).report["withdrawn"] == 0


def test_a_line_of_json_takes_terms_back(studio: Actor, tmp_path: Path) -> None:
    bring(studio, sheet(tmp_path / "a.xlsx", A, B))
    said = {"EntryType": "Delete", "ALID": "alid:1", "AvailID": "b", "TitleInternalAlias": "x"}
    (tmp_path / "b.jsonl").write_text(json.dumps(said))
    job = bring(studio, tmp_path / "b.jsonl")
    assert counts(job) == (0, 1, 0, 0, 0)
    assert standing() == {"a"}
