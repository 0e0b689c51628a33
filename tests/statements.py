"""Which tests another database has to play, too: found out while they are played on the first.

`--note-statements=FOLDER` writes down, for each test, the shapes of the SQL that the product sent:
what a test asks for itself, to arrange or to look, says nothing of the product.
`--for-statements-of=FOLDER` then leaves out every test that would tell nothing new: it neither
commits from several threads or processes, as races do, nor sends a statement that no test before
it sends. A test of which nothing was noted, as one that was skipped, is played.
"""

import json
import math
import re
import shutil
import sys
import threading
import time
from collections import Counter
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from heapq import heapify, heappop, heappush
from pathlib import Path
from types import FrameType
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
_ROOT = Path(__file__).resolve().parents[1]


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
        if _sender() == "tests":
            return
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


def _sender() -> str:
    """Return the folder of whatever of ours sends a statement now: `licensing`; "" for Django."""
    frame: FrameType | None = sys._getframe(
        3
    )  # of whom called the cursor; `inspect` would take a hundredfold
    while frame is not None:
        if folder := _folder(frame.f_code.co_filename):
            return folder
        frame = frame.f_back
    return ""


@cache
def _folder(file: str) -> str:
    """Return the first folder of a file in this repository, "" for any other file."""
    path = Path(file)
    is_ours = path.is_relative_to(_ROOT) and "site-packages" not in path.parts
    return path.relative_to(_ROOT).parts[0] if is_ours else ""


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

    covering = set[str]()
    left = [(dearness(name), name) for name in set(names) - chosen]
    heapify(left)
    while left:
        was, name = heappop(left)
        now = dearness(name)  # no less than before: what it sends, others may send by now
        if now > was:
            heappush(left, (now, name))
        elif now < math.inf:
            covering.add(name)
            sent |= noted[name][2]
    senders = Counter(
        each for name in (chosen & noted.keys()) | covering for each in noted[name][2]
    )
    # What was chosen early may send nothing that those after it do not.
    for name in sorted(covering, key=lambda name: -noted[name][0]):
        if all(senders[each] > 1 for each in noted[name][2]):
            covering.remove(name)
            senders.subtract(noted[name][2])
    return chosen | covering


def clear(folder: Path) -> None:
    """Forget what an earlier run has noted."""
    shutil.rmtree(folder, ignore_errors=True)
