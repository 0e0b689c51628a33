"""Which logs a history is made of: the file `shards` beside the first of them.

    <origin> <first> <size> <root>   a log that was closed: the index of its first entry in the
                                     history, its entries, the root over them in base64
    <origin> <first>                 the last line: the log that grows

The first log keeps its name and place; each later one is named `<first origin>/<year>` and lies in
the folder `<year>` below it. The list is a signpost and proves nothing: each log names the one
before it, with its size and root, in its first entry.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edgecode.log.checkpoints import Checkpoint, parse_hash, parse_number
from edgecode.log.keys import to_base64

SHARDS = "shards"
SHARDS_MAX = 1000
_YEAR = re.compile(r"[0-9]{4}", re.ASCII)
_SHARD = re.compile(r"/[0-9]{4}\Z", re.ASCII)  # the last part of a later shard's name


class BadShards(ValueError):
    """The list of shards breaks its format; the message begins with the line's number."""


@dataclass(frozen=True, slots=True)
class ShardLine:
    """A shard: the folder that it lies in ("" for the first), the index of its first entry in the
    history, and once it is closed what its last checkpoint says."""

    folder: str
    origin: str
    first: int = 0
    closed: Checkpoint | None = None

    def __str__(self) -> str:
        line = f"{self.origin} {self.first}"
        if self.closed is not None:
            line += f" {self.closed.size} {to_base64(self.closed.root)}"
        return line


def first_of(origin: str) -> str:
    """Return the name of the first log of the history that a log may be a shard of."""
    return _SHARD.sub("", origin)


def is_later(origin: str) -> bool:
    """Return whether a log is named like one that goes on from another."""
    return first_of(origin) != origin


def names_of(origin: str) -> Iterator[str]:
    """Yield the names of the logs that may be of one history with this one: its first, and one for
    each year that is_name() allows."""
    yield (first := first_of(origin))
    for year in range(10_000):
        yield f"{first}/{year:04d}"


def is_name(text: str) -> bool:
    """Return whether a later shard may have this name: a year of four digits."""
    return _YEAR.fullmatch(text) is not None


def origin_of(first: str, folder: str) -> str:
    """Return the name of the log in a folder of the history that begins with the log `first`."""
    return f"{first}/{folder}" if folder else first


def parse_shards(text: str) -> tuple[ShardLine, ...]:
    """Return the shards in the order of their entries. Raises BadShards."""
    lines = text.split("\n")
    if lines.pop() or not lines or len(lines) > SHARDS_MAX:
        raise BadShards(f"line {len(lines) + 1}: expected 1 to {SHARDS_MAX} whole lines")
    shards: list[ShardLine] = []
    for number, line in enumerate(lines, 1):
        try:
            shards.append(_parse(line, shards, is_last=number == len(lines)))
        except ValueError as error:
            raise BadShards(f"line {number}: {error}") from None
    return tuple(shards)


def dump_shards(shards: Sequence[ShardLine]) -> str:
    """Return the list; parse_shards() reads the same back."""
    return "".join(f"{shard}\n" for shard in shards)


def _parse(line: str, before: Sequence[ShardLine], *, is_last: bool) -> ShardLine:
    words = line.split(" ")
    if len(words) != (2 if is_last else 4) or not words[0]:
        raise ValueError("expected: origin first, and size and root of a shard that is closed")
    origin, first, folder = words[0], parse_number(words[1], "the first index"), ""
    if before:
        folder = origin.removeprefix(f"{before[0].origin}/")
        if not is_name(folder) or folder <= before[-1].folder or folder == origin:
            raise ValueError(f"{origin:.200} is not {before[0].origin:.200}/ and a later year")
        end = before[-1].closed
        if end is None or first != before[-1].first + end.size:
            raise ValueError("its first index is not the one after the shard before")
    elif first:
        raise ValueError("the first shard begins at 0")
    if is_last:
        return ShardLine(folder, origin, first)
    size = parse_number(words[2], "the size")
    return ShardLine(folder, origin, first, Checkpoint(origin, size, parse_hash(words[3], "root")))
