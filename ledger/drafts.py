"""An entry before the database has said the versions and the time that go into it.

Everything that can be done before the locks is done in a draft: the fields are checked, secrets
sealed, the bytes encoded. A draft is the entry's text without what is not known yet:

    {"actor":"organisation:2B7K9Q0M","at":"|","kind":"grant.issued",
     "refs":{"deal":"deal:7K3F2Q9D@|3|"},"stream":"grant:5M8T1X0C","stream_version":

where `|` is a character that canonical JSON never holds, the first stands for the time, 3 is the
place of that stream among those that the transaction locks, and the end is cut off.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from edgecode.log.canonical import BYTES_MAX, JSON, NotCanonical, encode
from edgecode.log.commitments import Sealed, seal, value_text
from edgecode.log.leaf import TIME_FORMAT, BadLeaf, check_stream
from ledger import kinds

MARK = "\x01"
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
    """The text of an entry as above, and its secrets by name."""

    entry: NewEvent
    text: str
    sealed: dict[str, Sealed]


class Texts:
    """Canonical JSON of values. Entries that are made together may have some of them in common,
    as one object: that is written once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[JSON, bytes]] = {}  # with the value, so that it stays

    def of(self, value: JSON) -> bytes:
        known = self._known.get(id(value))
        if known is None:
            known = self._known[id(value)] = value, value_text(value)
        return known[1]


def draft(entry: NewEvent, places: Mapping[str, int], texts: Texts) -> Draft:
    """Return the draft of an entry; `places` are those of the streams that are locked.

    Raises ValueError for what no entry may be.
    """
    kinds.get(entry.kind).check(entry.stream, entry.refs, entry.data, entry.private)
    check_stream(entry.actor, "actor")
    sealed = {name: seal(texts.of(entry.private[name])) for name in sorted(entry.private)}
    return Draft(entry, "".join(_fields(entry, sealed, places)), sealed)


def _fields(
    entry: NewEvent, sealed: Mapping[str, Sealed], places: Mapping[str, int]
) -> Iterator[str]:
    """Yield the text of a checked entry, field by field in the order of canonical JSON: names,
    streams and commitments have no character that JSON would escape."""
    yield f'{{"actor":"{entry.actor}","at":"{MARK}",'
    if sealed:
        held = ",".join([f'"{name}":"{each.commitment}"' for name, each in sealed.items()])
        yield f'"commitments":{{{held}}},'
    if entry.data:
        yield f"{encode({'data': dict(entry.data)}).decode()[1:-1]},"
    yield f'"kind":"{entry.kind}",'
    if entry.refs:
        roles = [f'"{role}":{_ref(entry, role, places)}' for role in sorted(entry.refs)]
        yield f'"refs":{{{",".join(roles)}}},'
    yield f'"stream":"{entry.stream}","stream_version":'


def _ref(entry: NewEvent, role: str, places: Mapping[str, int]) -> str:
    """Return the streams that a role rests on, each with its place where its version will stand.
    In their order as refs, which depends on no version: names differ before them."""
    target = entry.refs[role]
    if isinstance(target, str):
        check_stream(target, f"refs.{role}")
        return f'"{target}@{MARK}{places[target]}{MARK}"'
    names = set(target)
    for name in names:
        check_stream(name, f"refs.{role}")
    if not names:
        raise BadLeaf(f"refs.{role}: must be a list that is not empty")
    order = sorted(f"{name}@" for name in names)
    return f"[{','.join([f'"{name}{MARK}{places[name[:-1]]}{MARK}"' for name in order])}]"


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
