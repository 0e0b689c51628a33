"""What a rate card's price comes to. Whole minor units, exact fractions, no float, no clock.

A card has a base price for a unit, modifiers by which it is multiplied, and a minimum guarantee:

    base × quantity × each modifier that counts, for one file, rounded to the minor unit, a half
    upwards; the sum of the files; the minimum guarantee where that is more.

That is the only rounding there is: a sum is always the sum of the amounts shown for its files.

In each dimension one modifier counts. Every value that is asked for has the factor of the modifier
that names it most closely, or 1; of the values the dearest counts.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any, Final, NamedTuple, Protocol

from catalog.scope.territory import parse_territory
from catalog.scope.uses import expand_uses

UNIT_MS: Final[Mapping[str, int]] = {"minute": 60_000, "hour": 3_600_000}
_COUNTED: Final = frozenset({"file", "segment"})
# A segment lasts as long at most; what is longer counts as one more for each time as long begun.
SEGMENT_MS: Final = 300_000
# How the lines of a picture are named: from how many on.
RESOLUTIONS: Final[Mapping[str, int]] = {"sd": 0, "hd": 720, "uhd": 2160}
# In the order in which a price is multiplied.
DIMENSIONS: Final = ("use", "model_kind", "exclusivity", "territory", "resolution")
MAX_TIMES: Final = 1000
MAX_DENOMINATOR: Final = 10_000


class Priced(Protocol):
    """What has a price in minor units `per` file, segment, minute or hour."""

    @property
    def price_minor(self) -> int: ...
    @property
    def per(self) -> str: ...


class Card(Priced, Protocol):
    """A price with what changes it; `modifiers` as `read_modifiers` takes them."""

    @property
    def modifiers(self) -> Any: ...
    @property
    def minimum_minor(self) -> int: ...


class Scoped(Protocol):
    """What a licence is asked for, as far as prices depend on it."""

    @property
    def uses(self) -> Any: ...
    @property
    def model_kinds(self) -> Any: ...
    @property
    def exclusivity(self) -> str: ...
    @property
    def territory(self) -> Any: ...


@dataclass(frozen=True)
class Modifier:
    """A factor for what `of` names in a dimension: a use, a kind of model, an exclusivity, a
    territory, a resolution."""

    by: str
    of: Any
    times: Fraction

    @property
    def names(self) -> frozenset[str]:
        """The values that it names, one by one."""
        if self.by == "use":
            return expand_uses(self.of)
        if self.by == "territory":
            return frozenset(parse_territory(self.of))
        return frozenset({self.of})


class Measure(NamedTuple):
    """One file as it is priced: its duration or that of the parts asked for, how many segments that
    is, and the lines of its picture."""

    milliseconds: int | None
    segments: int = 1
    pixels: int | None = None


@dataclass(frozen=True)
class Group:
    """Files that are multiplied alike. `exact` is what they come to before each is rounded."""

    resolution: Modifier | None
    files: int
    quantity: Fraction
    exact: Fraction
    amount_minor: int


@dataclass(frozen=True)
class Quote:
    """What files come to by one card: `amounts` in the order in which they were given."""

    modifiers: tuple[Modifier, ...]
    groups: tuple[Group, ...]
    amounts: tuple[int, ...]
    minimum_minor: int

    @property
    def sum_minor(self) -> int:
        return sum(self.amounts)

    @property
    def total_minor(self) -> int:
        return max(self.sum_minor, self.minimum_minor)


def read_modifiers(written: Iterable[Mapping[str, Any]]) -> list[Modifier]:
    """Return modifiers that were written as {by, of, times: "3/2"}."""
    return [Modifier(each["by"], each["of"], Fraction(each["times"])) for each in written]


def quote(card: Card, scope: Scoped, files: Sequence[Measure]) -> Quote:
    """Return what files come to by a card for this scope, and how.

    Raises ValueError for a price by time where a file has no duration.
    """
    modifiers = read_modifiers(card.modifiers)
    counting = counting_for(modifiers, scope)
    factor = product(counting)
    sharp = [each for each in modifiers if each.by == "resolution"]
    found: dict[Modifier | None, list[tuple[Fraction, Fraction, int]]] = {}
    amounts = []
    for file in files:
        own = _of_resolution(sharp, file.pixels)
        much = quantity(card.per, file)
        exact = card.price_minor * much * factor * (own.times if own else 1)
        amounts.append(rounded(exact))
        found.setdefault(own, []).append((much, exact, amounts[-1]))
    groups = tuple(
        Group(
            own,
            len(some),
            quantity=sum((much for much, _exact, _amount in some), Fraction()),
            exact=sum((exact for _much, exact, _amount in some), Fraction()),
            amount_minor=sum(amount for _much, _exact, amount in some),
        )
        for own, some in found.items()
    )
    return Quote(tuple(counting), groups, tuple(amounts), card.minimum_minor if files else 0)


def total_of(card: Card, scope: Scoped, files: Sequence[Measure]) -> int:
    """Return what files come to by a card for this scope, as `quote` says it in full."""
    if card.modifiers or card.per not in _COUNTED:
        return quote(card, scope, files).total_minor
    # Nothing to round: of thousands of cards, exact fractions take longer than all the rest.
    count = sum(file.segments for file in files) if card.per == "segment" else len(files)
    return max(card.price_minor * count, card.minimum_minor if files else 0)


def price_of(offer: Priced, milliseconds: int | None) -> int:
    """Return the base price of one file of this duration, in minor units of the offer's currency.

    Raises ValueError for a price by time where there is no duration, and for a unit that is none.
    """
    return rounded(offer.price_minor * quantity(offer.per, Measure(milliseconds)))


def least_unit(card: Card) -> int:
    """Return the least that a card asks for a unit, whatever is asked for, in minor units."""
    least: dict[str, Fraction] = {}
    for each in read_modifiers(card.modifiers):
        least[each.by] = min(each.times, least.get(each.by, Fraction(1)))
    return rounded(card.price_minor * prod(least.values(), start=Fraction(1)))


def quantity(per: str, file: Measure) -> Fraction:
    """Return how many units a file is. Raises ValueError as `price_of`."""
    if per in _COUNTED:
        return Fraction(file.segments if per == "segment" else 1)
    unit = UNIT_MS.get(per)
    if unit is None:
        raise ValueError(f"unknown unit {per!r}: a price is per file, segment, minute or hour")
    if file.milliseconds is None or file.milliseconds < 0:
        raise ValueError(f"a price per {per} needs the duration of the file")
    return Fraction(file.milliseconds, unit)


def rounded(exact: Fraction) -> int:
    """Return whole minor units, a half upwards."""
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


def product(modifiers: Iterable[Modifier]) -> Fraction:
    found = Fraction(1)
    for each in modifiers:
        found *= each.times
    return found


def counting_for(modifiers: Sequence[Modifier], scope: Scoped) -> list[Modifier]:
    """Return the modifiers that count for every file of a scope, in the order of DIMENSIONS."""
    if not modifiers:
        return []
    asked: dict[str, Collection[str]] = {
        "use": expand_uses(scope.uses),
        "model_kind": scope.model_kinds,
        "exclusivity": [scope.exclusivity],
        "territory": [],
    }
    if any(each.by == "territory" for each in modifiers):
        asked["territory"] = parse_territory(scope.territory)
    found = (
        _dearest([each for each in modifiers if each.by == by], values)
        for by, values in asked.items()
    )
    return [each for each in found if each is not None]


def resolution_of(pixels: int) -> str:
    """Return the name of a resolution by the lines of the picture."""
    return [name for name, least in RESOLUTIONS.items() if pixels >= least][-1]


def _of_resolution(modifiers: Sequence[Modifier], pixels: int | None) -> Modifier | None:
    return _dearest(modifiers, [resolution_of(pixels)]) if pixels is not None else None


def _dearest(modifiers: Sequence[Modifier], values: Collection[str]) -> Modifier | None:
    """Return the modifier that counts for these values; None: the price stays as it is."""
    if not modifiers or not values:
        return None
    # The narrowest first; of two that are as narrow, the dearer.
    closest = sorted(modifiers, key=lambda each: (len(each.names), -each.times))
    named = {id(each): each.names for each in closest}
    counts = [
        next((each for each in closest if value in named[id(each)]), None) for value in values
    ]
    return max(counts, key=lambda each: each.times if each else Fraction(1))
