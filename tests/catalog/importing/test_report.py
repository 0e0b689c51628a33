"""What the report of an import says of each row: in which cell, what, and why, in two languages."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import override

from accounts.access import Actor
from catalog.importing import pending
from catalog.importing.pending import run_import
from catalog.importing.report import progress_of
from catalog.importing.words import say
from catalog.models import Credit, ImportRow, Title
from catalog.parties import register_party
from catalog.titles import change_title
from tests import factories
from tests.catalog.importing.files import EIDR, bring, codes, counts, send, sheet

pytestmark = pytest.mark.django_db


@pytest.fixture
def studio(var_dir: Path) -> Actor:
    return factories.studio()


def found_in(number: int) -> list[dict[str, Any]]:
    findings: list[dict[str, Any]] = ImportRow.objects.filter(number=number).latest("pk").findings
    return findings


def test_what_cannot_be_kept_is_told_with_its_cell_and_value(studio: Actor, tmp_path: Path) -> None:
    bell = "Bell\u0007"
    (tmp_path / "a.csv").write_text(
        f'Title,Director,Year\nOne,"Ada Park, {bell}",2001\n{bell} film,Ada Park,2002\n'
    )
    bring(studio, tmp_path / "a.csv")
    (person,), (name,) = found_in(2), found_in(3)
    assert (person["cell"], person["params"]["value"]) == ("csv!B2", bell)
    assert (name["cell"], name["level"]) == ("csv!A3", "error")
    with override("ko"):
        told = say(name)
    assert told != name["message"]
    assert "Control" not in told
    assert "film" in told


def test_a_line_names_its_field(studio: Actor, tmp_path: Path) -> None:
    lines = [{"TitleInternalAlias": "One", "Director": ["\u0007"]}]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, lines)))
    bring(studio, tmp_path / "a.jsonl")
    assert [each["cell"] for each in found_in(1)] == ["line 1: Director"]


def test_what_only_several_rows_show_names_the_cell(studio: Actor, tmp_path: Path) -> None:
    rows = [{"TitleID": EIDR, "ReleaseYear": year, "AvailID": f"v{year}", "Territory": where}
            for year, where in ((1996, "KR"), (1997, "US"))]  # fmt: skip
    bring(studio, sheet(tmp_path / "a.xlsx", *rows))
    (told,) = found_in(4)
    assert (told["code"], told["cell"]) == ("contradiction", "Movies!L4")


def test_a_changed_row_says_what_was_changed(studio: Actor, tmp_path: Path) -> None:
    factories.title(studio, eidr=EIDR, name="First Dance, The", year=1995)
    lines = {"EIDR": EIDR, "TitleInternalAlias": "First Dance, The", "ReleaseYear": 1996,
             "TotalRunTime": "1:30:00", "Director": ["Ada Park"]}  # fmt: skip
    (tmp_path / "a.jsonl").write_text(json.dumps(lines))
    job = bring(studio, tmp_path / "a.jsonl")
    assert counts(job) == (0, 1, 0, 0, 0)
    assert {(each["cell"], each["message"]) for each in found_in(1)} == {
        ("line 1: ReleaseYear", "ReleaseYear was 1995, and is 1996 now."),
        ("line 1: TotalRunTime", "TotalRunTime was –, and is 1:30:00 now."),
        ("line 1: Director", "'Ada Park' was added."),
    }
    assert codes(bring(studio, tmp_path / "a.jsonl")) == []


def test_what_a_person_corrected_stays_until_a_file_says_something_new(
    studio: Actor, tmp_path: Path
) -> None:
    def take(year: int) -> list[str]:
        line = {"EIDR": EIDR, "TitleInternalAlias": "First Dance", "ReleaseYear": year}
        (tmp_path / "a.jsonl").write_text(json.dumps(line))
        return codes(bring(studio, tmp_path / "a.jsonl"))

    take(1995)
    title = Title.objects.get()
    change_title(actor=studio, code=title.code, changes={"year": 1996})
    assert (take(1995), Title.objects.get().year) == (["corrected"], 1996)
    assert (take(1996), take(1997), Title.objects.get().year) == ([], ["changed"], 1997)
    assert (take(1995), Title.objects.get().year) == (["changed"], 1995)


def test_a_person_named_like_another_is_pointed_out(studio: Actor, tmp_path: Path) -> None:
    first, _second = (
        register_party(actor=studio, kind="person", name="Kim Min-jun") for _each in range(2)
    )
    (tmp_path / "a.csv").write_text("Title,Cast\nOne,Kim Min-jun\n")
    job = bring(studio, tmp_path / "a.csv")
    assert (counts(job), codes(job)) == ((0, 0, 0, 1, 0), ["person_several"])
    assert Credit.objects.get().party == first
    assert counts(bring(studio, tmp_path / "a.csv")) == (0, 0, 1, 0, 0)


def test_progress_counts_rows_and_not_what_was_found(
    studio: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending, "BATCH_ROWS", 4)
    (tmp_path / "a.csv").write_text("Title,One,Two,Three,Four,Five\nFilm\nOther\n")
    job = send(studio, tmp_path / "a.csv")
    rounds = iter([False, True, True])
    run_import(job.code, lambda: next(rounds))
    job.refresh_from_db()
    assert (progress_of(job).done, progress_of(job).total) == (0, 2)
