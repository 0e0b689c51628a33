"""A part of a film is cut to the frame and to the sample, whatever it is cut out of."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from catalog.cutting import cut
from catalog.sandbox import Refused
from tests.factories import film_path

RATE = 48_000


def made_film(path: Path, *, rate: int = 25, seconds: int = 4, **options: Any) -> Path:
    """Write a film whose every picture is another gray, with a key frame in 4 seconds only."""
    pix_fmt, size = options.get("pix_fmt", "yuv420p"), options.get("size", (64, 48))
    with av.open(str(path), "w") as target:
        stream = target.add_stream(options.get("codec", "libx264"), rate=rate)
        stream.width, stream.height = size
        stream.pix_fmt = pix_fmt
        stream.gop_size = 1000
        sound = (
            target.add_stream("pcm_s16le", rate=RATE, layout="mono")
            if options.get("sound")
            else None
        )
        for number in range(rate * seconds):
            frame = av.VideoFrame(*size, "gray")
            plane = frame.planes[0]
            plane.update(bytes([_gray(number)]) * plane.buffer_size)
            picture = frame.reformat(format=pix_fmt)
            picture.pts, picture.time_base = number, Fraction(1, rate)
            for packet in stream.encode(picture):
                target.mux(packet)
            if sound is not None:
                for packet in sound.encode(_tone(number, rate)):
                    target.mux(packet)
        for each in filter(None, (stream, sound)):
            for packet in each.encode(None):
                target.mux(packet)
    return path


def _gray(number: int) -> int:
    return 20 + 2 * (number % 100)


def _tone(number: int, rate: int) -> Any:
    """Return the sound of one picture: each sample says which it is."""
    count = RATE // rate
    frame = av.AudioFrame("s16", "mono", count, align=1)
    samples = ((number * count + at) % 30_000 for at in range(count))
    frame.planes[0].update(b"".join(value.to_bytes(2, "little", signed=True) for value in samples))
    frame.sample_rate, frame.pts, frame.time_base = RATE, number * count, Fraction(1, RATE)
    return frame


def grays(path: Path) -> list[int]:
    with av.open(str(path)) as container:
        return [
            round(sum(bytes(frame.reformat(format="gray").planes[0])[:48]) / 48)
            for frame in container.decode(container.streams.video[0])
        ]


def samples(path: Path) -> list[int]:
    heard = b""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler("s16")
        for frame in container.decode(container.streams.audio[0]):
            for piece in resampler.resample(frame):
                heard += bytes(piece.planes[0])[: 2 * piece.samples]
    return [
        int.from_bytes(heard[at : at + 2], "little", signed=True) for at in range(0, len(heard), 2)
    ]


@pytest.mark.parametrize(
    ("from_ms", "to_ms", "first", "last"),
    [
        (0, 1000, 0, 24),
        (1000, 2000, 25, 49),
        (1001, 2000, 26, 49),  # the picture that began before is not in it
        (999, 2001, 25, 50),
        (3960, 4000, 99, 99),
        (0, 4000, 0, 99),
    ],
)
def test_just_the_pictures_and_samples_of_the_part(
    tmp_path: Path, from_ms: int, to_ms: int, first: int, last: int
) -> None:
    """Though the film has its only key frame at the beginning."""
    source = made_film(tmp_path / "film.mov", sound=True)
    out = tmp_path / "out.mp4"
    made = cut(source, out, from_ms=from_ms, to_ms=to_ms, pixels=64 * 48)
    assert (made.mime, made.frames) == ("video/mp4", last - first + 1)
    found = grays(out)
    assert len(found) == last - first + 1
    assert all(
        abs(gray - _gray(number)) <= 2
        for gray, number in zip(found, range(first, last + 1), strict=True)
    )
    # Sound begins with the first picture, so that both stay together, and ends with the part.
    begins = first * RATE // 25
    assert samples(out) == [at % 30_000 for at in range(begins, to_ms * RATE // 1000)]
    assert set(tmp_path.iterdir()) == {source, out}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("odd.mkv", {"codec": "ffv1", "size": (65, 49), "pix_fmt": "yuv444p"}),
        ("deep.mkv", {"codec": "ffv1", "pix_fmt": "yuv422p10le"}),
        ("rgb.mkv", {"codec": "ffv1", "pix_fmt": "bgr0"}),
        ("web.webm", {"codec": "libvpx-vp9"}),
        ("ntsc.mp4", {"rate": 30}),
    ],
)
def test_any_film_is_cut(tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    source = made_film(tmp_path / name, **options)
    rate = options.get("rate", 25)
    out = tmp_path / "out.mp4"
    made = cut(source, out, from_ms=2000, to_ms=3000, pixels=64 * 48)
    assert made.frames == rate
    found, wanted = grays(out), [_gray(number) for number in range(2 * rate, 3 * rate)]
    assert all(abs(gray - want) <= 6 for gray, want in zip(found, wanted, strict=True))


def test_a_sound_is_cut_without_loss(tmp_path: Path) -> None:
    source = tmp_path / "sound.wav"
    with av.open(str(source), "w") as target:
        stream = target.add_stream("pcm_s16le", rate=RATE, layout="mono")
        for number in range(100):
            for packet in stream.encode(_tone(number, 25)):
                target.mux(packet)
    out = tmp_path / "out.flac"
    made = cut(source, out, from_ms=1234, to_ms=2345, pixels=0)
    assert (made.mime, made.frames, made.duration_us) == ("audio/flac", 0, 1_111_000)
    assert samples(out) == [at % 30_000 for at in range(1234 * 48, 2345 * 48)]


def test_what_cannot_be_cut_leaves_nothing(tmp_path: Path) -> None:
    words, out = tmp_path / "words.srt", tmp_path / "out.mp4"
    words.write_text("1\n00:00:00,000 --> 00:00:02,000\nHello\n")
    for source, from_ms in ((words, 0), (film_path(), 60_000)):
        with pytest.raises(Refused):
            cut(source, out, from_ms=from_ms, to_ms=from_ms + 1000, pixels=64 * 48)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(film_path().read_bytes()[:20_000])
    with pytest.raises(Refused):
        cut(broken, out, from_ms=0, to_ms=1000, pixels=64 * 48)
    assert sorted(tmp_path.iterdir()) == [broken, words]
