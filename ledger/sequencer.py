"""From committed events to a published checkpoint: number, build, sign, lock in, publish.

Each step looks for what the step before has committed and is not done yet, so a killed process
loses nothing and the next run is the recovery. The row lock on LogState makes one process at a
time the leader; several may run.

A shard is closed and the next one opened in two transactions under the same lock. Between them
nothing gets a number, and the closed shard's last checkpoint is published.

What recovery finds after a kill is said at each crash point, by its name; tests/ledger kills there.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from edgecode.log import notes
from edgecode.log.canonical import JSON
from edgecode.log.folder import LogFolder
from edgecode.log.notes import Checkpoint
from edgecode.log.shardlist import SHARDS, is_name
from edgecode.log.tiles import HEIGHT, WIDTH, Tile
from ledger import agreement, building, live, shards
from ledger.append import append
from ledger.building import Diverged
from ledger.models import ClosedShard, Entry, Event, LogState, Pending
from ledger.signing import Signer

__all__ = ["BATCH", "Diverged", "advance", "close", "is_idle", "publish", "sequence_pending"]

ACTOR = "system:ledger"

BATCH = 20_000  # so many share the waits for the disk; some 8 MB in memory
_memory = agreement.Once()
# What is pending gets the next indices in the order of the ids and is pending no more. On
# PostgreSQL in one statement, which takes out just what it numbers: others commit beside it.
_NUMBER = {
    "postgresql": """
        WITH taken AS (
            DELETE FROM ledger_pending WHERE event_id IN
                (SELECT event_id FROM ledger_pending ORDER BY event_id LIMIT %(limit)s)
            RETURNING event_id
        )
        INSERT INTO ledger_entry ("index", event_id)
        SELECT %(size)s + row_number() OVER (ORDER BY event_id) - 1, event_id FROM taken
    """,
    "sqlite": """
        INSERT INTO ledger_entry ("index", event_id)
        SELECT %(size)s + row_number() OVER (ORDER BY event_id) - 1, event_id
        FROM (SELECT event_id FROM ledger_pending ORDER BY event_id LIMIT %(limit)s) AS waiting
    """,
}


def advance() -> Checkpoint | None:
    """Bring every committed event under a published checkpoint and return it; None for a log
    without entries. Raises Diverged.

    The first call of a process asks mirror and witnesses what they remember of the log.
    """
    _memory.check()
    while True:
        taken = sequence_pending()
        checkpoint = publish()
        if not _open_next() and taken < BATCH:
            return checkpoint


def is_idle() -> bool:
    """Return whether nothing waits to be numbered, built or published: two short queries."""
    if Pending.objects.exists():
        return False
    state = LogState.objects.filter(id=1).first()
    return state is None or (
        state.size == state.integrated
        and not state.opens
        and _is_out(state.checkpoint, shards.folder(state.shard).checkpoint() or "")
        and shards.live().folder == state.shard
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
        # What is pending behind the end of a closed shard waits for the next one.
        taken = 0 if state.opens else _number(cursor, state, limit)
        if taken:
            state.save(update_fields=["size"])
    # Crash point "numbering" (before the commit): nothing happened, the events are still pending.
    # Crash point "numbered" (after it): publish() finds size > integrated.
    return taken


def _number(cursor: CursorWrapper, state: LogState, limit: int) -> int:
    """Give the next indices to pending events and count them in `state`, which is locked and not
    saved here; return how many."""
    cursor.execute(_NUMBER[connection.vendor], {"size": state.size, "limit": limit})
    taken: int = cursor.rowcount
    if taken and connection.vendor == "sqlite":
        # What is pending is as it was: nobody else writes before this transaction ends.
        cursor.execute(
            "DELETE FROM ledger_pending WHERE event_id <="
            ' (SELECT event_id FROM ledger_entry ORDER BY "index" DESC LIMIT 1)'
        )
    state.size += taken
    return taken


def close(name: str) -> bool:
    """End the live shard, so that the one named `name` (a year) follows; return False when that is
    open or about to be already. `advance` publishes the end and opens the next.

    Raises ValueError for a name that cannot be the next, or a shard without entries; Diverged.
    """
    advance()
    with transaction.atomic():
        state = LogState.objects.select_for_update().get(id=1)
        if name and name in {state.shard, state.opens}:
            return False
        _check_next(state, name)
        with connection.cursor() as cursor:
            _number(cursor, state, BATCH)
        data: dict[str, JSON] = {
            "origin": shards.origin(state.shard),
            "size": state.size + 1 - state.first,
            "next_origin": shards.origin(name),
        }
        _number_now(state, append("shard.closed", stream=_stream(), actor=ACTOR, data=data))
        state.opens = name
        state.save(update_fields=["size", "opens"])
    # Crash point "closing" (before the commit): nothing happened.
    # Crash point "closed" (after it): the next run publishes the end and opens the next shard.
    return True


def _check_next(state: LogState, name: str) -> None:
    latest = f"{timezone.now().year + 1:04}"
    if not is_name(name) or name > latest:
        raise ValueError(f"{name!r:.40} is not a year until {latest}")
    newest = max(state.shard, state.opens, _stream().partition(":")[2])
    if name <= newest:
        raise ValueError(f"the shard of {newest} has begun: the next is of a later year")
    if state.opens:
        raise ValueError(f"{state.opens} is about to be opened: let it be, with `ledger advance`")


def _stream() -> str:
    """Return the stream of the live shard: that of the newest entry which opened one."""
    kinds = ("log.opened", "shard.opened")
    opened = Event.objects.filter(stream__gte="log:", stream__lt="log;", kind__in=kinds)
    newest = opened.order_by("-id").values_list("stream", flat=True).first()
    return newest or "log:0000"  # a log that began before such entries were kept


def _open_next() -> bool:
    """Open the shard that follows a closed one, once all of that is published; return whether."""
    state = LogState.objects.filter(id=1).first()
    if state is None or not state.opens or not _is_published(state):
        return False
    if shards.folder(state.opens).checkpoint() is not None:
        raise Diverged(
            f"the shard {shards.origin(state.opens)} is published and this database has not opened"
            " it: was a backup restored? Nothing signed."
        )
    with transaction.atomic():
        seen, state = state.opens, LogState.objects.select_for_update().get(id=1)
        if state.opens != seen:
            return True  # another process has opened it
        end = notes.parse_checkpoint(notes.note_text(state.checkpoint))
        before = _stream()
        ClosedShard.objects.create(
            name=state.shard, first=state.first, size=end.size, checkpoint=state.checkpoint
        )
        state.shard, state.opens, state.checkpoint = state.opens, "", ""
        state.first = state.size
        data: dict[str, JSON] = {
            "origin": shards.origin(state.shard),
            "previous_origin": end.origin,
            "previous_size": end.size,
            "previous_root": end.root.hex(),
        }
        opened = append(
            "shard.opened",
            stream=f"log:{state.shard}",
            actor=ACTOR,
            refs={"previous": before},
            data=data,
        )
        _number_now(state, opened)
        state.save()
    # Crash point "opening" (before the commit): the shard before is closed, and opens it again.
    # Crash point "opened" (after it): publish() finds size > integrated.
    return True


def _is_published(state: LogState) -> bool:
    note = shards.folder(state.shard).checkpoint()
    return state.size == state.integrated and _is_out(state.checkpoint, note)


def _number_now(state: LogState, event: Event) -> None:
    """Give the next index to this event, before all that is pending."""
    Entry.objects.create(index=state.size, event=event)
    Pending.objects.filter(event=event).delete()
    state.size += 1


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
    checkpoint = _publish(state, signer)
    if shards.live().folder < state.shard:
        _show_list()
    return checkpoint


def _publish(state: LogState, signer: Signer) -> Checkpoint | None:
    if state.size > state.integrated:
        _integrate(state, signer)
    elif state.checkpoint and not signer.has_signed(state.checkpoint):
        # A new key, and nothing new in the log: readers of the new key shall not wait for that.
        _lock_in(state, signer.sign(signer.open(state.checkpoint)))
    elif state.checkpoint and _is_out(state.checkpoint, shards.folder(state.shard).checkpoint()):
        return notes.parse_checkpoint(notes.note_text(state.checkpoint))
    return _publish_locked_in()


def _integrate(state: LogState, signer: Signer) -> None:
    """Build the tiles of the entries that no checkpoint covers yet, sign, and lock the note in."""
    log = shards.folder(state.shard)
    signed = signer.open(state.checkpoint) if state.checkpoint else None
    builder = building.right_edge(log, signed, state.first)
    building.build(log, builder, state.size - state.first, state.first)
    # Crash point "built" (or in the middle of building): the tiles are a function of the entries,
    # so the next run writes the same bytes again. No checkpoint covers them yet.
    note = signer.sign(Checkpoint(signer.origin, builder.size, builder.root()))
    # Crash point "signed": the note was seen by nobody, and is made again.
    _lock_in(state, note)
    # Crash point "locked in": the note is in the database and not published. The next run
    # publishes it, and signs only trees that extend it.


def _lock_in(state: LogState, note: str) -> None:
    """Store the signed note unless another process has stored one since `state` was read; then
    ours is dropped unseen. So no two notes of a size are ever published."""
    LogState.objects.filter(
        id=1, shard=state.shard, integrated=state.integrated, checkpoint=state.checkpoint
    ).update(integrated=state.size, checkpoint=note)


def _publish_locked_in() -> Checkpoint | None:
    """Put the note that is locked in where all see it; return its checkpoint, or None when there
    is none."""
    while (seen := LogState.objects.get(id=1)).checkpoint:
        log, note = shards.folder(seen.shard), seen.checkpoint
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
    # A shard that another process opened just now has no checkpoint yet.
    return publish() if seen.size > seen.integrated else None


def _show_list() -> None:
    """Publish the list of shards, once the newest has a checkpoint.

    Crash point "listing" (before this): readers find the shard that was closed, whole, and no
    newer one. The next run lists it.
    """
    with transaction.atomic():
        state = LogState.objects.select_for_update().get(id=1)
        if shards.folder(state.shard).checkpoint() is not None:
            text = live.text_of_list(state)
            shards.folder("").write(SHARDS, text.encode("ascii"), durable=True)


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
