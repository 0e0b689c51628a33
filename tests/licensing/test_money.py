"""Money: read, written, divided and counted as Stripe counts, exactly."""

from fractions import Fraction

import pytest
from babel.numbers import list_currencies
from hypothesis import given
from hypothesis import strategies as st

from licensing.money import (
    CURRENCIES,
    MAX_MINOR,
    MINOR_DIGITS,
    format_amount,
    from_stripe_amount,
    parse_amount,
    plain_amount,
    split,
    stripe_amount,
)

currencies = st.sampled_from(CURRENCIES)
amounts = st.integers(min_value=0, max_value=MAX_MINOR)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.50", "USD", 1250),
        ("12.5", "USD", 1250),
        (" 0 ", "USD", 0),
        ("0.01", "EUR", 1),
        ("12500", "KRW", 12500),
        ("500", "ISK", 500),
        ("1.234", "KWD", 1234),
        ("007", "JPY", 7),
    ],
)
def test_an_amount_is_read_exactly(text: str, currency: str, minor: int) -> None:
    assert parse_amount(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency", "says"),
    [
        ("-1", "USD", "negative"),
        ("1.005", "USD", "USD has 2 decimals at most"),
        ("1.0", "KRW", "KRW has no decimals"),
        ("1,000", "USD", "not an amount"),
        ("1e3", "USD", "not an amount"),
        ("", "USD", "not an amount"),
        ("NaN", "USD", "not an amount"),
        (".5", "USD", "not an amount"),
        ("5.", "USD", "not an amount"),
        ("+5", "USD", "not an amount"),
        ("١٢", "USD", "not an amount"),
        ("9" * 400, "USD", "not an amount"),
        ("9999999999999999", "USD", "too large: at most 10000000000000.00"),
        ("1", "usd", "unknown currency 'usd'"),
        ("1", "XYZ", "unknown currency"),
        ("1", "DEM", "unknown currency"),
        ("1", "X" * 5000, "unknown currency 'XXXXXXXX'"),
    ],
)
def test_what_is_no_amount_is_refused_in_one_line(text: str, currency: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        parse_amount(text, currency)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 120


@given(amounts, currencies)
def test_writing_and_reading_an_amount_gives_it_back(minor: int, currency: str) -> None:
    assert parse_amount(plain_amount(minor, currency), currency) == minor


def test_every_currency_is_one_that_pages_can_name() -> None:
    assert set(CURRENCIES) <= set(list_currencies())
    assert set(MINOR_DIGITS.values()) == {0, 2, 3}


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "shown"),
    [
        (1250000, "USD", "en", "$12,500.00"),
        (1250000, "USD", "ko", "US$12,500.00"),
        (12500, "KRW", "ko", "₩12,500"),
        (12500, "KRW", "ko-KR", "₩12,500"),
        (1234567, "IQD", "en", "IQD\xa01,234.567"),
        (1234, "CHF", "en", "CHF\xa012.34"),
        (-5, "USD", "en", "-$0.05"),
        (500, "ISK", "en", "ISK\xa0500"),
    ],
)
def test_an_amount_is_shown_as_people_write_it(
    minor: int, currency: str, locale: str, shown: str
) -> None:
    assert format_amount(minor, currency, locale) == shown


@pytest.mark.parametrize("locale", ["xx", "", "not a locale", "../../etc"])
def test_an_unknown_locale_is_refused(locale: str) -> None:
    with pytest.raises(ValueError, match="unknown locale"):
        format_amount(1, "USD", locale)


@given(amounts, currencies, st.sampled_from(["en", "ko", "de", "fr", "ja"]))
def test_no_digit_of_an_amount_is_lost_when_shown(minor: int, currency: str, locale: str) -> None:
    digits = "".join(c for c in format_amount(minor, currency, locale) if c.isdigit())
    assert int(digits) == minor


@st.composite
def shares(draw: st.DrawFn) -> dict[str, Fraction]:
    weights = draw(
        st.dictionaries(st.text(min_size=1, max_size=3), st.integers(0, 10**6), min_size=1).filter(
            lambda found: sum(found.values()) > 0
        )
    )
    total = sum(weights.values())
    return {name: Fraction(weight, total) for name, weight in weights.items()}


@given(amounts, shares())
def test_the_parts_sum_to_the_total_and_no_part_is_a_unit_off(
    total: int, parts: dict[str, Fraction]
) -> None:
    result = split(total, parts)
    assert sum(result.values()) == total
    assert all(abs(result[name] - total * share) < 1 for name, share in parts.items())
    assert all(result[name] == 0 for name, share in parts.items() if share == 0)


@given(amounts, shares(), st.randoms())
def test_the_order_of_the_payees_changes_nothing(
    total: int, parts: dict[str, Fraction], random: object
) -> None:
    names = list(parts)
    random.shuffle(names)  # type: ignore[attr-defined]
    assert split(total, {name: parts[name] for name in names}) == split(total, parts)


def test_units_left_over_go_to_the_largest_remainders_and_ties_by_name() -> None:
    third = Fraction(1, 3)
    assert split(100, {"c": third, "a": third, "b": third}) == {"c": 33, "a": 34, "b": 33}
    assert split(101, {"a": Fraction(1, 200), "b": Fraction(199, 200)}) == {"a": 1, "b": 100}
    assert split(0, {"a": Fraction(1)}) == {"a": 0}


@pytest.mark.parametrize(
    ("total", "parts", "says"),
    [
        (-1, {"a": Fraction(1)}, "negative"),
        (1, {}, "sum to exactly 1"),
        (1, {"a": Fraction(1, 3), "b": Fraction(1, 3)}, "sum to exactly 1"),
        (1, {"a": Fraction(3, 2), "b": Fraction(-1, 2)}, "negative"),
    ],
)
def test_shares_that_are_no_whole_are_refused(
    total: int, parts: dict[str, Fraction], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        split(total, parts)


@pytest.mark.parametrize(
    ("minor", "currency", "sent"),
    [
        (1250, "USD", 1250),
        (500, "JPY", 500),
        (500, "KRW", 500),
        (5, "ISK", 500),
        (5, "UGX", 500),
        (500, "MGA", 5),
        (1230, "KWD", 1230),
        (100, "HUF", 100),
    ],
)
def test_stripe_is_sent_what_stripe_counts(minor: int, currency: str, sent: int) -> None:
    assert stripe_amount(minor, currency) == sent
    assert from_stripe_amount(sent, currency) == minor


@pytest.mark.parametrize(
    ("minor", "currency"), [(1234, "KWD"), (150, "HUF"), (199, "TWD"), (50, "MGA")]
)
def test_what_stripe_cannot_carry_exactly_is_refused(minor: int, currency: str) -> None:
    with pytest.raises(ValueError, match=f"card payments in {currency} need"):
        stripe_amount(minor, currency)


@given(amounts, currencies)
def test_every_amount_goes_through_stripe_unchanged_or_not_at_all(
    minor: int, currency: str
) -> None:
    try:
        sent = stripe_amount(minor, currency)
    except ValueError:
        return
    assert from_stripe_amount(sent, currency) == minor
