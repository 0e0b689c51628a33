"""Deciding a case: one decision for each class of points."""

from collections.abc import Iterator
from dataclasses import dataclass

from licensing.clearance.burdens import Burdens
from licensing.clearance.case import Case
from licensing.clearance.coverage import cover
from licensing.clearance.facts import Opinion, Scoped
from licensing.clearance.findings import Finding, settle, status_of
from licensing.clearance.joining import Payout, Titles
from licensing.clearance.likeness import Likeness, limits_of
from licensing.clearance.lines import TitleAt
from licensing.clearance.points import Cell, cells
from licensing.clearance.reasons import CLEAR, CONDITIONAL
from licensing.clearance.title import deeds_of


@dataclass(frozen=True)
class Decision:
    """What holds at every point of a cell."""

    cell: Cell
    status: str
    findings: tuple[Finding, ...]
    """What is left after opinions, of every status."""
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


@dataclass
class Judge:
    """Decides the points of one case."""

    case: Case

    def __post_init__(self) -> None:
        facts = self.case.facts
        self._limits = limits_of(self.case)
        self._deeds = deeds_of(facts)
        self._scoped = [fact for fact in facts if isinstance(fact, Scoped)]
        self._opinions = [
            fact for fact in facts if isinstance(fact, Opinion) and fact.signed <= self.case.as_of
        ]
        by_id = {fact.id: fact for fact in facts}
        self._title = Titles(self.case.request, by_id, self.case.tables)
        self._burdens = Burdens(self.case)
        self._likeness = Likeness(self.case, self._limits)

    def decisions(self) -> Iterator[Decision]:
        """A decision for every requested point, class by class."""
        request = self.case.request
        for cell in cells(self.case, self._limits, request.start, request.end):
            yield self._decide(cell)

    def _decide(self, cell: Cell) -> Decision:
        point = cell.point
        covers = {fact.id: cover(fact, point) for fact in self._scoped}
        opinions = [each for each in self._opinions if covers[each.id].sure]
        title = TitleAt.of(self._deeds, covers)
        judged = self._title.judge(title, opinions)
        settled = [judged.settled]
        if judged.usable:
            settled.append(settle(self._burdens.at(point, covers, title), opinions))
            settled.extend(self._likeness.at(point, opinions))
        findings = tuple(dict.fromkeys(each for one in settled for each in one.findings))
        used = frozenset[str]().union(*(one.opinions for one in settled))
        return Decision(cell, status_of(findings), findings, judged.payout, judged.facts | used)
