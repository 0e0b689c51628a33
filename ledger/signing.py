"""Who signs this log's checkpoints at present, and whose signature we take as our own."""

from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from django.conf import settings

from edgecode.log import cosignatures, notes
from edgecode.log.checkpoints import Checkpoint, parse_checkpoint
from edgecode.log.keys import BadNote, VerifierKey, verifier_key
from ledger import log_key, shards


@dataclass(frozen=True, slots=True)
class Signer:
    """The keys of the log named `origin`, the newest first: two while a rotation lasts."""

    origin: str
    keys: tuple[Ed25519PrivateKey, ...]
    second: MLDSA44PrivateKey | None = None

    @property
    def vkeys(self) -> list[VerifierKey]:
        """The Ed25519 keys as readers name them, the one they should use first."""
        return [verifier_key(self.origin, key) for key in self.keys]

    @property
    def second_vkey(self) -> VerifierKey | None:
        """The ML-DSA-44 key as readers name it."""
        return verifier_key(self.origin, self.second) if self.second else None

    def sign(self, checkpoint: Checkpoint) -> str:
        """Return the note over the checkpoint with a signature of each key."""
        newest, *others = self.keys
        note = notes.sign(checkpoint.text, self.origin, newest)
        for key in others:
            note += notes.sign(checkpoint.text, self.origin, key).rpartition("\n\n")[2]
        if self.second:
            # No time in it: what our clock says is not worth a signature. Witnesses state theirs.
            note += cosignatures.cosign(checkpoint.text, self.origin, self.second, 0)
        return note

    def has_signed(self, note: str) -> bool:
        """Return whether the note carries a line of the newest key (which is not verified)."""
        newest = self.vkeys[0]
        lines = notes.signature_lines(note)
        return any((name, key_id) == (newest.name, newest.key_id) for name, key_id, _ in lines)

    def open(self, note: str) -> Checkpoint:
        """Return the checkpoint in a note that one of the keys signed. Raises BadNote."""
        return open_by_any(note, self.vkeys)


def load(shard: str = "", *, create: bool = False) -> Signer | None:
    """Return the signer of a shard, or None while there is no key; `create` makes one then. Shards
    have one key and each its own name. Raises ValueError for a file that holds no key, and for an
    origin that no note may carry."""
    current = log_key.create() if create else log_key.load()
    if current is None:
        return None
    old = log_key.load(log_key.OLD)
    second = log_key.second() if settings.ENV.ledger_second_signature else None
    keys = (current,) if old is None else (current, old)
    signer = Signer(shards.origin(shard), keys, second)
    # Killed in the middle of a rotation: both names are of one key.
    return (
        signer if len(set(signer.vkeys)) == len(keys) else Signer(signer.origin, keys[:1], second)
    )


def open_by_any(note: str, keys: Iterable[VerifierKey]) -> Checkpoint:
    """Return the checkpoint in a note that one of `keys` signed under its own origin. Raises
    BadNote, also when a signature that claims to be by one of them is wrong."""
    known = list(dict.fromkeys(keys))
    text, signed = notes.signers(note, known)
    if not signed:
        raise BadNote(f"not signed by {' or '.join(map(str, known))}")
    checkpoint = parse_checkpoint(text)
    if checkpoint.origin not in {key.name for key in signed}:
        raise BadNote(f"the checkpoint is of {checkpoint.origin}, the key of {known[0].name}")
    return checkpoint
