"""Files given a place for manifests, once for all licensees."""

import hashlib
import mmap
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Final

from django.conf import settings

from catalog.models import Asset, Clip
from catalog.object_interface import Source
from catalog.objects import object_store
from catalog.references import source_of
from catalog.sealing import PREFIX
from provenance.c2pa_sdk.embedding import make_place
from provenance.carriers import Carrier
from provenance.credentials import recipe
from provenance.credentials.recipe import Piece
from provenance.models import PreparedFile

# A manifest is 5 KB, 8 KB with a studio's own signature and some consents.
_ROOM: Final = 24 * 1024
_READ_BYTES: Final = 2**20


def prepare(asset: Asset, clip: Clip | None, source: Path) -> PreparedFile:
    """Give the file at `source`, the content of `asset` or a clip of it, a place for manifests.

    Safe to do twice: the first that is recorded counts. Raises SigningError, OSError.
    """
    mime = clip.mime if clip is not None else asset.mime
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        prepared = Path(folder) / "prepared"
        place = make_place(mime, source, prepared, room=_ROOM)
        with _content(source) as original, _content(prepared) as content:
            pieces, kept = recipe.recipe(original, content, place)
            blank = _blank_sha256(content, place)
            size = len(content)
        key = _kept_key(asset, clip, blank)
        if asset.external_bucket and clip is None:  # what is delivered is ours to keep
            object_store().adopt(prepared, key)
            pieces = recipe.whole(size, place)
        elif kept:
            object_store().put_bytes(key, kept)
        else:
            key = ""
    row, _is_new = PreparedFile.objects.get_or_create(
        asset=asset,
        clip=clip,
        defaults={
            "place": asdict(place),
            "pieces": pieces,
            "kept_key": key,
            "size_bytes": size,
            "blank_sha256": blank,
        },
    )
    return row


def place_of(prepared: PreparedFile) -> Carrier:
    """Return the place that manifests have in a prepared file."""
    return Carrier(**prepared.place)


def sha256_of(prepared: PreparedFile, manifest: bytes) -> str:
    """Return the SHA-256 of the file with this manifest in its place; reads all of it."""
    digest = hashlib.sha256()
    for part in read_range(prepared, manifest, 0, prepared.size_bytes):
        digest.update(part)
    return digest.hexdigest()


def read_range(prepared: PreparedFile, manifest: bytes, start: int, length: int) -> Iterator[bytes]:
    """Yield the bytes [start, start + length) of the file with this manifest in its place. A lost
    connection raises ConnectionError."""
    original, key = _original(prepared)
    store = object_store()
    for piece in recipe.within([Piece(*each) for each in prepared.pieces], start, length):
        if piece.kind == "place":
            written = place_of(prepared).encoded(manifest)
            yield written[piece.start : piece.start + piece.length]
        elif piece.kind == "kept":
            yield from store.read_range(prepared.kept_key, piece.start, piece.length)
        else:
            yield from original.read_range(key, piece.start, piece.length)


def _original(prepared: PreparedFile) -> tuple[Source, str]:
    clip = prepared.clip
    if clip is not None:
        return object_store(), clip.object_key
    return source_of(prepared.asset), prepared.asset.object_key


def _kept_key(asset: Asset, clip: Clip | None, blank_sha256: str) -> str:
    # What shows a performer is sealed, a few bytes of it too.
    sealed = PREFIX if asset.likeness_id else ""
    part = f"-{clip.from_ms}-{clip.to_ms}" if clip is not None else ""
    # Another maker may write other numbers: its bytes never come under the same key.
    return f"{sealed}prepared/{asset.code}{part}/{blank_sha256[:32]}"


def _content(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def is_filled(prepared: PreparedFile, manifest: bytes, path: Path) -> bool:
    """Return whether the file at `path` is, byte for byte, the one with this manifest in its
    place: that manifest stands there, and with zeros there it is what was prepared."""
    if path.stat().st_size != prepared.size_bytes:
        return False
    place = place_of(prepared)
    with _content(path) as content:
        standing = content[place.offset : place.offset + place.length]
        return (
            standing == place.encoded(manifest)
            and _blank_sha256(content, place) == prepared.blank_sha256
        )


def _blank_sha256(content: mmap.mmap, place: Carrier) -> str:
    digest = hashlib.sha256()
    end = place.offset + place.length
    for start, stop in ((0, place.offset), (end, len(content))):
        for at in range(start, stop, _READ_BYTES):
            digest.update(content[at : min(at + _READ_BYTES, stop)])
        if stop == place.offset:
            digest.update(bytes(place.length))
    return digest.hexdigest()
