"""Burdens that stand for a time and depend on nothing else, swept over in order of time.

A work may carry thousands of them, each with an end of its own. Where one ends and another of the
same kind still stands, nothing changes: so points are told apart only where a reason comes or goes.
"""

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from operator import attrgetter
from typing import NamedTuple

from licensing.clearance.findings import Finding


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
