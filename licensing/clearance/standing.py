"""Burdens that stand for a time and depend on nothing else, swept over in order of time.

A work may carry thousands of them, each with an end of its own. Where one ends and another of the
same kind still stands, nothing changes: so points are told apart only where a reason comes or goes.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from operator import attrgetter
from typing import NamedTuple

from catalog.scope.instants import ALWAYS, NEVER
from licensing.clearance.coverage import running
from licensing.clearance.facts import Scoped
from licensing.clearance.findings import Finding

type Stretch = tuple[int, int]
"""From an instant to another, half-open."""


class Span(NamedTuple):
    """What a burden finds from start to end."""

    start: int
    end: int
    found: Finding


class Standing:
    """The burdens of one class of points. Ask about stretches between its `cuts`, in order."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._coming = sorted(spans, key=attrgetter("start"), reverse=True)
        self._standing: dict[str, list[tuple[tuple[str, ...], int, Span]]] = {}
        self._untold: dict[str, list[Span]] = {}

    def cuts(self) -> Iterator[int]:
        """Where a reason begins or ceases to be found."""
        ends: dict[str, int] = {}
        for span in reversed(self._coming):
            end = ends.get(span.found.code)
            if end is None or span.start > end:
                yield span.start
                if end is not None:
                    yield end
            ends[span.found.code] = span.end if end is None else max(end, span.end)
        yield from ends.values()

    def over(self, begin: int, until: int) -> Iterator[Finding]:
        """What is found from begin to until: of each reason the finding that sorts first."""
        while self._coming and self._coming[-1].start < until:
            span = self._coming.pop()
            self._untold.setdefault(span.found.status, []).append(span)
            heap = self._standing.setdefault(span.found.code, [])
            heappush(heap, (span.found.ids, span.end, span))
        for heap in self._standing.values():
            while heap and heap[0][1] <= begin:
                heappop(heap)
            if heap:
                yield heap[0][2].found

    def untold(self, status: str, begin: int) -> Iterator[Finding]:
        """The others of that status, of what was asked about last; each is told once."""
        return (span.found for span in self._untold.pop(status, ()) if span.end > begin)


class Running[T: Scoped]:
    """Facts that mean nothing where they do not run. Ask about instants in order."""

    def __init__(self, facts: Iterable[T]) -> None:
        self._coming = sorted(facts, key=attrgetter("start"), reverse=True)
        self._begun: list[T] = []

    def at(self, instant: int) -> list[T]:
        """Those that run at that instant, maybe included."""
        while self._coming and self._coming[-1].start <= instant:
            self._begun.append(self._coming.pop())
        self._begun = [fact for fact in self._begun if running(fact)[1] > instant]
        return self._begun


def crowded(spans: Iterable[tuple[Stretch, str]], most: int) -> list[Stretch]:
    """When so many different parties, or more, have a span at one time; joined and in order."""
    changes: dict[int, list[tuple[str, int]]] = {}
    for (start, end), party in spans:
        if start < end:
            changes.setdefault(start, []).append((party, 1))
            changes.setdefault(end, []).append((party, -1))
    here: Counter[str] = Counter()
    found: list[Stretch] = []
    since: int | None = None if most else ALWAYS  # no licensee at all is as many as 0
    for instant in sorted(changes):
        for party, change in changes[instant]:
            here[party] += change
            if not here[party]:
                del here[party]
        if since is None and len(here) >= most:
            since = instant
        elif since is not None and len(here) < most:
            found.append((since, instant))
            since = None
    return found if since is None else [*found, (since, NEVER)]
