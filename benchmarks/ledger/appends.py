"""Business transactions that append one event each, beside the same with a counter row in them."""

import multiprocessing
import statistics
import time
from collections.abc import Callable

from django.db import connection, transaction

from benchmarks.ledger.events import ACTOR, disconnect
from benchmarks.measure import Finding
from ledger.append import append

CLIENTS = 16
_ROUNDS = 3


def measure(seconds: float) -> list[Finding]:
    """Return transactions a second of 16 clients, ours and with the counter."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_counter (one integer PRIMARY KEY, n bigint)")
        cursor.execute("INSERT INTO bench_counter VALUES (1, 0)")
        cursor.execute("CREATE TABLE bench_entry (n bigint PRIMARY KEY, event bigint UNIQUE)")
    ours, theirs = [], []
    for number in range(_ROUNDS):
        ours.append(_rate(_append, seconds, 2 * number))
        theirs.append(_rate(_append_and_count, seconds, 2 * number + 1))
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    return [
        Finding(f"append, {CLIENTS} clients", f"{statistics.median(ours):,.0f} transactions/s"),
        Finding("the same with a counter row", f"{statistics.median(theirs):,.0f} transactions/s"),
        Finding("append / with a counter row", f"{ratio:.2f}x", "at least 2x", ratio >= 2),
    ]


def _rate(act: Callable[[str], object], seconds: float, run: int) -> float:
    disconnect()
    fork = multiprocessing.get_context("fork")
    counts = fork.Queue()
    clients = [
        fork.Process(target=_client, args=[act, f"crate:R{run}-{number}", seconds, counts])
        for number in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    total = sum(counts.get(timeout=seconds + 60) for _ in clients)
    for client in clients:
        client.join()
    return float(total) / seconds


def _client(
    act: Callable[[str], object], stream: str, seconds: float, counts: "multiprocessing.Queue[int]"
) -> None:
    act(stream)  # connects
    done, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        act(stream)
        done += 1
    counts.put(done)
    disconnect()


def _append(stream: str) -> None:
    with transaction.atomic():
        append("crate.moved", stream=stream, actor=ACTOR)


def _append_and_count(stream: str) -> None:
    """The index in the same transaction, gapless: as late as can be, so that it waits least."""
    with transaction.atomic(), connection.cursor() as cursor:
        event = append("crate.moved", stream=stream, actor=ACTOR)
        cursor.execute(
            "WITH counted AS (UPDATE bench_counter SET n = n + 1 WHERE one = 1 RETURNING n)"
            " INSERT INTO bench_entry SELECT n, %s FROM counted",
            [event.pk],
        )
