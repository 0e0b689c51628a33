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
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain, combinations
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
_SHAPES = {
    tuple(sorted((*_REQUIRED, *optional)))
    for count in range(len(_PARTS) + 1)
    for optional in combinations(_PARTS, count)
}
_KNOWN_MAX = 100_000


class _Doubt(Exception):
    """Not shown to be canonical the quick way; says nothing about whether it is."""


def _no_float(text: str) -> object:
    raise _Doubt(text[:40])


_read = JSONDecoder(parse_float=_no_float, parse_constant=_no_float).raw_decode


class Reader:
    """Parses bundles; remembers the few kinds, times and sets of names that come again."""

    def __init__(self) -> None:
        self._kinds: set[str] = set()
        self._names: set[tuple[str, ...]] = set()
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
        if not _SHAPES.issuperset(map(tuple, values)):
            raise _Doubt("fields")
        kinds, streams, versions, actors, times, formats = zip(*map(_FIXED, values), strict=True)
        self._check_kinds(kinds)
        _check_integers(versions, 1)
        _check_integers(formats, FORMAT, FORMAT)
        _all(_STREAMS, chain(streams, actors))
        refs, data, commitments = self._parts(values, text)
        columns = (
            kinds,
            streams,
            versions,
            actors,
            map(self._time, times),
            refs,
            data,
            commitments,
        )
        return _leaves(len(values), columns)

    def _parts(self, values: Sequence[dict[str, Any]], text: str) -> list[list[dict[str, Any]]]:
        """Return refs, data and commitments of every entry, an empty one where it has none."""
        parts = [[value.get(name, _EMPTY) for value in values] for name in _PARTS]
        refs, data, commitments = parts
        self._check_names(chain(refs, data, commitments))
        fields = sum(map(len, values))
        if fields - len(_REQUIRED) * len(values) != sum(map(bool, chain(*parts))):
            raise _Doubt("an empty object")
        if fields + sum(map(len, chain(*parts))) != text.count('":'):
            raise _Doubt("a key given twice, or an object in a value")
        _check_refs(refs)
        _check_values(chain.from_iterable(map(dict.values, data)), text)
        _all(_HASHES, chain.from_iterable(map(dict.values, commitments)))
        return parts

    def _check_kinds(self, kinds: Iterable[str]) -> None:
        for kind in set(kinds) - self._kinds:
            if not _KIND.fullmatch(kind):
                raise _Doubt(kind)
            self._kinds.add(kind)
        _forget(self._kinds)

    def _check_names(self, parts: Iterable[dict[str, Any]]) -> None:
        parts = list(parts)
        if set(map(type, parts)) != {dict}:
            raise _Doubt("not an object")
        for names in set(map(tuple, parts)) - self._names:
            if list(names) != sorted(names) or not all(map(_NAME.fullmatch, names)):
                raise _Doubt("names")
            self._names.add(names)
        _forget(self._names)

    def _time(self, text: str) -> datetime:
        at = self._times.get(text)
        if at is None:
            at = datetime.fromisoformat(text)
            # Of the many spellings that are understood, only one is also written so.
            if f"{at:%Y-%m-%dT%H:%M:%S}Z" != text or at.isoformat() != f"{text[:-1]}+00:00":
                raise _Doubt(text)
            _forget(self._times)
            self._times[text] = at
        return at


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


def _check_values(values: Iterable[Any], text: str) -> None:
    """Check public facts: texts, numbers, booleans, null, and lists of these."""
    values = list(values)
    lists = [value for value in values if type(value) is list]
    flat = list(chain(values, *lists)) if lists else values
    kinds = set(map(type, flat))
    if not kinds <= {str, int, bool, type(None), list} or any(map(_holds_lists, lists)):
        raise _Doubt("a value")
    if int in kinds:
        integers = [value for value in flat if type(value) is int]
        _check_integers(integers, 1 - INTEGER_LIMIT)
        if 0 in integers and any(mark in text for mark in _MINUS_ZERO):
            raise _Doubt("minus zero")


def _holds_lists(items: list[Any]) -> bool:
    return list in map(type, items)


def _check_refs(refs: Iterable[Mapping[str, Any]]) -> None:
    flat: list[str] = []
    for target in chain.from_iterable(part.values() for part in refs if part):
        if type(target) is list:
            if not target or (len(target) > 1 and target != sorted(set(target))):
                raise _Doubt("a list of refs")
            flat += target
        else:
            flat.append(target)
    _all(_REFS, flat)


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
    leaves = [Leaf.__new__(Leaf) for _ in range(count)]
    for setter, column in zip(_SETTERS, columns, strict=True):
        deque(map(setter, leaves, column), maxlen=0)
    return leaves


def _one(entry: bytes) -> Leaf | ValueError:
    try:
        return parse(entry)
    except ValueError as error:
        return error


def _forget(known: set[Any] | dict[Any, Any]) -> None:
    """Keep memory flat, whatever a log is made of."""
    if len(known) > _KNOWN_MAX:
        known.clear()
