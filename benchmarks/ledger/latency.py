"""How long a commit waits for the checkpoint that covers it, while events keep coming."""

import multiprocessing
import threading
import time
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from benchmarks.ledger.events import ACTOR, disconnect
from benchmarks.measure import Finding
from ledger import background, proofs
from ledger.append import NewEvent, append_many
from ledger.models import Entry

_EVENTS_A_SECOND = 500
_EVENTS_A_TRANSACTION = 5
_LIMIT = 0.25


def measure(seconds: float) -> list[Finding]:
    """Return the time from commit to published checkpoint at 500 events a second."""
    with _worker(), _watched() as published:
        commits = list(_commit(seconds))
        time.sleep(1)
    sizes = [size for size, _ in published]
    indices = dict(Entry.objects.filter(event__in=dict(commits)).values_list("event", "index"))
    waits = sorted(published[bisect_right(sizes, indices[event])][1] - at for event, at in commits)
    p50, p99 = (waits[int(part * (len(waits) - 1))] for part in (0.5, 0.99))
    rate = len(commits) / seconds
    return [
        Finding(
            f"commit to checkpoint, {rate:,.0f} events/s",
            f"p50 {p50 * 1000:.0f} ms  p99 {p99 * 1000:.0f} ms  n={len(waits):,}",
            "p99 below 250 ms",
            p99 < _LIMIT,
        )
    ]


def _commit(seconds: float) -> Iterator[tuple[int, float]]:
    """Yield the id of each event committed and when it was, at an even pace."""
    pause = _EVENTS_A_TRANSACTION / _EVENTS_A_SECOND
    begin = time.monotonic()
    for number in range(int(seconds / pause)):
        time.sleep(max(0, begin + number * pause - time.monotonic()))
        new = [
            NewEvent(kind="crate.moved", stream=f"crate:L{number % 100}-{part}", actor=ACTOR)
            for part in range(_EVENTS_A_TRANSACTION)
        ]
        with transaction.atomic():
            events = append_many(new)
        at = time.monotonic()
        for event in events:
            yield event.pk, at


@contextmanager
def _worker() -> Iterator[None]:
    """What `manage.py work` does for the log, in a process of its own."""
    disconnect()
    process = multiprocessing.get_context("fork").Process(target=_work, daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


def _work() -> None:
    for thread in background.start(threading.Event()):
        thread.join()


@contextmanager
def _watched() -> Iterator[list[tuple[int, float]]]:
    """Give a list that grows by (size, when) with every checkpoint, and is whole at the end."""
    seen: list[tuple[int, float]] = []
    stop = threading.Event()
    log, file = proofs.folder(), proofs.folder().path / "checkpoint"

    def watch() -> None:
        inode = 0
        while not stop.wait(0.001):
            if file.exists() and file.stat().st_ino != inode:
                inode = file.stat().st_ino
                seen.append((log.size(), time.monotonic()))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()
