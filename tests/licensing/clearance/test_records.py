"""Cases put together from records: what the contract clears and a studio's counsel would not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.clearance import Clearing, clear, clear_recorded, compile_recorded
from tests.licensing.clearance.cases import random_case, tried
from tests.licensing.clearance.test_rules import CONSENT, HALF, OWNED, question

GRANTED = {"CLEAR", "CONDITIONAL"}


def ask(*facts: dict[str, Any], **request: Any) -> dict[str, Any]:
    return clear_recorded(question(*facts, **request))


def reasons(*facts: dict[str, Any], **request: Any) -> list[str]:
    found: list[str] = ask(*facts, **request)["reasons"]
    return found


def test_what_was_licensed_away_for_one_alone_needs_a_person() -> None:
    away = {"kind": "grant_in", "from": "Larch", "to": "Bruma", "uses": "train", "id": "away"}
    assert reasons(OWNED, away) == ["OK"]
    for exclusivity in ("exclusive", "sole"):
        verdict = ask(OWNED, away | {"exclusivity": exclusivity})
        assert (verdict["verdict"], verdict["reasons"]) == ("REVIEW", ["CHAIN_BREAK"])
        assert verdict["because"] == ["away", "o"]
        asked = {(each["action"], each.get("party")) for each in verdict["repairs"]}
        assert asked == {("obtain_counsel_opinion", None), ("obtain_waiver", "Bruma")}
    assert reasons(OWNED, away | {"exclusivity": "exclusive"}, affiliates=["Bruma"]) == ["OK"]
    elsewhere = away | {"exclusivity": "exclusive", "territory": "JP"}
    assert reasons(OWNED, elsewhere) == ["OK"]


@pytest.mark.parametrize(
    ("mine", "theirs", "code"),
    [
        ("2021-01-01", "2020-01-01", "CHAIN_BREAK"),
        ("2019-01-01", "2020-01-01", "OK"),
        (None, "2020-01-01", "CHAIN_BREAK"),
    ],
)
def test_a_licence_from_who_had_licensed_another_alone_needs_a_person(
    mine: str | None, theirs: str, code: str
) -> None:
    deed = {"kind": "grant_in", "from": "Ceibo", "uses": "train"}
    first = deed | {"to": "Larch", "sublicensable": True} | ({"executed": mine} if mine else {})
    other = deed | {"to": "Bruma", "exclusivity": "exclusive", "executed": theirs}
    assert reasons(first, other) == [code]


def test_of_two_laws_of_one_owner_the_stricter_counts() -> None:
    quarter = HALF | {"party": "Bruma", "share": "1/4"}
    larch = HALF | {"party": "Larch"}
    for laws in (("US", "DE"), ("DE", "US")):
        owners = [quarter | {"law": law} for law in laws]
        assert reasons(larch, *owners, governing_law="US") == ["CO_OWNER_CONSENT"]
    owners = [quarter | {"law": law} for law in ("US", "XX")]
    assert reasons(larch, *owners) == ["GOVERNING_LAW_UNKNOWN"]


@pytest.mark.parametrize("law", ["ca", "US-CA", "California"])
def test_a_law_that_nobody_knows_does_not_go_with_the_rest(law: str) -> None:
    verdict = ask(OWNED, CONSENT | {"law": law}, uses="dub")
    assert verdict["reasons"] == ["RECORDS_CONTRADICT"]
    assert verdict["fault"] == {"field": "law", "message": "must be the code of a law, such as CA"}


@given(st.integers(0, 2**32))
@tried(400)
def test_records_never_clear_what_the_contract_does_not(seed: int) -> None:
    case = random_case(seed)
    if clear_recorded(case)["verdict"] in GRANTED:
        assert clear(case)["verdict"] in GRANTED


@given(st.integers(0, 2**32))
@tried(40)
def test_compiled_records_say_what_plain_ones_do(seed: int) -> None:
    cases = [case for n in range(12) if "works" not in (case := random_case(seed + n))]
    if not cases:
        return
    asked = cases[0]
    compiled = compile_recorded(
        {f"a{n}": case["facts"] for n, case in enumerate(cases)}, asked["as_of"]
    )
    for name, word, found in Clearing(compiled, asked["request"]).answers():
        told = clear_recorded(asked | {"facts": compiled.facts[name]})
        assert (word, list(found)) == (told["verdict"], told["reasons"]), compiled.facts[name]
