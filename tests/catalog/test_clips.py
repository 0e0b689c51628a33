"""The job that cuts licensed parts out: each once, through faults, kept when a worker dies."""

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone

from catalog import clips
from catalog.clips import MAX_ATTEMPTS, cut_pending, try_again, wanted
from catalog.models import Asset, Clip, WorkState
from catalog.objects import object_store
from tests import factories
from tests.accounts.witness import at_once
from tests.catalog import media

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]

SHOT = [[1000, 1080]]


@pytest.fixture
def film() -> Asset:
    studio = factories.studio()
    return factories.asset(studio, factories.title(studio))


def later(**wait: int) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(**wait))


def test_a_part_is_cut_once_whoever_asks_for_it(film: Asset) -> None:
    first = wanted(film, [*SHOT, [2000, 2080]])
    assert [clip.pk for clip in wanted(film, SHOT)] == [first[0].pk]
    assert (cut_pending(), cut_pending()) == (1, 0)
    for clip in Clip.objects.order_by("pk"):
        assert (clip.state, clip.mime, clip.frames) == (WorkState.DONE, "video/mp4", 2)
        assert object_store().size(clip.object_key) == clip.size_bytes > 1000
    assert Clip.objects.values("sha256").distinct().count() == 2
    wanted(film, SHOT)
    assert cut_pending() == 0


def test_what_a_dead_worker_had_cut_stays_and_the_rest_is_cut_by_the_next(film: Asset) -> None:
    wanted(film, [*SHOT, [2000, 2080]])
    dead = clips._lease()
    with object_store().local_copy(film.object_key) as source:
        clips._cut(dead[0], Path(source))
    kept = Clip.objects.get(pk=dead[0].pk)
    assert (kept.state, cut_pending()) == (WorkState.DONE, 0)
    with later(minutes=5):
        assert cut_pending() == 1
    assert not Clip.objects.exclude(state=WorkState.DONE).exists()
    again = Clip.objects.get(pk=kept.pk)
    assert (again.object_key, again.sha256) == (kept.object_key, kept.sha256)
    # The dead one was only slow: what it brings late changes nothing.
    other = Clip.objects.get(pk=dead[1].pk)
    with object_store().local_copy(film.object_key) as source:
        clips._cut(dead[1], Path(source))
    assert Clip.objects.get(pk=other.pk).sha256 == other.sha256


def test_two_workers_cut_no_part_twice(film: Asset) -> None:
    wanted(film, SHOT)
    assert at_once(cut_pending, cut_pending) == [None, None]
    assert Clip.objects.get().attempts == 1


@pytest.mark.long
def test_a_part_that_is_not_there_is_given_up_and_stops_nobody() -> None:
    """The file lied about its length. Each attempt reads it to its end: a small one is enough."""
    studio = factories.studio()
    small = factories.asset(studio, factories.title(studio), media.film("carphone_pristine"))
    [lost, there] = wanted(small, [[90_000, 91_000], *SHOT])
    assert cut_pending() == 1
    there.refresh_from_db()
    assert there.state == WorkState.DONE
    for number in range(1, MAX_ATTEMPTS):
        with later(hours=2 * number):
            assert cut_pending() == 1
    lost.refresh_from_db()
    assert (lost.state, lost.object_key) == (WorkState.FAILED, "")
    assert "could not be cut out" in lost.problem
    with later(days=30):
        assert cut_pending() == 0
        try_again(lost)
        assert cut_pending() == 1


def test_a_file_that_is_gone_is_tried_again_later(film: Asset) -> None:
    wanted(film, SHOT)
    with object_store().open(film.object_key) as file:
        content = file.read()
    object_store().delete(film.object_key)
    assert (cut_pending(), cut_pending()) == (1, 0)
    assert Clip.objects.get().problem == "the stored file could not be read"
    object_store().put_bytes(film.object_key, content)
    with later(hours=1):
        assert cut_pending() == 1
    assert (Clip.objects.get().state, Clip.objects.get().problem) == ("done", "")
