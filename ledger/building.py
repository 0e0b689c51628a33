"""Tiles and bundles out of the database's entries: a pure function of them, written as files."""

import logging
from collections.abc import Iterator

from django.db import connection

from edgecode.log import merkle
from edgecode.log.checkpoints import Checkpoint
from edgecode.log.folder import LogFolder
from edgecode.log.tiles import WIDTH, Tile, TileBuilder, encode_bundle

_READ_ENTRIES = 16 * WIDTH
_READ = """
    SELECT event.leaf FROM ledger_entry AS entry JOIN ledger_event AS event ON event.id = event_id
    WHERE "index" >= %s AND "index" < %s ORDER BY "index"
"""
logger = logging.getLogger("edgecode.ledger")


class Diverged(RuntimeError):
    """What is published, the database and the key do not belong together: nothing is signed."""


def right_edge(log: LogFolder, signed: Checkpoint | None, first: int) -> TileBuilder:
    """Return the builder of the tree that was signed last, or of the empty one. `first` is, here
    and below, the number in the database of the log's first entry.

    Its hashes come from the tiles when those still give the signed root; else every tile is
    built again from the database, which must give it. Raises Diverged.
    """
    if signed is None:
        return TileBuilder()
    for _ in range(2):  # another process may have tidied up between two reads of the first try
        try:
            builder = TileBuilder(signed.size, log.edge(signed.size))
            if builder.root() == signed.root:
                return builder
        except (OSError, ValueError):
            pass
    return rebuild(log, signed, first)


def rebuild(log: LogFolder, signed: Checkpoint, first: int) -> TileBuilder:
    """Write every tile and bundle of the signed tree again and return its builder. Raises
    Diverged when the database does not give the signed root."""
    logger.warning("tiles under %s are missing or damaged: building all again", log.path)
    builder = TileBuilder()
    build(log, builder, signed.size, first)
    if builder.root() != signed.root:
        raise Diverged(
            f"the {signed.size} entries in the database are not the ones that were signed: "
            "events were changed. Nothing signed."
        )
    return builder


def begins_with(log: LogFolder, signed: Checkpoint, other: Checkpoint, first: int) -> bool:
    """Return whether the tree that was signed last begins with that of `other`, a smaller one."""
    try:
        if log.root(other.size) == other.root:
            return True
    except (OSError, ValueError):
        pass
    rebuild(log, signed, first)  # before a history is called forked, the files must be right
    return log.root(other.size) == other.root


def build(log: LogFolder, builder: TileBuilder, end: int, first: int) -> None:
    """Write the bundles and tiles of entries [builder.size, end), and of the bundle begun.

    Raises Diverged when the database lacks entries or has others than the builder has seen;
    OSError when the disk takes no more.
    """
    known = builder.tail
    start = builder.size - len(known)
    for bundle in _bundles(start, end, first):
        hashes = merkle.leaf_hashes(bundle)
        if hashes[: len(known)] != known:
            raise Diverged(f"events behind entries {start} to {builder.size - 1} were changed")
        log.write_tiles([(Tile(None, start // WIDTH, len(bundle)), encode_bundle(bundle))])
        log.write_tiles(list(builder.add(hashes[len(known) :])))
        start, known = start + len(bundle), []
    log.write_tiles(list(builder.partial_tiles()))


def _bundles(begin: int, end: int, first: int) -> Iterator[list[bytes]]:
    """Yield the entries [begin, end) from the database, 256 at a time; `begin` begins a bundle."""
    for at in range(first + begin, first + end, _READ_ENTRIES):
        last = min(at + _READ_ENTRIES, first + end)
        with connection.cursor() as cursor:  # past the models, which cost as much as the reading
            cursor.execute(_READ, [at, last])
            leaves = [leaf for (leaf,) in cursor.fetchall()]
        if len(leaves) != last - at:
            raise Diverged(f"the database lacks some of entries {at} to {last - 1}")
        for start in range(0, len(leaves), WIDTH):
            yield leaves[start : start + WIDTH]
