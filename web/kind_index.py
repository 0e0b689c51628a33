"""Which kind each entry of the published log is: read from its files once, one byte an entry.

The pages count kinds and page through the entries of one without a question to the database,
whose table of events has no index for that: it would cost every writer.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from threading import Lock

from edgecode.log.tiles import WIDTH, decode_bundle, tile_at
from ledger import shards

# The end of a canonical entry.
_END = re.compile(
    rb'"kind":"([a-z0-9_.]+)",(?:"refs":\{[^{}]*\},)?'
    rb'"stream":"[^"]*","stream_version":[0-9]+,"v":1\}'
)
_KINDS_MAX = 256


class KindIndex:
    """The kinds of the entries of all shards, as far as they were read; entries never change."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._column = bytearray()
        self._numbers: dict[str, int] = {}
        self._counts: Counter[str] = Counter()

    def read_to(self, size: int) -> None:
        """Read on, to the history of `size` entries. Raises OSError or ValueError for damaged
        files."""
        with self._lock:
            while (index := len(self._column)) < size:
                shard = shards.holding(index)
                at = index - shard.first
                tile = tile_at(None, at // WIDTH, shards.size_within(shard, size))
                names = _kinds_in(shards.folder(shard.folder).read(tile), tile.width)
                fresh = [name.decode() for name in names[at % WIDTH :]]
                self._column += bytes(map(self._number, fresh))
                self._counts.update(fresh)

    def _number(self, kind: str) -> int:
        number = self._numbers.setdefault(kind, len(self._numbers))
        if number >= _KINDS_MAX:
            raise ValueError(f"the log has more than {_KINDS_MAX} kinds of entries")
        return number

    def counts(self) -> dict[str, int]:
        """Return how many entries there are of each kind."""
        return dict(self._counts)

    def before(self, kind: str, index: int) -> Iterator[int]:
        """Yield the entries of a kind before entry `index`, the newest first."""
        mark = self._mark(kind)
        while mark and (index := self._column.rfind(mark, 0, index)) >= 0:
            yield index

    def after(self, kind: str, index: int) -> Iterator[int]:
        """Yield the entries of a kind after entry `index`, the oldest first."""
        mark = self._mark(kind)
        while mark and (index := self._column.find(mark, index + 1)) >= 0:
            yield index

    def _mark(self, kind: str) -> bytes:
        number = self._numbers.get(kind)
        return b"" if number is None else bytes([number])


def _kinds_in(bundle: bytes, width: int) -> list[bytes]:
    """Return the kind of each of the `width` entries of a bundle. Raises ValueError."""
    names: list[bytes] = _END.findall(bundle)
    if len(names) != width:
        # Damaged; or something that an entry carries looks like the end of one.
        names = [name for raw in decode_bundle(bundle, width) for name in _END.findall(raw)[-1:]]
    if len(names) != width:
        raise ValueError("a bundle holds what is no entry")
    return names


def of_published(size: int) -> KindIndex:
    """Return the index of the log that is published here, read to `size` entries. Raises OSError
    or ValueError for damaged files."""
    index = _of(shards.folder("").path)
    index.read_to(size)
    return index


@lru_cache(maxsize=1)
def _of(_path: Path) -> KindIndex:
    return KindIndex()
