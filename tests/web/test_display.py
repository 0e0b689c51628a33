"""Values read as a rights lawyer in London or Seoul would write them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from licensing.money import CURRENCIES, plain_amount
from web import display


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [
        (18_450_000, "USD", ("USD", "184,500.00")),
        (1_200_000, "KRW", ("KRW", "1,200,000")),
        (5, "EUR", ("EUR", "0.05")),
        (1_234, "KWD", ("KWD", "1.234")),
        (-50, "USD", ("USD", "-0.50")),
        (100_000, "RSD", ("RSD", "1,000.00")),  # people leave the decimals out; prices have them
        (100_000, "IQD", ("IQD", "100.000")),
    ],
)
def test_money_has_its_code_and_the_currencys_own_decimals(
    minor: int, currency: str, shown: tuple[str, str]
) -> None:
    assert display.money_text(minor, currency) == shown


def test_every_currency_reads_as_it_was_typed() -> None:
    for currency in CURRENCIES:
        shown = display.money_text(123_456_789, currency)[1]
        assert shown.replace(",", "") == plain_amount(123_456_789, currency), currency


@given(st.integers(-(10**15), 10**15))
def test_money_loses_no_cent(minor: int) -> None:
    amount = display.money_text(minor, "USD")[1]
    assert int(amount.replace(",", "").replace(".", "")) == minor


@pytest.mark.parametrize(
    ("territory", "english", "korean"),
    [
        ("WORLD", "World", "전 세계"),
        ("KR", "South Korea", "대한민국"),
        (
            {"include": ["WORLD"], "except": ["JP", "KR"]},
            "World except Japan and South Korea",
            "전 세계 (일본 및 대한민국 제외)",
        ),
        (["AT", "BE"], "Austria and Belgium", "오스트리아 및 벨기에"),
        ({"include": "EU", "except": []}, "European Union", "유럽 연합"),
        (["XZ"], "XZ", "XZ"),
    ],
)
def test_territories_are_named(territory: display.Territory, english: str, korean: str) -> None:
    assert display.territory_text(territory) == (english, english)
    with translation.override("ko"):
        assert display.territory_text(territory) == (korean, korean)


def test_a_long_territory_is_counted_and_can_be_read_in_whole() -> None:
    codes = ["AT", "BE", "DE", "DK", "ES", "FI", "FR", "GB"]
    short, whole = display.territory_text(codes)
    assert short == "Austria, Belgium, Germany, Denmark and 4 more"
    assert whole.endswith("Finland, France and United Kingdom")


def test_a_term_of_whole_days_names_its_last_day_and_its_exact_end() -> None:
    wording, exact = display.term_text(at(2027, 1, 1), at(2030, 1, 1))
    assert wording == "1 Jan 2027 to 31 Dec 2029"
    assert exact == "ends before 1 Jan 2030, 00:00 UTC"


def test_a_term_is_read_in_the_contracts_zone() -> None:
    start, end = at(2026, 12, 31, 15), at(2027, 12, 31, 15)
    wording, exact = display.term_text(start, end, "Asia/Seoul")
    assert wording == "1 Jan 2027 to 31 Dec 2027"
    assert exact == "ends before 1 Jan 2028, 00:00 Seoul time"
    with translation.override("ko"):
        assert display.term_text(start, end, "Asia/Seoul")[0] == (
            "2027년 1월 1일부터 2027년 12월 31일까지"
        )


def test_a_term_within_a_day_and_terms_without_bounds_say_so() -> None:
    assert display.term_text(at(2027, 1, 1, 9), at(2027, 1, 1, 17)) == (
        "1 Jan 2027, 09:00 UTC until 1 Jan 2027, 17:00 UTC, not included",
        "",
    )
    assert display.term_text(at(2027, 1, 1), None) == ("from 1 Jan 2027, without end", "")
    assert display.term_text(None, at(2028, 1, 1))[0] == "no beginning to 31 Dec 2027"
    assert display.term_text(None, None) == ("no limit of time", "")


@given(st.integers(0, 20_000), st.sampled_from(["UTC", "Asia/Seoul", "America/New_York"]))
def test_the_last_day_shown_is_always_inside_the_term(days: int, zone: str) -> None:
    first = datetime(2001, 1, 1, tzinfo=ZoneInfo(zone))
    end = (first + timedelta(days=days + 1)).replace(hour=0)
    wording = display.term_text(first.astimezone(UTC), end.astimezone(UTC), zone)[0]
    assert wording.endswith(display.date_text(first + timedelta(days=days), zone))


@pytest.mark.parametrize(
    ("size_bytes", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1 kB"),
        (1_234_567_890, "1.2 GB"),
        (10**18, "1,000.0 PB"),
    ],
)
def test_sizes_are_decimal(size_bytes: int, shown: str) -> None:
    assert display.bytes_text(size_bytes) == shown


@pytest.mark.parametrize(
    ("length_ms", "shown"),
    [(5_467_000, "1:31:07"), (90_000, "1:30"), (42_560, "0:42.5"), (0, "0:00.0")],
)
def test_lengths_read_like_a_clock(length_ms: int, shown: str) -> None:
    assert display.duration_text(length_ms) == shown


def test_the_length_of_a_library_is_told_in_hours() -> None:
    assert display.duration_text(35_275 * 3_600_000 + 1_265_000) == "35,275 hours"
    with translation.override("ko"):
        assert display.duration_text(35_275 * 3_600_000) == "35,275시간"
