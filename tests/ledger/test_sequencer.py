import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection, transaction

from edgecode.log.verify import verify_log
from ledger import append_only, log_key, proofs, sequencer
from ledger.append import append
from ledger.models import Entry, Event, LogState, Pending
from tests.ledger.conftest import ACTOR, together

pytestmark = pytest.mark.django_db


def verified_size(var_dir: Path) -> int:
    report = verify_log(var_dir / "ledger", proofs.vkey() or "")
    assert report.ok, report.problems
    assert report.checkpoint is not None
    return report.checkpoint.size


def tree(var_dir: Path) -> dict[str, bytes]:
    folder = var_dir / "ledger" / "tile"
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_an_empty_log_has_no_checkpoint(var_dir: Path) -> None:
    assert sequencer.advance() is None
    assert proofs.checkpoint() is None


def test_events_get_indices_without_a_gap_in_the_order_of_their_ids(
    var_dir: Path, shake: Callable[..., Event]
) -> None:
    events = [shake(number % 3) for number in range(7)]
    assert sequencer.sequence_pending(limit=5) == 5
    assert sequencer.sequence_pending(limit=5) == 2
    assert sequencer.sequence_pending(limit=5) == 0
    order = Entry.objects.order_by("index").values_list("index", "event_id")
    assert list(order) == [(number, event.pk) for number, event in enumerate(events)]
    assert not Pending.objects.exists()
    assert LogState.objects.get().size == 7
    assert [event.index for event in Event.objects.order_by("id")] == list(range(7))


def test_the_log_grows_checkpoint_by_checkpoint(var_dir: Path, shake: Callable[..., Event]) -> None:
    for size in range(1, 6):
        shake()
        checkpoint = sequencer.advance()
        assert checkpoint is not None
        assert checkpoint.size == size
        assert checkpoint == proofs.latest()
        assert verified_size(var_dir) == size
    kept = {path.name for path in (var_dir / "ledger" / "checkpoints").iterdir()}
    assert kept == {"1", "2", "4"}


def test_advancing_with_nothing_new_changes_no_byte(
    var_dir: Path, shake: Callable[..., Event]
) -> None:
    shake()
    first = sequencer.advance()
    note, files = proofs.checkpoint(), tree(var_dir)
    assert sequencer.advance() == first
    assert (proofs.checkpoint(), tree(var_dir)) == (note, files)


def test_growing_over_a_full_tile_leaves_only_its_full_form(
    var_dir: Path, shake: Callable[..., Event]
) -> None:
    for size in (250, 256, 260):
        for number in range(LogState.objects.values_list("size", flat=True).first() or 0, size):
            shake(number % 5)
        sequencer.advance()
        assert verified_size(var_dir) == size
    assert set(tree(var_dir)) == {
        "0/000",
        "0/001.p/4",
        "1/000.p/1",
        "entries/000",
        "entries/001.p/4",
    }


def test_the_key_is_made_once_and_is_private(var_dir: Path, shake: Callable[..., Event]) -> None:
    shake()
    sequencer.advance()
    assert log_key.path().stat().st_mode & 0o777 == 0o600
    key = log_key.path().read_bytes()
    shake()
    sequencer.advance()
    assert log_key.path().read_bytes() == key


