"""One policy for a whole history: today's witnesses, and every key that ever signed a shard of it.

The policy of the live shard names the keys of today alone. Whoever audits from the first entry on
needs those as well that were retired, for what they signed. From files alone, without Django.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from edgecode.log.folder import POLICY
from edgecode.log.keys import VerifierKey, parse_vkey
from edgecode.log.policy import LogKey, Policy, parse_policy
from edgecode.log.shardlist import ShardLine


def of_history(root: Path, shards: Sequence[ShardLine]) -> Policy | None:
    """Return the policy by which all these shards in `root` are audited, or None while none is
    published. Every key stands in it under the first log's name, which counts for each of them
    (Policy.keys_of). Raises BadPolicy and BadNote (ValueErrors) for files that are damaged."""
    newest = next(
        (each for each in reversed(shards) if (root / each.folder / POLICY).exists()), None
    )
    if newest is None:
        return None
    today = parse_policy((root / newest.folder / POLICY).read_bytes())
    url = today.logs[0].url.removesuffix(f"/{newest.folder}") if today.logs else ""
    keys = {log.key.public_key: log.key for log in today.logs}
    for shard in reversed(shards):
        for key in _published(root / shard.folder):
            keys.setdefault(key.public_key, key)
    logs = (LogKey(replace(key, name=shards[0].origin), url) for key in keys.values())
    return replace(today, logs=tuple(logs))


def _published(log: Path) -> Iterator[VerifierKey]:
    """Yield the keys that a shard shows: of today, of before, and the second one."""
    for path in sorted(log.glob("*.vkey*")):
        for line in path.read_text("utf-8").split():
            yield parse_vkey(line)
