"""Manifest stores that are small to send and large to read. Generators: none is kept as a file."""

from collections.abc import Iterator, Sequence
from typing import Final

_MANIFEST: Final = b"c2cm\x00\x11\x00\x10\x80\x00\x00\xaa\x008\x9bq\x03"
_STORE: Final = b"c2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x008\x9bq\x03c2pa\x00"
_LABEL_AT: Final = 17
_STORED_MAX: Final = 1 << 16
_RUN_MAX: Final = 1 << 24
# The shortest run that Brotli's longest code for a length of a copy can say.
_RUN_MIN: Final = 22594


class _Bits:
    """Bits as Brotli has them, the lowest first."""

    def __init__(self) -> None:
        self._value = self._count = 0

    def put(self, *pairs: tuple[int, int]) -> None:
        for value, bits in pairs:
            self._value |= value << self._count
            self._count += bits

    def align(self) -> None:
        self._count = (self._count + 7) // 8 * 8

    def take(self) -> bytes:
        self.align()
        return self._value.to_bytes(self._count // 8, "little")


def brotli(parts: Sequence[bytes | int]) -> bytes:
    """Return a Brotli stream (RFC 7932) of bytes as they are, and of so many zeros each number."""
    bits = _Bits()
    bits.put((0, 1))  # a window of 64 KB
    for part in parts:
        if isinstance(part, int):
            _zeros(bits, part)
        else:
            _stored(bits, part)
    bits.put((3, 2))  # the last block, and it is empty
    return bits.take()


def _length(bits: _Bits, length: int) -> None:
    nibbles = 4 if length <= 1 << 16 else 5 if length <= 1 << 20 else 6
    bits.put((0, 1), (nibbles - 4, 2), (length - 1, 4 * nibbles))


def _stored(bits: _Bits, data: bytes) -> None:
    for at in range(0, len(data), _STORED_MAX):
        part = data[at : at + _STORED_MAX]
        _length(bits, len(part))
        bits.put((1, 1))
        bits.align()
        bits.put((int.from_bytes(part, "little"), 8 * len(part)))


def _zeros(bits: _Bits, count: int) -> None:
    """Blocks of one literal and one copy of it: of each of the three codes one symbol is used."""
    while count:
        length = min(count, _RUN_MAX)
        assert length >= _RUN_MIN
        _length(bits, length)
        bits.put((0, 1), (0, 3), (0, 2), (0, 4), (0, 2), (0, 2))
        bits.put((1, 2), (0, 2), (0, 8))  # literals: zero
        bits.put((1, 2), (0, 2), (504, 10))  # commands: insert one, copy so many
        bits.put((1, 2), (0, 2), (0, 6), (length - _RUN_MIN, 24))
        count -= length


def compressed(label: str, stream: bytes) -> bytes:
    """Return a store whose only manifest is compressed, as C2PA allows since 2.3."""
    description = _box(b"jumd", _MANIFEST + label.encode() + b"\x00")
    manifest = _box(b"jumb", description + _box(b"brob", stream))
    return _box(b"jumb", _box(b"jumd", _STORE) + manifest)


def manifest_box(store: bytes) -> bytes:
    """Return the last manifest of a store as a whole box."""
    boxes = list(_boxes(store[8:]))
    return _box(*boxes[-1])


def with_statement(store: bytes, label: str, cbor: bytes) -> bytes:
    """Return a store in which the assertion with this label says something else, unsigned."""
    return b"".join(_box(kind, _replaced(kind, body, label, cbor)) for kind, body in _boxes(store))


def _replaced(kind: bytes, body: bytes, label: str, cbor: bytes) -> bytes:
    if kind != b"jumb":
        return body
    end = int.from_bytes(body[:4])
    named = body[8 + _LABEL_AT : end].split(b"\x00")[0].decode()
    if named == label:
        return body[:end] + _box(b"cbor", cbor)
    return body[:end] + with_statement(body[end:], label, cbor)


def many(count: int, item: bytes) -> bytes:
    """Return CBOR: a map with a list of so many of these."""
    return b"\xa1\x61x\x9a" + count.to_bytes(4) + item * count


def nested(depth: int) -> bytes:
    """Return CBOR: a map with lists one in another."""
    return b"\xa1\x61x" + b"\x81" * depth + b"\x00"


# What a reader of CBOR could stumble over, by name.
ODD: Final = {
    "a list that is not there": b"\xa1\x61x\x9a\xff\xff\xff\xff",
    "bytes that are not there": b"\xa1\x61x\x5b\x7f" + b"\xff" * 7,
    "no number": b"\xa1\x61x\xf9\x7e\x00",
    "infinity": b"\xa1\x61x\xf9\x7c\x00",
    "a number of 512 bits": b"\xa1\x61x\xc2\x58\x40" + b"\xff" * 64,
    "half a pair": b"\xa1\x61x\x63\xed\xa0\x80",
    "a zero in a text": b"\xa1\x61x\x63a\x00b",
}


def _box(kind: bytes, body: bytes) -> bytes:
    return (8 + len(body)).to_bytes(4) + kind + body


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 4])
        yield data[at + 4 : at + 8], data[at + 8 : at + length]
        at += length
