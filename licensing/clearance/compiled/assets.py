"""Assets in the form that many requests are asked of at once.

What assets have in common is kept once and stands in their rows as a number: titles, and pieces
of burdens. Rows with equally many pieces stand together, in columns.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, Final

from catalog.scope.instants import read_instant
from catalog.scope.reader import Reader
from licensing.clearance.case import read_facts
from licensing.clearance.compiled.burdens import LICENSOR, Role, pieces_of
from licensing.clearance.compiled.reach import Codes, Reach, reach_of
from licensing.clearance.compiled.titles import Chain, Title, title_of
from licensing.clearance.facts import (
    Assignment,
    Cap,
    Consent,
    Fact,
    GrantIn,
    Opinion,
    Ownership,
    Performer,
)
from licensing.clearance.rules import SHIPPED, RuleTables
from licensing.clearance.title import Deed
from licensing.clearance.works import WHOLE, Works

type Facts = Sequence[Mapping[str, Any]]
type Shape = tuple[int, int, int, int]
"""Uses, modalities, model kinds and countries of a box."""
type Bite = tuple[Role, Codes, Shape]
"""A piece but for its term."""

_TITLE: Final = (Ownership, Assignment, GrantIn)
_PERSONS: Final = (Performer, Consent)


@dataclass
class Rows:
    """Assets with equally many pieces: `assets[i]` has the title `titles[i]` and, for each j, the
    piece `bites[j][i]` from `starts[j][i]` to `ends[j][i]`."""

    assets: list[str]
    titles: list[int]
    bites: tuple[list[int], ...]
    starts: tuple[list[int], ...]
    ends: tuple[list[int], ...]
    _places: dict[str, int] = field(default_factory=dict, init=False)

    @classmethod
    def of(cls, pieces: int) -> "Rows":
        columns = [tuple[list[int], ...]([] for _ in range(pieces)) for _ in range(3)]
        return cls([], [], *columns)

    @property
    def columns(self) -> list[list[Any]]:
        return [self.assets, self.titles, *self.bites, *self.starts, *self.ends]

    def append(self, row: Sequence[Any]) -> None:
        """Add an asset, with what stands in the other columns."""
        self._places[row[0]] = len(self.assets)
        for value, column in zip(row, self.columns, strict=True):
            column.append(value)

    def drop(self, asset: str) -> bool:
        """Forget the asset; the last one takes its place. Returns whether it was there."""
        at = self._places.pop(asset, None)
        if at is None:
            return False
        for column in self.columns:
            column[at] = column[-1]
            column.pop()
        if at < len(self.assets):
            self._places[self.assets[at]] = at
        return True


@dataclass
class Numbers[T]:
    """Values by number, each once."""

    values: list[T] = field(default_factory=list)
    _known: dict[T, int] = field(default_factory=dict)

    def number(self, value: T) -> int:
        number = self._known.setdefault(value, len(self.values))
        if number == len(self.values):
            self.values.append(value)
        return number


@dataclass
class CompiledAssets:
    """Assets to be cleared, and what their rows refer to. Facts that only the plain evaluator
    reads (opinions, caps, facts of one work among others) leave an asset `apart`; those about
    `persons` do so for requests of likenesses."""

    as_of: str
    facts: Mapping[str, Facts]
    """As they were given, for the verdict in full."""
    tables: RuleTables = SHIPPED
    titles: Numbers[Title] = field(default_factory=Numbers)
    bites: Numbers[Bite] = field(default_factory=Numbers)
    chains: dict[Chain, tuple[Deed, ...]] = field(default_factory=dict)
    roles: dict[Role, Fact] = field(default_factory=dict)
    """A fact that has the role."""
    rows: dict[int, Rows] = field(default_factory=dict)
    apart: dict[str, None] = field(default_factory=dict)
    persons: dict[str, None] = field(default_factory=dict)
    _reaches: dict[Reach, Reach] = field(default_factory=dict)
    _terms: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.instant = read_instant(self.as_of, UTC, "$.as_of")

    def put(self, asset: str) -> None:
        """Compile the asset from its facts as they are now. Raises CaseError, with a path that
        begins with the asset, and then leaves it as it was."""
        given = self.facts[asset]
        readers = [Reader(fact, f"$[{asset!r}][{n}]") for n, fact in enumerate(given)]
        facts = read_facts(readers, self.instant, Works(), WHOLE, LICENSOR, tables=self.tables)
        self.drop(asset)
        if any(isinstance(fact, Cap | Opinion) for fact in facts) or any(
            "work" in fact or "excludes" in fact for fact in given
        ):
            self.apart[asset] = None
            return
        if any(isinstance(fact, _PERSONS) for fact in facts):
            self.persons[asset] = None
        self._append(asset, facts)

    def drop(self, asset: str) -> None:
        """Forget the asset, if it is there."""
        self.apart.pop(asset, None)
        self.persons.pop(asset, None)
        any(rows.drop(asset) for rows in self.rows.values())

    def _append(self, asset: str, facts: Iterable[Fact]) -> None:
        deeds = tuple(fact for fact in facts if isinstance(fact, _TITLE))
        reaches = [reach_of(deed) for deed in deeds]
        title = title_of(deeds, [self._reaches.setdefault(reach, reach) for reach in reaches])
        self.chains.setdefault(title.chain, deeds)
        pieces: list[tuple[int, int, int]] = []
        for fact in facts:
            for role, doubts, (*shape, start, end) in pieces_of(fact, self.instant):
                self.roles.setdefault(role, fact)
                bite = self.bites.number((role, doubts, tuple(shape)))  # type: ignore[arg-type]
                pieces.append((bite, self._shared(start), self._shared(end)))
        if len(pieces) not in self.rows:
            self.rows[len(pieces)] = Rows.of(len(pieces))
        columns = (value for column in zip(*pieces, strict=True) for value in column)
        self.rows[len(pieces)].append((asset, self.titles.number(title), *columns))

    def _shared(self, instant: int) -> int:
        """The same number as one object, which many rows refer to."""
        return self._terms.setdefault(instant, instant)


def compile_assets(
    assets: Mapping[str, Facts], as_of: str, tables: RuleTables = SHIPPED
) -> CompiledAssets:
    """The assets with their facts (`clearance-case/1`, section 3), as known at `as_of`, under
    these rule tables. Raises CaseError at the first fact that is malformed."""
    compiled = CompiledAssets(as_of, assets, tables)
    for asset in assets:
        compiled.put(asset)
    return compiled
