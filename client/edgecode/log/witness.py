"""The protocol between a log and a witness (C2SP tlog-witness), both sides, without a network.

A witness remembers one checkpoint of each log it knows. It cosigns a newer one when that is shown
to begin with the one it remembers, and never two that differ.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from edgecode.log import merkle, notes
from edgecode.log.checkpoints import Checkpoint, parse_checkpoint, parse_hash, parse_number
from edgecode.log.cosignatures import cosign
from edgecode.log.keys import BadNote, PrivateKey, VerifierKey, cosigner_key
from edgecode.log.shardlist import first_of, names_of

TEXT = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Fork:
    """Two notes that a log signed and that contradict each other: of one size, or the later one
    begins with another tree than the earlier, of root `root` as `proof` shows."""

    earlier: str
    later: str
    root: bytes = b""
    proof: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over HTTP. `fork`: the log is caught out; whoever runs the witness should
    keep it."""

    status: int
    body: str
    content_type: str = TEXT
    fork: Fork | None = None


class Storage(Protocol):
    """Where a witness remembers: per origin one cosigned note."""

    def load(self, origin: str) -> str | None:
        """Return the note kept for `origin`, or None before the first."""

    def swap(self, origin: str, old: str | None, new: str) -> bool:
        """Keep `new` if `old` is what is kept, in one step. Returns whether it was; then `new`
        must outlive a power cut."""


class _Refused(Exception):
    """A request is answered with `status` and this message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Witness:
    """A witness under `name`; `keys` sign (one line each), `logs` are the keys of the logs it
    follows, each named as its origin. A key is good for every shard of its log's history: when a
    log goes on in the next year's, nobody has to tell the witness."""

    def __init__(
        self,
        name: str,
        keys: Sequence[PrivateKey],
        logs: Iterable[VerifierKey],
        storage: Storage,
    ) -> None:
        self.name = name
        self.vkeys = tuple(cosigner_key(name, key) for key in keys)
        self._keys = tuple(keys)
        self._storage = storage
        self._logs: dict[str, list[VerifierKey]] = {}
        own = {key.public_key for key in self.vkeys}
        for log in logs:
            if log.public_key in own:
                raise ValueError(f"the key of the log {log.name} is this witness's own")
            self._logs.setdefault(log.name, []).append(log)

    def add_checkpoint(self, body: str, now: int) -> Answer:
        """Answer an add-checkpoint request; `now` is the POSIX second."""
        try:
            old, proof, note = self._checked(body)
        except _Refused as error:
            return Answer(error.status, f"{error}\n")
        for _ in range(_ROUNDS):
            answer = self._advance(old, proof, note, now)
            if answer is not None:
                return answer
        return Answer(503, "too many requests at once, ask again\n")

    def checkpoint(self, hash_of_origin: str) -> Answer:
        """Answer a monitor that asks for what was last cosigned of a log."""
        try:
            origin = self._by_hash.get(bytes.fromhex(hash_of_origin))
        except ValueError:
            origin = None
        note = self._storage.load(origin) if origin is not None else None
        return Answer(200, note) if note else Answer(404, "nothing cosigned for this log\n")

    def _checked(self, body: str) -> tuple[int, list[bytes], str]:
        """Return old size, proof and note of a request by a known log, with that log's signatures
        only; raise _Refused."""
        try:
            old, proof, note = parse_request(body)
            list(notes.signature_lines(note))
            checkpoint = parse_checkpoint(notes.note_text(note))
        except ValueError as error:
            raise _Refused(400, str(error)) from None
        keys = self._keys_of(checkpoint.origin)
        if not keys:
            raise _Refused(404, "this witness does not know the log")
        try:
            _, signed = notes.signers(note, keys)
        except BadNote as error:
            raise _Refused(403, str(error)) from None
        if not signed:
            raise _Refused(403, "the checkpoint is not signed by a key known for the log")
        if old > checkpoint.size:
            raise _Refused(400, "the old size is larger than the checkpoint")
        return old, proof, _only(note, signed)

    @cached_property
    def _by_hash(self) -> Mapping[bytes, str]:
        """The logs by the hashes of all the names that they may have."""
        names = {name for log in self._logs for name in (log, *names_of(log))}
        return {_digest(name): name for name in names}

    def _keys_of(self, origin: str) -> Sequence[VerifierKey]:
        """Return the keys of a log: those named so, or where there is none those of its history."""
        return self._logs.get(origin) or [
            replace(log, name=origin)
            for name, logs in self._logs.items()
            for log in logs
            if first_of(name) == first_of(origin)
        ]

    def _advance(self, old: int, proof: Sequence[bytes], note: str, now: int) -> Answer | None:
        """Check the note, signed by its log, against what is remembered; None when that changed
        meanwhile."""
        text = notes.note_text(note)
        new = parse_checkpoint(text)
        kept = self._storage.load(new.origin)
        held, last = self._held(kept, new.origin)
        if old != held.size:
            return Answer(409, f"{held.size}\n", SIZE, _fork(kept, held, note, new, ()))
        try:
            merkle.verify_consistency(old, new.size, held.root, new.root, proof)
            if new.size == 0 and new.root != merkle.EMPTY_ROOT:
                raise merkle.BadProof("the root of an empty log is another")
        except merkle.BadProof as error:
            return Answer(422, f"{error}\n", fork=_fork(kept, held, note, new, proof))
        if now <= 0 or now < last:
            return Answer(503, "the clock of this witness is behind its last cosignature\n")
        lines = "".join(cosign(text, self.name, key, now) for key in self._keys)
        # The signature exists now, and nobody has seen it: it goes out only when what it says is
        # on the disk. Killed before: nothing happened. After: the log asks again from the size
        # it is told, and gets a new signature over the same tree.
        if not self._storage.swap(new.origin, kept, note + lines):
            return None
        return Answer(200, lines)

    def _held(self, kept: str | None, origin: str) -> tuple[Checkpoint, int]:
        """Return what is remembered of a log, and the time of its cosignature."""
        if kept is None:
            return Checkpoint(origin, 0, merkle.EMPTY_ROOT), 0
        text, signed = notes.signers(kept, self.vkeys)
        return parse_checkpoint(text), max(signed.values(), default=0)


