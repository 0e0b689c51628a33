import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import time_machine
from django.db import IntegrityError, transaction

from edgecode.log import commitments
from edgecode.log.canonical import NotCanonical
from edgecode.log.leaf import Leaf, parse
from ledger.append import NewEvent, append, append_many, erase
from ledger.models import Event, Opening, Pending, Stream
from tests.ledger.conftest import ACTOR, together


def make(stream: str = "sample:A", **parts: object) -> Event:
    data = {"colour": "red"}
    with transaction.atomic():
        return append("sample.made", stream=stream, actor=ACTOR, data=data, **parts)  # type: ignore[arg-type]


@pytest.mark.django_db
@time_machine.travel("2026-11-21T09:30:00.75Z", tick=False)
def test_an_event_is_recorded_in_the_bytes_the_log_will_carry() -> None:
    event = make()
    assert bytes(event.leaf) == (
        b'{"actor":"organisation:2B7K9Q0M","at":"2026-11-21T09:30:00Z","data":{"colour":"red"},'
        b'"kind":"sample.made","stream":"sample:A","stream_version":1,"v":1}'
    )
    event.refresh_from_db()
    assert event.facts().at == event.recorded_at
    assert event.index is None
    assert Pending.objects.get().event == event


@pytest.mark.django_db
def test_versions_of_a_stream_count_up_and_refs_name_the_current_one() -> None:
    assert [make("sample:A").version, make("sample:A").version] == [1, 2]
    make("sample:B")
    event = make("sample:C", refs={"parent": "sample:A", "parts": ["sample:B", "sample:A"]})
    assert event.facts().refs == {
        "parent": "sample:A@2",
        "parts": ["sample:A@2", "sample:B@1"],
    }
    own = make("sample:C", refs={"parent": "sample:C"})
    assert own.facts().refs == {"parent": "sample:C@1"}


@pytest.mark.django_db
def test_the_bytes_are_canonical_whatever_names_begin_alike() -> None:
    names = ["sample:A", "sample:A.1", "sample:A+1", "sample:A-1"]
    for name in names:
        make(name, private={"owner": "\u00e9\n\x01", "name": {"b": [1], "a": None}})
    event = make("sample:A", refs={"parts": names})
    for each in Event.objects.all():
        assert parse(bytes(each.leaf)).encode() == bytes(each.leaf)
    assert event.facts().refs["parts"] == sorted(f"{name}@1" for name in names)


@pytest.mark.django_db
def test_private_facts_stand_in_the_log_as_commitments_only() -> None:
    event = make(private={"name": "Min-ji Park", "owner": {"share": [1, 3]}})
    assert b"Min-ji" not in bytes(event.leaf)
    facts = event.facts()
    assert set(facts.commitments) == {"name", "owner"}
    for row in Opening.objects.filter(event=event):
        assert commitments.opens(facts.commitments[row.name], row.opening())
    assert Opening.objects.get(name="owner").opening().value == {"share": [1, 3]}


