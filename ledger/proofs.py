"""What anyone may ask of the published log. Everything comes from files, nothing from the
database, so reading costs the writers nothing and a mirror can answer the same."""

from pathlib import Path

from django.conf import settings

from edgecode.log import notes
from edgecode.log.folder import LogFolder
from edgecode.log.notes import Checkpoint


class NotLogged(LookupError):
    """The published log has no such entry or size (yet)."""


def folder() -> LogFolder:
    """Return the folder that this deployment publishes."""
    return LogFolder(Path(settings.VAR_DIR) / "ledger")


def checkpoint() -> str | None:
    """Return the published checkpoint, a signed note, or None before the first."""
    return folder().checkpoint()


def latest() -> Checkpoint | None:
    """Return origin, size and root of the published checkpoint, or None before the first."""
    note = folder().checkpoint()
    return notes.parse_checkpoint(notes.note_text(note)) if note else None


def vkey() -> str | None:
    """Return the key that verifies this log's checkpoints, or None while there is none."""
    try:
        return (folder().path / "log.vkey").read_text("utf-8").strip()
    except FileNotFoundError:
        return None


def entry(index: int) -> bytes:
    """Return the bytes of entry `index`; edgecode.log.leaf.parse() reads them. Raises NotLogged."""
    return folder().entry(index, _size_over(index))


def inclusion(index: int) -> list[bytes]:
    """Return the proof of entry `index` under the published checkpoint. Raises NotLogged."""
    return folder().inclusion(index, _size_over(index))


def consistency(old: int, new: int) -> list[bytes]:
    """Return the proof that the log of `new` entries begins with that of `old`. Raises NotLogged
    unless 0 <= old <= new <= the published size."""
    if new > folder().size() or old > new:
        raise NotLogged(f"no log of {old} entries within one of {new} is published")
    return folder().consistency(old, new)


def receipt(index: int) -> str:
    """Return the `.tlog-proof` of entry `index`: with the entry's bytes and the log's vkey it
    can be verified offline, for ever (notes.verify_receipt). Raises NotLogged."""
    _size_over(index)
    return folder().receipt(index)


def _size_over(index: int) -> int:
    size = folder().size()
    if not 0 <= index < size:
        raise NotLogged(f"entry {index} is not among the {size} entries published")
    return size
