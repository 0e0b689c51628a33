"""Whole numbers of many documents, a bitmap for each binary digit.

Sums, ranges and the first few of an order cost a few operations on whole bitmaps, however many
documents take part, and are exact.
"""

from array import array
from collections.abc import Iterator
from functools import lru_cache

from pyroaring import BitMap


def bitmap(ids: array[int] | bytes) -> BitMap:
    """Return the set of these document numbers; bytes are little-endian, four for each."""
    return BitMap(ids if isinstance(ids, array) else array("I", ids))


class Sliced:
    """The numbers, from 0 to below 2**width, that some documents have."""

    def __init__(self, width: int) -> None:
        self.known = BitMap()
        self.slices = [BitMap() for _ in range(width)]

    def bitmaps(self) -> Iterator[BitMap]:
        """Yield all bitmaps, in one order."""
        yield self.known
        yield from self.slices

    def put(self, number: int, value: int) -> None:
        """Say the value of a document that has none yet."""
        if not 0 <= value < 1 << len(self.slices):
            raise ValueError(f"{value} is not a number of {len(self.slices)} bits")
        self.known.add(number)
        for place in _digits(value):
            self.slices[place].add(number)

    def remove(self, number: int) -> None:
        """Forget the value of a document."""
        if number in self.known:
            for each in self.bitmaps():
                each.discard(number)

    def value(self, number: int) -> int | None:
        """Return the value of a document, or None when it has none."""
        if number not in self.known:
            return None
        return sum(1 << place for place, digit in enumerate(self.slices) if number in digit)

    def total(self, among: BitMap) -> int:
        """Return the sum of the values of these documents."""
        return sum(
            among.intersection_cardinality(digit) << place
            for place, digit in enumerate(self.slices)
        )

    def compare(self, among: BitMap, bound: int) -> tuple[BitMap, BitMap, BitMap]:
        """Return which of these documents have less than, exactly and more than the bound."""
        less, more, equal = BitMap(), BitMap(), among & self.known
        if bound < 0:
            return less, more, equal
        if bound >= 1 << len(self.slices):
            return equal, more, less
        for place in reversed(range(len(self.slices))):
            digit = self.slices[place]
            if bound >> place & 1:
                less |= equal - digit
                equal &= digit
            else:
                more |= equal & digit
                equal = equal - digit
        return less, equal, more

    def between(self, among: BitMap, least: int | None, most: int | None) -> BitMap:
        """Return which of these documents have a value from `least` to `most`, both included."""
        found = among & self.known
        if least is not None:
            _, equal, more = self.compare(found, least)
            found = equal | more
        if most is not None:
            less, equal, _ = self.compare(found, most)
            found = less | equal
        return found

    def first(self, among: BitMap, most: int, *, descending: bool) -> list[int]:
        """Return the first documents by value, then by number; without a value: at the end."""
        candidates = among & self.known
        if len(candidates) > most:
            candidates = self._cut(candidates, most, descending=descending)
        sign = -1 if descending else 1
        values = {number: sign * (self.value(number) or 0) for number in candidates}
        ordered = sorted(values, key=lambda number: (values[number], number))
        if len(ordered) < most:
            ordered += (among - self.known)[: most - len(ordered)]
        return ordered

    def _cut(self, tied: BitMap, most: int, *, descending: bool) -> BitMap:
        """Return the `most` first of more candidates, digit by digit from the highest."""
        sure = BitMap()
        for digit in reversed(self.slices):
            ahead = tied & digit if descending else tied - digit
            if len(sure) + len(ahead) > most:
                tied = ahead
            else:
                sure |= ahead
                tied = tied - ahead
        return sure | tied[: most - len(sure)]

    def after(self, among: BitMap, value: int | None, number: int, *, descending: bool) -> BitMap:
        """Return which of these documents follow the one with this value and number."""
        if value is None:
            return _above(among - self.known, number)
        less, equal, more = self.compare(among, value)
        beyond = less if descending else more
        return beyond | _above(equal, number) | (among - self.known)


@lru_cache(maxsize=4096)  # one name or price stands in many documents in a row
def _digits(value: int) -> tuple[int, ...]:
    return tuple(place for place in range(value.bit_length()) if value >> place & 1)


def _above(among: BitMap, number: int) -> BitMap:
    found = among.copy()
    found.remove_range(0, number + 1)
    return found
