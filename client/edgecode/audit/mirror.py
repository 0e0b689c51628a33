"""A copy of a log on the auditor's disk that takes every file once it was verified.

It mends what was damaged, and keeps what the log showed before: where a file that is right under
the mirror's own checkpoint would have to make room for other bytes, it is another history, and the
mirror is left as it is. It is then the evidence.
"""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from edgecode.audit.findings import LogFindings
from edgecode.audit.sources import (
    DOCUMENT_BYTES_MAX,
    FolderSource,
    Source,
    document_path,
    read_if_there,
)
from edgecode.audit.tree import Tree
from edgecode.audit.web import TooLong, Unreadable
from edgecode.log.checkpoints import parse_checkpoint
from edgecode.log.folder import NOTE_BYTES_MAX, LogFolder, file_limit
from edgecode.log.notes import note_text
from edgecode.log.tiles import Tile


class MirroredSource:
    """Another source, with a folder before it. `refused` says why it takes no file any more."""

    def __init__(self, far: Source, path: Path) -> None:
        self.name = far.name
        self.refused = ""
        self._far = far
        self._near = LogFolder(path)
        self._tree: Tree | None = None

    def checkpoint(self) -> bytes:
        return self._far.checkpoint()

    def witnessed(self) -> bytes | None:
        return self._far.witnessed()

    def earlier(self) -> Iterator[tuple[str, bytes]]:
        return self._far.earlier()

    def remembered(self) -> Path | None:
        path = self._near.path / "checkpoint"
        return path if path.is_file() else None

    def document(self, sha256: str) -> bytes | None:
        near = self._bytes(document_path(sha256), DOCUMENT_BYTES_MAX)
        if near is not None and hashlib.sha256(near).hexdigest() == sha256:
            return near
        return self._far.document(sha256)

    def shards(self) -> bytes | None:
        return self._far.shards()

    def expect(self, tiles: Iterator[Tile]) -> None:
        self._far.expect(tile for tile in tiles if not self._is_near(tile))

    def _is_near(self, tile: Tile) -> bool:
        return (self._near.path / tile.path).is_file()

    def copies(self, tile: Tile) -> Iterator[bytes]:
        near = self._bytes(tile.path, file_limit(tile))
        if near is not None:
            yield near
        yield from self._far.copies(tile)

    def keep(self, tile: Tile, raw: bytes) -> None:
        near = self._bytes(tile.path, file_limit(tile))
        if near == raw or self.refused:
            return
        if near is not None and self._is_right(tile, near):
            self.refused = (
                f"the mirror holds other bytes under {tile.path}, right under its own checkpoint:"
                f" {self._near.path} is left as it is"
            )
            return
        self._write(tile.path, raw)

    def keep_file(self, name: str, raw: bytes) -> None:
        if not self.refused and self._bytes(name, len(raw)) != raw:
            self._write(name, raw)

    def _is_right(self, tile: Tile, raw: bytes) -> bool:
        """Return whether these bytes are what the mirror was complete under."""
        if self._tree is None:
            self._tree = self._own_tree()
        return self._tree is not None and self._tree.demands(tile, raw)

    def _own_tree(self) -> Tree | None:
        note = self._bytes("checkpoint", NOTE_BYTES_MAX)
        try:
            checkpoint = parse_checkpoint(note_text((note or b"").decode()))
        except ValueError:
            return None
        return Tree(FolderSource(self._near.path), checkpoint, LogFindings(""))

    def _bytes(self, name: str, limit: int) -> bytes | None:
        """Return the bytes of a file of the mirror; None also for one that is too long to be it."""
        with suppress(TooLong):
            return read_if_there(self._near.path / name, limit)
        return None

    def _write(self, name: str, raw: bytes) -> None:
        try:
            self._near.write(name, raw)
        except OSError as error:
            path = self._near.path / name
            raise Unreadable(f"{path}: the mirror cannot be written: {error.strerror}") from None

    def close(self) -> None:
        self._far.close()
