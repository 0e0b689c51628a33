"""What goes back of a licence that ended early, reckoned from the prices that were paid for it.

The house reckons by its own clock, a moment before the log has its entry. So there are two bounds:
what it comes to a few seconds sooner, and a few seconds later.
"""

import re
from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from edgecode.log.leaf import SKEW

_ENDLESS_YEARS = 10
_MOMENT = timedelta(microseconds=1)
_MONEY = re.compile(r"(\d+)(?:\.(\d+))? ([A-Z]{3})")


class Price(NamedTuple):
    """What was paid for the files concerned, and for which term; `until` is when every later
    licence would have ended (None: never). That of an amendment counts from its grant on."""

    paid: Fraction
    begins: datetime
    ends: datetime | None
    until: datetime | None
    is_amendment: bool


def bounds(prices: Sequence[Price], at: datetime) -> tuple[int, int]:
    """Return the least and the most that goes back when the licence ends about then."""
    return _reckoned(prices, at, -SKEW), _reckoned(prices, at, SKEW)


def _reckoned(prices: Sequence[Price], at: datetime, skew: timedelta) -> int:
    exact = Fraction()
    for price in prices:
        begins = price.begins + skew if price.is_amendment else price.begins
        ends = price.ends or _years_after(begins)
        rest = min(ends, price.until or ends) - max(at - skew, begins)
        if begins < ends and rest > timedelta():
            exact += price.paid * Fraction(rest // _MOMENT, (ends - begins) // _MOMENT)
    return int(exact)


def paid_for(
    approval: Mapping[str, Any], cards: Sequence[Mapping[str, Any]], files: Set[str]
) -> Fraction:
    """Return what a price comes to for these of its files: by what rate cards say of each, or in
    equal parts."""
    agreed = approval["assets"]
    weights = dict.fromkeys(agreed, 1)
    if prices := {code: minor for card in cards for code, minor in card["prices"].items()}:
        priced = {code: prices[code] for code in agreed}
        weights = priced if any(priced.values()) else weights
    own = sum(weight for code, weight in weights.items() if code in files)
    return Fraction(approval["amount_minor"] * own, sum(weights.values()))


def read(detail: str) -> tuple[int, str]:
    """Return an amount as a duty says it, in the smallest unit of its currency, and that. Raises
    ValueError."""
    found = _MONEY.fullmatch(detail)
    if found is None:
        raise ValueError("is no amount")
    whole, decimals, currency = found.groups()
    return int(whole + (decimals or "")), currency


def _years_after(start: datetime) -> datetime:
    """Return the same day ten years later, the last of February for the 29th."""
    year = min(start.year + _ENDLESS_YEARS, 9999)
    try:
        return start.replace(year=year)
    except ValueError:
        return start.replace(year=year, day=28)
