"""A time stamp put into a signed manifest store, and the store filled up to a length.

Neither touches what was signed: both go into the unprotected header of the newest manifest's
COSE_Sign1 (RFC 9052), where C2PA 2.4 wants them (`sigTst2`, section 10.3.2.5; `pad`, section
10.3.2.4). So a stamp may come later than the signature, and a manifest can be made to fit the
room that a file has for one. Pure: bytes in, bytes out.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from provenance import jumbf
from provenance.cbor import ARRAY, MAP, NULL, byte_string, head, text

_COSE_SIGN1: Final = b"\xd2"
# From here on the length of a byte string is written in three bytes, and above 65,535 in five.
_PAD_FROM: Final = 256
_PAD_LONG: Final = 0x1_0000
_PAD_MOST: Final = 0xFF_FFFF


class Signature(NamedTuple):
    """What a COSE_Sign1 holds: its protected header, CBOR, the signature, and a time stamp."""

    protected: bytes
    payload: bytes | None
    signature: bytes
    token: bytes = b""  # empty where it carries none

    def to_stamp(self) -> bytes:
        """Return the bytes whose digest a time stamp is about."""
        return (
            head(ARRAY, 4)
            + text("CounterSignature")
            + byte_string(self.protected)
            + byte_string(b"")
            + byte_string(byte_string(self.signature))
        )

    def written(self, padding: int | None = None) -> bytes:
        """Return it as CBOR, with so many bytes of filling where any are said."""
        header = []
        if self.token:
            tokens = head(ARRAY, 1) + head(MAP, 1) + text("val") + byte_string(self.token)
            header.append(text("sigTst2") + head(MAP, 1) + text("tstTokens") + tokens)
        if padding is not None:
            header.append(text("pad") + byte_string(bytes(padding)))
        return b"".join(
            (
                _COSE_SIGN1 + head(ARRAY, 4),
                byte_string(self.protected),
                head(MAP, len(header)),
                *header,
                NULL if self.payload is None else byte_string(self.payload),
                byte_string(self.signature),
            )
        )


def to_stamp(store: bytes) -> bytes:
    """Return the bytes whose digest a time stamp of the newest manifest is about: the
    countersignature's Sig_structure over the signature. ValueError where there is none."""
    return _signature(jumbf.signature(store)).to_stamp()


def stamped(store: bytes, token: bytes) -> bytes:
    """Return the store with this time-stamp token (DER) beside its newest signature, and no
    filling; b"" takes away the one that it has. ValueError where there is no signature."""
    found = _signature(jumbf.signature(store))
    return jumbf.with_signature(store, found._replace(token=token).written())


def filled(store: bytes, size: int) -> bytes:
    """Return the store filled up to `size` bytes; a time stamp in it stays. ValueError where it
    does not fit."""
    return jumbf.with_signature(store, _parts(store)[0].written(padding(store, size)))


def is_blank(store: bytes) -> bool:
    """Return whether beside the newest manifest's signature stands what is written here and no
    more: a time stamp, and zeros. ValueError where there is no signature."""
    cose = jumbf.signature(store)
    found = _signature(cose)
    filling = _filling(found, len(cose))
    return cose == found.written() or (filling >= 0 and cose == found.written(filling))


def token(store: bytes) -> bytes:
    """Return the time stamp beside the newest signature, b"" for none. ValueError where there is no
    signature."""
    return _signature(jumbf.signature(store)).token


def padding(store: bytes, size: int) -> int:
    """Return how many bytes of filling make a store `size` bytes long. ValueError where it does not
    fit."""
    found, others = _parts(store)
    # A store is longer by as much as its signature.
    wanted = _filling(found, size - others)
    if not _PAD_FROM <= wanted <= _PAD_MOST or others + len(found.written(wanted)) != size:
        least = others + len(found.written(_PAD_FROM))
        raise ValueError(f"a manifest of {least} bytes does not fit into {size}")
    return wanted


def _filling(found: Signature, size: int) -> int:
    """Return how many bytes of filling bring a signature to this size, if any number does."""
    wanted = _PAD_FROM + size - len(found.written(_PAD_FROM))
    return wanted if wanted < _PAD_LONG else wanted - 2


@lru_cache(maxsize=1)  # whether it fits is asked first, then it is filled up
def _parts(store: bytes) -> tuple[Signature, int]:
    """Return the newest manifest's signature, and how many bytes all the rest takes."""
    cose = jumbf.signature(store)
    return _signature(cose), len(store) - len(cose)


def _signature(cose: bytes) -> Signature:
    match jumbf.cbor(cose):
        case [bytes(protected), dict(header), bytes() | None as payload, bytes(signature)]:
            return Signature(protected, payload, signature, _token(header))
    raise ValueError("the signature is not COSE_Sign1")


def _token(header: Mapping[Any, Any]) -> bytes:
    match header.get("sigTst2"):
        case {"tstTokens": [{"val": bytes(token)}]}:
            return token
    return b""
