"""Assets in the form that many requests are asked of at once.

What assets have in common is kept once and stands in their rows as a number: titles, and what
burdens do. Of each thing that a burden can do there is a list of the rows where one does it, so
that a request looks only at what concerns it.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, Final, NamedTuple

from catalog.scope.errors import CaseError
from catalog.scope.instants import read_instant
from catalog.scope.reader import Reader
from licensing.clearance.case import read_facts
from licensing.clearance.compiled.burdens import Role, pieces_of
from licensing.clearance.compiled.reach import (
    Codes,
    Manner,
    Reach,
    Slices,
    Stretches,
    reach_of,
)
from licensing.clearance.compiled.titles import Chain, Heading, Title, example_of, heading_of
from licensing.clearance.compiled.wordings import LICENSOR, Said, Wordings
from licensing.clearance.facts import (
    Assignment,
    Cap,
    Consent,
    Fact,
    GrantIn,
    Opinion,
    Ownership,
    Performer,
    Scoped,
)
from licensing.clearance.rules import SHIPPED, RuleTables
from licensing.clearance.title import Deed
from licensing.clearance.works import WHOLE, Works

type Facts = Sequence[Mapping[str, Any]]
type Spot = tuple[int, int, int]
"""Countries, start and end of a piece of a burden."""

_TITLE: Final = (Ownership, Assignment, GrantIn)
_PERSONS: Final = (Performer, Consent)
NOBODY: Final = -1
"""In place of a title: the row is free."""


class Bite(NamedTuple):
    """What a piece of a burden does (the number of its role), and all of its box but countries and
    term. Pieces of one asset that do the same are told apart by `nth`."""

    role: int
    doubts: Codes
    uses: int
    modality: int
    model_kind: int
    nth: int


@dataclass
class Numbers[T: Hashable]:
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
    recorded: bool = False
    """Whether the facts were put together from records: what is malformed is then reviewed."""
    assets: list[str] = field(default_factory=list)
    """By row."""
    titled: list[int] = field(default_factory=list)
    """The title of each row."""
    counts: list[int] = field(default_factory=list)
    """How many facts each row has."""
    spots: list[dict[int, Spot]] = field(default_factory=list)
    """For each bite, the rows that have such a piece, and where."""
    apart: dict[str, None] = field(default_factory=dict)
    persons: dict[str, int] = field(default_factory=dict)
    """With their rows."""
    titles: Numbers[Title] = field(default_factory=Numbers)
    headings: Numbers[Heading] = field(default_factory=Numbers)
    manners: Numbers[Manner] = field(default_factory=Numbers)
    places: Numbers[Slices] = field(default_factory=Numbers)
    times: Numbers[Stretches] = field(default_factory=Numbers)
    chains: dict[Chain, tuple[Deed, ...]] = field(default_factory=dict)
    bites: Numbers[Bite] = field(default_factory=Numbers)
    roles: Numbers[Role] = field(default_factory=Numbers)
    examples: dict[Role, Fact] = field(default_factory=dict)
    """A fact that has the role."""
    _rows: dict[str, int] = field(default_factory=dict)
    _bitten: list[tuple[int, ...]] = field(default_factory=list)
    """The bites of each row."""
    _free: list[int] = field(default_factory=list)
    _shared: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.instant = read_instant(self.as_of, UTC, "$.as_of")
        self.forget_wordings()

    def forget_wordings(self) -> None:
        """Keep in memory only what requests are asked of."""
        self._wordings = Wordings(self.instant, self.tables)

    def put(self, asset: str) -> None:
        """Compile the asset from its facts as they are now. Raises CaseError, with a path that
        begins with the asset, and then leaves it as it was; of records it does not."""
        said = self._wordings.read(self.facts[asset])
        if said is None:
            try:
                said = self._read_together(asset)
            except CaseError:
                if not self.recorded:
                    raise
        self.drop(asset)
        if said is None:
            self.apart[asset] = None
            return
        if any(isinstance(fact, Cap | Opinion) for fact, _ in said) or any(
            "work" in fact or "excludes" in fact for fact in self.facts[asset]
        ):
            self.apart[asset] = None
            return
        row = self._append(asset, said)
        if any(isinstance(fact, _PERSONS) for fact, _ in said):
            self.persons[asset] = row

    def drop(self, asset: str) -> None:
        """Forget the asset, if it is there."""
        self.apart.pop(asset, None)
        self.persons.pop(asset, None)
        row = self._rows.pop(asset, None)
        if row is not None:
            for bite in self._bitten[row]:
                del self.spots[bite][row]
            self.titled[row] = NOBODY
            self._free.append(row)

    def _read_together(self, asset: str) -> list[Said]:
        """The facts of an asset as the plain evaluator reads them."""
        given = self.facts[asset]
        readers = [Reader(fact, f"$[{asset!r}][{n}]") for n, fact in enumerate(given)]
        facts = read_facts(readers, self.instant, Works(), WHOLE, LICENSOR, tables=self.tables)
        return [Said(fact, reach_of(fact) if isinstance(fact, Scoped) else None) for fact in facts]

    def _append(self, asset: str, said: Sequence[Said]) -> int:
        title, pieces = self._title(said), self._pieces(said)
        row = self._free.pop() if self._free else len(self.assets)
        if row == len(self.assets):
            self.assets.append(asset)
            self.titled.append(title)
            self.counts.append(0)
            self._bitten.append(())
        self._rows[asset] = row
        self.counts[row] = len(self.facts[asset])
        self.assets[row], self.titled[row], self._bitten[row] = asset, title, tuple(pieces)
        for bite, spot in pieces.items():
            self.spots[bite][row] = spot
        return row

    def reach(self, scope: tuple[int, int, int]) -> Reach:
        """The scope of a deed by its numbers."""
        manner, places, times = scope
        return Reach(
            self.manners.values[manner], self.places.values[places], self.times.values[times]
        )

    def _title(self, said: Iterable[Said]) -> int:
        deeds: list[Deed] = []
        scopes: list[tuple[int, int, int]] = []
        for fact, reach in said:
            if isinstance(fact, _TITLE) and reach is not None:
                deeds.append(fact)
                manner = self.manners.number(reach.manner)
                places = self.places.number(reach.territory)
                scopes.append((manner, places, self.times.number(reach.term)))
        heading = heading_of(deeds)
        if heading.chain not in self.chains:
            self.chains[heading.chain] = example_of(deeds)
        return self.titles.number(Title(self.headings.number(heading), tuple(scopes)))

    def _pieces(self, said: Iterable[Said]) -> dict[int, Spot]:
        """The bites of an asset, and where."""
        pieces: dict[int, Spot] = {}
        times: dict[tuple[Any, ...], int] = {}
        # The same value as one object, which many rows refer to.
        share = self._shared.setdefault
        for each in said:
            for role, doubts, box in pieces_of(each, self.instant):
                uses, modality, kinds, places, start, end = box
                if role not in self.examples:
                    self.examples[role] = each.fact
                what = (self.roles.number(role), doubts, uses, modality, kinds)
                nth = times[what] = times.get(what, -1) + 1
                bite = self.bites.number(Bite(*what, nth))
                if bite == len(self.spots):
                    self.spots.append({})
                pieces[bite] = share(places, places), share(start, start), share(end, end)
        return pieces


def compile_assets(
    assets: Mapping[str, Facts], as_of: str, tables: RuleTables = SHIPPED
) -> CompiledAssets:
    """The assets with their facts (`clearance-case/1`, section 3), as known at `as_of`, under
    these rule tables. Raises CaseError at the first fact that is malformed."""
    return _compiled(CompiledAssets(as_of, assets, tables))


def compile_recorded(
    assets: Mapping[str, Facts], as_of: str, tables: RuleTables = SHIPPED
) -> CompiledAssets:
    """As `compile_assets`, of facts that were put together from records: an asset whose facts are
    malformed gets the verdict of `clear_recorded`."""
    return _compiled(CompiledAssets(as_of, assets, tables.of_records, recorded=True))


def _compiled(compiled: CompiledAssets) -> CompiledAssets:
    for asset in compiled.facts:
        compiled.put(asset)
    compiled.forget_wordings()
    return compiled
