"""A time stamp put into a signed manifest store, and the store filled up to a length.

Neither touches what was signed: both go into the unprotected header of the newest manifest's
COSE_Sign1 (RFC 9052), where C2PA 2.4 wants them (`sigTst2`, section 10.3.2.5; `pad`, section
10.3.2.4). So a stamp may come later than the signature, and a manifest can be made to fit the
room that a file has for one. Pure: bytes in, bytes out.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from provenance import jumbf

_BYTES, _TEXT, _ARRAY, _MAP = 2, 3, 4, 5
_COSE_SIGN1: Final = b"\xd2"
_NULL: Final = b"\xf6"
# From here on the length of a byte string is written in three bytes, and up to 65,535.
_PAD_FROM: Final = 256
_PAD_MOST: Final = 0xFFFF


class _Signature(NamedTuple):
    protected: bytes
    payload: bytes | None
    signature: bytes
    token: bytes  # empty where it carries none


def to_stamp(store: bytes) -> bytes:
    """Return the bytes whose digest a time stamp of the newest manifest is about: the
    countersignature's Sig_structure over the signature. ValueError where there is none."""
    found = _signature(jumbf.signature(store))
    return (
        _head(_ARRAY, 4)
        + _text("CounterSignature")
        + _bytes(found.protected)
        + _bytes(b"")
        + _bytes(_bytes(found.signature))
    )


def stamped(store: bytes, token: bytes) -> bytes:
    """Return the store with this time-stamp token (DER) beside its newest signature, and no
    filling; b"" takes away the one that it has. ValueError where there is no signature."""
    found = _signature(jumbf.signature(store))
    return jumbf.with_signature(store, _written(found, token, None))


def filled(store: bytes, size: int) -> bytes:
    """Return the store filled up to `size` bytes; a time stamp in it stays. ValueError where it
    does not fit."""
    found = _signature(jumbf.signature(store))

    def written(padding: int) -> bytes:
        return jumbf.with_signature(store, _written(found, found.token, padding))

    least = len(written(_PAD_FROM))
    padding = _PAD_FROM + size - least
    if not _PAD_FROM <= padding <= _PAD_MOST:
        raise ValueError(f"a manifest of {least} bytes does not fit into {size}")
    return written(padding)


def _written(found: _Signature, token: bytes, padding: int | None) -> bytes:
    header = []
    if token:
        tokens = _head(_ARRAY, 1) + _head(_MAP, 1) + _text("val") + _bytes(token)
        header.append(_text("sigTst2") + _head(_MAP, 1) + _text("tstTokens") + tokens)
    if padding is not None:
        header.append(_text("pad") + _bytes(bytes(padding)))
    payload = _NULL if found.payload is None else _bytes(found.payload)
    return b"".join(
        (
            _COSE_SIGN1 + _head(_ARRAY, 4),
            _bytes(found.protected),
            _head(_MAP, len(header)),
            *header,
            payload,
            _bytes(found.signature),
        )
    )


def _signature(cose: bytes) -> _Signature:
    match jumbf.cbor(cose):
        case [bytes(protected), dict(header), bytes() | None as payload, bytes(signature)]:
            return _Signature(protected, payload, signature, _token(header))
    raise ValueError("the signature is not COSE_Sign1")


def _token(header: Mapping[Any, Any]) -> bytes:
    match header.get("sigTst2"):
        case {"tstTokens": [{"val": bytes(token)}]}:
            return token
    return b""


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes((major << 5 | number,))
    width, extra = next((1 << e, 24 + e) for e in range(4) if number >> (8 << e) == 0)
    return bytes((major << 5 | extra,)) + number.to_bytes(width)


def _bytes(value: bytes) -> bytes:
    return _head(_BYTES, len(value)) + value


def _text(value: str) -> bytes:
    return _head(_TEXT, len(value)) + value.encode()
