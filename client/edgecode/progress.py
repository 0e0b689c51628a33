"""How far a transfer is, on a terminal."""

import sys
import time
from threading import Lock

from edgecode.audit.words import plain


class Progress:
    """One line on a terminal that says how far it is; nothing elsewhere."""

    def __init__(self, name: str, size: int) -> None:
        self._name, self._size, self._done, self._lock = name, size, 0, Lock()
        self._began, self._before = 0.0, 0
        self._is_shown = sys.stderr.isatty()

    def begin(self) -> None:
        self._began, self._before = time.monotonic(), self._done

    def add(self, count: int) -> None:
        with self._lock:
            self._done += count
            if self._is_shown and self._began:
                self._show()

    def end(self) -> None:
        if self._is_shown:
            sys.stderr.write("\n")

    def _show(self) -> None:
        seconds = max(0.001, time.monotonic() - self._began)
        rate = max(1.0, (self._done - self._before) / seconds)
        minutes, left = divmod(round((self._size - self._done) / rate), 60)
        percent = 100 * self._done // max(1, self._size)
        line = f"{percent:3} %  {rate / 1e6:.1f} MB/s  {minutes}:{left:02} left"
        sys.stderr.write(f"\r{plain(self._name)}  {line}\x1b[K")
        sys.stderr.flush()
