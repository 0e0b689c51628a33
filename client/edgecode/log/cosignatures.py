"""Cosignatures (C2SP tlog-cosignature): a witness says when it saw a checkpoint, and that it has
seen no other history of that log. Ed25519 (`cosignature/v1`) and ML-DSA-44 (`subtree/v1`).

A log's own ML-DSA-44 signature has the same form, under the log's name.
"""

import struct
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from edgecode.log.checkpoints import parse_checkpoint
from edgecode.log.keys import (
    Algorithm,
    BadNote,
    PrivateKey,
    VerifierKey,
    cosigner_key,
    to_base64,
    utf8,
)
from edgecode.log.leaf import SKEW, TIME_FORMAT

TIME_MAX = 2**63 - 1
_LABEL = b"subtree/v1\n\0"
_SIGNATURE_BYTES = {Algorithm.COSIGNATURE: 64, Algorithm.ML_DSA_44: 2420}
_TIME_BYTES = 8


def cosign(text: str, name: str, key: PrivateKey, time: int) -> str:
    """Return the signature line of `name` over a checkpoint's `text` at POSIX second `time`.

    Raises BadNote for text that is no checkpoint and for a time out of range.
    """
    if not 0 <= time <= TIME_MAX:
        raise BadNote("a cosignature's time is a POSIX second")
    public = cosigner_key(name, key)
    if isinstance(key, Ed25519PrivateKey):
        parse_checkpoint(text)
        signature = key.sign(timestamped_message(text, time))
    else:
        signature = key.sign(subtree_message(text, name, time))
    raw = public.key_id + struct.pack(">Q", time) + signature
    return f"— {name} {to_base64(raw)}\n"


def verify(key: VerifierKey, signature: bytes, text: str) -> int:
    """Return the POSIX second of a cosignature by `key` over a checkpoint's `text`; 0 when a
    subtree cosignature names none. Raises BadNote when it does not fit."""
    time = int.from_bytes(signature[:_TIME_BYTES], "big")
    raw = signature[_TIME_BYTES:]
    if len(raw) != _SIGNATURE_BYTES[key.algorithm] or time > TIME_MAX:
        raise BadNote(f"the signature of {key.name} is malformed")
    try:
        if key.algorithm is Algorithm.COSIGNATURE:
            parse_checkpoint(text)
            public = Ed25519PublicKey.from_public_bytes(key.public_key)
            public.verify(raw, timestamped_message(text, time))
        else:
            lattice = MLDSA44PublicKey.from_public_bytes(key.public_key)
            lattice.verify(raw, subtree_message(text, key.name, time))
    except InvalidSignature:
        raise BadNote(f"the signature of {key.name} does not fit the text") from None
    return time


def wrong_time(time: int, now: datetime, earliest: int = 0) -> str:
    """Return why a cosignature of POSIX second `time` cannot be believed, or "": it names none, or
    one in the future, or one before `earliest`, when there was nothing to sign yet. Clocks may
    differ by SKEW."""
    skew = int(SKEW.total_seconds())
    if not time:
        return "it names no time"
    if time > now.timestamp() + skew:
        return f"it is of {_instant(time)}, which is yet to come"
    if time < earliest - skew:
        return f"it is of {_instant(time)}, which is before {_instant(earliest)}"
    return ""


def _instant(time: int) -> str:
    try:
        return datetime.fromtimestamp(time, UTC).strftime(TIME_FORMAT)
    except (OverflowError, ValueError, OSError):
        return f"second {time}"


def timestamped_message(text: str, time: int) -> bytes:
    """Return what an Ed25519 cosignature signs: header, time, and the whole note text."""
    return utf8(f"cosignature/v1\ntime {time}\n{text}")


def subtree_message(text: str, name: str, time: int) -> bytes:
    """Return what an ML-DSA-44 cosignature signs: the struct `cosigned_message` for the whole
    tree of the checkpoint. Lines after the third are not in it."""
    checkpoint = parse_checkpoint(text)
    return b"".join(
        (
            _LABEL,
            _short(name, "the cosigner's name"),
            struct.pack(">Q", time),
            _short(checkpoint.origin, "the origin"),
            struct.pack(">QQ", 0, checkpoint.size),
            checkpoint.root,
        )
    )


def _short(text: str, what: str) -> bytes:
    raw = utf8(text)
    if not 1 <= len(raw) <= 255:
        raise BadNote(f"{what} must have 1 to 255 bytes for an ML-DSA-44 signature")
    return bytes([len(raw)]) + raw
