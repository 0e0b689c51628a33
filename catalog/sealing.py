"""Objects that are encrypted at rest: all under `sealed/`, whatever store keeps them.

A sealed object is a header and chunks:

    EDGESEAL1 | id of the sealing key (8) | nonce (12) | wrapped data key (48)
    chunk: AES-256-GCM of at most 64 KiB of the content, 16 bytes longer than it

Every object has a data key of its own, wrapped by a sealing key (AES-256-GCM) together with the
object's key, so that no object can be passed off as another. A chunk's nonce is its number and
whether it is the last, so chunks cannot be left out, exchanged or cut off unseen. Any stretch can
be read without what lies before it.

The sealing keys are 32 bytes each: the first of them seals, every one opens. Rotation: put a new
key in front (docs/consents.md), run `manage.py seal`, and take the old one out.
"""

import hashlib
import io
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from catalog.object_interface import Facts, Link, ObjectStore, Part, Upload, Version
from catalog.sealed_parts import SealedParts, is_sealed_upload

PREFIX = "sealed/"
CHUNK_BYTES = 64 * 1024
_MAGIC = b"EDGESEAL1"
_TAG_BYTES, _NONCE_BYTES, _ID_BYTES, _KEY_BYTES = 16, 12, 8, 32
_HEADER_BYTES = len(_MAGIC) + _ID_BYTES + _NONCE_BYTES + _KEY_BYTES + _TAG_BYTES
_SEALED_CHUNK = CHUNK_BYTES + _TAG_BYTES


class SealBroken(OSError):
    """A sealed object cannot be opened: another key sealed it, or it was changed."""


@dataclass(frozen=True)
class Keyring:
    """The sealing keys, newest first."""

    keys: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if not self.keys or any(len(key) != _KEY_BYTES for key in self.keys):
            raise ValueError("a sealing key has 32 bytes, and there is at least one")

    @property
    def newest(self) -> bytes:
        return self.keys[0]

    def by_id(self, key_id: bytes) -> bytes | None:
        return next((key for key in self.keys if _id_of(key) == key_id), None)


def keyring() -> Keyring:
    """Return the keys that the settings name; in development one that is made and kept."""
    told = settings.ENV.sealing_keys
    if told:
        return Keyring(tuple(bytes.fromhex(key.get_secret_value()) for key in told))
    return Keyring((_own_key(settings.VAR_DIR / "keys" / "sealing-key"),))


