"""What a place that keeps files does: the interface of a folder and of a bucket, and its words.

A key is a slash path of safe ASCII. An object is whole or absent, never half-written; storing
under a key that exists replaces it. Reading a key that does not exist raises FileNotFoundError.

A large file comes in parts, straight from whoever has it: `begin_upload`, a `part_link` for each
part, `complete_upload` with the hash of each. Nothing is seen under the key before that.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from django.utils.translation import gettext_lazy as _

from accounts.errors import Conflict, Invalid, NotFound, Text, Unavailable

READ_BYTES = 2**20
MAX_KEY_LENGTH = 200
# S3's own limits; a folder keeps to them too, so that what began small may move to a bucket.
MIN_PART_BYTES = 5 * 2**20
MAX_PART_BYTES = 5 * 2**30
MAX_PARTS = 10_000
MAX_LINK_SECONDS = 7 * 24 * 3600

_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+=-]*(/[A-Za-z0-9_][A-Za-z0-9._+=-]*)*", re.ASCII)


class UploadGone(NotFound):
    """The upload was completed or aborted before."""

    def __init__(self) -> None:
        super().__init__(_("This upload is no longer open: it was completed or given up."))


class StoreSilent(Unavailable, ConnectionError):
    """A bucket hangs or ails; the same call may be made again later."""

    def __init__(self, message: Text | None = None, *, field: str | None = None) -> None:
        super().__init__(
            message or _("The place where files are kept does not answer. Try again in a minute."),
            field=field,
        )


class Retained(Conflict):
    """The object must be kept as it is for now."""

    def __init__(self, key: str, until: datetime) -> None:
        super().__init__(
            _("%(key)s is evidence: it is kept unchanged until %(until)s.")
            % {"key": key, "until": until.isoformat(timespec="seconds")}
        )


@dataclass(frozen=True)
class Upload:
    """A file on its way in. Whoever began it remembers all four fields."""

    key: str
    id: str
    size_bytes: int
    part_bytes: int

    @property
    def part_count(self) -> int:
        """How many parts make the whole; they are numbered from 1."""
        return -(-self.size_bytes // self.part_bytes)

    def bytes_of(self, number: int) -> int:
        """Return the length of a part; all are alike but the last."""
        if not 1 <= number <= self.part_count:
            raise Invalid(
                "number",
                _("There is no part %(number)s; they are numbered from 1 to %(count)s.")
                % {"number": number, "count": self.part_count},
            )
        return min(self.part_bytes, self.size_bytes - (number - 1) * self.part_bytes)


@dataclass(frozen=True)
class Part:
    """A part that is in. `sha256` is None where the server does not list it."""

    number: int
    size_bytes: int
    sha256: str | None


@dataclass(frozen=True)
class Link:
    """An expiring permission to send or fetch by HTTP; `headers` must be sent as they are.

    `url` is absolute, or a path of this site.
    """

    method: str
    url: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Facts:
    """What the store says of an object. The tag changes with the content and is no hash of it."""

    size_bytes: int
    etag: str


@dataclass(frozen=True)
class Version:
    """One content that a key had or has."""

    id: str
    size_bytes: int
    stored_at: datetime
    is_current: bool


class Source(Protocol):
    """Where a file can be read from: a store, or the bucket that its holder keeps it in."""

    def facts(self, key: str) -> Facts:
        """Return size and tag."""

    def read_range(self, key: str, start: int, length: int) -> Iterator[bytes]:
        """Yield the bytes [start, start + length) in pieces."""

    def local_copy(self, key: str) -> AbstractContextManager[Path]:
        """Give the object as a local file, for reading only, until the context ends."""


class ObjectStore(Protocol):
    """Whole files under keys."""

    def adopt(self, path: Path, key: str) -> None:
        """Take the finished local file `path` in under `key`. The file is gone afterwards."""

    def put_bytes(self, key: str, data: bytes) -> None:
        """Store `data` under `key`; for small objects."""

    def put_if_absent(self, key: str, data: bytes) -> bool:
        """Store `data` unless there is an object; return whether this call stored it."""

    def copy(self, source: str, target: str) -> None:
        """Store the object `source` under `target` as well, without its bytes passing here."""

    def open(self, key: str) -> BinaryIO:
        """Open for reading from anywhere; close it after use."""

    def read_range(
        self, key: str, start: int, length: int, version: str | None = None
    ) -> Iterator[bytes]:
        """Yield the bytes [start, start + length) in pieces, fewer where the object ends; of the
        current version unless another is named. A lost connection raises ConnectionError."""

    def local_copy(self, key: str) -> AbstractContextManager[Path]:
        """Give the object as a local file, for reading only, until the context ends."""

    def size(self, key: str) -> int:
        """Return the size in bytes."""

    def facts(self, key: str) -> Facts:
        """Return size and tag."""

    def exists(self, key: str) -> bool:
        """Return whether there is an object under `key`."""

    def keys(self, prefix: str = "") -> Iterator[str]:
        """Yield, in order, every key that begins with `prefix`."""

    def delete(self, key: str) -> None:
        """Remove the object; an absent one is no error."""

    def read_link(
        self, key: str, *, seconds: int, filename: str, version: str | None = None
    ) -> Link:
        """Return a link to fetch the object, whole or by Range, saved as `filename`; its current
        version unless another is named."""

    def begin_upload(self, key: str, *, size_bytes: int, part_bytes: int) -> Upload:
        """Open an upload of exactly `size_bytes` in parts of `part_bytes`."""

    def part_link(self, upload: Upload, number: int, sha256: str, *, seconds: int) -> Link:
        """Return a link that takes this part and nothing else: its length, its SHA-256 (hex)."""

    def parts(self, upload: Upload) -> list[Part]:
        """Return the parts that are in, by number, each once. Raises UploadGone."""

    def complete_upload(self, upload: Upload, sha256s: Mapping[int, str]) -> None:
        """Make the object of all its parts, whose hashes (hex, by number) must be these.

        Raises Conflict where one is missing or another, UploadGone the second time.
        """

    def abort_upload(self, upload: Upload) -> None:
        """Give up an upload and its parts; one that is gone is no error."""

    def abandon_uploads(self, idle_since: datetime) -> int:
        """Abort every upload that got no part since then; return how many."""

    def retain(self, key: str, until: datetime) -> str:
        """Keep the object's current version unchanged until then; return the version's id.

        The key is neither deleted nor overwritten (Retained) before, and the time never shortened.
        """

    def versions(self, key: str) -> list[Version]:
        """Return every content the key has, newest first; a folder keeps only the current one."""


def checked(key: str) -> str:
    """Return `key`, or raise ValueError if it is no safe key."""
    if len(key) > MAX_KEY_LENGTH or _KEY.fullmatch(key) is None:
        raise ValueError(f"not an object key: {key!r}")
    return key


def checked_seconds(seconds: int) -> int:
    """Return `seconds`, or raise ValueError if no link may live so long."""
    if not 0 < seconds <= MAX_LINK_SECONDS:
        raise ValueError(f"a link lives 1 to {MAX_LINK_SECONDS} seconds, not {seconds}")
    return seconds


def check_sizes(size_bytes: int, part_bytes: int) -> None:
    """Raise Invalid unless a file of this size can come in parts of that size."""
    if size_bytes < 1:
        raise Invalid("size_bytes", _("The file is empty. Choose a file with content."))
    if not MIN_PART_BYTES <= part_bytes <= MAX_PART_BYTES:
        raise Invalid("part_bytes", _("A part has 5 MiB at least and 5 GiB at most."))
    if -(-size_bytes // part_bytes) > MAX_PARTS:
        raise Invalid(
            "part_bytes",
            _("The file would have more than %(most)s parts; choose larger ones.")
            % {"most": MAX_PARTS},
        )


def check_whole(upload: Upload, parts: list[Part], sha256s: Mapping[int, str]) -> None:
    """Raise Conflict unless `parts` are all of the upload's, as long as and what they should be."""
    there = {part.number: part for part in parts}
    missing = [number for number in range(1, upload.part_count + 1) if number not in there]
    if missing:
        raise Conflict(
            _("%(missing)s of %(count)s parts are missing, the first of them part %(first)s.")
            % {"missing": len(missing), "count": upload.part_count, "first": missing[0]}
        )
    for number, part in there.items():
        expected = sha256s.get(number)
        if (
            expected is None
            or part.size_bytes != upload.bytes_of(number)
            or part.sha256 not in {None, expected}
        ):
            raise not_the_part(number)


def not_the_part(number: int) -> Conflict:
    """Return the error for a part that is in, but with other content than announced."""
    return Conflict(
        _("Part %(number)s holds another content than announced. Begin the upload again.")
        % {"number": number}
    )
