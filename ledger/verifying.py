"""The whole published history, re-checked from bytes: every shard, and that each goes on from the
one before it."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edgecode.log.folder import LogFolder
from edgecode.log.leaf import parse
from edgecode.log.shardlist import SHARDS, ShardLine, parse_shards
from edgecode.log.verify import History, Report, verify_log
from ledger.compare import compare_with_database

OPENED, CLOSED = "shard.opened", "shard.closed"


@dataclass(frozen=True, slots=True)
class Verified:
    """A shard: its folder, and what was found in it."""

    path: Path
    report: Report


def verify_all(path: Path, vkey: str | None, *, with_database: bool) -> Iterator[Verified]:
    """Check each shard of the history in `path`, and yield it. `vkey` is the key trusted for the
    one that grows; without it, and for those that were closed, the folder's own is taken: what a
    closed one holds is in the first entry of the next. Raises ValueError for a folder without log,
    and for that of a later log alone: what its entries rest on is in those before it.
    """
    history: History | None = None
    before: Report | None = None
    lines = _lines(path)
    if len(lines) == 1 and _goes_on(LogFolder(path)):
        raise ValueError(f"{path} goes on from the log before it: verify the folder of them all")
    for line in lines:
        log = LogFolder(path / line.folder)
        trusted = vkey if vkey is not None and line is lines[-1] else _vkey(log)
        report = verify_log(log.path, trusted, history)
        history = report.history
        for problem in _wrong(line, report, before) if len(lines) > 1 else ():
            report.add(problem)
        if line is lines[-1] and history and history.last and history.last.kind == CLOSED:
            report.add("it is closed, and the log that goes on from it is not here")
        if with_database:
            compare_with_database(log, report, line.first)
        before = report
        yield Verified(log.path, report)


def _lines(path: Path) -> tuple[ShardLine, ...]:
    try:
        return parse_shards((path / SHARDS).read_text("utf-8"))
    except FileNotFoundError:
        return (ShardLine("", ""),)


def _goes_on(log: LogFolder) -> bool:
    """Return whether the log is a later one of a history; one that cannot be read is not."""
    with suppress(OSError, ValueError):
        return parse(log.entry(0, log.size())).kind == OPENED
    return False


def _vkey(log: LogFolder) -> str:
    try:
        return (log.path / "log.vkey").read_text("utf-8")
    except FileNotFoundError:
        raise ValueError(f"{log.path} holds no log: it has no log.vkey") from None


def _wrong(line: ShardLine, report: Report, before: Report | None) -> Iterator[str]:
    """Yield where a shard is not as it is listed, or does not go on from the one before."""
    now, history = report.checkpoint, report.history
    if now is None or history is None:
        return
    if now.origin != line.origin or (line.closed is not None and now != line.closed):
        yield f"the list of shards has it otherwise: {line}"
    if line.closed is not None and (history.last is None or history.last.kind != CLOSED):
        yield f"it is listed as closed, and its last entry is not {CLOSED}"
    if before is None or before.checkpoint is None:
        return
    end, first = before.checkpoint, history.first
    says = first.data if first is not None and first.kind == OPENED else {}
    named = (says.get("previous_origin"), says.get("previous_size"), says.get("previous_root"))
    if named != (end.origin, end.size, end.root.hex()):
        yield f"entry 0 does not go on from {end.origin} at {end.size} entries"
