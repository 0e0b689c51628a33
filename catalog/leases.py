"""Holding a row while long work goes on: the lease is renewed beside it.

A worker that dies stops renewing, the lease runs out, and the next worker takes the row.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread

from django.db import DatabaseError, connections

LEASE = timedelta(minutes=3)
_RENEW_EVERY = LEASE / 3
log = logging.getLogger("edgecode.catalog")


@contextmanager
def kept(renew: Callable[[], object]) -> Iterator[None]:
    """Call `renew` every minute, in a thread of its own, until the context ends."""
    done = Event()

    def beat() -> None:
        try:
            while not done.wait(_RENEW_EVERY.total_seconds()):
                try:
                    renew()
                except DatabaseError:
                    log.exception("a lease was not renewed; trying again")
        finally:
            connections.close_all()  # this thread's own

    thread = Thread(target=beat, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def wait_after(attempts: int) -> timedelta:
    """Return how long to wait after the failure of that attempt: 20 seconds, then more, at most an
    hour."""
    return timedelta(seconds=min(3600, 5 * 4 ** min(attempts, 6)))
