"""The published log as its pages read it: from the files where they suffice, and from the
database only to find the entries of a thing, or the entry that a reference names.

What reads files raises Damaged when they are not what the log wrote.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from itertools import islice

from edgecode.log import notes
from edgecode.log.leaf import Leaf, parse
from edgecode.log.notes import Checkpoint
from edgecode.log.schema import ANY_SUBJECT
from edgecode.log.tiles import WIDTH, tile_at
from ledger import kinds, proofs, shards
from ledger.models import Entry
from web import kind_index

SIZE = 50


class Damaged(Exception):
    """A file of the published log is missing or damaged; the message says which and why."""


def reading[**P, R](read: Callable[P, R]) -> Callable[P, R]:
    """Make a function that reads the log's files raise Damaged when one cannot be read."""

    @wraps(read)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return read(*args, **kwargs)
        except (OSError, ValueError) as error:
            raise Damaged(problem_of(error)) from error

    return wrapper


def problem_of(error: Exception) -> str:
    """Return what is wrong with a file of the log, without the place of the log on this machine."""
    if isinstance(error, OSError):
        name = str(error.filename or "").removeprefix(f"{shards.folder('').path}/")
        return f"{name}: {error.strerror}" if name else str(error.strerror or error)
    return str(error)


@dataclass(frozen=True)
class Line:
    """One entry with its place in the log."""

    index: int
    leaf: Leaf


@dataclass(frozen=True)
class Window:
    """Entries, the newest first; the cursors are None where the log ends."""

    lines: list[Line]
    older: str | None
    newer: str | None


@dataclass(frozen=True)
class Proven:
    """What checking the receipt of an entry gave: a checkpoint and a path of hashes when the
    proof holds, else a `problem`."""

    checkpoint: Checkpoint | None
    proof: tuple[bytes, ...]
    problem: str


