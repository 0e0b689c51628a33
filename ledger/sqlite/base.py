"""How long, and how often, a connection to SQLite looks whether it may write.

SQLite has one writer at a time and no queue: who finds it busy sleeps and looks again. By itself it
looks ten times a second, so a worker that writes batch after batch keeps out whoever else has a
word to write, until that one gives up. Here somebody whose answer is waited for looks often. Who
can wait (`giving_way`) looks seldom, until the wait was long, and pauses between its transactions.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db.backends.sqlite3 import base

# To whoever asked, this is a long time; with the same again, a server's threads would all wait.
MOST_SECONDS: Final = 20.0
MOST_SECONDS_GIVING_WAY: Final = 300.0
_OFTEN_SECONDS: Final = 0.005
_SELDOM_SECONDS: Final = 0.1
# Who has waited for so long goes first, too.
_ENOUGH_SECONDS: Final = 5.0
# Ten looks of those who look often; a busy machine wakes them late.
_PAUSE_SECONDS: Final = 0.05

_thread = threading.local()


@contextmanager
def giving_way() -> Iterator[None]:
    """Let others write before this thread, until the context ends; but not for ever."""
    before, _thread.gives_way = _gives_way(), True
    try:
        yield
    finally:
        _thread.gives_way = before


class Cursor(base.SQLiteCursorWrapper):
    """Waits while the database is busy; `executemany` does not: use it within a transaction."""

    def execute(self, query: Any, params: Any = None) -> Any:
        return _patiently(lambda: base.SQLiteCursorWrapper.execute(self, query, params))


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, with cursors that wait as above."""

    def create_cursor(self, name: Any = None) -> Any:
        return self.connection.cursor(factory=Cursor)

    def get_new_connection(self, conn_params: Any) -> Any:
        connection = super().get_new_connection(conn_params)
        # From here on the cursor waits, not SQLite.
        connection.execute("PRAGMA busy_timeout = 0")
        return connection

    def _start_transaction_under_autocommit(self) -> None:
        since = time.monotonic() - getattr(_thread, "wrote_at", 0.0)
        if _gives_way() and since < _PAUSE_SECONDS:
            time.sleep(_PAUSE_SECONDS - since)
        super()._start_transaction_under_autocommit()  # type: ignore[misc]  # no stub

    def _commit(self) -> Any:
        try:
            return super()._commit()  # type: ignore[misc]  # no stub
        finally:
            _thread.wrote_at = time.monotonic()


def _gives_way() -> bool:
    return bool(getattr(_thread, "gives_way", False))


def _patiently[T](act: Callable[[], T]) -> T:
    began = time.monotonic()
    most = MOST_SECONDS_GIVING_WAY if _gives_way() else MOST_SECONDS
    while True:
        try:
            return act()
        except sqlite3.OperationalError as error:
            waited = time.monotonic() - began
            if not _may_pass(error) or waited >= most:
                raise
            is_first = not _gives_way() or waited >= _ENOUGH_SECONDS
            time.sleep(_OFTEN_SECONDS if is_first else _SELDOM_SECONDS)


def _may_pass(error: sqlite3.OperationalError) -> bool:
    """Return whether another try may succeed. A question that is still open while others write can
    never become a change (SQLITE_BUSY_SNAPSHOT)."""
    return error.sqlite_errorcode in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_RECOVERY}
