"""Whom to believe (C2SP tlog-policy): the logs accepted, the witnesses known, and which of them
together make a checkpoint credible.

    log <vkey> [<url>]
    witness <name> <vkey> [<url>]
    group <name> all|any|<k> <member>...
    quorum <name>|none
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from edgecode.log import notes
from edgecode.log.checkpoints import Checkpoint, parse_checkpoint
from edgecode.log.keys import Algorithm, BadNote, VerifierKey, parse_vkey
from edgecode.log.shardlist import first_of

NONE = "none"
_BLANKS = re.compile(r"[ \t]+")
_NOT_ALLOWED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_COUNT = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)
_LOG_KEYS = {Algorithm.ED25519, Algorithm.ML_DSA_44}
_WITNESS_KEYS = {Algorithm.COSIGNATURE, Algorithm.ML_DSA_44}


class BadPolicy(ValueError):
    """The policy file breaks a rule; the message begins with the line's number."""


@dataclass(frozen=True, slots=True)
class LogKey:
    """A key by which a log is known; its name is the log's origin. `url` is "" when not given."""

    key: VerifierKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """A witness under its name in this policy; `url` is its submission prefix, or ""."""

    name: str
    key: VerifierKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Has witnessed a checkpoint when at least `threshold` of its members have."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a policy says of one checkpoint. `logs` are the keys of the policy that signed it;
    `cosigned` maps each witness whose cosignature is valid to its POSIX second."""

    checkpoint: Checkpoint
    logs: tuple[LogKey, ...]
    cosigned: Mapping[str, int]
    is_witnessed: bool

    @property
    def witnesses(self) -> tuple[str, ...]:
        """The names, as in the policy, of the witnesses that cosigned."""
        return tuple(self.cosigned)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy file. `quorum` names a witness or a group, or is "none"; groups stand in an order
    in which each names only those before it."""

    logs: tuple[LogKey, ...] = ()
    witnesses: tuple[WitnessKey, ...] = ()
    groups: tuple[Group, ...] = ()
    quorum: str = NONE

    def check(self, note: str) -> Standing:
        """Return what the policy says of a checkpoint; whether the quorum cosigned it is in the
        answer (`is_witnessed`: true of every checkpoint when the quorum is "none").

        Raises BadNote when the note is malformed, when no log of the policy signed it under its
        own name, or when a signature by any key of the policy is wrong.
        """
        own = self.keys_of(note.partition("\n")[0])
        keys = dict.fromkeys(log.key for log in (*self.logs, *own))
        text, signed = notes.signers(note, [*keys, *(each.key for each in self.witnesses)])
        checkpoint = parse_checkpoint(text)
        logs = tuple(log for log in own if log.key in signed)
        if not logs:
            raise BadNote(f"no log of the policy signed the checkpoint of {checkpoint.origin:.200}")
        cosigned = {w.name: signed[w.key] for w in self.witnesses if w.key in signed}
        return Standing(checkpoint, logs, cosigned, self.is_met_by(cosigned))

    def keys_of(self, origin: str) -> tuple[LogKey, ...]:
        """Return the keys that sign checkpoints of a log: those named so or, where there is none,
        those of another shard of its history. Shards share their keys, and a policy file must not
        list one key twice."""
        named = tuple(log for log in self.logs if log.key.name == origin)
        if named:
            return named
        first = first_of(origin)
        return tuple(
            LogKey(replace(log.key, name=origin))
            for log in self.logs
            if first_of(log.key.name) == first
        )

    def discount(self, standing: Standing, names: Collection[str]) -> Standing:
        """Return the standing without the cosignatures of these witnesses."""
        cosigned = {name: at for name, at in standing.cosigned.items() if name not in names}
        return replace(standing, cosigned=cosigned, is_witnessed=self.is_met_by(cosigned))

    def silent(self, standing: Standing) -> tuple[VerifierKey, ...]:
        """Return the keys that the policy names for this log and that did not sign."""
        origin = standing.checkpoint.origin
        keys = [log.key for log in self.keys_of(origin)]
        return tuple(key for key in keys if key not in {log.key for log in standing.logs})

    def witnessed_at(self, standing: Standing) -> int | None:
        """Return the newest POSIX second since which cosignatures make the quorum; None when they
        do not, or the policy demands none."""
        if self.quorum == NONE:
            return None
        for since in sorted(standing.cosigned.values(), reverse=True):
            if self.is_met_by([name for name, at in standing.cosigned.items() if at >= since]):
                return since
        return None

    def is_met_by(self, witnesses: Mapping[str, object] | Sequence[str]) -> bool:
        """Return whether these witnesses (names of the policy) together make the quorum."""
        met = {NONE, *witnesses}
        for group in self.groups:
            if sum(member in met for member in group.members) >= group.threshold:
                met.add(group.name)
        return self.quorum in met

    def __str__(self) -> str:
        """The policy file; parse_policy() reads the same back."""
        lines = [f"log {log.key} {log.url}" for log in self.logs]
        lines += [f"witness {w.name} {w.key} {w.url}" for w in self.witnesses]
        lines += [f"group {g.name} {g.threshold} {' '.join(g.members)}" for g in self.groups]
        lines.append(f"quorum {self.quorum}")
        return "".join(f"{line.rstrip(' ')}\n" for line in lines)


