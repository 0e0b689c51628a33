"""What the public log says of itself: who outside confirms it, its keys, and where it comes from.

All from published files. "Witnessed" is said only with two organisations beside the log's own:
what one organisation says, or several keys of one, is no more than its word.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from edgecode.log.checkpoints import Checkpoint, parse_checkpoint
from edgecode.log.keys import Algorithm, BadNote, VerifierKey, parse_vkey
from edgecode.log.notes import note_text, signers
from edgecode.log.policy import Policy, parse_policy
from edgecode.log.shardlist import SHARDS_MAX, ShardLine
from ledger import documents, keys, proofs, shards
from web.log_words import PURPOSES, Text
from web.logbook import Line, all_of_kind, reading

ORGANISATIONS_MIN = 2
_KEYS_MAX = 500
# Countries that register organisations one level down: studio.co.kr, archive.org.uk.
_SECOND_LEVEL = re.compile(r"(?:co|or|go|ac|re|ne|pe|com|org|net|gov|edu)\.[a-z]{2}")

_ALGORITHMS = {"ed25519": "Ed25519", "ml-dsa-44": "ML-DSA-44", "ecdsa-secp256r1": "ECDSA P-256"}


@dataclass(frozen=True)
class Cosigner:
    """A witness of the policy; `at` is when it saw the checkpoint, None if it has not signed it."""

    name: str
    organisation: str
    is_ours: bool
    at: datetime | None


@dataclass(frozen=True)
class Standing:
    """A checkpoint, and who confirms it. `problem` says why nothing can be said of that; `first` is
    the index in the history of its shard's first entry."""

    checkpoint: Checkpoint
    cosigners: tuple[Cosigner, ...]
    problem: str = ""
    first: int = 0

    @property
    def covers(self) -> int:
        """How many entries of the history lie under it."""
        return self.first + self.checkpoint.size

    @property
    def signed(self) -> list[Cosigner]:
        """Those that cosigned it."""
        return [each for each in self.cosigners if each.at is not None]

    @property
    def organisations(self) -> list[str]:
        """The organisations that cosigned it, without the log's own."""
        return sorted({each.organisation for each in self.signed if not each.is_ours})

    @property
    def is_witnessed(self) -> bool:
        return len(self.organisations) >= ORGANISATIONS_MIN

    def witnesses_of(self, index: int) -> int:
        """Return how many organisations witnessed entry `index`: 0 unless it may be said. Who saw
        a shard saw those before it: its first entry names how they ended."""
        is_under = index < self.covers
        return len(self.organisations) if self.is_witnessed and is_under else 0


@dataclass(frozen=True)
class Key:
    """A key of the house. `published` and `retired` are its entries; a log that is older than
    such entries has keys without them."""

    purpose: str
    algorithm: str
    sha256: str
    published: Line | None
    retired: Line | None
    vkey: str = ""
    signs_now: bool = False

    @property
    def is_in_use(self) -> bool:
        """Whether it may sign: a key of the log that signs no longer is kept for old receipts."""
        return self.retired is None and (self.signs_now or not self.vkey)

    @property
    def purpose_text(self) -> Text:
        return PURPOSES.get(self.purpose, self.purpose)

    @property
    def algorithm_text(self) -> str:
        return _ALGORITHMS.get(self.algorithm, self.algorithm)


@dataclass(frozen=True)
class Shard:
    """One log of the history: `opened` is the entry that says how it begins, where there is one."""

    origin: str
    address: str
    first: int
    size: int
    root: str
    is_closed: bool
    opened: Line | None

    @property
    def last(self) -> int:
        """The index of its newest entry."""
        return self.first + self.size - 1


@reading
def newest() -> Standing | None:
    """Return the published checkpoint with who confirms it, or None before the first."""
    live = shards.live()
    note = shards.folder(live.folder).checkpoint()
    return None if note is None else _standing(note, live)


@reading
def witnessed() -> Standing | None:
    """Return the newest checkpoint that may be called witnessed, or None."""
    for shard in reversed(shards.listed()):
        log = shards.folder(shard.folder)
        for note in (log.checkpoint(), log.witnessed()):
            found = _standing(note, shard) if note else None
            if found is not None and found.is_witnessed:
                return found
    return None


