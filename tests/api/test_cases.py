"""Cases over the API: what the auditor downloads is what the auditor's program reads."""

import json
from pathlib import Path

import pytest

from edgecode.audit.openings import read_openings
from ledger import sequencer
from ledger.models import Event
from licensing.models import Deal
from tests import factories
from tests.api.callers import Caller, caller

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def auditor() -> Caller:
    return caller(factories.auditor())


@pytest.fixture
def deal(studio: Caller, lab: Caller) -> Deal:
    grant = factories.grant(studio.actor, lab.actor, [factories.offered_words(studio.actor)])
    sequencer.advance()
    return grant.deal


def code_of(caller: Caller) -> str:
    assert caller.actor.organisation is not None
    return caller.actor.organisation.code


@pytest.fixture
def case(studio: Caller, auditor: Caller, deal: Deal) -> str:
    """The code of a case that the studio opened."""
    body = {"auditor": code_of(auditor), "deals": [deal.code], "note": "The 2026 accounts."}
    answer = studio.post("cases/", body)
    assert answer.status == 201
    return str(answer.data["code"])


def test_both_ends_read_the_case_and_others_do_not(
    studio: Caller, lab: Caller, auditor: Caller, deal: Deal, case: str
) -> None:
    for end in (studio, auditor):
        data = end.get(f"cases/{case}/").data
        assert (data["deals"], data["note"]) == ([deal.code], "The 2026 accounts.")
        assert [row["code"] for row in end.get("cases/").data["results"]] == [case]
    for other in (lab, caller(factories.studio()), caller(factories.auditor())):
        assert other.get(f"cases/{case}/").status == 404
        assert other.get(f"cases/{case}/openings/").status == 404
        assert other.get("cases/").data["results"] == []
    assert studio.get(f"cases/{case}/openings/").status == 404


def test_the_program_reads_the_openings_and_they_open(
    auditor: Caller, studio: Caller, case: str, tmp_path: Path
) -> None:
    answer = auditor.get(f"cases/{case}/openings/")
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert answer.headers["Cache-Control"] == "private, no-store"
    every = [json.loads(line) for line in answer.content.splitlines()]
    lines = [line for line in every if "index" in line]
    tables, *cases = every[len(lines) :]
    assert set(tables) == {"tables"}
    assert cases  # one, or two where the grant was of the next second
    assert all(set(case) == {"case", "answer"} for case in cases)
    assert set(lines[0]) == {"index", "stream", "name", "salt", "value"}
    path = tmp_path / "openings.jsonl"
    path.write_bytes(answer.content)
    (openings,) = read_openings(path)[0].values()
    found = {event.index: event.facts() for event in Event.objects.filter(entry__isnull=False)}
    for line in lines:
        assert found[line["index"]].stream == line["stream"]
    wrong = [
        text for index in list(openings.by_index) for text in openings.check(index, found[index])
    ]
    assert wrong == []
    told = Event.objects.get(kind="openings.shown").facts()
    assert told.data["openings"] == len(lines)
    assert studio.get(f"cases/{case}/").data["shown"] == 1


def test_after_closing_nothing_more(studio: Caller, auditor: Caller, case: str) -> None:
    assert auditor.post(f"cases/{case}/close/").status == 403
    assert studio.post(f"cases/{case}/close/").data["closed_at"] is not None
    assert studio.post(f"cases/{case}/close/").status == 409
    assert auditor.get(f"cases/{case}/openings/").status == 409
    data = auditor.get(f"cases/{case}/").data
    assert (data["deals"], data["note"]) == ([], "")
    assert not Event.objects.filter(kind="openings.shown").exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"auditor": "7K3F2Q9D", "deals": ["7K3F2Q9D"]}, "auditor"),
        ({"deals": ["7K3F2Q9D"]}, "auditor"),
        ({"auditor": "7K3F2Q9D", "deals": []}, "deals"),
        ({"auditor": "\x00", "deals": ["\x00"]}, "auditor"),
    ],
)
def test_what_is_wrong_is_named(studio: Caller, body: object, field: str) -> None:
    answer = studio.post("cases/", body)
    assert (answer.status in {400, 422}, field in str(answer.data)) == (True, True)
