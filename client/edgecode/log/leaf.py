"""What one entry says: a canonical JSON object, and the rules it must keep.

    {"actor": "organisation:2B7K9Q0M", "at": "2026-11-21T09:30:00Z",
     "commitments": {NAME: 64 hex digits}, "data": {NAME: public value},
     "kind": "grant.issued", "refs": {ROLE: "deal:7K3F2Q9D@4" or a sorted list of such},
     "stream": "grant:5M8T1X0C", "stream_version": 1, "v": 1}

`commitments`, `data` and `refs` are left out when empty. A ref names the stream that the event
rests on and the version of it that was current. Nothing here may be personal: see commitments.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from edgecode.log.canonical import JSON, decode, encode

FORMAT = 1
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
# How far the clocks of two machines that write to one log may differ.
SKEW = timedelta(seconds=5)
_REQUIRED = {"actor", "at", "kind", "stream", "stream_version", "v"}
_OPTIONAL = {"commitments", "data", "refs"}
_KIND = re.compile(r"[a-z][a-z0-9_]{0,39}\.[a-z][a-z0-9_]{0,39}(?:\.v(?:[2-9]|[1-9][0-9]{1,3}))?")
_STREAM = re.compile(r"[a-z][a-z0-9_]{0,31}:[0-9A-Za-z][0-9A-Za-z+._-]{0,63}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_VERSION = re.compile(r"[1-9][0-9]{0,14}")
_HASH = re.compile(r"[0-9a-f]{64}")


class BadLeaf(ValueError):
    """The entry breaks a rule of the format; the message names the field."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One entry, parsed. `at` is aware UTC, whole seconds; a ref is `stream@version`."""

    kind: str
    stream: str
    stream_version: int
    actor: str
    at: datetime
    refs: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    data: Mapping[str, JSON] = field(default_factory=dict)
    commitments: Mapping[str, str] = field(default_factory=dict)
    # One object for entries that differ in their values only, where a reader has noticed that.
    shape: object = field(default=None, compare=False, repr=False)

    def encode(self) -> bytes:
        """Return the entry's bytes. Raises BadLeaf, or NotCanonical (both ValueErrors)."""
        value: dict[str, JSON] = {
            "actor": self.actor,
            "at": self.at.astimezone(UTC).strftime(TIME_FORMAT),
            "kind": self.kind,
            "stream": self.stream,
            "stream_version": self.stream_version,
            "v": FORMAT,
        }
        for name in sorted(_OPTIONAL):
            content = getattr(self, name)
            if content:
                value[name] = dict(content)
        _check(value)
        return encode(value)

    @property
    def sealed(self) -> int:
        """How many commitments it has."""
        return len(self.commitments)

    @property
    def subject(self) -> str:
        """The type of its stream."""
        return self.stream.partition(":")[0]

    @property
    def code(self) -> str:
        """What names its stream among those of the type."""
        return self.stream.partition(":")[2]

    def code_of(self, role: str) -> str:
        """Return what names the stream of the ref of a role, which is no list."""
        return split_ref(str(self.refs[role]))[1]

    def rests_on(self) -> list[tuple[str, int]]:
        """Return (stream, version) of every ref."""
        found: list[tuple[str, int]] = []
        for target in self.refs.values():
            for ref in [target] if isinstance(target, str) else target:
                stream, _, version = ref.rpartition("@")
                found.append((stream, int(version)))
        return found


def parse(raw: bytes) -> Leaf:
    """Return the entry that `raw` holds. Raises NotCanonical or BadLeaf (both ValueErrors)."""
    value = decode(raw)
    if not isinstance(value, dict):
        raise BadLeaf("an entry is a JSON object")
    at = _check(value)
    return Leaf(
        kind=value["kind"],
        stream=value["stream"],
        stream_version=value["stream_version"],
        actor=value["actor"],
        at=at,
        refs=value.get("refs", {}),
        data=value.get("data", {}),
        commitments=value.get("commitments", {}),
    )


def split_ref(ref: str) -> tuple[str, str, str]:
    """Return type, code and version of `type:code@version`."""
    name, _, version = ref.rpartition("@")
    subject, _, code = name.partition(":")
    return subject, code, version


def check_stream(name: object, what: str = "stream") -> None:
    """Raise BadLeaf unless `name` is `type:id`, such as `title:7K3F2Q9D`."""
    if not (isinstance(name, str) and _STREAM.fullmatch(name)):
        raise BadLeaf(f"{what}: {name!r:.80} is not type:id, such as title:7K3F2Q9D")


def check_kind(name: object) -> None:
    """Raise BadLeaf unless `name` is `noun.verb_past`, such as `title.registered`."""
    if not (isinstance(name, str) and _KIND.fullmatch(name)):
        raise BadLeaf(f"kind: {name!r:.80} is not noun.verb_past, such as title.registered")


def _check(value: Mapping[str, object]) -> datetime:
    """Check every field of an entry; return its time."""
    keys = set(value)
    if not _REQUIRED <= keys <= _REQUIRED | _OPTIONAL:
        wrong = sorted((_REQUIRED - keys) | (keys - _REQUIRED - _OPTIONAL))
        raise BadLeaf(f"fields missing or unknown: {', '.join(wrong)}")
    if type(value["v"]) is not int or value["v"] != FORMAT:
        raise BadLeaf(f"v: only format {FORMAT} is known")
    check_kind(value["kind"])
    check_stream(value["stream"])
    check_stream(value["actor"], "actor")
    version = value["stream_version"]
    if type(version) is not int or version < 1:
        raise BadLeaf("stream_version: must be a whole number from 1")
    for name in _OPTIONAL & keys:
        _check_names(name, value[name])
    for role, target in _items(value, "refs"):
        _check_ref(role, target)
    for name, commitment in _items(value, "commitments"):
        if not (isinstance(commitment, str) and _HASH.fullmatch(commitment)):
            raise BadLeaf(f"commitments.{name}: must be 64 lowercase hex digits")
    return _time(value["at"])


def _items(value: Mapping[str, object], name: str) -> list[tuple[str, object]]:
    content = value.get(name, {})
    return list(content.items()) if isinstance(content, dict) else []


def _check_names(field_name: str, content: object) -> None:
    if not isinstance(content, dict) or not content:
        raise BadLeaf(f"{field_name}: must be an object that is not empty, or left out")
    for name in content:
        if not (isinstance(name, str) and _NAME.fullmatch(name)):
            raise BadLeaf(f"{field_name}: {name!r:.60} must be lower_case, at most 40 long")


def _check_ref(role: str, target: object) -> None:
    refs = target if isinstance(target, list | tuple) else [target]
    for ref in refs:
        stream, _, version = ref.rpartition("@") if isinstance(ref, str) else ("", "", "")
        if not (_STREAM.fullmatch(stream) and _VERSION.fullmatch(version)):
            raise BadLeaf(f"refs.{role}: {ref!r:.80} is not type:id@version")
    if not refs or list(refs) != sorted(set(refs)):
        raise BadLeaf(f"refs.{role}: a list must be sorted, without repeats and not empty")


def _time(text: object) -> datetime:
    at = _second(text) if isinstance(text, str) else None
    if at is None:
        raise BadLeaf("at: must be a UTC second, such as 2026-11-21T09:30:00Z")
    return at


@lru_cache(maxsize=256)  # entries that are written together are of one second
def _second(text: str) -> datetime | None:
    try:
        at = datetime.strptime(text, TIME_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None
    return at if at.strftime(TIME_FORMAT) == text else None
