"""Business transactions that append one event each, beside the same with a counter row in them.

The peer is our own `append` with one change in the database's function: in place of the queue
that the sequencer empties, a counter row gives the event its index. That is done last, so that the
row is locked for as short as can be.
"""

import multiprocessing
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from benchmarks.ledger.events import ACTOR, disconnect
from benchmarks.measure import Finding
from ledger import append_function
from ledger.append import append

CLIENTS = 16
_ROUNDS = 5
_TABLES = """
    CREATE TABLE bench_crate (name text PRIMARY KEY, moves bigint NOT NULL);
    CREATE TABLE bench_counter (one integer PRIMARY KEY, n bigint NOT NULL);
    INSERT INTO bench_counter VALUES (1, 0);
    CREATE TABLE bench_entry (n bigint PRIMARY KEY, event bigint NOT NULL UNIQUE);
"""
_COUNTER = """
    UPDATE bench_counter SET n = n + 1 WHERE one = 1 RETURNING n INTO found;
    INSERT INTO bench_entry VALUES (found, ids[1]);
"""


def measure(seconds: float) -> list[Finding]:
    """Return transactions a second of 16 clients, ours and with the counter."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
    ours, theirs = [], []
    for number in range(_ROUNDS):
        ours.append(_rate(seconds, f"A{number}"))
        with _counter():
            theirs.append(_rate(seconds, f"B{number}"))
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    return [
        Finding(f"append, {CLIENTS} clients", f"{statistics.median(ours):,.0f} transactions/s"),
        Finding("the same with a counter row", f"{statistics.median(theirs):,.0f} transactions/s"),
        Finding("append / with a counter row", f"{ratio:.2f}x", "at least 2x", ratio >= 2),
    ]


@contextmanager
def _counter() -> Iterator[None]:
    """Number the events by the counter row meanwhile, and queue none."""
    with connection.cursor() as cursor:
        cursor.execute(append_function.RECORD + _COUNTER + append_function.END)
    yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT n FROM bench_counter), (SELECT count(*) FROM bench_entry)")
        counted, entries = cursor.fetchone()
        assert counted == entries > 0
    append_function.create(connection)


def _rate(seconds: float, run: str) -> float:
    disconnect()
    fork = multiprocessing.get_context("fork")
    ready, counts = fork.Barrier(CLIENTS), fork.Queue()
    clients = [
        fork.Process(target=_client, args=[f"crate:{run}-{number}", seconds, ready, counts])
        for number in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    total = sum(counts.get(timeout=seconds + 60) for _ in clients)
    for client in clients:
        client.join()
    return float(total) / seconds


def _client(stream: str, seconds: float, ready: Any, counts: Any) -> None:
    """Move one crate as often as can be, and say how often that was."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_crate VALUES (%s, 0)", [stream])
    _move(stream)
    ready.wait()
    done, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        _move(stream)
        done += 1
    counts.put(done)
    disconnect()


def _move(stream: str) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("UPDATE bench_crate SET moves = moves + 1 WHERE name = %s", [stream])
        append("crate.moved", stream=stream, actor=ACTOR)
