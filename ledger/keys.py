"""Keys as entries, and the rotation of the key that signs checkpoints.

An auditor learns from the log which keys there are and since when. Checkpoints are signed by the
new key and the old one while a rotation lasts, so whoever knows either can follow.
"""

import hashlib

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import transaction

from edgecode.log.keys import VerifierKey, parse_vkey, verifier_key
from edgecode.log.notes import signers
from ledger import live, log_key, proofs, sequencer, signing
from ledger.append import append, lock_stream
from ledger.models import Event

ACTOR = "system:ledger"

type PublicKey = Ed25519PublicKey | MLDSA44PublicKey | EllipticCurvePublicKey | RSAPublicKey


class NotNow(ValueError):
    """The rotation is not at this step; the message says at which."""


def fingerprint(key: PublicKey) -> str:
    """Return the SHA-256 of the key as DER SubjectPublicKeyInfo, in lowercase hex."""
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def algorithm(key: PublicKey) -> str:
    """Return how entries name the key's algorithm: `ed25519`, `ml-dsa-44`, `ecdsa-secp256r1`,
    `rsa-2048`."""
    if isinstance(key, Ed25519PublicKey):
        return "ed25519"
    if isinstance(key, MLDSA44PublicKey):
        return "ml-dsa-44"
    if isinstance(key, EllipticCurvePublicKey):
        return f"ecdsa-{key.curve.name}"
    return f"rsa-{key.key_size}"


def publish(key: PublicKey, *, purpose: str, actor: str = ACTOR) -> Event | None:
    """Record that a key is in use for `purpose`; None when the log says so already."""
    sha256 = fingerprint(key)
    stream = f"key:{sha256[:32]}"
    if Event.objects.filter(stream=stream).exists():
        return None
    with transaction.atomic():
        if lock_stream(stream):  # somebody else was faster
            return None
        data = {"purpose": purpose, "algorithm": algorithm(key), "sha256": sha256}
        return append("key.published", stream=stream, actor=actor, data=data)


def is_published(sha256: str, *, purpose: str) -> bool:
    """Return whether the log says that the key with this fingerprint is, or was, in use for
    `purpose`."""
    events = Event.objects.filter(stream=f"key:{sha256[:32]}", kind="key.published")
    said = [event.facts().data for event in events]
    return any((each.get("sha256"), each.get("purpose")) == (sha256, purpose) for each in said)


def retire(key: PublicKey) -> Event | None:
    """Record that a published key signs nothing any more; None when the log says so already."""
    stream = f"key:{fingerprint(key)[:32]}"
    with transaction.atomic():
        lock_stream(stream)
        if Event.objects.filter(stream=stream, kind="key.retired").exists():
            return None
        return append("key.retired", stream=stream, actor=ACTOR)


def rotate() -> VerifierKey:
    """Begin to sign with a new key beside the present one, and return it.

    Raises NotNow when a rotation is under way, or nothing was ever signed; what
    `sequencer.advance` raises when nothing may be signed.
    """
    if log_key.load(log_key.OLD) is not None and log_key.load(log_key.NEXT) is None:
        raise NotNow("a rotation is under way: end it first, with `ledger retire-key`")
    sequencer.advance()
    signer = signing.load(live.name())
    if signer is None or proofs.latest() is None:
        raise NotNow("nothing is signed yet: there is no key to replace")
    publish(signer.keys[0].public_key(), purpose="checkpoint")
    key = log_key.create(log_key.NEXT)
    publish(key.public_key(), purpose="checkpoint")
    sequencer.advance()  # no checkpoint is signed by a key that is not under it (R51)
    # Killed here: the new key is in the log and signs nothing. The next rotate() goes on with it.
    if log_key.load(log_key.OLD) is None:
        log_key.path(log_key.OLD).hardlink_to(log_key.path())
    # Killed here: both names are of the old key, which signs once (signing.load).
    log_key.path(log_key.NEXT).replace(log_key.path())
    # Killed here: the next run signs with both, and the one after it shows the new vkey.
    sequencer.advance()
    sequencer.publish()
    return verifier_key(signer.origin, key)


def end_rotation() -> VerifierKey:
    """Stop signing with the old key, destroy it, and return it.

    Its vkey stays published, for the receipts it signed. Raises NotNow when no rotation is under
    way.
    """
    old = log_key.load(log_key.OLD)
    if old is None or log_key.load(log_key.NEXT) is not None:
        raise NotNow("no rotation is under way: begin one with `ledger rotate-key`")
    sequencer.advance()
    signer = signing.load(live.name())
    if signer is None or proofs.vkey() != str(signer.vkeys[0]):
        raise NotNow("the new key has not signed a published checkpoint yet")
    retire(old.public_key())
    sequencer.advance()  # its end is the last thing it signs
    log_key.path(log_key.OLD).unlink()
    return verifier_key(signer.origin, old)


def is_unwitnessed() -> bool:
    """Return whether the newest checkpoint that the witnesses cosigned is of retired keys alone:
    receipts are made under that one, and who knows only the key of today cannot check them."""
    note, vkey = proofs.folder().witnessed(), proofs.vkey()
    return bool(note and vkey and not signers(note, [parse_vkey(vkey)])[1])
