"""How a prepared file is put together from the original, so that no copy of it is kept.

Up to the place for a manifest the two agree byte by byte, and behind it they agree shifted by what
was put in, but for a few numbers that say where things lie. What differs is kept; the rest is read
from the original. Pure.
"""

from collections.abc import Iterator, Sequence
from mmap import mmap
from typing import Final, Literal, NamedTuple

from provenance.carriers import Carrier

type Kind = Literal["original", "kept", "place"]
type Content = bytes | mmap

_BLOCK: Final = 4096
_CHUNK: Final = 4 * 2**20


class Piece(NamedTuple):
    """A run of bytes: [start, start + length) of the original or of what is kept, or the place."""

    kind: Kind
    start: int
    length: int


def recipe(original: Content, prepared: Content, carrier: Carrier) -> tuple[list[Piece], bytes]:
    """Return the pieces of a prepared file in order, and the bytes that have to be kept."""
    shift = len(prepared) - len(original)
    place = Piece("place", 0, carrier.length)
    kept = bytearray()
    pieces: list[Piece] = []
    end = carrier.offset + carrier.length
    for piece in (
        *_runs(original, prepared, 0, carrier.offset, 0),
        place,
        *_runs(original, prepared, end, len(prepared), shift),
    ):
        if piece.kind == "kept":
            start = len(kept)
            kept += prepared[piece.start : piece.start + piece.length]
            _add(pieces, Piece("kept", start, piece.length))
        else:
            _add(pieces, piece)
    return pieces, bytes(kept)


def whole(size: int, carrier: Carrier) -> list[Piece]:
    """Return the pieces of a prepared file of `size` bytes that is kept itself."""
    end = carrier.offset + carrier.length
    return [
        Piece("kept", 0, carrier.offset),
        Piece("place", 0, carrier.length),
        Piece("kept", end, size - end),
    ]


def within(pieces: Sequence[Piece], start: int, length: int) -> Iterator[Piece]:
    """Yield the pieces of the bytes [start, start + length) of the whole."""
    at, end = 0, start + length
    for piece in pieces:
        first, last = max(start, at), min(end, at + piece.length)
        if first < last:
            yield Piece(piece.kind, piece.start + first - at, last - first)
        at += piece.length


def _runs(
    original: Content, prepared: Content, start: int, end: int, shift: int
) -> Iterator[Piece]:
    """Yield what [start, end) of the prepared file is made of; `kept` pieces by its own bytes."""
    for at in range(start, end, _CHUNK):
        until = min(at + _CHUNK, end)
        if _same(original, prepared, at, until, shift):
            yield Piece("original", at - shift, until - at)
            continue
        for block in range(at, until, _BLOCK):
            stop = min(block + _BLOCK, until)
            if _same(original, prepared, block, stop, shift):
                yield Piece("original", block - shift, stop - block)
            else:
                yield Piece("kept", block, stop - block)


def _same(original: Content, prepared: Content, start: int, end: int, shift: int) -> bool:
    if start < shift:
        return False
    return original[start - shift : end - shift] == prepared[start:end]


def _add(pieces: list[Piece], piece: Piece) -> None:
    last = pieces[-1] if pieces else None
    if (
        last is not None
        and last.kind == piece.kind != "place"
        and last.start + last.length == piece.start
    ):
        pieces[-1] = last._replace(length=last.length + piece.length)
    elif piece.length:
        pieces.append(piece)
