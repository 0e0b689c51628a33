"""A made-up log as files: what a log's server publishes, and nothing else."""

import json
import shutil
from collections.abc import Iterator
from itertools import batched
from pathlib import Path

from edgecode.log import merkle, notes
from edgecode.log.checkpoints import Checkpoint
from edgecode.log.folder import LogFolder
from edgecode.log.tiles import WIDTH, Tile, TileBuilder, encode_bundle
from ledger.simulation.identity import Identity
from ledger.simulation.market import Market


def simulate(target: Path, *, entries: int, seed: int, openings: Path | None = None) -> Checkpoint:
    """Write a log of `entries` entries to the new folder `target`; return its checkpoint.

    Beside the tiles: checkpoint, the notes signed whenever the log had doubled, log.vkey, policy
    and documents. `openings` is a file to write what the commitments hide to, as `edgecode audit
    --openings` reads it. Raises ValueError when the folder or file exists, or there is nothing to
    write; what fails half-way leaves nothing behind.
    """
    if entries < 1:
        raise ValueError("a log has an entry at least")
    for path in (target, openings):
        if path is not None and path.exists():
            raise ValueError(f"{path} exists: name a new one")
    market = Market(seed, keep_openings=openings is not None)
    identity = Identity(seed)
    try:
        checkpoint = _write(LogFolder(target), identity, market.entries(entries))
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    if openings is not None:
        openings.write_text("".join(_lines(market)), encoding="ascii")
    return checkpoint


def _write(log: LogFolder, identity: Identity, entries: Iterator[bytes]) -> Checkpoint:
    builder = TileBuilder()
    for bundle in batched(entries, WIDTH):
        index, before = builder.size // WIDTH, builder.size
        log.write_tiles([(Tile(None, index, len(bundle)), encode_bundle(bundle))])
        log.write_tiles(list(builder.add(merkle.leaf_hashes(bundle))))
        if before.bit_length() != builder.size.bit_length():
            log.write(f"checkpoints/{builder.size}", _note(builder, identity).encode())
    log.write_tiles(list(builder.partial_tiles()))
    for sha256, document in identity.documents.items():
        log.write(f"documents/{sha256}", document)
    log.write("policy", identity.policy.encode())
    log.write("log.vkey", f"{identity.vkey}\n".encode())
    log.write("checkpoint", _note(builder, identity).encode())
    shutil.rmtree(log.path / ".draft")
    return Checkpoint(identity.origin, builder.size, builder.root())


def _note(builder: TileBuilder, identity: Identity) -> str:
    checkpoint = Checkpoint(identity.origin, builder.size, builder.root())
    return notes.sign(checkpoint.text, identity.origin, identity.key)


def _lines(market: Market) -> Iterator[str]:
    for index, names in market.openings.items():
        for name, opening in names.items():
            row = {"index": index, "name": name, "salt": opening.salt.hex()}
            yield json.dumps(row | {"value": opening.value}) + "\n"
