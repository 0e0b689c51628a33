"""Where the files of a log come from: a folder, or a web server (mirror.py puts a copy before it).

Nothing that a source returns is trusted: the tree (tree.py) says which bytes are the right ones.
"""

import re
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from edgecode.audit.web import Forbidden, Net, TooLong, Unreadable, Web
from edgecode.log.folder import NOTE_BYTES_MAX, FileTooLong, LogFolder, file_limit, read_file
from edgecode.log.shardlist import SHARDS
from edgecode.log.tiles import WIDTH, Tile, narrow

WITNESSED = "checkpoint.witnessed"
DOCUMENT_BYTES_MAX = 16 * 1024 * 1024
_SHA256 = re.compile(r"[0-9a-f]{64}")
_AHEAD = 32


class Missing(Exception):
    """The log does not have a file that its checkpoint says it has: there is none, or something
    that cannot be it."""


class Source(Protocol):
    """The files of one log. Every method raises Unreadable when reading as such fails. `refused`
    says what could not be kept, for it would have taken the place of what was there rightly."""

    name: str
    refused: str

    def checkpoint(self) -> bytes:
        """Return the newest signed note. Raises Unreadable when there is none."""

    def witnessed(self) -> bytes | None:
        """Return the newest note that witnesses have cosigned, where the log has it apart."""

    def earlier(self) -> Iterator[tuple[str, bytes]]:
        """Yield the name and the bytes of earlier notes that came with the log."""

    def remembered(self) -> Path | None:
        """Return the file of the note under which this auditor's own copy was complete."""

    def document(self, sha256: str) -> bytes | None:
        """Return what is served as the document of this hash, or None."""

    def shards(self) -> bytes | None:
        """Return the list of shards that lies beside the first log of a history, or None."""

    def expect(self, tiles: Iterator[Tile]) -> None:
        """Learn which files will be asked for next, and in which order; and that what was expected
        before will not be."""

    def copies(self, tile: Tile) -> Iterator[bytes]:
        """Yield what may be the bytes of a tile or bundle, the nearest copy first. Raises Missing
        when no (other) copy is there."""

    def keep(self, tile: Tile, raw: bytes) -> None:
        """Take note that these bytes of a tile or bundle were the right ones."""

    def keep_file(self, name: str, raw: bytes) -> None:
        """Take note of what another file of the log held."""

    def close(self) -> None:
        """Let go of what was expected."""


