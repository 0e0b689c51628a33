"""Reads logs to their ends, and says what only all of a history shows."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import dropwhile, islice

from edgecode.audit import gone, histories, shards
from edgecode.audit.comparing import compare
from edgecode.audit.entries import entry_of
from edgecode.audit.replays import Given, Replays
from edgecode.audit.shards import Shard
from edgecode.audit.task import Audit, Progress, SignedLog, Task, reading
from edgecode.audit.tree import order_of
from edgecode.log.shardlist import first_of
from edgecode.log.tiles import Tile


def walk(logs: Sequence[SignedLog], task: Task, now: datetime, progress: Progress) -> None:
    """Read every log to its end, an earlier shard before the one that continues it."""
    by_origin = {log.shard.checkpoint.origin: log for log in logs}
    histories_given = {log.place.history.root for log in logs}
    openings = Given(task.openings, is_one=len(histories_given) == 1)
    replays = Replays([log.source for log in logs], openings, now, task.papers, task.engine)
    for shard in shards.in_order([log.shard for log in logs]):
        log = next(log for log in logs if log.shard is shard)
        before = by_origin.get(shard.previous or "")
        if before is not None:
            shard.begins = before.shard.begins + before.shard.checkpoint.size
        if task.with_rules:
            is_last = not any(each.shard.previous == log.origin for each in logs)
            with reading(log.found):
                replays.begin(shard, before.shard if before is not None else None, is_last=is_last)
        elif shard.previous is not None and before is None:
            log.found.remarks.append(
                f"it continues {shard.previous:.200}, which was not given: nothing before it was"
                " audited"
            )
        with reading(log.found):
            _walk_one(log, replays, progress)
        with reading(log.found):
            compare(log.found, (*log.found.seen_before, *log.earlier), log.tree.roots)
        with reading(log.found):
            for problem in _misplaced(log, before, [each.shard for each in logs]):
                log.found.problems.add(problem)
    replays.end()


def _misplaced(
    log: SignedLog, before: SignedLog | None, everyone: Sequence[Shard]
) -> Iterator[str]:
    """Yield what is wrong with a log that was read to its end, as one of its history."""
    if log.source.refused:
        yield log.source.refused
    yield from histories.wrong(log.place.line, log.place.before, log.shard)
    yield from shards.wrong_origin(log.shard)
    if before is not None:
        yield from shards.broken_link(log.shard, before.shard)
    yield from shards.forked(log.shard, everyone)
    yield from shards.unseen_end(log.shard, everyone)


def look_for_the_rest(found: Sequence[Shard], task: Task) -> None:
    """Say where a log was closed and the one after it is not there."""
    for shard in found:
        if missing := histories.unfinished(shard, found):
            seen = task.memory.seen(shard.next_origin or "")
            if seen and "://" in shard.found.source:
                shard.found.problems.add(
                    f"{missing}; on {seen[-1].at} it was, at {seen[-1].source}: a shard was removed"
                )
            shard.found.unreadable = shard.found.unreadable or f"{missing} (yet?)"


def look_for_the_gone(logs: Sequence[SignedLog], audit: Audit, task: Task) -> None:
    """Say where a log that was seen before is not in its place any more."""
    known = {log.origin for log in logs}
    known |= {log.shard.next_origin for log in logs if log.shard.next_origin}
    firsts = {first_of(each.key.name) for each in task.policy.logs}
    roots = {log.place.history.root: log.found for log in reversed(logs)}
    for found in audit.logs[:1]:
        with reading(found):
            gone.tell(audit.logs, roots, list(task.memory.seen_of(firsts)), known)


def _walk_one(log: SignedLog, replays: Replays, progress: Progress) -> None:
    size = log.shard.checkpoint.size
    bundle = None
    try:
        for bundle in log.tree.bundles():
            if not bundle.first:
                log.source.expect(_after_first(size))
            if bundle.is_whole:
                replays.take(log.shard, bundle.first, bundle.entries)
            else:
                replays.give_up(log.shard, bundle.first)
            progress(bundle.first + len(bundle.entries), size)
    finally:
        log.source.expect(iter(()))
    if bundle is not None:
        log.shard.last = entry_of(bundle.entries[-1:])
        log.found.newest_at = log.shard.last.at if log.shard.last is not None else None
    replays.finish(log.shard)


def _after_first(size: int) -> Iterator[Tile]:
    """Yield the rest of them."""
    return islice(dropwhile(lambda tile: tile.level is not None, order_of(size)), 1, None)
