"""Finds the logs at an address, and checks each by its checkpoint and first bundle."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from edgecode.audit import histories
from edgecode.audit.comparing import compare
from edgecode.audit.entries import entry_of
from edgecode.audit.findings import LogFindings, Seen
from edgecode.audit.histories import History
from edgecode.audit.mirror import MirroredSource
from edgecode.audit.notes_read import (
    count_witnesses,
    earlier_notes,
    newest,
    other_notes,
    remembered,
)
from edgecode.audit.shards import Shard
from edgecode.audit.sources import FolderSource, Source, WebSource
from edgecode.audit.task import Audit, Place, SignedLog, Task, reading
from edgecode.audit.tree import Tree, order_of
from edgecode.log.leaf import TIME_FORMAT
from edgecode.log.shardlist import BadShards
from edgecode.log.tiles import Tile


def find(address: str, audit: Audit) -> list[Place]:
    """Return the places of the history that the log at an address is part of, but for those that
    were given before; where the list of shards is wrong, that of the log alone."""
    found = LogFindings(address)

    def read(root: str) -> bytes | None:
        source = audit.sources.get(root) or _reader(root, audit)
        audit.sources[root] = source
        return source.shards()

    history = History(address)
    with reading(found):
        try:
            history = histories.find(address, read)
        except BadShards as error:
            found.problems.add(f"{error}")
    if found.unreadable or found.failed:
        audit.logs.append(found)
        return []
    places, before = [], None
    for line in history.lines:
        where = history.address(line)
        if not any(each.source.rstrip("/") == where.rstrip("/") for each in audit.logs):
            mine = found if where == address else LogFindings(where)
            places.append(Place(history, line, before, mine))
            audit.logs.append(mine)
        before = line
    return places


def _reader(address: str, audit: Audit) -> Source:
    return WebSource(address, audit.net) if "://" in address else FolderSource(Path(address))


def open_source(place: Place, given: str, task: Task, audit: Audit) -> Source:
    """Return the source of a log, with its part of the mirror before it if there is to be one."""
    address = place.found.source
    source = audit.sources.get(address) or _reader(address, audit)
    if task.mirror is not None and "://" in address:
        # Several logs do not share a folder.
        name = "" if len(task.sources) == 1 else f"{task.sources.index(given) + 1}"
        source = MirroredSource(source, task.mirror / name / place.line.folder)
    audit.sources[address] = source
    return source


def begin(
    source: Source, place: Place, task: Task, now: datetime, later: SignedLog | None
) -> SignedLog | None:
    """Check a log's checkpoint by itself, and its first bundle; return None when it is no use to
    read on. `later` is the log that comes after it, if that is known already.

    What needs no other file comes first: a signed checkpoint that contradicts an earlier one is
    told and remembered, whether the server gives the files under it or not.
    """
    found, end = place.found, histories.held(later.shard if later is not None else None)
    kept = list(source.earlier())  # first: a log that grows meanwhile has not been wound back
    notes = list(newest(source, found, task, end))
    if not notes:
        return None
    # The newest is audited; the log may have grown while it was asked.
    standing, found.note = max(notes, key=lambda each: each[0].checkpoint.size)
    found.standing, found.silent = standing, task.policy.silent(standing)
    found.seen_before = task.memory.seen(standing.checkpoint.origin)
    compare(found, found.seen_before)
    with reading(found):
        at = now.strftime(TIME_FORMAT)
        task.memory.add(Seen(standing.checkpoint, found.note, at, source.name))
    copy = tuple(remembered(source, found.seen_before, standing.checkpoint.origin))
    found.seen_before += copy
    earlier = [*other_notes(notes, standing), *earlier_notes(kept, found, task.policy)]
    compare(found, [*copy, *earlier])
    sizes = [seen.checkpoint.size for seen in (*found.seen_before, *earlier)]
    tree = Tree(source, standing.checkpoint, found, sizes)
    shard = Shard(found, standing.checkpoint)
    source.expect(_up_to_first(standing.checkpoint.size))
    try:
        head = tree.first()
        shard.first = entry_of(head.entries) if head is not None else None
    finally:
        source.expect(iter(()))
        begins = shard.first.at if shard.first is not None else None
        if later is not None and standing.checkpoint == end:
            found.held_by = later.origin
        count_witnesses(found, notes, task.policy, now, begins)
        if found.witnessed is None:
            told = "checkpoint: the witnesses that the policy demands did not cosign it"
            found.problems.add(told)
    return SignedLog(source, found, shard, tree, tuple(earlier), place)


def _up_to_first(size: int) -> Iterator[Tile]:
    """Yield the files of a tree, in order, up to its first bundle."""
    for tile in order_of(size):
        yield tile
        if tile.level is None:
            return
