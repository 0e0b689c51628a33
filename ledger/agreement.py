"""May we sign? Only while the database, the published files, the key, and what others remember of
the log belong together. Two histories under one key are what the log exists to rule out."""

import logging
import time

from edgecode.log.checkpoints import Checkpoint
from edgecode.log.folder import LogFolder
from edgecode.log.keys import BadNote
from ledger import building, elsewhere, log_key, proofs, signing
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
    log = proofs.folder()
    note = log.checkpoint()
    state, _ = LogState.objects.get_or_create(id=1)
    try:
        signer = signing.load(create=not note and not state.checkpoint)
        if signer is None:
            raise Diverged(f"the log exists and its key {log_key.path()} is gone: restore it")
        locked_in = signer.open(state.checkpoint) if state.checkpoint else None
        published = signer.open(note) if note else None
        proofs.show_keys(signer, note)
    except ValueError as error:
        raise Diverged(f"the log is not of this key and origin ({error}): nothing signed") from None
    if published is not None and note != state.checkpoint:
        _check(log, locked_in, published, f"{log.path / 'checkpoint'} has published")
    return state, signer


def check_elsewhere() -> bool:
    """Compare the log with what its mirror and its witnesses remember; raise Diverged when one
    knows more entries than this database, or others.

    A restored backup can bring back the published files too: then only others know. Returns
    whether all that are configured could be asked; an unreachable one stops nobody.
    """
    complete = True
    for place in elsewhere.places():
        try:
            note = place.fetch()
        except OSError as error:
            logger.warning("%s cannot be asked for the log's checkpoint: %s", place.name, error)
            complete = False
            continue
        if note is None:
            continue
        state, signer = agreeing_state()  # after the fetch, so that it is the newer one
        try:
            remembered = signing.open_by_any(note, [*signer.vkeys, *proofs.vkeys()])
            locked_in = signer.open(state.checkpoint) if state.checkpoint else None
        except BadNote as error:
            raise Diverged(
                f"{place.name} remembers another log ({error}): nothing signed"
            ) from None
        _check(proofs.folder(), locked_in, remembered, f"{place.name} remembers")
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


def _check(log: LogFolder, ours: Checkpoint | None, other: Checkpoint, who: str) -> None:
    """Raise Diverged unless the tree locked in, `ours`, is that of `other` or grew out of it."""
    size = ours.size if ours else 0
    if ours is None or other.size > size:
        raise Diverged(
            f"{who} {other.size} entries and this database knows only {size}: "
            "was a backup restored? Nothing signed."
        )
    same = other.root == ours.root if other.size == size else building.begins_with(log, ours, other)
    if not same:
        raise Diverged(
            f"{who} {other.size} entries and this database has others: "
            "two histories of one log. Nothing signed."
        )
