"""Parts of files on their way into the folder store.

An open upload is a folder: `whole`, as long as the file will be, with each part at its place, and
for each part that is in a file named by its number that holds its SHA-256. A part is received
apart and copied in only when it is right; so it is in whole or not in, whatever breaks.
"""

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from catalog.intake import CHUNK_BYTES
from catalog.object_interface import (
    Part,
    Upload,
    UploadGone,
    check_sizes,
    check_whole,
    checked,
    not_the_part,
)
from catalog.object_links import PartTicket

_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)


class PartsFolder:
    """The open uploads of a folder store."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def begin(self, key: str, *, size_bytes: int, part_bytes: int) -> Upload:
        """Open an upload."""
        check_sizes(size_bytes, part_bytes)
        upload = Upload(checked(key), secrets.token_hex(16), size_bytes, part_bytes)
        folder = self._root / upload.id
        folder.mkdir(parents=True)
        with (folder / "whole").open("wb") as file:
            file.truncate(size_bytes)
        return upload

    def check_open(self, upload_id: str) -> None:
        """Raise UploadGone unless parts may still come."""
        if not (self._folder(upload_id) / "whole").is_file():
            raise UploadGone

    def take(self, ticket: PartTicket, received: Path) -> None:
        """Put a received part, known to be right, to its place."""
        with self._locked(ticket.upload_id) as folder:
            mark = folder / str(ticket.number)
            if mark.is_file():
                if mark.read_text() != ticket.sha256:
                    raise not_the_part(ticket.number)
                return
            with received.open("rb") as source, (folder / "whole").open("r+b") as whole:
                whole.seek(ticket.offset)
                shutil.copyfileobj(source, whole, CHUNK_BYTES)
            sync(folder / "whole")
            # Killed before this line, the part is not in and is sent again.
            draft = folder / "mark"
            draft.write_text(ticket.sha256)
            sync(draft)
            draft.replace(mark)

    def parts(self, upload: Upload) -> list[Part]:
        """Return the parts that are in."""
        self.check_open(upload.id)
        numbers = sorted(
            int(path.name) for path in self._folder(upload.id).iterdir() if path.name.isdigit()
        )
        return [
            Part(
                number,
                upload.bytes_of(number),
                (self._folder(upload.id) / str(number)).read_text(),
            )
            for number in numbers
        ]

    @contextmanager
    def whole(self, upload: Upload, sha256s: Mapping[int, str]) -> Iterator[Path]:
        """Give the file once all its parts are in, to be renamed away; then the upload is gone."""
        with self._locked(upload.id) as folder:
            draft = folder / "whole"
            check_whole(upload, self.parts(upload), sha256s)
            if draft.stat().st_size != upload.size_bytes:
                raise UploadGone  # begun with other sizes: not this upload
            yield draft
            # Killed before this line, a folder without `whole` stays: gone, and swept later.
        self.discard(upload.id)

    def discard(self, upload_id: str) -> None:
        """Remove an upload, whatever is left of it."""
        shutil.rmtree(self._folder(upload_id), ignore_errors=True)

    def abandon(self, idle_since: datetime) -> int:
        """Remove the uploads without a new part since then; return how many."""
        abandoned = 0
        for folder in self._root.glob("*"):
            with suppress(FileNotFoundError):  # completed this moment
                # Changed by every part, as its mark is renamed into place.
                if folder.stat().st_mtime < idle_since.timestamp():
                    self.discard(folder.name)
                    abandoned += 1
        return abandoned

    def _folder(self, upload_id: str) -> Path:
        if _ID.fullmatch(upload_id) is None:
            raise UploadGone
        return self._root / upload_id

    @contextmanager
    def _locked(self, upload_id: str) -> Iterator[Path]:
        """Give the folder of an open upload to this caller alone; held for a copy, never for
        a sender."""
        folder = self._folder(upload_id)
        try:
            descriptor = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:
            raise UploadGone from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self.check_open(upload_id)
            yield folder
        finally:
            os.close(descriptor)


def sync(path: Path) -> None:
    """Return when the file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
