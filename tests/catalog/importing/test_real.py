"""Real lists: OMDb's films as bokeh-sampledata ships them, and MovieLabs' own samples.

The first three hundred films; all 17,472 with ALL_FILMS=1, which takes minutes. MDDF_SAMPLES names
a folder with a clone of github.com/MovieLabs/mddf, else its tests are skipped.
"""

import csv
import importlib.util
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from accounts.access import Actor
from catalog.models import Credit, Fact, ImportState, Scheme, Title, TitleIdentifier
from ledger.models import Event
from tests import factories
from tests.catalog.importing.files import bring, counts

pytestmark = pytest.mark.django_db
FILMS = 17_472 if os.environ.get("ALL_FILMS") else 300
SAMPLES = os.environ.get("MDDF_SAMPLES", "")


@pytest.fixture
def studio(var_dir: Path) -> Actor:
    return factories.studio()


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """OMDb's films as a CSV file with OMDb's own headers."""
    spec = importlib.util.find_spec("bokeh_sampledata")
    if spec is None or spec.origin is None:
        pytest.skip("bokeh-sampledata is not installed: make setup brings it")
    database = Path(spec.origin).parent / "_data" / "movies.db"
    path = tmp_path / "omdb.csv"
    with closing(sqlite3.connect(database)) as rows, path.open("w", newline="") as file:
        found = rows.execute("SELECT * FROM omdb ORDER BY ID LIMIT ?", [FILMS])
        writer = csv.writer(file)
        writer.writerow([column[0] for column in found.description])
        writer.writerows(found)
    return path


def test_real_films_come_in_once(studio: Actor, films: Path) -> None:
    job = bring(studio, films)
    assert job.state == ImportState.DONE
    assert (job.rows_done, job.rejected) == (FILMS, 0)
    numbers = TitleIdentifier.objects.filter(scheme=Scheme.IMDB, verified=True)
    assert Title.objects.count() == numbers.count()
    # OMDb lists two films twice.
    assert FILMS - 2 <= Title.objects.count() <= FILMS
    assert Credit.objects.filter(role="director").exists()
    before = Event.objects.count()
    again = bring(studio, films)
    assert counts(again) == (0, 0, FILMS, 0, 0)
    assert Event.objects.count() == before


@pytest.mark.skipif(not SAMPLES, reason="MDDF_SAMPLES names no clone of github.com/MovieLabs/mddf")
@pytest.mark.parametrize(
    ("name", "rows", "rejected"),
    [
        ("Movies_v1.7.xlsx", 27, 0),
        ("Movies_v1.8.xlsx", 27, 0),
        ("Movies_v1.9.xlsx", 26, 0),
        ("TV_v1.8.xlsx", 38, 0),
        ("TV_v1.9.xlsx", 38, 0),
        ("Movies_v1.7.3.xlsx", 6, 2),
        ("Bonus_v1.9.xlsx", 2, 2),
    ],
)
def test_movielabs_samples_come_in(studio: Actor, name: str, rows: int, rejected: int) -> None:
    (path,) = Path(SAMPLES).rglob(name)
    job = bring(studio, path)
    assert (job.state, job.rows_done, job.rejected) == (ImportState.DONE, rows, rejected)
    facts = Fact.objects.standing().count()
    again = bring(studio, path)
    assert counts(again)[:2] == (0, 0)
    assert Fact.objects.standing().count() == facts
