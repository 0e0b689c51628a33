"""Laws that hold for every case, tried on many random ones."""

import json
import re
from datetime import date, timedelta
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from licensing.clearance import clear
from tests.licensing.clearance.cases import (
    Case,
    Point,
    cuts,
    points_of,
    random_case,
    scopes_of,
    some,
    tried,
)

SEEDS = st.integers(0, 2**32)
RANDOM = tried(120)
RANKS = {"cleared": 0, "review": 1, "blocked": 2}


def statuses(verdict: Case, days: list[str]) -> dict[Point, str]:
    """The status of every point: cleared, blocked or review."""
    found: dict[Point, str] = {}
    for name in RANKS:
        scopes = [entry.get("scope", entry) for entry in verdict[name]]
        found |= dict.fromkeys(points_of(scopes, days), name)
    return found


def with_fact(case: Case, **fact: Any) -> Case:
    return case | {"facts": [*case["facts"], {"id": "zz", **fact}]}


@given(SEEDS)
@RANDOM
def test_the_three_lists_are_disjoint_and_make_up_the_request(seed: int) -> None:
    case = random_case(seed)
    verdict = clear(case)
    days = cuts(verdict)
    request = case["request"] | {
        "start": request_start(case),
        "end": case["request"]["end"] and case["request"]["end"] + "T00:00:00Z",
    }
    parts = {part for scope in scopes_of(verdict) for part in scope.get("parts", ["*"])}
    if request.get("work") == "S":
        assert parts == {"S.1", "S.2"}
        request |= {"parts": ["S.1", "S.2"]}
    lists = [
        set(points_of([entry.get("scope", entry) for entry in verdict[name]], days))
        for name in RANKS
    ]
    assert sum(map(len, lists)) == len(set().union(*lists))
    assert set().union(*lists) == set(points_of([request], days))


def request_start(case: Case) -> str:
    return case["request"]["start"] + "T00:00:00Z"


@given(SEEDS)
@RANDOM
def test_asking_for_less_changes_no_remaining_point(seed: int) -> None:
    case, rng = random_case(seed), Random(seed + 1)
    request = dict(case["request"])
    for name in ("uses", "modality", "model_kind", "territory"):
        request[name] = some(rng, request[name])
    if request["end"]:
        request["start"] = rng.choice([request["start"], halfway(request)])
    whole, less = clear(case), clear(case | {"request": request})
    days = cuts(whole, less)
    before, after = statuses(whole, days), statuses(less, days)
    assert after == {point: before[point] for point in after}


def halfway(request: Case) -> str:
    """The start, moved towards the end."""
    later = str(request["start"])[:8] + "28"
    return later if request["start"] < later < request["end"] else str(request["start"])


@given(SEEDS)
@RANDOM
def test_one_part_of_a_series_gets_the_answer_it_had_in_the_whole(seed: int) -> None:
    case = random_case(seed)
    if case["request"].get("work") != "S":
        return
    # A fact without a work would follow the request; say its work out loud.
    for fact in case["facts"]:
        if fact["kind"] not in ("event", "revocation"):
            fact.setdefault("work", "S")
    whole = clear(case)
    one = clear(case | {"request": case["request"] | {"work": "S.1"}})
    days = cuts(whole, one)
    before = {p[1:]: s for p, s in statuses(whole, days).items() if p[0] == "S.1"}
    assert {p[1:]: s for p, s in statuses(one, days).items()} == before


@given(SEEDS)
@RANDOM
def test_asking_for_less_exclusivity_worsens_no_point(seed: int) -> None:
    case = random_case(seed)
    lesser = clear(case | {"request": case["request"] | {"exclusivity": "non_exclusive"}})
    full = clear(case)
    days = cuts(full, lesser)
    before, after = statuses(full, days), statuses(lesser, days)
    assert all(RANKS[after[point]] <= RANKS[before[point]] for point in before)


