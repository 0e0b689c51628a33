"""The job that makes posters and previews: once each, through faults, without end for none."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from catalog import pictures
from catalog.leases import LEASE
from catalog.models import Asset, WorkState
from catalog.objects import object_store
from catalog.pictures import make_pictures_pending
from tests import factories
from tests.accounts.witness import at_once
from tests.catalog.media import picture, write_film

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def test_film_gets_its_pictures_once(tmp_path: Path) -> None:
    studio = factories.studio()
    shown = write_film(tmp_path / "film.mp4", [picture(0), picture(1)])
    film = factories.asset(studio, factories.title(studio), shown)
    assert (make_pictures_pending(), make_pictures_pending()) == (1, 0)
    film.refresh_from_db()
    assert film.pictures_state == WorkState.DONE
    for key in (film.poster_key, film.sheet_key):
        with object_store().open(key) as made:
            assert made.read(2) == b"\xff\xd8"
    assert object_store().size(film.preview_key) > 1000


def test_words_need_neither() -> None:
    studio = factories.studio()
    words = factories.words(studio, factories.title(studio))
    assert make_pictures_pending() == 1
    words.refresh_from_db()
    assert (words.pictures_state, words.poster_key, words.preview_key) == ("done", "", "")


def test_a_file_that_is_gone_stops_nobody_and_is_given_up() -> None:
    studio = factories.studio()
    title = factories.title(studio)
    lost = factories.words(studio, title, "lost")
    Asset.objects.filter(pk=lost.pk).update(kind="still")
    object_store().delete(lost.object_key)
    kept = factories.words(studio, title, "kept")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert make_pictures_pending() == 2
        for _ in range(10):
            clock.shift(timedelta(hours=1))
            make_pictures_pending()
    lost.refresh_from_db()
    kept.refresh_from_db()
    assert (lost.pictures_state, lost.pictures_attempts) == ("failed", pictures.MAX_ATTEMPTS)
    assert kept.pictures_state == "done"


def test_a_killed_worker_leaves_a_lease_that_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    studio = factories.studio()
    words = factories.words(studio, factories.title(studio))

    def killed(_asset: Any) -> dict[str, str]:
        raise KeyboardInterrupt  # what no stage catches

    with monkeypatch.context() as patch:
        patch.setattr(pictures, "_make", killed)
        with pytest.raises(KeyboardInterrupt):
            make_pictures_pending()
    assert make_pictures_pending() == 0
    with time_machine.travel(timezone.now() + LEASE):
        assert make_pictures_pending() == 1
    words.refresh_from_db()
    assert words.pictures_state == "done"


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_share_the_files() -> None:
    studio = factories.studio()
    title = factories.title(studio)
    for number in range(6):
        factories.words(studio, title, str(number))
    done: list[int] = []
    assert at_once(*[lambda: done.append(make_pictures_pending())] * 3) == [None] * 3
    assert sum(done) == 6
    assert set(Asset.objects.values_list("pictures_state", "pictures_attempts")) == {("done", 1)}
