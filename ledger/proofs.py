"""What anyone may ask of the published log. Everything comes from files, nothing from the
database, so reading costs the writers nothing and a mirror can answer the same."""

from pathlib import Path

from django.conf import settings

from edgecode.log import cose, merkle, notes
from edgecode.log.folder import LogFolder
from edgecode.log.keys import BadNote, VerifierKey
from edgecode.log.notes import Checkpoint
from ledger import signing
from ledger.signing import Signer

# What verifies checkpoints: the key to use, the ones before it (for older receipts), and where
# it is set the second, ML-DSA-44 key.
VKEY, EARLIER_VKEYS, SECOND_VKEY = "log.vkey", "earlier.vkeys", "log.ml-dsa-44.vkey"


class NotLogged(LookupError):
    """The published log has no such entry or size (yet)."""


def folder() -> LogFolder:
    """Return the folder that this deployment publishes."""
    return LogFolder(Path(settings.VAR_DIR) / "ledger")


def checkpoint() -> str | None:
    """Return the published checkpoint, a signed note, or None before the first."""
    return folder().checkpoint()


def latest() -> Checkpoint | None:
    """Return origin, size and root of the published checkpoint, or None before the first."""
    note = folder().checkpoint()
    return notes.parse_checkpoint(notes.note_text(note)) if note else None


def vkey() -> str | None:
    """Return the key that verifies this log's checkpoints, or None while there is none."""
    lines = key_lines(VKEY)
    return lines[0] if lines else None


def vkeys() -> list[VerifierKey]:
    """Return every key that has ever signed this log's checkpoints, the newest first."""
    return [notes.parse_vkey(line) for line in [*key_lines(VKEY), *key_lines(EARLIER_VKEYS)]]


def key_lines(name: str) -> list[str]:
    """Return the vkeys in one of the files named above, none while it does not exist."""
    try:
        return (folder().path / name).read_text("utf-8").split()
    except FileNotFoundError:
        return []


def open_receipt(text: str, raw: bytes) -> tuple[int, Checkpoint]:
    """Return the index of the entry `raw` and the checkpoint it stands under, from a receipt that
    any key of this log signed. Raises BadNote or merkle.BadProof (both ValueErrors)."""
    keys = vkeys()
    if not keys:
        raise BadNote("nothing is published yet")
    _, signed = notes.signers(notes.parse_receipt(text).checkpoint, keys)
    return notes.verify_receipt(text, raw, next(iter(signed), keys[0]))


def show_keys(signer: Signer, note: str | None) -> None:
    """Publish the signer's keys where they are not yet: a new one once it has signed `note`, the
    published checkpoint. The key before it is kept for the receipts it signed."""
    newest, shown = signer.vkeys[0], vkey()
    if shown != str(newest) and (note is None or notes.signers(note, [newest])[1]):
        if shown is not None and shown.startswith(f"{newest.name}+"):
            lines = dict.fromkeys([shown, *key_lines(EARLIER_VKEYS)])
            folder().write(EARLIER_VKEYS, "".join(f"{line}\n" for line in lines).encode())
        folder().write(VKEY, f"{newest}\n".encode())
    second = signer.second_vkey
    if second is not None and key_lines(SECOND_VKEY) != [str(second)]:
        folder().write(SECOND_VKEY, f"{second}\n".encode())


def entry(index: int) -> bytes:
    """Return the bytes of entry `index`; edgecode.log.leaf.parse() reads them. Raises NotLogged."""
    return folder().entry(index, _size_over(index))


def inclusion(index: int) -> list[bytes]:
    """Return the proof of entry `index` under the published checkpoint. Raises NotLogged."""
    return folder().inclusion(index, _size_over(index))


def consistency(old: int, new: int) -> list[bytes]:
    """Return the proof that the log of `new` entries begins with that of `old`. Raises NotLogged
    unless 0 <= old <= new <= the published size."""
    if new > folder().size() or old > new:
        raise NotLogged(f"no log of {old} entries within one of {new} is published")
    return folder().consistency(old, new)


def receipt(index: int) -> str:
    """Return the `.tlog-proof` of entry `index`: with the entry's bytes and the log's vkey it
    can be verified offline, for ever (notes.verify_receipt). Raises NotLogged."""
    _size_over(index)
    return folder().receipt(index)


def cose_receipt(index: int) -> bytes:
    """Return the receipt of entry `index` as RFC 9942 has it, signed now by the log's key over
    the root it has signed before. Raises NotLogged."""
    _size_over(index)
    signer, checkpoint = _signed_checkpoint()
    proof = folder().inclusion(index, checkpoint.size)
    leaf = merkle.leaf_hash(folder().entry(index, checkpoint.size))
    merkle.verify_inclusion(leaf, index, checkpoint.size, proof, checkpoint.root)
    return cose.inclusion_receipt(checkpoint, index, proof, signer.keys[0])


def cose_consistency(old: int) -> bytes:
    """Return the receipt (RFC 9942) that the published log begins with that of `old` entries.
    Raises NotLogged unless 0 < old < the published size."""
    signer, checkpoint = _signed_checkpoint()
    if not 0 < old < checkpoint.size:
        raise NotLogged(f"no receipt shows that {checkpoint.size} entries begin with {old}")
    proof = folder().consistency(old, checkpoint.size)
    merkle.verify_consistency(old, checkpoint.size, folder().root(old), checkpoint.root, proof)
    return cose.consistency_receipt(checkpoint, old, proof, signer.keys[0])


def _signed_checkpoint() -> tuple[Signer, Checkpoint]:
    """Return the signer and the published checkpoint, which it has signed: it would be another
    history to sign what only a file says."""
    note, signer = folder().checkpoint(), signing.load()
    if note is None or signer is None:
        raise NotLogged("nothing is published yet")
    return signer, signer.open(note)


def _size_over(index: int) -> int:
    size = folder().size()
    if not 0 <= index < size:
        raise NotLogged(f"entry {index} is not among the {size} entries published")
    return size