def _fork(
    kept: str | None, held: Checkpoint, note: str, new: Checkpoint, proof: Sequence[bytes]
) -> Fork | None:
    """Return the evidence that a note contradicts the one that is kept, or None: that a proof does
    not fit shows nothing, for anybody can send an honest note with a wrong one."""
    if kept is None:
        return None
    if new.size == held.size:
        return Fork(kept, note) if new.root != held.root else None
    root = merkle.shown_root(held.size, new.size, new.root, proof)
    if root is None or root == held.root:
        return None
    return Fork(kept, note, root, tuple(proof))


def origin_hash(origin: str) -> str:
    """Return how a log is named in `<prefix>/<origin hash>/checkpoint`."""
    return _digest(origin).hex()


def _digest(origin: str) -> bytes:
    return hashlib.sha256(origin.encode()).digest()


def request(old: int, proof: Sequence[bytes], note: str) -> str:
    """Return the body of an add-checkpoint request."""
    return f"old {old}\n{notes.proof_lines(proof)}\n{note}"


def parse_request(body: str) -> tuple[int, list[bytes], str]:
    """Return old size, proof and note of an add-checkpoint request; BadNote when malformed."""
    head, gap, note = body.partition("\n\n")
    lines = head.split("\n")
    word, _, number = lines.pop(0).partition(" ")
    if not gap or word != "old":
        raise BadNote("expected: old <size>, proof lines, an empty line, a checkpoint")
    if len(lines) > notes.PROOF_MAX:
        raise BadNote(f"a proof has at most {notes.PROOF_MAX} lines")
    proof = [parse_hash(line, "a proof line") for line in lines]
    return parse_number(number, "the old size"), proof, note


def parse_size(body: str) -> int:
    """Return the size a witness names with status 409; BadNote when malformed."""
    if not body.endswith("\n"):
        raise BadNote("the witness named no size")
    return parse_number(body[:-1], "the size the witness named")


def cosignature_lines(
    note: str, body: str, keys: Iterable[VerifierKey]
) -> Mapping[VerifierKey, str]:
    """Return the lines of a witness's answer that are cosignatures by `keys` over the note's
    checkpoint. Lines of other keys are dropped.

    Raises BadNote when the answer is malformed, when a line by one of `keys` does not fit, or
    when it leaves the time out.
    """
    answer = f"{notes.note_text(note)}\n{body}"
    text, signed = notes.signers(answer, keys)
    if text != notes.note_text(note):
        raise BadNote("the witness answered more than signature lines")
    if not all(signed.values()):
        raise BadNote("the witness left the time out of its cosignature")
    ids = {(key.name, key.key_id): key for key in signed}
    lines: dict[VerifierKey, str] = {}
    for name, key_id, line in notes.signature_lines(answer):
        if (name, key_id) in ids:
            lines[ids[name, key_id]] = line
    return lines


def _only(note: str, keys: Iterable[VerifierKey]) -> str:
    """Return the note with one signature line of each of `keys` and no others."""
    ids = {(key.name, key.key_id) for key in keys}
    lines = {
        (name, key_id): line
        for name, key_id, line in notes.signature_lines(note)
        if (name, key_id) in ids
    }
    return f"{notes.note_text(note)}\n{''.join(lines.values())}"
