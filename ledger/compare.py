"""The published log against the database it was made from: equal events, openings that open."""

from django.db import connection
from django.db.models import Max

from edgecode.log import commitments
from edgecode.log.folder import LogFolder
from edgecode.log.leaf import parse
from edgecode.log.tiles import WIDTH
from edgecode.log.verify import Report
from ledger import append_only
from ledger.models import Entry, Event, Opening, Stream


def compare_with_database(log: LogFolder, report: Report, offset: int) -> None:
    """Add to `report` every difference between the entries in `log` and the database's rows, in
    which they are numbered from `offset` on.

    An opening may be missing only before its stream's `subject.erased`, and must be after it.
    """
    for name in append_only.missing(connection):
        report.add(f"the database trigger {name} is missing: its table can be edited")
    erased: dict[str, int] = dict(
        Event.objects.filter(kind="subject.erased").values_list("stream").annotate(Max("version"))
    )
    size = report.checkpoint.size if report.checkpoint else 0
    for first in range(0, size, WIDTH):
        try:
            raws = log.entries(first // WIDTH, size)
        except (OSError, ValueError):
            continue  # verify_log has reported the file
        low = offset + first
        rows = Entry.objects.filter(index__gte=low, index__lt=low + len(raws))
        rows = rows.select_related("event").prefetch_related("event__openings")
        events = {row.index - offset: row.event for row in rows}
        for index, raw in enumerate(raws, first):
            _compare(index, raw, events.get(index), erased, report)
    _compare_versions(report)


def _compare(
    index: int, raw: bytes, event: Event | None, erased: dict[str, int], report: Report
) -> None:
    if event is None:
        report.add("the database has no event of this index", index)
        return
    if bytes(event.leaf) != raw:
        report.add("the event in the database has other bytes", index)
        return
    try:
        leaf = parse(raw)
    except ValueError:
        return  # verify_log has reported the entry
    if (event.stream_id, event.version, event.kind, event.recorded_at) != (
        leaf.stream,
        leaf.stream_version,
        leaf.kind,
        leaf.at,
    ):
        report.add("the columns of the event differ from its bytes", index)
    openings = {row.name: row for row in event.openings.all()}
    is_erased = erased.get(leaf.stream, 0) > leaf.stream_version
    for name, commitment in leaf.commitments.items():
        row = openings.pop(name, None)
        if row is None and not is_erased:
            report.add(f"the opening of {name} is missing and was not erased", index)
        elif row is not None and is_erased:
            report.add(f"the opening of {name} is here although it was erased", index)
        elif row is not None and not _opens(commitment, row):
            report.add(f"the opening of {name} does not open its commitment", index)
    for name in openings:
        report.add(f"an opening of {name}, which was not committed to", index)


def _opens(commitment: str, row: Opening) -> bool:
    try:
        return commitments.opens(commitment, row.opening())
    except ValueError:
        return False  # the value is no canonical JSON any more


def _compare_versions(report: Report) -> None:
    newest = dict(Event.objects.values_list("stream").annotate(Max("version")))
    for name, version in Stream.objects.values_list("name", "version"):
        if newest.get(name, 0) != version:
            report.add(f"stream {name} says version {version}, its events {newest.get(name, 0)}")
