"""Reading the facts of many assets, each wording once: most of a library rests on few words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeGuard

from catalog.scope.errors import CaseError
from catalog.scope.instants import read_instant
from catalog.scope.reader import Reader
from catalog.scope.terms import read_term
from licensing.clearance.compiled.reach import (
    Reach,
    Slices,
    Stretches,
    reach_of,
    slices_of,
    stretches_of,
)
from licensing.clearance.coverage import Span
from licensing.clearance.fact_readers import read_fact
from licensing.clearance.facts import Fact, GrantOut, Scoped
from licensing.clearance.rules import RuleTables
from licensing.clearance.scope_readers import Context, read_places
from licensing.clearance.works import WHOLE, Works

LICENSOR: Final = ""
"""Stands for whoever licenses, where a licence out does not say who granted it. No party has this
name: a case refuses it."""

_TELLING: Final = frozenset({"id", "source", "note", "recorded"})
_PLACED: Final = _TELLING | {"start", "end", "territory"}
_SAID_APART: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(
        ("ownership", "assignment", "grant_in", "grant_out", "restriction", "holdback", "option"),
        _PLACED,
    ),
    **dict.fromkeys(("element", "guild"), _TELLING),
}
"""The kinds of facts that say by themselves what they mean, and their fields that are no wording:
what tells them apart, and when and where they hold."""
_SOMEBODY: Final = "-"
_KNOWN_MOST: Final = 20_000
_SHARED_MOST: Final = 10_000


class Said(NamedTuple):
    """What a fact says, whatever it is called: `fact` tells neither its own id nor where it holds;
    `reach` does, None where a fact has no scope."""

    fact: Fact
    reach: Reach | None


_TERMS: Final[dict[tuple[Any, ...], Stretches]] = {}
"""Terms mean the same whenever and by whichever tables they are read; places by the same tables.
So they are kept for whoever reads next."""


@lru_cache(maxsize=8)
def _places_by(tables: RuleTables) -> dict[str, Slices]:
    """The places that were read by these tables."""
    del tables  # by it they are told apart
    return {}


@dataclass
class Wordings:
    """The wordings that were read."""

    as_of: int
    tables: RuleTables
    _facts: dict[tuple[tuple[str, ...], str], Said] = field(default_factory=dict)
    _names: dict[tuple[str, ...], tuple[str, ...] | None] = field(default_factory=dict)
    """Of each sort of fact, given as its kind and the names of its fields, those that are wording;
    None where such facts do not stand alone, about the whole."""

    def __post_init__(self) -> None:
        self._places = _places_by(self.tables)
        self._context = Context(self.as_of, {}, Works(), WHOLE, LICENSOR, self.tables)

    def read(self, rows: Sequence[Mapping[str, Any]]) -> list[Said] | None:
        """The facts of one asset known at `as_of`, by id; None where any of them has to be read
        beside the others, or is not well formed."""
        found: dict[str, Said | None] = {}
        try:
            for row in rows:
                names = self._wording_of(row)
                if names is None or not _is_told_apart(row) or row["id"] in found:
                    return None
                said = self._said(row, names)
                late = "recorded" in row and read_instant(row["recorded"], UTC, "$") > self.as_of
                found[row["id"]] = None if late else said
        except CaseError:
            return None
        return [said for _, said in sorted(found.items()) if said is not None]

    def _wording_of(self, row: Any) -> tuple[str, ...] | None:
        if not isinstance(row, dict) or not isinstance(row.get("kind"), str):
            return None
        sort = (row["kind"], *row)
        try:
            return self._names[sort]
        except KeyError:
            names = self._names[sort] = _wording(row)
            return names

    def _said(self, row: Mapping[str, Any], names: tuple[str, ...]) -> Said:
        fact, reach = said = self._worded(names, [row[name] for name in names])
        if reach is None or not isinstance(fact, Scoped):
            return said
        _, territory, term = reach
        if "territory" in row:
            territory = self._slices(row["kind"], row["territory"])
        if "start" in row or "end" in row:
            term = self._stretches(row, fact)
        return Said(fact, Reach(reach.manner, territory, term))

    def _worded(self, names: tuple[str, ...], words: list[Any]) -> Said:
        key = names, repr(words)
        said = self._facts.get(key)
        if said is None:
            said = self._read(dict(zip(names, words, strict=True)))
            _keep(self._facts, key, said, _KNOWN_MOST)
        return said

    def _read(self, words: Mapping[str, Any]) -> Said:
        to = words.get("to")
        if words["kind"] == "grant_out" and _is_text(to) and to != _SOMEBODY:
            # Many are licensed in the same words.
            others = {**words, "to": _SOMEBODY}
            fact, reach = self._worded(tuple(others), list(others.values()))
            if isinstance(fact, GrantOut):
                return Said(replace(fact, to=to), reach)
        fact = read_fact(Reader({**words, "id": "-"}, "$"), self._context)
        return Said(fact, reach_of(fact) if isinstance(fact, Scoped) else None)

    def _slices(self, kind: str, territory: Any) -> Slices:
        key = f"{kind == 'grant_out'} {territory!r}"
        slices = self._places.get(key)
        if slices is None:
            slices = slices_of(read_places(kind, territory, "$", self.tables))
            _keep(self._places, key, slices, _SHARED_MOST)
        return slices

    def _stretches(self, row: Mapping[str, Any], fact: Scoped) -> Stretches:
        key = (repr(row.get("start")), repr(row.get("end")), fact.zone, fact.reverts)
        stretches = _TERMS.get(key)
        if stretches is None:
            term = read_term(Reader(row, "$"), fact.zone, {})
            stretches = stretches_of(Span(term.start, term.end, term.undated, fact.reverts))
            _keep(_TERMS, key, stretches, _SHARED_MOST)
        return stretches


def _keep[K, V](known: dict[K, V], key: K, value: V, most: int) -> None:
    if len(known) < most:
        known[key] = value


def _wording(row: Mapping[str, Any]) -> tuple[str, ...] | None:
    if row["kind"] not in _SAID_APART or "work" in row or "excludes" in row:
        return None
    apart = _SAID_APART[row["kind"]]
    return tuple(name for name in row if name not in apart and name[:2] != "x_")


def _is_told_apart(row: Mapping[str, Any]) -> bool:
    """Whether what tells a fact apart is well formed."""
    return (
        _is_text(row.get("id"))
        and ("note" not in row or _is_text(row["note"]))
        and ("source" not in row or _is_source(row["source"]))
    )


def _is_source(source: Any) -> bool:
    if not isinstance(source, dict) or not _is_text(source.get("doc")):
        return False
    return len(source) == 1 or (len(source) == 2 and _is_text(source.get("clause")))


def _is_text(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and value != "" and value.isascii()
