"""A made-up log as files: what a log's server publishes, and nothing else."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import batched, islice
from pathlib import Path

from edgecode.log import merkle, notes
from edgecode.log.canonical import JSON
from edgecode.log.checkpoints import Checkpoint
from edgecode.log.folder import LogFolder
from edgecode.log.keys import verifier_key
from edgecode.log.leaf import Leaf, parse
from edgecode.log.shardlist import SHARDS, SHARDS_MAX, ShardLine, dump_shards, origin_of
from edgecode.log.tiles import WIDTH, Tile, TileBuilder, encode_bundle
from ledger.simulation.identity import Identity
from ledger.simulation.market import BEGINS, LEDGER, Market


def simulate(
    target: Path, *, entries: int, seed: int, shards: int = 1, openings: Path | None = None
) -> Checkpoint:
    """Write a log of `entries` entries to the new folder `target`, in so many shards; return the
    checkpoint of the last.

    Beside the tiles: checkpoint, the notes signed whenever the log had doubled, log.vkey, policy
    and documents. `openings` is a file to write what the commitments hide to, as `edgecode audit
    --openings` reads it. Raises ValueError when the folder or file exists, or there is nothing to
    write; what fails half-way leaves nothing behind.
    """
    if entries < 1:
        raise ValueError("a log has an entry at least")
    most = min(SHARDS_MAX, max(entries // 2, 1))  # the first has an entry, and one that closes it
    if not 1 <= shards <= most:
        raise ValueError(f"{entries} entries make 1 to {most} shards, not {shards}")
    for path in (target, openings):
        if path is not None and path.exists():
            raise ValueError(f"{path} exists: name a new one")
    if openings is not None and target.resolve() in openings.resolve().parents:
        raise ValueError(f"{openings} is within the log, which is public: name another place")
    if openings is not None and not openings.parent.is_dir():
        raise ValueError(f"{openings.parent} is no folder: make it, or name another")
    market = Market(seed, keep_openings=openings is not None)
    history = History(Identity(seed), market.entries(entries - 2 * (shards - 1)))
    try:
        for number in range(shards):
            size = (number + 1) * entries // shards - number * entries // shards
            history.write_shard(target, size, is_last=number == shards - 1)
        history.write_list(target)
        if openings is not None:
            openings.write_text("".join(_lines(market, history.shards)), encoding="ascii")
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        if openings is not None:
            openings.unlink(missing_ok=True)
        raise
    return history.checkpoint


class History:
    """Writes shards one after another, each of which names the one before it."""

    def __init__(self, identity: Identity, entries: Iterator[bytes]) -> None:
        self.shards: list[ShardLine] = []
        self._identity, self._entries = identity, entries
        self._newest = b""

    @property
    def checkpoint(self) -> Checkpoint:
        """That of the newest shard."""
        closed = self.shards[-1].closed
        assert closed is not None  # noqa: S101 - set as soon as it is written
        return closed

    def write_shard(self, target: Path, size: int, *, is_last: bool) -> None:
        """Write the next shard, of `size` entries with those that open and close it."""
        name = f"{BEGINS.year + len(self.shards)}" if self.shards else ""
        first = self.shards[-1].first + self.checkpoint.size if self.shards else 0
        origin = origin_of(self._identity.origin, name)
        entries = self._between(name, origin, size, is_last=is_last)
        checkpoint = _write(LogFolder(target / name), self._identity, origin, entries)
        self.shards.append(ShardLine(name, origin, first, checkpoint))

    def write_list(self, target: Path) -> None:
        """Write which shards there are, if there are several."""
        if len(self.shards) > 1:
            listed = [*self.shards[:-1], replace(self.shards[-1], closed=None)]
            (target / SHARDS).write_text(dump_shards(listed), "ascii")

    def _between(self, name: str, origin: str, size: int, *, is_last: bool) -> Iterator[bytes]:
        stream = f"log:{name or BEGINS.year}"
        if self.shards:
            end = self.checkpoint
            data: dict[str, JSON] = {"origin": origin, "previous_origin": end.origin}
            data |= {"previous_size": end.size, "previous_root": end.root.hex()}
            refs = {"previous": f"log:{self.shards[-1].folder or BEGINS.year}@2"}
            yield self._entry("shard.opened", stream, 1, data, refs)
        for entry in islice(self._entries, size - bool(self.shards) - (not is_last)):
            self._newest = entry
            yield entry
        if not is_last:
            follows = origin_of(self._identity.origin, f"{BEGINS.year + len(self.shards) + 1}")
            data = {"origin": origin, "size": size, "next_origin": follows}
            yield self._entry("shard.closed", stream, 2, data, {})

    def _entry(
        self, kind: str, stream: str, version: int, data: dict[str, JSON], refs: dict[str, str]
    ) -> bytes:
        at = parse(self._newest).at
        return Leaf(kind, stream, version, LEDGER, at, refs=refs, data=data).encode()


def _write(log: LogFolder, identity: Identity, origin: str, entries: Iterator[bytes]) -> Checkpoint:
    builder = TileBuilder()
    for bundle in batched(entries, WIDTH):
        index, before = builder.size // WIDTH, builder.size
        log.write_tiles([(Tile(None, index, len(bundle)), encode_bundle(bundle))])
        log.write_tiles(list(builder.add(merkle.leaf_hashes(bundle))))
        if before.bit_length() != builder.size.bit_length():
            note = _note(builder, origin, identity)
            log.write(f"checkpoints/{builder.size}", note.encode())
    log.write_tiles(list(builder.partial_tiles()))
    for sha256, document in identity.documents.items():
        log.write(f"documents/{sha256}", document)
    log.write("policy", identity.policy_of(origin).encode())
    log.write("log.vkey", f"{verifier_key(origin, identity.key)}\n".encode())
    log.write("checkpoint", _note(builder, origin, identity).encode())
    shutil.rmtree(log.path / ".draft")
    return Checkpoint(origin, builder.size, builder.root())


def _note(builder: TileBuilder, origin: str, identity: Identity) -> str:
    checkpoint = Checkpoint(origin, builder.size, builder.root())
    return notes.sign(checkpoint.text, origin, identity.key)


def _lines(market: Market, shards: list[ShardLine]) -> Iterator[str]:
    """Yield the openings; a shard after the first begins with an entry that is not the market's,
    and each but the last ends with one."""
    for index, names in market.openings.items():
        number = max(n for n, each in enumerate(shards) if not n or each.first < index + 2 * n)
        shard = shards[number]
        place: dict[str, object] = {"index": index + 2 * number - shard.first}
        if len(shards) > 1:
            place["origin"] = shard.origin
        for name, opening in names.items():
            row = {"name": name, "salt": opening.salt.hex(), "value": opening.value}
            yield json.dumps(place | row) + "\n"
