"""The chain of title as numbers for an SVG: parties one below the other, deeds as arrows.

Pure: deeds in, rows and arrows out. A row has a fixed height, so the picture stays readable on a
narrow screen; arrows run in lanes beside the names. Of very many deeds it shows those that lead to
the licensor and counts the others.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

ROW = 32
LANE = 12
_MOST_LANES = 7
# Up to so many deeds are drawn; of more, a few, and not many of them to one party.
MOST_DEEDS = 20
_OF_MANY = 12
_MOST_TO_ONE = 6


class Told(NamedTuple):
    """What the picture says of a deed; `when` is "" where its term is not known."""

    kind: str
    when: str
    href: str


@dataclass(frozen=True)
class Deed:
    """A standing fact that gives title; an ownership has no `giver`. `tell` is asked of the deeds
    that the picture shows."""

    giver: str
    receiver: str
    share: Fraction | None
    tell: Callable[[], Told]
    is_draft: bool = False

    @cached_property
    def gave(self) -> str:
        return _key(self.giver)

    @cached_property
    def got(self) -> str:
        return _key(self.receiver)


@dataclass(frozen=True)
class Row:
    """One line of the picture: a party, or a deed below the party that received it."""

    y: int
    name: str
    href: str
    share: str
    when: str
    kind: str
    is_party: bool
    is_licensor: bool
    tone: str  # of a deed: sound, broken or draft


@dataclass(frozen=True)
class Arrow:
    """From the middle of the giver's row to that of the deed; `path` is an SVG path."""

    path: str
    head: str
    tone: str


@dataclass(frozen=True)
class Chain:
    """The picture; `gaps` are parties that gave what nobody is recorded to have given them. Of
    `total` deeds it shows `shown`."""

    rows: Sequence[Row]
    arrows: Sequence[Arrow]
    width: int
    height: int
    gaps: Sequence[str]
    owned: Fraction | None  # what the recorded owners own together; None without any
    has_licensor: bool
    shown: int
    total: int


def draw(deeds: Sequence[Deed], licensor: str) -> Chain:
    """Return the picture of `deeds`, in the order in which rights went from hand to hand."""
    names = _named(deeds)
    broken = dict.fromkeys(_gaps(deeds))
    shown = _telling(deeds, _key(licensor))
    rows: list[Row] = []
    at: dict[str, int] = {}
    placed: list[tuple[Deed, int, str]] = []
    for key in _in_order(shown):
        at[key] = len(rows) * ROW + ROW // 2
        is_licensor = key == _key(licensor)
        rows.append(Row(at[key], names[key], "", "", "", "", True, is_licensor, ""))
        for deed in shown:
            if deed.got != key:
                continue
            tone = "sound"
            if deed.is_draft:
                tone = "draft"
            elif deed.gave in broken:
                tone = "broken"
            y = len(rows) * ROW + ROW // 2
            share = f"{deed.share.numerator}/{deed.share.denominator}" if deed.share else ""
            kind, when, href = deed.tell()
            rows.append(Row(y, deed.giver, href, share, when, kind, False, False, tone))
            if deed.giver:
                placed.append((deed, y, tone))
    spans = [(at[deed.gave], y, tone) for deed, y, tone in placed]
    lanes = _lanes([(min(a, b), max(a, b)) for a, b, _tone in spans])
    width = (max(lanes, default=0) + 2) * LANE
    arrows = [
        _arrow(begin, end, tone, width, lane)
        for (begin, end, tone), lane in zip(spans, lanes, strict=True)
    ]
    shares = [deed.share for deed in deeds if not deed.giver and deed.share and not deed.is_draft]
    owned = sum(shares, Fraction(0)) if shares else None
    return Chain(
        rows,
        arrows,
        width,
        len(rows) * ROW,
        [names[key] for key in broken],
        owned,
        _key(licensor) in names,
        len(shown),
        len(deeds),
    )


def _telling(deeds: Sequence[Deed], licensor: str) -> Sequence[Deed]:
    """Return all deeds, or of too many the most telling: those that lead to the licensor, step by
    step, then the first of the others; in the order given."""
    if len(deeds) <= MOST_DEEDS:
        return deeds
    to: dict[str, list[int]] = defaultdict(list)
    for place, deed in enumerate(deeds):
        to[deed.got].append(place)
    chosen: dict[int, None] = {}
    parties = {licensor: None}
    waiting = [licensor]
    while waiting:
        some = to[waiting.pop(0)][:_MOST_TO_ONE]
        chosen |= dict.fromkeys(some)
        givers = dict.fromkeys(deeds[place].gave for place in some if deeds[place].giver)
        waiting += [giver for giver in givers if giver not in parties]
        parties |= givers
    chosen |= dict.fromkeys(range(_OF_MANY))
    return [deeds[place] for place in sorted(list(chosen)[:_OF_MANY])]


def _key(name: str) -> str:
    """Names that differ in case or blanks only are one party's."""
    return " ".join(name.casefold().split())


def _named(deeds: Sequence[Deed]) -> dict[str, str]:
    found: dict[str, str] = {}
    for deed in deeds:
        for key, name in ((deed.gave, deed.giver), (deed.got, deed.receiver)):
            if name:
                found.setdefault(key, name)
    return found


def _gaps(deeds: Sequence[Deed]) -> list[str]:
    """Return the givers that no signed deed and no ownership ever gave anything."""
    holders = {deed.got for deed in deeds if not deed.is_draft}
    givers = dict.fromkeys(deed.gave for deed in deeds if deed.giver)
    return [key for key in givers if key not in holders]


def _in_order(deeds: Sequence[Deed]) -> list[str]:
    """Return the parties so that, where there is no circle, givers stand above receivers."""
    every = _named(deeds)
    after = {key: {d.gave for d in deeds if d.giver and d.got == key} for key in every}
    order: list[str] = []
    left = list(every)
    while left:
        ready = [key for key in left if not (after[key] - {key}).intersection(left)]
        chosen = ready or left[:1]  # a right that came back: begin anywhere
        order += chosen
        left = [key for key in left if key not in chosen]
    return order


def _lanes(spans: Sequence[tuple[int, int]]) -> list[int]:
    """Return a lane for each span, the shortest inside; spans in one lane do not cross."""
    taken: list[list[tuple[int, int]]] = []
    lanes = [0] * len(spans)
    for index in sorted(range(len(spans)), key=lambda i: spans[i][1] - spans[i][0]):
        top, bottom = spans[index]
        for lane in range(_MOST_LANES):
            if lane == len(taken):
                taken.append([])
            free = all(bottom <= a or b <= top for a, b in taken[lane])
            if free or lane == _MOST_LANES - 1:
                taken[lane].append((top, bottom))
                lanes[index] = lane
                break
    return lanes


def _arrow(begin: int, end: int, tone: str, width: int, lane: int) -> Arrow:
    x = width - (lane + 1) * LANE
    edge = width - 3
    turn = 6 if end > begin else -6
    path = f"M{edge} {begin}H{x + 6}Q{x} {begin} {x} {begin + turn}V{end - turn}Q{x} {end} {x + 6} {end}H{edge - 4}"  # noqa: E501
    return Arrow(path, f"M{edge} {end}l-6 -4v8z", tone)
