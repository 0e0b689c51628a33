"""How anything enters the ledger: one call at the end of the transaction that it records."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from types import MappingProxyType

from django.db import connection, transaction
from django.utils import timezone

from edgecode.log import commitments
from edgecode.log.canonical import JSON, encode
from edgecode.log.leaf import SKEW, Leaf
from ledger import kinds
from ledger.models import Event, Opening, Pending, Stream

_CLOCK_BEHIND_MAX = timedelta(days=1)
logger = logging.getLogger("edgecode.ledger")
# One statement that makes, locks and counts: each one more would cost every business transaction.
_COUNT_UP = """
    INSERT INTO ledger_stream AS stream (name, version)
    SELECT name, count FROM unnest(%s::text[], %s::bigint[]) AS new (name, count)
    ORDER BY name COLLATE "C"
    ON CONFLICT (name) DO UPDATE SET version = stream.version + EXCLUDED.version
    RETURNING name, version, (SELECT recorded_at FROM ledger_event ORDER BY id DESC LIMIT 1)
"""
# Lets many transactions rest on one grant and keeps its revocation waiting.
_SHARE = """
    SELECT name, version FROM ledger_stream WHERE name = ANY(%s)
    ORDER BY name COLLATE "C" FOR SHARE
"""
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event that `append_many` shall record: the arguments of `append`."""

    kind: str
    stream: str
    actor: str
    refs: Mapping[str, str | Sequence[str]] = _NOTHING
    data: Mapping[str, JSON] = _NOTHING
    private: Mapping[str, JSON] = _NOTHING


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

    Raises ValueError for an unknown kind, field or stream, or an entry over 16 KiB;
    TransactionManagementError outside a transaction.
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
    for entry in entries:
        kinds.get(entry.kind).check(entry.stream, entry.refs, entry.data, entry.private)
    versions, newest = _count_up(
        Counter(entry.stream for entry in entries),
        {name for entry in entries for names in _targets(entry).values() for name in names},
    )
    now = _not_before(newest)
    streams: dict[str, Stream] = {}
    drafts = [_draft(entry, streams, versions, now) for entry in entries]
    # Ids are drawn row by row, so they follow the order of the list.
    events = Event.objects.bulk_create(event for event, _ in drafts)
    Opening.objects.bulk_create(opening for _, openings in drafts for opening in openings)
    Pending.objects.bulk_create(Pending(event=event) for event in events)
    return events


def lock_stream(stream: str) -> int:
    """Return the version of `stream` (0: nothing happened to it yet), which nobody else can change
    until the caller's transaction ends: for what may be recorded once only, or only if it is new.
    """
    return _count_up(Counter({stream: 0}), set())[0][stream]


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


def _draft(
    entry: NewEvent, streams: dict[str, Stream], versions: dict[str, int], now: datetime
) -> tuple[Event, list[Opening]]:
    """Return the event and its openings, unsaved; count its stream's version up in both maps."""
    refs = _resolve(entry, versions)  # before counting: an event may rest on its own past
    stream = streams.setdefault(entry.stream, Stream(name=entry.stream))
    stream.version = versions[entry.stream] = versions[entry.stream] + 1
    sealed = {name: commitments.seal(value) for name, value in entry.private.items()}
    leaf = Leaf(
        kind=entry.kind,
        stream=entry.stream,
        stream_version=stream.version,
        actor=entry.actor,
        at=now,
        refs=refs,
        data=entry.data,
        commitments={name: commitment for name, (commitment, _) in sealed.items()},
    ).encode()
    event = Event(
        stream=stream, version=stream.version, kind=entry.kind, leaf=leaf, recorded_at=now
    )
    openings = [
        Opening(
            event=event,
            name=name,
            commitment=commitment,
            salt=opening.salt,
            value=encode(opening.value).decode(),
        )
        for name, (commitment, opening) in sealed.items()
    ]
    return event, openings


def _not_before(newest: datetime | None) -> datetime:
    """Return the UTC second to record: the clock's, or the `newest` entry's while the clock is
    behind that one.

    A clock that was set back would date effects before their causes, for ever. One that is a day
    behind is taken at its word: then it was the newest entry's clock that was wrong, and holding
    on to that would date everything wrongly until that day comes.
    """
    now = timezone.now().replace(microsecond=0)
    if newest is None or newest <= now:
        return now
    if newest - now > SKEW:
        logger.warning("the clock is %s behind the ledger's newest entry: set it", newest - now)
    return newest if newest - now < _CLOCK_BEHIND_MAX else now


def _targets(entry: NewEvent) -> dict[str, list[str]]:
    return {
        role: [target] if isinstance(target, str) else sorted(set(target))
        for role, target in entry.refs.items()
    }


def _resolve(entry: NewEvent, versions: Mapping[str, int]) -> dict[str, str | list[str]]:
    """Return each role with `stream@version`."""
    resolved: dict[str, str | list[str]] = {}
    for role, names in _targets(entry).items():
        unknown = [name for name in names if not versions.get(name)]
        if unknown:
            raise ValueError(f"refs.{role}: there is no stream {unknown[0]!r:.100}")
        named = sorted(f"{name}@{versions[name]}" for name in names)
        resolved[role] = named[0] if isinstance(entry.refs[role], str) else named
    return resolved


def _count_up(own: Counter[str], refs: set[str]) -> tuple[dict[str, int], datetime | None]:
    """Add to the version of each of `own` its number of new events; return what the versions were,
    and when the newest event of all was recorded.

    They hold until the transaction ends: nobody else can append to any of these streams meanwhile,
    nor rest on one of `own`. Of `own`, those that are new had version 0; of `refs`, those that do
    not exist are left out.
    """
    if connection.vendor == "postgresql":
        return _count_up_rows(own, refs)
    # SQLite: the transaction is the only one that writes.
    rows = Stream.objects.in_bulk([*own, *refs])
    before = dict.fromkeys(own, 0) | {name: row.version for name, row in rows.items()}
    Stream.objects.bulk_create(
        [Stream(name=name, version=before[name] + count) for name, count in own.items()],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["version"],
    )
    newest = Event.objects.order_by("-id").values_list("recorded_at", flat=True).first()
    return before, newest


def _count_up_rows(own: Counter[str], refs: set[str]) -> tuple[dict[str, int], datetime | None]:
    """As `_count_up`, by row locks, which every call takes in the order of the names and so never
    in a circle. Who makes the same new stream waits here."""
    versions: dict[str, int] = {}
    newest: datetime | None = None
    with connection.cursor() as cursor:
        # Names begin with the type, so these runs are few.
        for mine, run in groupby(sorted(own.keys() | refs), own.__contains__):
            names = list(run)
            if mine:
                counts = [own[name] for name in names]
                cursor.execute(_COUNT_UP, [names, counts])
                for name, after, newest in cursor.fetchall():  # noqa: B007 - the same in all
                    versions[name] = after - own[name]
            else:
                cursor.execute(_SHARE, [names])
                versions.update(cursor.fetchall())
    return versions, newest
