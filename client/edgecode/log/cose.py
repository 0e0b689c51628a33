"""Receipts as RFC 9942 (COSE Receipts) has them, over the same tree as every other proof here.

A receipt is a COSE_Sign1 whose payload, the root, is detached: the verifier computes it from what
it holds and from the proof in the unprotected header. Ed25519, and only the deterministic
spelling of CBOR, so that a receipt cannot be respelled.

A root does not say how many entries are under it, and the standard signs the root only: another
size and index can lead to the same root. So the size is in our protected header as well (the
claim `sub`, in decimal), and with it the index is certain.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from edgecode.log import merkle
from edgecode.log.checkpoints import SIZE_MAX, Checkpoint
from edgecode.log.keys import Algorithm, VerifierKey, utf8, verifier_key

MEDIA_TYPE = "application/scitt-receipt+cose"
_SIGN1_TAG = 18
_ALG, _KID, _CLAIMS, _VDS, _VDP = 1, 4, 15, 395, 396
_ISSUER, _SUBJECT = 1, 2  # of the CWT claims
_EDDSA = -8
_RFC9162_SHA256 = 1
_INCLUSION, _CONSISTENCY = -1, -2
_BYTES_MAX = 10_000
_PATH_MAX = 63


class BadReceipt(ValueError):
    """A COSE receipt is malformed, of another log, or not about what it is shown with."""


@dataclass(frozen=True, slots=True)
class _Sign1:
    """A receipt, taken apart: the signed header as it was spelled, the proof, the signature."""

    protected: bytes
    proof: tuple[int, int, tuple[bytes, ...]]
    signature: bytes


def inclusion_receipt(
    checkpoint: Checkpoint, index: int, proof: Sequence[bytes], key: Ed25519PrivateKey
) -> bytes:
    """Return the receipt that entry `index` is in the tree of `checkpoint`, signed by its log.

    `proof` is merkle.prove_inclusion(); it is not looked at. Raises ValueError for a tree of one
    entry: its proof is empty, and the format has no empty ones.
    """
    if checkpoint.size < 2:
        raise ValueError("a log of one entry has no COSE receipt: there is no hash to put in it")
    return _sign(checkpoint, _INCLUSION, (checkpoint.size, index, list(proof)), key)


def consistency_receipt(
    checkpoint: Checkpoint, old: int, proof: Sequence[bytes], key: Ed25519PrivateKey
) -> bytes:
    """Return the receipt that the tree of `checkpoint` begins with the tree of `old` entries.

    `proof` is merkle.prove_consistency(); it is not looked at. Raises ValueError unless
    0 < old < the checkpoint's size: other proofs are empty, and the format has no empty ones.
    """
    if not 0 < old < checkpoint.size:
        raise ValueError(f"no receipt shows that {checkpoint.size} entries begin with {old}")
    return _sign(checkpoint, _CONSISTENCY, (old, checkpoint.size, list(proof)), key)


def verify_inclusion(raw: bytes, entry: bytes, key: VerifierKey) -> tuple[int, Checkpoint]:
    """Return the index of `entry`, and the size and root of the log of `key` it is under.

    Raises BadReceipt, or merkle.BadProof (both ValueErrors).
    """
    receipt = _open(raw, _INCLUSION, key)
    size, index, path = receipt.proof
    root = merkle.root_from_inclusion(merkle.leaf_hash(entry), index, size, path)
    _check_signature(receipt, root, key)
    return index, Checkpoint(key.name, size, root)


def verify_consistency(raw: bytes, old: Checkpoint, new_root: bytes, key: VerifierKey) -> int:
    """Return the size of the tree with `new_root`, which the log of `key` signed and which begins
    with the tree of `old`. Raises BadReceipt, or merkle.BadProof (both ValueErrors)."""
    receipt = _open(raw, _CONSISTENCY, key)
    old_size, new_size, path = receipt.proof
    if old_size != old.size or old.origin != key.name:
        raise BadReceipt(f"the receipt is about a tree of {old_size} entries of {key.name}")
    _check_signature(receipt, new_root, key)
    merkle.verify_consistency(old_size, new_size, old.root, new_root, path)
    return new_size


def issuer(raw: bytes) -> str:
    """Return the name of the log that a receipt says to be of; "" when it names none. Raises
    BadReceipt."""
    protected = _parts(raw)[0]
    header = _map(_decode(protected)) if isinstance(protected, bytes) else {}
    name = _map(header.get(_CLAIMS)).get(_ISSUER)
    return name if isinstance(name, str) else ""


def unsigned_labels(raw: bytes) -> list[object]:
    """Return the labels of a receipt's unprotected header beside that of its proofs. RFC 9942
    allows them, nobody signed them, and no verification here looks at them. Raises BadReceipt."""
    return [label for label in _map(_parts(raw)[1]) if label != _VDP]


def key_id(key: VerifierKey) -> bytes:
    """Return the `kid` of a log's key: the head of its vkey, `name+hex(key id)`."""
    return utf8(f"{key.name}+{key.key_id.hex()}")


