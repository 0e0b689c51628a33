"""Re-check a whole log from its bytes: what an auditor runs over a folder, an export or a mirror.

No Django, no database, no network: files in, findings out.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from edgecode.log import merkle, notes
from edgecode.log.folder import LogFolder
from edgecode.log.leaf import SKEW, TIME_FORMAT, Leaf, parse
from edgecode.log.notes import Checkpoint, VerifierKey
from edgecode.log.tiles import WIDTH, Tile, TileBuilder, decode_bundle, split_tile, tile_at

PROBLEMS_MAX = 100


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `index` is the entry it is about, or None when it is about a file."""

    message: str
    index: int | None = None

    def __str__(self) -> str:
        return self.message if self.index is None else f"entry {self.index}: {self.message}"


@dataclass(slots=True)
class Report:
    """What was checked and what was found; at most 100 problems are kept, the rest counted."""

    checkpoint: Checkpoint | None = None
    entries: int = 0
    tiles: int = 0
    streams: int = 0
    kept_checkpoints: int = 0
    problem_count: int = 0
    problems: list[Problem] = field(default_factory=list)
    history: "History | None" = None

    @property
    def ok(self) -> bool:
        """Whether a signed checkpoint was found and everything under it holds."""
        return self.checkpoint is not None and self.problem_count == 0

    def add(self, message: str, index: int | None = None) -> None:
        """Record a problem."""
        self.problem_count += 1
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(Problem(message, index))


def verify_log(folder: Path, vkey: str, before: "History | None" = None) -> Report:
    """Check the log in `folder` against the key its readers trust and return what was found.

    `before` is the history of the shard that this one goes on from (Report.history): its streams
    go on counting here.

    Checked: the signature; every entry's hash, every tile, the root; that entries are canonical
    and well-formed, streams count 1, 2, 3 ..., refs name the version that was current, times do
    not run backwards in a stream; that the tree begins with every earlier checkpoint kept.
    Raises BadNote (a ValueError) when `vkey` itself is malformed.
    """
    log, key, report = LogFolder(folder), notes.parse_vkey(vkey), Report()
    kept = log.kept()  # first: a log that grows meanwhile has not been wound back
    note = log.checkpoint()
    if note is None:
        report.add(f"there is no checkpoint in {folder}")
        return report
    try:
        report.checkpoint = notes.open_checkpoint(note, key)
    except ValueError as error:
        report.add(f"checkpoint: {error}")
        return report
    builder, history = TileBuilder(), History(report, before.streams if before else {})
    report.history = history
    for bundle in _checked_bundles(log, report.checkpoint.size, report):
        for tile, raw in builder.add(bundle.hashes):
            _compare(log, tile, raw, report)
        for index, entry in enumerate(bundle.entries, bundle.first):
            history.check(index, entry)
    for tile, raw in builder.partial_tiles():
        _compare(log, tile, raw, report)
    report.streams = len(history.streams)
    if builder.size == report.checkpoint.size and builder.root() != report.checkpoint.root:
        report.add("the entries lead to another root than the signed one")
    _check_kept(log, kept, report.checkpoint, [key, *_earlier_keys(log, report)], report)
    return report


@dataclass(frozen=True, slots=True)
class _Bundle:
    first: int
    entries: list[bytes]
    hashes: list[bytes]


