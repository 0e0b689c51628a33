"""The shard that is written to, as the database has it: for what numbers, signs and publishes."""

from edgecode.log import notes
from edgecode.log.folder import LogFolder
from edgecode.log.shardlist import ShardLine, dump_shards
from ledger import shards
from ledger.models import ClosedShard, LogState


def name() -> str:
    """Return the live shard's name; "" is the first."""
    return LogState.objects.values_list("shard", flat=True).filter(id=1).first() or ""


def folder() -> LogFolder:
    """Return where the live shard is published."""
    return shards.folder(name())


def closed_lines() -> list[ShardLine]:
    """Return the closed shards, the oldest first."""
    return [
        ShardLine(
            row.name,
            shards.origin(row.name),
            row.first,
            notes.parse_checkpoint(notes.note_text(row.checkpoint)),
        )
        for row in ClosedShard.objects.order_by("first")
    ]


def text_of_list(state: LogState) -> str:
    """Return the list of shards as it is to be published."""
    growing = ShardLine(state.shard, shards.origin(state.shard), state.first)
    return dump_shards([*closed_lines(), growing])
