"""May we sign? Only while the database, the published files, the key, and what others remember of
the log belong together. Two histories under one key are what the log exists to rule out."""

import logging
import time

from edgecode.log.checkpoints import Checkpoint
from edgecode.log.keys import BadNote
from edgecode.log.shardlist import SHARDS
from ledger import building, elsewhere, log_key, proofs, shards, signing
from ledger.building import Diverged
from ledger.models import LogState
from ledger.signing import Signer

_ASK_AGAIN_SECONDS = 60
logger = logging.getLogger("edgecode.ledger")


def agreeing_state() -> tuple[LogState, Signer]:
    """Return the log's row and its signer when they agree with what is published; raise Diverged.

    A database restored from a backup is older than the world's memory of the log: signing over
    it would give two histories. The file is read first: it only ever follows the row.
    """
    state, note = _state_and_note()
    log = shards.folder(state.shard)
    try:
        is_new = not (note or state.checkpoint or state.shard)
        signer = signing.load(state.shard, create=is_new)
        if signer is None:
            raise Diverged(f"the log exists and its key {log_key.path()} is gone: restore it")
        locked_in = signer.open(state.checkpoint) if state.checkpoint else None
        published = signer.open(note) if note else None
        proofs.show_keys(log, signer, note)
    except ValueError as error:
        raise Diverged(f"the log is not of this key and origin ({error}): nothing signed") from None
    if published is not None and note != state.checkpoint:
        _check(state, locked_in, published, f"{log.path / 'checkpoint'} has published")
    return state, signer


def _state_and_note() -> tuple[LogState, str | None]:
    """Return the log's row, and what its live shard had published before the row was read."""
    try:
        listed = shard = shards.live().folder
    except ValueError as error:
        raise Diverged(f"{shards.folder('').path / SHARDS}, {error}: nothing signed") from None
    while True:
        note = shards.folder(shard).checkpoint()
        state, _ = LogState.objects.get_or_create(id=1)
        if state.shard == shard:
            return state, note
        if listed > state.shard:
            raise _unknown_shard(f"{shards.folder('').path / SHARDS} lists", listed)
        shard = state.shard  # opened, and its first checkpoint is on its way


def _unknown_shard(who: str, shard: str) -> Diverged:
    return Diverged(
        f"{who} the shard {shards.origin(shard)} and this database has not opened it: "
        "was a backup restored? Nothing signed."
    )


def check_elsewhere() -> bool:
    """Compare the log with what its mirror and its witnesses remember; raise Diverged when one
    knows more entries than this database, or others.

    A restored backup can bring back the published files too: then only others know. Returns
    whether all that are configured could be asked; an unreachable one stops nobody.
    """
    complete = True
    for place in elsewhere.places(agreeing_state()[0].shard):
        try:
            note = place.fetch()
        except OSError as error:
            logger.warning("%s cannot be asked for the log's checkpoint: %s", place.name, error)
            complete = False
            continue
        if note is None:
            continue
        state, signer = agreeing_state()  # after the fetch, so that it is the newer one
        if place.shard > state.shard:
            raise _unknown_shard(f"{place.name} remembers", place.shard)
        if place.shard < state.shard:
            continue  # closed by another process meanwhile
        try:
            remembered = signing.open_by_any(note, [*signer.vkeys, *proofs.vkeys()])
            locked_in = signer.open(state.checkpoint) if state.checkpoint else None
        except BadNote as error:
            raise Diverged(
                f"{place.name} remembers another log ({error}): nothing signed"
            ) from None
        _check(state, locked_in, remembered, f"{place.name} remembers")
    return complete


class Once:
    """`check_elsewhere`, until all have answered once; the unreachable are asked again."""

    def __init__(self) -> None:
        self._next: float | None = 0.0

    def check(self) -> None:
        """Raise Diverged when the world remembers another log than ours."""
        if self._next is not None and time.monotonic() >= self._next:
            complete = check_elsewhere()
            self._next = None if complete else time.monotonic() + _ASK_AGAIN_SECONDS


def _check(state: LogState, ours: Checkpoint | None, other: Checkpoint, who: str) -> None:
    """Raise Diverged unless the tree locked in, `ours`, is that of `other` or grew out of it."""
    size = ours.size if ours else 0
    if ours is None or other.size > size:
        raise Diverged(
            f"{who} {other.size} entries and this database knows only {size}: "
            "was a backup restored? Nothing signed."
        )
    same = other.root == ours.root
    if other.size < size:
        same = building.begins_with(shards.folder(state.shard), ours, other, state.first)
    if not same:
        raise Diverged(
            f"{who} {other.size} entries and this database has others: "
            "two histories of one log. Nothing signed."
        )
