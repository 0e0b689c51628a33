"""A signed file as its licensee gets it: put together when it is read, never kept whole."""

import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from catalog.models import WorkState
from catalog.objects import object_store
from provenance import countersign
from provenance.credentials import preparing
from provenance.models import Credential, CredentialQuerySet, EarlierFile, PreparedFile

log = logging.getLogger("edgecode.provenance")

_SAME_SIZE_MAX: Final = 100


def read_signed(credential: Credential, start: int, length: int) -> Iterator[bytes]:
    """Yield the bytes [start, start + length) of the file that was signed under a credential. A
    lost connection raises ConnectionError."""
    if credential.prepared is None:
        return object_store().read_range(credential.file_key, start, length)
    return preparing.read_range(credential.prepared, inside(credential), start, length)


def inside(credential: Credential) -> bytes:
    """Return the manifest store that stands in the file: the newest, where there is room for it."""
    if credential.is_beside:  # and so is each that followed the first one without room
        updates = credential.updates.order_by("number").filter(is_beside=True)
        return bytes(updates.values_list("earlier", flat=True)[0])
    return bytes(credential.manifest.body)


def is_as_signed(credential: Credential, path: Path, sha256: str) -> bool:
    """Return whether the file at `path`, with this SHA-256, is byte for byte one that was signed
    under a credential; also while nobody has reckoned that one's hash."""
    if credential.file_sha256 == sha256:
        return True
    prepared = credential.prepared
    if prepared is None:
        return False
    return any(preparing.is_filled(prepared, store, path) for store in _delivered(credential))


def _delivered(credential: Credential) -> Iterator[bytes]:
    """Yield every store that stood in the file as it was delivered, now or before."""
    now = inside(credential)
    if not credential.file_sha256:
        yield now
    stores = [now]
    if credential.newest_id:
        stores += map(bytes, credential.updates.values_list("earlier", flat=True))
        yield from stores[1:]
    if was_stamped_later(credential):
        # The first one, before its time stamp came.
        yield countersign.stamped(stores[-1], b"")


def was_stamped_later(credential: Credential) -> bool:
    """Return whether the file was signed, and perhaps delivered, without its time stamp."""
    return credential.stamped_at is None or credential.stamped_at != credential.signed_at


def placed(prepared: PreparedFile, manifest: bytes) -> dict[str, Any]:
    """Return how a file with this manifest in its place is checked by whoever has it: the hash of
    what stands in the place, and of the file with zeros there."""
    place = preparing.place_of(prepared)
    return {
        "offset": place.offset,
        "length": place.length,
        "manifest_sha256": hashlib.sha256(place.encoded(manifest)).hexdigest(),
        "blank_sha256": prepared.blank_sha256,
    }


def note_hash(path: Path, sha256: str) -> None:
    """Note the SHA-256 of a file that somebody sent where it was delivered under credentials and
    nobody has read it whole yet."""
    size = path.stat().st_size
    waiting = _unhashed().filter(file_size=size).select_related("prepared", "manifest")
    for credential in waiting.order_by("pk")[:_SAME_SIZE_MAX]:
        prepared = credential.prepared
        if prepared is not None and preparing.is_filled(prepared, inside(credential), path):
            same = _unhashed().filter(pk=credential.pk, manifest__body=credential.manifest.body)
            same.update(file_sha256=sha256)
        elif is_as_signed(credential, path, sha256):
            EarlierFile.objects.get_or_create(credential=credential, sha256=sha256)


def _unhashed() -> CredentialQuerySet:
    """The files that nobody has read whole as they are delivered."""
    return Credential.objects.filter(state=WorkState.DONE, file_sha256="", prepared__isnull=False)


def hash_pending(limit: int = 1) -> int:
    """Reckon the SHA-256 of signed files that nobody has read whole; return of how many.

    They are delivered meanwhile. Safe to kill and to run twice: the result is the same.
    """
    waiting = _unhashed().select_related("prepared__asset", "prepared__clip", "manifest")
    found = list(waiting.order_by("pk")[:limit])
    done = 0
    for credential in found:
        digest = hashlib.sha256()
        try:
            for part in read_signed(credential, 0, credential.file_size):
                digest.update(part)
        except OSError as problem:
            log.warning("credential %s was not hashed: %s", credential.code, problem)
            continue
        # Unless another manifest came meanwhile; then it is another file.
        same = Credential.objects.filter(pk=credential.pk, manifest__body=credential.manifest.body)
        done += same.update(file_sha256=digest.hexdigest())
    return done
