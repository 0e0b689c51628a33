"""Signed notes (C2SP signed-note), the checkpoints in them, and receipts (tlog-proof).

A note is text, an empty line, and signature lines. A checkpoint is a note that says: the log of
this origin has this size and this root. A receipt is a checkpoint with the proof that one entry
is under it; anyone who holds the log's vkey verifies it without asking us.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from edgecode.log import cosignatures, merkle
from edgecode.log.checkpoints import Checkpoint, parse_checkpoint, parse_hash, parse_number
from edgecode.log.keys import (
    Algorithm,
    BadNote,
    VerifierKey,
    check_name,
    from_base64,
    parse_vkey,
    to_base64,
    utf8,
    verifier_key,
)

__all__ = [
    "BadNote",
    "Checkpoint",
    "Receipt",
    "VerifierKey",
    "check_inclusion",
    "note_text",
    "open_checkpoint",
    "open_note",
    "parse_checkpoint",
    "parse_receipt",
    "parse_vkey",
    "proof_lines",
    "sign",
    "signature_lines",
    "signers",
    "verifier_key",
    "verify_receipt",
]

SIGNATURES_MAX = 64
NOTE_BYTES_MAX = 1_000_000
PROOF_MAX = 63
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_PROOF_HEADER = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class Receipt:
    """An entry's place in the log: index, inclusion proof, and the signed checkpoint verbatim."""

    index: int
    proof: tuple[bytes, ...]
    checkpoint: str

    def __str__(self) -> str:
        """The `.tlog-proof` file."""
        lines = [_PROOF_HEADER, f"index {self.index}", *map(to_base64, self.proof), ""]
        return "\n".join(lines) + "\n" + self.checkpoint


def sign(text: str, name: str, key: Ed25519PrivateKey) -> str:
    """Return the signed note over `text`, which ends with a newline."""
    _check_characters(text)
    if not text.endswith("\n"):
        raise BadNote("the text of a note ends with a newline")
    key_id = verifier_key(name, key).key_id
    return f"{text}\n— {name} {to_base64(key_id + key.sign(utf8(text)))}\n"


def open_note(note: str, key: VerifierKey) -> str:
    """Return the text of a note signed by `key`.

    Signatures of other keys are skipped. Raises BadNote when the note is malformed, when `key`
    did not sign it, or when any signature that claims to be its is wrong.
    """
    text, signed = signers(note, [key])
    if not signed:
        raise BadNote(f"not signed by {key}")
    return text


def signers(note: str, keys: Iterable[VerifierKey]) -> tuple[str, Mapping[VerifierKey, int]]:
    """Return a note's text, and which of `keys` signed it: the POSIX second its signature names,
    0 where it names none. The text is worth nothing while that is empty.

    Signatures of other keys are skipped. Raises BadNote when the note is malformed, or when any
    signature that claims to be by one of `keys` is wrong.
    """
    known = {(key.name, key.key_id): key for key in keys}
    text, lines = _split(note)
    signed: dict[VerifierKey, int] = {}
    for name, raw in map(_signature, lines):
        key = known.get((name, raw[:4]))
        if key is not None:
            signed[key] = max(_verify(key, raw[4:], text), signed.get(key, 0))
    return text, signed


def signature_lines(note: str) -> Iterator[tuple[str, bytes, str]]:
    """Yield of each signature line the name, the key id, and the line with its newline.

    Nothing is verified; raises BadNote when the note is malformed.
    """
    for line in _split(note)[1]:
        name, raw = _signature(line)
        yield name, raw[:4], line + "\n"


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


def parse_receipt(text: str) -> Receipt:
    """Return the parts of a `.tlog-proof` file; an `extra` line is skipped."""
    head, gap, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not gap or lines.pop(0) != _PROOF_HEADER:
        raise BadNote(f"not a receipt: the first line must be {_PROOF_HEADER}")
    if lines and lines[0].startswith("extra "):
        from_base64(lines.pop(0).removeprefix("extra "), "the extra data")
    word, _, index = lines.pop(0).partition(" ") if lines else ("", "", "")
    if word != "index":
        raise BadNote("not a receipt: the index line is missing")
    if len(lines) > PROOF_MAX:
        raise BadNote("the proof in the receipt is too long")
    proof = tuple(parse_hash(line, "a proof line") for line in lines)
    return Receipt(parse_number(index, "the index"), proof, checkpoint)


def verify_receipt(text: str, entry: bytes, key: VerifierKey) -> tuple[int, Checkpoint]:
    """Return the index of `entry` and the checkpoint it stands under.

    Raises BadNote or merkle.BadProof (both ValueErrors) when the receipt is malformed, not
    signed by `key`, or not about these very bytes.
    """
    receipt = parse_receipt(text)
    checkpoint = open_checkpoint(receipt.checkpoint, key)
    check_inclusion(receipt, entry, checkpoint)
    return receipt.index, checkpoint


def check_inclusion(receipt: Receipt, entry: bytes, checkpoint: Checkpoint) -> None:
    """Return when the receipt's proof leads from `entry` to the root of `checkpoint`, which was
    verified before; raise merkle.BadProof if not."""
    leaf = merkle.leaf_hash(entry)
    merkle.verify_inclusion(leaf, receipt.index, checkpoint.size, receipt.proof, checkpoint.root)


def proof_lines(proof: Sequence[bytes]) -> str:
    """Return a proof as text, one base64 hash a line."""
    return "".join(f"{to_base64(item)}\n" for item in proof)


def _split(note: str) -> tuple[str, list[str]]:
    """Return a note's text and its signature lines, which are not looked at yet."""
    if len(note) > NOTE_BYTES_MAX:
        raise BadNote("the note is too long")
    _check_characters(note)
    text, gap, block = note.rpartition("\n\n")
    lines = block.split("\n")
    if not gap or lines.pop() or not 1 <= len(lines) <= SIGNATURES_MAX:
        raise BadNote("not a signed note: expected text, an empty line, signature lines")
    return text + "\n", lines


def _signature(line: str) -> tuple[str, bytes]:
    mark, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    raw = from_base64(encoded, "a signature")
    if mark != "—" or len(raw) < 5:
        raise BadNote("a signature line of the note is malformed")
    check_name(name)
    return name, raw


def _verify(key: VerifierKey, signature: bytes, text: str) -> int:
    if key.algorithm is not Algorithm.ED25519:
        return cosignatures.verify(key, signature, text)
    try:
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(signature, utf8(text))
    except InvalidSignature:
        raise BadNote(f"the signature of {key.name} does not fit the text") from None
    return 0


def _check_characters(text: str) -> None:
    utf8(text)
    if _CONTROL.search(text):
        raise BadNote("a note holds no control characters but newlines")