class FolderSource:
    """An export, a mirror, or the published folder itself."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self.refused = ""
        self._folder = LogFolder(path)

    def checkpoint(self) -> bytes:
        path = self._folder.path
        if not path.is_dir():
            raise Unreadable(f"{path}: there is no such folder")
        return read_limited(path / "checkpoint", NOTE_BYTES_MAX)

    def witnessed(self) -> bytes | None:
        return read_if_there(self._folder.path / WITNESSED, NOTE_BYTES_MAX)

    def earlier(self) -> Iterator[tuple[str, bytes]]:
        for path in self._folder.kept():
            yield f"checkpoints/{path.name}", read_limited(path, NOTE_BYTES_MAX)

    def remembered(self) -> Path | None:
        return None

    def document(self, sha256: str) -> bytes | None:
        return read_if_there(self._folder.path / document_path(sha256), DOCUMENT_BYTES_MAX)

    def shards(self) -> bytes | None:
        return read_if_there(self._folder.path / SHARDS, NOTE_BYTES_MAX)

    def expect(self, tiles: Iterator[Tile]) -> None:
        """A folder needs no warning."""

    def copies(self, tile: Tile) -> Iterator[bytes]:
        try:
            yield self._folder.read(tile)
        except FileNotFoundError:
            raise Missing(f"{tile.path}: the file is missing") from None
        except ValueError as error:
            raise Missing(f"{tile.path}: {error}") from None
        except OSError as error:
            raise Unreadable(f"{self.name}/{tile.path}: {error.strerror}") from None

    def keep(self, tile: Tile, raw: bytes) -> None:
        """They are here."""

    def keep_file(self, name: str, raw: bytes) -> None:
        """It is here."""

    def close(self) -> None:
        """Nothing is open."""


class WebSource:
    """A log on a web server, several files at a time once they are expected."""

    def __init__(self, url: str, net: Net) -> None:
        self._web, self._net = Web(url, net), net
        self.name = self._web.url
        self.refused = ""
        self._order: Iterator[Tile] = iter(())
        self._coming: dict[Tile, Future[bytes | str]] = {}

    def checkpoint(self) -> bytes:
        raw = self._web.get("checkpoint", NOTE_BYTES_MAX)
        if raw is None:
            raise Unreadable(f"{self.name}checkpoint: not found; is this the address of a log?")
        return raw

    def witnessed(self) -> bytes | None:
        with suppress(Forbidden):
            return self._web.get(WITNESSED, NOTE_BYTES_MAX)
        return None

    def earlier(self) -> Iterator[tuple[str, bytes]]:
        return iter(())

    def remembered(self) -> Path | None:
        return None

    def document(self, sha256: str) -> bytes | None:
        return self._web.get(document_path(sha256), DOCUMENT_BYTES_MAX)

    def shards(self) -> bytes | None:
        with suppress(Forbidden):
            return self._web.get(SHARDS, NOTE_BYTES_MAX)
        return None

    def expect(self, tiles: Iterator[Tile]) -> None:
        for future in self._coming.values():
            future.cancel()
        self._coming.clear()
        self._order = tiles
        self._look_ahead()

    def copies(self, tile: Tile) -> Iterator[bytes]:
        future = None
        while tile in self._coming:
            # What was expected before it will not be asked for any more.
            future = self._coming.pop(next(iter(self._coming)))
        self._look_ahead()
        answer = future.result() if future is not None else self._get(tile)
        if isinstance(answer, str):
            raise Missing(answer)
        yield answer

    def _look_ahead(self) -> None:
        while len(self._coming) < _AHEAD and (tile := next(self._order, None)) is not None:
            self._coming[tile] = self._net.pool.submit(self._get, tile)

    def _get(self, tile: Tile) -> bytes | str:
        """Return a file, or why it is missing: not raised here, for an error keeps what was read
        before it for as long as it is kept itself."""
        limit = file_limit(tile)
        try:
            raw = self._web.get(tile.path, limit)
            if raw is None and tile.width < WIDTH:
                # Once a tile is full, a server may drop the partial ones.
                raw = self._web.get(tile.full.path, limit)
                raw = narrow(raw, tile.full, tile) if raw is not None else None
        except TooLong as error:
            return str(error)
        except ValueError as error:
            return f"{tile.full.path}: {error}"
        return f"{tile.path}: the server does not have it" if raw is None else raw

    def keep(self, tile: Tile, raw: bytes) -> None:
        """Nothing is kept without a mirror."""

    def keep_file(self, name: str, raw: bytes) -> None:
        """As keep()."""

    def close(self) -> None:
        self.expect(iter(()))


def document_path(sha256: str) -> str:
    """Return the path of a document; what is no hash names none (and no file elsewhere)."""
    return f"documents/{sha256 if _SHA256.fullmatch(sha256) else 0}"


def read_limited(path: Path, limit: int) -> bytes:
    """Return the bytes of a file. Raises TooLong, or Unreadable when there is none."""
    raw = read_if_there(path, limit)
    if raw is None:
        raise Unreadable(f"{path}: there is no such file; is this the folder of a log?")
    return raw


def read_if_there(path: Path, limit: int) -> bytes | None:
    """Return the bytes of a file, or None when there is none. Raises TooLong, or Unreadable."""
    try:
        return read_file(path, limit)
    except FileNotFoundError:
        return None
    except FileTooLong as error:
        raise TooLong(f"{path}: {error}") from None
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from None
