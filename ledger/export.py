"""A copy of the published log to carry away: complete for one checkpoint, verified by anyone."""

import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path

from edgecode.log import notes
from edgecode.log.folder import DOCUMENTS, POLICY, WITNESSED, LogFolder
from edgecode.log.shardlist import SHARDS, ShardLine, dump_shards
from edgecode.log.tiles import tiles_of
from ledger import policies


def export_log(source: Path, shards: Sequence[ShardLine], target: Path) -> int:
    """Copy these shards of the log in `source` to the new folder `target`, each under its published
    checkpoint, with the policy by which all of them are audited.

    Returns how many entries it has. Raises ValueError when nothing is published or `target`
    exists; a copy that fails half-way leaves no folder behind.
    """
    if LogFolder(source).checkpoint() is None:
        raise ValueError("nothing is published yet: run `manage.py ledger advance`")
    if target.exists():
        raise ValueError(f"{target} exists: name a new folder")
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        sizes = [_copy(LogFolder(source / each.folder), draft / each.folder) for each in shards]
        if (policy := policies.of_history(source, shards)) is not None:
            (draft / POLICY).write_text(str(policy), "utf-8")
        if len(shards) > 1:
            (draft / SHARDS).write_text(dump_shards(shards), "ascii")
        draft.rename(target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return sum(sizes)


def _copy(log: LogFolder, target: Path) -> int:
    """Copy one shard and return its size."""
    note, copy = log.checkpoint(), LogFolder(target)
    if note is None:
        raise ValueError(f"{log.path} has no checkpoint: run `manage.py ledger advance`")
    size = notes.parse_checkpoint(notes.note_text(note)).size
    for tile in tiles_of(size):
        copy.write(tile.path, log.read(tile))
    for path in log.kept():
        if int(path.name) <= size:
            copy.write(f"checkpoints/{path.name}", path.read_bytes())
    for path in [log.path / POLICY, *(log.path / DOCUMENTS).glob("*")]:
        if path.is_file():
            copy.write(str(path.relative_to(log.path)), path.read_bytes())
    for path in log.path.glob("*.vkey*"):
        copy.write(path.name, path.read_bytes())
    witnessed = log.witnessed()
    if witnessed and notes.parse_checkpoint(notes.note_text(witnessed)).size <= size:
        copy.write(WITNESSED, witnessed.encode())
    copy.write("checkpoint", note.encode())
    shutil.rmtree(target / ".draft")
    return size
