"""Which logs the published history is made of, and where each lies. From the file `shards` alone:
reading asks the database nothing. A history in one log has no such file.

What writes goes by the database's row instead (`ledger.live`), which is a moment ahead.
"""

from pathlib import Path

from django.conf import settings

from edgecode.log.folder import LogFolder
from edgecode.log.shardlist import SHARDS, ShardLine, origin_of, parse_shards


def folder(name: str) -> LogFolder:
    """Return where the shard of that name is published; "" is the first."""
    return LogFolder(Path(settings.VAR_DIR) / "ledger" / name)


def origin(name: str) -> str:
    """Return the name under which the shard's checkpoints are signed."""
    return origin_of(settings.ENV.ledger_origin, name)


def listed() -> tuple[ShardLine, ...]:
    """Return the shards in the order of their entries, the one that grows last."""
    text = text_of_list()
    if text is None:
        return (ShardLine("", settings.ENV.ledger_origin),)
    return parse_shards(text)


def text_of_list() -> str | None:
    """Return the list as it is published, or None while there is one shard."""
    try:
        return (folder("").path / SHARDS).read_text("ascii")
    except FileNotFoundError:
        return None


def live() -> ShardLine:
    """Return the shard that grows."""
    return listed()[-1]


def size_of(shard: ShardLine) -> int:
    """Return how many entries a shard has published."""
    return shard.closed.size if shard.closed else folder(shard.folder).size()


def size_within(shard: ShardLine, size: int) -> int:
    """Return how many entries a shard has in the history of `size` entries, which ends in it or
    after it."""
    return shard.closed.size if shard.closed else size - shard.first


def holding(index: int) -> ShardLine:
    """Return the shard that holds entry `index` of the history, or would: the live one for what
    is not published yet."""
    return next(shard for shard in reversed(listed()) if shard.first <= index)
