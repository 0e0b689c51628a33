"""Posters, previews and contact sheets of real film: to look at, small, without metadata."""

from pathlib import Path

import pytest
from PIL import Image, ImageStat

from catalog.derivatives import contact_sheet, poster, preview
from catalog.probe import probe
from catalog.sandbox import Refused
from tests.catalog.media import film, picture, write_film, write_sound


def test_the_poster_of_a_film(tmp_path: Path) -> None:
    out = tmp_path / "poster.jpg"
    poster(film(), out)
    with Image.open(out) as image:
        assert (image.format, image.size) == ("JPEG", (1280, 720))
        assert ImageStat.Stat(image.convert("L")).stddev[0] > 10
    assert list(tmp_path.iterdir()) == [out]


def test_the_poster_is_not_the_black_beginning(tmp_path: Path) -> None:
    black = Image.new("RGB", (320, 180))
    source = write_film(tmp_path / "a.mp4", [black, black, black, picture(), black])
    out = tmp_path / "poster.jpg"
    poster(source, out)
    with Image.open(out) as image:
        assert ImageStat.Stat(image.convert("L")).mean[0] > 40


def test_a_black_film_still_has_a_poster(tmp_path: Path) -> None:
    source = write_film(tmp_path / "a.mp4", [Image.new("RGB", (320, 180))])
    poster(source, tmp_path / "poster.jpg")
    assert (tmp_path / "poster.jpg").stat().st_size > 0


def test_the_poster_of_a_still_is_small_upright_and_says_nothing_more(tmp_path: Path) -> None:
    source, out = tmp_path / "still.jpg", tmp_path / "poster.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010E] = "secret description"
    picture(size=(4000, 2000)).save(source, exif=exif, comment=b"secret comment")
    poster(source, out)
    with Image.open(out) as image:
        assert image.size == (640, 1280)
        assert not image.getexif()
    assert b"secret" not in out.read_bytes()


def test_a_transparent_still_lies_on_white(tmp_path: Path) -> None:
    source, out = tmp_path / "still.png", tmp_path / "poster.jpg"
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(source)
    poster(source, out)
    with Image.open(out) as image:
        assert image.getpixel((25, 25)) == (255, 255, 255)


def test_the_preview_of_a_film(tmp_path: Path) -> None:
    out = tmp_path / "preview.mp4"
    preview(film(), out)
    facts = probe(out, "preview.mp4")
    assert (facts["width"], facts["height"], facts["video_codec"]) == (854, 480, "h264")
    assert facts["frame_rate"] == "25/1"
    assert facts["duration_ms"] is not None
    assert 5000 <= facts["duration_ms"] <= 6100
    assert [(track["codec"], track["channels"]) for track in facts["audio_tracks"]] == [("aac", 2)]
    content = out.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")  # plays while it loads
    assert b"Lavf" not in content


def test_the_preview_of_a_longer_film_is_six_seconds_from_inside(tmp_path: Path) -> None:
    out = tmp_path / "preview.mp4"
    preview(film("bikes"), out)
    facts = probe(out, "preview.mp4")
    assert (facts["duration_ms"], facts["audio_tracks"]) == (6000, [])


def test_the_preview_of_sound(tmp_path: Path) -> None:
    out = tmp_path / "preview.m4a"
    preview(write_sound(tmp_path / "voice.flac", "flac", seconds=10), out)
    facts = probe(out, "preview.m4a")
    assert (facts["kind"], facts["mime"]) == ("audio", "audio/mp4")
    assert facts["duration_ms"] is not None
    assert 5900 <= facts["duration_ms"] <= 6100


def test_a_contact_sheet_has_twelve_frames(tmp_path: Path) -> None:
    out = tmp_path / "sheet.jpg"
    contact_sheet(film("bikes"), out)
    with Image.open(out) as image:
        assert image.size == (1280, 3 * 136)


def test_the_sheet_of_a_film_of_ten_frames_has_no_empty_place(tmp_path: Path) -> None:
    out = tmp_path / "sheet.jpg"
    white = Image.new("RGB", (320, 180), "white")
    contact_sheet(write_film(tmp_path / "short.mp4", [white]), out)
    with Image.open(out) as image:
        assert image.size == (1280, 2 * 180)
        assert image.convert("L").getextrema()[0] > 200


@pytest.mark.parametrize("make", [poster, preview, contact_sheet])
def test_what_cannot_be_shown_is_refused_and_leaves_nothing(tmp_path: Path, make: object) -> None:
    source = tmp_path / "a.txt"
    source.write_text("words")
    for path in [source, tmp_path / "half.mp4"]:
        if path.suffix == ".mp4":
            path.write_bytes(film().read_bytes()[:100_000])
        before = sorted(tmp_path.iterdir())
        with pytest.raises(Refused):
            make(path, tmp_path / "out.jpg")  # type: ignore[operator]
        assert sorted(tmp_path.iterdir()) == before
