"""Tags of shots, and what is spoken beside them."""

import pytest

from accounts.access import Actor
from accounts.errors import Conflict, Invalid, NotAllowed, NotFound
from catalog.models import Asset, Cue, Shot, ShotTag, Transcript
from catalog.spoken import import_transcript, remove_transcript
from catalog.tagging import Tagging, find_asset, shots_with_tag, tag_shots, untag_shot
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]

SRT = "1\n00:00:00,500 --> 00:00:02,000\nWer da?\n\n2\nnonsense\nHm\n"


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def film(studio: Actor) -> Asset:
    asset = factories.asset(studio, factories.title(studio))
    Shot.objects.bulk_create(
        Shot(
            asset=asset,
            number=number,
            start_us=number * 1000,
            end_us=number * 1000 + 1000,
            first_frame=number,
            frames=1,
            begins_with="cut",
            brightness=1,
            motion=1,
        )
        for number in (1, 2, 3)
    )
    return asset


def said(asset: Asset) -> list[tuple[int, str, str, int | None]]:
    tags = ShotTag.objects.filter(shot__asset=asset).order_by("shot__number", "tag", "tagger")
    return list(tags.values_list("shot__number", "tag", "tagger", "confidence_percent"))


def test_people_and_taggers_say_what_a_shot_shows(studio: Actor, film: Asset) -> None:
    tag_shots(actor=studio, asset=film, taggings=[Tagging(1, "  Night   Street ")])
    seen = [Tagging(1, "night street", 80), Tagging(2, "비 오는 거리", 61)]
    assert tag_shots(actor=studio, asset=film, taggings=seen, tagger="looker 2") == 2
    tag_shots(
        actor=studio, asset=film, taggings=[Tagging(2, "비 오는 거리", 99)], tagger="looker 2"
    )
    assert said(film) == [
        (1, "night street", "", None),
        (1, "night street", "looker 2", 80),
        (2, "비 오는 거리", "looker 2", 99),
    ]
    assert [shot.number for shot in shots_with_tag(film, "Night Street")] == [1]
    assert [shot.number for shot in shots_with_tag(film, "")] == [1, 2, 3]
    for _twice in range(2):
        untag_shot(actor=studio, asset=film, number=1, tag="Night street")
    assert said(film)[0] == (1, "night street", "looker 2", 80)


@pytest.mark.parametrize(
    ("tagging", "field"),
    [
        (Tagging(4, "rain"), "tags[1].shot"),
        (Tagging(-1, "rain"), "tags[1].shot"),
        (Tagging(2**70, "rain"), "tags[1].shot"),
        (Tagging(1, " "), "tags[1].tag"),
        (Tagging(1, "x" * 61), "tags[1].tag"),
        (Tagging(1, "a\0b"), "tags[1].tag"),
        (Tagging(1, "rain", 101), "tags[1].confidence_percent"),
    ],
)
def test_one_wrong_tag_keeps_none(studio: Actor, film: Asset, tagging: Tagging, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        tag_shots(actor=studio, asset=film, taggings=[Tagging(1, "good"), tagging])
    assert refused.value.field == field
    assert said(film) == []


def test_a_shot_has_no_more_tags_than_anybody_reads(studio: Actor, film: Asset) -> None:
    many = [Tagging(1, f"tag {number}") for number in range(201)]
    with pytest.raises(Invalid, match="more than 200"):
        tag_shots(actor=studio, asset=film, taggings=many)
    assert said(film) == []


def test_a_transcript_is_kept_by_language_and_replaced(studio: Actor, film: Asset) -> None:
    kept = import_transcript(
        actor=studio, asset=film, content=SRT.encode(), filename="d.srt", language="de"
    )
    assert kept.left_out == 1
    [(line, reason)] = kept.reasons
    assert (line, reason) == (5, "no time")
    assert list(kept.cues.values_list("start_ms", "end_ms", "text")) == [(500, 2000, "Wer da?")]
    vtt = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Anna>누구세요?\n"
    for language in ("de", "ko"):
        import_transcript(
            actor=studio, asset=film, content=vtt.encode(), filename="d.vtt", language=language
        )
    assert set(Transcript.objects.values_list("language", "filename")) == {
        ("de", "d.vtt"),
        ("ko", "d.vtt"),
    }
    assert list(Cue.objects.values_list("speaker", flat=True)) == ["Anna", "Anna"]
    remove_transcript(actor=studio, asset=film, language="de")
    assert Transcript.objects.get().language == "ko"


def test_what_is_no_transcript_leaves_the_old_one(studio: Actor, film: Asset) -> None:
    given = {"actor": studio, "asset": film, "filename": "d.srt"}
    import_transcript(content=SRT.encode(), language="de", **given)
    with pytest.raises(Invalid, match="no transcript"):
        import_transcript(content=b"\x00\x01", language="de", **given)
    with pytest.raises(Invalid):
        import_transcript(content=SRT.encode(), language="Klingonese", **given)
    assert Transcript.objects.get().cues.count() == 1
    for unreadable in (
        "1\n00:00:02,000 --> 00:00:01,000\nBackwards\n",
        "WEBVTT\n\n00:01.000 --> 00:02.000\n<i></i>\n",
    ):
        with pytest.raises(Invalid, match=r"No cue .* line [23]: ") as refused:
            import_transcript(content=unreadable.encode(), language="de", **given)
        assert refused.value.field == "file"
    assert Cue.objects.get().text == "Wer da?"
    words = factories.words(studio, film.owner)
    with pytest.raises(Conflict, match="Nothing is heard"):
        import_transcript(**given | {"asset": words}, content=SRT.encode(), language="de")


def test_a_film_of_others_does_not_exist(studio: Actor, film: Asset) -> None:
    stranger, viewer = factories.studio(), factories.member(studio)
    with pytest.raises(NotFound):
        find_asset(stranger, film.code)
    assert find_asset(viewer, film.code) == film
    for actor, error in ((stranger, NotFound), (viewer, NotAllowed)):
        with pytest.raises(error):
            tag_shots(actor=actor, asset=film, taggings=[Tagging(1, "rain")])
        with pytest.raises(error):
            untag_shot(actor=actor, asset=film, number=1, tag="rain")
        with pytest.raises(error):
            import_transcript(
                actor=actor, asset=film, content=SRT.encode(), filename="d.srt", language="de"
            )
