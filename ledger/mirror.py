"""A copy of the published log in a bucket, for readers when we are slow, down or gone.

It follows the published files and never leads: tiles first, the checkpoint last, so what it shows
is always whole. What it holds is its own memory of how far it is: a killed or cut-off run is
carried on by the next, and one that fails holds nobody up.
"""

import gzip
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Protocol

from django.conf import settings

from edgecode.log.checkpoints import Checkpoint, parse_checkpoint
from edgecode.log.folder import DOCUMENTS, POLICY, WITNESSED, LogFolder
from edgecode.log.keys import BadNote
from edgecode.log.notes import note_text
from edgecode.log.shardlist import SHARDS
from edgecode.log.tiles import HEIGHT, WIDTH, Tile, tile_at
from ledger import proofs, shards, signing

FOR_EVER = "public, max-age=31536000, immutable"
MOMENT = "public, max-age=1"
TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"
_HANDS = 8
logger = logging.getLogger("edgecode.ledger")


class MirrorBroken(RuntimeError):
    """The bucket holds what this log has never published; it is left as it is."""


class Bucket(Protocol):
    """Where the copy lies. Every method raises OSError when the bucket cannot be reached."""

    name: str

    def get(self, key: str) -> tuple[bytes, str] | None:
        """Return the bytes under `key` and their version, or None."""

    def put_new(self, key: str, raw: bytes, **headers: str) -> bool:
        """Store under a key that is free; return False, storing nothing, when it is not."""

    def replace(self, key: str, raw: bytes, version: str | None, **headers: str) -> bool:
        """Store in place of that version (None: nothing); return False when there is another."""

    def keys(self, prefix: str) -> list[str]:
        """Return the keys that begin with `prefix`."""

    def delete(self, key: str) -> None:
        """Remove the object."""


@cache
def bucket() -> Bucket | None:
    """Return the bucket that the settings name, or None."""
    if not settings.ENV.ledger_mirror_bucket:
        return None
    # boto3 takes half a second to import; only who has a mirror waits for it.
    from ledger.mirror_s3 import S3Bucket

    return S3Bucket.from_environment(settings.ENV)


def note_in(mirror: Bucket, shard: str = "") -> str | None:
    """Return the signed note of a shard that the mirror shows, or None. Raises OSError."""
    held = of_shard(mirror, shard).get("checkpoint")
    return held[0].decode("utf-8", "replace") if held else None


def of_shard(mirror: Bucket, shard: str) -> Bucket:
    """Return the part of the mirror that a shard is copied to."""
    return _Below(mirror, shard) if shard else mirror


class _Below:
    """What lies under a folder of a bucket, as a bucket."""

    def __init__(self, whole: Bucket, folder: str) -> None:
        self.name = f"{whole.name}/{folder}"
        self._whole, self._folder = whole, folder

    def get(self, key: str) -> tuple[bytes, str] | None:
        return self._whole.get(f"{self._folder}/{key}")

    def put_new(self, key: str, raw: bytes, **headers: str) -> bool:
        return self._whole.put_new(f"{self._folder}/{key}", raw, **headers)

    def replace(self, key: str, raw: bytes, version: str | None, **headers: str) -> bool:
        return self._whole.replace(f"{self._folder}/{key}", raw, version, **headers)

    def keys(self, prefix: str) -> list[str]:
        found = self._whole.keys(f"{self._folder}/{prefix}")
        return [key.removeprefix(f"{self._folder}/") for key in found]

    def delete(self, key: str) -> None:
        self._whole.delete(f"{self._folder}/{key}")


def update(mirror: Bucket) -> int:
    """Bring the mirror up to the published history and return how many entries it has then.

    Raises OSError when the mirror cannot be reached, MirrorBroken when it holds another log.
    """
    size = 0
    for shard in shards.listed():
        if shard.closed is None or not _is_done(mirror, shard.folder):
            note = shards.folder(shard.folder).checkpoint() or ""
            copied = _update(of_shard(mirror, shard.folder), shard.folder)
            size = shard.first + (copied.size if copied else 0)
            _done[mirror.name, shard.folder] = note
    # Killed before this: the copy of the newest shard is there, and not in the list yet.
    if (text := shards.text_of_list()) is not None:
        _put_newest(mirror, SHARDS, text.encode())
        _put_keys(
            mirror, shards.folder("")
        )  # the policy of the history changes with its last shard
    return size


_done: dict[tuple[str, str], str] = {}


def _is_done(mirror: Bucket, shard: str) -> bool:
    """Return whether this process has seen a closed shard's last note in the mirror: it is not
    asked for again every time."""
    return _done.get((mirror.name, shard)) == shards.folder(shard).checkpoint()


