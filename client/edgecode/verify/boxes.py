"""What C2PA leaves out of a file's hash though anybody can add to it: looked for without the
reader.

The hash of ISO media files passes over every box of C2PA's own, every list of brands and every
index of fragments. One of each belongs to a file; a second one may hold anything, of any length,
and so may an index that is none. Of a JPEG the hash leaves out what stands from the first to the
last segment that its manifest is cut into.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

_C2PA: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_HEAD: Final = 32
_BOXES_MAX: Final = 1_000_000  # a film of fragments has some thousands
_BRANDS_MAX: Final = 256  # bytes: some sixty brands, where films have ten
_INDEX_MAX: Final = 2**25
_TRACKS_MAX: Final = 32
_EMPTY: Final = 8  # a box that is its head
_OWN_HEAD_MAX: Final = 64  # of C2PA's box, before the manifests in it
_SEGMENT_HEAD: Final = 16  # of APP11 (ISO 19566-5), before what it holds
_SEGMENTS_MAX: Final = 100_000
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length


@dataclass(frozen=True)
class Left:
    """What a file carries of that: `is_stray` is more than belongs to it, `has_index` an index of
    fragments that is one, `own` how long C2PA's own box of a film is, 0 for none."""

    is_stray: bool = False
    has_index: bool = False
    own: int = 0

    def has_room(self, store_length: int) -> bool:
        """Return whether C2PA's own box holds more than manifests of this length."""
        return self.own > store_length + _OWN_HEAD_MAX


def left_out(path: Path, *, is_film: bool) -> Left:
    """Return what a film or a JPEG carries that its hash leaves out; of other formats nothing.

    `is_film` is how the reader took it: the hash that it verified is one of boxes. What a file
    begins with is for anybody to choose. Raises OSError.
    """
    with path.open("rb") as file:
        if is_film:
            return _of_film(file, path.stat().st_size)
        if file.read(2) == b"\xff\xd8":
            return Left(is_stray=_is_cut_apart(file))
    return Left()


@dataclass
class _Seen:
    """What was met on the way through a film's boxes."""

    brands: list[int] = field(default_factory=list)
    own: list[int] = field(default_factory=list)
    fragments: int = 0
    indexes: list[tuple[int, int]] = field(default_factory=list)


def _of_film(file: BinaryIO, size: int) -> Left:
    seen, at = _Seen(), 0
    for _ in range(_BOXES_MAX):
        file.seek(at)
        head = file.read(_HEAD)
        kind = head[4:8]
        length, begins = int.from_bytes(head[:4]), 8
        if length == 1:  # a long one says so
            length, begins = int.from_bytes(head[8:16]), 16
        is_last = length < begins or at + length >= size  # to the end of the file, or cut off
        reach = size - at if is_last else length
        if kind == b"ftyp":
            seen.brands.append(reach)
        elif kind == b"moof":
            seen.fragments += 1
        elif kind == b"mfra":
            seen.indexes.append((at, length))
        elif kind == b"uuid" and head[begins : begins + 16] == _C2PA:
            seen.own.append(reach)
        if is_last:
            return _judged(file, size, seen)
        at += length
    return Left(is_stray=True)


def _judged(file: BinaryIO, size: int, seen: _Seen) -> Left:
    has_index = len(seen.indexes) == 1 and _is_index(file, size, *seen.indexes[0], seen.fragments)
    is_stray = (
        len(seen.brands) > 1
        or len(seen.own) > 1
        or max(seen.brands, default=0) > _BRANDS_MAX
        or (bool(seen.indexes) and not has_index)
    )
    return Left(is_stray, has_index, max(seen.own, default=0))


def _is_index(file: BinaryIO, size: int, at: int, length: int, fragments: int) -> bool:
    """Return whether an `mfra` is the film's last box and nothing but tables of its fragments
    (ISO 14496-12, 8.8.9 to 8.8.11): one for a track, and behind them the length of it all. An empty
    one, as smooth streaming writes, can hold nothing."""
    if at + length != size or length > _INDEX_MAX:
        return False
    if length == _EMPTY or not fragments:
        return length == _EMPTY
    file.seek(at)
    boxes = list(_inner(file.read(length)[8:]))
    if len(boxes) < 2 or boxes[-1] != (b"mfro", bytes(4) + length.to_bytes(4)):
        return False
    tracks = [body[4:8] for _kind, body in boxes[:-1]]
    return len(set(tracks)) == len(tracks) <= _TRACKS_MAX and all(
        kind == b"tfra" and _is_table(body, fragments) for kind, body in boxes[:-1]
    )


def _inner(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and body of each box; of what is none one of no kind."""
    at = 0
    while at < len(body):
        length = int.from_bytes(body[at : at + 4])
        if length < 8 or at + length > len(body):
            yield b"", b""
            return
        yield body[at + 4 : at + 8], body[at + 8 : at + length]
        at += length


def _is_table(body: bytes, fragments: int) -> bool:
    """Return whether a `tfra` is entries and nothing else, no more than there are fragments. Where
    those begin is not asked: the SDK writes one place for all when it signs."""
    if len(body) < 16 or body[0] > 1 or any(body[1:4]) or any(body[8:11]) or body[11] >> 6:
        return False
    wide = 8 if body[0] else 4
    numbers = sum((body[11] >> shift & 3) + 1 for shift in (0, 2, 4))
    entry, count = 2 * wide + numbers, int.from_bytes(body[12:16])
    return len(body) == 16 + entry * count and count <= fragments


def _is_cut_apart(file: BinaryIO) -> bool:
    """Return whether anything else stands between the segments of a JPEG's manifest."""
    segments = list(_segments(file))
    if len(segments) >= _SEGMENTS_MAX:  # what stands behind them nobody has looked at
        return True
    places = list(_of_manifest(segments))
    return bool(places) and places[-1] - places[0] != len(places) - 1


def _of_manifest(segments: list[bytes]) -> Iterator[int]:
    """Yield which of these segments the SDK takes for its manifest: one that begins such a box, and
    those behind it that say the number of this box. For what else they say, be it that they hold
    boxes at all, it does not look."""
    own: bytes | None = None
    for at, body in enumerate(segments):
        if len(body) > _SEGMENT_HEAD and body[2:4] == own:
            yield at
        elif body[24:28] == b"c2pa":
            own = body[2:4]
            yield at


def _segments(file: BinaryIO) -> Iterator[bytes]:
    """Yield the beginning of each segment before the picture; of those that are no APP11, where
    manifests are (ISO 19566-5), and of each byte between segments nothing."""
    at = 2
    for _ in range(_SEGMENTS_MAX):
        file.seek(at)
        head = file.read(4 + _HEAD)
        if len(head) < 4 or (head[0] == 0xFF and head[1] in {0xD9, 0xDA}):
            return
        if head[0] != 0xFF or head[1] == 0xFF:
            yield b""
            at += 1
        elif head[1] in _BARE:
            yield b""
            at += 2
        else:
            length = max(2, int.from_bytes(head[2:4]))
            yield head[4 : 2 + length] if head[1] == 0xEB else b""
            at += 2 + length
