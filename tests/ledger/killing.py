"""Kills sequencers and writers, again and again, and looks what the world then sees."""

import contextlib
import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgecode.log import notes
from edgecode.log.checkpoints import Checkpoint
from edgecode.log.folder import LogFolder
from edgecode.log.leaf import parse
from edgecode.log.verify import Report, verify_log
from tests.ledger import standalone
from tests.ledger.standalone import POINTS

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE_SECONDS = 60
# Starting Python and Django takes ten times as long as what is tested: most processes are forked
# from one that has loaded them and does nothing else.
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(
    ["django.core.management", "django.http", "edgecode.log.verify", "psycopg", "sqlparse"]
)


class Forked:
    """A process of `standalone` that was forked; it is spoken to as a Popen is."""

    def __init__(self, var_dir: Path, database: dict[str, Any] | None, *arguments: str) -> None:
        named = f"{random.getrandbits(64):x}"
        self._said, self._errors = var_dir / f"said-{named}", var_dir / f"errors-{named}"
        self._process = _forks.Process(
            target=standalone.forked,
            args=(self._said, self._errors, var_dir, database, *arguments),
        )
        self._process.start()

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def poll(self) -> int | None:
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        self._process.join(timeout)
        said, errors = (
            file.read_text() if file.exists() else "" for file in (self._said, self._errors)
        )
        if self.returncode is not None:
            self._said.unlink(missing_ok=True)
            self._errors.unlink(missing_ok=True)
        return said, errors


@dataclass(frozen=True, slots=True)
class Restart:
    """How long after the start of the program a checkpoint was out, and what of that it computed
    itself: on a busy machine most is waiting for its turn."""

    seconds: float
    cpu_seconds: float


type Process = Forked | subprocess.Popen[str]


