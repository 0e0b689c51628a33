from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from edgecode.log import commitments
from ledger.append import NewEvent, append, append_many
from ledger.models import Event, Opening, Pending, Stream
from tests.ledger.conftest import ACTOR, together


def new(stream: str, **parts: Any) -> NewEvent:
    return NewEvent(kind="sample.made", stream=stream, actor=ACTOR, data={"colour": "red"}, **parts)


def record(entries: list[NewEvent]) -> list[Event]:
    with transaction.atomic():
        return append_many(entries)


def one_by_one(entries: list[NewEvent]) -> list[Event]:
    with transaction.atomic():
        return [
            append(
                entry.kind,
                stream=entry.stream,
                actor=entry.actor,
                refs=entry.refs,
                data=entry.data,
                private=entry.private,
            )
            for entry in entries
        ]


def history() -> list[tuple[str, int, bytes]]:
    rows = Event.objects.order_by("id").values_list("stream", "version", "leaf")
    return [(stream, version, bytes(leaf)) for stream, version, leaf in rows]


def undone(act: Callable[[], object]) -> list[tuple[str, int, bytes]]:
    """Return the history after `act`, which leaves nothing behind."""
    with transaction.atomic():
        act()
        found = history()
        transaction.set_rollback(True)
    return found


numbers = st.integers(0, 3)


@pytest.mark.django_db
@time_machine.travel("2026-11-21T09:30:00Z", tick=False)
@settings(max_examples=30)
@given(batch=st.lists(st.tuples(numbers, st.lists(numbers, max_size=3)), max_size=8))
def test_a_batch_is_what_the_same_events_are_one_by_one(batch: list[tuple[int, list[int]]]) -> None:
    made = {0}
    entries = [new("sample:S0")]
    for number, parts in batch:
        refs = {"parts": [f"sample:S{part}" for part in parts if part in made]}
        entries.append(new(f"sample:S{number}", refs=refs if refs["parts"] else {}))
        made.add(number)

    def twice(how: Callable[[list[NewEvent]], object]) -> Callable[[], None]:
        return lambda: (how(entries), how(entries), None)[-1]

    assert undone(twice(record)) == undone(twice(one_by_one))


@pytest.mark.django_db
def test_events_are_returned_and_numbered_in_the_order_given() -> None:
    names = [f"sample:{number * 7919 % 500:03d}" for number in range(500)]
    events = record([new(name) for name in names])
    assert [event.stream_id for event in events] == names
    assert [event.pk for event in events] == sorted({event.pk for event in events})
    stored = Event.objects.order_by("id").values_list("pk", "stream")
    assert list(stored) == [(event.pk, event.stream_id) for event in events]
    assert list(Pending.objects.order_by("pk").values_list("pk", flat=True)) == [
        event.pk for event in events
    ]


@pytest.mark.django_db
def test_each_event_keeps_its_own_openings() -> None:
    events = record([new(f"sample:{n}", private={"name": f"Park {n}"}) for n in range(20)])
    for number, event in enumerate(events):
        row = Opening.objects.get(event=event)
        assert row.opening().value == f"Park {number}"
        assert commitments.opens(event.facts().commitments["name"], row.opening())


@pytest.mark.django_db
def test_the_number_of_statements_does_not_grow_with_the_batch() -> None:
    record([new("sample:ROOT")])

    def statements(count: int, start: int) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            record(
                [
                    new(f"sample:{n}", refs={"parent": "sample:ROOT"}, private={"name": n})
                    for n in range(start, start + count)
                ]
            )
        return len(queries)

    assert statements(500, 1_000) == statements(2, 0) <= 10


@pytest.mark.django_db
def test_no_event_rests_on_one_that_comes_later() -> None:
    with pytest.raises(ValueError, match=r"refs\.parent: there is no stream 'sample:B'"):
        record([new("sample:A", refs={"parent": "sample:B"}), new("sample:B")])
    assert not Stream.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_one_bad_event_refuses_the_batch() -> None:
    with pytest.raises(ValueError, match="colour"):
        record([new("sample:A"), NewEvent(kind="sample.made", stream="sample:B", actor=ACTOR)])
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_an_empty_batch_records_nothing() -> None:
    assert record([]) == []


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_no_batch_is_recorded() -> None:
    with pytest.raises(transaction.TransactionManagementError, match="in the transaction"):
        append_many([new("sample:A")])
    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_batches_that_cross_wait_for_each_other_and_never_in_a_circle() -> None:
    names = [f"sample:S{number}" for number in range(6)]
    record([new(name) for name in names])

    def write(own: list[str], refs: list[str], fresh: str) -> Callable[[], None]:
        def ten_times() -> None:
            for number in range(10):
                made = [f"sample:{fresh}", f"sample:N{number}"]
                record([new(name, refs={"parts": refs}) for name in [*made, *own, *made]])

        return ten_times

    failures = together(
        write(names, names[:2], "A"),
        write(names[::-1], names[3:], "Z"),
        write(names[:3], names[3:], "Z"),
        write(names[3:], names[:3], "A"),
    )
    assert failures == []
    for stream in Stream.objects.all():
        versions = Event.objects.filter(stream=stream).order_by("id").values_list("version")
        assert [version for (version,) in versions] == list(range(1, stream.version + 1))
