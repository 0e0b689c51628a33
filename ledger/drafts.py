"""An entry before the database has said the versions and the time that go into it.

Everything that can be done before the locks is done in a draft: the fields are checked, secrets
sealed, the bytes encoded. A draft is the entry's text without what is not known yet:

    {"actor":"organisation:2B7K9Q0M","at":"|","kind":"grant.issued",
     "refs":{"deal":"deal:7K3F2Q9D@|3|"},"stream":"grant:5M8T1X0C","stream_version":

where `|` is a character that canonical JSON never holds, the first stands for the time, 3 is the
place of that stream among those that the transaction locks, and the end is cut off.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from edgecode.log import commitments
from edgecode.log.canonical import BYTES_MAX, JSON, NotCanonical
from edgecode.log.leaf import TIME_FORMAT, Leaf
from ledger import kinds

MARK = "\x01"
_TIME = len("2026-11-21T09:30:00Z")
_END = '1,"v":1}'
_VERSION = re.compile(r'([^"]+)@1"')
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event that `append_many` shall record: the arguments of `append`."""

    kind: str
    stream: str
    actor: str
    refs: Mapping[str, str | Sequence[str]] = _NOTHING
    data: Mapping[str, JSON] = _NOTHING
    private: Mapping[str, JSON] = _NOTHING

    def targets(self) -> dict[str, list[str]]:
        """Return the streams that each role rests on."""
        return {
            role: [target] if isinstance(target, str) else sorted(set(target))
            for role, target in self.refs.items()
        }


@dataclass(frozen=True, slots=True)
class Draft:
    """The text of an entry as above, and (name, commitment, what opens it) of its secrets."""

    entry: NewEvent
    text: str
    sealed: list[tuple[str, str, commitments.Opening]]


def draft(entry: NewEvent, places: Mapping[str, int], now: datetime) -> Draft:
    """Return the draft of an entry; `places` are those of the streams that are locked.

    Raises ValueError for what no entry may be.
    """
    kinds.get(entry.kind).check(entry.stream, entry.refs, entry.data, entry.private)
    sealed = [(name, *commitments.seal(value)) for name, value in entry.private.items()]
    # As if every version were 1. No order depends on the numbers: names differ before them.
    refs: dict[str, str | list[str]] = {}
    for role, names in entry.targets().items():
        named = sorted(f"{name}@1" for name in names)
        refs[role] = named[0] if isinstance(entry.refs[role], str) else named
    leaf = Leaf(
        kind=entry.kind,
        stream=entry.stream,
        stream_version=1,
        actor=entry.actor,
        at=now,
        refs=refs,
        data=entry.data,
        commitments={name: commitment for name, commitment, _ in sealed},
    )
    return Draft(entry, _cut(leaf.encode().decode(), entry, places), sealed)


def _cut(text: str, entry: NewEvent, places: Mapping[str, int]) -> str:
    """Return the entry's text with marks for what is not known yet."""
    at = len(f'{{"actor":"{entry.actor}","at":"')
    text = f"{text[:at]}{MARK}{text[at + _TIME :].removesuffix(_END)}"
    if not entry.refs:
        return text
    # The last field but two, and none of its values is an object.
    start = text.rindex('"refs":{')
    return text[:start] + _VERSION.sub(
        lambda found: f'{found[1]}@{MARK}{places[found[1]]}{MARK}"', text[start:]
    )


def fill(text: str, at: datetime, versions: Sequence[int], own: int) -> bytes:
    """Return the bytes of the entry: `own` is its version in its stream, `versions` those of the
    streams by their places, which begin with 1."""
    begin, after, *rest = text.split(MARK)
    parts = [begin, at.strftime(TIME_FORMAT), after]
    for place, literal in zip(rest[::2], rest[1::2], strict=True):
        parts += [str(versions[int(place) - 1]), literal]
    return check_length(f'{"".join(parts)}{own},"v":1}}'.encode())


def check_length(leaf: bytes) -> bytes:
    """Return the entry; raise NotCanonical when its versions made it too long."""
    if len(leaf) > BYTES_MAX:
        raise NotCanonical(f"{len(leaf)} bytes of canonical JSON; at most {BYTES_MAX} are allowed")
    return leaf
