"""A malformed case is refused with the path of its fault; nothing is guessed or dropped."""

import copy
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.clearance import CaseError, clear
from tests.licensing.clearance.cases import random_case, tried

FIXTURE = Path(__file__).parent / "examples" / "e8.json"
JUNK = [
    None,
    True,
    -1,
    1.5,
    "",
    "junk",
    "2026-99-01",
    [],
    [[]],
    {},
    {"include": 3},
    "x" * 9,
    10**30,
]


def case() -> Any:
    found = json.loads(FIXTURE.read_text(encoding="utf-8"))["case"]
    found["works"] = [{"id": "S", "aliases": ["EIDR-S"]}, {"id": "S.1", "parent": "S"}]
    found["request"]["work"] = "EIDR-S"
    return found


def change(path: str, value: Any) -> Any:
    """The case with one value set; `path` is dotted, numbers index lists."""
    whole = case()
    place: Any = whole
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in steps:
        place = place[step]
    place[last] = value
    return whole


def test_the_case_itself_is_well_formed() -> None:
    assert clear(case())["verdict"] == "PARTIAL"


@pytest.mark.parametrize(
    ("path", "value", "reported"),
    [
        ("schema", "clearance-case/2", "$.schema"),
        ("as_of", "yesterday", "$.as_of"),
        ("surplus", 1, "$.surplus"),
        ("facts", {}, "$.facts"),
        ("facts.0", "fact", "$.facts[0]"),
        ("facts.0.kind", "owner", "$.facts[0].kind"),
        ("facts.0.share", "0/1", "$.facts[0].share"),
        ("facts.0.share", "3/2", "$.facts[0].share"),
        ("facts.0.share", 1, "$.facts[0].share"),
        ("facts.0.share", "1/0", "$.facts[0].share"),
        ("facts.0.prty", "Larch", "$.facts[0].prty"),
        ("facts.1.id", "o1", "$.facts[1].id"),
        ("facts.1.excludes", "S", "$.facts[1].excludes"),
        ("facts.2.uses", ["train", "trian"], "$.facts[2].uses[1]"),
        ("facts.2.modality", ["smell"], "$.facts[2].modality[0]"),
        ("facts.2.sublicensable", "yes", "$.facts[2].sublicensable"),
        ("facts.2.sublicense_depth", True, "$.facts[2].sublicense_depth"),
        ("facts.2.territory", {"include": ["UK"]}, "$.facts[2].territory.include[0]"),
        ("facts.2.end", "2024-01-01", "$.facts[2].end"),
        ("facts.2.end", {"duration": "5Y"}, "$.facts[2].end.duration"),
        ("facts.2.end", {"event": "x", "lagg": "P1D"}, "$.facts[2].end.lagg"),
        ("facts.2.vesting", {"condition": "payment"}, "$.facts[2].vesting.satisfied"),
        ("facts.3.tz", "Sydney", "$.facts[3].tz"),
        (
            "facts.3.price",
            {"amount": 2, "currency": "EUR", "per": "min"},
            "$.facts[3].price.amount",
        ),
        ("facts.3.new_uses", "loud", "$.facts[3].new_uses"),
        ("works.1.parent", "T", "$.works[1].parent"),
        ("works.1.parent", "S.1", "$.works[1].parent"),
        ("works.1.aliases", ["S"], "$.works[1].aliases[0]"),
        ("works.1.runtime", "1:00", "$.works[1].runtime"),
        ("request.uses", [], "$.request.uses"),
        ("request.territory", [], "$.request.territory"),
        ("request.territory", ["SU"], "$.request.territory[0]"),
        ("request.start", None, "$.request.start"),
        ("request.end", {"event": "premiere"}, "$.request.end"),
        ("request.end", "2027-04-01", "$.request.end"),
        ("request.exclusivity", "total", "$.request.exclusivity"),
        ("request.outputs", 0, "$.request.outputs"),
        ("request.checkpoints", [], "$.request.checkpoints"),
        ("request.licensor", "half \ud800", "$.request.licensor"),
        ("request.colour", "red", "$.request.colour"),
    ],
)
def test_a_fault_is_reported_where_it_stands(path: str, value: Any, reported: str) -> None:
    with pytest.raises(CaseError) as caught:
        clear(change(path, value))
    assert caught.value.path == reported


@pytest.mark.parametrize("name", ["licensor", "licensee", "work", "end", "modality", "territory"])
def test_a_missing_field_of_the_request_is_named(name: str) -> None:
    found = case()
    del found["request"][name]
    with pytest.raises(CaseError) as caught:
        clear(found)
    assert caught.value.path == f"$.request.{name}"


@pytest.mark.parametrize(
    ("fact", "path"),
    [
        ({"kind": "revocation", "target": "zz", "effective": "2026-01-01"}, "target"),
        ({"kind": "revocation", "target": "o1", "effective": "2026-01-01"}, "target"),
        ({"kind": "event", "name": "a"}, "date"),
        ({"kind": "consent", "person": "A", "uses": "dub", "grantee": "*"}, "attributes"),
        ({"kind": "counsel_opinion", "resolves": "HOLDBACK", "source": {"doc": "d"}}, "by"),
    ],
)
def test_a_fact_without_its_due_is_refused(fact: dict[str, Any], path: str) -> None:
    found = case()
    found["facts"].append({"id": "new"} | fact)
    with pytest.raises(CaseError) as caught:
        clear(found)
    assert caught.value.path == f"$.facts[4].{path}"


def test_two_records_of_an_event_at_one_time_are_refused() -> None:
    found = case()
    event = {"kind": "event", "name": "premiere", "date": None}
    found["facts"] += [event | {"id": "e1"}, event | {"id": "e2"}]
    with pytest.raises(CaseError, match="twice"):
        clear(found)


def test_fields_of_ones_own_are_ignored() -> None:
    assert clear(change("x_note", 1)) == clear(case())
    assert clear(change("facts.0.x_note", [])) == clear(case())


@given(st.integers(0, 2**32))
@tried(300)
def test_junk_anywhere_gives_a_verdict_or_one_clear_error(seed: int) -> None:
    rng = Random(seed)
    found = copy.deepcopy(random_case(seed))
    place: Any = found
    while True:
        key = rng.choice(list(place) if isinstance(place, dict) else range(len(place)))
        if not isinstance(place[key], dict | list) or not place[key] or rng.random() < 0.2:
            break
        place = place[key]
    place[key] = rng.choice(JUNK)
    try:
        json.dumps(clear(found))
    except CaseError as error:
        fault = (error.path[:1], bool(error.message))
    else:
        fault = ("$", True)
    assert fault == ("$", True)
