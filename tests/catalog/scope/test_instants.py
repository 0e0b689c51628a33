"""Dates, zones and durations as contracts write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.scope.instants import (
    NEVER,
    add,
    read_duration,
    read_end,
    read_instant,
    read_through,
    read_zone,
    show,
)
from licensing.clearance import CaseError


def instant(text: str, zone: str = "UTC") -> str | None:
    return show(read_instant(text, read_zone(zone, "$"), "$"))


def after(text: str, duration: str, zone: str = "UTC") -> str | None:
    place = read_zone(zone, "$")
    return show(add(read_instant(text, place, "$"), read_duration(duration, "$"), place, "$"))


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-01-01", "UTC", "2026-01-01T00:00:00Z"),
        ("2026-01-01", "Asia/Seoul", "2025-12-31T15:00:00Z"),
        ("2026-01-01T24:00", "UTC", "2026-01-02T00:00:00Z"),
        ("2026-01-01T09:30+09:00", "America/New_York", "2026-01-01T00:30:00Z"),
        ("2026-01-01T09:30:15Z", "America/New_York", "2026-01-01T09:30:15Z"),
        # Twice that night: the first one. Not at all that night: the offset before the change.
        ("2026-11-01T01:30", "America/New_York", "2026-11-01T05:30:00Z"),
        ("2026-03-08T02:30", "America/New_York", "2026-03-08T07:30:00Z"),
    ],
)
def test_a_date_is_read_in_its_zone(text: str, zone: str, expected: str) -> None:
    assert instant(text, zone) == expected


@pytest.mark.parametrize(
    ("start", "duration", "expected"),
    [
        ("2026-08-31", "P6M", "2027-02-28T00:00:00Z"),
        ("2027-08-31", "P6M", "2028-02-29T00:00:00Z"),
        ("2024-02-29", "P1Y", "2025-02-28T00:00:00Z"),
        ("2026-01-31", "P1M1W1D", "2026-03-08T00:00:00Z"),
    ],
)
def test_a_duration_clamps_to_the_end_of_the_month(
    start: str, duration: str, expected: str
) -> None:
    assert after(start, duration) == expected


def test_a_duration_keeps_the_local_time_of_day_across_a_clock_change() -> None:
    assert after("2026-03-01", "P1M", "America/New_York") == "2026-04-01T04:00:00Z"


def test_through_a_day_ends_when_the_next_one_starts_there() -> None:
    tokyo = read_zone("Asia/Tokyo", "$")
    assert show(read_through("2026-12-31", tokyo, "$")) == "2026-12-31T15:00:00Z"


def test_the_year_9999_means_no_end() -> None:
    assert read_end("9999-12-31", UTC, "$") == NEVER
    assert read_end("9999-12-31T24:00", UTC, "$") == NEVER
    assert read_through("9999-12-31", UTC, "$") == NEVER
    assert show(NEVER) is None


@pytest.mark.parametrize(
    "text", ["2026-02-30", "2026-1-1", "2026-01-01T25:00", "2026-01-01T24:01", "0000-01-01", "", 7]
)
def test_a_date_that_does_not_exist_is_refused(text: object) -> None:
    with pytest.raises(CaseError):
        read_instant(text, UTC, "$")


@pytest.mark.parametrize("text", ["P", "5Y", "P1D1Y", "PT1H", "P-1D", "P1.5Y", None])
def test_a_duration_that_is_not_one_is_refused(text: object) -> None:
    with pytest.raises(CaseError):
        read_duration(text, "$")


@pytest.mark.parametrize("name", ["Mars/Base", "localtime", "", "../UTC", "America"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(CaseError, match="unknown time zone"):
        read_zone(name, "$")


def test_a_term_past_the_calendar_is_refused() -> None:
    with pytest.raises(CaseError, match="9999"):
        after("2026-01-01", "P8000Y")


@given(st.datetimes(timezones=st.just(UTC)), st.integers(-14 * 60, 14 * 60))
def test_an_offset_and_its_utc_time_are_the_same_instant(moment: object, minutes: int) -> None:
    assert isinstance(moment, datetime)
    moment = moment.replace(microsecond=0, year=min(max(moment.year, 2), 9998))
    local = moment.astimezone(timezone(timedelta(minutes=minutes)))
    assert instant(local.isoformat()) == moment.strftime("%Y").zfill(4) + moment.strftime(
        "-%m-%dT%H:%M:%SZ"
    )


@given(st.dates().filter(lambda day: 2 < day.year < 9990), st.integers(0, 60), st.integers(0, 60))
def test_years_and_months_are_added_alike(day: object, years: int, months: int) -> None:
    start = read_instant(str(day), UTC, "$")
    both = add(start, read_duration(f"P{years // 12}Y{months}M", "$"), UTC, "$")
    assert both == add(start, read_duration(f"P{years // 12 * 12 + months}M", "$"), UTC, "$")
