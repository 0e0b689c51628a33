"""CBOR as C2PA wants it written: core deterministic encoding (RFC 8949, section 4.2.1). Pure.

Reading it is jumbf.py's.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP = range(6)
NULL: Final = b"\xf6"
_SIMPLE: Final = {False: b"\xf4", True: b"\xf5", None: NULL}


def encoded(value: Any) -> bytes:
    """Return a value of JSON's kinds, or bytes, as CBOR. TypeError for any other, floats too."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, bytes):
        return byte_string(value)
    if value is None or isinstance(value, bool):
        return _SIMPLE[value]
    if isinstance(value, int):
        return head(UNSIGNED, value) if value >= 0 else head(NEGATIVE, -1 - value)
    if isinstance(value, list | tuple):
        return head(ARRAY, len(value)) + b"".join([encoded(each) for each in value])
    if isinstance(value, dict | Mapping):  # asking for the first takes a tenth of the time
        pairs = sorted([(_name(name), encoded(said)) for name, said in value.items()])
        return head(MAP, len(pairs)) + b"".join([name + said for name, said in pairs])
    raise TypeError(f"{type(value).__name__} has no place in a manifest")


def head(major: int, number: int) -> bytes:
    """Return how an item of a major type begins: with its value, or its length."""
    if number < 24:
        return bytes((major << 5 | number,))
    if number < 0x100:
        return bytes((major << 5 | 24, number))
    extra = 25 if number < 0x10000 else 26 if number < 0x100000000 else 27
    return bytes((major << 5 | extra,)) + number.to_bytes(1 << (extra - 24))


def byte_string(value: bytes) -> bytes:
    """Return bytes as CBOR."""
    return head(BYTES, len(value)) + value


def text(value: str) -> bytes:
    """Return text as CBOR."""
    raw = value.encode()
    return head(TEXT, len(raw)) + raw


def _name(value: Any) -> bytes:
    return _known_name(value) if isinstance(value, str) else encoded(value)


@lru_cache(maxsize=1_000)
def _known_name(value: str) -> bytes:
    """Every manifest has the same few."""
    return text(value)
