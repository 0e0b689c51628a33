"""Parts of a sealed file on their way in: they pass through this program, whatever store keeps
them, and are sealed one by one as they arrive. Nothing of them lies plain in the store, ever.

An open upload is a few objects, all of them sealed: `sealed/incoming/ID/begun`, and a part each
under its number and its SHA-256. A part is received apart and stored only when it is right.
"""

import io
import re
import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from catalog import object_links
from catalog.object_interface import (
    Link,
    ObjectStore,
    Part,
    Upload,
    UploadGone,
    check_sizes,
    check_whole,
    checked,
    not_the_part,
)
from catalog.object_links import PartTicket

_INCOMING = "sealed/incoming/"
_MARK = "sealed-"
_ID = re.compile(_MARK + r"[0-9a-f]{32}", re.ASCII)


def is_sealed_upload(upload_id: str) -> bool:
    """Return whether the parts of this upload pass through this program to be sealed."""
    return upload_id.startswith(_MARK)


class Sealing(ObjectStore, Protocol):
    """A store that seals what lies under `sealed/`."""

    def put_stream(self, key: str, source: BinaryIO) -> None:
        """Seal and store what `source` gives."""


class SealedParts:
    """The open uploads of sealed files."""

    def __init__(self, store: Sealing) -> None:
        self._store = store

    def begin(self, key: str, *, size_bytes: int, part_bytes: int) -> Upload:
        """Open an upload."""
        check_sizes(size_bytes, part_bytes)
        upload = Upload(checked(key), _MARK + secrets.token_hex(16), size_bytes, part_bytes)
        self._store.put_bytes(self._begun(upload.id), b"")
        return upload

    def part_link(self, upload: Upload, number: int, sha256: str, *, seconds: int) -> Link:
        """Return the link of this site that takes this part."""
        return object_links.part_link(upload, number, sha256, seconds=seconds)

    def check_open(self, upload_id: str) -> None:
        """Raise UploadGone unless parts may still come."""
        if not self._store.exists(self._begun(upload_id)):
            raise UploadGone

    def take(self, ticket: PartTicket, received: Path) -> None:
        """Seal and keep a received part, known to be right."""
        self.check_open(ticket.upload_id)
        key = f"{self._folder(ticket.upload_id)}{ticket.number}.{ticket.sha256}"
        if not self._store.exists(key):
            self._store.adopt(received, key)

    def parts(self, upload: Upload) -> list[Part]:
        """Return the parts that are in. Raises UploadGone."""
        self.check_open(upload.id)
        found: dict[int, Part] = {}
        for key in self._store.keys(self._folder(upload.id)):
            number, dot, sha256 = key.rpartition("/")[2].partition(".")
            if not dot:
                continue
            if int(number) in found:
                raise not_the_part(int(number))
            found[int(number)] = Part(int(number), self._store.size(key), sha256)
        return [found[number] for number in sorted(found)]

    def complete(self, upload: Upload, sha256s: Mapping[int, str]) -> None:
        """Make the sealed object of all parts. Raises Conflict, UploadGone."""
        check_whole(upload, self.parts(upload), sha256s)
        keys = [
            f"{self._folder(upload.id)}{number}.{sha256s[number]}"
            for number in range(1, upload.part_count + 1)
        ]
        pieces = (
            piece for key in keys for piece in self._store.read_range(key, 0, upload.part_bytes)
        )
        self._store.put_stream(upload.key, io.BufferedReader(_Joined(pieces)))
        # Killed before this line, it is done again.
        self.discard(upload.id)

    def discard(self, upload_id: str) -> None:
        """Remove an upload, whatever is left of it: first the sign that it is open."""
        self._store.delete(self._begun(upload_id))
        for key in list(self._store.keys(self._folder(upload_id))):
            self._store.delete(key)

    def abandon(self, idle_since: datetime) -> int:
        """Remove the uploads without a new part since then; return how many."""
        newest: dict[str, datetime] = {}
        for key in self._store.keys(_INCOMING):
            upload_id = _MARK + key.removeprefix(_INCOMING).partition("/")[0]
            for version in self._store.versions(key)[:1]:
                known = newest.setdefault(upload_id, version.stored_at)
                newest[upload_id] = max(known, version.stored_at)
        late = [upload_id for upload_id, when in newest.items() if when < idle_since]
        for upload_id in late:
            self.discard(upload_id)
        return len(late)

    def _begun(self, upload_id: str) -> str:
        return f"{self._folder(upload_id)}begun"

    def _folder(self, upload_id: str) -> str:
        if _ID.fullmatch(upload_id) is None:
            raise UploadGone
        return f"{_INCOMING}{upload_id.removeprefix(_MARK)}/"


class _Joined(io.RawIOBase):
    """Pieces of bytes as one file that is read from its beginning to its end."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._left = pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            self._left = next(self._pieces, b"")
        taken = self._left[: len(buffer)]
        self._left = self._left[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)
