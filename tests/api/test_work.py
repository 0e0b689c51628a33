"""The worker, as it starts: what the log says of itself is there before anything else."""

import fcntl
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from django.utils import timezone

from api.management.commands.work import publish_once
from catalog import search_snapshots
from catalog.search.documents import Document
from catalog.search_table import Entry, put
from ledger.models import Event
from ledger.sequencer import advance
from licensing.deals.transitions import approve_deal
from licensing.models import Grant
from licensing.payments.settlements import record_bank_transfer
from tests import factories, processes

pytestmark = pytest.mark.django_db


def recorded() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def test_the_worker_begins_a_new_log(var_dir: Path) -> None:
    assert publish_once()
    assert recorded() == [
        "log.opened",
        "kinds.published",
        "key.published",
        "policy.published",
        "engine.published",
    ]
    assert publish_once()
    assert len(recorded()) == 5


def test_what_fails_is_logged_and_tried_again(
    var_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert publish_once()
    advance()
    shutil.move(var_dir / "keys", var_dir / "elsewhere")
    assert not publish_once()
    assert "its key" in caplog.text
    shutil.move(var_dir / "elsewhere", var_dir / "keys")
    assert publish_once()


def until(is_so: Callable[[], bool], worker: subprocess.Popen[bytes]) -> None:
    """Wait for it; a worker that ends, or two minutes, are too much."""
    for _look in range(1_200):
        if is_so():
            return
        assert worker.poll() is None
        time.sleep(0.1)
    raise AssertionError("it did not come to that")


def has_child_with(path: Path, process: int) -> bool:
    """Return whether a child of this process has the file open."""
    found = Path(f"/proc/{process}/task").glob("*/children")
    children = [child for each in found for child in each.read_text().split()]
    with suppress(FileNotFoundError):  # it ended meanwhile
        return any(
            file.resolve() == path
            for child in children
            for file in Path(f"/proc/{child}/fd").iterdir()
        )
    return False


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells a process's children")
@pytest.mark.django_db(transaction=True)
def test_a_deal_does_not_wait_for_a_snapshot(var_dir: Path) -> None:
    studio, lab = factories.studio(), factories.lab()
    deal = factories.deal(lab, [factories.offered_words(studio)])
    approved = approve_deal(actor=studio, code=deal.code)
    assert studio.organisation is not None
    document = Document(0, studio.organisation.pk, "asset", "Reel")
    put([Entry(1_000 + number, None, timezone.now(), document) for number in range(2_500)])
    place = search_snapshots.folder()
    place.mkdir(parents=True)
    with (place / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # so that whoever writes the snapshot does not get on
        worker = subprocess.Popen([*processes.MANAGE, "work"], env=processes.environment(var_dir))
        try:
            until(lambda: has_child_with(place / "lock", worker.pid), worker)
            record_bank_transfer(
                actor=studio,
                deal_code=deal.code,
                amount_minor=approved.amount_minor,
                currency=approved.currency,
                reference="Wire 1",
                settled_at=timezone.now(),
            )
            until(Grant.objects.exists, worker)
        finally:
            worker.terminate()
            worker.wait()