def _standing(note: str, shard: ShardLine) -> Standing:
    checkpoint = parse_checkpoint(note_text(note))
    try:
        text = documents.policy(shard.folder)
        policy = parse_policy(text) if text else Policy()
        # The log's own signature is checked too: what it did not sign, nobody has confirmed.
        own = [*(log.key for log in policy.logs), *proofs.vkeys(shard.folder)]
        known = signers(note, [*own, *(witness.key for witness in policy.witnesses)])[1]
        if not any(key in known and key.name == checkpoint.origin for key in own):
            raise BadNote("the checkpoint is not signed by a key of this log")
    except ValueError as error:
        return Standing(checkpoint, (), str(error), shard.first)
    ours = organisation_of(checkpoint.origin)
    # A witness may sign with several keys under its one name.
    cosigners: dict[str, Cosigner] = {}
    for witness in policy.witnesses:
        second, name = known.get(witness.key), witness.key.name
        if second is not None or name not in cosigners:
            cosigners[name] = _cosigner(name, ours, second)
    return Standing(checkpoint, tuple(cosigners.values()), "", shard.first)


def _cosigner(name: str, ours: str, second: int | None) -> Cosigner:
    organisation = organisation_of(name)
    at = None if second is None else _moment(second)
    return Cosigner(name, organisation, organisation == ours, at)


def _moment(second: int) -> datetime:
    try:
        return datetime.fromtimestamp(second, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.max.replace(tzinfo=UTC)  # a signature may name any number


def organisation_of(name: str) -> str:
    """Return whose key a name is: the domain that somebody registered, of `w1.example.org/log`.

    Where that is in doubt, two names are rather counted as one organisation than as two.
    """
    host = name.partition("/")[0].partition(":")[0].lower()
    labels = host.split(".")
    two = ".".join(labels[-2:])
    return ".".join(labels[-3:]) if _SECOND_LEVEL.fullmatch(two) else two


@reading
def keys_of_house(size: int) -> list[Key]:
    """Return every key that the log names or that signed it, those in use first."""
    note = proofs.checkpoint()
    second = map(parse_vkey, proofs.key_lines(proofs.SECOND_VKEY))
    before = [key for shard in shards.listed() for key in proofs.vkeys(shard.folder)]
    # A key has a name in each shard; the one in the newest is shown.
    vkeys = {_sha256(key): key for key in [*before, *reversed(proofs.vkeys()), *second]}
    signing = signers(note, vkeys.values())[1] if note else {}
    retired = {line.leaf.stream: line for line in all_of_kind(size, "key.retired", _KEYS_MAX)}
    found = []
    for line in all_of_kind(size, "key.published", _KEYS_MAX):
        # A damaged file may hold an entry that lacks what its kind declares.
        data = {
            name: str(line.leaf.data.get(name, "")) for name in ("purpose", "algorithm", "sha256")
        }
        vkey = vkeys.pop(data["sha256"], None)
        found.append(
            Key(
                data["purpose"],
                data["algorithm"],
                data["sha256"],
                line,
                retired.get(line.leaf.stream),
                str(vkey or ""),
                vkey in signing,
            )
        )
    for sha256, vkey in vkeys.items():
        algorithm = "ml-dsa-44" if vkey.algorithm is Algorithm.ML_DSA_44 else "ed25519"
        found.append(Key("checkpoint", algorithm, sha256, None, None, str(vkey), vkey in signing))
    return sorted(found, key=lambda key: (not key.is_in_use, not key.signs_now))


def _sha256(vkey: VerifierKey) -> str:
    """Return what entries name this key by."""
    raw = vkey.public_key
    if vkey.algorithm is Algorithm.ML_DSA_44:
        return keys.fingerprint(MLDSA44PublicKey.from_public_bytes(raw))
    return keys.fingerprint(Ed25519PublicKey.from_public_bytes(raw))


@reading
def history(size: int) -> list[Shard]:
    """Return the logs that the history of `size` entries is made of, the oldest first."""
    kinds = ("log.opened", "shard.opened")
    opened = {line.index: line for kind in kinds for line in all_of_kind(size, kind, SHARDS_MAX)}
    found = []
    for shard in shards.listed():
        end = shard.closed or proofs.latest()
        if end is not None:
            address = f"/ledger/{shard.folder}/" if shard.folder else "/ledger/"
            found.append(
                Shard(
                    end.origin,
                    address,
                    shard.first,
                    end.size,
                    end.root.hex(),
                    shard.closed is not None,
                    opened.get(shard.first),
                )
            )
    return found
