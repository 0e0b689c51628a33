"""The published log as a folder of files; it is all that a reader, a mirror or an auditor needs.

    checkpoint             the newest signed note
    checkpoint.witnessed   the newest note that enough witnesses have cosigned
    log.vkey               the key that signs it
    checkpoints/<size>     earlier notes, kept to be checked against
    policy                 the newest policy for its checkpoints
    documents/<sha256>     the documents that entries name
    tile/...               tiles and entry bundles (tiles.py)

No Django here: the same code reads the live folder, an export and a mirror.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from threading import get_ident

from edgecode.log import merkle
from edgecode.log.notes import Receipt, note_text, parse_checkpoint
from edgecode.log.tiles import (
    HEIGHT,
    WIDTH,
    Tile,
    decode_bundle,
    narrow,
    node_reader,
    split_tile,
    tile_at,
)

DOCUMENTS, POLICY, WITNESSED = "documents", "policy", "checkpoint.witnessed"
NOTE_BYTES_MAX = 256 * 1024
# An entry has at most 16 KiB; a bundle has a length of two bytes before each.
BUNDLE_BYTES_MAX = WIDTH * (2 + 16 * 1024)
TILE_BYTES_MAX = WIDTH * merkle.HASH_BYTES

# A pipe is not waited for: it is no file of a log.
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_DRAFT = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0)


class FileTooLong(ValueError):
    """A file is longer than any of its kind can be."""


def file_limit(tile: Tile) -> int:
    """Return how long the file of a tile or bundle may be."""
    return BUNDLE_BYTES_MAX if tile.level is None else TILE_BYTES_MAX


def read_file(path: Path | str, limit: int) -> bytes:
    """Return the bytes of a file. Raises FileTooLong; FileNotFoundError also for what is no file
    (a folder, a pipe, a device), which a folder from elsewhere may hold; or another OSError."""
    # Past pathlib and buffers, which take twice as long for small files.
    try:
        file = os.open(path, _READ)
    except NotADirectoryError as error:
        raise FileNotFoundError(error.errno, error.strerror, str(path)) from None
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            raise FileNotFoundError(errno.ENOENT, "it is no file", str(path))
        # Room for what there is: for all that is allowed it takes four times as long.
        raw = os.read(file, min(status.st_size, limit) + 1)
        while len(raw) < min(status.st_size, limit) and (more := os.read(file, limit + 1)):
            raw += more
    finally:
        os.close(file)
    if len(raw) > limit:
        raise FileTooLong(f"longer than the {limit} bytes it may have")
    return raw


class LogFolder:
    """One log's files below `path`. Missing files raise FileNotFoundError, damaged ones
    ValueError; what is asked for and not in the tree raises ValueError."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def checkpoint(self) -> str | None:
        """Return the published signed note, or None before the first."""
        try:
            return read_file(self.path / "checkpoint", NOTE_BYTES_MAX).decode()
        except FileNotFoundError:
            return None

    def witnessed(self) -> str | None:
        """Return the newest note that the log's witnesses cosigned, or None. It can be older than
        the checkpoint, where the log grows faster than witnesses are asked."""
        try:
            return read_file(self.path / WITNESSED, NOTE_BYTES_MAX).decode()
        except FileNotFoundError:
            return None

    def size(self) -> int:
        """Return the size the published note states (its signature is the reader's to check)."""
        note = self.checkpoint()
        return parse_checkpoint(note_text(note)).size if note else 0

    def kept(self) -> list[Path]:
        """Return the files of the earlier notes, smallest tree first."""
        files = (self.path / "checkpoints").glob("[0-9]*")
        return sorted(files, key=lambda path: (len(path.name), path.name))

    def read(self, tile: Tile) -> bytes:
        """Return the bytes of a tile or bundle. A partial one that has no file, because the tree
        grew past it, is cut from a wider one."""
        try:
            # As text: joining paths takes longer than reading a small file.
            return read_file(f"{self.path}/{tile.path}", file_limit(tile))
        except FileNotFoundError:
            if tile.width == WIDTH:
                raise
        held = self._wider(tile)
        return narrow(read_file(self.path / held.path, file_limit(tile)), held, tile)

    def _wider(self, tile: Tile) -> Tile:
        partial = (self.path / f"{tile.full.path}.p").glob("[1-9]*")
        widths = [int(path.name) for path in partial if int(path.name) > tile.width]
        return Tile(tile.level, tile.index, min(widths)) if widths else tile.full

    def entries(self, index: int, size: int) -> list[bytes]:
        """Return the entries of bundle `index` in the tree of `size` entries."""
        tile = tile_at(None, index, size)
        return decode_bundle(self.read(tile), tile.width)

    def entry(self, index: int, size: int) -> bytes:
        """Return one entry's bytes."""
        if not 0 <= index < size:
            raise ValueError(f"entry {index} is not in a log of {size} entries")
        return self.entries(index // WIDTH, size)[index % WIDTH]

    def root(self, size: int) -> bytes:
        """Return the root of the tree over the first `size` entries, from tiles."""
        return merkle.tree_root(size, node_reader(size, self.read))

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """Return the proof of entry `index` in the tree of `size` entries."""
        return merkle.prove_inclusion(index, size, node_reader(size, self.read))

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the proof that the tree of `new` entries begins with that of `old`."""
        return merkle.prove_consistency(old, new, node_reader(new, self.read))

    def receipt(self, index: int) -> str:
        """Return the `.tlog-proof` of entry `index` under the newest checkpoint that witnesses
        cosigned, or under the published one where none of those covers it.

        It is verified before it is returned: a damaged tile is an error here, not a receipt that
        fails years later.
        """
        return self.receipts([index])[index][1]

    def receipts(self, indices: Iterable[int]) -> dict[int, tuple[bytes, str]]:
        """Return of each of these entries its bytes and its receipt, as `receipt` says; what they
        have in common is read once."""
        published, witnessed = self.checkpoint(), self.witnessed()
        if published is None:
            raise ValueError("nothing is published yet")
        newest = parse_checkpoint(note_text(published))
        seen = parse_checkpoint(note_text(witnessed)) if witnessed else None
        nodes = cache(lambda size: cache(node_reader(size, self.read)))
        entries = cache(self.entries)
        found = {}
        for index in indices:
            note, checkpoint = published, newest
            if witnessed and seen is not None and index < seen.size <= newest.size:
                note, checkpoint = witnessed, seen
            if not 0 <= index < checkpoint.size:
                raise ValueError(f"entry {index} is not in a log of {checkpoint.size} entries")
            proof = merkle.prove_inclusion(index, checkpoint.size, nodes(checkpoint.size))
            entry = entries(index // WIDTH, checkpoint.size)[index % WIDTH]
            leaf = merkle.leaf_hash(entry)
            merkle.verify_inclusion(leaf, index, checkpoint.size, proof, checkpoint.root)
            found[index] = entry, str(Receipt(index, tuple(proof), note))
        return found

    def edge(self, size: int) -> list[list[bytes]]:
        """Return the hashes of the partial tile of each level, as TileBuilder takes them."""
        levels: list[list[bytes]] = []
        while hashes := size >> HEIGHT * len(levels):
            tile = Tile(len(levels), hashes // WIDTH, hashes % WIDTH)
            levels.append(split_tile(self.read(tile), tile.width) if tile.width else [])
        return levels

    def write(self, name: str, raw: bytes, *, durable: bool = False) -> None:
        """Put a file in place whole: a reader sees the old bytes or the new, never a part.

        `durable` also makes it outlive a power cut. Tiles need not: they are made from the
        database, and made again when they are missing.
        """
        self.put(self.draft(raw, durable=durable), name)

    def draft(self, raw: bytes, *, durable: bool = False, suffix: str = "") -> Path:
        """Write a file that nobody sees yet and return it; `put` puts it in place.

        One per thread and suffix: a killed process leaves one small file, and no name collides.
        """
        path = self.path / ".draft" / f"{os.getpid()}-{get_ident()}{suffix}"
        descriptor = _in_its_folder(path, lambda: os.open(path, _DRAFT, 0o666))
        try:
            rest = memoryview(raw)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            if durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        return path

    def put(self, draft: Path, name: str) -> None:
        """Put a finished draft in the place of `name`."""
        target = self.path / name
        _in_its_folder(target, lambda: draft.replace(target))

    def write_tiles(self, tiles: Sequence[tuple[Tile, bytes]]) -> None:
        """Write tiles or bundles; writing one again gives the same bytes."""
        for tile, raw in tiles:
            self.write(tile.path, raw)


def _in_its_folder[Result](path: Path, act: Callable[[], Result]) -> Result:
    """Do something under `path`, whose folder is nearly always there: it is made when it is not."""
    try:
        return act()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return act()
