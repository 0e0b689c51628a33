"""Full disks, damaged tiles, foreign and forked checkpoints: noticed, named, survived."""

import errno
import os
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import get_ident

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import transaction

from edgecode.log.checkpoints import Checkpoint
from edgecode.log.leaf import parse
from edgecode.log.verify import verify_log
from ledger import proofs, sequencer, signing
from ledger.append import append
from ledger.models import Event, LogState
from tests.ledger.conftest import ACTOR, together
from tests.worlds import kept

pytestmark = pytest.mark.django_db
SIZE = 300


@kept
def logged() -> None:
    with transaction.atomic():
        for number in range(SIZE):
            append("sample.shaken", stream=f"sample:S{number % 5}", actor=ACTOR)
    sequencer.advance()


@pytest.fixture
def log(logged: None, var_dir: Path) -> Path:
    """The folder of a published log of 300 entries."""
    return var_dir / "ledger"


def verified(log: Path) -> int:
    report = verify_log(log, proofs.vkey() or "")
    assert report.ok, report.problems
    return report.entries


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let no write of this process make a file longer than so many bytes."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)


@pytest.mark.parametrize("size", [0, 20, 500, 4000])
def test_a_disk_that_takes_no_more_stops_the_log_and_harms_nothing(
    log: Path, shake: Callable[..., Event], size: int
) -> None:
    shake()
    sequencer.sequence_pending()
    published = proofs.checkpoint()
    with files_of_at_most(size), pytest.raises(OSError, match="File too large"):
        sequencer.publish()
    assert proofs.checkpoint() == published
    assert verified(log) == SIZE
    sequencer.publish()  # there is room again
    assert verified(log) == SIZE + 1


def test_no_space_left_is_told_in_one_line(log: Path, shake: Callable[..., Event]) -> None:
    shake()
    draft = log / ".draft" / f"{os.getpid()}-{get_ident()}"
    draft.unlink(missing_ok=True)
    draft.symlink_to("/dev/full")  # every write to it fails as on a full disk
    with pytest.raises(CommandError) as failed:
        call_command("ledger", "advance")
    assert os.strerror(errno.ENOSPC) in str(failed.value)
    assert "\n" not in str(failed.value)
    draft.unlink()
    sequencer.advance()
    assert verified(log) >= SIZE + 1


def flipped(raw: bytes) -> bytes:
    return bytes([raw[0] ^ 1]) + raw[1:]


@pytest.mark.parametrize("name", ["tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"])
@pytest.mark.parametrize(
    "harm", [flipped, lambda raw: raw[:-1], lambda raw: raw + b"\0", lambda raw: b"", None]
)
def test_damage_at_the_growing_edge_is_mended_and_not_signed_over(
    log: Path,
    shake: Callable[..., Event],
    name: str,
    harm: Callable[[bytes], bytes] | None,
) -> None:
    path = log / name
    if harm is None:
        path.unlink()
    else:
        path.write_bytes(harm(path.read_bytes()))
    assert not verify_log(log, proofs.vkey() or "").ok
    shake()
    sequencer.advance()
    assert verified(log) == SIZE + 1


@pytest.mark.parametrize("name", ["tile/0/000", "tile/entries/000"])
@pytest.mark.parametrize("harm", [flipped, lambda raw: raw[:-1], None])
def test_damage_far_from_the_edge_is_named_and_mended_from_the_database(
    log: Path,
    shake: Callable[..., Event],
    name: str,
    harm: Callable[[bytes], bytes] | None,
) -> None:
    path = log / name
    whole = path.read_bytes()
    if harm is None:
        path.unlink()
    else:
        path.write_bytes(harm(whole))
    shake()
    sequencer.advance()  # what grows does not read it
    found = verify_log(log, proofs.vkey() or "").problems
    assert any(name in str(problem) for problem in found), found
    shutil.rmtree(log / "tile")
    call_command("ledger", "advance")  # also where nothing else is new
    assert path.read_bytes() == whole
    size = verified(log)
    shutil.rmtree(log / "tile")
    call_command("ledger", "advance")
    assert verified(log) == size > SIZE


def forged(size: int) -> str:
    """A checkpoint of our key over a history that never was."""
    signer = signing.load()
    assert signer is not None
    return signer.sign(Checkpoint(signer.origin, size, bytes(32)))


@pytest.mark.parametrize("size", [5, 256, SIZE, SIZE + 1])
def test_a_forked_root_among_the_published_files_stops_the_signing(
    log: Path, shake: Callable[..., Event], size: int
) -> None:
    shake()
    (log / "checkpoint").write_text(forged(size))
    told = "knows only 300" if size > SIZE else "has others: two histories of one log"
    with pytest.raises(sequencer.Diverged, match=told):
        sequencer.advance()
    assert LogState.objects.get().integrated == SIZE


def test_the_checkpoint_of_another_log_stops_the_signing(
    log: Path, shake: Callable[..., Event]
) -> None:
    shake()
    note = (log / "checkpoint").read_text().replace("edgecode.localhost", "other.example")
    (log / "checkpoint").write_text(note)
    with pytest.raises(sequencer.Diverged, match="not of this key and origin"):
        sequencer.advance()


@pytest.mark.parametrize("text", ["", "nonsense", "a\n\n\n", "\0" * 10])
def test_a_damaged_checkpoint_file_is_named_or_written_again(
    log: Path, shake: Callable[..., Event], text: str
) -> None:
    shake()
    (log / "checkpoint").write_text(text)
    try:
        sequencer.advance()
    except sequencer.Diverged as stopped:
        assert "\n" not in str(stopped)  # noqa: PT017 - either way is right, a crash is not
    else:
        assert verified(log) == SIZE + 1


def test_a_clock_that_jumps_back_is_named_and_the_log_stays_in_order(
    var_dir: Path, shake: Callable[..., Event], caplog: pytest.LogCaptureFixture
) -> None:
    with time_machine.travel("2026-11-21T09:30:00Z", tick=False) as clock:
        shake()
        sequencer.advance()
        clock.shift(timedelta(hours=-3))
        shake()
        sequencer.advance()
        assert "the clock is 3:00:00 behind" in caplog.text
        clock.shift(timedelta(hours=4))
        shake()
        sequencer.advance()
        assert verified(var_dir / "ledger") == 3
    times = [parse(proofs.entry(index)).at.hour for index in range(3)]
    assert times == [9, 9, 10]


@pytest.mark.django_db(transaction=True)
def test_sequencers_started_at_once_on_a_new_log_make_one_key_and_one_history(
    var_dir: Path, shake: Callable[..., Event]
) -> None:
    for number in range(50):
        shake(number % 5)
    assert together(*[sequencer.advance] * 4) == []
    assert verified(var_dir / "ledger") == 50
    assert proofs.key_lines(proofs.EARLIER_VKEYS) == []
    assert len(list((var_dir / "keys").iterdir())) == 1
