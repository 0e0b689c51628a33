"""A rights timeline as numbers for an SVG: bands over years, in percent of the width.

Pure: facts in, positions out. Percentages keep text undistorted at any width.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

# Years of room at an end that has no bound, so that an open band visibly runs on.
_OPEN_YEARS = 2
_MOST_TICKS = 6
_STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200)


@dataclass(frozen=True)
class Term:
    """A fact's half-open term; None at an end means without bound. `tone` is its look."""

    label: str
    href: str
    starts_at: datetime | None
    ends_at: datetime | None
    tone: str


@dataclass(frozen=True)
class Band:
    """One row: where the band stands."""

    label: str
    href: str
    tone: str
    x: str
    width: str


@dataclass(frozen=True)
class Tick:
    x: str
    label: str


@dataclass(frozen=True)
class Timeline:
    bands: Sequence[Band]
    ticks: Sequence[Tick]
    today: str


def draw(terms: Sequence[Term], now: datetime) -> Timeline:
    """Return the bands of `terms` on an axis that holds them all and `now` (aware, any zone)."""
    bounds = [now, *(at for term in terms for at in (term.starts_at, term.ends_at) if at)]
    first = min(bounds).astimezone(UTC).year - _OPEN_YEARS
    last = max(bounds).astimezone(UTC).year + 1 + _OPEN_YEARS
    begin, end = (
        datetime(max(first, 1), 1, 1, tzinfo=UTC),
        datetime(min(last, 9999), 1, 1, tzinfo=UTC),
    )
    span = (end - begin).total_seconds()

    def place(at: datetime) -> float:
        return 100 * (at - begin).total_seconds() / span

    bands = []
    for term in terms:
        left = place(term.starts_at) if term.starts_at else 0.0
        right = place(term.ends_at) if term.ends_at else 100.0
        bands.append(
            Band(
                term.label,
                term.href,
                term.tone,
                percent(left),
                percent(max(right - left, 0.4)),
            )
        )
    return Timeline(bands, ticks_of(begin, end), percent(place(now)))


def ticks_of(begin: datetime, end: datetime) -> list[Tick]:
    """Return where years begin between two instants."""
    span = end - begin
    first = [datetime(year, 1, 1, tzinfo=UTC) for year in _years(begin.year, end.year + 1)]
    return [
        Tick(percent(100 * ((at - begin) / span)), str(at.year)) for at in first if begin < at < end
    ]


def _years(first: int, last: int) -> range:
    step = next((s for s in _STEPS if (last - first) / s <= _MOST_TICKS), 2000)
    return range(-(-(first + 1) // step) * step, last, step)


def percent(value: float) -> str:
    """Return a place or a length as SVG writes it."""
    return f"{value:.2f}%"
