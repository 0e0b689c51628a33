"""Deciding a case: one decision for each class of points."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, NamedTuple

from catalog.scope.errors import CaseError
from licensing.clearance.burdens import Burdens
from licensing.clearance.case import Case
from licensing.clearance.coverage import Point, cover
from licensing.clearance.coverage import running as running_of
from licensing.clearance.facts import (
    Cap,
    Element,
    Fact,
    GrantOut,
    Guild,
    Holdback,
    Opinion,
    Performer,
    Restriction,
    Scoped,
)
from licensing.clearance.findings import Finding, settle, status_of
from licensing.clearance.joining import Payout, Titles
from licensing.clearance.likeness import Likeness, limits_of
from licensing.clearance.lines import TitleAt
from licensing.clearance.points import Cell, columns, cuts_of, reaches, stretches
from licensing.clearance.reasons import CLEAR, CONDITIONAL
from licensing.clearance.standing import Running, Span, Standing
from licensing.clearance.title import deeds_of

MOST_WORK: Final = 300_000
"""So many facts are weighed at points, summed up, before a case is refused: some seconds."""
_PASSING: Final = (GrantOut, Restriction, Holdback)
"""Burdens, of which a case may hold thousands; where one does not run it finds nothing."""

_OF_PARTS: Final = (Element, Guild, Performer)
"""What is in a part or was agreed on for it, of which a series may name thousands; elsewhere it
finds nothing."""


@dataclass(frozen=True)
class Decision:
    """What holds at every point of a cell."""

    cell: Cell
    status: str
    findings: tuple[Finding, ...]
    """What is left after opinions, of every status. Of burdens that stand for the same reason one
    at least; each of them in some cell, where its status is the worst in any."""
    payout: Payout = ()
    relied: frozenset[str] = frozenset()
    """Facts of the lines relied on, and opinions used."""

    @property
    def worst(self) -> list[Finding]:
        """The findings that make the status."""
        return [each for each in self.findings if each.status == self.status]

    @property
    def cleared(self) -> bool:
        return self.status in (CLEAR, CONDITIONAL)

    @property
    def labels(self) -> tuple[str, ...]:
        """The duties it depends on, as `code:detail`."""
        return tuple(sorted({each.duty.label for each in self.findings if each.duty}))


class _Part(NamedTuple):
    """A class of points cut by time, the burdens that stand for a time, and the facts that are
    weighed throughout or where they run."""

    cells: list[Cell]
    standing: Standing
    lasting: list[Fact]
    passing: list[Scoped]

    @property
    def work(self) -> int:
        """How many facts are weighed, summed up over the cells."""
        starts = [cell.start for cell in self.cells]
        running = (
            bisect_left(starts, end) - bisect_left(starts, start)
            for start, end in map(running_of, self.passing)
        )
        return len(starts) * (1 + len(self.lasting)) + sum(max(each, 0) for each in running)


def _is_lasting(fact: Fact, point: Point) -> bool:
    if isinstance(fact, _OF_PARTS):
        return point.part in fact.parts
    return not isinstance(fact, _PASSING)


def _concerns(fact: Scoped, point: Point) -> bool:
    """Whether it matters at that point when the fact runs."""
    return reaches(fact, point) and any(
        reach[point.country] is not None for reach in fact.territory.reaches
    )


@dataclass
class Judge:
    """Decides the points of one case."""

    case: Case

    def __post_init__(self) -> None:
        facts = self.case.facts
        self._limits = limits_of(self.case)
        self._deeds = deeds_of(facts, strict=self.case.tables.strict)
        self._opinions = [
            fact for fact in facts if isinstance(fact, Opinion) and fact.signed <= self.case.as_of
        ]
        by_id = {fact.id: fact for fact in facts}
        self._title = Titles(self.case.request, by_id, self.case.tables)
        self._burdens = Burdens(self.case)
        # What changes its countries with time can be sure at one instant and not at another.
        self._alone = {
            fact.id: self._burdens.alone(fact)
            for fact in facts
            if isinstance(fact, Scoped) and len(fact.territory.instants) == 1
        }
        self._likeness = Likeness(self.case, self._limits)

    def decisions(self) -> Iterator[Decision]:
        """A decision for every requested point, class by class."""
        for part in self._parts():
            passing = Running(part.passing)
            for cell in part.cells:
                yield self._decide(cell, [*part.lasting, *passing.at(cell.start)], part.standing)

    def _parts(self) -> list[_Part]:
        """The classes of points with what is to be weighed there. Raises CaseError for too many."""
        request = self.case.request
        # A cap counts licences wherever they are, from instant to instant.
        caps = [fact for fact in self.case.facts if isinstance(fact, Cap)]
        counted = any(self._alone.get(cap.id) is None for cap in caps)
        parts: list[_Part] = []
        work = 0
        for column in columns(self.case, request.start, request.end):
            point = column.point
            standing, facts = self._apart(point)
            scoped = [
                fact
                for fact in facts
                if isinstance(fact, Scoped) and (counted or _concerns(fact, point))
            ]
            cuts = cuts_of(scoped, self._limits).union(standing.cuts(), self._counted(scoped))
            parts.append(
                _Part(
                    list(stretches(column, request.territory, cuts)),
                    standing,
                    [fact for fact in facts if _is_lasting(fact, point)],
                    [fact for fact in scoped if isinstance(fact, _PASSING)],
                )
            )
            work += parts[-1].work
            if work > MOST_WORK:
                raise CaseError("$.facts", "tell too many points of the request apart")
        return parts

    def _apart(self, point: Point) -> tuple[Standing, list[Fact]]:
        """The burdens that stand for a time and depend on nothing else, and the other facts."""
        spans: list[Span] = []
        others: list[Fact] = []
        for fact in self.case.facts:
            found = self._alone.get(fact.id)
            if found is None or not isinstance(fact, Scoped):
                others.append(fact)
                continue
            told = cover(fact, point._replace(instant=fact.start))
            if told.maybe:
                others.append(fact)
            elif told.holds:
                when = self._burdens.when(fact)
                spans += [Span(*stretch, each) for stretch in when for each in found]
        return Standing(spans), others

    def _counted(self, facts: Iterable[Scoped]) -> Iterator[int]:
        """Where these caps begin or cease to be reached."""
        for fact in facts:
            if isinstance(fact, Cap):
                yield from chain.from_iterable(self._burdens.reached(fact))

    def _decide(self, cell: Cell, facts: Sequence[Fact], standing: Standing) -> Decision:
        """`facts` are those that do not stand alone and may mean something at the cell."""
        point = cell.point
        covers = {fact.id: cover(fact, point) for fact in facts if isinstance(fact, Scoped)}
        opinions = [each for each in self._opinions if covers[each.id].sure]
        title = TitleAt.of(self._deeds, covers)
        judged = self._title.judge(title, opinions)
        settled = [judged.settled]
        if judged.usable:
            found = self._burdens.at(point, facts, covers, title)
            stand = standing.over(cell.start, cell.end)
            settled.append(settle(chain(found, stand), opinions))
            settled.extend(self._likeness.at(point, opinions))
        told = dict.fromkeys(each for one in settled for each in one.findings)
        if judged.usable:
            told |= dict.fromkeys(standing.untold(status_of(told), cell.start))
        findings = tuple(told)
        used = frozenset[str]().union(*(one.opinions for one in settled))
        return Decision(cell, status_of(findings), findings, judged.payout, judged.facts | used)