@pytest.mark.django_db
def test_entries_that_share_a_private_fact_tell_nobody_that_they_do() -> None:
    name = {"owner": "Min-ji Park"}
    entries = [
        NewEvent(
            kind="sample.made",
            stream=f"sample:{each}",
            actor=ACTOR,
            data={"colour": "red"},
            private={"name": name, "owner": name},
        )
        for each in "AB"
    ]
    with transaction.atomic():
        events = append_many(entries)
    found = [commitment for event in events for commitment in event.facts().commitments.items()]
    assert len({commitment for _name, commitment in found}) == 4
    for row in Opening.objects.all():
        assert row.opening().value == name
        assert commitments.opens(row.event.facts().commitments[row.name], row.opening())


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_recorded() -> None:
    with pytest.raises(transaction.TransactionManagementError, match="in the transaction"):
        append("sample.shaken", stream="sample:A", actor=ACTOR)
    assert not Event.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"refs": {"parent": "sample:NONE"}}, r"refs\.parent: there is no stream 'sample:NONE'"),
        ({"refs": {"parts": []}}, "not empty"),
        ({"private": {"name": 1.5}}, "float"),
        ({"private": {"name": "x" * 2**22}}, "at most 4194304"),
        ({"private": {"secret": 1}}, "private has no secret"),
    ],
)
def test_what_is_refused_leaves_nothing_behind(parts: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(**parts)
    assert not Event.objects.exists()
    assert not Stream.objects.exists()
    assert not Opening.objects.exists()


@pytest.mark.django_db
def test_an_actor_is_named_like_a_stream() -> None:
    with pytest.raises(ValueError, match="actor"), transaction.atomic():
        append("sample.shaken", stream="sample:A", actor="Min-ji Park")


@pytest.mark.django_db
def test_an_entry_over_16_kib_is_refused() -> None:
    for number in range(400):
        make(f"sample:{number:060d}")
    parts = [f"sample:{number:060d}" for number in range(400)]
    with pytest.raises(NotCanonical, match="at most 16384"):
        make("sample:BIG", refs={"parts": parts})


@pytest.mark.django_db
@time_machine.travel("2026-11-21T09:30:00Z", tick=False)
def test_an_entry_says_the_versions_it_was_recorded_at_and_keeps_what_looks_like_one() -> None:
    for _ in range(11):
        make("sample:A")
        make("sample:A.1")
    parts = ["sample:A.1", "sample:A"]
    data = {"claim": {"refs": {"parent": "sample:A"}, "stream_version": 1}, "at": '1","v":1}'}
    with transaction.atomic():
        event = append(
            "sample.claimed",
            stream="sample:A",
            actor="organisation:1",
            refs={"parent": "sample:A", "parts": parts},
            data=data,
        )
    said = Leaf(
        kind="sample.claimed",
        stream="sample:A",
        stream_version=12,
        actor="organisation:1",
        at=datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
        refs={"parent": "sample:A@11", "parts": ["sample:A.1@11", "sample:A@11"]},
        data=data,
    )
    event.refresh_from_db()
    assert bytes(event.leaf) == said.encode()


@pytest.mark.django_db
def test_a_rolled_back_change_leaves_no_event() -> None:
    with transaction.atomic():
        append("sample.shaken", stream="sample:A", actor=ACTOR)
        transaction.set_rollback(True)
    assert not Event.objects.exists()
    assert make("sample:A").version == 1


@pytest.mark.django_db
def test_erasing_destroys_the_openings_and_leaves_a_tombstone() -> None:
    event = make("sample:A", private={"name": "Min-ji Park", "owner": "x"})
    other = make("sample:B", private={"name": "kept"})
    before = bytes(event.leaf)
    tombstone = erase("sample:A", actor=ACTOR)
    assert tombstone.kind == "subject.erased"
    assert tombstone.facts().data == {"openings": 2}
    assert [row.event for row in Opening.objects.all()] == [other]
    event.refresh_from_db()
    assert bytes(event.leaf) == before


@pytest.mark.django_db
def test_there_is_nothing_to_erase_of_an_unknown_stream() -> None:
    with pytest.raises(ValueError, match="no stream"):
        erase("sample:NONE", actor=ACTOR)
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_a_fork_of_a_stream_is_impossible() -> None:
    event = make()
    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.create(
            stream=event.stream,
            version=1,
            kind=event.kind,
            leaf=event.leaf,
            recorded_at=event.recorded_at,
        )


@pytest.mark.django_db(transaction=True)
def test_writers_of_one_stream_at_once_make_one_history(shake: Callable[..., Event]) -> None:
    def shake_ten_times() -> None:
        for _ in range(10):
            shake(1)

    assert together(*[shake_ten_times] * 4) == []
    versions = Event.objects.order_by("id").values_list("version", flat=True)
    assert list(versions) == list(range(1, 41))
    assert Stream.objects.get().version == 40


@pytest.mark.django_db(transaction=True)
def test_what_an_event_rests_on_cannot_change_before_it_commits(
    shake: Callable[..., Event],
) -> None:
    shake(1)
    referred, may_commit = threading.Event(), threading.Event()
    order: list[str] = []

    def rest_on_it() -> None:
        with transaction.atomic():
            append("probe.sent", stream="probe:P", actor=ACTOR, refs={"sample": "sample:S1"})
            referred.set()
            may_commit.wait(0.5)
            order.append("probe")

    def change_it() -> None:
        referred.wait(10)
        shake(1)
        order.append("change")
        may_commit.set()

    assert together(rest_on_it, change_it) == []
    assert order == ["probe", "change"]
    kinds_by_id = Event.objects.order_by("id").values_list("kind", flat=True)
    assert list(kinds_by_id) == ["sample.shaken", "probe.sent", "sample.shaken"]


@pytest.mark.django_db
def test_a_clock_that_is_set_back_dates_nothing_before_its_cause(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with time_machine.travel("2026-11-21T09:30:00Z", tick=False):
        cause = make("sample:A")
    with time_machine.travel("2026-11-21T07:00:00Z", tick=False):
        effect = make("sample:B", refs={"parent": "sample:A"})
        again = make("sample:A")
    assert cause.facts().at == effect.facts().at == again.facts().at
    assert "the clock is 2:30:00 behind the ledger's newest entry: set it" in caplog.text
    with time_machine.travel("2026-11-21T09:30:01Z", tick=False):
        assert make("sample:A").facts().at > cause.facts().at


@pytest.mark.django_db
def test_a_clock_that_was_years_ahead_does_not_stop_time_for_good() -> None:
    with time_machine.travel("2099-01-01T00:00:00Z", tick=False):
        make("sample:A")
    with time_machine.travel("2026-11-21T09:30:00Z", tick=False):
        assert make("sample:B").facts().at.year == 2026
