"""What an offer comes to for one file: exact, and rounded once."""

from dataclasses import dataclass
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.money import MAX_MINOR
from licensing.pricing import price_of


@dataclass
class Offer:
    price_minor: int
    per: str


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
