"""Signed notes (C2SP signed-note, Ed25519), checkpoints (tlog-checkpoint), receipts (tlog-proof).

A note is text, an empty line, and signature lines. A checkpoint is a note that says: the log of
this origin has this size and this root. A receipt is a checkpoint with the proof that one entry
is under it; anyone who holds the log's vkey verifies it without asking us.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from edgecode.log import merkle

_ED25519 = b"\x01"
_SIGNATURES_MAX = 64
_NOTE_BYTES_MAX = 1_000_000
_PROOF_HEADER = "c2sp.org/tlog-proof@v1"
_NAME = re.compile(r"[^\s+]+")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


class BadNote(ValueError):
    """A note, checkpoint or receipt is malformed, or not signed by the key."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """Who signs a log: a name, and an Ed25519 public key (32 bytes)."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that mark this key's signatures."""
        material = self.name.encode() + b"\n" + _ED25519 + self.public_key
        return hashlib.sha256(material).digest()[:4]

    def __str__(self) -> str:
        """The vkey: `name+hex(key id)+base64(type || public key)`."""
        return f"{self.name}+{self.key_id.hex()}+{_base64(_ED25519 + self.public_key)}"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The signed size and root (32 bytes) of the log named `origin`."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The note text: three lines."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"


@dataclass(frozen=True, slots=True)
class Receipt:
    """An entry's place in the log: index, inclusion proof, and the signed checkpoint verbatim."""

    index: int
    proof: tuple[bytes, ...]
    checkpoint: str

    def __str__(self) -> str:
        """The `.tlog-proof` file."""
        lines = [_PROOF_HEADER, f"index {self.index}", *map(_base64, self.proof), ""]
        return "\n".join(lines) + "\n" + self.checkpoint


def verifier_key(name: str, key: Ed25519PrivateKey) -> VerifierKey:
    """Return the public side of `key` under `name`; ValueError for a name no note may carry."""
    if not _NAME.fullmatch(name):
        raise BadNote(f"{name!r} cannot name a key: no spaces and no plus sign")
    return VerifierKey(name, key.public_key().public_bytes_raw())


def parse_vkey(text: str) -> VerifierKey:
    """Return the key that a vkey line holds. Raises BadNote when it is damaged or no Ed25519."""
    name, _, rest = text.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    material = _unbase64(encoded, "the vkey")
    if not _NAME.fullmatch(name) or material[:1] != _ED25519 or len(material) != 33:
        raise BadNote("not a vkey: expected name+key id+base64 of an Ed25519 key")
    key = VerifierKey(name, material[1:])
    if key.key_id.hex() != key_id:
        raise BadNote("the vkey has a typing error: its key id does not fit")
    return key


def sign(text: str, name: str, key: Ed25519PrivateKey) -> str:
    """Return the signed note over `text`, which ends with a newline."""
    _check_characters(text)
    if not text.endswith("\n"):
        raise BadNote("the text of a note ends with a newline")
    key_id = verifier_key(name, key).key_id
    return f"{text}\n— {name} {_base64(key_id + key.sign(text.encode()))}\n"


def open_note(note: str, key: VerifierKey) -> str:
    """Return the text of a note signed by `key`.

    Signatures of other keys are skipped. Raises BadNote when the note is malformed, when `key`
    did not sign it, or when any signature that claims to be its is wrong.
    """
    if len(note) > _NOTE_BYTES_MAX:
        raise BadNote("the note is too long")
    _check_characters(note)
    text, gap, block = note.rpartition("\n\n")
    lines = block.split("\n")
    if not gap or lines.pop() or not 1 <= len(lines) <= _SIGNATURES_MAX:
        raise BadNote("not a signed note: expected text, an empty line, signature lines")
    text += "\n"
    signed = False
    for line in lines:
        name, raw = _signature(line)
        if (name, raw[:4]) != (key.name, key.key_id):
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key.public_key).verify(raw[4:], text.encode())
        except InvalidSignature:
            raise BadNote(f"the signature of {key.name} does not fit the text") from None
        signed = True
    if not signed:
        raise BadNote(f"not signed by {key}")
    return text


def note_text(note: str) -> str:
    """Return a note's text without looking at its signatures: for our own files, or where the
    reader verifies the note itself."""
    return note.rpartition("\n\n")[0] + "\n"


def open_checkpoint(note: str, key: VerifierKey) -> Checkpoint:
    """Return the checkpoint in a note signed by `key`, whose name must be the log's origin."""
    checkpoint = parse_checkpoint(open_note(note, key))
    if checkpoint.origin != key.name:
        raise BadNote(f"the checkpoint is of {checkpoint.origin}, the key of {key.name}")
    return checkpoint


def parse_checkpoint(text: str) -> Checkpoint:
    """Return the checkpoint that a note's text holds; lines after the third must not be empty
    and are ignored."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() or not all(lines) or not _NUMBER.fullmatch(lines[1]):
        raise BadNote("not a checkpoint: expected origin, size and root, a line each")
    return Checkpoint(lines[0], int(lines[1]), _hash(lines[2], "the root"))


def parse_receipt(text: str) -> Receipt:
    """Return the parts of a `.tlog-proof` file; an `extra` line is skipped."""
    head, gap, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not gap or lines.pop(0) != _PROOF_HEADER:
        raise BadNote(f"not a receipt: the first line must be {_PROOF_HEADER}")
    if lines and lines[0].startswith("extra "):
        _unbase64(lines.pop(0).removeprefix("extra "), "the extra data")
    word, _, index = lines.pop(0).partition(" ") if lines else ("", "", "")
    if word != "index" or not _NUMBER.fullmatch(index):
        raise BadNote("not a receipt: the index line is missing")
    if len(lines) > 63:
        raise BadNote("the proof in the receipt is too long")
    return Receipt(int(index), tuple(_hash(line, "a proof line") for line in lines), checkpoint)


def verify_receipt(text: str, entry: bytes, key: VerifierKey) -> tuple[int, Checkpoint]:
    """Return the index of `entry` and the checkpoint it stands under.

    Raises BadNote or merkle.BadProof (both ValueErrors) when the receipt is malformed, not
    signed by `key`, or not about these very bytes.
    """
    receipt = parse_receipt(text)
    checkpoint = open_checkpoint(receipt.checkpoint, key)
    leaf = merkle.leaf_hash(entry)
    merkle.verify_inclusion(leaf, receipt.index, checkpoint.size, receipt.proof, checkpoint.root)
    return receipt.index, checkpoint


def proof_lines(proof: Sequence[bytes]) -> str:
    """Return a proof as text, one base64 hash a line."""
    return "".join(f"{_base64(item)}\n" for item in proof)


def _signature(line: str) -> tuple[str, bytes]:
    mark, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    raw = _unbase64(encoded, "a signature")
    if mark != "—" or not _NAME.fullmatch(name) or len(raw) < 5:
        raise BadNote("a signature line of the note is malformed")
    return name, raw


def _check_characters(text: str) -> None:
    if any(ord(character) < 32 and character != "\n" for character in text):
        raise BadNote("a note holds no control characters but newlines")


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _unbase64(text: str, what: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadNote(f"{what} is not base64") from None
    if _base64(raw) != text:
        raise BadNote(f"{what} is not base64 in its one spelling")
    return raw


def _hash(text: str, what: str) -> bytes:
    raw = _unbase64(text, what)
    if len(raw) != merkle.HASH_BYTES:
        raise BadNote(f"{what} is not a hash of {merkle.HASH_BYTES} bytes")
    return raw
