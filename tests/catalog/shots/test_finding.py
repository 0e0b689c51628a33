"""Real and broken films taken apart into shots, in the sandbox."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image, ImageStat

from catalog.sandbox import Refused
from catalog.shots.finding import TakenApart, take_apart
from tests.catalog.media import film, picture, write_film, write_sound, write_wave

PIXELS = 1280 * 720


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "thumbnails"
    path.mkdir()
    return path


def taken(path: Path, folder: Path) -> TakenApart:
    return take_apart(path, folder, duration_ms=60_000, pixels=PIXELS)


def begins(found: TakenApart) -> list[int]:
    return [shot.start_us for shot in found.shots]


def test_a_real_film_with_cuts(folder: Path) -> None:
    found = taken(film("bikes"), folder)
    # Counted by hand, frame by frame: 25 frames a second, cuts at 30, 76, 137, 187 and 242.
    assert [shot.first_frame for shot in found.shots] == [0, 30, 76, 137, 187, 242]
    assert begins(found) == [frame * 40_000 for frame in (0, 30, 76, 137, 187, 242)]
    assert [shot.end_us for shot in found.shots] == [*begins(found)[1:], 10_000_000]
    assert sum(shot.frames for shot in found.shots) == 250
    assert (found.duration_us, found.is_whole, found.peaks) == (10_000_000, True, None)
    assert {(shot.loudness_tenths, shot.has_speech) for shot in found.shots} == {(None, None)}
    assert sorted(folder.iterdir()) == sorted(
        shot.thumbnail for shot in found.shots if shot.thumbnail
    )
    for shot in found.shots:
        assert shot.thumbnail is not None
        with Image.open(shot.thumbnail) as image:
            assert image.format == "JPEG"
            assert max(image.size) == 320
            mean = ImageStat.Stat(image.convert("L")).mean[0]
        # Video levels begin at 16; the thumbnail is of the shot and not of a neighbour.
        assert abs(mean - (shot.brightness - 16) * 255 / 219) < 25


def test_a_real_film_without_cuts_but_with_sound(folder: Path) -> None:
    found = taken(film(), folder)
    [shot] = found.shots
    assert (shot.start_us, shot.end_us, shot.frames) == (0, 5_280_000, 132)
    assert shot.loudness_tenths is not None
    assert -600 < shot.loudness_tenths < -300
    assert shot.has_speech is False  # wind, and music
    assert found.peaks is not None
    assert 500 <= len(found.peaks) <= 540


def test_sound_alone_has_no_shots_but_an_outline(folder: Path, tmp_path: Path) -> None:
    found = taken(write_wave(tmp_path / "a.wav"), folder)
    assert found.shots == []
    assert found.peaks is not None
    assert abs(found.duration_us - 2_000_000) < 20_000
    assert list(folder.iterdir()) == []


def test_a_cover_picture_is_no_film(folder: Path, tmp_path: Path) -> None:
    found = taken(write_sound(tmp_path / "a.mp3", "libmp3lame"), folder)
    assert found.shots == []


def test_times_of_a_varying_rate_are_exact(folder: Path, tmp_path: Path) -> None:
    path, times = tmp_path / "a.mkv", [0]
    for number in range(89):
        times.append(times[-1] + (33, 42, 17, 100)[number % 4])
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=1000)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number, time in enumerate(times):
            frame: Any = av.VideoFrame.from_image(picture(number // 30 * 3))  # type: ignore[no-untyped-call]
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    found = taken(path, folder)
    assert [shot.first_frame for shot in found.shots] == [0, 30, 60]
    assert begins(found) == [0, times[30] * 1000, times[60] * 1000]


def test_a_film_that_ends_before_it_says(folder: Path, tmp_path: Path) -> None:
    whole = write_film(tmp_path / "whole.mkv", [picture(0), picture(3), picture(6), picture(9)])
    content = whole.read_bytes()
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(content[: len(content) * 6 // 10])
    found = taken(cut, folder)
    assert not found.is_whole
    assert 0 < found.duration_us < 3_000_000
    assert begins(found)[:2] == [0, 1_000_000]
    assert found.shots[-1].end_us == found.duration_us


def test_noise_in_the_middle_loses_only_that(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    content = bytearray(film("bikes").read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = bytes(3000)
    path.write_bytes(content)
    found = taken(path, folder)
    assert begins(found)[:3] == [0, 1_200_000, 3_040_000]
    assert found.shots[-1].end_us == 10_000_000


@pytest.mark.parametrize("content", [b"", b"not a film", bytes(5000), b"\x1aE\xdf\xa3" + bytes(99)])
def test_what_is_no_film_is_refused(content: bytes, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(Refused):
        taken(path, folder)
    assert list(folder.iterdir()) == []


def test_ten_hours(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "long.mp4"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("mpeg4", rate=Fraction(1, 20))
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        scenes = [picture(seed, (64, 48)) for seed in (0, 3)]
        for number in range(1800):
            frame: Any = av.VideoFrame.from_image(scenes[number // 30 % 2])  # type: ignore[no-untyped-call]
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    found = taken(path, folder)
    assert found.duration_us == 36_000_000_000
    assert begins(found) == [number * 600_000_000 for number in range(60)]
    assert len(list(folder.iterdir())) == 60