def published_at(size: int) -> datetime | None:
    """Return when the history of `size` entries was written, or None if that file is not there.

    By its newest bundle: the checkpoint's file changes whenever a witness signs again.
    """
    shard = shards.holding(size - 1)
    count = size - shard.first
    newest = tile_at(None, (count - 1) // WIDTH, count)
    try:
        modified = (shards.folder(shard.folder).path / newest.path).stat().st_mtime
    except OSError:
        return None
    return datetime.fromtimestamp(int(modified), UTC)


@reading
def checkpoint() -> Checkpoint | None:
    """Return the published checkpoint of the shard that grows, or None before the first."""
    return proofs.latest()


@reading
def size() -> int:
    """Return how many entries all shards together have published."""
    return proofs.size()


@reading
def line(index: int) -> tuple[bytes, Line]:
    """Return an entry's bytes, and the entry. Raises ledger.proofs.NotLogged for one that the log
    does not have."""
    raw = proofs.entry(index)
    return raw, Line(index, parse(raw))


@reading
def newest(size: int, cursor: str) -> Window:
    """Return a page of all entries, from files. `cursor` N: those before entry N; `-N`: those
    after it."""
    edge, backward = _cursor(cursor)
    top = size if edge is None else min(edge + 1 + SIZE if backward else edge, size)
    bottom = max(top - SIZE, 0)
    lines = [Line(index, parse(raw)) for index, raw in _raw(bottom, top, size)]
    return Window(
        lines[::-1],
        str(bottom) if bottom > 0 and lines else None,
        f"-{top - 1}" if top < size and lines else None,
    )


def _raw(bottom: int, top: int, size: int) -> Iterable[tuple[int, bytes]]:
    """Yield (index, bytes) of the entries [bottom, top) of the history of `size` entries."""
    at = bottom
    while at < top:
        first, bundle = _bundle(at, size)
        for index, raw in enumerate(bundle, first):
            if bottom <= index < top:
                yield index, raw
        at = first + len(bundle)


def _bundle(index: int, size: int) -> tuple[int, list[bytes]]:
    """Return the bundle that entry `index` is in, after the index of its first entry."""
    shard = shards.holding(index)
    number = (index - shard.first) // WIDTH
    count = shards.size_within(shard, size)
    return shard.first + number * WIDTH, shards.folder(shard.folder).entries(number, count)


@reading
def of_kind(size: int, cursor: str, kind: str) -> Window:
    """Return a page of the entries of a kind, from files."""
    index = kind_index.of_published(size)
    edge, backward = _cursor(cursor)
    if edge is not None and backward:
        # The index may know more of a growing log than the checkpoint this page shows.
        found: Iterator[int] = (at for at in index.after(kind, edge) if at < size)
    else:
        found = index.before(kind, min(edge if edge is not None else size, size))
    places = list(islice(found, SIZE + 1))
    return _window([Line(at, leaf) for at, leaf in _leaves(places, size)], edge, backward)


@reading
def all_of_kind(size: int, kind: str, limit: int) -> list[Line]:
    """Return the newest entries of a kind, `limit` at most. For kinds that are rare."""
    places = list(islice(kind_index.of_published(size).before(kind, size), limit))
    return [Line(at, leaf) for at, leaf in _leaves(places, size)]


def _leaves(places: list[int], size: int) -> Iterator[tuple[int, Leaf]]:
    """Yield entries in the order asked for; neighbours are read from one bundle."""
    first, bundle = 0, list[bytes]()
    for index in places:
        if not first <= index < first + len(bundle):
            first, bundle = _bundle(index, size)
        yield index, parse(bundle[index - first])


def of_streams(size: int, cursor: str, streams: list[str], kind: str = "") -> Window:
    """Return a page of the entries of certain streams, of one kind where it is given. One query,
    by the index that orders streams."""
    edge, backward = _cursor(cursor)
    rows = Entry.objects.filter(event__stream__in=streams, index__lt=size).select_related("event")
    if kind:
        rows = rows.filter(event__kind=kind)
    if edge is not None:
        rows = rows.filter(index__gt=edge) if backward else rows.filter(index__lt=edge)
    found = rows.order_by("index" if backward else "-index")[: SIZE + 1]
    return _window([Line(row.index, row.event.facts()) for row in found], edge, backward)


def _window(found: list[Line], edge: int | None, backward: bool) -> Window:
    """Return a page out of one line more than fits, if there are more."""
    more, lines = len(found) > SIZE, found[:SIZE]
    if backward:
        lines.reverse()
    if not lines:
        return Window([], None, None)
    older, newer = (edge is not None, more) if backward else (more, edge is not None)
    return Window(
        lines,
        str(lines[-1].index) if older else None,
        f"-{lines[0].index}" if newer else None,
    )


def _cursor(text: str) -> tuple[int | None, bool]:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 15):
        return None, False
    return int(digits), text.startswith("-")


def streams_of(code: str) -> list[str]:
    """Return every stream that may be the history of the thing with this code."""
    return [f"{subject}:{code}" for subject in sorted(subjects())]


def subjects() -> set[str]:
    """Return the types of stream that exist."""
    return {kind.subject for kind in kinds.registered()} - {ANY_SUBJECT}


@reading
def kind_counts(size: int) -> dict[str, int]:
    """Return how many of the first `size` entries are of each kind, the most frequent first."""
    counts = kind_index.of_published(size).counts()
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def places(refs: Iterable[tuple[str, int]]) -> Mapping[tuple[str, int], int]:
    """Return the index of the entry that each `(stream, version)` names. One query."""
    wanted = set(refs)
    if not wanted:
        return {}
    streams = {stream for stream, _version in wanted}
    versions = {version for _stream, version in wanted}
    rows = Entry.objects.filter(event__stream__in=streams, event__version__in=versions)
    found = rows.values_list("event__stream_id", "event__version", "index")
    return {(name, number): index for name, number, index in found if (name, number) in wanted}


def prove(index: int, raw: bytes) -> Proven:
    """Check the receipt of entry `index` as its holder would: hash, path, root, signature.

    The receipt and its checkpoint are read from files; damaged ones are a `problem` too.
    """
    try:
        text = proofs.receipt(index)
        receipt = notes.parse_receipt(text)
        checkpoint = proofs.open_receipt(text, raw)[1]
    except (ValueError, OSError) as error:
        return Proven(None, (), problem_of(error))
    return Proven(checkpoint, receipt.proof, "")
