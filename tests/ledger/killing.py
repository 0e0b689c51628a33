"""Kills sequencers and writers, again and again, and looks what the world then sees."""

import contextlib
import json
import os
import random
import signal
import statistics
import subprocess
import sys
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
from tests.ledger.standalone import POINTS

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE_SECONDS = 60


@dataclass
class Site:
    """A ledger in `var_dir`, in SQLite there or in `database`."""

    var_dir: Path
    database: dict[str, Any] | None = None
    kills: Counter[str] = field(default_factory=Counter)
    restarts: list[float] = field(default_factory=list)
    seen: list[Checkpoint] = field(default_factory=list)

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
        out, errors = self.start(*arguments).communicate(timeout=120)
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
        writers = self.start("write")
        try:
            for number in range(kills):
                point = points[number // 2 % len(points)] if number % 2 == 0 else "random"
                arguments = [point, str(chance.randint(1, 3))] if point != "random" else []
                with self._another(chance), self.running("sequence", *arguments) as process:
                    self._kill(process, point, chance)
                self.look()
                if chance.random() < 0.1:
                    _end(writers)
                    self.kills["writers"] += 1
                    writers = self.start("write")
        finally:
            _end(writers)

    def _kill(self, process: subprocess.Popen[str], point: str, chance: random.Random) -> None:
        started, size = time.monotonic(), self.log.size()
        deadline = started + _PATIENCE_SECONDS
        if point == "random":
            while self.log.size() == size:
                assert process.poll() is None, process.communicate()[1]
                assert time.monotonic() < deadline, "no checkpoint follows a restart"
                time.sleep(0.005)
            self.restarts.append(time.monotonic() - started)
            time.sleep(chance.random() / 5)
            process.send_signal(signal.SIGKILL)
        _, errors = process.communicate(timeout=_PATIENCE_SECONDS)
        assert process.returncode == -signal.SIGKILL, (point, errors)
        self.kills[point] += 1

    @contextlib.contextmanager
    def _another(self, chance: random.Random) -> Iterator[None]:
        """Now and then a second sequencer, which goes on."""
        if chance.random() < 0.8:
            yield
            return
        with self.running("sequence"):
            yield

    @contextlib.contextmanager
    def running(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        process = self.start(*arguments)
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
        for checkpoint in self.seen:
            assert self.log.root(checkpoint.size) == checkpoint.root
        return report

    def summary(self) -> str:
        """Return in two lines what was done and how it went."""
        kills = ", ".join(f"{point} {count}" for point, count in sorted(self.kills.items()))
        ordered = sorted(self.restarts) or [0.0]
        return (
            f"{sum(self.kills.values())} kills ({kills}), {len(self.seen)} checkpoints seen,"
            f" {self.log.size()} entries: no fork, no gap, nothing lost\n"
            f"restart to next checkpoint: median {statistics.median(ordered):.2f} s,"
            f" p95 {ordered[int(0.95 * (len(ordered) - 1))]:.2f} s, most {ordered[-1]:.2f} s"
        )


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()
