"""From committed events to a published checkpoint: number, build, sign, lock in, publish.

Each step looks for what the step before has committed and is not done yet, so a killed process
loses nothing and the next run is the recovery. The row lock on LogState makes one process at a
time the leader; several may run.
"""

import logging
import shutil
from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connection, transaction

from edgecode.log import merkle, notes
from edgecode.log.folder import LogFolder
from edgecode.log.notes import Checkpoint
from edgecode.log.tiles import HEIGHT, WIDTH, Tile, TileBuilder, encode_bundle
from ledger import log_key, proofs
from ledger.models import Entry, LogState, Pending
from ledger.proofs import folder

BATCH = 5000
_READ_ENTRIES = 16 * WIDTH
logger = logging.getLogger("edgecode.ledger")


class Diverged(RuntimeError):
    """What is published, the database and the key do not belong together: nothing is signed."""


def advance() -> Checkpoint | None:
    """Bring every committed event under a published checkpoint and return it; None for a log
    without entries. Raises Diverged."""
    while True:
        taken = sequence_pending()
        checkpoint = publish()
        if taken < BATCH:
            return checkpoint


def sequence_pending(limit: int = BATCH) -> int:
    """Give indices to at most `limit` committed events, in the order of their ids, without a gap.

    Returns how many. The order is causal: an event's id is drawn after everything it rests on
    was committed, or before it in the same transaction. Raises Diverged.
    """
    _agreeing_state()
    if not Pending.objects.exists():
        return 0  # an idle log is only read, so polling it disturbs no writer
    with transaction.atomic(), connection.cursor() as cursor:
        state = LogState.objects.select_for_update().get(id=1)
        cursor.execute(
            'INSERT INTO ledger_entry ("index", event_id)'
            " SELECT %s + row_number() OVER (ORDER BY event_id) - 1, event_id"
            " FROM (SELECT event_id FROM ledger_pending ORDER BY event_id LIMIT %s) AS waiting",
            [state.size, limit],
        )
        taken: int = cursor.rowcount
        if taken:
            cursor.execute(
                "DELETE FROM ledger_pending WHERE event_id IN"
                ' (SELECT event_id FROM ledger_entry WHERE "index" >= %s)',
                [state.size],
            )
            state.size += taken
            state.save(update_fields=["size"])
    # Killed before the commit: nothing happened. After it: publish() finds size > integrated.
    return taken


def publish() -> Checkpoint | None:
    """Build the tiles of all numbered entries, sign the new root, lock it in, publish it.

    Returns the checkpoint that is now published, or None for a log without entries. Raises
    Diverged, before anything is signed.
    """
    state, key = _agreeing_state()
    if state.size > state.integrated:
        log = folder()
        builder = _right_edge(log, state, key)
        _build(log, builder, state.size)
        # Killed here, or anywhere above: the tiles are a function of the entries, so the next
        # run writes the same bytes again. No checkpoint covers them yet.
        checkpoint = Checkpoint(_origin(), state.size, builder.root())
        _lock_in(state, notes.sign(checkpoint.text, _origin(), key))
        # Killed here: the note is locked in and not published. The next run publishes it, and
        # signs only trees that extend it.
    elif state.checkpoint and state.checkpoint == folder().checkpoint():
        return notes.parse_checkpoint(notes.note_text(state.checkpoint))
    return _publish_locked_in()


def _lock_in(state: LogState, note: str) -> None:
    """Store the signed note unless another process has stored one since `state` was read; then
    ours is dropped unseen. So no two notes of a size are ever published."""
    LogState.objects.filter(id=1, integrated=state.integrated, checkpoint=state.checkpoint).update(
        integrated=state.size, checkpoint=note
    )


def _publish_locked_in() -> Checkpoint | None:
    log = folder()
    # The row lock keeps a slower process from putting an older note over a newer one.
    with transaction.atomic():
        state = LogState.objects.select_for_update().get(id=1)
        if not state.checkpoint:
            return None
        checkpoint = notes.parse_checkpoint(notes.note_text(state.checkpoint))
        published = log.size()
        if published < checkpoint.size:
            if _is_kept(published, checkpoint.size):
                log.write(f"checkpoints/{checkpoint.size}", state.checkpoint.encode())
            # Killed before this rename: the old checkpoint stays, and is still right.
            log.write("checkpoint", state.checkpoint.encode(), durable=True)
    if published < checkpoint.size:
        _remove_partial_tiles(log, published, checkpoint.size)
    return checkpoint


