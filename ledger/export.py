"""A copy of the published log to carry away: complete for one checkpoint, verified by anyone."""

import secrets
import shutil
from pathlib import Path

from edgecode.log import notes
from edgecode.log.folder import DOCUMENTS, POLICY, WITNESSED, LogFolder
from edgecode.log.notes import Checkpoint
from edgecode.log.tiles import tiles_of


def export_log(log: LogFolder, target: Path) -> Checkpoint:
    """Copy the log under its published checkpoint to the new folder `target`.

    Returns the checkpoint. Raises ValueError when nothing is published or `target` exists;
    a copy that fails half-way leaves no folder behind.
    """
    note = log.checkpoint()
    if note is None:
        raise ValueError("nothing is published yet: run `manage.py ledger advance`")
    if target.exists():
        raise ValueError(f"{target} exists: name a new folder")
    checkpoint = notes.parse_checkpoint(notes.note_text(note))
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    copy = LogFolder(draft)
    try:
        for tile in tiles_of(checkpoint.size):
            copy.write(tile.path, log.read(tile))
        for path in log.kept():
            if int(path.name) <= checkpoint.size:
                copy.write(f"checkpoints/{path.name}", path.read_bytes())
        for path in [log.path / POLICY, *(log.path / DOCUMENTS).glob("*")]:
            if path.is_file():
                copy.write(str(path.relative_to(log.path)), path.read_bytes())
        for path in log.path.glob("*.vkey*"):
            copy.write(path.name, path.read_bytes())
        witnessed = log.witnessed()
        if witnessed and notes.parse_checkpoint(notes.note_text(witnessed)).size <= checkpoint.size:
            copy.write(WITNESSED, witnessed.encode())
        copy.write("checkpoint", note.encode())
        shutil.rmtree(draft / ".draft")
        draft.rename(target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return checkpoint
