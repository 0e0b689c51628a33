"""Which tests another database has to play, too: found out while they are played on the first.

`--note-statements=FOLDER` writes down, for each test, the shapes of the SQL that it sent.
`--for-statements-of=FOLDER` then leaves out every test that would tell nothing new: it neither
commits from several threads or processes, as races do, nor sends a statement that no test before
it sends. A test of which nothing was noted, as one that was skipped, is played.
"""

import json
import math
import re
import shutil
import threading
import time
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from heapq import heapify, heappop, heappush
from pathlib import Path
from typing import Any

import pytest
from django.db.backends.utils import CursorWrapper

_SHAPED = [
    # However many rows and parameters there are, the statement is the same.
    (re.compile(r"\b\d+\b"), "%s"),
    (re.compile(r"%s(?:, ?%s)+"), "%s"),
    (re.compile(r"\(%s\)(?:, ?\(%s\))+"), "(%s)"),
    (re.compile(r"(?:WHEN .{0,120}? THEN \S+ ?)+"), "WHEN "),
]
_SAYS_NOTHING = re.compile(r"(?:RELEASE |ROLLBACK TO )?SAVEPOINT ")


@dataclass
class Noted:
    """What one test sent: the shapes of its statements, and from which threads."""

    skipped: bool = False

    shapes: set[str] = field(default_factory=set)
    threads: set[int] = field(default_factory=set)


class Notes:
    """The pytest plugin that writes a line of JSON for each test."""

    def __init__(self, path: Path) -> None:
        self._path, self._now, self._known = path, Noted(), dict[str, str]()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._listen("execute")
        self._listen("executemany")

    def _listen(self, name: str) -> None:
        sent = getattr(CursorWrapper, name)

        def noted(wrapper: CursorWrapper, sql: Any, *rest: Any) -> Any:
            self._note(str(sql))
            return sent(wrapper, sql, *rest)

        setattr(CursorWrapper, name, noted)

    def _note(self, sql: str) -> None:
        if _SAYS_NOTHING.match(sql):
            return
        self._now.threads.add(threading.get_ident())
        if sql not in self._known:
            self._known[sql] = shape(sql)
        self._now.shapes.add(self._known[sql])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._now.skipped |= report.skipped

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._now, began = Noted(), time.monotonic()
        played = yield
        now, took = self._now, time.monotonic() - began
        if now.skipped:
            return played
        line = [item.nodeid, took, is_race(item, now), sorted(now.shapes)]
        with self._path.open("a") as file:
            file.write(json.dumps(line) + "\n")
        return played


def shape(sql: str) -> str:
    """Return what all statements have in common that differ in their values only."""
    for pattern, by in _SHAPED:
        sql = pattern.sub(by, sql)
    return sha256(sql.encode()).hexdigest()[:16]


def is_race(item: pytest.Item, noted: Noted) -> bool:
    """Return whether the test commits, and from several threads, or beside processes."""
    fixtures = set(getattr(item, "fixturenames", ()))
    mark = item.get_closest_marker("django_db")
    commits = mark is not None and mark.kwargs.get("transaction", False)
    if not commits and fixtures.isdisjoint({"transactional_db", "live_server"}):
        return False
    starts = {"multiprocessing", "tests.processes", "tests.ledger.killing"}
    uses = {getattr(value, "__module__", "") for value in vars(_module(item)).values()}
    uses |= {getattr(value, "__name__", "") for value in vars(_module(item)).values()}
    # The server that a test speaks with has threads of its own, which is no race yet.
    return not starts.isdisjoint(uses) or (len(noted.threads) > 1 and "live_server" not in fixtures)


def _module(item: pytest.Item) -> Any:
    return getattr(item, "module", item)


def telling(items: Iterable[pytest.Item], folder: Path) -> set[str]:
    """Return the ids of the tests that tell something new: the cheapest for what they send."""
    noted: dict[str, tuple[float, bool, set[str]]] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            name, took, race, shapes = json.loads(line)
            noted[name] = (took, race, set(shapes))
    names = [item.nodeid for item in items]
    chosen = {name for name in names if name not in noted or noted[name][1]}
    sent = set[str]().union(*(noted[name][2] for name in chosen & noted.keys()))

    def dearness(name: str) -> float:
        """Return how long the test takes for each statement that it is the first to send."""
        took, _, shapes = noted[name]
        return (took + 0.1) / new if (new := len(shapes - sent)) else math.inf

    left = [(dearness(name), name) for name in set(names) - chosen]
    heapify(left)
    while left:
        was, name = heappop(left)
        now = dearness(name)  # no less than before: what it sends, others may send by now
        if now > was:
            heappush(left, (now, name))
        elif now < math.inf:
            chosen.add(name)
            sent |= noted[name][2]
    return chosen


def clear(folder: Path) -> None:
    """Forget what an earlier run has noted."""
    shutil.rmtree(folder, ignore_errors=True)
