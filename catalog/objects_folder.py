"""Objects as files in a folder.

Beside the objects lie, under names no key can have: `.drafts`, `.uploads` with a folder for each
open upload (catalog.object_parts), and `.retained` with the times until which keys are kept.

Weaker than a bucket: `retain` binds this program only. Whoever may write to the folder can still
remove a file, so evidence that must withstand its own keeper belongs into a bucket with object
lock. There are no older versions; the one there is has the id "null", as in a bucket without them.
"""

import hashlib
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from catalog import object_links
from catalog.object_interface import (
    READ_BYTES,
    Facts,
    Link,
    Part,
    Retained,
    Upload,
    Version,
    checked,
)
from catalog.object_parts import PartsFolder, sync

_ONLY_VERSION = "null"


class LocalObjectStore:
    """Objects written beside their place and renamed into it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        # Beside the objects, so that the rename stays inside one file system.
        self._drafts = root / ".drafts"
        self._drafts.mkdir(parents=True, exist_ok=True)
        self.incoming = PartsFolder(root / ".uploads")

    def adopt(self, path: Path, key: str) -> None:
        target = self._free(key)
        if path.stat().st_dev == self._root.stat().st_dev:
            sync(path)
            self._publish(path, target)
            return
        with self._draft() as draft:
            shutil.copyfile(path, draft)
            sync(draft)
            self._publish(draft, target)
        path.unlink()

    def put_bytes(self, key: str, data: bytes) -> None:
        target = self._free(key)
        with self._draft() as draft:
            draft.write_bytes(data)
            sync(draft)
            self._publish(draft, target)

    def put_if_absent(self, key: str, data: bytes) -> bool:
        target = self._path(key)
        with self._draft() as draft:
            draft.write_bytes(data)
            sync(draft)
            # A second name, not a rename: the one step that fails where there is a file.
            with _reaching(target):
                try:
                    target.hardlink_to(draft)
                except FileExistsError:
                    return False
        return True

    def copy(self, source: str, target: str) -> None:
        origin, place = self._existing(source), self._free(target)
        with self._draft() as draft:
            # Another name of the same bytes: an object's file is replaced, never written to.
            draft.hardlink_to(origin)
            self._publish(draft, place)

    def open(self, key: str) -> BinaryIO:
        return self._existing(key).open("rb")

    def read_range(
        self, key: str, start: int, length: int, version: str | None = None
    ) -> Iterator[bytes]:
        if version not in {None, _ONLY_VERSION}:
            raise FileNotFoundError(f"{key} version {version}")
        with self.open(key) as file:
            file.seek(start)
            while length > 0 and (chunk := file.read(min(READ_BYTES, length))):
                length -= len(chunk)
                yield chunk

    @contextmanager
    def local_copy(self, key: str) -> Iterator[Path]:
        yield self._existing(key)

    def size(self, key: str) -> int:
        return self._existing(key).stat().st_size

    def facts(self, key: str) -> Facts:
        state = self._existing(key).stat()
        return Facts(state.st_size, f"{state.st_ino:x}-{state.st_mtime_ns:x}-{state.st_size:x}")

    def exists(self, key: str) -> bool:
        return self._path(key).is_file()

    def keys(self, prefix: str = "") -> Iterator[str]:
        # Only the folder that the prefix names, not all that is kept.
        begin = self._root / prefix.rpartition("/")[0]
        files = (path for path in begin.rglob("*") if path.is_file())
        names = (path.relative_to(self._root).as_posix() for path in files)
        yield from sorted(
            name for name in names if name.startswith(prefix) and not name.startswith(".")
        )

    def delete(self, key: str) -> None:
        self._free(key).unlink(missing_ok=True)
        self._retention(key).unlink(missing_ok=True)

    def read_link(
        self, key: str, *, seconds: int, filename: str, version: str | None = None
    ) -> Link:
        if version not in {None, _ONLY_VERSION}:
            raise FileNotFoundError(f"{key} version {version}")
        return object_links.read_link(key, seconds=seconds, filename=filename)

    def begin_upload(self, key: str, *, size_bytes: int, part_bytes: int) -> Upload:
        self._free(key)
        return self.incoming.begin(key, size_bytes=size_bytes, part_bytes=part_bytes)

    def part_link(self, upload: Upload, number: int, sha256: str, *, seconds: int) -> Link:
        return object_links.part_link(upload, number, sha256, seconds=seconds)

    def parts(self, upload: Upload) -> list[Part]:
        return self.incoming.parts(upload)

    def complete_upload(self, upload: Upload, sha256s: Mapping[int, str]) -> None:
        target = self._free(upload.key)
        with self.incoming.whole(upload, sha256s) as draft:
            self._publish(draft, target)

    def abort_upload(self, upload: Upload) -> None:
        self.incoming.discard(upload.id)

    def abandon_uploads(self, idle_since: datetime) -> int:
        return self.incoming.abandon(idle_since)

    def retain(self, key: str, until: datetime) -> str:
        self._existing(key)
        held = self._retained_until(key)
        if held is not None and held > until:
            raise Retained(key, held)
        with self._draft() as draft:
            draft.write_text(until.astimezone(UTC).isoformat())
            sync(draft)
            self._publish(draft, self._retention(key))
        return _ONLY_VERSION

    def versions(self, key: str) -> list[Version]:
        with suppress(FileNotFoundError):
            state = self._existing(key).stat()
            stored_at = datetime.fromtimestamp(state.st_mtime, UTC)
            return [Version(_ONLY_VERSION, state.st_size, stored_at, is_current=True)]
        return []

    def _path(self, key: str) -> Path:
        return self._root / checked(key)

    def _existing(self, key: str) -> Path:
        path = self._path(key)
        if not path.is_file():
            raise FileNotFoundError(key)
        return path

    def _free(self, key: str) -> Path:
        """Return the key's place; raise Retained if what lies there must stay."""
        path = self._path(key)
        until = self._retained_until(key)
        if until is not None and until > datetime.now(UTC):
            raise Retained(key, until)
        return path

    def _retention(self, key: str) -> Path:
        # Not the key itself: "a" and "a/b" are both kept, and a file is no folder.
        return self._root / ".retained" / hashlib.sha256(key.encode()).hexdigest()

    def _retained_until(self, key: str) -> datetime | None:
        try:
            return datetime.fromisoformat(self._retention(key).read_text())
        except FileNotFoundError:
            return None

    @contextmanager
    def _draft(self) -> Iterator[Path]:
        draft = self._drafts / secrets.token_hex(8)
        try:
            yield draft
        finally:
            draft.unlink(missing_ok=True)

    def _publish(self, draft: Path, target: Path) -> None:
        with _reaching(target):
            draft.replace(target)


@contextmanager
def _reaching(target: Path) -> Iterator[None]:
    """Make the folders on the way to `target`; afterwards its name outlives a power cut too."""
    created = [folder for folder in target.parents if not folder.exists()]
    target.parent.mkdir(parents=True, exist_ok=True)
    yield
    for folder in {target.parent, *(folder.parent for folder in created)}:
        sync(folder)
