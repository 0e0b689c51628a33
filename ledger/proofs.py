"""What anyone may ask of the published log. Everything comes from files, nothing from the
database, so reading costs the writers nothing and a mirror can answer the same.

An index without a shard counts the entries of the whole history. Where a function takes a `shard`
it is about that one, and None stands for the one that grows.
"""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from edgecode.log import cose, merkle, notes
from edgecode.log.folder import LogFolder
from edgecode.log.keys import BadNote, VerifierKey
from edgecode.log.notes import Checkpoint
from ledger import shards, signing
from ledger.signing import Signer

# What verifies checkpoints: the key to use, the ones before it (for older receipts), and where
# it is set the second, ML-DSA-44 key.
VKEY, EARLIER_VKEYS, SECOND_VKEY = "log.vkey", "earlier.vkeys", "log.ml-dsa-44.vkey"


class NotLogged(LookupError):
    """The published log has no such entry or size (yet)."""


def folder(shard: str | None = None) -> LogFolder:
    """Return the folder that a shard is published in."""
    return shards.folder(shards.live().folder if shard is None else shard)


def checkpoint() -> str | None:
    """Return the live shard's published checkpoint, a signed note, or None before the first."""
    return folder().checkpoint()


def latest() -> Checkpoint | None:
    """Return origin, size and root of the live shard's checkpoint, or None before the first."""
    note = folder().checkpoint()
    return notes.parse_checkpoint(notes.note_text(note)) if note else None


def size() -> int:
    """Return how many entries the whole history has published."""
    live = shards.live()
    return live.first + shards.size_of(live)


def locate(index: int) -> tuple[str, int]:
    """Return the shard that holds an entry of the history, and its index there. Raises
    NotLogged."""
    shard = shards.holding(max(index, 0))
    published = shard.first + shards.size_of(shard)
    if not 0 <= index < published:
        raise NotLogged(f"entry {index} is not among the {published} entries published")
    return shard.folder, index - shard.first


def index_of(shard: str, at: int) -> int:
    """Return the index in the history of entry `at` of a shard. Raises NotLogged for an entry that
    a later shard does not have; the first one's address also leads to what came after it."""
    if not shard:
        return at
    line = next((each for each in shards.listed() if each.folder == shard), None)
    if line is None or at >= shards.size_of(line):
        raise NotLogged(f"no entry {at} of the shard {shard} is published")
    return line.first + at


def index_named(origin: str, at: int) -> int:
    """Return the index in the history of entry `at` of the log of that name. Raises NotLogged."""
    line = next((each for each in shards.listed() if each.origin == origin), None)
    if line is None or not 0 <= at < shards.size_of(line):
        raise NotLogged(f"no entry {at} of a log {origin:.200} is published")
    return line.first + at


def vkey(shard: str | None = None) -> str | None:
    """Return the key that verifies a shard's checkpoints, or None while there is none."""
    lines = key_lines(VKEY, shard)
    return lines[0] if lines else None


def vkeys(shard: str | None = None) -> list[VerifierKey]:
    """Return every key that has ever signed a shard's checkpoints, the newest first."""
    lines = [*key_lines(VKEY, shard), *key_lines(EARLIER_VKEYS, shard)]
    return [notes.parse_vkey(line) for line in lines]


def key_lines(name: str, shard: str | None = None) -> list[str]:
    """Return the vkeys in one of the files named above, none while it does not exist."""
    return _lines(folder(shard), name)


def open_receipt(text: str, raw: bytes) -> tuple[int, Checkpoint]:
    """Return the index of the entry `raw` in its shard and the checkpoint it stands under, from a
    receipt that any key of this log signed. Raises BadNote or merkle.BadProof (both ValueErrors).
    """
    return notes.verify_receipt(text, raw, key_of(text))


def key_of(receipt: str) -> VerifierKey:
    """Return the key of this log that verifies a receipt: where a key was changed it can be an
    older one than `vkey`. Raises BadNote, also where none of our keys signed it."""
    keys = [key for shard in shards.listed() for key in vkeys(shard.folder)]
    _, signed = notes.signers(notes.parse_receipt(receipt).checkpoint, keys)
    if not keys:
        raise BadNote("nothing is published yet")
    if not signed:
        raise BadNote(f"not signed by {' or '.join(map(str, keys))}")
    return next(key for key in keys if key in signed)


