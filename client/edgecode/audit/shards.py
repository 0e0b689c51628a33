"""A history in several logs, one after another: a shard names the one before it.

log.opened    first entry of the first log  {origin}
shard.closed  last entry of a log that is gone on from  {origin, size, next_origin}
shard.opened  first entry of the next  {origin, previous_origin, previous_size, previous_root}
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edgecode.audit.findings import LogFindings
from edgecode.log.checkpoints import Checkpoint
from edgecode.log.leaf import Leaf
from edgecode.log.schema import base_of
from edgecode.log.shardlist import first_of, is_later

FIRST = "log.opened"
OPENED = "shard.opened"
CLOSED = "shard.closed"


@dataclass(slots=True)
class Shard:
    """One log of the history: its checkpoint, its first entry where that could be read, and the
    place of that in the history."""

    found: LogFindings
    checkpoint: Checkpoint
    first: Leaf | None = None
    last: Leaf | None = None
    begins: int = 0

    @property
    def previous(self) -> str | None:
        """The origin of the log before, or None when this is the first."""
        if self.first is None or base_of(self.first.kind) != OPENED:
            return None
        origin = self.first.data.get("previous_origin")
        return origin if isinstance(origin, str) else None

    @property
    def next_origin(self) -> str | None:
        """The origin of the log after, or None when this one is not closed."""
        if self.last is None or base_of(self.last.kind) != CLOSED:
            return None
        return str(self.last.data.get("next_origin"))


def in_order(shards: Sequence[Shard]) -> list[Shard]:
    """Return the shards with each one after the one that it names, else as given."""
    by_origin = {shard.checkpoint.origin: shard for shard in shards}
    ordered: list[Shard] = []

    def put(shard: Shard, waiting: tuple[str, ...]) -> None:
        if shard in ordered or shard.checkpoint.origin in waiting:
            return
        before = by_origin.get(shard.previous or "")
        if before is not None:
            put(before, (*waiting, shard.checkpoint.origin))
        ordered.append(shard)

    for shard in shards:
        put(shard, ())
    return ordered


def forked(shard: Shard, shards: Sequence[Shard]) -> Iterator[str]:
    """Yield which other logs continue the same one: a history has one continuation."""
    for other in shards:
        if other is not shard and shard.previous is not None and other.previous == shard.previous:
            yield (
                f"entry 0 continues {shard.previous:.200}, and so does"
                f" {other.checkpoint.origin:.200}: another history"
            )


def unseen_end(shard: Shard, shards: Sequence[Shard]) -> Iterator[str]:
    """Yield which log goes on from this one where its witnesses saw no more than its beginning.
    That they saw the next one shows nothing: they read no entries, and would cosign any log that
    names any end."""
    origin, seen = shard.checkpoint.origin, shard.found.witnessed
    if seen is None or seen.checkpoint.size == shard.checkpoint.size:
        return
    for other in shards:
        if other.previous == origin:
            yield (
                "checkpoint: the witnesses that the policy demands did not cosign the end of this"
                f" log, which {other.checkpoint.origin:.200} goes on from"
            )


def wrong_origin(shard: Shard) -> Iterator[str]:
    """Yield what is wrong with how a log names itself. Keys and witnesses of a history count for
    all names in it: a log that is called like a later one must be one, or it would be a history
    beside the known one."""
    kind = base_of(shard.first.kind) if shard.first is not None else None
    if shard.first is not None and kind in {FIRST, OPENED}:
        origin = shard.first.data.get("origin")
        if origin != shard.checkpoint.origin:
            yield f"entry 0 opens the log {origin!r:.200}, the checkpoint is of another"
    name = shard.checkpoint.origin
    if shard.found.entries and kind != OPENED and is_later(name):
        yield (
            f"{name:.200} is named like a later log of {first_of(name):.200}, and goes on from no"
            f" other: its first entry is not {OPENED}"
        )


def broken_link(shard: Shard, before: Shard) -> Iterator[str]:
    """Yield where a shard does not continue the one that it names as the one before."""
    if shard.first is None:
        return
    data, end = shard.first.data, before.checkpoint
    if (data.get("previous_size"), data.get("previous_root")) != (end.size, end.root.hex()):
        yield (
            f"entry 0 continues {end.origin} at {data.get('previous_size')!r:.40} entries and root"
            f" {data.get('previous_root')!r:.80}; that log has {end.size} and {end.root.hex()}"
        )
    kind = base_of(before.last.kind) if before.last is not None else None
    if before.found.entries == end.size and kind != CLOSED:
        yield f"entry 0 continues {end.origin}, whose last entry is not {CLOSED}"
    if before.next_origin not in {None, shard.checkpoint.origin}:
        yield f"entry 0 continues {end.origin}, which announced {before.next_origin:.200}"