@dataclass
class Site:
    """A ledger in `var_dir`, in SQLite there or in `database`."""

    var_dir: Path
    database: dict[str, Any] | None = None
    kills: Counter[str] = field(default_factory=Counter)
    restarts: list["Restart"] = field(default_factory=list)
    seen: list[Checkpoint] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def log(self) -> LogFolder:
        return LogFolder(self.var_dir / "ledger")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DJANGO", "COV"))
        }
        if self.database:
            kept["CRASH_DATABASE"] = json.dumps(self.database)
        return subprocess.Popen(
            [sys.executable, "-m", "tests.ledger.standalone", str(self.var_dir), *arguments],
            cwd=ROOT,
            env=kept,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> str:
        out, errors = Forked(self.var_dir, self.database, *arguments).communicate(timeout=120)
        assert out, errors
        return out.strip()

    def look(self) -> Checkpoint:
        """Return the published checkpoint: signed, whole, and grown out of all that were seen."""
        key = notes.parse_vkey((self.log.path / "log.vkey").read_text())
        checkpoint = notes.open_checkpoint(self.log.checkpoint() or "", key)
        assert self.log.root(checkpoint.size) == checkpoint.root
        assert not self.seen or checkpoint.size >= self.seen[-1].size
        for earlier in self.seen[-20:]:
            assert self.log.root(earlier.size) == earlier.root, (earlier, checkpoint)
        if not self.seen or checkpoint != self.seen[-1]:
            self.seen.append(checkpoint)
        return checkpoint

    def torment(self, kills: int, seed: int) -> None:
        """Kill so many times, between looks: at named points and at random, sequencers and
        sometimes the writers, with one sequencer or two."""
        chance = random.Random(seed)
        points = list(POINTS)
        writers = Forked(self.var_dir, self.database, "write")
        try:
            with self._watched():
                for number in range(kills):
                    point = points[number // 2 % len(points)] if number % 2 == 0 else "random"
                    self._start_and_kill(point, chance)
                    self.look()
                    if chance.random() < 0.1:
                        _end(writers)
                        self.kills["writers"] += 1
                        writers = Forked(self.var_dir, self.database, "write")
        finally:
            _end(writers)

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        """Meanwhile keep every note that is published, however shortly; settle() judges them."""
        done = threading.Event()

        def watch() -> None:
            while not done.wait(0.002):
                note = self.log.checkpoint()
                if note and (not self.notes or note != self.notes[-1]):
                    self.notes.append(note)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()

    def _start_and_kill(self, point: str, chance: random.Random) -> None:
        """Kill a sequencer at a named point or at random; now and then, a second one goes on.

        One in five of those at random is a whole start of the program, and is timed.
        """
        arguments = [point, str(chance.randint(1, 3))] if point != "random" else []
        fate = chance.random()
        if point == "random" and fate < 0.2:
            with self.running("sequence") as whole:
                self.restarts.append(self._kill(whole, point, chance))
        elif fate < 0.8:
            with self.forked("sequence", *arguments) as process:
                self._kill(process, point, chance)
        else:
            with self.forked("sequence"), self.forked("sequence", *arguments) as process:
                self._kill(process, point, chance)

    def _kill(self, process: Process, point: str, chance: random.Random) -> Restart:
        """Return how long a checkpoint took to come; nothing at a named point."""
        started, size, restart = time.monotonic(), self.log.size(), Restart(0, 0)
        deadline = started + _PATIENCE_SECONDS
        if point == "random":
            while self.log.size() == size:
                assert process.poll() is None, process.communicate()[1]
                assert time.monotonic() < deadline, "no checkpoint follows a restart"
                time.sleep(0.005)
            restart = Restart(time.monotonic() - started, _cpu_seconds(process.pid))
            time.sleep(chance.random() / 5)
            process.kill()
        _, errors = process.communicate(timeout=_PATIENCE_SECONDS)
        assert process.returncode == -signal.SIGKILL, (point, errors)
        self.kills[point] += 1
        return restart

    @contextlib.contextmanager
    def running(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        process = self.start(*arguments)
        try:
            yield process
        finally:
            _end(process)

    @contextlib.contextmanager
    def forked(self, *arguments: str) -> Iterator[Forked]:
        process = Forked(self.var_dir, self.database, *arguments)
        try:
            yield process
        finally:
            _end(process)

    def settle(self) -> Report:
        """Let what is left be published; return what an audit of the whole finds, having held
        it against what the writers know to have committed."""
        size = int(self.run("advance"))
        report = verify_log(self.log.path, (self.log.path / "log.vkey").read_text())
        assert report.ok, report.problems
        assert report.entries == size
        logged = {
            f"{leaf.stream}@{leaf.stream_version}"
            for bundle in range(-(-size // 256))
            for leaf in map(parse, self.log.entries(bundle, size))
        }
        assert len(logged) == size
        committed = set((self.var_dir / "committed").read_text().split("\n")[:-1])
        assert committed <= logged, committed - logged
        self._judge_notes()
        return report

    def _judge_notes(self) -> None:
        """Every note that was ever published is signed, no smaller than the one before it, and of
        a tree that the final one begins with."""
        key = notes.parse_vkey((self.log.path / "log.vkey").read_text())
        published = [notes.open_checkpoint(note, key) for note in self.notes]
        sizes = [checkpoint.size for checkpoint in published]
        assert sizes == sorted(sizes)
        roots = {checkpoint.size: self.log.root(checkpoint.size) for checkpoint in published}
        for checkpoint in [*published, *self.seen]:
            root = roots.get(checkpoint.size) or self.log.root(checkpoint.size)
            assert root == checkpoint.root, checkpoint

    def summary(self) -> str:
        """Return in two lines what was done and how it went."""
        kills = ", ".join(f"{point} {count}" for point, count in sorted(self.kills.items()))
        seconds = [restart.seconds for restart in self.restarts]
        cpu_seconds = [restart.cpu_seconds for restart in self.restarts]
        return (
            f"{sum(self.kills.values())} kills ({kills}), {len(self.notes)} checkpoints published,"
            f" {self.log.size()} entries: no fork, no gap, nothing lost\n"
            f"{len(seconds)} starts of the program to the next checkpoint: {_spread(seconds)}"
            f" (of the processor: {_spread(cpu_seconds)})"
        )


def _spread(seconds: list[float]) -> str:
    ordered = sorted(seconds) or [0.0]
    p50, p99 = (ordered[int(part * (len(ordered) - 1))] for part in (0.5, 0.99))
    return f"p50 {p50:.2f} s, p99 {p99:.2f} s, most {ordered[-1]:.2f} s"


def _cpu_seconds(pid: int) -> float:
    """Return what a running process has computed so far; 0 where the system does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _end(process: Process) -> None:
    process.kill()
    process.communicate()
