"""The stage that feeds search: it looks for what has changed, and says it anew."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import accumulate, batched

from django.db import transaction
from django.db.models import Count, Sum
from django.utils import timezone

from catalog import search_snapshots, search_table
from catalog.merging import with_parts
from catalog.models import Asset, Cue, MediaReading, Title
from licensing.models import Offer, Readiness, SearchSweep, StaleTitle
from licensing.search.documents import entries_of

# Titles in one transaction, and about how many documents: some tenths of a second.
_BATCH = 100
_MOST_DOCUMENTS = 5_000
_MARKED_AT_ONCE = 5_000
_LOOK_EVERY = timedelta(seconds=1)
# What is committed so long after the moment its rows name is found at once …
_OVERLAP = timedelta(seconds=2)
# … and by a second look at a larger span what takes longer.
_SWEEP_EVERY = timedelta(minutes=1)
_LATE = timedelta(minutes=2)


def index_pending(limit: int = 500) -> int:
    """Let search say what is recorded now, of at most `limit` marked titles or a few more; return
    of how many. What a killed worker had not kept is marked still."""
    _look()
    done = 0
    while done < limit and (some := _index_some()):
        done += some
    return done


def write_snapshot_pending() -> int:
    """Write the snapshot from which processes begin, if it is due; return how many were."""
    return int(search_snapshots.write_if_due(quiet=not StaleTitle.objects.exists()))


def mark_all() -> int:
    """Mark every title, so that all documents are made anew; return how many."""
    # Read to the end first: while a question is open, SQLite lets nobody write who was overtaken.
    return _mark(list(Title.objects.order_by("pk").values_list("pk", flat=True)))


def pending() -> int:
    """Return how many titles are marked."""
    return StaleTitle.objects.count()


def _look() -> None:
    """Mark the titles of which something was recorded since the last look."""
    now = timezone.now()
    sweep = SearchSweep.objects.first()
    if sweep is None:
        # The row is written last: a worker that is killed before marks all once more.
        mark_all()
        SearchSweep.objects.get_or_create(pk=1, defaults={"looked_at": now, "swept_at": now})
        return
    if timedelta(0) <= now - sweep.looked_at < _LOOK_EVERY:
        return
    again = now - sweep.swept_at >= _SWEEP_EVERY
    found = _mark(
        with_parts(_changed(sweep.swept_at - _LATE if again else sweep.looked_at - _OVERLAP))
    )
    if again:
        sweep.swept_at = now
    if again or found:
        sweep.looked_at = now
        sweep.save(update_fields=["looked_at", "swept_at"])


def _changed(since: datetime) -> set[int]:
    """Return the keys of the titles that something was recorded of, or whose offer's window ended.
    Facts show in the engine's answer, and so in its row."""
    offers = Offer.objects.filter(title__isnull=False)
    return {
        key
        for keys in (
            Title.objects.filter(changed_at__gte=since).values_list("pk", flat=True),
            Asset.objects.filter(changed_at__gte=since).values_list("title", flat=True),
            offers.filter(published_at__gte=since).values_list("title", flat=True),
            offers.filter(withdrawn_at__gte=since).values_list("title", flat=True),
            offers.filter(ends_at__range=(since, timezone.now())).values_list("title", flat=True),
            Readiness.objects.filter(checked_at__gte=since).values_list("title", flat=True),
        )
        for key in keys
        if key is not None
    }


def _mark(keys: Iterable[int]) -> int:
    marked = 0
    for some in batched(keys, _MARKED_AT_ONCE):
        StaleTitle.objects.bulk_create(
            (StaleTitle(title_id=key) for key in some), ignore_conflicts=True
        )
        marked += len(some)
    return marked


def _few(keys: list[int]) -> list[int]:
    """Return the first of these titles with about so many documents as fit a transaction."""
    shots = dict(
        MediaReading.objects.filter(asset__title__in=keys)
        .values_list("asset__title")
        .annotate(Sum("shot_count"))
    )
    cues = dict(
        Cue.objects.filter(transcript__asset__title__in=keys)
        .values_list("transcript__asset__title")
        .annotate(Count("pk"))
    )
    sizes = accumulate(shots.get(key, 0) + cues.get(key, 0) for key in keys)
    return keys[: 1 + sum(size <= _MOST_DOCUMENTS for size in sizes)]


@transaction.atomic
def _index_some() -> int:
    marked = StaleTitle.objects.select_for_update(skip_locked=True).order_by("pk")
    keys = _few(list(marked.values_list("pk", flat=True)[:_BATCH]))
    if keys:
        # Before the titles are read: what is recorded from now on marks them again.
        StaleTitle.objects.filter(pk__in=keys).delete()
        entries, rows = entries_of(keys)
        search_table.keep(rows, entries)
    return len(keys)
