"""A snapshot appears whole or not at all, whenever its writer dies."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from accounts.models import Organisation
from catalog import search_snapshots, search_table
from catalog.models import SearchDocument, SearchState
from catalog.search import snapshot
from catalog.search.documents import Document
from catalog.search.index import Scope
from catalog.search.query import Query
from catalog.search_live import Live
from catalog.search_snapshots import folder, is_due, write, write_if_due
from tests import processes


def put(*targets: int) -> Scope:
    """Let these files of one studio be found; return who finds them."""
    holder, _new = Organisation.objects.get_or_create(
        code="7K3F2Q9D", defaults={"kind": "studio", "name": "Studio"}
    )
    search_table.put(
        [
            search_table.Entry(
                target=target,
                title=None,
                added_at=datetime(2026, 1, 1, tzinfo=UTC),
                document=Document(0, holder.pk, "asset", "기생충"),
            )
            for target in targets
        ]
    )
    return Scope(holder.pk)


def total(scope: Scope) -> int:
    """Return how many a process finds that starts now."""
    return Live(folder()).search(Query(text="생충"), scope).total


def kept() -> set[str]:
    return {path.name for path in folder().iterdir() if path.is_dir()}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "place",
    [
        "tempfile.TemporaryDirectory",
        "os.fsync",
        "pathlib.Path.rename",
        "django.db.models.QuerySet.update",
        "shutil.rmtree",
    ],
)
def test_a_writer_may_be_killed_anywhere(var_dir: Path, place: str) -> None:
    scope = put(1, 2)
    write()
    put(3)
    script = (
        "import os, django; from unittest.mock import patch; django.setup();"
        "from catalog.search_snapshots import write;"
        f"patch({place!r}, lambda *_, **__: os._exit(9)).start(); write()"
    )
    killed = subprocess.run(
        [sys.executable, "-c", script],
        env={**processes.environment(var_dir), "DJANGO_SETTINGS_MODULE": "config.settings"},
        check=False,
    )
    assert killed.returncode == 9
    assert total(scope) == 3
    put(4)
    before = SearchState.objects.get().snapshot
    newest = write()
    assert total(scope) == 4
    assert kept() == {before, newest}


@pytest.mark.django_db
def test_a_process_that_read_the_last_name_still_finds_its_snapshot(var_dir: Path) -> None:
    put(1)
    names = [write() for _time in range(3)]
    assert kept() == set(names[1:])


@pytest.mark.django_db(transaction=True)
def test_a_snapshot_is_written_when_much_has_changed(
    var_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_snapshots, "_UNWRITTEN", 3)
    for name, value in processes.environment(var_dir).items():
        monkeypatch.setenv(name, value)
    put(1, 2)
    assert not write_if_due(quiet=True)
    scope = put(3)
    assert not is_due(quiet=False)
    assert write_if_due(quiet=True)
    assert not is_due(quiet=True)
    SearchDocument.objects.all().delete()  # so what is found now is the snapshot's
    assert total(scope) == 3


@pytest.mark.django_db
def test_a_lost_snapshot_or_an_earlier_version_s_is_written_again(
    var_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_snapshots, "_UNWRITTEN", 1)
    put(1)
    with monkeypatch.context() as earlier:
        earlier.setattr(snapshot, "FORMAT", snapshot.FORMAT - 1)
        write()
    assert is_due(quiet=True)
    name = write()
    assert not is_due(quiet=True)
    (folder() / name / "sets").unlink()
    assert is_due(quiet=True)
