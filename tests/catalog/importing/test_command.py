"""`manage.py catalog import`: what the page does, on a terminal."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.access import Actor
from catalog.importing.pending import LEASE, import_pending, run_import
from catalog.management.commands import catalog as command
from catalog.models import Import, ImportSource, Title
from tests import factories
from tests.catalog.importing.files import read_here, sheet

pytestmark = pytest.mark.django_db


@pytest.fixture
def studio(var_dir: Path) -> Actor:
    return factories.studio("Northgate")


def run(path: Path, *options: str) -> tuple[int, str, str]:
    """Return the exit code, and what was printed to each of the two."""
    said, errors = io.StringIO(), io.StringIO()
    try:
        with read_here():
            call_command(
                "catalog", "import", str(path), "--organisation", "Northgate", *options,
                stdout=said, stderr=errors,
            )  # fmt: skip
    except SystemExit as end:
        return int(end.code or 0), said.getvalue(), errors.getvalue()
    return 0, said.getvalue(), errors.getvalue()


def test_it_waits_for_the_worker_that_was_first(
    studio: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []

    def look(code: str) -> bool:
        """The worker has it at the first look, and has done it by the second."""
        ends = timezone.now() - LEASE if looks else timezone.now() + LEASE
        Import.objects.filter(code=code).update(leased_until=ends)
        if looks:
            import_pending()
        looks.append(code)
        return run_import(code)

    monkeypatch.setattr(command, "run_import", look)
    monkeypatch.setattr(command, "_LOOK_SECONDS", 0)
    code, said, errors = run(sheet(tmp_path / "a.xlsx", {}))
    assert (code, len(looks)) == (0, 2)
    assert "Finished. 1 new" in said
    assert "worker" in errors


def test_what_is_to_be_looked_at_is_printed_with_its_cell(studio: Actor, tmp_path: Path) -> None:
    rows = [{"Territory": "QQ"}, {"TitleID": "10.5240/AAAA-AAAA-AAAA-AAAA-AAAA-A", "ALID": "2"}]
    code, said, _errors = run(sheet(tmp_path / "a.xlsx", *rows))
    assert code == 1
    assert "Movies!B3: 'QQ' is not an ISO country code." in said
    assert "Movies!K4: '10.5240/AAAA" in said


def test_it_is_told_what_headers_of_a_table_mean(studio: Actor, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Obra,Year,Ano\nMar,1995,1996\n")
    said = ("--column", "Obra=TitleInternalAlias", "--column", "Ano=ReleaseYear")
    assert run(path, *said, "--language", "pt")[0] == 0
    title = Title.objects.get()
    assert (title.name, title.year, title.language) == ("Mar", 1996, "pt")
    assert "no header 'Obras'" in run(path, "--column", "Obras=TitleDisplayUnlimited")[1]
    with pytest.raises(CommandError, match="Write HEADER=COLUMN, not Obra"):
        run(path, "--column", "Obra")
    with pytest.raises(CommandError, match="There is no column Work"):
        run(path, "--column", "Obra=Work")


def test_what_is_decided_with_a_new_source_holds_for_its_next_file(
    studio: Actor, tmp_path: Path
) -> None:
    path = sheet(tmp_path / "a.xlsx", {})
    run(path, "--source", "Desk", "--end-policy", "inclusive", "--zone", "Asia/Seoul")
    assert ImportSource.objects.get().end_policy == "inclusive"
    _code, said, _errors = run(path, "--source", "Desk", "--report", "json", "--dry-run")
    told = json.loads(said.splitlines()[0])["import"]
    assert (told["source"], told["end_policy"], told["zone"]) == ("Desk", "inclusive", "Asia/Seoul")
    assert told["unchanged"] == 1