def show_keys(log: LogFolder, signer: Signer, note: str | None) -> None:
    """Publish the signer's keys where they are not yet: a new one once it has signed `note`, the
    published checkpoint. The key before it is kept for the receipts it signed."""
    newest, shown = signer.vkeys[0], next(iter(_lines(log, VKEY)), None)
    if shown != str(newest) and (note is None or notes.signers(note, [newest])[1]):
        if shown is not None and shown.startswith(f"{newest.name}+"):
            lines = dict.fromkeys([shown, *_lines(log, EARLIER_VKEYS)])
            log.write(EARLIER_VKEYS, "".join(f"{line}\n" for line in lines).encode())
        log.write(VKEY, f"{newest}\n".encode())
    second = signer.second_vkey
    if second is not None and _lines(log, SECOND_VKEY) != [str(second)]:
        log.write(SECOND_VKEY, f"{second}\n".encode())


def entry(index: int) -> bytes:
    """Return the bytes of entry `index`; edgecode.log.leaf.parse() reads them. Raises NotLogged."""
    log, at = _place(index)
    return log.entry(at, log.size())


def inclusion(index: int) -> list[bytes]:
    """Return the proof of entry `index` under its shard's checkpoint. Raises NotLogged."""
    log, at = _place(index)
    return log.inclusion(at, log.size())


def consistency(old: int, new: int, shard: str | None = None) -> list[bytes]:
    """Return the proof that the log of `new` entries begins with that of `old`. Raises NotLogged
    unless 0 <= old <= new <= the published size."""
    log = folder(shard)
    if new > log.size() or old > new:
        raise NotLogged(f"no log of {old} entries within one of {new} is published")
    return log.consistency(old, new)


def receipt(index: int) -> str:
    """Return the `.tlog-proof` of entry `index`: with the entry's bytes and its shard's vkey it
    can be verified offline, for ever (notes.verify_receipt). Raises NotLogged."""
    log, at = _place(index)
    return log.receipt(at)


class Logged(NamedTuple):
    """An entry of the history: its shard, its index there, its bytes and its receipt."""

    shard: str
    at: int
    entry: bytes
    receipt: str


def logged(indices: Iterable[int]) -> dict[int, Logged]:
    """Return those of these entries of the history that are published, with their receipts as
    `receipt` gives them."""
    places: dict[str, dict[int, int]] = defaultdict(dict)
    for index in indices:
        with suppress(NotLogged):
            shard, at = locate(index)
            places[shard][at] = index
    return {
        own[at]: Logged(shard, at, *proof)
        for shard, own in places.items()
        for at, proof in shards.folder(shard).receipts(own).items()
    }


def cose_receipt(index: int) -> bytes:
    """Return the receipt of entry `index` as RFC 9942 has it, signed now by the log's key over
    the root it has signed before. Raises NotLogged, also while the entry is its log's only one."""
    shard, at = locate(index)
    log, (signer, checkpoint) = shards.folder(shard), _signed_checkpoint(shard)
    if checkpoint.size < 2:
        raise NotLogged("the log has one entry: COSE receipts follow with the second")
    proof = log.inclusion(at, checkpoint.size)
    leaf = merkle.leaf_hash(log.entry(at, checkpoint.size))
    merkle.verify_inclusion(leaf, at, checkpoint.size, proof, checkpoint.root)
    return cose.inclusion_receipt(checkpoint, at, proof, signer.keys[0])


def cose_consistency(old: int, shard: str | None = None) -> bytes:
    """Return the receipt (RFC 9942) that the published log begins with that of `old` entries.
    Raises NotLogged unless 0 < old < the published size."""
    shard = shards.live().folder if shard is None else shard
    log, (signer, checkpoint) = shards.folder(shard), _signed_checkpoint(shard)
    if not 0 < old < checkpoint.size:
        raise NotLogged(f"no receipt shows that {checkpoint.size} entries begin with {old}")
    proof = log.consistency(old, checkpoint.size)
    merkle.verify_consistency(old, checkpoint.size, log.root(old), checkpoint.root, proof)
    return cose.consistency_receipt(checkpoint, old, proof, signer.keys[0])


def _signed_checkpoint(shard: str) -> tuple[Signer, Checkpoint]:
    """Return the signer and a shard's published checkpoint, which it has signed: it would be
    another history to sign what only a file says."""
    note, signer = shards.folder(shard).checkpoint(), signing.load(shard)
    if note is None or signer is None:
        raise NotLogged("nothing is published yet")
    if shard != shards.live().folder and not signer.has_signed(note):
        raise NotLogged("the key of this closed log is gone; its .tlog-proof receipts remain")
    return signer, signer.open(note)


def _place(index: int) -> tuple[LogFolder, int]:
    shard, at = locate(index)
    return shards.folder(shard), at


def _lines(log: LogFolder, name: str) -> list[str]:
    try:
        return (log.path / name).read_text("utf-8").split()
    except FileNotFoundError:
        return []
