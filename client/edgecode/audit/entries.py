"""Entries read a bundle at a time: several times quicker than one by one, and exactly as strict.

`leaf.parse` decides what an entry is, and re-encodes each to see that its bytes are the canonical
ones. Most entries differ from one read before in their values only. Once a shape was met often
enough, one regular expression says as much of its next entries: the same names in the same order,
no white space, ASCII strings without escapes, plain numbers, nothing nested but flat lists. What is
left to check is that lists of refs are in order, and that the time exists.

Whatever has no known shape is left to `leaf.parse`: it may be right all the same.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from edgecode.audit.shapes import Shape, ShapedLeaf, Values, targets_of
from edgecode.log.canonical import BYTES_MAX, JSON
from edgecode.log.leaf import BadLeaf, Leaf, parse, split_ref

_ID = r"[0-9A-Za-z][0-9A-Za-z+._-]{0,63}"
_STREAM = rf"[a-z][a-z0-9_]{{0,31}}:{_ID}"
_VERSION = r"[1-9][0-9]{0,14}"
# Or no such day. Many entries are of one second, which is looked at once.
_TIME = re.compile(
    r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}Z", re.ASCII
)
# Of one byte just [0-9a-f]: a set of what it is not is tested much quicker.
_HASH = r"[^\x00-/:-`g-\xff]{64}"
_TEXT = r'"[^"\\\x00-\x1f\x80-\xff]*+"'
_SCALAR = rf"(?:{_TEXT}|0|-?{_VERSION}|true|false|null)"
_LIST = rf"\[(?:{_SCALAR}(?:,{_SCALAR})*+)?\]"  # of scalars: what is nested fits no shape
_KIND = ',"kind":"'
# Making a pattern takes as long as reading a hundred entries without it.
_MET_MIN = 16
_SHAPES_MAX = 500
_SHAPES_OF_A_KIND_MAX = 8
_new = object.__new__
type _Matcher = Callable[[str], re.Match[str] | None]


class Reader:
    """Parses bundles; remembers the few shapes that come again."""

    def __init__(self) -> None:
        self._met: Counter[str] = Counter()
        self._shapes: dict[str, list[tuple[_Matcher, Shape]]] = {}
        self._time, self._at = "", datetime.min.replace(tzinfo=UTC)

    def parse(self, entries: Sequence[bytes]) -> Iterator[Leaf | ValueError]:
        """Yield for each entry what `leaf.parse` returns for it, or the error it raises.

        One at a time: what the one before took of memory is still in the processor's cache.
        """
        shapes = self._shapes
        for entry in entries:
            # Not as the UTF-8 that it is: no shape has what is not ASCII, or is too long.
            line = entry.decode("latin-1") if len(entry) <= BYTES_MAX else ""
            # The last of that name, since facts may have a kind too; where a ref is called so
            # no shape is found, and the entry is read the slow way.
            start = line.rfind(_KIND) + len(_KIND)
            for fits, shape in shapes.get(line[start : line.find('"', start)], ()):
                match = fits(line)
                if match is None:
                    continue
                values = match.groups()
                if (values[1] != self._time and not self._read_time(values[1])) or (
                    shape.lists and not _are_in_order(shape, values)
                ):
                    yield _one(entry)
                    break
                leaf: Any = _new(ShapedLeaf)  # whose fields a type checker takes for frozen
                leaf.shape, leaf.values, leaf.at, leaf.line = shape, values, self._at, line
                yield leaf
                break
            else:
                yield self._learn(_one(entry))

    def _read_time(self, text: str) -> bool:
        """Take up the time that an entry names; return whether there is such a time."""
        if not _TIME.fullmatch(text):
            return False
        try:
            self._at = datetime.fromisoformat(text)
        except ValueError:
            return False
        self._time = text
        return True

    def _learn(self, leaf: Leaf | ValueError) -> Leaf | ValueError:
        """Take up the shape of an entry that was parsed, if it comes often and is a usual one."""
        if isinstance(leaf, ValueError) or len(self._met) > _SHAPES_MAX:
            return leaf
        pattern = _pattern(leaf)
        self._met[pattern] += 1
        known = self._shapes.setdefault(leaf.kind, [])
        if self._met[pattern] == _MET_MIN and len(known) < _SHAPES_OF_A_KIND_MAX:
            # Parsed, so its names are in order and given once.
            known.append((re.compile(pattern, re.ASCII).fullmatch, Shape(leaf)))
        return leaf


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


def _are_in_order(shape: Shape, values: Values) -> bool:
    """Return whether the lists of refs are in order, without repeats."""
    for _, at in shape.lists:
        targets = targets_of(values[at])
        if len(targets) > 1 and targets != sorted(set(targets)):
            return False
    return True


def _one(entry: bytes) -> Leaf | ValueError:
    try:
        return parse(entry)
    except ValueError as error:
        # Not the one that was raised: its frames hold the entry, the bundle, and it itself.
        return BadLeaf(str(error))


def entry_of(entries: Sequence[bytes]) -> Leaf | None:
    """Return the one entry, or None when there is none or it cannot be parsed (which is reported
    where the rules are replayed)."""
    try:
        return parse(entries[0]) if entries else None
    except ValueError:
        return None
