"""From committed events to a published checkpoint, beside what the database takes for its part."""

import statistics
import time

from django.db import connection

from benchmarks.ledger.events import fill, number_and_read_by_hand
from benchmarks.measure import Finding
from ledger import sequencer

_ROUNDS = 3
_TARGET = {"postgresql": 25_000, "sqlite": 100_000}


def measure(count: int) -> list[Finding]:
    """Return how many events a second are numbered, built, signed and published."""
    fill(1000)
    sequencer.advance()
    ours, theirs, cpu = [], [], []
    for _ in range(_ROUNDS):
        fill(count)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        start = time.perf_counter()
        assert number_and_read_by_hand() == count
        theirs.append(count / (time.perf_counter() - start))
        start, began = time.perf_counter(), time.process_time()
        sequencer.advance()
        ours.append(count / (time.perf_counter() - start))
        cpu.append(count / (time.process_time() - began))
    speed, target = statistics.median(ours), _TARGET[connection.vendor]
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    return [
        Finding("the database's own part, in bulk", f"{statistics.median(theirs):,.0f} events/s"),
        Finding(
            "sequence, integrate, publish",
            f"{speed:,.0f} events/s",
            f"{target:,} or 0.8x",
            speed >= target or ratio >= 0.8,
        ),
        Finding("the same / the database's own part", f"{ratio:.2f}x"),
        Finding("the same, of this process alone", f"{statistics.median(cpu):,.0f} per CPU second"),
    ]
