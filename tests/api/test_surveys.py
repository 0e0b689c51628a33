"""Clearance as a service: a case that the caller writes, a question about a whole library."""

import csv
import io
import json
from typing import Any

import pytest
from django.core.cache import cache

from licensing.clearance import clear
from licensing.counsel.rule_rows import add_rule
from licensing.library.surveys import survey_pending
from tests import factories
from tests.api.callers import Caller, caller

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]

CASE: dict[str, Any] = {
    "schema": "clearance-case/1",
    "as_of": "2026-10-05",
    "facts": [
        {"id": "o1", "kind": "ownership", "party": "Larch", "share": "1/2", "law": "US"},
        {"id": "o2", "kind": "ownership", "party": "Bruma", "share": "1/2", "law": "US"},
    ],
    "request": {
        "licensor": "Larch",
        "licensee": "서울 Lab",
        "uses": ["train.finetune"],
        "modality": "video",
        "model_kind": "foundation",
        "territory": ["KR"],
        "start": "2027-01-01",
        "end": None,
    },
}
QUESTION = {
    "uses": ["index"],
    "model_kinds": ["foundation"],
    "territory": ["KR"],
    "starts_at": "2027-01-01T00:00:00Z",
    "ends_at": "2028-01-01T00:00:00Z",
}


def test_a_case_gets_the_verdict_of_the_contract(studio: Caller, lab: Caller) -> None:
    for who in (studio, lab):
        answer = who.post("clearance/", CASE)
        assert answer.status == 200
        assert answer.data == clear(CASE)
        assert list(answer.data) == list(clear(CASE))  # the order, too
    add_rule(
        actor=studio.actor, table="co_owners", key="US", body={"rule": "consent"}, source="Memo"
    )
    assert studio.post("clearance/", CASE).data["reasons"] == ["CO_OWNER_CONSENT"]
    assert lab.post("clearance/", CASE).data["reasons"] == ["CO_OWNER_ACCOUNTING"]


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"facts": [{"id": "o1", "kind": "ownership", "party": "L", "share": "3/2"}]}, 422,
         "$.facts[0].share"),
        ({"request": CASE["request"] | {"territory": ["KR", "UK"]}}, 422,
         "$.request.territory[1]"),
        ({"as_of": "2026-02-30"}, 422, "$.as_of"),
        ({"schema": "clearance-case/2"}, 422, "$.schema"),
        ({"facts": [CASE["facts"][0]] * 1001}, 413, "$.facts"),
    ],
)  # fmt: skip
def test_a_malformed_case_is_a_problem_with_its_path(
    lab: Caller, change: dict[str, Any], status: int, field: str
) -> None:
    cache.clear()
    answer = lab.post("clearance/", CASE | change)
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [error["field"] for error in answer.data["errors"]] == [field]
    assert answer.data["errors"][0]["message"]


def test_cases_are_limited_in_number(lab: Caller) -> None:
    cache.clear()
    malformed = {"schema": "x"}
    found = [lab.post("clearance/", malformed).status for _ in range(61)]
    assert found[:60] == [422] * 60
    assert found[60] == 429
    cache.clear()


def test_a_library_is_asked_followed_and_read_in_pages(studio: Caller, lab: Caller) -> None:
    cache.clear()
    for number in range(3):
        film = factories.title(studio.actor, name=f"Film {number}")
        factories.words(studio.actor, film)
        if number:
            factories.ownership(studio.actor, film)
    made = studio.post("surveys/", QUESTION)
    assert (made.status, made.data["state"]) == (201, "running")
    code = made.data["code"]
    assert made.data["progress"] | {"rate": None, "seconds_left": None} == {
        "done": 0, "total": 3, "rate": None, "seconds_left": None,
    }  # fmt: skip
    assert studio.get(f"surveys/{code}/answers.csv").status == 409  # a part is not the whole
    survey_pending()
    told = studio.get(f"surveys/{code}/").data
    assert told["state"] == "done"
    assert [(each["name"], each["files"]) for each in told["verdicts"]] == [
        ("CLEAR", 2),
        ("BLOCKED", 1),
    ]
    assert [each["name"] for each in told["reasons"]] == ["NO_TITLE"]
    first = studio.get(f"surveys/{code}/answers/?limit=2").data
    assert [row["verdict"] for row in first["results"]] == ["BLOCKED", "CLEAR"]
    assert first["results"][0]["repairs"][0]["action"] == "acquire_rights"
    rest = studio.get(first["next"].partition("/api/v1/")[2]).data
    assert [row["name"] for row in rest["results"]] == ["Film 2"]
    assert rest["results"][0]["cleared"][0]["territory"] == ["KR"]
    only = studio.get(f"surveys/{code}/answers/?verdict=BLOCKED").data
    assert [row["name"] for row in only["results"]] == ["Film 0"]
    assert [row["code"] for row in studio.get("surveys/").data["results"]] == [code]
    sheet = studio.get(f"surveys/{code}/answers.csv")
    assert sheet.headers["Content-Type"] == "text/csv; charset=utf-8"
    lines = list(csv.DictReader(io.StringIO(sheet.content.decode(), newline="")))
    assert [(row["name"], row["verdict"]) for row in lines] == [
        ("Film 0", "BLOCKED"),
        ("Film 1", "CLEAR"),
        ("Film 2", "CLEAR"),
    ]
    assert json.loads(lines[0]["repairs"]) == first["results"][0]["repairs"]
    assert json.loads(lines[2]["cleared"]) == rest["results"][0]["cleared"]
    assert lines[0]["asset"] == first["results"][0]["asset"]
    assert studio.post(f"surveys/{code}/cancel/").status == 409
    for other in (lab, caller(factories.studio())):
        assert other.get(f"surveys/{code}/").status == 404
        assert other.get(f"surveys/{code}/answers/").status == 404
        assert other.get(f"surveys/{code}/answers.csv").status == 404
        assert other.post(f"surveys/{code}/cancel/").status in {403, 404}
    assert lab.post("surveys/", QUESTION).status == 403
    wrong = studio.post("surveys/", QUESTION | {"uses": ["teach"]})
    assert (wrong.status, wrong.data["errors"][0]["field"]) == (422, "uses")
