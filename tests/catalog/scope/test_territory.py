"""Countries, groups and vanished states."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.scope.instants import read_day, start_of
from catalog.scope.territory import read_territory
from licensing.clearance import COUNTRIES, CaseError, describe_territory, parse_territory

CODES = st.frozensets(st.sampled_from(sorted(COUNTRIES)))


def reach(expression: Any, day: str = "2026-01-01") -> Any:
    return read_territory(expression, "$").at(start_of(read_day(day, "$")))


def test_the_universe_is_250_countries_with_namibia_and_kosovo() -> None:
    assert len(COUNTRIES) == 250
    assert {"NA", "XK"} <= COUNTRIES
    assert "UK" not in COUNTRIES


@given(CODES)
def test_a_described_set_reads_back_as_itself(codes: frozenset[str]) -> None:
    if codes:
        assert parse_territory(describe_territory(codes)) == codes


@given(CODES, CODES)
def test_certain_members_are_include_less_except(inside: Any, outside: Any) -> None:
    expression = {"include": sorted(inside), "except": sorted(outside)}
    assert reach(expression).certain == inside - outside


@given(st.lists(st.sampled_from([*sorted(COUNTRIES), "XX", "WORLD"]), min_size=1, max_size=5))
def test_a_territory_is_the_same_however_it_is_written(names: list[str]) -> None:
    def told(expression: Any) -> Any:
        try:
            found = read_territory(expression, "$")
        except CaseError as error:
            return str(error).partition(":")[2] or str(error)
        return found.instants, found.reaches, found.rules

    alike = {"include": names}
    assert told(names) == told(alike) == told(alike | {"definition": "iso"})
    less = {"include": ["WORLD"], "except": names}
    assert told(less) == told(less | {"definition": "iso"})


def test_a_static_union_is_the_one_of_that_day_and_a_dynamic_one_of_each() -> None:
    static = {"include": ["EU"], "as_of": "2006-12-31"}
    assert {"GB", "SK"} <= reach(static).certain
    assert reach(static)["BG"] is None
    dynamic = {"include": ["EU"], "as_of": "dynamic"}
    assert "GB" in reach(dynamic, "2020-01-31").certain
    assert "GB" not in reach(dynamic, "2020-02-01").certain


def test_a_union_of_unknown_date_is_maybe_for_all_it_ever_had() -> None:
    found = reach({"include": ["EU", "FR"], "as_of": "unknown"})
    assert found["GB"] == {"TERRITORY_AMBIGUOUS"}
    assert found["FR"] == set()
    assert found["NO"] is None


def test_a_vanished_state_makes_its_successors_maybe() -> None:
    found = reach({"include": ["SU", "EE"], "except": ["LT"]})
    assert found["RU"] == {"TERRITORY_SUCCESSION"}
    assert found["EE"] == set()
    assert found["LT"] is None
    late = reach({"include": ["YU"], "as_of": "1995-01-01"})
    assert sorted(late.maybe) == ["ME", "RS", "XK"]
    assert sorted(reach({"include": ["CS"], "as_of": "1980-01-01"}).maybe) == ["CZ", "SK"]
    assert sorted(reach("CS").maybe) == ["CZ", "ME", "RS", "SK", "XK"]


def test_the_trade_definition_brings_dependent_places_with_a_named_country() -> None:
    ifta = {"include": ["US", "BENELUX"], "except": ["PR"], "definition": "ifta"}
    assert {"US", "GU", "NL"} <= reach(ifta).certain
    assert reach(ifta)["PR"] is None
    assert reach(ifta)["AW"] is None


@pytest.mark.parametrize(
    ("expression", "path"),
    [
        (["KR", "UK"], "$[1]"),
        ("EU", "$"),
        ({"include": ["EU"]}, "$.include[0]"),
        ({"include": ["KR"], "except": ["XX"]}, "$.except[0]"),
        ({"include": ["KR"], "definition": "isa"}, "$.definition"),
        ({"include": ["EU"], "as_of": "2026-13-01"}, "$.as_of"),
        ({"include": ["KR"], "excpet": []}, "$.excpet"),
        ({"except": ["KR"]}, "$.include"),
        (["kr"], "$[0]"),
        ([["KR"]], "$[0]"),
        (7, "$"),
    ],
)
def test_a_territory_that_does_not_exist_is_refused_where_it_stands(
    expression: Any, path: str
) -> None:
    with pytest.raises(CaseError) as caught:
        read_territory(expression, "$")
    assert caught.value.path == path


@pytest.mark.parametrize("expression", ["SU", {"include": ["EU"], "as_of": "unknown"}])
def test_a_request_may_name_nothing_that_is_only_maybe(expression: Any) -> None:
    with pytest.raises(CaseError, match="request"):
        parse_territory(expression)
