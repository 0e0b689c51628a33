"""What is published of a batch: how many deals of how many licensors, and three coarse prices."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple

from licensing.precedents.buckets import Bucket

# A price is told as one of ten steps from 1 to 10, 10 to 100 and so on: about a quarter apart.
_STEPS: Final = (10, 13, 16, 20, 25, 32, 40, 50, 63, 80)
_SMALL: Final = (0, 1, 2, 3, 4, 5, 6, 8)


class Cell(NamedTuple):
    """One batch of comparable deals: the median of the licensors' prices per minute or file and
    the half of them around it, in minor units."""

    bucket: Bucket
    deals: int
    licensors: int
    low: int
    median: int
    high: int

    def written(self) -> dict[str, Any]:
        """Return it as a release writes it; null where a field may be anything."""
        fields = {name: value or None for name, value in self.bucket._asdict().items()}
        return fields | {
            "per": self.bucket.per,
            "deals": self.deals,
            "licensors": self.licensors,
            "low_minor": self.low,
            "median_minor": self.median,
            "high_minor": self.high,
        }

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> "Cell":
        """Return a cell as a release has it."""
        bucket = Bucket(*(written[name] or "" for name in Bucket._fields))
        prices = (written[f"{name}_minor"] for name in ("low", "median", "high"))
        return cls(bucket, written["deals"], written["licensors"], *prices)


def cell_of(bucket: Bucket, deals: int, prices: Sequence[Fraction]) -> Cell:
    """Return the cell of a batch from one price for each of its licensors, five at least.

    The lowest and the highest price are never told: every figure lies between two others.
    """
    found, count = sorted(prices), len(prices)
    quarter = count // 4
    middle = (found[(count - 1) // 2] + found[count // 2]) / 2
    figures = (found[quarter], middle, found[count - 1 - quarter])
    return Cell(bucket, deals, count, *map(coarse, figures))


def coarse(price: Fraction) -> int:
    """Return the step that is nearest to a price in minor units, the lower of two."""
    scale = 1
    while price >= 100 * scale:
        scale *= 10
    steps = [*_SMALL, *_STEPS, 100]
    return min((step * scale for step in steps), key=lambda step: abs(step - price))


def comparable(
    releases: Iterable[tuple[str, Sequence[Cell]]], wanted: Bucket
) -> list[tuple[str, Cell]]:
    """Return the cells that say something of a deal like this, with the month of their release:
    the narrowest first, and of these the newest.

    It knows nothing but what is published: so no question tells more than the releases do.
    """
    found = [
        (month, cell) for month, cells in releases for cell in cells if cell.bucket.holds(wanted)
    ]
    newest = sorted(found, key=lambda each: each[0], reverse=True)
    return sorted(newest, key=lambda each: each[1].bucket.width)
