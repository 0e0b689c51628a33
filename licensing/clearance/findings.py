"""What the engine finds at a point, and how opinions and competition settle it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from licensing.clearance.facts import Opinion
from licensing.clearance.reasons import CLEAR, ORDER, REASONS, SEVERITY


class Duty(NamedTuple):
    """What a conditional finding asks for."""

    code: str
    detail: str
    owner: str

    @property
    def label(self) -> str:
        return f"{self.code}:{self.detail}"


class Finding(NamedTuple):
    """A reason at a point: its status, the ids of the facts it comes from, whom it concerns."""

    code: str
    status: str
    ids: tuple[str, ...]
    party: str | None = None
    duty: Duty | None = None
    owners: tuple[str, ...] = ()
    """Who can confirm a broken title."""

    @property
    def key(self) -> "Key":
        return (ORDER[self.code], self.ids, self.party or "")


def finding(code: str, *ids: str, party: str | None = None) -> Finding:
    """A finding with the usual status of its code."""
    return Finding(code, REASONS[code].status, ids, party)


def conditional(code: str, fact: str, duty: Duty) -> Finding:
    return Finding(code, "CONDITIONAL", (fact,), duty=duty)


def reviews(codes: Iterable[str], fact: str) -> list[Finding]:
    """One finding for each review code of a fact that holds only maybe."""
    return [finding(code, fact) for code in sorted(codes, key=ORDER.__getitem__)]


def status_of(findings: Iterable[Finding]) -> str:
    """The worst status; CLEAR for none."""
    return max((each.status for each in findings), key=SEVERITY.__getitem__, default=CLEAR)


type Key = tuple[int, tuple[str, ...], str]
type Rank = tuple[int, int, list[int], list[Key]]


class Settled(NamedTuple):
    """Findings that are left, and the opinions that removed the others."""

    findings: tuple[Finding, ...]
    opinions: frozenset[str] = frozenset()

    @property
    def rank(self) -> Rank:
        """Least severe first, then fewest findings, then smallest ids; of reasons that tie, those
        that stand first, so that another name of a fact changes no reason."""
        keys = sorted(each.key for each in self.findings)
        codes = [code for code, *_ in keys]
        return (SEVERITY[status_of(self.findings)], len(keys), codes, keys)


def settle(findings: Iterable[Finding], opinions: Sequence[Opinion]) -> Settled:
    """The findings without repetition and without those a signed opinion removes."""
    left, used = [], set()
    for each in sorted(set(findings), key=lambda one: (one.key, one.duty or ())):
        solved = (op.id for op in opinions if op.resolves == each.code and op.about & set(each.ids))
        opinion = next(solved, None)
        if opinion is None:
            left.append(each)
        else:
            used.add(opinion)
    return Settled(tuple(left), frozenset(used))
