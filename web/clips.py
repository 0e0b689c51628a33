"""Parts of files on pages: as they are typed, as an address names them, as they are shown."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q

from catalog.models import Shot
from catalog.scope.ranges import Ranges
from licensing.deals.requests import Clips

_PART = re.compile(r"([0-9A-Z]{8}\+\d{3,6}):(\d{1,12})-(\d{1,12})", re.ASCII)
_SHOT = re.compile(r"([0-9A-Z]{8}\+\d{3,6}):(\d{1,9})", re.ASCII)
_MINUTE_MS = 60_000


@dataclass(frozen=True)
class Part:
    """One range of a file; `shot` is the first in it that there is a picture of, if there is."""

    start_ms: int
    end_ms: int
    shot: int | None

    @property
    def duration_ms(self) -> int:
        return self.end_ms - self.start_ms


def parts_of(wanted: Mapping[int, Ranges]) -> dict[int, tuple[Part, ...]]:
    """Return the ranges of files, by their keys, with what is seen in them. One query."""
    about = Q(pk__in=[])
    for key, ranges in wanted.items():
        if ranges:
            after, before = ranges[0][0] * 1000, ranges[-1][1] * 1000
            about |= Q(asset=key, start_us__lt=before, end_us__gt=after)
    shots: dict[int, list[Shot]] = defaultdict(list)
    if any(wanted.values()):
        for shot in Shot.objects.filter(about).exclude(thumbnail_key="").order_by("number"):
            shots[shot.asset_id].append(shot)
    return {
        key: tuple(
            Part(start, end, _first_in(shots[key], start * 1000, end * 1000))
            for start, end in ranges
        )
        for key, ranges in wanted.items()
    }


def _first_in(shots: Sequence[Shot], start_us: int, end_us: int) -> int | None:
    inside = (shot for shot in shots if shot.start_us < end_us and start_us < shot.end_us)
    first = next(inside, None)
    return first.number if first else None


def price_per_minute(price_minor: int, duration_ms: int) -> int | None:
    """Return what a minute comes to, rounded to a minor unit; None for what does not last."""
    if not duration_ms:
        return None
    return (2 * price_minor * _MINUTE_MS + duration_ms) // (2 * duration_ms)


def in_address(wanted: Iterable[Clips]) -> list[str]:
    """Return parts as an address names them: `7K3F2Q9D+001:0-1200`, in milliseconds."""
    return [f"{code}:{start}-{end}" for code, ranges in wanted for start, end in ranges]


def from_address(texts: Iterable[str]) -> list[Clips]:
    """Return the parts that an address names; what is none of them is left out."""
    found = (_PART.fullmatch(text) for text in texts)
    return [Clips(each[1], [[int(each[2]), int(each[3])]]) for each in found if each]


def chosen_shots(texts: Iterable[str]) -> list[tuple[str, int]]:
    """Return the shots that were ticked, by file and number: `7K3F2Q9D+001:12`."""
    found = (_SHOT.fullmatch(text) for text in texts)
    return [(each[1], int(each[2])) for each in found if each]