def _own_key(path: Path) -> bytes:
    if not path.exists():
        path.parent.mkdir(mode=0o700, exist_ok=True)
        draft = path.with_name(f"sealing-key.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(_KEY_BYTES))
        try:
            path.hardlink_to(draft)  # two processes starting together agree on one key
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return bytes.fromhex(path.read_text())


def seal(source: BinaryIO, target: BinaryIO, key: str, ring: Keyring) -> None:
    """Write the content of `source` to `target`, sealed for the object key `key`."""
    data_key, nonce = secrets.token_bytes(_KEY_BYTES), secrets.token_bytes(_NONCE_BYTES)
    name = _MAGIC + _id_of(ring.newest)
    wrapped = AESGCM(ring.newest).encrypt(nonce, data_key, name + key.encode())
    target.write(name + nonce + wrapped)
    cipher, number = AESGCM(data_key), 0
    chunk = source.read(CHUNK_BYTES)
    while True:
        following = source.read(CHUNK_BYTES) if len(chunk) == CHUNK_BYTES else b""
        target.write(cipher.encrypt(_chunk_nonce(number, is_last=not following), chunk, None))
        if not following:
            return
        chunk, number = following, number + 1


def plain_size(sealed_bytes: int) -> int:
    """Return how long the content is of a sealed object of that length."""
    body = sealed_bytes - _HEADER_BYTES
    chunks = -(-body // _SEALED_CHUNK)
    if body < _TAG_BYTES:
        raise SealBroken("a sealed object was cut off")
    return body - chunks * _TAG_BYTES


class _Opened:
    """A sealed object whose data key is at hand."""

    def __init__(self, store: ObjectStore, key: str, ring: Keyring) -> None:
        self._store, self._key = store, key
        self._sealed_bytes = store.size(key)
        self.size = plain_size(self._sealed_bytes)
        header = b"".join(store.read_range(key, 0, _HEADER_BYTES))
        self.key_id = header[len(_MAGIC) : len(_MAGIC) + _ID_BYTES]
        self._cipher = AESGCM(_unwrap(header, key, ring))
        self._chunks = max(1, -(-self.size // CHUNK_BYTES))

    def read(self, start: int, length: int) -> Iterator[bytes]:
        """Yield the content of [start, start + length), fewer where it ends."""
        end = min(start + length, self.size)
        if start >= end:
            return
        first, last = start // CHUNK_BYTES, (end - 1) // CHUNK_BYTES
        pieces = _regrouped(self._sealed(first, last))
        for number in range(first, last + 1):
            plain = self._open_chunk(number, next(pieces, b""))
            offset = number * CHUNK_BYTES
            yield plain[max(start - offset, 0) : end - offset]

    def _sealed(self, first: int, last: int) -> Iterator[bytes]:
        begin = _HEADER_BYTES + first * _SEALED_CHUNK
        return self._store.read_range(self._key, begin, (last + 1 - first) * _SEALED_CHUNK)

    def _open_chunk(self, number: int, sealed: bytes) -> bytes:
        nonce = _chunk_nonce(number, is_last=number == self._chunks - 1)
        try:
            return self._cipher.decrypt(nonce, sealed, None)
        except InvalidTag:
            raise SealBroken(f"{self._key}: piece {number} was changed") from None


class SealingStore:
    """An object store that keeps what lies under `sealed/` encrypted, and passes on the rest."""

    def __init__(self, inner: ObjectStore, ring: Callable[[], Keyring]) -> None:
        self._inner, self._ring_of = inner, ring
        self.sealed_parts = SealedParts(self)

    @cached_property
    def _ring(self) -> Keyring:
        # Read when it is needed: most objects are not sealed.
        return self._ring_of()

    def __getattr__(self, name: str) -> Any:
        # What only one store has, such as the folder's `incoming`.
        return getattr(self._inner, name)

    def adopt(self, path: Path, key: str) -> None:
        if not _is_sealed(key):
            self._inner.adopt(path, key)
            return
        with path.open("rb") as source:
            self.put_stream(key, source)
        path.unlink()

    def put_stream(self, key: str, source: BinaryIO) -> None:
        """Store what `source` reads, sealed, under `key`."""
        with _private_file() as draft:
            with draft.open("wb") as target:
                seal(source, target, key, self._ring)
            self._inner.adopt(draft, key)

    def put_bytes(self, key: str, data: bytes) -> None:
        self._inner.put_bytes(key, self._sealed(key, data))

    def put_if_absent(self, key: str, data: bytes) -> bool:
        return self._inner.put_if_absent(key, self._sealed(key, data))

    def copy(self, source: str, target: str) -> None:
        if not _is_sealed(source) and not _is_sealed(target):
            self._inner.copy(source, target)
            return
        with self.local_copy(source) as path, path.open("rb") as file:
            if _is_sealed(target):
                self.put_stream(target, file)
                return
            with _private_file() as draft:
                shutil.copyfile(path, draft)
                self._inner.adopt(draft, target)

    def open(self, key: str) -> BinaryIO:
        if not _is_sealed(key):
            return self._inner.open(key)
        opened = _Opened(self._inner, key, self._ring)
        return io.BufferedReader(_Reader(opened), CHUNK_BYTES)

    def read_range(
        self, key: str, start: int, length: int, version: str | None = None
    ) -> Iterator[bytes]:
        if not _is_sealed(key):
            return self._inner.read_range(key, start, length, version)
        if version is not None:
            raise FileNotFoundError(f"{key}: older versions of sealed objects are not read")
        return _Opened(self._inner, key, self._ring).read(start, length)

    @contextmanager
    def local_copy(self, key: str) -> Iterator[Path]:
        if not _is_sealed(key):
            with self._inner.local_copy(key) as path:
                yield path
            return
        opened = _Opened(self._inner, key, self._ring)
        with _private_file() as path:
            with path.open("wb") as file:
                for piece in opened.read(0, opened.size):
                    file.write(piece)
            yield path

    def size(self, key: str) -> int:
        size = self._inner.size(key)
        return plain_size(size) if _is_sealed(key) else size

    def facts(self, key: str) -> Facts:
        facts = self._inner.facts(key)
        return Facts(plain_size(facts.size_bytes), facts.etag) if _is_sealed(key) else facts

    def exists(self, key: str) -> bool:
        return self._inner.exists(key)

    def keys(self, prefix: str = "") -> Iterator[str]:
        return self._inner.keys(prefix)

    def delete(self, key: str) -> None:
        self._inner.delete(key)

    def read_link(
        self, key: str, *, seconds: int, filename: str, version: str | None = None
    ) -> Link:
        return self._inner.read_link(
            _never_sealed(key), seconds=seconds, filename=filename, version=version
        )

    def begin_upload(self, key: str, *, size_bytes: int, part_bytes: int) -> Upload:
        if _is_sealed(key):
            return self.sealed_parts.begin(key, size_bytes=size_bytes, part_bytes=part_bytes)
        return self._inner.begin_upload(key, size_bytes=size_bytes, part_bytes=part_bytes)

    def part_link(self, upload: Upload, number: int, sha256: str, *, seconds: int) -> Link:
        way = self.sealed_parts if is_sealed_upload(upload.id) else self._inner
        return way.part_link(upload, number, sha256, seconds=seconds)

    def parts(self, upload: Upload) -> list[Part]:
        way = self.sealed_parts if is_sealed_upload(upload.id) else self._inner
        return way.parts(upload)

    def complete_upload(self, upload: Upload, sha256s: Mapping[int, str]) -> None:
        if is_sealed_upload(upload.id):
            self.sealed_parts.complete(upload, sha256s)
        else:
            self._inner.complete_upload(upload, sha256s)

    def abort_upload(self, upload: Upload) -> None:
        if is_sealed_upload(upload.id):
            self.sealed_parts.discard(upload.id)
        else:
            self._inner.abort_upload(upload)

    def abandon_uploads(self, idle_since: datetime) -> int:
        return self._inner.abandon_uploads(idle_since) + self.sealed_parts.abandon(idle_since)

    def retain(self, key: str, until: datetime) -> str:
        return self._inner.retain(key, until)

    def versions(self, key: str) -> list[Version]:
        return self._inner.versions(key)

    def seal_anew(self) -> int:
        """Seal with the newest key what an older one sealed; return how many objects."""
        done = 0
        for key in self._inner.keys(PREFIX):
            if _Opened(self._inner, key, self._ring).key_id == _id_of(self._ring.newest):
                continue
            with self.local_copy(key) as path, path.open("rb") as source:
                self.put_stream(key, source)
            done += 1
        return done

    def _sealed(self, key: str, data: bytes) -> bytes:
        if not _is_sealed(key):
            return data
        target = io.BytesIO()
        seal(io.BytesIO(data), target, key, self._ring)
        return target.getvalue()


class _Reader(io.RawIOBase):
    """A sealed object as a file that is read from anywhere."""

    def __init__(self, opened: _Opened) -> None:
        self._opened, self._at = opened, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._opened.size}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        wanted = min(len(buffer), CHUNK_BYTES)
        data = b"".join(self._opened.read(self._at, wanted))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def readall(self) -> bytes:
        # The inherited one would ask for 8 KiB at a time, each time for a whole chunk of the store.
        rest = b"".join(self._opened.read(self._at, self._opened.size))
        self._at += len(rest)
        return rest


@contextmanager
def _private_file() -> Iterator[Path]:
    """Give a new file in the folder for half-done things, which is its owner's alone."""
    handle, name = tempfile.mkstemp(prefix="sealing-", dir=settings.FILE_UPLOAD_TEMP_DIR)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _regrouped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the bytes of `pieces` in sealed chunks, the last one as long as it is."""
    kept = bytearray()
    for piece in pieces:
        kept += piece
        while len(kept) >= _SEALED_CHUNK:
            yield bytes(kept[:_SEALED_CHUNK])
            del kept[:_SEALED_CHUNK]
    if kept:
        yield bytes(kept)


def _unwrap(header: bytes, key: str, ring: Keyring) -> bytes:
    name, rest = header[: len(_MAGIC) + _ID_BYTES], header[len(_MAGIC) + _ID_BYTES :]
    if len(header) != _HEADER_BYTES or not name.startswith(_MAGIC):
        raise SealBroken(f"{key}: not a sealed object")
    sealing_key = ring.by_id(name[len(_MAGIC) :])
    if sealing_key is None:
        raise SealBroken(f"{key}: no key in EDGECODE_SEALING_KEYS opens it")
    try:
        return AESGCM(sealing_key).decrypt(
            rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], name + key.encode()
        )
    except InvalidTag:
        raise SealBroken(f"{key}: its header was changed, or belongs to another object") from None


def _chunk_nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(_NONCE_BYTES - 1, "big") + bytes([is_last])


def _id_of(key: bytes) -> bytes:
    return hashlib.sha256(b"edgecode sealing key" + key).digest()[:_ID_BYTES]


def _is_sealed(key: str) -> bool:
    return key.startswith(PREFIX)


def _never_sealed(key: str) -> str:
    if _is_sealed(key):
        raise ValueError(f"{key}: a sealed object passes through this program, never around it")
    return key
