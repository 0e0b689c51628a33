"""Shots, tags and transcripts through the API."""

import pytest

from catalog.pictures import make_pictures_pending
from catalog.readings import find_shots_pending
from tests import factories
from tests.api.callers import Caller
from tests.catalog.media import film

pytestmark = pytest.mark.usefixtures("var_dir")

SRT = b"1\n00:00:00,500 --> 00:00:02,000\n<i>Rain</i>\n\nnonsense\n"


@pytest.fixture
def bikes(studio: Caller) -> str:
    title = factories.title(studio.actor)
    code = factories.asset(studio.actor, title, film("bikes")).code
    factories.ownership(studio.actor, title)
    find_shots_pending()
    return code.replace("+", "-")


def test_shots_come_in_their_order_page_by_page(studio: Caller, bikes: str) -> None:
    first = studio.get(f"assets/{bikes}/shots/?limit=4").data
    assert [shot["number"] for shot in first["results"]] == [1, 2, 3, 4]
    second = studio.get(first["next"].removeprefix("http://testserver")).data
    assert [shot["number"] for shot in second["results"]] == [5, 6]
    back = studio.get(second["previous"].removeprefix("http://testserver")).data
    assert [shot["number"] for shot in back["results"]] == [1, 2, 3, 4]
    shot = first["results"][1]
    assert (shot["start_us"], shot["end_us"], shot["frames"]) == (1_200_000, 3_040_000, 46)
    assert (shot["begins_with"], shot["has_speech"]) == ("cut", None)
    picture = studio.get(shot["thumbnail_url"])
    assert picture.headers["Content-Type"] == "image/jpeg"
    reading = studio.get(f"assets/{bikes}/reading/").data
    assert (reading["state"], reading["shot_count"], reading["peaks"]) == ("done", 6, None)


def test_a_tagger_and_a_person_tag_shots(studio: Caller, bikes: str) -> None:
    path = f"assets/{bikes}/shot-tags/"
    seen = {"tagger": "looker 2", "tags": [{"shot": 1, "tag": "Rain", "confidence_percent": 80}]}
    assert studio.post(path, seen).data == {"kept": 1}
    assert studio.post(path, {"tags": [{"shot": 1, "tag": "rain"}]}).data == {"kept": 1}
    [shot] = studio.get(f"assets/{bikes}/shots/?tag=RAIN").data["results"]
    assert [(tag["tag"], tag["tagger"], tag["confidence_percent"]) for tag in shot["tags"]] in (
        [("rain", None, None), ("rain", "looker 2", 80)],
        [("rain", "looker 2", 80), ("rain", None, None)],
    )
    assert studio.delete(f"assets/{bikes}/shots/1/tags/?tag=rain&tagger=looker+2").status == 204
    assert studio.delete(f"assets/{bikes}/shots/1/tags/?tag=rain").status == 204
    assert studio.get(f"assets/{bikes}/shots/?tag=rain").data["results"] == []
    wrong = studio.post(path, {"tags": [{"shot": 7, "tag": "rain"}]})
    assert (wrong.status, wrong.fields) == (422, ["tags[0].shot"])


def test_a_transcript_is_imported_read_and_removed(studio: Caller, bikes: str) -> None:
    path = f"assets/{bikes}/transcripts/"
    made = studio.upload(f"{path}?filename=a.srt&language=en", SRT)
    assert (made.status, made.data["left_out"], made.data["reasons"]) == (201, 1, ["5: no time"])
    [cue] = studio.get(f"{path}en/").data["results"]
    assert (cue["start_ms"], cue["end_ms"], cue["text"]) == (500, 2000, "Rain")
    wrong = studio.upload(f"{path}?filename=a.srt&language=en", b"nothing")
    assert (wrong.status, wrong.fields) == (422, ["file"])
    late = b"\n2\n01:00:05,000 --> 01:00:06,000\nAfter the end\n"
    alone = studio.upload(f"{path}?filename=late.srt&language=en", late)
    assert (alone.status, alone.fields) == (422, ["file"])
    assert "line 3: it begins after the end of the file" in str(alone.data)
    assert studio.get(f"{path}en/").data["results"] == [cue]
    both = studio.upload(f"{path}?filename=b.srt&language=en", SRT + late).data
    assert (both["left_out"], both["reasons"]) == (
        2, ["5: no time", "8: it begins after the end of the file"],
    )  # fmt: skip
    assert [one["text"] for one in studio.get(f"{path}en/").data["results"]] == ["Rain"]
    assert [one["language"] for one in studio.get(path).data["results"]] == ["en"]
    assert studio.delete(f"{path}en/").status == 204
    assert studio.get(f"{path}en/").status == 404


def test_others_see_none_of_it_but_a_lab_the_shots_on_offer(
    studio: Caller, outsider: Caller, lab: Caller, bikes: str
) -> None:
    paths = ["shots/", "shots/1/thumbnail", "reading/", "transcripts/", "transcripts/en/"]
    for stranger in (outsider, lab):
        assert [stranger.get(f"assets/{bikes}/{path}").status for path in paths] == [404] * 5
        tags = {"tags": [{"shot": 1, "tag": "rain"}]}
        assert stranger.post(f"assets/{bikes}/shot-tags/", tags).status == 404
        assert stranger.delete(f"assets/{bikes}/shots/1/tags/?tag=rain").status == 404
        sent = stranger.upload(f"assets/{bikes}/transcripts/?filename=a.srt&language=en", SRT)
        assert sent.status == 404
    from catalog.models import Asset

    factories.offer(studio.actor, Asset.objects.get().owner)
    make_pictures_pending()
    answers = [lab.get(f"assets/{bikes}/{path}").status for path in paths]
    assert answers == [200, 200, 200, 404, 404]
    assert lab.post(f"assets/{bikes}/shot-tags/", tags).status == 404
