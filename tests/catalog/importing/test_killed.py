"""Workers that die, and workers at once: a real process, really killed."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone

from accounts.access import Actor
from catalog.importing.pending import import_pending, run_import
from catalog.models import Avail, Fact, Import, ImportRow, ImportState, Title
from ledger.models import Event
from tests import factories, processes
from tests.catalog.importing.files import counts, movies, send, sheet

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).parents[3]
ROWS = 40
_RUN = """
import django
django.setup()
from catalog.importing import pending
pending.BATCH_ROWS = 2
pending.run_import({code!r})
"""


@pytest.fixture
def studio(var_dir: Path) -> Actor:
    return factories.studio()


@pytest.fixture
def worker(studio: Actor, tmp_path: Path) -> Iterator[tuple[Import, "subprocess.Popen[bytes]"]]:
    """An import and a process of its own that works on it, on this test's database."""
    job = send(studio, sheet(tmp_path / "a.xlsx", *movies(ROWS)))
    script = _RUN.format(code=job.code)
    environment = processes.environment(Path(settings.VAR_DIR))
    started = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, env=environment)
    yield job, started
    started.kill()
    started.wait()


def test_what_a_killed_worker_left_is_gone_on_with(
    worker: tuple[Import, "subprocess.Popen[bytes]"],
) -> None:
    job, process = worker
    deadline = time.monotonic() + 60
    while not ImportRow.objects.filter(of=job).exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    job.refresh_from_db()
    assert job.state == ImportState.APPLYING
    assert job.cursor == ImportRow.objects.count() == Title.objects.count() < ROWS
    assert import_pending() == 0  # the lease still runs
    Import.objects.update(leased_until=timezone.now())
    assert import_pending() == 1
    job.refresh_from_db()
    assert (job.state, counts(job)) == (ImportState.DONE, (ROWS, 0, 0, 0, 0))
    assert ImportRow.objects.count() == Title.objects.count() == Fact.objects.count() == ROWS
    assert Event.objects.filter(kind="title.registered").count() == ROWS


def test_two_files_of_the_same_titles_at_once_make_each_title_once(
    studio: Actor, tmp_path: Path
) -> None:
    jobs = [
        send(studio, sheet(tmp_path / f"{each}.xlsx", *movies(ROWS))).code for each in ("a", "b")
    ]

    def work(code: str) -> bool:
        try:
            return run_import(code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(work, jobs)) == [True, True]
    assert {job.state for job in Import.objects.all()} == {ImportState.DONE}
    assert Title.objects.count() == Fact.objects.standing().count() == ROWS
    assert Avail.objects.standing().count() == ROWS
    assert sum(job.accepted for job in Import.objects.all()) == ROWS
