"""Examines one hostile file; runs inside catalog.sandbox only.

    python -m catalog.probe_child PATH FILENAME

Writes the facts as JSON, or refuses with one of the reasons that catalog.probe puts into words.
"""

import json
import re
import sys
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import av
from PIL import Image

from catalog import media_formats as formats
from catalog.media_structure import is_whole
from catalog.sandbox_child import refuse

MAX_SIDE = 32_768
MAX_IMAGE_PIXELS = 100_000_000
MAX_FRAME_PIXELS = 70_000_000  # 8K twice over
MAX_DURATION = Fraction(48 * 3600)
MAX_FRAME_RATE = 1000
MAX_TRACKS = 128
MAX_TEXT_BYTES = 32 * 2**20

_SRT_TIME = re.compile(r"^\d{2,}:\d{2}:\d{2},\d{3} --> \d{2,}:\d{2}:\d{2},\d{3}", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
# Names that people use for either of two close relatives.
_INTERCHANGEABLE = (
    {formats.MP4.name, formats.QUICKTIME.name},
    {formats.MATROSKA.name, formats.WEBM.name},
)


def examine(path: Path, filename: str) -> dict[str, Any]:
    """Return the facts of the file; refuse it if it is not whole and of an accepted format."""
    size = path.stat().st_size
    if size == 0:
        refuse("empty")
    found = _identify(path, filename, size)
    with path.open("rb") as file:
        if not is_whole(found, file, size):
            refuse("truncated")
    facts: dict[str, Any] = {
        "kind": found.kind,
        "container": found.name,
        "mime": found.mime,
        "size_bytes": size,
        "duration_ms": None,
        "width": None,
        "height": None,
        "frame_rate": None,
        "video_codec": None,
        "audio_tracks": [],
    }
    if found.demuxer:
        facts.update(_examine_media(path, found))
    elif found.kind == "image":
        facts.update(_examine_image(path, found))
    return facts


def _identify(path: Path, filename: str, size: int) -> formats.Format:
    with path.open("rb") as file:
        found = formats.sniff(file.read(formats.HEAD_BYTES))
    if isinstance(found, str):
        refuse(found)
    named = formats.by_ending(formats.ending(filename))
    if named is None:
        refuse("ending", accepted=", ".join(formats.ACCEPTED_ENDINGS))
    if found is None:
        return _identify_text(path, named, size)
    if found.name != named.name and {found.name, named.name} not in _INTERCHANGEABLE:
        refuse("mislabelled", named=named.name, found=found.name)
    return found


def _identify_text(path: Path, named: formats.Format, size: int) -> formats.Format:
    if size > MAX_TEXT_BYTES:
        refuse("unknown", accepted=", ".join(formats.ACCEPTED_ENDINGS))
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    is_text = _CONTROL.search(text) is None
    if named not in formats.TEXTS:
        refuse("mislabelled", named=named.name, found=formats.PLAIN.name if is_text else "?")
    if not is_text:
        refuse("encoding")
    if not _agrees(text, named):
        refuse("mislabelled", named=named.name, found=formats.PLAIN.name)
    return named


def _agrees(text: str, named: formats.Format) -> bool:
    if named is formats.SUBRIP:
        return _SRT_TIME.search(text) is not None
    if named is formats.WEBVTT:
        return re.match(r"WEBVTT\s", text + "\n") is not None
    if named is formats.JSON:
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return False
    return True


def _examine_image(path: Path, found: formats.Format) -> dict[str, Any]:
    Image.MAX_IMAGE_PIXELS = None  # our own limit stands below, before anything is decoded
    try:
        with Image.open(path, formats=[found.name]) as image:
            width, height = image.size
            _check_size(width, height, MAX_IMAGE_PIXELS)
            image.load()
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        refuse("truncated" if "truncated" in str(error) else "broken")
    return {"width": width, "height": height}


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and width * height <= max_pixels):
        refuse("dimensions", width=width, height=height)


def _examine_media(path: Path, found: formats.Format) -> dict[str, Any]:
    try:
        with av.open(
            str(path),
            format=found.demuxer,
            # A file is one file: no lists of others, no addresses.
            options={"protocol_whitelist": "file"},
        ) as container:
            return _examine_streams(container, found)
    except (av.FFmpegError, UnicodeError):
        refuse("broken")


