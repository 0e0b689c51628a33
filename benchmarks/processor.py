"""Processor time of a server's side, to the microsecond: read from Linux's /proc."""

from collections.abc import Iterable
from pathlib import Path

from django.db import connection


class Meter:
    """Adds up what some processes and the database's connections have worked."""

    def __init__(self, processes: Iterable[int]) -> None:
        self._processes = list(processes)

    def worked_ms(self) -> float:
        """Return the processor time until now, of threads that have not ended."""
        return sum(map(_of_process, [*self._processes, *_backends()])) / 1e6


def _of_process(process: int) -> int:
    threads = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads)


def _backends() -> list[int]:
    """Return PostgreSQL's processes for connections but this one; of SQLite there are none."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        return [pid for (pid,) in cursor.fetchall()]
