"""How anything enters the ledger: one call at the end of the transaction that it records."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from edgecode.log.canonical import JSON
from edgecode.log.leaf import SKEW, TIME_FORMAT
from ledger.drafts import Draft, NewEvent, Texts, check_length, draft, fill
from ledger.inserting import insert_rows
from ledger.models import Event, Opening, Pending, Stream
from ledger.reading import as_object

__all__ = ["NewEvent", "append", "append_many", "erase", "lock_stream"]

_CLOCK_BEHIND_MAX = timedelta(days=1)
logger = logging.getLogger("edgecode.ledger")
# Of an event, in the order of its fields.
_COLUMNS = ("id", "stream_id", "version", "kind", "leaf", "recorded_at")
# PostgreSQL does all of it in one call (append_function.py).
_APPEND = """
    SELECT versions, newest, at, ids, leaves
    FROM ledger_append(%s::text[], %s::bigint[], %s::integer[], %s::text[], %s::text[], %s)
"""
_NOTHING: Mapping[str, str] = MappingProxyType({})


def append(
    kind: str,
    *,
    stream: str,
    actor: str,
    refs: Mapping[str, str | Sequence[str]] = _NOTHING,
    data: Mapping[str, JSON] = _NOTHING,
    private: Mapping[str, JSON] = _NOTHING,
) -> Event:
    """Record an event in the caller's transaction and return it.

    `stream` is what it happened to, `type:id`, made on its first event; `actor` is who did it,
    in the same form. `refs` maps a role to the stream (or streams) this rests on: their current
    versions are recorded, and they cannot change before the transaction ends. `data` is public;
    of `private` only salted commitments go into the log.

    Call it last, after every read and lock the decision rests on: events are numbered in the
    order of their inserts, so a cause then always stands before its effect.

    Raises ValueError for an unknown kind, field or stream, an entry over 16 KiB or a private
    value over 4 MiB; TransactionManagementError outside a transaction.
    """
    entry = NewEvent(kind=kind, stream=stream, actor=actor, refs=refs, data=data, private=private)
    return append_many([entry])[0]


def append_many(entries: Sequence[NewEvent]) -> list[Event]:
    """Record events in the order given and return them; as `append` for each, in few statements.

    They may be of one stream or of many, and one may rest on another before it. The number of
    statements does not grow with theirs, up to some thousands. Raises what `append` raises, and
    then none of them may be kept: the caller's transaction must roll back.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "append() must run in the transaction whose change it records"
        )
    if not entries:
        return []
    streams = _Streams(
        Counter(entry.stream for entry in entries),
        set(chain.from_iterable(entry.rests_on() for entry in entries)),
    )
    now = timezone.now().replace(microsecond=0)
    texts = Texts()
    drafts = [draft(entry, streams.places, texts) for entry in entries]
    record = _record_in_one_call if connection.vendor == "postgresql" else _record
    events = record(streams, drafts, now)
    insert_rows(
        Opening,
        ("event_id", "name", "commitment", "salt", "value"),
        [
            (event.pk, name, secret.commitment, secret.salt, secret.text.decode())
            for event, item in zip(events, drafts, strict=True)
            for name, secret in item.sealed.items()
        ],
    )
    return events


def lock_stream(stream: str) -> int:
    """Return the version of `stream` (0: nothing happened to it yet), which nobody else can change
    until the caller's transaction ends: for what may be recorded once only, or only if it is new.
    """
    streams = _Streams(Counter({stream: 0}), set())
    if connection.vendor == "postgresql":
        return _call(streams, [], timezone.now()).versions[0]
    return _count_up(streams)[0]


def erase(stream: str, *, actor: str) -> Event:
    """Destroy what opens the commitments of `stream` so far, and record that it was done.

    Returns the `subject.erased` event, the tombstone; it says how many openings went. The log
    and its proofs stay as they are. Raises ValueError for a stream without events.
    """
    with transaction.atomic():
        if not Stream.objects.select_for_update().filter(name=stream).exists():
            raise ValueError(f"there is no stream {stream!r:.100}")
        count, _ = Opening.objects.filter(event__stream=stream).delete()
        return append("subject.erased", stream=stream, actor=actor, data={"openings": count})


