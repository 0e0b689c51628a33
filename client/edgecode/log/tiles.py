"""The tree as files: C2SP tlog-tiles paths, height-8 tiles, partial tiles, entry bundles.

A tile of level L holds up to 256 hashes, each the root of a complete subtree of 256**L leaves;
a bundle holds the entries under the tile of the same index at level 0.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from struct import Struct

from edgecode.log import merkle

HEIGHT = 8
WIDTH = 1 << HEIGHT
_PATH = re.compile(
    r"tile/(entries|0|[1-5]?[0-9]|6[0-3])/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Tile:
    """The name of a tile, or of an entry bundle where `level` is None.

    `width` is how many hashes or entries it holds, 1 to 256; below 256 it is partial.
    """

    level: int | None
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """The path below the log's prefix: `tile/0/x001/234.p/17`, `tile/entries/000`."""
        level = "entries" if self.level is None else self.level
        digits = f"{self.index:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        name = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
        return f"tile/{level}/{name}" + ("" if self.width == WIDTH else f".p/{self.width}")

    @property
    def full(self) -> "Tile":
        """The name of the same tile once it is full."""
        return Tile(self.level, self.index)


def parse_path(path: str) -> Tile:
    """Return the tile a path names. Raises ValueError for all but the one spelling of a name."""
    match = _PATH.fullmatch(path)
    if match is None or len(path) > 64:
        raise ValueError(f"{path[:80]!r} is not the path of a tile")
    level, name, width = match.groups()
    tile = Tile(
        None if level == "entries" else int(level),
        int(name.replace("/", "").replace("x", "")),
        int(width) if width else WIDTH,
    )
    if tile.path != path or tile.width > WIDTH:
        raise ValueError(f"{path!r} is not the path of a tile")
    return tile


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Return the bundle of 1 to 256 entries: each a big-endian uint16 length, then its bytes."""
    return b"".join([len(entry).to_bytes(2, "big") + entry for entry in entries])


def decode_bundle(raw: bytes, width: int) -> list[bytes]:
    """Return the `width` entries of a bundle; raise ValueError when it holds more or fewer."""
    entries: list[bytes] = []
    at = 0
    with suppress(IndexError):
        for _ in range(width):  # and not one more, whatever the bytes say
            start = at + 2
            at = start + (raw[at] << 8 | raw[at + 1])
            entries.append(raw[start:at])
    if at != len(raw) or len(entries) != width:
        raise ValueError(f"the bundle does not hold exactly {width} entries")
    return entries


def split_tile(raw: bytes, width: int) -> list[bytes]:
    """Return the `width` hashes of a tile; raise ValueError when it holds more or fewer."""
    if len(raw) != width * merkle.HASH_BYTES:
        raise ValueError(f"the tile does not hold exactly {width} hashes")
    return list(_hashes(width).unpack(raw))


@cache
def _hashes(count: int) -> Struct:
    return Struct(f"{merkle.HASH_BYTES}s" * count)


def narrow(raw: bytes, held: Tile, wanted: Tile) -> bytes:
    """Return the tile or bundle `wanted` cut from `raw`, the bytes of a wider form of it."""
    if wanted.level is None:
        return encode_bundle(decode_bundle(raw, held.width)[: wanted.width])
    return raw[: wanted.width * merkle.HASH_BYTES]


def tile_at(level: int | None, index: int, size: int) -> Tile:
    """Return the name of the tile with that level and index as it is in a tree of `size` leaves."""
    hashes = size >> HEIGHT * (level or 0)
    return Tile(level, index, min(WIDTH, hashes - index * WIDTH))


def tiles_of(size: int) -> Iterator[Tile]:
    """Yield every tile and bundle of a tree of `size` leaves."""
    for level in (None, *range(64)):
        hashes = size >> HEIGHT * (level or 0)
        if hashes == 0:
            return
        for index in range(-(-hashes // WIDTH)):
            yield tile_at(level, index, size)


class TileBuilder:
    """A tree that grows to the right and gives its tiles as they fill.

    It holds the right edge only: fewer than 256 hashes a level.
    """

    def __init__(self, size: int = 0, edge: Sequence[Sequence[bytes]] = ()) -> None:
        """Continue a tree of `size` leaves; `edge[level]` has the hashes of its partial tile."""
        self.size = size
        self._edge = [list(hashes) for hashes in edge] or [[]]

    @property
    def tail(self) -> list[bytes]:
        """The leaf hashes of the partial tile at level 0."""
        return list(self._edge[0])

    def add(self, leaves: Sequence[bytes]) -> Iterator[tuple[Tile, bytes]]:
        """Append leaf hashes; yield each tile that became full, with its bytes."""
        at = 0
        while at < len(leaves):
            room = WIDTH - len(self._edge[0])
            taken = leaves[at : at + room]
            self._edge[0].extend(taken)
            self.size += len(taken)
            at += room
            level = 0
            while len(self._edge[level]) == WIDTH:
                hashes = self._edge[level]
                index = (self.size >> HEIGHT * (level + 1)) - 1
                yield Tile(level, index), b"".join(hashes)
                if level + 1 == len(self._edge):
                    self._edge.append([])
                self._edge[level + 1].append(merkle.root_of(hashes))
                self._edge[level] = []
                level += 1

    def partial_tiles(self) -> Iterator[tuple[Tile, bytes]]:
        """Yield the partial tiles of the tree as it is now, with their bytes."""
        for level, hashes in enumerate(self._edge):
            if hashes:
                index = self.size >> HEIGHT * (level + 1)
                yield Tile(level, index, len(hashes)), b"".join(hashes)

    def root(self) -> bytes:
        """Return the root of the tree as it is now."""
        below: list[bytes] = []
        for hashes in self._edge:
            row = hashes + below
            below = [merkle.root_of(row)] if row else []
        return merkle.root_of(below)


def node_reader(size: int, read: Callable[[Tile], bytes]) -> merkle.Node:
    """Return the `node(level, index)` of a tree of `size` leaves over its tiles.

    `read` returns a tile's bytes; each tile is read once. Raises ValueError when one is damaged.
    """

    @cache
    def hashes(level: int, index: int) -> list[bytes]:
        tile = tile_at(level, index, size)
        return split_tile(read(tile), tile.width)

    def node(level: int, index: int) -> bytes:
        tile_level, inner = divmod(level, HEIGHT)
        first = index << inner
        at = first % WIDTH
        return merkle.root_of(hashes(tile_level, first // WIDTH)[at : at + (1 << inner)])

    return node
