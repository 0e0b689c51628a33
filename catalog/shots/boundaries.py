"""Where one shot ends and the next begins, found frame by frame. Pure: pictures in, times out.

Every frame comes as a tiny picture. Three things end a shot:

- a cut: the picture changes far more than it does in the frames around. A flash does that, too, but
  what comes after it is what was before;
- a dissolve: for some frames each is the mix of an earlier and a later one, whose content differs;
- black between two pictures that fade out and in.

Times are whole microseconds since the film's beginning. They tell every frame of any rate apart
(a frame lasts 1000 us at least), add up without error, and hold for films of varying rate, where
a frame's number says nothing about its time.
"""

import math
from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from itertools import pairwise
from operator import mul
from typing import NamedTuple

from PIL import Image, ImageChops

# The tiny picture: 64 x 36 of brightness, below it both colours, at half their size, side by side.
WIDTH, LUMA_LINES, LINES = 64, 36, 54
MIN_SHOT_FRAMES = 5

_CUT = 9.0  # least mean difference from the frame before, of 255
_STANDS_OUT = 3.0  # times as much as around
_AROUND = 4  # frames before and after
_FLASH_RETURNS = 0.5  # of the difference; less between before and after is a flash
_DISSOLVE_REACHES = (6, 16)  # frames from the middle to either side
_DISSOLVE = 11.0  # least difference of content between the two sides
_MIXED = 0.22  # how far a frame in between may be from the mix, of that difference
_FLAT = 8.0  # deviation of brightness
_BLACK = 24  # mean brightness
_LEVELS = range(256)
_LUMA = (0, 0, WIDTH, LUMA_LINES)


class Boundary(NamedTuple):
    """The first frame of a new shot."""

    frame: int
    kind: str  # cut, dissolve, fade


class Boundaries:
    """Take the frames in order, then say where shots begin."""

    def __init__(self) -> None:
        self.luma = array("B")  # mean brightness of each frame
        self.change = array("f", [])  # mean difference from the frame before
        self._recent: deque[Image.Image] = deque(maxlen=2 * max(_DISSOLVE_REACHES) + 1)
        self._cuts: list[int] = []
        # The frames that are a mix of those before and after.
        self._mixes: set[int] = set()

    def add(self, picture: Image.Image) -> None:
        """Take the next frame's tiny picture, of mode L and WIDTH x LINES."""
        self.luma.append(round(_mean(picture.crop(_LUMA))))
        self.change.append(_difference(self._recent[-1], picture) if self._recent else 0.0)
        self._recent.append(picture)
        self._judge_cut(len(self.change) - 1 - _AROUND)
        if len(self.change) % 2:  # a dissolve lasts: every other frame tells it
            for reach in _DISSOLVE_REACHES:
                self._judge_mix(reach)

    def finish(self) -> list[Boundary]:
        """Return where shots begin, but the first, in order."""
        count = len(self.change)
        for frame in range(max(0, count - _AROUND), count):
            self._judge_cut(frame)
        found = [Boundary(frame, "cut") for frame in self._cuts]
        found += self._fades()
        found += self._dissolves()
        order = {"cut": 0, "fade": 1, "dissolve": 2}
        kept: list[Boundary] = []
        # The surer first; what lies within a shot's least length of it is the same change.
        for boundary in sorted(found, key=lambda item: (order[item.kind], item.frame)):
            at = bisect_left(kept, boundary)
            near = (abs(boundary.frame - other.frame) for other in kept[max(0, at - 1) : at + 1])
            if min([boundary.frame, *near]) >= MIN_SHOT_FRAMES:
                kept.insert(at, boundary)
        return kept

    def _picture(self, frame: int) -> Image.Image:
        return self._recent[frame - len(self.change)]

    def _known(self, first: int, last: int) -> range:
        """Return those of the frames that are still at hand."""
        return range(max(first, len(self.change) - len(self._recent)), min(last, len(self.change)))

    def _has_cut(self, first: int, last: int) -> bool:
        at = bisect_left(self._cuts, first)
        return at < len(self._cuts) and self._cuts[at] <= last

    def _judge_cut(self, frame: int) -> None:
        change = self.change[frame] if frame > 0 else 0.0
        if change < _CUT:
            return
        around = [
            self.change[other]
            for other in self._known(frame - _AROUND, frame + _AROUND + 1)
            if other != frame and other > 0
        ]
        if around and change * len(around) < _STANDS_OUT * sum(around):
            return
        returns = min(
            _difference(self._picture(before), self._picture(after))
            for before in self._known(frame - _AROUND, frame)
            for after in self._known(frame, frame + _AROUND)
        )
        if returns >= _FLASH_RETURNS * change:
            self._cuts.append(frame)

    def _judge_mix(self, reach: int) -> None:
        if len(self._recent) <= 2 * reach:
            return
        last, first, middle = (
            self._recent[-1],
            self._recent[-1 - 2 * reach],
            self._recent[-1 - reach],
        )
        mixed = _difference(first, last)
        if mixed < _DISSOLVE:
            return
        span = self.change[-2 * reach :]
        if max(span) * 3 > sum(span):  # one jump, not a way
            return
        here, there = _normal(first.crop(_LUMA)), _normal(last.crop(_LUMA))
        if here is None or there is None:  # to or from one colour: a fade, or a change of light
            return
        content = _difference(here, there)
        if content < _DISSOLVE:
            return
        early, late = self._recent[-1 - reach - reach // 2], self._recent[-1 - reach + reach // 2]
        off = max(
            _difference(early, Image.blend(first, last, 0.25)),
            _difference(middle, Image.blend(first, last, 0.5)),
            _difference(late, Image.blend(first, last, 0.75)),
        )
        if off <= _MIXED * mixed:
            self._mixes.add(len(self.change) - 1 - reach)

    def _dissolves(self) -> Iterator[Boundary]:
        """Yield one boundary for each run of mixed frames, in its middle."""
        run: list[int] = []
        for frame in [*sorted(self._mixes), None]:
            if run and (frame is None or frame - run[-1] > max(_DISSOLVE_REACHES)):
                middle = run[len(run) // 2]
                reach = min(_DISSOLVE_REACHES)
                if not self._has_cut(middle - reach, middle + reach):
                    yield Boundary(middle, "dissolve")
                run = []
            if frame is not None:
                run.append(frame)

    def _fades(self) -> Iterator[Boundary]:
        """Yield the middle of each black stretch that no cut begins or ends."""
        edges = [-1, *(n for n, value in enumerate(self.luma) if value >= _BLACK), len(self.luma)]
        for before, after in pairwise(edges):
            if before < 0 or after == len(self.luma) or after - before <= 1:
                continue
            if not self._has_cut(before + 1, after):
                yield Boundary((before + 1 + after) // 2, "fade")


def _difference(one: Image.Image, other: Image.Image) -> float:
    return _mean(ImageChops.difference(one, other))


def _mean(picture: Image.Image) -> float:
    total: int = sum(map(mul, _LEVELS, picture.histogram()))
    return total / (picture.width * picture.height)


def _normal(picture: Image.Image) -> Image.Image | None:
    """Return the picture with a mean of 128 and a deviation of 40, so that content alone, not
    light, tells two apart; None for a flat one."""
    counts = picture.histogram()
    total = picture.width * picture.height
    mean = sum(map(mul, _LEVELS, counts)) / total
    deviation = math.sqrt(
        sum(count * (level - mean) ** 2 for level, count in enumerate(counts)) / total
    )
    if deviation < _FLAT:
        return None
    gain = 40 / deviation
    return picture.point([min(255, max(0, round(128 + gain * (n - mean)))) for n in _LEVELS])
