"""The steps of a file's origin as numbers for an SVG: boxes one below the other.

Pure. It is as wide as a narrow screen and never wider than that asks for, so words are broken into
lines here: an SVG does not. Every text in it comes from strangers; what a screen would obey rather
than show is left out.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from web.origin import Step

WIDTH: Final = 314
_INDENT: Final = 22
_GAP: Final = 28
_HEAD: Final = "m-4 -6l4 6l4 -6"
_PAD: Final = 10
_NAME, _DETAIL = 19, 17  # heights of lines
_NAME_WIDTH, _DETAIL_WIDTH = 33, 40  # in Latin letters; a Hangul syllable is two
_NAME_LINES, _DETAIL_LINES = 2, 3


@dataclass(frozen=True)
class Line:
    """One line of a box: its baseline and what it says."""

    y: int
    text: str


@dataclass(frozen=True)
class Box:
    """A step as it is drawn; `arrow` is its path, `how` says beside it how the one before came to
    it."""

    x: int
    y: int
    width: int
    height: int
    tone: str
    kind: Line
    name: Sequence[Line]
    detail: Sequence[Line]
    how: Line | None
    arrow: str = ""

    @property
    def text_x(self) -> int:
        return self.x + 34

    @property
    def mark(self) -> str:
        """Where the shape of its tone stands."""
        return f"translate({self.x + 10} {self.y + _PAD + 14})"


@dataclass(frozen=True)
class Picture:
    """The whole of it, from top to bottom."""

    boxes: Sequence[Box]
    height: int
    width: int = WIDTH


def draw(steps: Sequence[Step]) -> Picture:
    """Return the picture of the steps. What went into a step stands before it, further right; its
    arrow leads to the next step that stands less far right."""
    boxes: list[Box] = []
    top = 1
    for place, step in enumerate(steps):
        top += _GAP if place else 0
        boxes.append(_box(step, top))
        top += boxes[-1].height
    arrows = [_arrow(boxes, steps, place) for place in range(len(steps))]
    drawn = [replace(box, arrow=arrow) for box, arrow in zip(boxes, arrows, strict=True)]
    return Picture(drawn, top + 1)


def _arrow(boxes: Sequence[Box], steps: Sequence[Step], place: int) -> str:
    """The arrow of a step: of one on the line from the one before it there, of an ingredient to
    what it went into. It ends in a head of its own."""
    box, depth = boxes[place], steps[place].depth
    if depth:
        into = next(each for each in range(place + 1, len(steps)) if steps[each].depth < depth)
        rail = box.x - _INDENT // 2
        return f"M{box.x} {box.y + box.height // 2}H{rail}V{boxes[into].y - 1}{_HEAD}"
    before = [each for each in range(place) if steps[each].depth == 0]
    if not before:
        return ""
    foot = boxes[before[-1]].y + boxes[before[-1]].height
    return f"M{box.x + 18} {foot}V{box.y - 1}{_HEAD}"


def _box(step: Step, top: int) -> Box:
    x = 1 + step.depth * _INDENT
    narrower = step.depth * 3
    y = top + _PAD + 10
    # Between ingredients it would read as if one had been put into the next.
    said = f"{step.kind}: {step.how}" if step.depth and step.how else str(step.kind)
    kind = Line(y, shown(said))
    name, y = _lines(str(step.name), _NAME_WIDTH - narrower, _NAME_LINES, y, _NAME)
    detail, y = _lines(str(step.detail), _DETAIL_WIDTH - narrower, _DETAIL_LINES, y, _DETAIL)
    how = Line(top - 9, shown(str(step.how))) if step.how and not step.depth else None
    return Box(x, top, WIDTH - x - 1, y - top + _PAD, step.tone, kind, name, detail, how)


def _lines(text: str, most: int, count: int, y: int, height: int) -> tuple[list[Line], int]:
    found = []
    for each in wrapped(shown(text), most, count):
        y += height
        found.append(Line(y, each))
    return found, y


def shown(text: str) -> str:
    """Return a text on one line, without what turns or hides what stands beside it."""
    plain = "".join(" " if char.isspace() else char for char in text)
    kept = (char for char in plain if char == " " or unicodedata.category(char)[0] != "C")
    return " ".join("".join(kept).split())


def wrapped(text: str, most: int, count: int) -> list[str]:
    """Return a text in at most `count` lines of this width; the last ends in an ellipsis where
    more does not fit. A word that is too long for a line is broken."""
    lines, line, room = [], "", most
    for word in _pieces(text, most):
        size = _width(word) + (1 if line else 0)
        if line and size > room:
            lines.append(line)
            line, room = "", most
            size = _width(word)
        line = f"{line} {word}" if line else word
        room -= size
    lines += [line] if line else []
    if len(lines) > count:
        lines = [*lines[: count - 1], f"{lines[count - 1][: most - 1].rstrip()}…"]
    return lines


def _pieces(text: str, most: int) -> list[str]:
    pieces: list[str] = []
    for word in text.split(" "):
        piece, room = "", most
        for char in word:
            size = _width(char)
            if size > room:
                pieces.append(piece)
                piece, room = "", most
            piece += char
            room -= size
        pieces += [piece] if piece else []
    return pieces


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
