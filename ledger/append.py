"""How anything enters the ledger: one call at the end of the transaction that it records."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from django.db import connection, transaction
from django.utils import timezone

from ledger import commitments, kinds
from ledger.canonical import JSON, encode
from ledger.leaf import Leaf
from ledger.models import Event, Opening, Pending, Stream

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

    Raises ValueError for an unknown kind, field or stream, or an entry over 16 KiB;
    TransactionManagementError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "append() must run in the transaction whose change it records"
        )
    kinds.get(kind).check(stream, refs, data, private)
    row = _lock(stream)
    sealed = {name: commitments.seal(value) for name, value in private.items()}
    now = timezone.now().replace(microsecond=0)
    leaf = Leaf(
        kind=kind,
        stream=stream,
        stream_version=row.version + 1,
        actor=actor,
        at=now,
        refs=_resolve(refs),
        data=data,
        commitments={name: commitment for name, (commitment, _) in sealed.items()},
    ).encode()
    row.version += 1
    row.save(update_fields=["version"])
    event = Event.objects.create(
        stream=row, version=row.version, kind=kind, leaf=leaf, recorded_at=now
    )
    if sealed:
        Opening.objects.bulk_create(
            Opening(
                event=event,
                name=name,
                commitment=commitment,
                salt=opening.salt,
                value=encode(opening.value).decode(),
            )
            for name, (commitment, opening) in sealed.items()
        )
    Pending.objects.create(event=event)
    return event


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


def _lock(name: str) -> Stream:
    """Return the stream's row, locked until the transaction ends; make it when it is new."""
    locked = Stream.objects.select_for_update().filter(name=name)
    row = locked.first()
    if row is None:
        # Two transactions may both come here; the second waits for the first in the insert.
        Stream.objects.bulk_create([Stream(name=name)], ignore_conflicts=True)
        row = locked.get()
    return row


def _resolve(refs: Mapping[str, str | Sequence[str]]) -> dict[str, str | list[str]]:
    """Return each role with `stream@version`; the versions hold until the transaction ends."""
    targets = {
        role: [target] if isinstance(target, str) else sorted(set(target))
        for role, target in refs.items()
    }
    versions = _hold({name for names in targets.values() for name in names})
    resolved: dict[str, str | list[str]] = {}
    for role, names in targets.items():
        unknown = [name for name in names if not versions.get(name)]
        if unknown:
            raise ValueError(f"refs.{role}: there is no stream {unknown[0]!r:.100}")
        named = sorted(f"{name}@{versions[name]}" for name in names)
        resolved[role] = named[0] if isinstance(refs[role], str) else named
    return resolved


def _hold(names: Iterable[str]) -> dict[str, int]:
    """Return the versions of these streams, which nobody can append to before we commit."""
    wanted = sorted(names)
    if not wanted:
        return {}
    if connection.vendor == "postgresql":
        # FOR SHARE lets many transactions rest on one grant and keeps its revocation waiting;
        # the ORM has no word for it. In order of name, so that two callers cannot deadlock.
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT name, version FROM ledger_stream WHERE name = ANY(%s)"
                " ORDER BY name FOR SHARE",
                [wanted],
            )
            return dict(cursor.fetchall())
    return dict(Stream.objects.filter(name__in=wanted).values_list("name", "version"))