@pytest.mark.parametrize("lost", ["tile", "tile/0", "tile/entries/000.p/3"])
def test_lost_tiles_are_built_again_byte_for_byte(
    var_dir: Path, shake: Callable[..., Event], lost: str
) -> None:
    for _ in range(3):
        shake()
    sequencer.advance()
    before = tree(var_dir)
    for path in sorted((var_dir / "ledger" / lost).rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    shake()
    sequencer.advance()
    after = tree(var_dir)
    assert verified_size(var_dir) == 4
    if lost != "tile/entries/000.p/3":
        assert before.items() <= after.items()


def test_a_damaged_edge_is_not_signed_over(var_dir: Path, shake: Callable[..., Event]) -> None:
    shake()
    sequencer.advance()
    tile = var_dir / "ledger" / "tile/0/000.p/1"
    tile.write_bytes(bytes(32))
    shake()
    sequencer.advance()
    assert verified_size(var_dir) == 2


def test_a_note_that_was_locked_in_and_not_published_is_published(
    var_dir: Path, shake: Callable[..., Event]
) -> None:
    shake()
    sequencer.advance()
    old = proofs.checkpoint()
    shake()
    sequencer.advance()
    new = proofs.checkpoint()
    (var_dir / "ledger" / "checkpoint").write_text(old or "")
    sequencer.publish()
    assert proofs.checkpoint() == new


def restored_backup(shake: Callable[..., Event]) -> str | None:
    """Publish two entries, then put the database back to one."""
    shake()
    sequencer.advance()
    backup = LogState.objects.values("size", "integrated", "checkpoint").get()
    shake()
    sequencer.advance()
    append_only.drop(connection)
    Entry.objects.filter(index=1).delete()
    append_only.create(connection)
    LogState.objects.update(**backup)
    return proofs.checkpoint()


def test_a_restored_backup_is_noticed_and_nothing_signed(
    var_dir: Path, shake: Callable[..., Event]
) -> None:
    published = restored_backup(shake)
    for step in (sequencer.advance, sequencer.publish, sequencer.sequence_pending):
        with pytest.raises(sequencer.Diverged, match="published 2 entries and this database knows"):
            step()
    assert proofs.checkpoint() == published
    assert LogState.objects.get().integrated == 1


def test_changed_events_are_noticed_and_nothing_signed(
    var_dir: Path, shake: Callable[..., Event]
) -> None:
    event = shake()
    sequencer.advance()
    published = proofs.checkpoint()
    append_only.drop(connection)
    Event.objects.filter(pk=event.pk).update(leaf=bytes(event.leaf).replace(b"S1", b"S2"))
    append_only.create(connection)
    shake()
    with pytest.raises(sequencer.Diverged, match="were changed"):
        sequencer.advance()
    assert proofs.checkpoint() == published


@pytest.mark.parametrize("lost", [True, False])
def test_a_lost_or_exchanged_key_is_noticed(
    var_dir: Path, shake: Callable[..., Event], *, lost: bool
) -> None:
    shake()
    sequencer.advance()
    log_key.path().unlink()
    if not lost:
        log_key.create()
    shake()
    with pytest.raises(sequencer.Diverged, match="restore it" if lost else "not of this key"):
        sequencer.advance()
    assert verified_size(var_dir) == 1


@pytest.mark.django_db(transaction=True)
def test_several_sequencers_beside_writers_make_one_log(
    var_dir: Path, shake: Callable[..., Event]
) -> None:
    writing = threading.Event()

    def write(first: int) -> Callable[[], None]:
        def work() -> None:
            for number in range(20):
                shake(first + number % 3)

        return work

    def advance() -> None:
        while not writing.is_set():
            sequencer.advance()

    def write_all() -> None:
        failures = together(write(0), write(2))
        writing.set()
        assert failures == []

    assert together(advance, advance, write_all) == []
    checkpoint = sequencer.advance()
    assert checkpoint is not None
    assert checkpoint.size == verified_size(var_dir) == 40


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(
    "connection.vendor == 'sqlite'", reason="SQLite lets one transaction write at a time"
)
def test_an_event_that_commits_late_is_not_lost(var_dir: Path, shake: Callable[..., Event]) -> None:
    appended, may_commit = threading.Event(), threading.Event()
    late: list[Event] = []

    def be_late() -> None:
        with transaction.atomic():
            late.append(append("sample.shaken", stream="sample:LATE", actor=ACTOR))
            appended.set()
            may_commit.wait(10)

    def overtake() -> None:
        appended.wait(10)
        early = shake()
        assert early.pk > late[0].pk
        first = sequencer.advance()
        may_commit.set()
        assert first is not None
        assert first.size == 1

    assert together(be_late, overtake) == []
    sequencer.advance()
    assert Event.objects.get(pk=late[0].pk).index == 1
    assert verified_size(var_dir) == 2
