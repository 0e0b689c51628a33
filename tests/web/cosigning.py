"""Witnesses for a test's log: their lines in its files, as the real ones leave them there."""

import hashlib
import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from edgecode.log import cosignatures
from edgecode.log.keys import PrivateKey, cosigner_key
from edgecode.log.notes import note_text
from ledger import proofs


def key_of(name: str) -> Ed25519PrivateKey:
    """Return the key of a witness, the same for one name."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


def write_policy(*names: str, others: tuple[tuple[str, PrivateKey], ...] = ()) -> None:
    """Publish a policy with these witnesses."""
    keys = [*((name, key_of(name)) for name in names), *others]
    lines = [f"log {proofs.vkey()}"]
    lines += [
        f"witness w{number} {cosigner_key(name, key)}" for number, (name, key) in enumerate(keys)
    ]
    proofs.folder().write("policy", "\n".join([*lines, "quorum none", ""]).encode())


def cosign(*names: str, second: int | None = None) -> str:
    """Have witnesses cosign the published checkpoint, and return the note."""
    note = proofs.checkpoint()
    assert note is not None
    at = int(time.time()) if second is None else second
    for name in names:
        note += cosignatures.cosign(note_text(note), name, key_of(name), at)
    proofs.folder().write("checkpoint", note.encode())
    return note


def cosign_with_ml_dsa(name: str) -> MLDSA44PrivateKey:
    """Have a witness cosign with a second key, which browsers cannot check; return the key."""
    key = MLDSA44PrivateKey.generate()
    note = proofs.checkpoint()
    assert note is not None
    note += cosignatures.cosign(note_text(note), name, key, int(time.time()))
    proofs.folder().write("checkpoint", note.encode())
    return key


def show_witnessed(note: str) -> None:
    """Publish a note as the newest one that the witnesses cosigned."""
    proofs.folder().write("checkpoint.witnessed", note.encode())
