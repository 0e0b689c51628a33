"""Showing what the demo does: a line a step, with a moving part on a terminal."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_FRAMES = "|/-\\"


class Progress:
    """Numbered steps on standard output. Without a terminal, one plain line when each ends."""

    def __init__(self) -> None:
        self._number = 0
        self._live = sys.stdout.isatty()
        self._detail = ""

    @contextmanager
    def step(self, text: str) -> Iterator["Progress"]:
        """Show a step while its block runs; `detail` adds to its line."""
        self._number += 1
        self._detail = ""
        began = time.monotonic()
        done = threading.Event()
        spinner = threading.Thread(target=self._spin, args=(text, done), daemon=True)
        if self._live:
            spinner.start()
        mark = "failed"
        try:
            yield self
            mark = "ok"
        finally:
            done.set()
            if self._live:
                spinner.join()
            self._line(mark, text, f"{time.monotonic() - began:5.1f} s")
            print(flush=True)

    def detail(self, text: str) -> None:
        """Say how far the running step is."""
        self._detail = text

    def failed(self, text: str) -> None:
        print(f"\nThe demo stopped: {text}", file=sys.stderr, flush=True)

    def _spin(self, text: str, done: threading.Event) -> None:
        turn = 0
        while not done.wait(0.1):
            self._line(f" {_FRAMES[turn % 4]}", text, "")
            turn += 1

    def _line(self, mark: str, text: str, end: str) -> None:
        start = "\r\033[K" if self._live else ""
        tail = f"  {self._detail}" if self._detail else ""
        print(f"{start}{mark:>6}  {self._number:2d}  {text:<62} {end}{tail}", end="", flush=True)
