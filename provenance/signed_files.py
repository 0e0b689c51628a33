"""A signed file as its licensee gets it: put together when it is read, never kept whole."""

import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from catalog.models import WorkState
from catalog.objects import object_store
from provenance import countersign, preparing
from provenance.models import Credential, PreparedFile

log = logging.getLogger("edgecode.provenance")


def read_signed(credential: Credential, start: int, length: int) -> Iterator[bytes]:
    """Yield the bytes [start, start + length) of the file that was signed under a credential. A
    lost connection raises ConnectionError."""
    if credential.prepared is None:
        return object_store().read_range(credential.file_key, start, length)
    return preparing.read_range(credential.prepared, bytes(credential.manifest.body), start, length)


def is_as_signed(credential: Credential, path: Path, sha256: str) -> bool:
    """Return whether the file at `path`, with this SHA-256, is byte for byte one that was signed
    under a credential; also while nobody has reckoned that one's hash."""
    if credential.file_sha256 == sha256:
        return True
    prepared = credential.prepared
    if prepared is None:
        return False
    manifest = bytes(credential.manifest.body)
    if not credential.file_sha256 and preparing.is_filled(prepared, manifest, path):
        return True
    # As it was delivered before the time stamp came.
    before = countersign.stamped(manifest, b"")
    return was_stamped_later(credential) and preparing.is_filled(prepared, before, path)


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


def hash_pending(limit: int = 1) -> int:
    """Reckon the SHA-256 of signed files that nobody has read whole; return of how many.

    They are delivered meanwhile. Safe to kill and to run twice: the result is the same.
    """
    waiting = Credential.objects.filter(
        state=WorkState.DONE, file_sha256="", prepared__isnull=False
    ).select_related("prepared__asset", "prepared__clip", "manifest")
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
        Credential.objects.filter(pk=credential.pk).update(file_sha256=digest.hexdigest())
        done += 1
    return done