def parse_policy(text: str | bytes) -> Policy:
    """Return the policy a file holds. Octets above 127 stand for themselves, whatever their
    encoding. Raises BadPolicy with the number of the line that is wrong."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    reader = _Reader()
    number = 0
    for number, line in enumerate(text.split("\n"), 1):
        try:
            reader.read(line)
        except ValueError as error:
            raise BadPolicy(f"line {number}: {error}") from None
    if reader.quorum is None:
        raise BadPolicy(f"line {number}: the file ends without a quorum line (or: quorum none)")
    return Policy(
        tuple(reader.logs.values()),
        tuple(reader.witnesses.values()),
        tuple(reader.groups),
        reader.quorum,
    )


class _Reader:
    """Takes the lines one by one; ValueError says what is wrong with the line."""

    def __init__(self) -> None:
        # By raw public key: two vkeys of one key are the same log, or the same witness, twice.
        self.logs: dict[bytes, LogKey] = {}
        self.witnesses: dict[bytes, WitnessKey] = {}
        self.groups: list[Group] = []
        self.quorum: str | None = None
        self._names: set[str] = set()
        self._members: set[str] = set()

    def read(self, line: str) -> None:
        bad = _NOT_ALLOWED.search(line)
        if bad:
            raise ValueError(f"control character 0x{ord(bad[0]):02x} is not allowed")
        words = _BLANKS.split(line.strip(" \t"))
        if not words[0] or words[0].startswith("#"):
            return
        verb = {
            "log": self._log,
            "witness": self._witness,
            "group": self._group,
            "quorum": self._quorum,
        }.get(words[0])
        if verb is None:
            raise ValueError(f"{words[0]!r:.40} is not log, witness, group or quorum")
        verb(words[1:])

    def _log(self, words: list[str]) -> None:
        if len(words) not in {1, 2}:
            raise ValueError("expected: log <vkey> [<url>]")
        key = _key(words[0], _LOG_KEYS, "a log (types 1 and 6 are)")
        if key.public_key in self.logs:
            raise ValueError("a log with this key is listed already")
        if key.public_key in self.witnesses:
            raise ValueError("this is the key of a witness: a log does not witness itself")
        self.logs[key.public_key] = LogKey(key, *words[1:])

    def _witness(self, words: list[str]) -> None:
        if len(words) not in {2, 3}:
            raise ValueError("expected: witness <name> <vkey> [<url>]")
        key = _key(words[1], _WITNESS_KEYS, "a witness (types 4 and 6 are)")
        if key.public_key in self.witnesses:
            raise ValueError("a witness with this key is listed already")
        if key.public_key in self.logs:
            raise ValueError("this is the key of a log: a log does not witness itself")
        self._define(words[0])
        self.witnesses[key.public_key] = WitnessKey(words[0], key, *words[2:])

    def _group(self, words: list[str]) -> None:
        if len(words) < 3:
            raise ValueError("expected: group <name> all|any|<k> <member>...")
        name, count, members = words[0], words[1], words[2:]
        threshold = {"any": 1, "all": len(members)}.get(count)
        if threshold is None:
            threshold = int(count) if _COUNT.fullmatch(count) else 0
        if not 1 <= threshold <= len(members):
            raise ValueError(f"{count!r:.40} is not all, any, or 1 to {len(members)}")
        for member in members:
            if member not in self._names:
                raise ValueError(f"{member!r:.80} is not defined above")
            if member in self._members:
                raise ValueError(f"{member!r:.80} is a member already, here or of another group")
            self._members.add(member)
        self._define(name)
        self.groups.append(Group(name, threshold, tuple(members)))

    def _quorum(self, words: list[str]) -> None:
        if len(words) != 1:
            raise ValueError("expected: quorum <name>, or quorum none")
        if self.quorum is not None:
            raise ValueError("there is a quorum line already")
        if words[0] not in self._names | {NONE}:
            raise ValueError(f"{words[0]!r:.80} is not defined above")
        self.quorum = words[0]

    def _define(self, name: str) -> None:
        if name in self._names | {NONE}:
            raise ValueError(f"the name {name!r:.80} is taken")
        self._names.add(name)


def _key(text: str, algorithms: set[Algorithm], who: str) -> VerifierKey:
    key = parse_vkey(text)
    if key.algorithm not in algorithms:
        raise ValueError(f"a key of type {key.algorithm.value} is not one of {who}")
    return key
