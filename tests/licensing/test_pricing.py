"""What a rate card comes to: exact, rounded once for each file, and explained."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.money import MAX_MINOR
from licensing.offers.pricing import Measure, least_unit, price_of, quote, resolution_of, total_of
from licensing.offers.quotes import lines_of, measure


@dataclass
class Offer:
    price_minor: int
    per: str
    modifiers: list[dict[str, Any]] = field(default_factory=list)
    minimum_minor: int = 0


@dataclass
class Scope:
    uses: list[str] = field(default_factory=lambda: ["train.finetune"])
    model_kinds: list[str] = field(default_factory=lambda: ["foundation"])
    exclusivity: str = "non_exclusive"
    territory: Any = "WORLD"


def times(by: str, of: Any, factor: str) -> dict[str, Any]:
    return {"by": by, "of": of, "times": factor}


@pytest.mark.parametrize(
    ("price", "per", "ms", "minor"),
    [
        (1250, "file", None, 1250),
        (1250, "file", 90_000, 1250),
        (150, "minute", 96 * 60_000, 14_400),
        (150, "minute", 30_000, 75),
        (1, "minute", 30_000, 1),  # half a cent
        (1, "minute", 29_999, 0),
        (3600, "hour", 1, 0),
        (3600, "hour", 500, 1),
        (9000, "hour", 90 * 60_000, 13_500),
        (150, "minute", 0, 0),
    ],
)
def test_a_price_by_time_is_counted_by_the_exact_duration(
    price: int, per: str, ms: int | None, minor: int
) -> None:
    assert price_of(Offer(price, per), ms) == minor


@given(st.integers(0, MAX_MINOR), st.sampled_from(["minute", "hour"]), st.integers(0, 10**9))
def test_no_amount_is_more_than_half_a_unit_off(price: int, per: str, ms: int) -> None:
    exact = Fraction(price * ms, {"minute": 60_000, "hour": 3_600_000}[per])
    off = price_of(Offer(price, per), ms) - exact
    assert Fraction(-1, 2) < off <= Fraction(1, 2)


@pytest.mark.parametrize(("per", "ms"), [("minute", None), ("hour", -1), ("frame", 10)])
def test_what_cannot_be_counted_has_no_price(per: str, ms: int | None) -> None:
    with pytest.raises(ValueError, match=r"needs the duration|unknown unit"):
        price_of(Offer(100, per), ms)


def test_a_segment_is_a_range_asked_for_and_a_whole_file_is_one() -> None:
    found = quote(Offer(500, "segment"), Scope(), [Measure(90_000, 3), Measure(None)])
    assert found.amounts == (1500, 500)


@pytest.mark.parametrize(
    ("modifiers", "scope", "minor"),
    [
        # The name that is closest to a use counts, and of all that is asked for the dearest.
        ([times("use", "train", "2"), times("use", "train.finetune", "3/2")], Scope(), 150),
        ([times("use", "evaluate", "1/2")], Scope(["evaluate"]), 50),
        ([times("use", "evaluate", "1/2")], Scope(["evaluate", "index"]), 100),
        ([times("model_kind", "open_weights", "4")], Scope(), 100),
        (
            [times("model_kind", "open_weights", "4")],
            Scope(model_kinds=["foundation", "open_weights"]),
            400,
        ),
        ([times("exclusivity", "exclusive", "5")], Scope(exclusivity="exclusive"), 500),
        ([times("territory", ["KR", "JP"], "1/3")], Scope(territory=["KR"]), 33),
        ([times("territory", ["KR", "JP"], "1/3")], Scope(territory=["KR", "US"]), 100),
        ([times("territory", "WORLD", "3"), times("territory", ["KR"], "1/2")],
         Scope(territory=["KR"]), 50),
        ([times("use", "train", "3/2"), times("exclusivity", "exclusive", "7/3")],
         Scope(exclusivity="exclusive"), 350),
    ],
)  # fmt: skip
def test_one_modifier_of_each_dimension_counts(
    modifiers: list[dict[str, Any]], scope: Scope, minor: int
) -> None:
    assert quote(Offer(100, "file", modifiers), scope, [Measure(None)]).sum_minor == minor


def test_each_file_has_the_factor_of_its_own_resolution() -> None:
    card = Offer(100, "minute", [times("resolution", "uhd", "2"), times("resolution", "sd", "1/2")])
    files = [Measure(60_000, pixels=side) for side in (2160, 1080, 480)] + [Measure(60_000)]
    found = quote(card, Scope(), files)
    assert found.amounts == (200, 100, 50, 100)
    assert [(g.resolution and g.resolution.of, g.files, g.amount_minor) for g in found.groups] == [
        ("uhd", 1, 200),
        (None, 2, 200),
        ("sd", 1, 50),
    ]


@pytest.mark.parametrize(
    ("width", "height", "named"),
    [
        (3840, 2160, "uhd"), (3840, 1600, "uhd"), (4096, 1716, "uhd"), (2160, 3840, "uhd"),
        (1920, 1080, "hd"), (1998, 1080, "hd"), (1280, 536, "hd"), (720, 576, "sd"),
    ],
)  # fmt: skip
def test_a_wide_picture_is_as_sharp_as_its_longer_side(width: int, height: int, named: str) -> None:
    lines = lines_of({"width": width, "height": height})
    assert lines is not None
    assert resolution_of(lines) == named


def test_a_long_segment_counts_as_several() -> None:
    minute = 60_000
    spans = [[0, 5 * minute], [6 * minute, 11 * minute + 1], [20 * minute, 20 * minute + 1]]
    assert measure(spans, 90 * minute, None).segments == 1 + 2 + 1
    # A whole film is no cheaper than its parts; what does not last is one.
    assert measure([], 90 * minute, None).segments == 18
    assert measure([], None, None).segments == measure([], 0, None).segments == 1


def test_the_minimum_guarantee_counts_at_the_end_and_for_no_file_nothing() -> None:
    card = Offer(100, "file", minimum_minor=1000)
    assert quote(card, Scope(), [Measure(None)] * 3).total_minor == 1000
    assert quote(card, Scope(), [Measure(None)] * 11).total_minor == 1100
    assert quote(card, Scope(), []).total_minor == 0


@given(
    st.integers(0, 10**9),
    st.sampled_from(["file", "segment", "minute"]),
    st.sampled_from([[], [times("use", "train", "3/2")], [times("use", "dub", "3/2")]]),
    st.lists(st.builds(Measure, st.integers(0, 10**8), st.integers(1, 5), st.none()), max_size=5),
    st.integers(0, 10**9),
)
def test_the_sum_alone_is_the_sum_of_the_quote(
    price: int, per: str, modifiers: list[dict[str, Any]], files: list[Measure], least: int
) -> None:
    card = Offer(price, per, modifiers, least)
    assert total_of(card, Scope(), files) == quote(card, Scope(), files).total_minor


def test_the_least_of_a_unit_takes_the_smallest_factor_of_each_dimension() -> None:
    card = Offer(
        1000,
        "minute",
        [times("use", "train", "1/2"), times("use", "dub", "2"), times("resolution", "sd", "3/4")],
    )
    assert least_unit(card) == 375
    assert least_unit(Offer(1000, "minute", [times("use", "train", "3/2")])) == 1000


_TIMES = st.fractions(min_value=Fraction(1, 100), max_value=100, max_denominator=1000)


@given(
    st.integers(0, 10**9),
    st.lists(st.integers(0, 10**8), min_size=1, max_size=5),
    _TIMES,
    _TIMES,
)
def test_a_quote_is_base_times_quantity_times_each_modifier_rounded_once(
    price: int, lengths: list[int], by_use: Fraction, by_kind: Fraction
) -> None:
    card = Offer(
        price,
        "minute",
        [times("use", "train", str(by_use)), times("model_kind", "foundation", str(by_kind))],
    )
    found = quote(card, Scope(), [Measure(length) for length in lengths])
    for length, amount in zip(lengths, found.amounts, strict=True):
        exact = Fraction(price * length, 60_000) * by_use * by_kind
        assert Fraction(-1, 2) < amount - exact <= Fraction(1, 2)
    assert sum(group.amount_minor for group in found.groups) == found.total_minor
