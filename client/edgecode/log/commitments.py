"""Salted commitments: how a private fact stands in a public log.

    commitment = SHA-256( 0x02 || salt || pad256( JCS(value) ) )
    pad256(m)  = uint32 big-endian length of m || m || zero bytes up to a multiple of 256

The salt is 32 random bytes, one per value. 0x02 keeps commitments apart from the hashes of a
tree's leaves (0x00) and nodes (0x01). The length comes first, so two values never pad to the
same bytes. Whoever holds salt and value can show that they were committed to; once the salt is
erased nobody can, and nobody can find the value by guessing.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import NamedTuple

from edgecode.log.canonical import JSON, encode

SALT_BYTES = 32
# The value is not in the log, so it may be longer than an entry: one lists 10,000 files, each with
# the rate card that prices it.
VALUE_BYTES_MAX = 4 * 2**20
_PREFIX = b"\x02"
_BLOCK = 256


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens a commitment: the salt (32 bytes) and the value."""

    salt: bytes
    value: JSON


class Sealed(NamedTuple):
    """A commitment, and what opens it: the salt, and the value as its canonical JSON."""

    commitment: str
    salt: bytes
    text: bytes


def pad256(message: bytes) -> bytes:
    """Return length || message || zeros, a multiple of 256 bytes long."""
    framed = len(message).to_bytes(4, "big") + message
    return framed + bytes(-len(framed) % _BLOCK)


def commit(opening: Opening) -> str:
    """Return the commitment, 64 lowercase hex digits. Raises ValueError for a salt that is not
    32 bytes long and for a value that has no canonical form, or one over VALUE_BYTES_MAX."""
    if len(opening.salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, not {len(opening.salt)}")
    return _commit(opening.salt, value_text(opening.value))


def value_text(value: JSON) -> bytes:
    """Return the canonical JSON of a value that is committed to. Raises ValueError for one that
    has no canonical form, or one over VALUE_BYTES_MAX."""
    return encode(value, VALUE_BYTES_MAX)


def seal(text: bytes) -> Sealed:
    """Return the commitment under a fresh salt to the value whose `value_text` this is, and what
    opens it."""
    salt = secrets.token_bytes(SALT_BYTES)
    return Sealed(_commit(salt, text), salt, text)


def opens(commitment: str, opening: Opening) -> bool:
    """Return whether salt and value are the ones that were committed to."""
    try:
        return hmac.compare_digest(commit(opening), commitment)
    except (ValueError, TypeError):
        return False


def _commit(salt: bytes, text: bytes) -> str:
    return hashlib.sha256(_PREFIX + salt + pad256(text)).hexdigest()