def _checked_bundles(log: LogFolder, size: int, report: Report) -> Iterator[_Bundle]:
    """Yield each bundle's entries with the hashes the tree has for them.

    Where bundle and tile differ the tile's hashes carry on, so one damaged file is one finding
    (the root tells whether the tile was the damaged one).
    """
    for number in range(-(-size // WIDTH)):
        bundle, tile = tile_at(None, number, size), tile_at(0, number, size)
        entries: list[bytes] = []
        try:
            entries = decode_bundle(log.read(bundle), bundle.width)
        except (OSError, ValueError) as error:
            report.add(f"{bundle.path}: {_reason(error)}")
        computed = merkle.leaf_hashes(entries)
        try:
            hashes = split_tile(log.read(tile), tile.width)
        except (OSError, ValueError) as error:
            report.add(f"{tile.path}: {_reason(error)}")
            hashes = computed
        if not hashes:
            report.add(f"entries from {number * WIDTH} on cannot be checked")
            return
        report.entries += len(entries)
        if entries and computed != hashes:
            for index, pair in enumerate(zip(computed, hashes, strict=True), number * WIDTH):
                if pair[0] != pair[1]:
                    report.add(f"{bundle.path} and {tile.path} differ", index)
        yield _Bundle(number * WIDTH, entries, hashes)


def _compare(log: LogFolder, tile: Tile, raw: bytes, report: Report) -> None:
    report.tiles += 1
    if tile.level == 0:
        return  # its hashes were compared entry by entry
    try:
        if log.read(tile) != raw:
            report.add(f"{tile.path}: not the hashes of the tiles below it")
    except (OSError, ValueError) as error:
        report.add(f"{tile.path}: {_reason(error)}")


def _earlier_keys(log: LogFolder, report: Report) -> list[VerifierKey]:
    """Return the keys that signed before a rotation, as the folder names them. Whoever put them
    there gains nothing: what they signed is held against the tree, and none signs the newest."""
    try:
        lines = (log.path / "earlier.vkeys").read_text("utf-8").split()
        return [notes.parse_vkey(line) for line in lines]
    except FileNotFoundError:
        return []
    except ValueError as error:
        report.add(f"earlier.vkeys: {error}")
        return []


def _check_kept(
    log: LogFolder,
    files: list[Path],
    newest: Checkpoint,
    keys: list[VerifierKey],
    report: Report,
) -> None:
    for path in files:
        report.kept_checkpoints += 1
        try:
            text, signed = notes.signers(path.read_text("utf-8"), keys)
            kept = notes.parse_checkpoint(text)
            if kept.origin not in {key.name for key in signed}:
                report.add(f"checkpoints/{path.name}: not signed by {keys[0]}")
            elif kept.size > newest.size:
                report.add(f"checkpoints/{path.name}: signed over more entries than the newest")
            elif log.root(kept.size) != kept.root:
                report.add(f"checkpoints/{path.name}: the log no longer begins with this tree")
        except (OSError, ValueError) as error:
            report.add(f"checkpoints/{path.name}: {_reason(error)}")


class History:
    """Replays entries in order and reports each that breaks a rule of its stream."""

    def __init__(self, report: Report, streams: dict[str, tuple[int, datetime]]) -> None:
        self.report = report
        self.streams = streams
        self.first: Leaf | None = None
        self.last: Leaf | None = None

    def check(self, index: int, raw: bytes) -> None:
        """Check one entry against the entries before it."""
        try:
            leaf = self.last = parse(raw)
        except ValueError as error:
            self.report.add(str(error), index)
            return
        if index == 0:
            self.first = leaf
        version, at = self.streams.get(leaf.stream, (0, leaf.at))
        if leaf.stream_version != version + 1:
            self.report.add(
                f"{leaf.stream} goes from version {version} to {leaf.stream_version}", index
            )
        if leaf.at < at - SKEW:
            times = f"from {at:{TIME_FORMAT}} to {leaf.at:{TIME_FORMAT}}"
            self.report.add(f"{leaf.stream} goes back in time, {times}", index)
        self._check_refs(index, leaf)
        self.streams[leaf.stream] = (leaf.stream_version, max(at, leaf.at))

    def _check_refs(self, index: int, leaf: Leaf) -> None:
        for stream, version in leaf.rests_on():
            current = self.streams.get(stream, (0, leaf.at))[0]
            if version > current:
                self.report.add(f"rests on {stream}@{version}, which is not there yet", index)
            elif version < current:
                self.report.add(
                    f"rests on {stream}@{version} when it was already at {current}", index
                )


def _reason(error: OSError | ValueError) -> str:
    return "the file is missing" if isinstance(error, FileNotFoundError) else str(error)
