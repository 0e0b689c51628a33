"""An entry before the database has said the versions and the time that go into it.

Everything that can be done before the locks is done in a draft: the fields are checked, secrets
sealed, the bytes encoded. A draft is the entry's text without what is not known yet:

    {"actor":"organisation:2B7K9Q0M","at":"|","kind":"grant.issued",
     "refs":{"deal":"deal:7K3F2Q9D@|3|"},"stream":"grant:5M8T1X0C","stream_version":

where `|` is a character that canonical JSON never holds, the first stands for the time, 3 is the
place of that stream among those that the transaction locks, and the end is cut off.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from edgecode.log.canonical import BYTES_MAX, JSON, NotCanonical, encode
from edgecode.log.commitments import Sealed, seal, value_text
from edgecode.log.leaf import BadLeaf, check_stream
from ledger import kinds

MARK = "\x01"
_NOTHING: Mapping[str, str] = MappingProxyType({})


class NewEvent(NamedTuple):
    """An event that `append_many` shall record: the arguments of `append`."""

    kind: str
    stream: str
    actor: str
    refs: Mapping[str, str | Sequence[str]] = _NOTHING
    data: Mapping[str, JSON] = _NOTHING
    private: Mapping[str, JSON] = _NOTHING

    def rests_on(self) -> list[str]:
        """Return the streams that this rests on."""
        return [
            name
            for target in self.refs.values()
            for name in ([target] if isinstance(target, str) else target)
        ]


class Draft(NamedTuple):
    """The text of an entry as above, and its secrets by name."""

    entry: NewEvent
    text: str
    sealed: dict[str, Sealed]


class Texts:
    """What is written of entries that are made together, once for all that have it in common."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[JSON, bytes]] = {}  # with the value, so that it stays
        self._said: dict[tuple[object, ...], _Said] = {}

    def of(self, value: JSON) -> bytes:
        """Return the canonical JSON of a value; of one object once."""
        known = self._known.get(id(value))
        if known is None:
            known = self._known[id(value)] = value, value_text(value)
        return known[1]

    def said(self, entry: NewEvent) -> "_Said":
        """Check an entry and return what it says beside its streams and secrets. Raises ValueError
        for what no entry may be."""
        roles = tuple([(role, isinstance(of, str)) for role, of in entry.refs.items()])
        about = entry.stream.partition(":")[0]
        alike = (entry.kind, entry.actor, about, repr(entry.data), roles, *entry.private)
        said = self._said.get(alike)
        if said is None:
            kinds.get(entry.kind).check(entry.stream, entry.refs, entry.data, entry.private)
            check_stream(entry.actor, "actor")
            said = self._said[alike] = _said(entry)
        else:
            check_stream(entry.stream)
        return said


class _Said(NamedTuple):
    """The fields that entries alike have in common; the names of roles and secrets in order."""

    actor: str
    data: str
    kind: str
    roles: list[str]
    secrets: list[str]


def _said(entry: NewEvent) -> _Said:
    return _Said(
        f'{{"actor":"{entry.actor}","at":"{MARK}",',
        f"{encode({'data': dict(entry.data)}).decode()[1:-1]}," if entry.data else "",
        f'"kind":"{entry.kind}",',
        sorted(entry.refs),
        sorted(entry.private),
    )


def draft(entry: NewEvent, places: Mapping[str, int], texts: Texts) -> Draft:
    """Return the draft of an entry; `places` are those of the streams that are locked.

    Raises ValueError for what no entry may be.
    """
    said = texts.said(entry)
    sealed = {name: seal(texts.of(entry.private[name])) for name in said.secrets}
    return Draft(entry, "".join(_fields(entry, said, sealed, places)), sealed)


def _fields(
    entry: NewEvent, said: _Said, sealed: Mapping[str, Sealed], places: Mapping[str, int]
) -> Iterator[str]:
    """Yield the text of a checked entry, field by field in the order of canonical JSON: names,
    streams and commitments have no character that JSON would escape."""
    yield said.actor
    if sealed:
        held = ",".join([f'"{name}":"{each.commitment}"' for name, each in sealed.items()])
        yield f'"commitments":{{{held}}},'
    yield said.data
    yield said.kind
    if said.roles:
        roles = [f'"{role}":{_ref(entry, role, places)}' for role in said.roles]
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


def fill(text: str, at: str, versions: Sequence[int], own: int) -> bytes:
    """Return the bytes of the entry: `at` is its time as it is written, `own` its version in its
    stream, `versions` those of the streams by their places, which begin with 1."""
    begin, *rest = text.split(MARK)
    parts = [begin, at, *rest]
    for place in range(3, len(parts), 2):
        parts[place] = str(versions[int(parts[place]) - 1])
    return check_length(f'{"".join(parts)}{own},"v":1}}'.encode())


def check_length(leaf: bytes) -> bytes:
    """Return the entry; raise NotCanonical when its versions made it too long."""
    if len(leaf) > BYTES_MAX:
        raise NotCanonical(f"{len(leaf)} bytes of canonical JSON; at most {BYTES_MAX} are allowed")
    return leaf
