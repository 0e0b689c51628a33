"""What the auditor's program costs: processor time and memory, with the rules and without."""

import hashlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Finding
from edgecode.log.tiles import WIDTH, decode_bundle, tile_at
from ledger.simulation.writer import simulate

_SEED = 5
_ROUNDS = 3
_ROUNDS_OF_MANY = 1  # where a round takes minutes
_MANY = 3_000_000
_MIB = 1 << 20


@dataclass(frozen=True)
class Cost:
    """Of one process: user and system time, and the most memory it held."""

    cpu_s: float
    peak_bytes: int


def measure(folder: Path, size: int) -> list[Finding]:
    """Return what audits of a made-up market of `size` entries cost."""
    log = folder / "market"
    simulate(log, entries=size, seed=_SEED)
    nothing, bare, full, hashing = list[Cost](), list[Cost](), list[Cost](), list[float]()
    for _ in range(_ROUNDS if size < _MANY else _ROUNDS_OF_MANY):
        nothing.append(_cost(["--help"]))
        hashing.append(_read_and_hash_twice(log, size))
        bare.append(_audit(log, folder / "state", "--no-rules"))
        full.append(_audit(log, folder / "state"))
    begin = statistics.median(cost.cpu_s for cost in nothing)
    ratio = statistics.median(
        (cost.cpu_s - begin) / twice for cost, twice in zip(bare, hashing, strict=True)
    )
    return [
        Finding("read entries and hash each twice", f"{_per_million(hashing, size):.2f} s CPU/M"),
        *_costs("audit without rules", bare, size),
        *_costs("audit", full, size, most=10),
        Finding("audit without rules / hash twice", f"{ratio:.2f}x", "at most 1.3x", ratio <= 1.3),
    ]


def _costs(
    what: str, costs: Sequence[Cost], size: int, most: float | None = None
) -> Iterator[Finding]:
    seconds = _per_million([cost.cpu_s for cost in costs], size)
    peak = max(cost.peak_bytes for cost in costs)
    yield Finding(
        f"{what} of {size:,}",
        f"{seconds:.2f} s CPU/M",
        None if most is None else f"below {most:g} s",
        None if most is None else seconds < most,
    )
    yield Finding(f"{what}, peak memory", f"{peak / _MIB:,.0f} MiB, {peak / size:,.0f} an entry")


def _per_million(seconds: Sequence[float], size: int) -> float:
    return statistics.median(seconds) / size * 1e6


def _audit(log: Path, state: Path, *options: str) -> Cost:
    """Audit as anybody would, start of the program and all."""
    state.unlink(missing_ok=True)
    policy, memory = str(log / "policy"), str(state)
    return _cost(["audit", str(log), "--policy", policy, "--state", memory, *options])


def _cost(arguments: Sequence[str]) -> Cost:
    program = Path(sys.executable).with_name("edgecode")
    process = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, "the audit found something, or could not be run"
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit)


def _read_and_hash_twice(log: Path, size: int) -> float:
    """Return the processor time that reading all bundles and hashing each entry twice takes: a
    tree has as many nodes as leaves. Finding where an entry ends is not counted."""
    sha256, aside = hashlib.sha256, 0.0
    began = time.process_time()
    for number in range(-(-size // WIDTH)):
        tile = tile_at(None, number, size)
        raw = (log / tile.path).read_bytes()
        paused = time.process_time()
        entries = decode_bundle(raw, tile.width)
        aside += time.process_time() - paused
        for entry in entries:
            sha256(entry).digest()
            sha256(entry).digest()
    return time.process_time() - began - aside