def _is_kept(old: int, new: int) -> bool:
    """Keep a note when the tree has doubled or a bundle has filled since the one before."""
    return old.bit_length() != new.bit_length() or old // WIDTH != new // WIDTH


def _remove_partial_tiles(log: LogFolder, old: int, new: int) -> None:
    """Remove the partial forms of tiles that filled; readers fall back to the full ones.

    Killed here: some stay, which costs space only.
    """
    for level in (None, *range(new.bit_length() // HEIGHT)):
        shift = HEIGHT * ((level or 0) + 1)
        for index in range(old >> shift, new >> shift):
            shutil.rmtree(log.path / f"{Tile(level, index).path}.p", ignore_errors=True)


def _agreeing_state() -> tuple[LogState, Ed25519PrivateKey]:
    """Return the log's row and key when they agree with what is published; raise Diverged.

    A database restored from a backup is older than the world's memory of the log: signing over
    it would give two histories. The file is read first: it only ever follows the row.
    """
    log = folder()
    note = log.checkpoint()
    state, _ = LogState.objects.get_or_create(id=1)
    try:
        key = log_key.load()
        if key is None and not note and not state.checkpoint:
            key = log_key.create()
        if key is None:
            raise Diverged(f"the log exists and its key {log_key.path()} is gone: restore it")
        verifier = notes.verifier_key(_origin(), key)
        if not note and proofs.vkey() != str(verifier):
            log.write("log.vkey", f"{verifier}\n".encode())
        locked_in = notes.open_checkpoint(state.checkpoint, verifier) if state.checkpoint else None
        published = notes.open_checkpoint(note, verifier) if note else None
    except ValueError as error:
        raise Diverged(f"the log is not of this key and origin ({error}): nothing signed") from None
    if published is None or published == locked_in:
        return state, key
    if published.size >= state.integrated:
        raise Diverged(
            f"{log.path / 'checkpoint'} has published {published.size} entries and this database "
            f"{'has others' if published.size == state.integrated else 'knows only'} "
            f"{state.integrated}: was a backup restored? Nothing signed."
        )
    return state, key


def _right_edge(log: LogFolder, state: LogState, key: Ed25519PrivateKey) -> TileBuilder:
    """Return the builder of the tree under the locked-in checkpoint.

    Its hashes come from the tiles when those still give the signed root; else every tile is
    built again from the database, which must give it.
    """
    if not state.integrated:
        return TileBuilder()
    signed = notes.open_checkpoint(state.checkpoint, notes.verifier_key(_origin(), key))
    try:
        builder = TileBuilder(signed.size, log.edge(signed.size))
        if builder.root() == signed.root:
            return builder
    except (OSError, ValueError):
        pass
    logger.warning("tiles under %s are missing or damaged: building all again", log.path)
    builder = TileBuilder()
    _build(log, builder, signed.size)
    if builder.root() != signed.root:
        raise Diverged(
            f"the {signed.size} entries in the database are not the ones that were signed: "
            "events were changed. Nothing signed."
        )
    return builder


def _build(log: LogFolder, builder: TileBuilder, end: int) -> None:
    """Write the bundles and tiles of entries [builder.size, end), and of the bundle begun."""
    known = builder.tail
    start = builder.size - len(known)
    for bundle in _bundles(start, end):
        hashes = merkle.leaf_hashes(bundle)
        if hashes[: len(known)] != known:
            raise Diverged(f"events behind entries {start} to {builder.size - 1} were changed")
        log.write_tiles([(Tile(None, start // WIDTH, len(bundle)), encode_bundle(bundle))])
        log.write_tiles(list(builder.add(hashes[len(known) :])))
        start, known = start + len(bundle), []
    log.write_tiles(list(builder.partial_tiles()))


def _bundles(start: int, end: int) -> Iterator[list[bytes]]:
    """Yield the entries [start, end) from the database, 256 at a time; `start` begins a bundle."""
    for first in range(start, end, _READ_ENTRIES):
        last = min(first + _READ_ENTRIES, end)
        rows = Entry.objects.filter(index__gte=first, index__lt=last).order_by("index")
        leaves = [bytes(leaf) for leaf in rows.values_list("event__leaf", flat=True)]
        if len(leaves) != last - first:
            raise Diverged(f"the database lacks some of entries {first} to {last - 1}")
        for at in range(0, len(leaves), WIDTH):
            yield leaves[at : at + WIDTH]


def _origin() -> str:
    origin: str = settings.ENV.ledger_origin
    return origin
