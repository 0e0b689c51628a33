"""The job that finds shots: once each, through faults and deaths, without end for none."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from catalog import readings
from catalog.leases import LEASE
from catalog.models import Asset, MediaReading
from catalog.objects import object_store
from catalog.readings import find_shots_pending
from tests import factories
from tests.accounts.witness import at_once
from tests.catalog.media import film, write_wave

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def asset(path: Path) -> Asset:
    studio = factories.studio()
    return factories.asset(studio, factories.title(studio), path)


def test_a_film_without_sound_has_shots_and_no_waveform() -> None:
    bikes = asset(film("bikes"))
    assert (find_shots_pending(), find_shots_pending()) == (1, 0)
    reading = MediaReading.objects.get(asset=bikes)
    assert (reading.state, reading.shot_count, reading.peaks) == ("done", 6, None)
    assert (reading.duration_us, reading.is_whole) == (10_000_000, True)
    shots = list(bikes.shots.order_by("number"))
    assert [shot.number for shot in shots] == [1, 2, 3, 4, 5, 6]
    assert [shot.start_us for shot in shots[1:]] == [shot.end_us for shot in shots[:-1]]
    assert {shot.begins_with for shot in shots} == {"start", "cut"}
    assert {(shot.loudness_tenths, shot.has_speech) for shot in shots} == {(None, None)}
    for shot in shots:
        with object_store().open(shot.thumbnail_key) as thumbnail:
            assert thumbnail.read(2) == b"\xff\xd8"


def test_sound_alone_has_a_waveform_and_no_shots(tmp_path: Path) -> None:
    sound = asset(write_wave(tmp_path / "sound.wav"))
    assert find_shots_pending() == 1
    reading = MediaReading.objects.get(asset=sound)
    assert (reading.state, reading.shot_count, sound.shots.count()) == ("done", 0, 0)
    assert reading.peaks


def test_words_and_stills_are_not_read() -> None:
    studio = factories.studio()
    factories.words(studio, factories.title(studio))
    assert not MediaReading.objects.exists()
    assert find_shots_pending() == 0


def test_a_file_that_is_gone_stops_nobody_and_is_given_up(tmp_path: Path) -> None:
    lost, kept = asset(film("bikes")), asset(write_wave(tmp_path / "sound.wav"))
    object_store().delete(lost.object_key)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert find_shots_pending(limit=5) == 2
        for _ in range(10):
            clock.shift(timedelta(hours=2))
            find_shots_pending()
    states = dict(MediaReading.objects.values_list("asset__code", "state"))
    assert states == {lost.code: "failed", kept.code: "done"}


def test_a_killed_worker_leaves_a_lease_that_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    bikes = asset(film("bikes"))

    def killed(*_given: Any) -> None:
        raise KeyboardInterrupt  # what no stage catches

    with monkeypatch.context() as patch:
        patch.setattr(readings, "_keep", killed)  # all thumbnails are stored, nothing is kept
        with pytest.raises(KeyboardInterrupt):
            find_shots_pending()
    assert (find_shots_pending(), bikes.shots.count()) == (0, 0)
    with time_machine.travel(timezone.now() + LEASE):
        assert find_shots_pending() == 1
    assert bikes.shots.count() == 6
    assert len(list(object_store().keys("shots/"))) == 6


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_read_a_film_once() -> None:
    bikes = asset(film("bikes"))
    done: list[int] = []
    assert at_once(*[lambda: done.append(find_shots_pending())] * 3) == [None] * 3
    assert (sum(done), bikes.shots.count()) == (1, 6)
