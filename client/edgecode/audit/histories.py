"""Which logs are to be audited: those that are given and, where a list of shards lies beside one,
all of the history that it is part of.

The list is only a signpost. What it leaves out shows in the logs themselves: each names the one
before it, and one that is closed the one after it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from edgecode.audit.shards import Shard
from edgecode.log.checkpoints import Checkpoint
from edgecode.log.shardlist import BadShards, ShardLine, is_name, parse_shards


@dataclass(frozen=True, slots=True)
class History:
    """The logs of one history: the address of the first, the list as it was read, and its lines.
    A log without a list is the one line of its own, of which nothing is known."""

    root: str
    raw: bytes = b""
    lines: tuple[ShardLine, ...] = (ShardLine("", ""),)

    def address(self, line: ShardLine) -> str:
        """Return where a shard is."""
        return f"{self.root.rstrip('/')}/{line.folder}" if line.folder else self.root


def find(address: str, read: Callable[[str], bytes | None]) -> History:
    """Return the history that the log at an address is part of. `read` gives the list of shards
    beside a log, or None. Raises BadShards, and what `read` raises."""
    above, name = _above(address)
    for root in (address, above) if is_name(name) else (address,):
        raw = read(root)
        if raw is None:
            continue
        try:
            lines = parse_shards(raw.decode("ascii"))
        except ValueError as error:
            raise BadShards(f"{root.rstrip('/')}/shards: {error}") from None
        if root == address or any(line.folder == name for line in lines):
            return History(root, raw, lines)
    return History(address)


def _above(address: str) -> tuple[str, str]:
    """Return the address above one, and the last part of it."""
    scheme, mark, path = address.rpartition("://")
    whole = PurePosixPath(path)
    return f"{scheme}{mark}{whole.parent}", whole.name


def wrong(line: ShardLine, before: ShardLine | None, shard: Shard) -> Iterator[str]:
    """Yield where a shard is not as the list has it, in which it stands after `before`."""
    now = shard.checkpoint
    if not line.origin:
        return
    if now.origin != line.origin:
        yield f"here the list of shards has {line.origin:.200}, and here is {now.origin:.200}"
    elif line.closed is not None and now != line.closed:
        yield (
            f"the list of shards has it closed with {line.closed.size} entries and root"
            f" {line.closed.root.hex()}; it has {now.size} and {now.root.hex()}"
        )
    if before is None and shard.previous is not None:
        yield f"it is listed as the first shard and goes on from {shard.previous:.200}"
    if before is not None and shard.previous != before.origin:
        named = f"{shard.previous:.200}" if shard.previous is not None else "none"
        yield (
            f"it goes on from {named}, and listed before it is {before.origin:.200}:"
            " a shard is missing or out of order"
        )


def held(shard: Shard | None) -> Checkpoint | None:
    """Return the end of the log before, as the first entry of `shard` names it."""
    if shard is None or shard.first is None or shard.previous is None:
        return None
    size, root = shard.first.data.get("previous_size"), shard.first.data.get("previous_root")
    try:
        if isinstance(size, int) and isinstance(root, str):
            return Checkpoint(shard.previous, size, bytes.fromhex(root))
    except ValueError:
        pass
    return None


def unfinished(shard: Shard, others: Sequence[Shard]) -> str:
    """Return what is missing when a log was closed and none of the others goes on from it, else
    nothing."""
    origin = shard.checkpoint.origin
    if shard.next_origin is None or any(each.previous == origin for each in others):
        return ""
    return (
        f"{origin:.200} is closed, and {shard.next_origin:.200}, which goes on from it, is not here"
    )
