"""The chain of title as numbers for an SVG: parties one below the other, deeds as arrows.

Pure: deeds in, rows and arrows out. A row has a fixed height, so the picture stays readable on a
narrow screen and with many deeds; arrows run in lanes beside the names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

ROW = 32
LANE = 12
_MOST_LANES = 7


@dataclass(frozen=True)
class Deed:
    """A standing fact that gives title; an ownership has no `giver`."""

    kind: str
    giver: str
    receiver: str
    share: Fraction | None
    when: str  # in words, "" where not known
    href: str
    is_draft: bool = False


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
    """The picture; `gaps` are parties that gave what nobody is recorded to have given them."""

    rows: Sequence[Row]
    arrows: Sequence[Arrow]
    width: int
    height: int
    gaps: Sequence[str]
    owned: Fraction | None  # what the recorded owners own together; None without any
    has_licensor: bool


def draw(deeds: Sequence[Deed], licensor: str) -> Chain:
    """Return the picture of `deeds`, in the order in which rights went from hand to hand."""
    names = _named(deeds)
    gaps = [names[key] for key in _gaps(deeds)]
    broken = {_key(name) for name in gaps}
    rows: list[Row] = []
    at: dict[str, int] = {}
    placed: list[tuple[Deed, int, str]] = []
    for key in _in_order(deeds):
        at[key] = len(rows) * ROW + ROW // 2
        is_licensor = key == _key(licensor)
        rows.append(Row(at[key], names[key], "", "", "", "", True, is_licensor, ""))
        for deed in deeds:
            if _key(deed.receiver) != key:
                continue
            tone = "sound"
            if deed.is_draft:
                tone = "draft"
            elif deed.giver and _key(deed.giver) in broken:
                tone = "broken"
            y = len(rows) * ROW + ROW // 2
            share = f"{deed.share.numerator}/{deed.share.denominator}" if deed.share else ""
            rows.append(
                Row(y, deed.giver, deed.href, share, deed.when, deed.kind, False, False, tone)
            )
            if deed.giver:
                placed.append((deed, y, tone))
    spans = [(at[_key(deed.giver)], y, tone) for deed, y, tone in placed]
    lanes = _lanes([(min(a, b), max(a, b)) for a, b, _tone in spans])
    width = (max(lanes, default=0) + 2) * LANE
    arrows = [
        _arrow(begin, end, tone, width, lane)
        for (begin, end, tone), lane in zip(spans, lanes, strict=True)
    ]
    shares = [deed.share for deed in deeds if not deed.giver and deed.share and not deed.is_draft]
    owned = sum(shares, Fraction(0)) if shares else None
    return Chain(rows, arrows, width, len(rows) * ROW, gaps, owned, _key(licensor) in at)


def _key(name: str) -> str:
    """Names that differ in case or blanks only are one party's."""
    return " ".join(name.casefold().split())


def _named(deeds: Sequence[Deed]) -> dict[str, str]:
    found: dict[str, str] = {}
    for deed in deeds:
        for name in (deed.giver, deed.receiver):
            if name:
                found.setdefault(_key(name), name)
    return found


def _gaps(deeds: Sequence[Deed]) -> list[str]:
    """Return the givers that no signed deed and no ownership ever gave anything."""
    holders = {_key(deed.receiver) for deed in deeds if not deed.is_draft}
    givers = dict.fromkeys(_key(deed.giver) for deed in deeds if deed.giver)
    return [key for key in givers if key not in holders]


def _in_order(deeds: Sequence[Deed]) -> list[str]:
    """Return the parties so that, where there is no circle, givers stand above receivers."""
    every = _named(deeds)
    after = {key: {_key(d.giver) for d in deeds if d.giver and _key(d.receiver) == key}
             for key in every}  # fmt: skip
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
