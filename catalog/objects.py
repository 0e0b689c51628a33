"""Where files are kept: one interface, a folder by default, or a bucket.

A key is a slash path of safe ASCII. An object is whole or absent, never half-written; storing
under a key that exists replaces it. Reading a key that does not exist raises FileNotFoundError.
"""

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from typing import BinaryIO, Protocol

from django.conf import settings

READ_BYTES = 2**20
MAX_KEY_LENGTH = 200

_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+=-]*(/[A-Za-z0-9_][A-Za-z0-9._+=-]*)*", re.ASCII)


class ObjectStore(Protocol):
    """Whole files under keys."""

    def adopt(self, path: Path, key: str) -> None:
        """Take the finished local file `path` in under `key`. The file is gone afterwards."""

    def put_bytes(self, key: str, data: bytes) -> None:
        """Store `data` under `key`; for small objects."""

    def open(self, key: str) -> BinaryIO:
        """Open for reading from anywhere; close it after use."""

    def read_range(self, key: str, start: int, length: int) -> Iterator[bytes]:
        """Yield the bytes [start, start + length) in pieces, fewer where the object ends."""

    def local_copy(self, key: str) -> AbstractContextManager[Path]:
        """Give the object as a local file, for reading only, until the context ends."""

    def size(self, key: str) -> int:
        """Return the size in bytes."""

    def exists(self, key: str) -> bool:
        """Return whether there is an object under `key`."""

    def keys(self, prefix: str = "") -> Iterator[str]:
        """Yield, in order, every key that begins with `prefix`."""

    def delete(self, key: str) -> None:
        """Remove the object; an absent one is no error."""


def object_store() -> ObjectStore:
    """Return the store that the settings name."""
    if settings.ENV.object_store == "s3":
        return _bucket()
    return LocalObjectStore(settings.VAR_DIR / "objects")


@cache
def _bucket() -> ObjectStore:
    # boto3 takes half a second to import; only who keeps files in a bucket waits for it.
    from catalog.objects_s3 import S3ObjectStore

    return S3ObjectStore.from_environment(settings.ENV)


def checked(key: str) -> str:
    """Return `key`, or raise ValueError if it is no safe key."""
    if len(key) > MAX_KEY_LENGTH or _KEY.fullmatch(key) is None:
        raise ValueError(f"not an object key: {key!r}")
    return key


class LocalObjectStore:
    """Objects as files in a folder, written beside their place and renamed into it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        # Beside the objects, so that the rename stays inside one file system.
        self._drafts = root / ".drafts"
        self._drafts.mkdir(parents=True, exist_ok=True)

    def adopt(self, path: Path, key: str) -> None:
        target = self._path(key)
        if path.stat().st_dev == self._root.stat().st_dev:
            _sync(path)
            self._publish(path, target)
            return
        with self._draft() as draft:
            shutil.copyfile(path, draft)
            _sync(draft)
            self._publish(draft, target)
        path.unlink()

    def put_bytes(self, key: str, data: bytes) -> None:
        target = self._path(key)
        with self._draft() as draft:
            draft.write_bytes(data)
            _sync(draft)
            self._publish(draft, target)

    def open(self, key: str) -> BinaryIO:
        path = self._path(key)
        if path.is_dir():
            raise FileNotFoundError(key)
        return path.open("rb")

    def read_range(self, key: str, start: int, length: int) -> Iterator[bytes]:
        with self.open(key) as file:
            file.seek(start)
            while length > 0 and (chunk := file.read(min(READ_BYTES, length))):
                length -= len(chunk)
                yield chunk

    @contextmanager
    def local_copy(self, key: str) -> Iterator[Path]:
        path = self._path(key)
        if not path.is_file():
            raise FileNotFoundError(key)
        yield path

    def size(self, key: str) -> int:
        path = self._path(key)
        if not path.is_file():
            raise FileNotFoundError(key)
        return path.stat().st_size

    def exists(self, key: str) -> bool:
        return self._path(key).is_file()

    def keys(self, prefix: str = "") -> Iterator[str]:
        files = (path for path in self._root.rglob("*") if path.is_file())
        names = (path.relative_to(self._root).as_posix() for path in files)
        yield from sorted(
            name for name in names if name.startswith(prefix) and not name.startswith(".drafts/")
        )

    def delete(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._root / checked(key)

    @contextmanager
    def _draft(self) -> Iterator[Path]:
        draft = self._drafts / secrets.token_hex(8)
        try:
            yield draft
        finally:
            draft.unlink(missing_ok=True)

    def _publish(self, draft: Path, target: Path) -> None:
        created = [folder for folder in target.parents if not folder.exists()]
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.replace(target)
        # The name must outlive a power cut too, and so must every new folder on the way to it.
        for folder in {target.parent, *(folder.parent for folder in created)}:
            _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
