"""What a file is, found in its content; one clear line for each that is not what it says."""

import contextlib
import gzip
import io
import json
import shutil
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.errors import Invalid
from catalog.media_formats import ACCEPTED_ENDINGS, HEAD_BYTES, by_ending, sniff
from catalog.probe import MediaFacts, MediaRefused, probe
from tests.catalog.media import film, picture, write_film, write_sound, write_wave


def refusal(path: Path, filename: str | None = None) -> str:
    with pytest.raises(MediaRefused) as caught:
        probe(path, filename or path.name)
    assert isinstance(caught.value, Invalid)
    assert caught.value.field == "file"
    message = str(caught.value.message)
    assert "\n" not in message
    return message


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_facts_of_real_film() -> None:
    assert probe(film(), "Big Buck Bunny.MP4") == MediaFacts(
        kind="video",
        container="MP4",
        mime="video/mp4",
        size_bytes=1_055_736,
        duration_ms=5312,
        width=1280,
        height=720,
        frame_rate="25/1",
        video_codec="h264",
        audio_tracks=[{"codec": "aac", "channels": 6, "sample_rate_hz": 48_000, "language": None}],
    )
    facts = probe(film("carphone_pristine"), "carphone.mp4")
    assert (facts["frame_rate"], facts["duration_ms"]) == ("30000/1001", 4004)
    assert facts["audio_tracks"] == []


