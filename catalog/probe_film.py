"""Examines a hostile film or sound; inside catalog.sandbox only, for catalog.probe_child."""

from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any, Final, Literal

import av

from catalog import media_formats as formats
from catalog.probe_limits import check_size
from catalog.sandbox_child import refuse

_MAX_FRAME_PIXELS: Final = 70_000_000  # 8K twice over
_MAX_DURATION: Final = Fraction(48 * 3600)
_MAX_FRAME_RATE: Final = 1000
_MAX_TRACKS: Final = 128


def examine_film(path: Path, found: formats.Format) -> dict[str, Any]:
    """Return what a film or sound is made of and how long it is; refuse it if it is not whole."""
    av.logging.set_level(av.logging.PANIC)
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
    if len(container.streams) > _MAX_TRACKS:
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
    check_size(context.width, context.height, _MAX_FRAME_PIXELS)
    rate = stream.average_rate or stream.guessed_rate
    if not rate or not 0 < rate <= _MAX_FRAME_RATE:
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
    if declared > _MAX_DURATION or declared < 0:
        refuse("duration")
    # Without a declared length all of the file is read, once, without decoding.
    _seek(container, max(Fraction(0), declared - 5))
    start = Fraction(container.start_time or 0, av.time_base)
    end = max((_end(packet) for packet in container.demux(streams)), default=Fraction(0)) - start
    tolerance = max(Fraction(1), declared / 200)
    if end < declared - tolerance:
        refuse("truncated")
    duration = declared if declared and end <= declared + tolerance else end
    if not 0 < duration <= _MAX_DURATION:
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
