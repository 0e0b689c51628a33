"""The published log as its pages read it: from the files where they suffice, and from the
database only to find the entries of a kind or of a thing, or the entry that a reference names.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.core.cache import cache
from django.db.models import Count, Q

from edgecode.log import notes
from edgecode.log.leaf import Leaf, parse
from edgecode.log.notes import Checkpoint
from edgecode.log.tiles import WIDTH
from ledger import kinds, proofs
from ledger.models import Entry

SIZE = 50


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


def published_at() -> datetime | None:
    """Return when the newest checkpoint was put in place; None before the first."""
    try:
        modified = (proofs.folder().path / "checkpoint").stat().st_mtime
    except FileNotFoundError:
        return None
    return datetime.fromtimestamp(int(modified), UTC)


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
    """Yield (index, bytes) of the entries [bottom, top) of the log of `size` entries."""
    log = proofs.folder()
    for bundle in range(bottom // WIDTH, -(-top // WIDTH)):
        first = bundle * WIDTH
        for offset, raw in enumerate(log.entries(bundle, size)):
            if bottom <= first + offset < top:
                yield first + offset, raw


def chosen(size: int, cursor: str, *, kind: str, streams: list[str]) -> Window:
    """Return a page of the entries of a kind, of certain streams, or both. One query."""
    wanted = Q(event__stream__in=streams) if streams else Q()
    if kind:
        wanted &= Q(event__kind=kind)
    edge, backward = _cursor(cursor)
    rows = Entry.objects.filter(wanted, index__lt=size).select_related("event")
    if edge is not None:
        rows = rows.filter(index__gt=edge) if backward else rows.filter(index__lt=edge)
    found = list(rows.order_by("index" if backward else "-index")[: SIZE + 1])
    more, found = len(found) > SIZE, found[:SIZE]
    if backward:
        found.reverse()
    if not found:
        return Window([], None, None)
    older, newer = (edge is not None, more) if backward else (more, edge is not None)
    return Window(
        [Line(row.index, row.event.facts()) for row in found],
        str(found[-1].index) if older else None,
        f"-{found[0].index}" if newer else None,
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
    return {kind.subject for kind in kinds.registered()} - {kinds.ANY_SUBJECT}


def kind_counts(size: int) -> list[tuple[str, int]]:
    """Return how many of the first `size` entries are of each kind, the most frequent first.

    Entries never change, so only those since the last call are counted.
    """
    place = f"logbook:kinds:{proofs.folder().path}"
    known, counts = cache.get(place) or (0, {})
    if known > size:
        known, counts = 0, {}
    if known < size:
        since = Entry.objects.filter(index__gte=known, index__lt=size)
        fresh = since.values_list("event__kind").annotate(number=Count("index")).order_by()
        counts = dict(counts)
        for kind, number in fresh:
            counts[kind] = counts.get(kind, 0) + number
        cache.set(place, (size, counts), timeout=None)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


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
        return Proven(None, (), str(error))
    return Proven(checkpoint, receipt.proof, "")