@pytest.mark.parametrize(
    ("ending", "codec", "mime"),
    [
        ("m4a", "aac", "audio/mp4"),
        ("mp3", "libmp3lame", "audio/mpeg"),
        ("flac", "flac", "audio/flac"),
        ("opus", "libopus", "audio/ogg"),
        ("wav", "pcm_s16le", "audio/wav"),
        ("aiff", "pcm_s16be", "audio/aiff"),
        ("mka", "libopus", "audio/matroska"),
    ],
)
def test_sound_in_each_format_and_cut_in_half(
    tmp_path: Path, ending: str, codec: str, mime: str
) -> None:
    path = write_sound(tmp_path / f"voice.{ending}", codec)
    facts = probe(path, path.name)
    assert (facts["kind"], facts["mime"]) == ("audio", mime)
    assert facts["duration_ms"] is not None
    assert 2990 <= facts["duration_ms"] <= 3100
    assert [track["channels"] for track in facts["audio_tracks"]] == [1]
    half = written(tmp_path / f"half.{ending}", path.read_bytes()[: path.stat().st_size // 2])
    assert "incomplete" in refusal(half)


@pytest.mark.parametrize(
    ("ending", "codec", "mime"),
    [
        ("mov", "libx264", "video/quicktime"),
        ("mkv", "libx264", "video/matroska"),
        ("webm", "libvpx-vp9", "video/webm"),
        ("mxf", "mpeg2video", "application/mxf"),
    ],
)
def test_film_in_each_format_and_cut_in_half(
    tmp_path: Path, ending: str, codec: str, mime: str
) -> None:
    pictures = [picture(seed) for seed in range(4)]
    rate = 25 if ending == "mxf" else 10
    path = write_film(tmp_path / f"film.{ending}", pictures, codec, rate)
    facts = probe(path, path.name)
    assert (facts["kind"], facts["mime"]) == ("video", mime)
    assert (facts["width"], facts["height"], facts["frame_rate"]) == (320, 180, f"{rate}/1")
    assert facts["duration_ms"] == 40_000 // rate
    half = written(tmp_path / f"half.{ending}", path.read_bytes()[: path.stat().st_size // 2])
    assert "incomplete" in refusal(half)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9, 0.999])
def test_a_film_cut_anywhere_is_refused(tmp_path: Path, share: float) -> None:
    whole = film().read_bytes()
    assert "incomplete" in refusal(written(tmp_path / "a.mp4", whole[: int(len(whole) * share)]))


def test_a_film_whose_data_is_gone_is_refused(tmp_path: Path) -> None:
    whole = film().read_bytes()
    start = whole.index(b"mdat") + 4
    (length,) = struct.unpack(">I", whole[start - 8 : start - 4])
    end = start - 8 + length
    hollow = whole[:start] + bytes(end - start) + whole[end:]
    assert "damaged" in refusal(written(tmp_path / "a.mp4", hollow))


def test_a_film_that_says_it_is_shorter_is_as_long_as_it_is(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mkv", [picture(seed) for seed in range(3)])
    whole = bytearray(path.read_bytes())
    at = whole.index(b"\x44\x89\x88")  # Matroska's Duration, a float of eight bytes
    struct.pack_into(">d", whole, at + 3, 1.0)  # a millisecond
    assert probe(written(tmp_path / "short.mkv", bytes(whole)), "short.mkv")["duration_ms"] == 3000


def test_a_film_that_was_trimmed_by_its_list_of_edits_is_as_long_as_it_is_shown(
    tmp_path: Path,
) -> None:
    path = write_film(tmp_path / "film.mp4", [picture(seed) for seed in range(6)])
    whole = bytearray(path.read_bytes())
    for box, length_at in ((b"mvhd", 20), (b"tkhd", 24), (b"elst", 12)):
        struct.pack_into(">I", whole, whole.index(box) + length_at, 2000)
    trimmed = written(tmp_path / "trimmed.mp4", bytes(whole))
    assert probe(trimmed, "trimmed.mp4")["duration_ms"] == 2000


def test_something_behind_the_films_end_is_refused(tmp_path: Path) -> None:
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr("payload.exe", b"MZ" * 1000)
    both = film().read_bytes() + bundle.getvalue()
    assert "incomplete" in refusal(written(tmp_path / "a.mp4", both))


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF"])
def test_pictures_whole_and_cut_in_half(tmp_path: Path, format_: str) -> None:
    path = tmp_path / f"still.{format_.lower()}"
    picture().save(path, format_)
    facts = probe(path, path.name)
    assert (facts["kind"], facts["mime"]) == ("image", f"image/{format_.lower()}")
    assert (facts["width"], facts["height"], facts["duration_ms"]) == (320, 180, None)
    half = written(tmp_path / f"half.{format_.lower()}", path.read_bytes()[:-200])
    assert any(word in refusal(half) for word in ("incomplete", "damaged"))


def _png_bomb(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(10**6))) + chunk(
        b"IEND", b""
    )  # fmt: skip


@pytest.mark.parametrize(("width", "height"), [(30_000, 30_000), (2_000_000, 10), (0, 10)])
def test_a_picture_of_absurd_size_is_refused_before_it_is_unpacked(
    tmp_path: Path, width: int, height: int
) -> None:
    message = refusal(written(tmp_path / "a.png", _png_bomb(width, height)))
    assert "too large" in message or "damaged" in message


SRT = "1\n00:00:01,000 --> 00:00:02,500\nKia ora\n"


@pytest.mark.parametrize(
    ("name", "content", "mime"),
    [
        ("a.srt", SRT.encode(), "application/x-subrip"),
        ("a.srt", b"\xef\xbb\xbf" + SRT.replace("\n", "\r\n").encode(), "application/x-subrip"),
        ("a.vtt", b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n", "text/vtt"),
        ("a.fountain", "INT. KITCHEN – NIGHT\n\nJosé waits.\n".encode(), "text/plain"),
        ("a.txt", "각본".encode(), "text/plain"),
        ("a.json", b'{"joints": []}', "application/json"),
        ("a.pdf", b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n", "application/pdf"),
    ],
)
def test_texts(tmp_path: Path, name: str, content: bytes, mime: str) -> None:
    facts = probe(written(tmp_path / name, content), name)
    assert (facts["kind"], facts["mime"]) == ("text", mime)
    json.dumps(facts)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.txt", "café".encode("latin-1"), "not UTF-8"),
        ("a.txt", "words".encode("utf-16"), "not UTF-8"),
        ("a.txt", b"words\x00words", "not UTF-8"),
        ("a.srt", b"no times in here", "something else"),
        ("a.vtt", b"WEBVTTish", "something else"),
        ("a.json", b"{", "something else"),
        ("a.json", b"[" * 100_000, "something else"),
        ("a.pdf", b"%PDF-1.7\n1 0 obj\n", "incomplete"),
        ("a.mp4", b"just words", "something else"),
        ("a.mp4", b"\x00\x01\x02\x03" * 100, "something else"),
        ("a.mp4", b"", "empty"),
        ("a.mp4", b"MZ\x90\x00" * 100, "program"),
        ("a.png", b"\x7fELF" * 100, "program"),
        ("a.txt", b"#!/bin/sh\nrm -rf /\n", "program"),
        ("a.mp4", gzip.compress(bytes(10**6)), "archive"),
        ("a.exe", b"anything", "ending"),
        ("noending", b"anything", "ending"),
        (".mp4", b"anything", "ending"),
        ("a.m3u8", b"#EXTM3U\nfile:///etc/passwd\n", "ending"),
        ("a.mp4", b"#EXTM3U\nfile:///etc/passwd\n", "something else"),
        ("a.mp4", b"ffconcat version 1.0\nfile /etc/passwd\n", "something else"),
    ],
)
def test_each_wrong_file_gets_one_clear_line(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    assert says in refusal(written(tmp_path / "upload", content), name)


def test_a_zip_bomb_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "bomb.mp4"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(50_000_000))
    assert "archive" in refusal(path)


def test_the_name_must_agree_with_the_content(tmp_path: Path) -> None:
    assert "PNG" in refusal(film("carphone_pristine"), "still.png")
    still = tmp_path / "still"
    picture().save(still, "PNG")
    assert "MP4" in refusal(still, "film.mp4")
    assert "MP3" in refusal(write_wave(tmp_path / "a.wav"), "a.mp3")


def test_close_relatives_may_bear_each_others_names(tmp_path: Path) -> None:
    assert probe(film("carphone_pristine"), "film.mov")["mime"] == "video/mp4"


def test_an_unknown_ending_is_told_what_is_accepted(tmp_path: Path) -> None:
    message = refusal(written(tmp_path / "a.exe", b"x"))
    assert all(ending in message for ending in ("mp4", "wav", "png", "srt"))


def test_a_name_is_only_a_name(tmp_path: Path) -> None:
    path = tmp_path / "concat:x|y"
    shutil.copy(film("carphone_pristine"), path)
    assert probe(path, "--help; rm -rf /.mp4")["kind"] == "video"


def test_every_ending_belongs_to_one_format() -> None:
    assert len(set(ACCEPTED_ENDINGS)) == len(ACCEPTED_ENDINGS)
    assert all(by_ending(ending) for ending in ACCEPTED_ENDINGS)


@given(head=st.binary(max_size=HEAD_BYTES))
def test_any_bytes_are_something_or_nothing(head: bytes) -> None:
    sniff(head)


@pytest.fixture(scope="module")
def small_film() -> bytes:
    return film("carphone_distorted").read_bytes()


@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_film_gives_facts_or_a_refusal(
    tmp_path: Path, small_film: bytes, data: st.DataObject
) -> None:
    damaged = bytearray(small_film)
    for _ in range(data.draw(st.integers(1, 20))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path = written(tmp_path / "a.mp4", bytes(damaged))
    with contextlib.suppress(MediaRefused):
        assert probe(path, "a.mp4")["container"] == "MP4"