def _sign(
    checkpoint: Checkpoint,
    kind: int,
    proof: tuple[int, int, list[bytes]],
    key: Ed25519PrivateKey,
) -> bytes:
    public = verifier_key(checkpoint.origin, key)
    protected = _encode(_protected(public, checkpoint.size))
    # No note can begin with the byte a Sig_structure begins with (0x84 is not UTF-8), so one key
    # may sign both.
    signature = key.sign(_to_be_signed(protected, checkpoint.root))
    unprotected = {_VDP: {kind: [_encode(list(proof))]}}
    return _encode(cbor2.CBORTag(_SIGN1_TAG, [protected, unprotected, None, signature]))


def _protected(key: VerifierKey, size: int) -> dict[int, object]:
    return {
        _ALG: _EDDSA,
        _KID: key_id(key),
        _CLAIMS: {_ISSUER: key.name, _SUBJECT: str(size)},
        _VDS: _RFC9162_SHA256,
    }


def _to_be_signed(protected: bytes, root: bytes) -> bytes:
    return _encode(["Signature1", protected, b"", root])


def _check_signature(receipt: _Sign1, root: bytes, key: VerifierKey) -> None:
    public = Ed25519PublicKey.from_public_bytes(key.public_key)
    try:
        public.verify(receipt.signature, _to_be_signed(receipt.protected, root))
    except InvalidSignature:
        raise BadReceipt(f"{key.name} did not sign this root: another entry or log?") from None


def _open(raw: bytes, kind: int, key: VerifierKey) -> _Sign1:
    if key.algorithm is not Algorithm.ED25519:
        raise BadReceipt("COSE receipts are signed by the log's Ed25519 key")
    protected, unprotected, payload, signature = _parts(raw)
    if payload is not None or not isinstance(protected, bytes) or not isinstance(signature, bytes):
        raise BadReceipt("not a COSE receipt: the payload must be detached")
    proofs = _map(_map(unprotected).get(_VDP)).get(kind)
    if not isinstance(proofs, list | tuple) or len(proofs) != 1:
        raise BadReceipt("the receipt holds no such proof, or several")
    proof = _proof(proofs[0])
    size = proof[0] if kind == _INCLUSION else proof[1]
    # The header says all that it may say: nothing in it is left to interpretation.
    if protected != _encode(_protected(key, size)):
        raise BadReceipt(f"the receipt is not by {key_id(key).decode()} over {size} entries")
    return _Sign1(protected, proof, signature)


def _parts(raw: bytes) -> Sequence[Any]:
    outer = _decode(raw)
    if not isinstance(outer, cbor2.CBORTag) or outer.tag != _SIGN1_TAG:
        raise BadReceipt("not a COSE receipt: expected a COSE_Sign1")
    parts = outer.value
    if not isinstance(parts, list | tuple) or len(parts) != 4:
        raise BadReceipt("not a COSE receipt: expected a COSE_Sign1 of 4 parts")
    return parts


def _proof(raw: object) -> tuple[int, int, tuple[bytes, ...]]:
    proof = _decode(raw) if isinstance(raw, bytes) else None
    if not isinstance(proof, list | tuple) or len(proof) != 3:
        raise BadReceipt("the proof in the receipt is malformed")
    first, second, path = proof
    if not all(type(number) is int and 0 <= number <= SIZE_MAX for number in (first, second)):
        raise BadReceipt("the proof in the receipt has wrong numbers")
    if not isinstance(path, list | tuple) or len(path) > _PATH_MAX:
        raise BadReceipt("the proof in the receipt is too long")
    if not all(isinstance(item, bytes) and len(item) == merkle.HASH_BYTES for item in path):
        raise BadReceipt("the proof in the receipt holds what is no hash")
    return first, second, tuple(path)


def _map(value: object) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}


def _encode(value: object) -> bytes:
    return cbor2.dumps(value, canonical=True)


def _decode(raw: bytes) -> Any:
    if len(raw) > _BYTES_MAX:
        raise BadReceipt("the receipt is too long")
    try:
        value = cbor2.loads(raw)
        again = _encode(value)
    except (cbor2.CBORError, ValueError, TypeError, RecursionError, OverflowError):
        raise BadReceipt("not a COSE receipt: not CBOR") from None
    if again != raw:
        raise BadReceipt("not a COSE receipt: CBOR in another spelling than its one")
    return value
