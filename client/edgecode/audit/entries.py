"""Entries read a bundle at a time: several times quicker than one by one, and exactly as strict.

`leaf.parse` decides what an entry is, and re-encodes each to see that its bytes are the canonical
ones. Most entries differ from one read before in their values only. Once a shape was met often
enough, one regular expression says as much of its next entries: the same names in the same order,
no white space, strings without escapes, plain numbers, nothing nested but flat lists. What is left
to check is that lists of refs are in order, and that the time exists.

Whatever has no known shape is left to `leaf.parse`: it may be right all the same.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from edgecode.log.canonical import BYTES_MAX, JSON
from edgecode.log.leaf import BadLeaf, Leaf, parse, split_ref

_ID = r"[0-9A-Za-z][0-9A-Za-z+._-]{0,63}"
_STREAM = rf"[a-z][a-z0-9_]{{0,31}}:{_ID}"
_VERSION = r"[1-9][0-9]{0,14}"
# Or no such day. Many entries are of one second, which is looked at once.
_TIME = re.compile(
    r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}Z", re.ASCII
)
_HASH = r"[0-9a-f]{64}"
_TEXT = r'"[^"\\\x00-\x1f]*+"'
_SCALAR = rf"(?:{_TEXT}|0|-?{_VERSION}|true|false|null)"
_LIST = rf"\[(?:{_SCALAR}(?:,{_SCALAR})*+)?\]"  # of scalars: what is nested fits no shape
_KIND = ',"kind":"'
# Making a pattern takes as long as reading a hundred entries without it.
_MET_MIN = 16
_SHAPES_MAX = 500
_SHAPES_OF_A_KIND_MAX = 8
_KNOWN_MAX = 256  # of the facts of one shape; those that never come again are no use
_KNOWN_LENGTH_MAX = 200
_EMPTY: dict[str, Any] = {}
_NO_LISTS: Mapping[str, Sequence[str]] = {}


class Reader:
    """Parses bundles; remembers the few shapes and facts that come again."""

    def __init__(self) -> None:
        self._met: Counter[str] = Counter()
        self._shapes: dict[str, list[Shape]] = {}
        self._time, self._at = "", datetime.min.replace(tzinfo=UTC)

    def parse(self, entries: Sequence[bytes]) -> Iterator[Leaf | ValueError]:
        """Yield for each entry what `leaf.parse` returns for it, or the error it raises.

        One at a time: what the one before took of memory is still in the processor's cache.
        """
        try:
            text = b"\n".join(entries).decode()
        except UnicodeDecodeError:
            yield from map(_one, entries)
            return
        lines = text.split("\n")
        if len(lines) != len(entries) or max(map(len, entries)) > BYTES_MAX:
            # An odd entry costs its bundle the quick way, not the audit.
            yield from map(_one, entries)
            return
        shapes = self._shapes
        for line in lines:
            # The last of that name, since facts may have a kind too; where a ref is called so
            # no shape is found, and the entry is read the slow way.
            start = line.rfind(_KIND) + len(_KIND)
            for shape in shapes.get(line[start : line.find('"', start)], ()):
                match = shape.match(line)
                if match is not None:
                    yield self._shaped(shape, match) or _one(line.encode())
                    break
            else:
                yield self._learn(_one(line.encode()))

    def _shaped(self, shape: "Shape", match: "re.Match[str]") -> Any:
        """Return the entry of that shape; None where it is not shown to be right."""
        leaf: Any = _new(ShapedLeaf)  # whose fields a type checker takes for frozen
        values = match.groups()
        leaf.shape, leaf.kind, leaf.sealed, leaf.line = (
            shape,
            shape.kind,
            shape.sealed,
            match.string,
        )
        leaf.actor, leaf.stream_version = values[0], int(values[-1])
        leaf.subject, leaf.code = shape.subject, values[-2]
        if values[1] != self._time:
            if not _TIME.fullmatch(values[1]):
                return None
            try:
                self._at = datetime.fromisoformat(values[1])
            except ValueError:
                return None
            self._time = values[1]
        leaf.at = self._at
        leaf.single_refs = shape.refs_of(values)
        if not shape.lists:
            leaf.listed_refs = _NO_LISTS
        elif not (lists := _split_lists(values, shape.lists)):
            return None
        else:
            leaf.listed_refs = lists
        if shape.has_data:
            leaf.data = shape.facts.get(values[2]) or shape.learn_facts(values[2])
        else:
            leaf.data = _EMPTY
        return leaf

    def _learn(self, leaf: Leaf | ValueError) -> Leaf | ValueError:
        """Take up the shape of an entry that was parsed, if it comes often and is a usual one."""
        if isinstance(leaf, ValueError) or len(self._met) > _SHAPES_MAX:
            return leaf
        pattern = _pattern(leaf)
        self._met[pattern] += 1
        known = self._shapes.setdefault(leaf.kind, [])
        if self._met[pattern] == _MET_MIN and len(known) < _SHAPES_OF_A_KIND_MAX:
            known.append(Shape(leaf, pattern))
        return leaf


class Shape:
    """What entries have in common that differ in their values only: the kind, the types of the
    streams, the names of commitments, data and refs, and which refs are lists. `facts` are those
    that were read already, by their JSON."""

    __slots__ = (
        "facts",
        "has_data",
        "kind",
        "lists",
        "match",
        "refs_of",
        "sealed",
        "subject",
    )

    def __init__(self, leaf: Leaf, pattern: str) -> None:
        """`leaf` was parsed, so its names are in order and given once."""
        self.match = re.compile(pattern, re.ASCII).fullmatch
        self.kind, self.subject = leaf.kind, leaf.subject
        self.sealed = len(leaf.commitments)
        self.has_data = bool(leaf.data)
        self.facts: dict[str, dict[str, Any]] = {}
        at = 3 if leaf.data else 2  # the first group of refs: two for one, code and version
        single, lists = list[tuple[str, str, int]](), list[tuple[str, int]]()
        for role, target in leaf.refs.items():
            if isinstance(target, str):
                single.append((role, split_ref(target)[0], at))
                at += 2
            else:
                lists.append((role, at))
                at += 1
        self.refs_of, self.lists = _picker(single), lists

    def learn_facts(self, body: str) -> dict[str, Any]:
        """Return the data that an entry of the shape has as JSON; one object for one text while
        that is remembered."""
        known: dict[str, Any] = _decode(body)[0]
        if len(body) <= _KNOWN_LENGTH_MAX:
            if len(self.facts) >= _KNOWN_MAX:
                self.facts.clear()
            self.facts[body] = known
        return known


class ShapedLeaf(Leaf):
    """A Leaf by its shape and the values in it. Its fields are set one by one, which takes a third
    of the time of a frozen one; the names of its stream, commitments and refs are put together
    once they are asked for, which is seldom."""

    __slots__ = ("code", "line", "listed_refs", "sealed", "single_refs", "subject")

    line: str
    shape: Shape
    sealed: int
    subject: str
    code: str
    single_refs: Sequence[tuple[str, str, str, str]]
    listed_refs: Mapping[str, Sequence[str]]
    __setattr__ = object.__setattr__
    __delattr__ = object.__delattr__

    @property
    def stream(self) -> str:
        """The name of its stream."""
        return f"{self.subject}:{self.code}"

    @property
    def commitments(self) -> Mapping[str, str]:
        """The commitments by their names, out of the line that was matched."""
        found: dict[str, str] = json.loads(self.line)["commitments"] if self.sealed else {}
        return found

    @property
    def refs(self) -> Mapping[str, str | Sequence[str]]:
        """The refs by their roles."""
        single = {
            role: f"{subject}:{code}@{version}" for role, subject, code, version in self.single_refs
        }
        return {**single, **self.listed_refs}

    def __eq__(self, other: object) -> bool:
        """Compare with any Leaf."""
        if not isinstance(other, Leaf):
            return NotImplemented
        return all(getattr(self, each.name) == getattr(other, each.name) for each in _COMPARED)

    __hash__ = None  # type: ignore[assignment]


_COMPARED = [each for each in fields(Leaf) if each.compare]
_new = object.__new__
_decode = json.JSONDecoder().raw_decode  # what was matched needs no look at what comes after it


type _Picker = Callable[[tuple[str, ...]], Sequence[tuple[str, str, str, str]]]


def _picker(places: Sequence[tuple[str, str, int]]) -> _Picker:
    """Return what takes role, type, code and version of each single ref out of the values."""
    match places:
        case []:
            return lambda _values: ()
        case [(one, its, at)]:
            return lambda values: ((one, its, values[at], values[at + 1]),)
        case [(one, its, at), (other, others, then)]:
            return lambda values: (
                (one, its, values[at], values[at + 1]),
                (other, others, values[then], values[then + 1]),
            )
    return lambda values: [(role, its, values[at], values[at + 1]) for role, its, at in places]


def _pattern(leaf: Leaf) -> str:
    sealed = _object((name, f'"{_HASH}"') for name in leaf.commitments)
    data = _object((name, _value(value)) for name, value in leaf.data.items())
    refs = _object((role, _ref(target)) for role, target in leaf.refs.items())
    return (
        rf'\{{"actor":"({_STREAM})","at":"([^"]{{20}})"'
        + (f',"commitments":{sealed}' if leaf.commitments else "")
        + (f',"data":({data})' if leaf.data else "")
        + f',"kind":"{re.escape(leaf.kind)}"'
        + (f',"refs":{refs}' if leaf.refs else "")
        + rf',"stream":"{leaf.subject}:({_ID})","stream_version":({_VERSION})'
        + r',"v":1\}'
    )


def _object(pairs: Iterable[tuple[str, str]]) -> str:
    return r"\{" + ",".join(f'"{name}":{value}' for name, value in pairs) + r"\}"


def _value(value: JSON) -> str:
    if isinstance(value, str):
        return _TEXT
    return _LIST if isinstance(value, list) else _SCALAR


def _ref(target: str | Sequence[str]) -> str:
    if isinstance(target, str):
        return f'"{split_ref(target)[0]}:({_ID})@({_VERSION})"'
    ref = f'"{_STREAM}@{_VERSION}"'
    return rf"\[({ref}(?:,{ref})*+)\]"


def _split_lists(
    values: Sequence[str], places: Sequence[tuple[str, int]]
) -> Mapping[str, Sequence[str]] | None:
    """Return the lists among the values by their roles; None unless all are in order, without
    repeats."""
    lists = {}
    for role, at in places:
        lists[role] = targets = values[at][1:-1].split('","')
        if len(targets) > 1 and targets != sorted(set(targets)):
            return None
    return lists


def _one(entry: bytes) -> Leaf | ValueError:
    try:
        return parse(entry)
    except ValueError as error:
        # Not the one that was raised: its frames hold the entry, the bundle, and it itself.
        return BadLeaf(str(error))
