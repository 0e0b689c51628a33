"""Receiving a file: streamed to disk and hashed on the way, never whole in memory.

with receive(request, max_bytes=settings.ENV.upload_max_bytes) as intake:
    ...                                  # intake.path, intake.sha256, intake.size_bytes
    intake.adopt(object_store(), key)    # without this the file is gone when the block ends
"""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from queue import Queue
from threading import Thread
from types import TracebackType
from typing import Protocol, Self

from django.conf import settings
from django.http import UnreadablePostError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid, TooLarge
from catalog.object_interface import ObjectStore

CHUNK_BYTES = 2**20
# Dirty pages go to the disk in steps of this size while more arrives, so that the last
# fsync of a large file has little left to wait for.
_SYNC_EVERY_BYTES = 64 * 2**20
_WAITING_CHUNKS = 4
_PREFIX = "intake-"
_RECEIVED_FOR = timedelta(days=1)
_WORKED_ON_FOR = timedelta(days=3)


class Readable(Protocol):
    """What a binary file and a Django request have in common."""

    def read(self, size: int, /) -> bytes: ...


class Intake:
    """A received file: on disk at `path`, `size_bytes` long, `sha256` its lowercase hex hash.

    It belongs to whoever holds it and is removed at the end of the context unless adopted.
    """

    def __init__(self, path: Path, sha256: str, size_bytes: int) -> None:
        self.path = path
        self.sha256 = sha256
        self.size_bytes = size_bytes

    def adopt(self, store: ObjectStore, key: str) -> None:
        """Move the file into the store under `key`."""
        store.adopt(self.path, key)

    def discard(self) -> None:
        """Remove the file if it was not adopted."""
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.discard()


def receive(
    chunks: Iterable[bytes] | Readable,
    *,
    max_bytes: int,
    expected_sha256: str | None = None,
    expected_bytes: int | None = None,
) -> Intake:
    """Stream `chunks` (pieces, or anything with read) into a new file and return it.

    Raises TooLarge above `max_bytes`; Invalid("file", …) if empty, or longer or shorter than
    `expected_bytes` (pass the Content-Length); Invalid("sha256", …) if the content is not what
    `expected_sha256` says. After an error nothing is left on disk.
    """
    if expected_bytes is not None and expected_bytes > max_bytes:
        raise too_large(max_bytes)
    draft = Draft(max_bytes=max_bytes)
    try:
        for chunk in _pieces(chunks):
            draft.write(chunk)
            if expected_bytes is not None and draft.size_bytes > expected_bytes:
                break
        if expected_bytes is not None and draft.size_bytes != expected_bytes:
            raise Invalid("file", _cut_or_changed(draft.size_bytes, expected_bytes))
        return draft.finish(expected_sha256)
    except UnreadablePostError:
        raise Invalid("file", _("The upload was cut off. Send the file again.")) from None
    finally:
        draft.close()


class Draft:
    """A file being received: write the pieces, then finish; close in any case."""

    def __init__(self, *, max_bytes: int) -> None:
        self.size_bytes = 0
        self._max_bytes = max_bytes
        descriptor, name = tempfile.mkstemp(prefix=_PREFIX, dir=settings.FILE_UPLOAD_TEMP_DIR)
        self._path = Path(name)
        self._file = os.fdopen(descriptor, "wb", buffering=0)
        self._hash = hashlib.sha256()
        self._finished = False
        # Hashing runs beside receiving: both the hash and the disk release the interpreter lock.
        self._chunks: Queue[bytes | None] = Queue(_WAITING_CHUNKS)
        self._hasher = Thread(target=self._consume, name="intake-hash", daemon=True)
        self._hasher.start()

    def write(self, chunk: bytes) -> None:
        """Add a piece; raise TooLarge above the limit."""
        if self.size_bytes + len(chunk) > self._max_bytes:
            raise too_large(self._max_bytes)
        self._chunks.put(chunk)
        rest = memoryview(chunk)
        while rest:
            rest = rest[self._file.write(rest) :]
        before, self.size_bytes = self.size_bytes, self.size_bytes + len(chunk)
        if before // _SYNC_EVERY_BYTES != self.size_bytes // _SYNC_EVERY_BYTES:
            _start_writing_back(self._file.fileno(), self.size_bytes)

    def finish(self, expected_sha256: str | None = None) -> Intake:
        """Return the whole file; raise Invalid if empty or another than expected."""
        self._stop_hashing()
        if self.size_bytes == 0:
            raise Invalid("file", _("The file is empty. Choose a file with content."))
        sha256 = self._hash.hexdigest()
        if expected_sha256 is not None and expected_sha256.strip().lower() != sha256:
            raise Invalid(
                "sha256",
                _("The file received has SHA-256 %(sha256)s. Send it again, or correct the hash.")
                % {"sha256": sha256},
            )
        # Not synced: what is only looked at need not outlive a power cut, and a store that
        # adopts the file makes it safe.
        self._finished = True
        return Intake(self._path, sha256, self.size_bytes)

    def close(self) -> None:
        """Release everything; the file stays only if it was finished."""
        self._stop_hashing()
        self._file.close()
        if not self._finished:
            self._path.unlink(missing_ok=True)

    def _consume(self) -> None:
        while (chunk := self._chunks.get()) is not None:
            self._hash.update(chunk)

    def _stop_hashing(self) -> None:
        if self._hasher.is_alive():
            self._chunks.put(None)
            self._hasher.join()


def remove_abandoned() -> int:
    """Remove what killed processes left behind, half received or half worked on; return how many.

    A file that is still being received was written to a moment ago, so it is never old. A copy of a
    film that a worker reads for long is written once: it stays for longer.
    """
    removed = 0
    for path in Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir():
        with suppress(FileNotFoundError):  # its owner or another worker was faster
            kept = _RECEIVED_FOR if path.name.startswith(_PREFIX) else _WORKED_ON_FOR
            if time.time() - path.stat().st_mtime > kept.total_seconds():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
                removed += 1
    return removed


def too_large(max_bytes: int, field: str = "file") -> TooLarge:
    """Return the error for a file, sent as `field`, above `max_bytes`."""
    return TooLarge(
        _("The file is larger than the %(limit)s allowed here.")
        % {"limit": filesizeformat(max_bytes)},
        field=field,
    )


def _pieces(chunks: Iterable[bytes] | Readable) -> Iterator[bytes]:
    # A file also iterates, by lines: reading comes first.
    if hasattr(chunks, "read"):
        while chunk := chunks.read(CHUNK_BYTES):
            yield chunk
    else:
        yield from chunks


def _cut_or_changed(received: int, expected: int) -> str:
    if received < expected:
        text = _("The upload was cut off after %(received)s of %(expected)s bytes. Send it again.")
    else:
        text = _(
            "The file changed while it was uploaded: more than the %(expected)s bytes announced"
            " arrived. Send it again."
        )
    return text % {"received": received, "expected": expected}


def _start_writing_back(descriptor: int, size_bytes: int) -> None:
    if hasattr(os, "posix_fadvise"):
        # DONTNEED starts the write-back of dirty pages without waiting for it, and a film
        # that passes through does not push everything else out of the page cache.
        os.posix_fadvise(descriptor, 0, size_bytes, os.POSIX_FADV_DONTNEED)