def _update(mirror: Bucket, shard: str) -> Checkpoint | None:
    """Copy one shard to its part of the mirror; return its checkpoint, None while it has none."""
    log = shards.folder(shard)
    note = log.checkpoint()
    if note is None:
        return None
    checkpoint = parse_checkpoint(note_text(note))
    held = mirror.get("checkpoint")
    if held is not None and held[0] == note.encode():
        return checkpoint
    old = _held_size(mirror.name, shard, checkpoint, held[0] if held else None)
    with ThreadPoolExecutor(_HANDS) as hands:
        for _ in hands.map(lambda tile: _put_tile(mirror, log, tile), grown(old, checkpoint.size)):
            pass
    for path in log.kept():
        if old < int(path.name) <= checkpoint.size:
            _put_for_ever(mirror, f"checkpoints/{path.name}", path.read_bytes(), TEXT)
    _put_documents(mirror, log)
    _put_keys(mirror, log)
    witnessed = log.witnessed()
    if witnessed and parse_checkpoint(note_text(witnessed)).size <= checkpoint.size:
        _put_newest(mirror, WITNESSED, witnessed.encode())
    # Killed before this: the tiles are there early, and the next run finds them as they should be.
    version = held[1] if held else None
    if not mirror.replace(
        "checkpoint", note.encode(), version, ContentType=TEXT, CacheControl=MOMENT
    ):
        logger.info("%s was brought up to date by another process", mirror.name)
        return checkpoint
    # Killed before this: some partial tiles stay, which costs space only.
    _remove_partial_tiles(mirror, old, checkpoint.size)
    return checkpoint


def grown(old: int, new: int) -> Iterator[Tile]:
    """Yield the tiles and bundles of the tree of `new` entries that the one of `old` has not."""
    for level in (None, *range(64)):
        shift = HEIGHT * (level or 0)
        if not new >> shift:
            return
        if old >> shift == new >> shift:
            continue
        for index in range((old >> shift) // WIDTH, -(-(new >> shift) // WIDTH)):
            yield tile_at(level, index, new)


def _held_size(name: str, shard: str, ours: Checkpoint, note: bytes | None) -> int:
    """Return how many entries the mirror shows. Raises MirrorBroken unless they are ours."""
    if note is None:
        return 0
    try:
        held = signing.open_by_any(note.decode("utf-8", "replace"), proofs.vkeys(shard))
    except BadNote as error:
        raise MirrorBroken(f"{name} holds another log: {error}") from None
    if held.size > ours.size or shards.folder(shard).root(held.size) != held.root:
        raise MirrorBroken(f"{name} shows {held.size} entries that are not the ones published here")
    return held.size


def _put_tile(mirror: Bucket, log: LogFolder, tile: Tile) -> None:
    raw = log.read(tile)
    if tile.level is not None:
        _put_for_ever(mirror, tile.path, raw, BYTES)
        return
    # A bucket sends what it holds to everybody; tlog-tiles wants bundles compressed.
    zipped = gzip.compress(raw, mtime=0)
    _put_for_ever(mirror, tile.path, zipped, BYTES, ContentEncoding="gzip")


def _put_for_ever(mirror: Bucket, key: str, raw: bytes, kind: str, **headers: str) -> None:
    headers |= {"ContentType": kind, "CacheControl": FOR_EVER}
    if mirror.put_new(key, raw, **headers):
        return
    held = mirror.get(key)
    if held is None or _plain(held[0], headers) != _plain(raw, headers):
        raise MirrorBroken(f"{mirror.name} holds other bytes under {key}")


def _plain(raw: bytes, headers: dict[str, str]) -> bytes:
    """Return what was compressed: another zlib writes the same otherwise."""
    try:
        return gzip.decompress(raw) if "ContentEncoding" in headers else raw
    except (OSError, EOFError):
        return b""


def _put_documents(mirror: Bucket, log: LogFolder) -> None:
    held = set(mirror.keys(f"{DOCUMENTS}/"))
    for path in (log.path / DOCUMENTS).glob("*"):
        key = f"{DOCUMENTS}/{path.name}"
        if key not in held:
            _put_for_ever(mirror, key, path.read_bytes(), TEXT)


def _put_keys(mirror: Bucket, log: LogFolder) -> None:
    for name in (proofs.VKEY, proofs.EARLIER_VKEYS, proofs.SECOND_VKEY, POLICY):
        path = log.path / name
        if path.exists():
            _put_newest(mirror, name, path.read_bytes())


def _put_newest(mirror: Bucket, name: str, raw: bytes) -> None:
    held = mirror.get(name)
    if held is None or held[0] != raw:
        version = held[1] if held else None
        mirror.replace(name, raw, version, ContentType=TEXT, CacheControl=MOMENT)


def _remove_partial_tiles(mirror: Bucket, old: int, new: int) -> None:
    """Remove the partial forms of tiles that filled; readers fall back to the full ones."""
    for level in (None, *range(new.bit_length() // HEIGHT)):
        shift = HEIGHT * ((level or 0) + 1)
        # Those after the first grew from nothing to full unseen.
        for index in range(old >> shift, min(new >> shift, (old >> shift) + 1)):
            for key in mirror.keys(f"{Tile(level, index).path}.p/"):
                mirror.delete(key)
