"""Reading the facts of many assets, each wording once: most of a library rests on few words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, Final, NamedTuple

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
from licensing.clearance.facts import Fact, Scoped
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
_KNOWN_MOST: Final = 20_000


class Said(NamedTuple):
    """What a fact says, whatever it is called: `fact` tells neither its own id nor where it holds;
    `reach` does, None where a fact has no scope."""

    fact: Fact
    reach: Reach | None


@dataclass
class Wordings:
    """The wordings that were read."""

    as_of: int
    tables: RuleTables
    _facts: dict[str, Said] = field(default_factory=dict)
    _places: dict[str, Slices] = field(default_factory=dict)
    _moments: dict[str, int] = field(default_factory=dict)
    _terms: dict[tuple[Any, ...], Stretches] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._context = Context(self.as_of, {}, Works(), WHOLE, LICENSOR, self.tables)

    def read(self, rows: Sequence[Mapping[str, Any]]) -> list[Said] | None:
        """The facts of one asset known at `as_of`, by id; None where any of them has to be read
        beside the others, or is not well formed."""
        found: dict[str, Said | None] = {}
        try:
            for row in rows:
                if not _is_plain(row) or row["id"] in found:
                    return None
                said = self._said(row)
                late = "recorded" in row and self._moment(row["recorded"]) > self.as_of
                found[row["id"]] = None if late else said
        except CaseError:
            return None
        return [said for _, said in sorted(found.items()) if said is not None]

    def _said(self, row: Mapping[str, Any]) -> Said:
        apart = _SAID_APART[row["kind"]]
        words = {name: row[name] for name in row if name not in apart and name[:2] != "x_"}
        key = repr(words)
        said = self._facts.get(key)
        if said is None:
            fact = read_fact(Reader(words | {"id": "-"}, "$"), self._context)
            said = Said(fact, reach_of(fact) if isinstance(fact, Scoped) else None)
            _keep(self._facts, key, said)
        fact, reach = said
        if reach is None or not isinstance(fact, Scoped):
            return said
        if "territory" in row:
            reach = reach._replace(territory=self._slices(row["kind"], row["territory"]))
        if "start" in row or "end" in row:
            reach = reach._replace(term=self._stretches(row, fact))
        return Said(fact, reach)

    def _slices(self, kind: str, territory: Any) -> Slices:
        key = f"{kind == 'grant_out'} {territory!r}"
        slices = self._places.get(key)
        if slices is None:
            slices = slices_of(read_places(kind, territory, "$", self.tables))
            _keep(self._places, key, slices)
        return slices

    def _stretches(self, row: Mapping[str, Any], fact: Scoped) -> Stretches:
        key = (repr(row.get("start")), repr(row.get("end")), fact.zone, fact.reverts)
        stretches = self._terms.get(key)
        if stretches is None:
            term = read_term(Reader(row, "$"), fact.zone, {})
            stretches = stretches_of(Span(term.start, term.end, term.undated, fact.reverts))
            _keep(self._terms, key, stretches)
        return stretches

    def _moment(self, text: Any) -> int:
        moment = self._moments.get(text) if isinstance(text, str) else None
        if moment is None:
            moment = read_instant(text, UTC, "$")
            _keep(self._moments, text, moment)
        return moment


def _keep[K, V](known: dict[K, V], key: K, value: V) -> None:
    if len(known) < _KNOWN_MOST:
        known[key] = value


def _is_plain(row: Any) -> bool:
    """Whether a fact is of a kind that stands alone, about the whole, and what tells it apart is
    well formed."""
    return (
        isinstance(row, dict)
        and isinstance(row.get("kind"), str)
        and row["kind"] in _SAID_APART
        and "work" not in row
        and "excludes" not in row
        and _is_text(row.get("id"))
        and ("note" not in row or _is_text(row["note"]))
        and ("source" not in row or _is_source(row["source"]))
    )


def _is_source(source: Any) -> bool:
    return (
        isinstance(source, dict)
        and "doc" in source
        and source.keys() <= {"doc", "clause"}
        and all(map(_is_text, source.values()))
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != "" and value.isascii()