def _examine_streams(container: Any, found: formats.Format) -> dict[str, Any]:
    sound = list(container.streams.audio)
    # A cover picture inside a song is no film.
    pictures = [
        stream
        for stream in container.streams.video
        if not stream.disposition & av.stream.Disposition.attached_pic
    ]
    if not pictures and not sound:
        refuse("no_media")
    if len(container.streams) > MAX_TRACKS:
        refuse("tracks", count=len(container.streams))
    facts: dict[str, Any] = {"audio_tracks": [_track(stream) for stream in sound]}
    if pictures:
        facts |= _picture(pictures[0])
    kind: Literal["video", "audio"] = "video" if pictures else "audio"
    facts |= {"kind": kind, "mime": found.mime if pictures else found.audio_mime}
    for stream in [*pictures[:1], *sound]:
        _decode_one(container, stream)
    duration = _duration(container, [*pictures[:1], *sound])
    if pictures:
        _decode_near(container, pictures[0], duration)
    facts["duration_ms"] = int(duration * 1000 + Fraction(1, 2))
    return facts


def _picture(stream: Any) -> dict[str, Any]:
    context = stream.codec_context
    if context is None or context.width == 0:
        refuse("broken")
    _check_size(context.width, context.height, MAX_FRAME_PIXELS)
    rate = stream.average_rate or stream.guessed_rate
    if not rate or not 0 < rate <= MAX_FRAME_RATE:
        refuse("frame_rate")
    return {
        "width": context.width,
        "height": context.height,
        "frame_rate": f"{rate.numerator}/{rate.denominator}",
        "video_codec": context.name,
    }


def _track(stream: Any) -> dict[str, Any]:
    context = stream.codec_context
    if context is None or context.sample_rate == 0:
        refuse("broken")
    language = stream.language
    return {
        "codec": context.name,
        "channels": context.layout.nb_channels,
        "sample_rate_hz": context.sample_rate,
        "language": None if language in {None, "", "und"} else language,
    }


def _decode_one(container: Any, stream: Any) -> None:
    container.seek(0)
    for packet in islice(container.demux(stream), 500):
        if packet.decode():
            return
    refuse("broken")


def _decode_near(container: Any, stream: Any, end: Fraction) -> None:
    """Decode a frame near the end: an index may point to data that is no longer there."""
    _seek(container, max(Fraction(0), end - 1))
    for packet in islice(container.demux(stream), 500):
        if packet.decode():
            return
    refuse("truncated")


def _duration(container: Any, streams: list[Any]) -> Fraction:
    """Return the length in seconds; refuse a file whose data ends before its index says. One that
    goes on after the end that it names is as long as it is."""
    declared = Fraction(container.duration or 0, av.time_base)
    if declared > MAX_DURATION or declared < 0:
        refuse("duration")
    # Without a declared length all of the file is read, once, without decoding.
    _seek(container, max(Fraction(0), declared - 5))
    start = Fraction(container.start_time or 0, av.time_base)
    end = max((_end(packet) for packet in container.demux(streams)), default=Fraction(0)) - start
    tolerance = max(Fraction(1), declared / 200)
    if end < declared - tolerance:
        refuse("truncated")
    duration = declared if declared and end <= declared + tolerance else end
    if not 0 < duration <= MAX_DURATION:
        refuse("duration")
    return duration


def _seek(container: Any, seconds: Fraction) -> None:
    start = container.start_time or 0
    try:
        container.seek(int(seconds * av.time_base) + start)
    except av.FFmpegError:  # some formats have no index: then from the beginning
        container.seek(0)


def _end(packet: Any) -> Fraction:
    # Discarded: cut off by the film's own list of edits, and never shown.
    if packet.pts is None or packet.size == 0 or packet.is_discard:
        return Fraction(0)
    base = Fraction(packet.time_base.numerator, packet.time_base.denominator)
    return int(packet.pts + (packet.duration or 0)) * base


if __name__ == "__main__":
    av.logging.set_level(av.logging.PANIC)
    sys.stdout.write(json.dumps(examine(Path(sys.argv[1]), sys.argv[2])))
