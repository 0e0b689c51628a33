"""Title to an asset: its deeds in a form that many assets share, and what they give a request."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from licensing.clearance.case import Request
from licensing.clearance.compiled.masks import Box
from licensing.clearance.compiled.reach import Reach
from licensing.clearance.coverage import Cover
from licensing.clearance.facts import Assignment, Conveyance, GrantIn, Ownership
from licensing.clearance.findings import Finding
from licensing.clearance.joining import Titles
from licensing.clearance.lines import TitleAt
from licensing.clearance.rules import RuleTables
from licensing.clearance.title import Deed, deeds_of

type Covers = tuple[Cover, ...]


class Chain(NamedTuple):
    """Deeds by id. Who is who, when they were made and where they hold stands apart, so that
    assets whose papers differ in names and dates alone have the same."""

    deeds: tuple[tuple[Any, ...], ...]


class Heading(NamedTuple):
    """The chain of a title and the parties in the order of the chain."""

    chain: Chain
    parties: tuple[str, ...]


class Title(NamedTuple):
    """The title to an asset: the number of its heading, and for each deed those of manner, places
    and times of its scope."""

    heading: int
    scopes: tuple[tuple[int, int, int], ...]


def cells_of(reaches: Sequence[Reach], boxes: Sequence[Box]) -> list[tuple[Box, Covers]]:
    """The parts of boxes that no deed tells apart, and what each deed says there."""
    cells: list[tuple[Box, Covers]] = [(box, ()) for box in boxes]
    for reach in reaches:
        cells = [
            (part, (*covers, cover)) for whole, covers in cells
            for part, cover in reach.covers(whole)
        ]  # fmt: skip
    return cells


def heading_of(facts: Sequence[Deed]) -> Heading:
    """What deeds, which stand by id, have to do with each other."""
    numbers: dict[str, int] = {}
    made = [fact.executed for fact in facts if isinstance(fact, Conveyance)]
    dates = sorted({date for date in made if date is not None})
    deeds = tuple(_deed(fact, numbers, dates) for fact in facts)
    return Heading(Chain(deeds), tuple(numbers))


def _deed(fact: Deed, numbers: dict[str, int], dates: list[int]) -> tuple[Any, ...]:
    def number(party: str) -> int:
        return numbers.setdefault(party, len(numbers))

    if isinstance(fact, Ownership):
        share = (fact.share.numerator, fact.share.denominator)
        return "ownership", number(fact.holder), share, fact.law
    made = None if fact.executed is None else dates.index(fact.executed)
    common = (number(fact.grantor), number(fact.holder), made, fact.waits, bool(fact.vesting))
    if isinstance(fact, GrantIn):
        return "grant_in", *common, fact.exclusive, fact.alone, fact.depth
    return "assignment", *common, fact.share, fact.law


def example_of(deeds: Sequence[Deed]) -> tuple[Deed, ...]:
    """The deeds with ids of their own, in the same order."""
    return tuple(replace(deed, id=f"{number:09}") for number, deed in enumerate(deeds))


@dataclass
class TitleJudge:
    """Judges chains for one request, each only once for what may be said of it."""

    request: Request
    headings: Sequence[Heading]
    examples: Mapping[Chain, tuple[Deed, ...]]
    """Deeds that make up each chain."""
    tables: RuleTables
    _named: frozenset[str] = field(init=False)
    _other: str = field(init=False)
    _alike: dict[tuple[Chain, tuple[str | None, ...]], int] = field(default_factory=dict)
    _sorts: list[int] = field(init=False)
    _known: dict[Any, tuple[bool, tuple[Finding, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        request = self.request
        self._named = frozenset({request.licensor, *request.group, *request.cosigners})
        self._other = max(self._named, key=len)  # longer than it, nobody is taken for a party named
        self._sorts = [
            self._alike.setdefault(
                (chain, tuple(party if party in self._named else None for party in parties)),
                len(self._alike),
            )
            for chain, parties in self.headings
        ]

    def judge(self, heading: int, covers: Covers) -> tuple[bool, tuple[Finding, ...]]:
        """Whether a line carries the title where the deeds hold so, and what is found."""
        key = (self._sorts[heading], covers)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._judge(self.headings[heading], covers)
        return known

    def _judge(self, heading: Heading, covers: Covers) -> tuple[bool, tuple[Finding, ...]]:
        names = [
            party if party in self._named else f"{self._other}{number}"
            for number, party in enumerate(heading.parties)
        ]
        facts = tuple(_renamed(self.examples[heading.chain], names))
        by_id = {fact.id: fact for fact in facts}
        told = {fact.id: cover for fact, cover in zip(facts, covers, strict=True)}
        title = TitleAt.of(deeds_of(facts, strict=self.tables.strict), told)
        judged = Titles(self.request, by_id, self.tables).judge(title, ())
        return judged.usable, judged.settled.findings


def _renamed(facts: tuple[Deed, ...], names: list[str]) -> Iterator[Deed]:
    """The same deeds between parties of these names, by their number."""
    numbers: dict[str, int] = {}

    def name(party: str) -> str:
        return names[numbers.setdefault(party, len(numbers))]

    for fact in facts:
        if isinstance(fact, Ownership):
            yield replace(fact, holder=name(fact.holder))
        elif isinstance(fact, Assignment | GrantIn):
            grantor = name(fact.grantor)
            yield replace(fact, grantor=grantor, holder=name(fact.holder))
