"""The rows that search is made from: writing them, and reading what changed."""

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from catalog.models.search import SearchDocument, SearchState
from catalog.search.documents import Document

_BATCH = 500
_READ_AT_ONCE = 2_000
_FACTS = [
    "organisation",
    "title",
    "version",
    "is_removed",
    "is_offered",
    "name",
    "text",
    "own_text",
    "facets",
    "duration_ms",
    "lines",
    "year",
    "price_minor",
    "currency",
    "added_at",
]

_COMPARED = [
    {"organisation": "organisation_id", "title": "title_id"}.get(n, n)
    for n in _FACTS
    if n != "version"
]


@dataclass(frozen=True)
class Entry:
    """What is to be found of the row `target` of its level's table.

    `document.number` and `document.added_s` are not looked at: the table says them.
    """

    target: int
    title: int | None
    added_at: datetime
    document: Document


@transaction.atomic
def put(entries: Sequence[Entry]) -> int:
    """Add or replace documents, in one transaction with what they follow from; return the version.

    Other writers wait until it commits, so keep what comes after it short.
    """
    version = _next_version()
    SearchDocument.objects.bulk_create(
        (_row(entry, version) for entry in entries),
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["level", "target"],
        update_fields=_FACTS,
    )
    return version


@transaction.atomic
def keep(titles: Collection[int], entries: Sequence[Entry]) -> int:
    """Let these entries be all that is found of these titles; return how many documents changed.

    What is found already is not written again.
    """
    known = {
        (row.level, row.target): row
        for row in SearchDocument.objects.filter(title__in=titles, is_removed=False)
    }
    gone = defaultdict(list)
    new = [entry for entry in entries if not _says(known, entry)]
    for level, target in known.keys() - {(each.document.level, each.target) for each in entries}:
        gone[level].append(target)
    if new:
        put(new)
    for level, targets in gone.items():
        remove(level, targets)
    return len(new) + sum(map(len, gone.values()))


@transaction.atomic
def remove(level: str, targets: Collection[int]) -> int:
    """Let no one find these any more; return the version."""
    version = _next_version()
    SearchDocument.objects.filter(level=level, target__in=targets).update(
        version=version, is_removed=True, is_offered=False, text="", own_text="", facets={}
    )
    return version


def state() -> SearchState:
    """Return where the table stands."""
    return SearchState.objects.filter(id=1).first() or SearchState(id=1, epoch="")


def changed(since: int) -> QuerySet[SearchDocument]:
    """Return the rows that changed after this version, the removed ones too."""
    return SearchDocument.objects.filter(version__gt=since).order_by("version")


def all_documents() -> Iterator[Document]:
    """Yield every document that can be found, without holding them all, or one look at the
    database for long: some rows may be older than others."""
    rows, last = SearchDocument.objects.filter(is_removed=False).order_by("pk"), 0
    while some := rows.filter(pk__gt=last)[:_READ_AT_ONCE]:
        yield from map(document_of, some)
        last = some[len(some) - 1].pk


def document_of(row: SearchDocument) -> Document:
    """Return what the index takes of a row."""
    return Document(
        number=row.pk,
        organisation=row.organisation_id,
        level=row.level,
        name=row.name,
        text=row.text,
        own_text=row.own_text,
        offered=row.is_offered,
        facets=row.facets,
        duration_ms=row.duration_ms,
        lines=row.lines,
        year=row.year,
        price_minor=row.price_minor,
        currency=row.currency,
        added_s=max(0, int(row.added_at.timestamp())),
    )


def _next_version() -> int:
    # Locked until the commit: a reader that has seen a version has seen all before it.
    SearchState.objects.get_or_create(id=1)
    state = SearchState.objects.select_for_update().get(id=1)
    state.version += 1
    state.save(update_fields=["version"])
    return state.version


def _says(known: Mapping[tuple[str, int], SearchDocument], entry: Entry) -> bool:
    """Return whether the table says this already."""
    row = known.get((entry.document.level, entry.target))
    if row is None:
        return False
    new = _row(entry, row.version)
    return all(getattr(row, name) == getattr(new, name) for name in _COMPARED)


def _row(entry: Entry, version: int) -> SearchDocument:
    found = entry.document
    return SearchDocument(
        level=found.level,
        target=entry.target,
        organisation_id=found.organisation,
        title_id=entry.title,
        version=version,
        is_offered=found.offered,
        name=found.name,
        text=found.text,
        own_text=found.own_text,
        facets={name: sorted(values) for name, values in found.facets.items()},
        added_at=entry.added_at,
        **{name: getattr(found, name) for name in _NUMBERS},
    )


_NUMBERS = [
    field.name
    for field in dataclasses.fields(Document)
    if field.name in {"duration_ms", "lines", "year", "price_minor", "currency"}
]
