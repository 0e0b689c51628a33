"""Entries read a bundle at a time: a dozen times quicker than one by one, and exactly as strict.

`leaf.parse` decides what an entry is. It re-encodes every entry to see that its bytes are the
canonical ones. Here that is shown without re-encoding, for a whole bundle at once, by what text
without a backslash, without white space, and of ASCII only cannot hide:

- each string stands in it as it would be written, and each `":` follows a key, so that as many of
  these as there are keys means that no key was given twice or hides in a value;
- all else is in order when the keys are, and the numbers are plain.

Whatever is not shown so quickly is left to `leaf.parse`, entry by entry.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import chain, combinations, repeat
from json import JSONDecoder
from operator import itemgetter
from typing import Any

from edgecode.log.canonical import BYTES_MAX, INTEGER_LIMIT
from edgecode.log.leaf import FORMAT, Leaf, parse

_STREAM = r"[a-z][a-z0-9_]{0,31}:[0-9A-Za-z][0-9A-Za-z+._-]{0,63}"
_STREAMS = re.compile(rf"(?:{_STREAM}\n)*+")
_REFS = re.compile(rf"(?:{_STREAM}@[1-9][0-9]{{0,14}}\n)*+")
_HASHES = re.compile(r"(?:[0-9a-f]{64}\n)*+")
_KIND = re.compile(r"[a-z][a-z0-9_]{0,39}\.[a-z][a-z0-9_]{0,39}(?:\.v(?:[2-9]|[1-9][0-9]{1,3}))?")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_DOUBTFUL = ("\\", "\t", "\n", "\r")
_MINUS_ZERO = (":-0", ",-0", "[-0")
_FIXED = itemgetter("kind", "stream", "stream_version", "actor", "at", "v")
_PARTS = ("refs", "data", "commitments")
_REQUIRED = ("actor", "at", "kind", "stream", "stream_version", "v")
_FIELDS = {
    tuple(sorted((*_REQUIRED, *optional)))
    for count in range(len(_PARTS) + 1)
    for optional in combinations(_PARTS, count)
}
_KNOWN_MAX = 100_000
# Kind, then the names of the fields, of refs, data and commitments, each after a None.
type _Shape = tuple[str | None, ...]


class _Doubt(Exception):
    """Not shown to be canonical the quick way; says nothing about whether it is."""


def _no_float(text: str) -> object:
    raise _Doubt(text[:40])


_read = JSONDecoder(parse_float=_no_float, parse_constant=_no_float).raw_decode


class Reader:
    """Parses bundles; remembers the few shapes and times that come again and again."""

    def __init__(self) -> None:
        self._shapes: set[_Shape] = set()
        self._times: dict[str, datetime] = {}

    def parse(self, entries: Sequence[bytes]) -> list[Leaf | ValueError]:
        """Return for each entry what `leaf.parse` returns for it, or the error it raises."""
        try:
            return list(self._columns(entries))
        except (_Doubt, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            # An odd entry costs its bundle the quick way, not the audit.
            return [_one(entry) for entry in entries]

    def _columns(self, entries: Sequence[bytes]) -> list[Leaf]:
        values, text = _values(entries)
        kinds, streams, versions, actors, times, formats = zip(*map(_FIXED, values), strict=True)
        refs, data, commitments = (
            list(map(dict.get, values, repeat(name), repeat(_EMPTY))) for name in _PARTS
        )
        shapes: list[_Shape] = [
            (kind, *value, None, *part, None, *facts, None, *sealed)
            for kind, value, part, facts, sealed in zip(
                kinds, values, refs, data, commitments, strict=True
            )
        ]
        self._check_shapes(set(shapes) - self._shapes)
        if sum(map(len, shapes)) - 4 * len(shapes) != text.count('":'):
            raise _Doubt("a key given twice, or an object in a value")
        _check_integers(versions, 1)
        _check_integers(formats, FORMAT, FORMAT)
        _all(_STREAMS, {*streams, *actors})
        _check_refs(refs)
        _check_values(data, text)
        _all(_HASHES, chain.from_iterable(map(dict.values, commitments)))
        at = self._read_times(times)
        columns = (kinds, streams, versions, actors, at, refs, data, commitments)
        return _leaves(len(values), columns)

    def _check_shapes(self, shapes: Iterable[_Shape]) -> None:
        """Check what was not seen before: kind, names of the fields, of refs, data, commitments."""
        for kind, *names in shapes:
            rows = _rows(names)
            fields = rows[0]
            if not _KIND.fullmatch(kind or "") or tuple(fields) not in _FIELDS:
                raise _Doubt("fields")
            for part, row in zip(_PARTS, rows[1:], strict=True):
                if (part in fields) != bool(row) or row != sorted(set(row)):
                    raise _Doubt(part)
                if not all(map(_NAME.fullmatch, row)):
                    raise _Doubt(part)
        if len(self._shapes) > _KNOWN_MAX:
            self._shapes.clear()
        self._shapes.update(shapes)

    def _read_times(self, texts: Sequence[str]) -> Iterable[datetime]:
        known = self._times
        if len(known) > _KNOWN_MAX:
            known.clear()
        for text in set(texts) - known.keys():
            at = datetime.fromisoformat(text)
            # Of the many spellings that are understood, only one is also written so.
            if f"{at:%Y-%m-%dT%H:%M:%S}Z" != text or at.isoformat() != f"{text[:-1]}+00:00":
                raise _Doubt(text)
            known[text] = at
        return map(known.__getitem__, texts)


def _rows(names: Iterable[str | None]) -> list[list[str]]:
    """Return what stands between the marks of a shape."""
    rows: list[list[str]] = [[]]
    for name in names:
        if name is None:
            rows.append([])
        else:
            rows[-1].append(name)
    return rows


_EMPTY: dict[str, Any] = {}


def _values(entries: Sequence[bytes]) -> tuple[list[dict[str, Any]], str]:
    """Return the JSON objects that the entries are, and the text of all of them."""
    if max(map(len, entries)) > BYTES_MAX:
        raise _Doubt("too long")
    text = b"".join(entries).decode("ascii")
    if any(mark in text for mark in _DOUBTFUL):
        raise _Doubt("characters")
    if " " in text and " " in "".join(text.split('"')[::2]):  # what stands outside of strings
        raise _Doubt("spaces")
    values = []
    at = end = 0
    for entry in entries:
        value, at = _read(text, at)
        end += len(entry)
        if at != end or type(value) is not dict:
            raise _Doubt("not one object")
        values.append(value)
    return values, text


def _check_integers(numbers: Sequence[Any], low: int, high: int = INTEGER_LIMIT - 1) -> None:
    if set(map(type, numbers)) != {int} or min(numbers) < low or max(numbers) > high:
        raise _Doubt("a number")


def _check_values(data: Iterable[dict[str, Any]], text: str) -> None:
    """Check public facts: texts, numbers, booleans, null, and lists of these."""
    values = list(chain.from_iterable(map(dict.values, data)))
    types = set(map(type, values))
    if list in types:
        values = _flat(values)
        types = set(map(type, values))
    if not types <= {str, int, bool, type(None)}:
        raise _Doubt("a value")
    if int in types:
        integers = [value for value in values if type(value) is int]
        _check_integers(integers, 1 - INTEGER_LIMIT)
        if 0 in integers and any(mark in text for mark in _MINUS_ZERO):
            raise _Doubt("minus zero")


def _check_refs(refs: Iterable[dict[str, Any]]) -> None:
    targets = list(chain.from_iterable(map(dict.values, refs)))
    if list in set(map(type, targets)):
        for target in targets:
            if type(target) is list and (not target or target != sorted(set(target))):
                raise _Doubt("a list of refs")
        targets = _flat(targets)
    _all(_REFS, targets)


def _flat(values: Iterable[Any]) -> list[Any]:
    """Return the values with the items of each list in its place; lists in lists stay."""
    flat: list[Any] = []
    for value in values:
        if type(value) is list:
            flat += value
        else:
            flat.append(value)
    return flat


def _all(pattern: re.Pattern[str], texts: Iterable[str]) -> None:
    """Check that each text fits; none has a line break in it, as JSON would escape it."""
    if not pattern.fullmatch("\n".join(chain(texts, ("",)))):
        raise _Doubt("a text")


_SETTERS: tuple[Callable[[Leaf, Any], None], ...] = tuple(
    getattr(Leaf, name).__set__
    for name in (
        "kind",
        "stream",
        "stream_version",
        "actor",
        "at",
        "refs",
        "data",
        "commitments",
    )
)


def _leaves(count: int, columns: Sequence[Iterable[Any]]) -> list[Leaf]:
    """Return the entries, made without a call of Python for each."""
    leaves = list(map(Leaf.__new__, repeat(Leaf, count)))
    for setter, column in zip(_SETTERS, columns, strict=True):
        deque(map(setter, leaves, column), maxlen=0)
    return leaves


def _one(entry: bytes) -> Leaf | ValueError:
    try:
        return parse(entry)
    except ValueError as error:
        return error
