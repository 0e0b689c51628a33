"""From committed events to a published checkpoint: number, build, sign, lock in, publish.

Each step looks for what the step before has committed and is not done yet, so a killed process
loses nothing and the next run is the recovery. The row lock on LogState makes one process at a
time the leader; several may run.

What recovery finds after a kill is said at each crash point, by its name; tests/ledger kills there.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from edgecode.log import notes
from edgecode.log.folder import LogFolder
from edgecode.log.notes import Checkpoint
from edgecode.log.tiles import HEIGHT, WIDTH, Tile
from ledger import agreement, building
from ledger.building import Diverged
from ledger.models import LogState, Pending
from ledger.proofs import folder
from ledger.signing import Signer

__all__ = ["BATCH", "Diverged", "advance", "is_idle", "publish", "sequence_pending"]

BATCH = 20_000  # so many share the waits for the disk; some 8 MB in memory
_memory = agreement.Once()


def advance() -> Checkpoint | None:
    """Bring every committed event under a published checkpoint and return it; None for a log
    without entries. Raises Diverged.

    The first call of a process asks mirror and witnesses what they remember of the log.
    """
    _memory.check()
    while True:
        taken = sequence_pending()
        checkpoint = publish()
        if taken < BATCH:
            return checkpoint


def is_idle() -> bool:
    """Return whether nothing waits to be numbered, built or published: two short queries."""
    if Pending.objects.exists():
        return False
    state = LogState.objects.filter(id=1).first()
    return state is None or (
        state.size == state.integrated and _is_out(state.checkpoint, folder().checkpoint() or "")
    )


def sequence_pending(limit: int = BATCH) -> int:
    """Give indices to at most `limit` committed events, in the order of their ids, without a gap.

    Returns how many. The order is causal: an event's id is drawn after everything it rests on
    was committed, or before it in the same transaction. Raises Diverged.
    """
    agreement.agreeing_state()
    if not Pending.objects.exists():
        return 0  # an idle log is only read, so polling it disturbs no writer
    with _unhurried(), connection.cursor() as cursor:
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
    # Crash point "numbering" (before the commit): nothing happened, the events are still pending.
    # Crash point "numbered" (after it): publish() finds size > integrated.
    return taken


@contextmanager
def _unhurried() -> Iterator[None]:
    """Run a transaction whose commit does not wait for the disk.

    Numbers that a power cut takes away were under no signed note: that is locked in by a later
    commit, which does wait, and puts everything before it on the disk as well.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with transaction.atomic():
                cursor.execute("SET LOCAL synchronous_commit TO off")
                yield
        elif connection.in_atomic_block:
            yield  # the outer transaction has its way
        else:
            cursor.execute("PRAGMA synchronous=NORMAL")
            try:
                with transaction.atomic():
                    yield
            finally:
                cursor.execute("PRAGMA synchronous=FULL")


def publish() -> Checkpoint | None:
    """Build the tiles of all numbered entries, sign the new root, lock it in, publish it.

    Returns the checkpoint that is now published, or None for a log without entries. Raises
    Diverged, before anything is signed.
    """
    state, signer = agreement.agreeing_state()
    if state.size > state.integrated:
        _integrate(state, signer)
    elif state.checkpoint and not signer.has_signed(state.checkpoint):
        # A new key, and nothing new in the log: readers of the new key shall not wait for that.
        _lock_in(state, signer.sign(signer.open(state.checkpoint)))
    elif state.checkpoint and _is_out(state.checkpoint, folder().checkpoint()):
        return notes.parse_checkpoint(notes.note_text(state.checkpoint))
    return _publish_locked_in()


def _integrate(state: LogState, signer: Signer) -> None:
    """Build the tiles of the entries that no checkpoint covers yet, sign, and lock the note in."""
    log = folder()
    signed = signer.open(state.checkpoint) if state.checkpoint else None
    builder = building.right_edge(log, signed)
    building.build(log, builder, state.size)
    # Crash point "built" (or in the middle of building): the tiles are a function of the entries,
    # so the next run writes the same bytes again. No checkpoint covers them yet.
    note = signer.sign(Checkpoint(signer.origin, state.size, builder.root()))
    # Crash point "signed": the note was seen by nobody, and is made again.
    _lock_in(state, note)
    # Crash point "locked in": the note is in the database and not published. The next run
    # publishes it, and signs only trees that extend it.


def _lock_in(state: LogState, note: str) -> None:
    """Store the signed note unless another process has stored one since `state` was read; then
    ours is dropped unseen. So no two notes of a size are ever published."""
    LogState.objects.filter(id=1, integrated=state.integrated, checkpoint=state.checkpoint).update(
        integrated=state.size, checkpoint=note
    )


def _publish_locked_in() -> Checkpoint | None:
    """Put the note that is locked in where all see it; return its checkpoint, or None when there
    is none."""
    log = folder()
    while note := LogState.objects.values_list("checkpoint", flat=True).get(id=1):
        checkpoint = notes.parse_checkpoint(notes.note_text(note))
        # On the disk before the row is locked, so that nobody waits for both.
        draft = log.draft(note.encode(), durable=True, suffix="-checkpoint")
        # The row lock keeps a slower process from putting an older note over a newer one.
        with transaction.atomic():
            state = LogState.objects.select_for_update().get(id=1)
            if state.checkpoint != note:
                continue  # another process has locked in a newer one since
            published = log.size()
            if published <= checkpoint.size and not _is_out(note, log.checkpoint()):
                # Crash point "publishing" (before this): the old checkpoint stays, still right.
                log.put(draft, "checkpoint")
                # Kept after it is out: no reader finds a note that is newer than the newest.
                # Killed in between: this one is not kept, the one of the next bundle will be.
                if _is_kept(published, checkpoint.size):
                    log.write(f"checkpoints/{checkpoint.size}", note.encode())
        draft.unlink(missing_ok=True)
        # Crash point "published": nothing is left to do but to tidy up.
        if published < checkpoint.size:
            _remove_partial_tiles(log, published, checkpoint.size)
        return checkpoint
    return None


def _is_out(note: str, published: str | None) -> bool:
    """Whether what is published is `note`; lines of witnesses may have come after it."""
    return published is not None and published.startswith(note)


def _is_kept(old: int, new: int) -> bool:
    """Keep a note when the tree has doubled or a bundle has filled since the one before."""
    return old.bit_length() != new.bit_length() or old // WIDTH != new // WIDTH


def _remove_partial_tiles(log: LogFolder, old: int, new: int) -> None:
    """Remove the partial forms of tiles that filled; readers fall back to the full ones.

    Crash point "tidying": some stay, which costs space only.
    """
    for level in (None, *range(new.bit_length() // HEIGHT)):
        shift = HEIGHT * ((level or 0) + 1)
        for index in range(old >> shift, new >> shift):
            shutil.rmtree(log.path / f"{Tile(level, index).path}.p", ignore_errors=True)
