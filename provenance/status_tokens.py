"""Status list tokens, the pure part: two bits a grant, compressed, in a signed JWT.

The form is that of the IETF's Token Status List, so that verifiers of other issuers' lists read
ours. No database and no clock.
"""

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Iterable
from enum import IntEnum
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

BITS: Final = 2
# How many grants are in one list. A power of four, which the order of indexes needs.
SIZE: Final = 2**20
MEDIA_TYPE: Final = "application/statuslist+jwt"
_PER_BYTE: Final = 8 // BITS
_HALF_BITS: Final = (SIZE.bit_length() - 1) // 2
_HALF: Final = (1 << _HALF_BITS) - 1
_ROUNDS: Final = 4


class Status(IntEnum):
    """What the two bits say, in the words of the standard."""

    VALID = 0
    INVALID = 1
    SUSPENDED = 2
    CONSENT_ENDED = 3  # left to us by the standard: ask about the file


# Of each state of a grant: one that has not begun may not be used, but will be.
OF_STATE: Final = {
    "active": Status.VALID,
    "pending": Status.SUSPENDED,
    "expired": Status.INVALID,
    "superseded": Status.INVALID,
    "revoked": Status.INVALID,
}


def blank() -> bytearray:
    """Return the statuses of a list in which all are valid."""
    return bytearray(SIZE // _PER_BYTE)


def put(statuses: bytearray, changes: Iterable[tuple[int, Status]]) -> None:
    """Write the status at each index."""
    for index, status in changes:
        place, shift = index // _PER_BYTE, index % _PER_BYTE * BITS
        statuses[place] = statuses[place] & ~(3 << shift) & 0xFF | status << shift


def status_at(statuses: bytes, index: int) -> Status:
    """Return the status at an index."""
    return Status(statuses[index // _PER_BYTE] >> index % _PER_BYTE * BITS & 3)


def indexes_of(statuses: bytes, status: Status) -> set[int]:
    """Return the indexes that have this status, of which there are few."""
    shifts = range(0, 8, BITS)
    holding = bytes(each for each in range(256) if any(each >> at & 3 == status for at in shifts))
    places = (found.start() for found in re.finditer(b"[" + re.escape(holding) + b"]", statuses))
    each = (place * _PER_BYTE + at for place in places for at in range(_PER_BYTE))
    return {index for index in each if status_at(statuses, index) is status}


def index_of(seed: bytes, serial: int) -> int:
    """Return the index that is given out as number `serial` of a list.

    Each serial has its own; who does not know the seed cannot tell which indexes are taken, nor
    which two were given out one after the other (a Feistel network over the numbers of the list).
    """
    left, right = serial >> _HALF_BITS, serial & _HALF
    for turn in range(_ROUNDS):
        drawn = hashlib.blake2b(bytes([turn]) + right.to_bytes(4), key=seed, digest_size=4)
        left, right = right, left ^ int.from_bytes(drawn.digest()) & _HALF
    return left << _HALF_BITS | right


def sealed(
    statuses: bytes,
    *,
    uri: str,
    issued: int,
    lives_s: int,
    fresh_s: int,
    key: ec.EllipticCurvePrivateKey,
    chain_pem: str,
) -> str:
    """Return the token of a list: a JWT under ES256 that carries its certificates.

    `issued` is in seconds since 1970. It may be believed for `lives_s` seconds, and should be
    fetched again after `fresh_s`.
    """
    chain = x509.load_pem_x509_certificates(chain_pem.encode())
    header = {
        "alg": "ES256",
        "typ": "statuslist+jwt",
        "x5c": [_standard(item.public_bytes(serialization.Encoding.DER)) for item in chain],
    }
    claims = {
        "sub": uri,
        "iat": issued,
        "exp": issued + lives_s,
        "ttl": fresh_s,
        "status_list": {"bits": BITS, "lst": _url(zlib.compress(statuses))},
    }
    signed = f"{_url(_json(header))}.{_url(_json(claims))}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{_url(r.to_bytes(32) + s.to_bytes(32))}"


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _standard(value: bytes) -> str:
    return base64.b64encode(value).decode()
