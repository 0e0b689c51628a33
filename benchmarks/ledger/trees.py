"""The tree as files: building it, beside every other Python log; proofs out of it; its bytes."""

import os
import random
import shutil
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import aics_tlog
import pymerkle
from tlog_scales.writer import TilesWriter

from benchmarks.measure import Finding
from edgecode.log import merkle
from edgecode.log.folder import LogFolder
from edgecode.log.tiles import WIDTH, Tile, TileBuilder, encode_bundle

_BATCH = 20_480  # about as many as the sequencer takes at a time
_PEERS_MAX = 100_000  # the slowest takes ten seconds for them
_ROUNDS = 3
_PROOFS = 2000
_PAYLOAD = 300


def measure(folder: Path, size: int) -> list[Finding]:
    """Return what building `size` entries, and proofs out of them, cost."""
    return [*_build(folder, min(size, _PEERS_MAX)), *_large(folder / "large", size)]


def batches(size: int) -> Iterator[list[bytes]]:
    """Yield so many made-up entries of 300 bytes."""
    for start in range(0, size, _BATCH):
        yield [b"%0300d" % number for number in range(start, min(start + _BATCH, size))]


def build(path: Path, entries: Iterable[list[bytes]]) -> bytes:
    """Write tiles and bundles as the sequencer does; return the root."""
    log, builder = LogFolder(path), TileBuilder()
    for batch in entries:
        for at in range(0, len(batch), WIDTH):
            bundle = batch[at : at + WIDTH]
            tile = Tile(None, builder.size // WIDTH, len(bundle))
            log.write_tiles([(tile, encode_bundle(bundle))])
            log.write_tiles(list(builder.add(merkle.leaf_hashes(bundle))))
    log.write_tiles(list(builder.partial_tiles()))
    return builder.root()


def _aics(path: Path, entries: Iterable[list[bytes]]) -> bytes:
    writer = aics_tlog.IncrementalTileWriter(aics_tlog.DirectoryTileStore(path, fsync=False))
    for batch in entries:
        writer.append(batch)
    return writer.root()


def _scales(path: Path, entries: Iterable[list[bytes]]) -> bytes:
    writer = TilesWriter.create(path, "example.org/log")
    for batch in entries:
        for entry in batch:
            writer.add_leaf(entry)
        writer.commit([])
    return bytes(writer.reader.calculate_root_hash())


def _pymerkle(_path: Path, entries: Iterable[list[bytes]]) -> bytes:
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for batch in entries:
        for entry in batch:
            tree.append_entry(entry)
    return bytes(tree.get_state())


_BUILDERS: dict[str, Callable[[Path, Iterable[list[bytes]]], bytes]] = {
    "ours": build,
    "aics-tlog": _aics,
    "tlog-scales": _scales,
    "pymerkle, in memory": _pymerkle,
}


def _build(folder: Path, size: int) -> Iterator[Finding]:
    speeds: dict[str, list[float]] = {name: [] for name in _BUILDERS}
    made = list(batches(size))
    for _ in range(_ROUNDS):
        roots = set()
        for name, make in _BUILDERS.items():
            path = folder / "built"
            start = time.process_time()
            roots.add(make(path, made))
            speeds[name].append(size / (time.process_time() - start))
            shutil.rmtree(path, ignore_errors=True)
        assert len(roots) == 1, "these are different trees"
    for name, values in speeds.items():
        yield Finding(
            f"build {size:,}, {name}", f"{statistics.median(values):,.0f} entries per CPU second"
        )
    for name in list(_BUILDERS)[1:]:
        ratio = statistics.median(a / b for a, b in zip(speeds["ours"], speeds[name], strict=True))
        yield Finding(f"build, ours / {name}", f"{ratio:.2f}x", "more than 1x", ratio > 1)


def _large(path: Path, size: int) -> Iterator[Finding]:
    start = time.process_time()
    root = build(path, batches(size))
    speed = size / (time.process_time() - start)
    yield Finding(f"build {size:,}, ours", f"{speed:,.0f} entries per CPU second")
    published = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    beside = published / size - _PAYLOAD
    yield Finding("bytes an entry takes beside its own", f"{beside:.1f}", "below 40", beside < 40)
    os.sync()  # what is not on the disk yet cannot be forgotten
    log = CountingFolder(path)
    kept, reads = _proofs(log, size, root)
    yield Finding(
        f"a proof out of {size:,}, nothing kept", _quantiles(kept), "p99 below 5 ms", _p99(kept) < 5
    )
    log.is_cold = True
    cold, _ = _proofs(log, size, root)
    yield Finding("the same, each tile from the disk", _quantiles(cold))
    yield Finding("tiles read for it", f"at most {reads}", "at most 5", reads <= 5)
    shutil.rmtree(path)


def _proofs(log: "CountingFolder", size: int, root: bytes) -> tuple[list[float], int]:
    """Return the milliseconds that proofs from random places took, in order, and the most tiles
    that one of them read."""
    chance = random.Random(1)
    times, reads = [], []
    for number in range(_PROOFS):
        index, old = chance.randrange(size), chance.randrange(1, size)
        log.reads, log.aside = 0, 0.0
        began = time.perf_counter()
        proof = log.inclusion(index, size) if number % 2 else log.consistency(old, size)
        times.append((time.perf_counter() - began - log.aside) * 1000)
        reads.append(log.reads)
        if number % 2:
            merkle.verify_inclusion(merkle.leaf_hash(b"%0300d" % index), index, size, proof, root)
    return sorted(times), max(reads)


def _p99(times: list[float]) -> float:
    return times[int(0.99 * len(times))]


def _quantiles(times: list[float]) -> str:
    return f"p50 {statistics.median(times):.2f} ms  p99 {_p99(times):.2f} ms"


class CountingFolder(LogFolder):
    """A log that counts the tiles it reads. Where it `is_cold`, the system is made to forget each
    before, which takes the seconds in `aside`."""

    reads = 0
    aside = 0.0
    is_cold = False

    def read(self, tile: Tile) -> bytes:
        self.reads += 1
        if self.is_cold:
            began = time.perf_counter()
            _forget(self.path / tile.path)
            self.aside += time.perf_counter() - began
        return super().read(tile)


def _forget(path: Path) -> None:
    if hasattr(os, "posix_fadvise"):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
