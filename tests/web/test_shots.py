"""A film's shots as people see them: the contact sheet, tags, sound, transcript, who may."""

from pathlib import Path
from typing import NamedTuple

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.access import Actor
from catalog.models import Asset, MediaReading, Shot, ShotTag, Transcript
from catalog.readings import find_shots_pending
from catalog.tagging import Tagging, tag_shots
from tests import factories
from tests.catalog.media import film, write_wave
from tests.web.reading import signed_in, text, words
from tests.worlds import kept

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]

SRT = b"1\n00:00:00,500 --> 00:00:02,000\nRain <b>again</b>\n\nnonsense\n"


class Filmed(NamedTuple):
    studio: Actor
    bikes: Asset


def registered() -> Filmed:
    """Return a film that nobody has read yet."""
    studio = factories.studio()
    return Filmed(studio, factories.asset(studio, factories.title(studio), film("bikes")))


@kept
def read() -> Filmed:
    """A film of which the shots were found."""
    filmed = registered()
    find_shots_pending()
    return filmed


@pytest.fixture
def studio(read: Filmed) -> Actor:
    return read.studio


@pytest.fixture
def bikes(read: Filmed) -> Asset:
    return read.bikes


def send(actor: Actor, asset: Asset, content: bytes, language: str = "en") -> object:
    data = {"language": language, "file": SimpleUploadedFile("words.srt", content)}
    return signed_in(actor).post(f"/assets/{asset.code}/shots/", data)


def test_a_film_that_was_read_shows_its_shots() -> None:
    studio, bikes = registered()
    client = signed_in(studio)
    path = f"/assets/{bikes.code}/shots/"
    assert "still being read" in words(client.get(path))
    find_shots_pending()
    page = client.get(path)
    assert text(page).count('<li class="shot"') == 6
    for said in ("6 shots", "0:00:01.200", "Cut", "This file has no sound."):
        assert said in words(page)
    picture = client.get(f"{path}2/thumbnail/")
    assert picture["Content-Type"] == "image/jpeg"
    assert client.get(f"{path}7/thumbnail/").status_code == 404
    assert "Shots, sound and transcript" in words(client.get(f"/assets/{bikes.code}/"))


def test_sound_alone_shows_its_outline(tmp_path: Path) -> None:
    studio = factories.studio()
    sound = factories.asset(studio, factories.title(studio), write_wave(tmp_path / "sound.wav"))
    find_shots_pending()
    page = signed_in(studio).get(f"/assets/{sound.code}/shots/")
    assert '<svg class="waveform"' in text(page)
    assert "This file has no sound." not in words(page)


def test_what_could_not_be_read_is_said(studio: Actor, bikes: Asset) -> None:
    for change, said in (
        ({"is_whole": False}, "ends before the file says"),
        ({"state": "failed"}, "could not be read through"),
    ):
        MediaReading.objects.update(**change)
        assert said in words(signed_in(studio).get(f"/assets/{bikes.code}/shots/"))


def test_tags_are_added_found_and_taken_back(studio: Actor, bikes: Asset) -> None:
    client, path = signed_in(studio), f"/assets/{bikes.code}/shots/"
    seen = [Tagging(3, "<i>rain</i>", 81)]
    tag_shots(actor=studio, asset=bikes, taggings=seen, tagger="looker")
    added = client.post(f"{path}2/tag/", {"tag": " Rain "})
    assert (added.status_code, added["Location"]) == (303, f"{path}#shot-2")
    page = client.get(f"{path}?tag=rain")
    assert text(page).count('<li class="shot"') == 1
    assert "&lt;i&gt;rain&lt;/i&gt;" in text(client.get(path))
    assert "looker 81 %" in words(client.get(path))
    client.post(f"{path}2/tag/", {"tag": "rain", "tagger": "", "remove": "1"})
    assert list(ShotTag.objects.values_list("tag", flat=True)) == ["<i>rain</i>"]
    refused = client.post(f"{path}2/tag/", {"tag": " "}, follow=True)
    assert "Give a name of 1 to 60 characters" in words(refused)


def test_a_transcript_is_imported_shown_and_removed(studio: Actor, bikes: Asset) -> None:
    assert send(studio, bikes, SRT).status_code == 303  # type: ignore[attr-defined]
    client, path = signed_in(studio), f"/assets/{bikes.code}/shots/"
    page = words(client.get(path))
    for said in ("words.srt, en", "0:00:00.500 Rain again", "line 5: no time"):
        assert said in page
    wrong = send(studio, bikes, b"nothing")
    assert wrong.status_code == 422  # type: ignore[attr-defined]
    assert "no transcript in SubRip or WebVTT" in words(wrong)
    late = send(studio, bikes, b"01:00:05,000 --> 01:00:06,000\nAfter the end\n")
    assert late.status_code == 422  # type: ignore[attr-defined]
    assert "the first is in line 1: it begins after the end of the file." in words(late)
    assert Transcript.objects.get().cues.count() == 1
    client.post(f"/assets/{bikes.code}/transcripts/en/remove/")
    assert not Transcript.objects.exists()


def test_others_find_nothing_and_viewers_change_nothing(studio: Actor, bikes: Asset) -> None:
    path = f"/assets/{bikes.code}/shots/"
    stranger, viewer = signed_in(factories.studio()), signed_in(factories.member(studio))
    for address in (path, f"{path}1/thumbnail/"):
        assert stranger.get(address).status_code == 404
        assert viewer.get(address).status_code == 200
    for client, status in ((stranger, 404), (viewer, 403)):
        assert client.post(f"{path}1/tag/", {"tag": "rain"}).status_code == status
        away = client.post(f"/assets/{bikes.code}/transcripts/en/remove/")
        assert away.status_code == status
    assert send(factories.member(studio), bikes, SRT).status_code == 403  # type: ignore[attr-defined]
    assert "Import transcript" not in words(viewer.get(path))
    assert not ShotTag.objects.exists()


def test_many_shots_come_in_pages() -> None:
    studio, bikes = registered()
    Shot.objects.bulk_create(
        Shot(
            asset=bikes,
            number=number,
            start_us=number * 1000,
            end_us=number * 1000 + 1000,
            first_frame=number,
            frames=1,
            begins_with="cut",
            brightness=1,
            motion=1,
        )
        for number in range(1, 501)
    )
    MediaReading.objects.update(state="done", shot_count=500)
    client, path = signed_in(studio), f"/assets/{bikes.code}/shots/"
    first = text(client.get(path))
    assert first.count('<li class="shot"') == 48
    assert "?cursor=48" in first
    assert 'id="shot-49"' in text(client.get(f"{path}?cursor=48"))
    for odd in ("x", "99999999999999999999", "-", "%00"):
        assert client.get(f"{path}?cursor={odd}").status_code == 200
    assert client.get(f"{path}?tag=%00&language=%00").status_code == 200
