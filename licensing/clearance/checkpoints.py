"""The status of trained models: was all training covered by licences to the group?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from licensing.clearance.case import Case, Checkpoint
from licensing.clearance.coverage import Point, cover
from licensing.clearance.facts import GrantOut, Opinion
from licensing.clearance.findings import Settled, finding, reviews, settle
from licensing.clearance.joining import nearest
from licensing.clearance.lines import Failure
from licensing.clearance.points import cells
from licensing.clearance.reasons import BLOCKED, CLEAR, ORDER, PARTIAL, REVIEW
from licensing.clearance.verdict import ENGINE, Verdict

_LICENSED = "licensed"
_UNLICENSED = "unlicensed"
_MIXED = "mixed"
_UNSURE = "review"


@dataclass
class _Training:
    """What was found at the points of a request for the status of models."""

    case: Case
    grants: Sequence[GrantOut]
    opinions: Sequence[Opinion]
    reasons: set[str] = field(default_factory=set)
    because: set[str] = field(default_factory=set)
    relied: set[str] = field(default_factory=set)

    def status(self, checkpoint: Checkpoint) -> str:
        points = [cell.point for cell in cells(self.case, {}, checkpoint.start, checkpoint.end)]
        answers = {self._point(point) for point in points}
        if _UNSURE in answers:
            return _UNSURE
        return answers.pop() if len(answers) == 1 else _MIXED

    def _point(self, point: Point) -> str:
        opinions = [each for each in self.opinions if cover(each, point).sure]
        ways: list[tuple[Settled, str]] = []
        failures: list[Failure] = []
        for grant in self.grants:
            result = cover(grant, point)
            if result.holds:
                ways.append((settle(reviews(result.maybe, grant.id), opinions), grant.id))
            else:
                failures.append(Failure(result.step, result.code, grant.id))
        if ways:
            best, name = min(ways, key=lambda way: (way[0].rank, way[1]))
            self._note(best)
            if not best.findings:
                self.relied |= {name} | best.opinions
            return _UNSURE if best.findings else _LICENSED
        self._note(settle([nearest(failures) if failures else finding("NO_GRANT")], opinions))
        return _UNLICENSED

    def _note(self, settled: Settled) -> None:
        for each in settled.findings:
            self.reasons.add(each.code)
            self.because.update(each.ids)


def checkpoint_verdict(case: Case, checkpoints: Iterable[Checkpoint]) -> Verdict:
    """The verdict on a request that asks for the status of trained models."""
    grants = [
        fact
        for fact in case.facts
        if isinstance(fact, GrantOut) and fact.to in case.request.group and fact.in_force
    ]
    opinions = [
        fact for fact in case.facts if isinstance(fact, Opinion) and fact.signed <= case.as_of
    ]
    training = _Training(case, grants, opinions)
    statuses = {each.id: training.status(each) for each in checkpoints}
    word = _word(set(statuses.values()))
    return {
        "verdict": word,
        "reasons": sorted(training.reasons, key=ORDER.__getitem__) or ["OK"],
        "cleared": [],
        "blocked": [],
        "review": [],
        "conditions": [],
        "repairs": [],
        "because": sorted(training.relied if word == CLEAR else training.because),
        "payout_shares": {},
        "checkpoints": statuses,
        "basis": list(case.basis),
        "engine": ENGINE,
    }


def _word(statuses: set[str]) -> str:
    if _UNSURE in statuses:
        return REVIEW
    if statuses == {_LICENSED}:
        return CLEAR
    return BLOCKED if statuses == {_UNLICENSED} else PARTIAL
