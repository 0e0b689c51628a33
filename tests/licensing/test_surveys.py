"""A question about a whole library: every file answered once, whatever is killed on the way."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from accounts.access import Actor
from accounts.errors import Conflict, Invalid, NotAllowed, NotFound
from accounts.models import Role
from catalog.models import Asset
from licensing.clearance import clear
from licensing.counsel.rule_rows import add_rule
from licensing.library import surveys
from licensing.library.readiness import ANY_LAB
from licensing.library.surveys import ask_library, cancel_survey, progress_of, survey_pending
from licensing.models import Survey, SurveyAnswer
from licensing.verdicts.gathering import facts_of, grants_of_titles
from licensing.verdicts.reach import modalities
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]

QUESTION: dict[str, Any] = {
    "uses": ["train.finetune", "index"],
    "model_kinds": ["foundation"],
    "territory": ["FR", "KR"],
    "starts_at": datetime(2027, 1, 1, tzinfo=UTC),
    "ends_at": datetime(2030, 1, 1, tzinfo=UTC),
    "exclusivity": "non_exclusive",
}


@pytest.fixture
def studio() -> Actor:
    return factories.studio("Northgate")


def library(studio: Actor, files: int = 7) -> list[Asset]:
    """Files of as many works: owned, half forbidden, or without any right recorded."""
    made = []
    for number in range(files):
        film = factories.title(studio, name=f"Film {number}")
        made.append(factories.words(studio, film))
        if number % 3:
            factories.ownership(studio, film, document=f"Deed {number}")
        if number % 3 == 2:
            factories.fact(studio, film, "restriction", uses=["index"], document=f"Memo {number}")
    return made


def answers(survey: Survey) -> dict[str, tuple[str, str]]:
    rows = SurveyAnswer.objects.filter(survey=survey).order_by("pk")
    return {
        row.asset.code: (row.finding.verdict, row.finding.reasons)
        for row in rows.select_related("asset", "finding")
    }


def test_each_file_gets_the_engines_answer(studio: Actor) -> None:
    with time_machine.travel("2026-12-01T10:00:00Z", tick=False):
        studio = factories.studio("Northgate")
        files = library(studio)
        library(factories.studio("Elsewhere"), 2)
        survey = ask_library(actor=studio, **QUESTION)
        assert survey_pending() == 7
        assert survey_pending() == 0
    survey.refresh_from_db()
    assert (survey.state, survey.done, survey.total) == ("done", 7, 7)
    assert progress_of(survey).seconds_left is None
    found = answers(survey)
    titles = {file.title_id for file in files if file.title_id}
    facts, grants = facts_of(titles), grants_of_titles({key: {key} for key in titles})
    for file in files:
        assert file.title_id is not None
        told = clear(
            {
                "schema": "clearance-case/1",
                "as_of": "2026-12-01T10:00:00Z",
                "facts": [*facts[file.title_id], *grants[file.title_id]],
                "request": {
                    "licensor": "Northgate",
                    "licensee": ANY_LAB,
                    "uses": ["train.finetune", "index"],
                    "modality": modalities(file),
                    "model_kind": ["foundation"],
                    "territory": ["FR", "KR"],
                    "start": "2027-01-01",
                    "end": "2030-01-01",
                },
            }
        )
        assert found[file.code] == (told["verdict"], " ".join(told["reasons"]))
    assert survey.findings.count() < 7  # works that say the same share one
    partial = survey.findings.filter(verdict="PARTIAL")[0]
    assert [scope["uses"] for scope in partial.cleared] == [["train.finetune"]]
    assert [repair["action"] for repair in partial.repairs] == ["narrow_request", "obtain_waiver"]
    assert {name: counted[0] for name, counted in survey.counts["verdicts"].items()} == {
        "BLOCKED": 3,
        "CLEAR": 2,
        "PARTIAL": 2,
    }
    assert survey.counts["reasons"]["CONTRACT_PROHIBITION"][0] == 2


def test_a_killed_worker_repeats_and_loses_nothing(
    studio: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = library(studio, 8)
    survey = ask_library(actor=studio, **QUESTION)
    monkeypatch.setattr(surveys, "_BATCH", 3)
    assert survey_pending() == 3
    real = surveys.insert_rows
    monkeypatch.setattr(surveys, "insert_rows", lambda *_given, **_named: 1 / 0)
    assert survey_pending() == 0  # it fails, which is logged, and is left for the next round
    monkeypatch.setattr(surveys, "insert_rows", real)
    survey.refresh_from_db()
    assert survey.done == 3
    # Another has done the batch while this one was at it.
    slow = surveys._Batch(survey, files[3:6])
    assert survey_pending() == 3
    surveys._keep(survey, files[3:6], slow)
    late = factories.words(studio, factories.title(studio))
    while survey_pending():
        pass
    survey.refresh_from_db()
    assert (survey.state, survey.done) == ("done", 8)
    assert set(answers(survey)) == {file.code for file in files}
    assert late.code not in answers(survey)  # what came later was not asked about
    assert sum(number for number, _ms in survey.counts["verdicts"].values()) == 8


def test_it_is_cancelled_and_keeps_what_is_answered(
    studio: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    library(studio, 4)
    monkeypatch.setattr(surveys, "_BATCH", 3)
    survey = ask_library(actor=studio, **QUESTION)
    survey_pending()
    cancel_survey(actor=studio, code=survey.code)
    assert survey_pending() == 0
    assert len(answers(survey)) == 3
    with pytest.raises(Conflict):
        cancel_survey(actor=studio, code=survey.code)
    with pytest.raises(NotFound):
        cancel_survey(actor=factories.studio(), code=survey.code)


def test_what_is_refused(studio: Actor) -> None:
    with pytest.raises(Invalid, match="uses"):
        ask_library(actor=studio, **QUESTION | {"uses": ["teach"]})
    with pytest.raises(Invalid, match="ends_at"):
        ask_library(actor=studio, **QUESTION | {"ends_at": datetime(2026, 1, 1, tzinfo=UTC)})
    for who in (factories.member(studio, Role.VIEWER), factories.lab()):
        with pytest.raises(NotAllowed):
            ask_library(actor=who, **QUESTION)
    assert ask_library(actor=studio, **QUESTION).state == "done"  # there is no file
    library(studio, 1)
    for _ in range(3):
        ask_library(actor=studio, **QUESTION)
    with pytest.raises(Conflict):
        ask_library(actor=studio, **QUESTION)


def test_the_studios_own_rules_count_as_they_were_asked_with(studio: Actor) -> None:
    film = factories.title(studio)
    factories.words(studio, film)
    for party in ("Northgate", "Bruma"):
        factories.ownership(studio, film, party=party, share="1/2", law="US")
    before = ask_library(actor=studio, **QUESTION)
    add_rule(actor=studio, table="co_owners", key="US", body={"rule": "consent"}, source="Memo")
    after = ask_library(actor=studio, **QUESTION)
    while survey_pending():
        pass
    assert [next(iter(answers(each).values()))[0] for each in (before, after)] == [
        "CONDITIONAL",
        "BLOCKED",
    ]
