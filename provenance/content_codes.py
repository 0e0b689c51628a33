"""Content codes (ISCC, ISO 24138), the pure part: their written form, and what counts as a match.

A code is made of units of 256 bits, each of a kind of its own. Two units match up to a distance
that was measured for their kind (docs/soft-binding.md): far below where files that have nothing to
do with each other begin. A match says "probably this work", never "these bytes".
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

ISCC: Final = "io.iscc.v0"
SHA256: Final = "com.edgecode.sha256"
# What a unit begins with: main type, sub type, version 0, 256 bits.
_HEADERS: Final = {
    "text": bytes.fromhex("2007"),
    "image": bytes.fromhex("2107"),
    "data": bytes.fromhex("3007"),
    "instance": bytes.fromhex("4007"),
}
_NAMES: Final = {header: name for name, header in _HEADERS.items()}
_UNIT_BYTES: Final = 34
_BITS: Final = 256
_UNITS_MAX: Final = 8
# The most bits in which units that match may differ.
DISTANCE_MAX: Final = {"image": 48, "text": 45, "data": 31, "instance": 0}
# A unit is looked up by sixteen bands of sixteen bits: one that differs in up to 31 bits has a band
# that differs in one at most, and most of those with 48 have.
BANDS: Final = 16
_BAND_BITS: Final = _BITS // BANDS


class NotACode(ValueError):
    """The bytes are no sequence of units; the message says what is wrong."""


class Likeness(NamedTuple):
    """How near two codes are: by which unit, and in how many bits they differ."""

    unit: str
    distance: int

    @property
    def score(self) -> int:
        """The nearness as the resolution API has it: 100 is exact."""
        return 100 - round(100 * self.distance / _BITS)


def to_bytes(units: Mapping[str, str]) -> bytes:
    """Return a code as a sequence of units (IEP-0020), the value of a soft binding."""
    return b"".join(
        _HEADERS[name] + bytes.fromhex(units[name]) for name in _HEADERS if name in units
    )


def to_text(units: Mapping[str, str]) -> str:
    """Return that sequence in base64, as soft bindings carry it."""
    return base64.b64encode(to_bytes(units)).decode()


def from_bytes(sequence: bytes) -> dict[str, str]:
    """Return the units of a sequence that we can compare; others are left out. Raises NotACode."""
    if not sequence or len(sequence) % _UNIT_BYTES or len(sequence) > _UNITS_MAX * _UNIT_BYTES:
        raise NotACode("not a sequence of ISCC units of 256 bits")
    parts = [
        sequence[start : start + _UNIT_BYTES] for start in range(0, len(sequence), _UNIT_BYTES)
    ]
    if any(part[1] != 0x07 for part in parts):
        raise NotACode("not a sequence of ISCC units of 256 bits")
    return {_NAMES[part[:2]]: part[2:].hex() for part in parts if part[:2] in _NAMES}


def from_base64(text: str, bytes_max: int = 1024) -> bytes:
    """Return the bytes of a binding's value. Raises NotACode."""
    if len(text) > bytes_max * 4 // 3 + 4:
        raise NotACode("too long")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NotACode("not base64") from None


def likeness(units: Mapping[str, str], others: Mapping[str, str]) -> Likeness | None:
    """Return by which unit two codes match best, or None where they do not."""
    found = [
        Likeness(name, distance)
        for name in units.keys() & others.keys()
        if (distance := _distance(units[name], others[name])) <= DISTANCE_MAX[name]
    ]
    return min(found, key=lambda each: (each.distance, each.unit)) if found else None


def _distance(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def bands(units: Mapping[str, str]) -> Iterator[tuple[str, int, int]]:
    """Yield unit, number and value of each band that a code is kept under."""
    for name in units:
        yield from (
            (name, number, value) for number, value in enumerate(_values(name, units[name]))
        )


def probes(name: str, digest: str) -> Iterator[tuple[int, list[int]]]:
    """Yield number and values of the bands under which units like this one may be kept."""
    for number, value in enumerate(_values(name, digest)):
        near = [value ^ 1 << bit for bit in range(_BAND_BITS)] if DISTANCE_MAX[name] else []
        yield number, [value, *near]


def _values(name: str, digest: str) -> list[int]:
    raw = bytes.fromhex(digest)
    found = [int.from_bytes(raw[at : at + 2]) for at in range(0, len(raw), 2)]
    return found if DISTANCE_MAX[name] else found[:2]  # what must be the same is soon told apart
