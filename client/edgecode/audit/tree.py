"""The cryptographic audit of the files of one log, from the signed root down to each entry.

Every file is checked against a hash that the signed root demands, in one pass and in memory that
does not grow with the log: the tiles on the way from the root to the bundle at hand, and no more.
So a damaged file is named exactly, its neighbours are not, and a mirror never takes a wrong one.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from edgecode.audit.findings import LogFindings
from edgecode.audit.sources import Missing, Source
from edgecode.log import merkle
from edgecode.log.checkpoints import Checkpoint
from edgecode.log.tiles import HEIGHT, WIDTH, Tile, decode_bundle, node_reader, split_tile, tile_at

PROBLEMS_MAX = 1000
type Hashes = list[bytes]


@dataclass(frozen=True, slots=True)
class Bundle:
    """Entries from index `first` on; `is_whole` unless some of them are not what was signed."""

    first: int
    entries: list[bytes]
    is_whole: bool = True


class Tree:
    """Walks the tree under a checkpoint; what is wrong goes into the findings."""

    def __init__(
        self,
        source: Source,
        checkpoint: Checkpoint,
        found: LogFindings,
        sizes: Iterable[int] = (),
    ) -> None:
        """`sizes` are those of earlier trees whose roots are wanted (`roots`)."""
        self.roots: dict[int, bytes] = {}
        self._source, self._found = source, found
        self._size, self._root = checkpoint.size, checkpoint.root
        self._wanted = sorted({size for size in sizes if size <= checkpoint.size}, reverse=True)
        self._edge: list[Hashes] = []
        self._first: Bundle | None = None
        self._is_open: bool | None = None
        self._path: dict[int, tuple[int, Hashes | None]] = {}

    def first(self) -> Bundle | None:
        """Return the first bundle, and keep it for bundles(); None when there is none, or nothing
        leads to the signed root. Raises Unreadable where reading fails."""
        if not self._opens() or not self._size:
            return None
        if self._first is None:
            self._first = self._numbered(0)
        return self._first

    def forget_first(self) -> None:
        """Keep the first bundle no longer, it is read again; but what is wrong is told once."""
        if self._first is not None and self._first.is_whole:
            self._first = None

    def bundles(self) -> Iterator[Bundle]:
        """Yield the entries, bundle by bundle. Raises Unreadable where reading fails."""
        if not self._opens():
            return
        for number in range(-(-self._size // WIDTH)):
            if self._found.problems.count > PROBLEMS_MAX:
                self._problem(f"too many problems: stopped at entry {number * WIDTH}")
                return
            bundle, self._first = self._first or self._numbered(number), None
            self._note_roots(number)
            self._found.entries += len(bundle.entries)
            yield bundle
        self._note_roots(-(-self._size // WIDTH))

    def demands(self, tile: Tile, raw: bytes) -> bool:
        """Return whether these are the bytes that the root demands of a tile or bundle, as far as
        the files of the tree lead to it."""
        level, end = tile.level or 0, self._size >> HEIGHT * ((tile.level or 0) + 1)
        width = (self._size >> HEIGHT * level) % WIDTH if tile.index == end else WIDTH
        if not self._opens() or tile.index > end or tile.width != width:
            return False
        try:
            if tile.level is None:
                hashes = merkle.leaf_hashes(decode_bundle(raw, tile.width))
            else:
                hashes = split_tile(raw, tile.width)
        except ValueError:
            return False
        return self._hashes(level, tile.index) == hashes

    def _opens(self) -> bool:
        if self._is_open is None:
            self._is_open = self._open_edge()
        return self._is_open

    def _numbered(self, number: int) -> Bundle:
        hashes = self._hashes(0, number)
        if hashes is None:
            return Bundle(number * WIDTH, [], is_whole=False)
        tile = tile_at(None, number, self._size)
        wrong: list[int] = []

        def check(raw: bytes) -> list[bytes] | None:
            entries = decode_bundle(raw, tile.width)
            computed = merkle.leaf_hashes(entries)
            if computed == hashes:
                return entries
            pairs = zip(computed, hashes, strict=True)
            wrong[:] = [at for at, (mine, signed) in enumerate(pairs) if mine != signed]
            return None

        entries = self._first_right(tile, check)
        if entries is None:
            if wrong:
                indices = _indices([number * WIDTH + at for at in wrong])
                self._problem(f"{tile.path}: not the signed bytes of {indices}")
            return Bundle(number * WIDTH, [], is_whole=False)
        return Bundle(number * WIDTH, entries)

    def _hashes(self, level: int, index: int) -> Hashes | None:
        """Return the hashes in a tile as the root demands them; None when nothing on hand leads
        to the root there."""
        at, hashes = self._path.get(level, (-1, None))
        if at == index:
            return hashes
        if index == self._size >> HEIGHT * (level + 1):
            hashes = self._edge[level]
        else:
            above = self._hashes(level + 1, index // WIDTH)
            hashes = self._full_tile(level, index, above[index % WIDTH]) if above else None
        self._path[level] = (index, hashes)
        return hashes

    def _full_tile(self, level: int, index: int, root: bytes) -> Hashes | None:
        tile = Tile(level, index)

        def check(raw: bytes) -> Hashes | None:
            hashes = split_tile(raw, WIDTH)
            return hashes if merkle.root_of(hashes) == root else None

        problems = self._found.problems.count
        hashes = self._first_right(tile, check)
        if hashes is None:
            if self._found.problems.count == problems:
                self._problem(f"{tile.path}: not the hashes that the signed root demands")
            hashes = self._from_below(tile)
            if hashes is None or merkle.root_of(hashes) != root:
                hashes = None
                first, count = index << HEIGHT * (level + 1), 1 << HEIGHT * (level + 1)
                self._problem(
                    f"entries {first} to {first + count - 1} do not lead to the signed root"
                )
        return hashes

    def _open_edge(self) -> bool:
        """Read the unfinished tiles, one a level: they alone give the root. One that is damaged
        is made again from what it stands over."""
        tiles = [
            Tile(level, self._size >> HEIGHT * (level + 1), width)
            for level, width in enumerate(_edge_widths(self._size))
        ]
        for is_last_try in (False, True):
            copies = [self._edge_tile(tile, is_last_try=is_last_try) for tile in tiles]
            self._edge = [_split(raw) for raw in copies]
            if _edge_root(self._edge) == self._root:
                for tile, raw in zip(tiles, copies, strict=True):
                    self._keep(tile, raw)
                return True
        return self._mend_edge(tiles)

    def _edge_tile(self, tile: Tile, *, is_last_try: bool) -> bytes:
        """Return the nearest copy of a tile, at the last try the farthest: only all of them
        together can be told right from wrong."""
        found = b""

        def check(raw: bytes) -> bytes | None:
            nonlocal found
            split_tile(raw, tile.width)
            found = raw
            return None if is_last_try else raw

        if tile.width:
            self._first_right(tile, check, tell=is_last_try)
        return found

    def _mend_edge(self, tiles: Sequence[Tile]) -> bool:
        made = [(self._from_below(tile) or []) if tile.width else [] for tile in tiles]
        if _edge_root(made) != self._root:
            self._problem("the entries lead to another root than the signed one")
            return False
        for tile, read, right in zip(tiles, self._edge, made, strict=True):
            if read != right and read:
                self._problem(f"{tile.path}: not the hashes of what is below it")
        self._edge = made
        return True

    def _from_below(self, tile: Tile) -> Hashes | None:
        """Return the hashes of a tile made from the bundle or the tiles below it, unverified."""
        if tile.level == 0:
            bundle = Tile(None, tile.index, tile.width)
            return self._first_right(
                bundle, lambda raw: merkle.leaf_hashes(decode_bundle(raw, tile.width)), tell=False
            )
        assert tile.level is not None  # noqa: S101 - bundles have nothing below them
        hashes: Hashes = []
        for index in range(tile.index * WIDTH, tile.index * WIDTH + tile.width):
            below = Tile(tile.level - 1, index)
            row = self._first_right(below, lambda raw: split_tile(raw, WIDTH), tell=False)
            if row is None:
                return None
            hashes.append(merkle.root_of(row))
        return hashes

    def _first_right[T](
        self, tile: Tile, check: Callable[[bytes], T | None], *, tell: bool = True
    ) -> T | None:
        """Return what `check` makes of the first copy that it accepts, and keep that copy. A file
        that is missing or has the wrong form is a problem, told unless it was before."""
        reason = ""
        try:
            for raw in self._source.copies(tile):
                self._found.files += 1
                self._found.bytes_read += len(raw)
                reason = ""
                try:
                    result = check(raw)
                except ValueError as error:
                    reason = f"{tile.path}: {error}"
                    continue
                if result is not None:
                    if tell:
                        self._keep(tile, raw)
                    return result
        except Missing as error:
            reason = str(error)
        if reason and tell:
            self._problem(reason)
        return None

    def _keep(self, tile: Tile, raw: bytes) -> None:
        if raw:
            self._source.keep(tile, raw)

    def _note_roots(self, number: int) -> None:
        """Compute the wanted roots of trees that end in this bundle."""
        while self._wanted and self._wanted[-1] // WIDTH <= number:
            size = self._wanted.pop()
            if size == self._size:
                self.roots[size] = self._root
                continue
            rows = []
            for level in range(len(self._edge)):
                width = (size >> HEIGHT * level) % WIDTH
                hashes = self._hashes(level, size >> HEIGHT * (level + 1)) if width else []
                if hashes is None:
                    break
                rows.append(hashes[:width])
            else:
                self.roots[size] = _edge_root(rows)

    def _problem(self, message: str) -> None:
        self._found.problems.add(message)


def beginning(source: Source, whole: Checkpoint, size: int) -> tuple[bytes, list[bytes]]:
    """Return the root of the first `size` entries (at least one) of the log under `whole`, and the
    proof that it begins with them, verified. Raises Missing, Unreadable or ValueError when the
    files do not give it."""
    node = node_reader(whole.size, lambda tile: next(source.copies(tile)))
    root = merkle.tree_root(size, node)
    proof = merkle.prove_consistency(size, whole.size, node)
    merkle.verify_consistency(size, whole.size, root, whole.root, proof)
    return root, proof


def order_of(size: int) -> Iterator[Tile]:
    """Yield the files of a tree of `size` entries in the order in which Tree reads them."""
    for level, width in enumerate(_edge_widths(size)):
        if width:
            yield Tile(level, size >> HEIGHT * (level + 1), width)
    for number in range(-(-size // WIDTH)):
        starts = []
        level = 0
        while number % WIDTH**level == 0 and number // WIDTH**level < size >> HEIGHT * (level + 1):
            starts.append(Tile(level, number // WIDTH**level))
            level += 1
        yield from reversed(starts)
        yield tile_at(None, number, size)


def _edge_widths(size: int) -> list[int]:
    widths = []
    while size:
        widths.append(size % WIDTH)
        size >>= HEIGHT
    return widths


def _edge_root(edge: Sequence[Hashes]) -> bytes:
    """Return the root over the partial tiles of all levels, lowest first."""
    below: Hashes = []
    for hashes in edge:
        row = [*hashes, *below]
        below = [merkle.root_of(row)] if row else []
    return merkle.root_of(below)


def _split(raw: bytes) -> Hashes:
    return split_tile(raw, len(raw) // merkle.HASH_BYTES)


def _indices(indices: Sequence[int]) -> str:
    shown = ", ".join(map(str, indices[:5]))
    more = f" and {len(indices) - 5} more" if len(indices) > 5 else ""
    return f"{'entry' if len(indices) == 1 else 'entries'} {shown}{more}"
