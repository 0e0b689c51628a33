"""The rights timeline's positions."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from web.timeline import Term, draw

NOW = datetime(2026, 11, 21, tzinfo=UTC)
instants = st.datetimes(datetime(1850, 1, 1), datetime(2400, 1, 1)).map(  # noqa: DTZ001
    lambda at: at.replace(tzinfo=UTC)
)


@st.composite
def terms(draw_value: st.DrawFn) -> Term:
    start = draw_value(st.none() | instants)
    end = draw_value(st.none() | instants)
    if start and end and end <= start:
        end = start + timedelta(days=1)
    return Term("Right", "/", start, end, "exclusive")


def number(percent: str) -> float:
    return float(percent.removesuffix("%"))


@given(st.lists(terms(), min_size=1, max_size=8))
def test_every_band_lies_on_the_axis_and_in_order(facts: list[Term]) -> None:
    drawn = draw(facts, NOW)
    assert 0 < number(drawn.today) < 100
    assert 1 <= len(drawn.ticks) <= 8
    for fact, band in zip(facts, drawn.bands, strict=True):
        left, right = number(band.x), number(band.x) + number(band.width)
        assert 0 <= left <= 100
        assert right <= 100.5
        assert (fact.starts_at is None) == (left == 0)
        if fact.starts_at and fact.ends_at:
            running = fact.starts_at <= NOW < fact.ends_at
            assert not running or left - 0.01 <= number(drawn.today) <= right + 0.01


def test_an_open_end_reaches_the_edge() -> None:
    drawn = draw([Term("Right", "/", datetime(2020, 1, 1, tzinfo=UTC), None, "exclusive")], NOW)
    band = drawn.bands[0]
    assert number(band.x) + number(band.width) == 100
    assert [tick.label for tick in drawn.ticks] == ["2020", "2022", "2024", "2026", "2028"]
