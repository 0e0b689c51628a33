"""Territories as people write them."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from catalog.checks import check_territory
from catalog.scope.territory import COUNTRIES, parse_territory
from web import display
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
        ("Japan and South Korea", ["JP", "KR"]),
        ("Trinidad and Tobago, Myanmar (Burma)", ["MM", "TT"]),
        ("대한민국", ["KR"]),
        ("대한민국, 홍콩(중국 특별행정구)", ["HK", "KR"]),
        ("전 세계 (일본 및 대한민국 제외)", {"include": ["WORLD"], "except": ["JP", "KR"]}),
        ("일본, 대한민국을 제외한 전 세계", {"include": ["WORLD"], "except": ["JP", "KR"]}),
        ("전 세계 제외 일본", {"include": ["WORLD"], "except": ["JP"]}),
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


@pytest.mark.parametrize("language", ["en", "ko"])
@given(st.sets(st.sampled_from(sorted(COUNTRIES)), min_size=1, max_size=8), st.booleans())
def test_what_a_page_shows_can_be_typed_again(
    language: str, codes: set[str], is_world: bool
) -> None:
    shown = {"include": ["WORLD"], "except": sorted(codes)} if is_world else sorted(codes)
    with translation.override(language):
        again = territory_of(display.territory_text(shown)[1], TODAY)
    assert parse_territory(again) == parse_territory(shown)


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("group", sorted(display.GROUPS))
def test_a_group_goes_by_the_name_that_is_shown(language: str, group: str) -> None:
    with translation.override(language):
        again = territory_of(display.place_name(group), TODAY)
    assert parse_territory(again) == parse_territory(
        {"include": [group], "as_of": TODAY.isoformat()}
    )


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading(text: str) -> None:
    try:
        expression = territory_of(text, TODAY)
    except ValidationError:
        return
    assert parse_territory(expression) <= COUNTRIES
