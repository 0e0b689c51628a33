"""Made-up events, in the database at once, past `append`; and processes beside this one."""

from datetime import UTC, datetime

from django.db import connection, transaction

from edgecode.log.leaf import Leaf
from ledger import kinds
from ledger.models import Event, LogState, Pending, Stream

ACTOR = "organisation:2B7K9Q0M"
_AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
_HASH = "0" * 64

kinds.register(
    "crate.moved", subject="crate", meaning="For benchmarks only.", data={"sha256?": str}
)


def fill(count: int) -> None:
    """Commit so many pending events, each of some 300 bytes, in a stream of its own."""
    first = Stream.objects.count()
    for start in range(first, first + count, 10_000):
        names = [f"crate:{n:09d}" for n in range(start, min(start + 10_000, first + count))]
        with transaction.atomic():
            Stream.objects.bulk_create(Stream(name=name, version=1) for name in names)
            events = Event.objects.bulk_create(
                Event(
                    stream_id=name, version=1, kind="crate.moved", recorded_at=_AT, leaf=leaf(name)
                )
                for name in names
            )
            Pending.objects.bulk_create(Pending(event=event) for event in events)


def disconnect() -> None:
    """Close this process's connections, and the pool: a process that is forked off would share
    them."""
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined]


def leaf(stream: str) -> bytes:
    """Return an entry's bytes."""
    data = {"sha256": _HASH}
    return Leaf("crate.moved", stream, 1, ACTOR, _AT, {"grant": f"{stream}@1"}, data).encode()


def number_and_read_by_hand() -> int:
    """Do what the sequencer asks of the database in as few statements as can be, and undo it:
    number all pending events, take them out of the queue, read the bytes of all. Return how
    many."""
    with transaction.atomic(), connection.cursor() as cursor:
        size = LogState.objects.values_list("size", flat=True).first() or 0
        cursor.execute(
            'INSERT INTO ledger_entry ("index", event_id)'
            " SELECT %s + row_number() OVER (ORDER BY event_id) - 1, event_id FROM ledger_pending",
            [size],
        )
        cursor.execute("DELETE FROM ledger_pending")
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what a commit would check
        cursor.execute(
            "SELECT leaf FROM ledger_entry JOIN ledger_event ON ledger_event.id = event_id"
            ' WHERE "index" >= %s ORDER BY "index"',
            [size],
        )
        found = len(cursor.fetchall())
        transaction.set_rollback(True)
    return found
