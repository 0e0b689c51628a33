"""What an offer's price comes to for one file. Whole minor units, no float, no clock.

A price by time is counted by the file's exact duration. Each file is rounded by itself, a half
upwards, so that a sum is always the sum of the amounts shown for its files.
"""

from collections.abc import Mapping
from typing import Final, Protocol

UNIT_MS: Final[Mapping[str, int]] = {"minute": 60_000, "hour": 3_600_000}


class Priced(Protocol):
    """What has a price in minor units `per` file, minute or hour."""

    @property
    def price_minor(self) -> int: ...
    @property
    def per(self) -> str: ...


def price_of(offer: Priced, milliseconds: int | None) -> int:
    """Return the price of one file of this duration, in minor units of the offer's currency.

    Raises ValueError for a price by time where there is no duration, and for a unit that is none.
    """
    if offer.per == "file":
        return offer.price_minor
    unit = UNIT_MS.get(offer.per)
    if unit is None:
        raise ValueError(f"unknown unit {offer.per!r}: a price is per file, minute or hour")
    if milliseconds is None or milliseconds < 0:
        raise ValueError(f"a price per {offer.per} needs the duration of the file")
    return (2 * offer.price_minor * milliseconds + unit) // (2 * unit)