class _Streams:
    """The streams that one call locks, in the order in which all take their locks: by name."""

    def __init__(self, own: Counter[str], refs: set[str]) -> None:
        """Take the number of new events of each of `own`; `refs` are rested on."""
        self.own = own
        self.names = sorted(own.keys() | refs)
        self.places = {name: place for place, name in enumerate(self.names, 1)}

    def walk(
        self, drafts: Sequence[Draft], before: Sequence[int]
    ) -> Iterator[tuple[Draft, int, list[int]]]:
        """Yield each draft, its version in its stream, and the versions of all streams as it finds
        them, given those before the first. Raises ValueError for a draft that rests on nothing."""
        versions = list(before)
        for item in drafts:
            for role, target in item.entry.refs.items():
                for name in (target,) if isinstance(target, str) else target:
                    if not versions[self.places[name] - 1]:
                        raise ValueError(f"refs.{role}: there is no stream {name!r:.100}")
            place = self.places[item.entry.stream] - 1
            yield item, versions[place] + 1, versions
            versions[place] += 1


class _Recorded(NamedTuple):
    """What the database's function returns; append_function.py says what."""

    versions: list[int]
    newest: datetime | None
    at: datetime
    ids: list[int]
    leaves: list[str]


def _record_in_one_call(streams: _Streams, drafts: Sequence[Draft], now: datetime) -> list[Event]:
    """Lock, count up and record on PostgreSQL; return the events."""
    found = _call(streams, drafts, now)
    walk = list(streams.walk(drafts, found.versions))
    if found.newest is not None:
        _warn_of_clock(found.newest, now)
    return _events(
        (number, item.entry.stream, version, item.entry.kind, check_length(leaf.encode()), found.at)
        for (item, version, _), number, leaf in zip(walk, found.ids, found.leaves, strict=True)
    )


def _events(rows: Iterable[tuple[object, ...]]) -> list[Event]:
    """Return the events that have these columns."""
    return [as_object(Event, connection.alias, _COLUMNS, row) for row in rows]


def _call(streams: _Streams, drafts: Sequence[Draft], now: datetime) -> _Recorded:
    with connection.cursor() as cursor:
        cursor.execute(
            _APPEND,
            [
                streams.names,
                [streams.own.get(name) for name in streams.names],
                [streams.places[item.entry.stream] for item in drafts],
                [item.entry.kind for item in drafts],
                [item.text for item in drafts],
                now,
            ],
        )
        return _Recorded(*cursor.fetchone())


def _record(streams: _Streams, drafts: Sequence[Draft], now: datetime) -> list[Event]:
    """Count up and record on SQLite, where the transaction is the only one that writes."""
    before = _count_up(streams)
    newest = Event.objects.order_by("-id").values_list("id", "recorded_at").first()
    last, at = (newest[0], _not_before(newest[1], now)) if newest else (0, now)
    time = at.strftime(TIME_FORMAT)
    rows = [
        (
            number,
            item.entry.stream,
            version,
            item.entry.kind,
            fill(item.text, time, versions, version),
            at,
        )
        for number, (item, version, versions) in enumerate(streams.walk(drafts, before), last + 1)
    ]
    insert_rows(Event, _COLUMNS, rows)
    insert_rows(Pending, ("event_id",), ((number,) for number, *_ in rows))
    return _events(rows)


def _count_up(streams: _Streams) -> list[int]:
    """Add to the version of each stream its number of new events; return what they were, 0 for
    one that does not exist."""
    rows = dict(Stream.objects.filter(name__among={*streams.names}).values_list("name", "version"))
    before = {name: rows.get(name, 0) for name in streams.names}
    new = ((name, count) for name, count in streams.own.items() if name not in rows)
    insert_rows(Stream, ("name", "version"), new)
    Stream.objects.bulk_create(
        [
            Stream(name=name, version=rows[name] + count)
            for name, count in streams.own.items()
            if name in rows
        ],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["version"],
    )
    return list(before.values())


def _not_before(newest: datetime | None, now: datetime) -> datetime:
    """Return the UTC second to record: the clock's, or the `newest` entry's while the clock is
    behind that one. The function of PostgreSQL has the same rule.

    A clock that was set back would date effects before their causes, for ever. One that is a day
    behind is taken at its word: then it was the newest entry's clock that was wrong, and holding
    on to that would date everything wrongly until that day comes.
    """
    if newest is None or newest <= now:
        return now
    _warn_of_clock(newest, now)
    return newest if newest - now < _CLOCK_BEHIND_MAX else now


def _warn_of_clock(newest: datetime, now: datetime) -> None:
    if newest - now > SKEW:
        logger.warning("the clock is %s behind the ledger's newest entry: set it", newest - now)
