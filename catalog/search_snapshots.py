"""Writing what a process begins its index from: in a process of its own, killed whenever it may be.

A snapshot counts from the moment that the table names it. What a killed writer leaves behind is
removed by the next one.
"""

import fcntl
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from catalog import search_table
from catalog.models.search import SearchDocument, SearchState
from catalog.search import snapshot

# What a process reads at its start, in a second or so.
_UNWRITTEN = 2_000
_LOCK = "lock"


def folder() -> Path:
    """Return the folder of the snapshots."""
    return settings.VAR_DIR / "search"


def write() -> str:
    """Write all documents into a new folder, name it in the table, remove older ones; return its
    name. Of several writers one writes at a time."""
    with _alone() as place:
        before = search_table.state()
        _clean(place, {before.snapshot})
        name = f"{before.version}-{secrets.token_hex(4)}"
        # Rows that change while they are read carry a later version, and are read again by whoever
        # begins from here.
        snapshot.build(place / name, search_table.all_documents(), version=before.version)
        SearchState.objects.filter(id=1).update(snapshot=name)
        # Who has read the name of the one before may still be about to open it.
        _clean(place, {name, before.snapshot})
    return name


def write_if_due(*, quiet: bool) -> bool:
    """Write a snapshot in a process of its own when one that starts now would have to read too
    much; in a `quiet` moment sooner. Return whether one was written. For the worker."""
    if not is_due(quiet=quiet):
        return False
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "snapshot"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
    return True


def is_due(*, quiet: bool) -> bool:
    """Return whether a process that starts now would have to read too much."""
    now = search_table.state()
    since = int(now.snapshot.partition("-")[0] or 0)
    if not now.snapshot or not snapshot.fits(folder() / now.snapshot):
        since = 0  # lost, or an earlier version's
    if now.version == since:
        return False
    least, share = (_UNWRITTEN, 50) if quiet else (5 * _UNWRITTEN, 10)
    last = SearchDocument.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    # A part of what there is, by the numbers of rows; of none to go on from, as many as ever.
    enough = max(least, -(-last // share)) if since else least
    return search_table.changed(since).order_by()[:enough].count() == enough


@contextmanager
def _alone() -> Iterator[Path]:
    """Give the folder to this caller alone. The system takes the lock from who dies."""
    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    with (place / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield place


def _clean(place: Path, kept: set[str]) -> None:
    for other in place.iterdir():
        if other.name not in kept and other.is_dir():
            shutil.rmtree(other, ignore_errors=True)  # who has mapped it keeps it until it ends
