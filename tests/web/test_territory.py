"""Territories as people write them."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from catalog.checks import check_territory
from catalog.scope.territory import COUNTRIES, parse_territory
from web.forms.territory import territory_of

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("World", "WORLD"),
        ("worldwide", "WORLD"),
        ("전 세계", "WORLD"),
        ("World except KR, JP", {"include": ["WORLD"], "except": ["JP", "KR"]}),
        ("world EXCLUDING south korea; japan.", {"include": ["WORLD"], "except": ["JP", "KR"]}),
        ("kr jp", ["JP", "KR"]),
        ("Benelux, US", ["BE", "LU", "NL", "US"]),
        ("South Korea\nJapan", ["JP", "KR"]),
    ],
)
def test_what_people_write_is_understood(typed: str, meant: object) -> None:
    assert check_territory("territory", territory_of(typed, TODAY)) == meant


def test_a_union_counts_its_members_of_today() -> None:
    members = parse_territory(territory_of("EU", TODAY))
    assert len(members) == 27
    assert "GB" not in members


@pytest.mark.parametrize(
    "typed",
    [
        "Atlantis",
        "",
        " , ",
        "except KR",
        "World except",
        "KR except KR",
        "SUHH",
        "World except KR except JP",
        "UK of Nowhere",
        "K",
    ],
)
def test_what_is_no_territory_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        territory_of(typed, TODAY)


@given(st.sets(st.sampled_from(sorted(COUNTRIES)), min_size=1, max_size=20))
def test_a_list_of_codes_means_just_these(codes: set[str]) -> None:
    assert parse_territory(territory_of(", ".join(codes), TODAY)) == codes
    without = parse_territory(territory_of(f"World except {' '.join(codes)}", TODAY))
    assert without == COUNTRIES - codes


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading(text: str) -> None:
    try:
        expression = territory_of(text, TODAY)
    except ValidationError:
        return
    assert parse_territory(expression) <= COUNTRIES