@given(SEEDS)
@RANDOM
def test_another_burden_improves_no_point(seed: int) -> None:
    case, rng = random_case(seed), Random(seed)
    burden = rng.choice(
        [
            {"kind": "restriction", "uses": "train"},
            {"kind": "holdback", "beneficiary": "Canal", "end": "2027-01-01"},
            {"kind": "cap", "max_licensees": 1},
            {"kind": "grant_out", "to": "Rook", "uses": ["index"], "exclusivity": "exclusive"},
        ]
    )
    lighter, heavier = clear(case), clear(with_fact(case, **burden))
    days = cuts(lighter, heavier)
    before, after = statuses(lighter, days), statuses(heavier, days)
    assert all(RANKS[after[point]] >= RANKS[before[point]] for point in before)


@given(SEEDS)
@RANDOM
def test_another_grant_to_the_licensor_worsens_no_point(seed: int) -> None:
    case, rng = random_case(seed), Random(seed)
    grant = {
        "kind": "grant_in",
        "from": rng.choice(["Alder", "Bruma", "Ceibo", "Nobody"]),
        "to": case["request"]["licensor"],
        "uses": rng.choice(["ALL", ["ai.all"]]),
        "sublicensable": True,
    }
    before, after = clear(case), clear(with_fact(case, **grant))
    days = cuts(before, after)
    poorer, richer = statuses(before, days), statuses(after, days)
    assert all(RANKS[richer[point]] <= RANKS[poorer[point]] for point in poorer)


@given(SEEDS)
@RANDOM
def test_the_order_of_facts_and_other_works_change_nothing(seed: int) -> None:
    case, rng = random_case(seed), Random(seed)
    shuffled = case | {"facts": rng.sample(case["facts"], len(case["facts"]))}
    other = {"kind": "ownership", "party": "Alder", "share": "1/1", "work": "elsewhere"}
    expected = json.dumps(clear(case))
    assert json.dumps(clear(shuffled)) == expected
    assert json.dumps(clear(with_fact(case, **other))) == expected


def shifted(value: Any, days: int) -> Any:
    """The JSON value with every date moved by whole days."""

    def move(match: re.Match[str]) -> str:
        return (date.fromisoformat(match[0]) + timedelta(days=days)).isoformat()

    return json.loads(re.sub(r"\d{4}-\d{2}-\d{2}", move, json.dumps(value)))


@given(SEEDS, st.integers(-400, 400))
@RANDOM
def test_moving_every_date_by_whole_days_moves_the_scopes_and_nothing_else(
    seed: int, days: int
) -> None:
    case = random_case(seed)
    case["facts"] = [
        fact
        for fact in case["facts"]
        if fact["kind"] not in ("consent", "guild", "revocation", "counsel_opinion")
        and "EU" not in json.dumps(fact)
    ]
    before, after = clear(case), clear(shifted(case, days))
    assert after["verdict"] == before["verdict"]
    assert after["reasons"] == before["reasons"]
    assert scopes_of(after) == shifted(scopes_of(before), days)


SPLIT = ("ownership", "assignment", "grant_in", "grant_out", "restriction", "holdback")


def halves(fact: Case) -> list[tuple[Case, Case]]:
    """The ways to split a fact in two: by country and by instant, where it is open."""
    ways = []
    if "territory" not in fact:
        rest = {"include": ["WORLD"], "except": ["KR", "US"]}
        ways.append(({"territory": ["KR", "US"]}, {"territory": rest}))
    if "start" not in fact and "end" not in fact:
        ways.append(({"end": "2026-11-11"}, {"start": "2026-11-11"}))
    return [(fact | one, fact | {"id": "zz"} | two) for one, two in ways]


@given(SEEDS)
@RANDOM
def test_splitting_a_fact_in_two_changes_nothing_but_ids(seed: int) -> None:
    case = random_case(seed)
    referred = {name for fact in case["facts"] for name in fact.get("about", ())}
    referred |= {fact.get("target") for fact in case["facts"]}
    whole = clear(case)
    for target in case["facts"]:
        if target["kind"] not in SPLIT or target["id"] in referred:
            continue
        others = [fact for fact in case["facts"] if fact is not target]
        for pair in halves(target):
            split = clear(case | {"facts": [*others, *pair]})
            for name in ("verdict", "reasons", "payout_shares"):
                assert split[name] == whole[name]
            assert scopes_of(split) == scopes_of(whole)
