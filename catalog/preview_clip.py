"""Encodes the short clip that a page plays. Runs inside catalog.sandbox only."""

from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av

from catalog.sandbox_child import refuse

CLIP_SECONDS = Fraction(6)
CLIP_LINES = 480
MAX_FRAME_RATE = Fraction(30)
SAMPLE_RATE_HZ = 48_000
_MAX_PACKETS = 100_000


def _fraction(value: Any) -> Fraction:
    return Fraction(value.numerator, value.denominator)


class _Track:
    """One stream of the clip: takes the source's frames, in order, between start and end."""

    def __init__(self, source: Any, target: Any, start: Fraction) -> None:
        self.source = source
        self.target = target
        self.start = start
        self.is_full = False
        self.written = 0

    def _time(self, frame: Any) -> Fraction | None:
        """Return the frame's time in the clip; None outside of it."""
        if frame.pts is None:
            return None
        time = frame.pts * _fraction(frame.time_base) - self.start
        if time >= CLIP_SECONDS:
            self.is_full = True
            return None
        return time if time >= 0 else None

    def _encode(self, stream: Any, frame: Any) -> None:
        for packet in stream.encode(frame):
            self.target.mux(packet)
            self.written += 1


class _Picture(_Track):
    def __init__(self, source: Any, target: Any, start: Fraction) -> None:
        super().__init__(source, target, start)
        rate = min(_fraction(source.average_rate or source.guessed_rate), MAX_FRAME_RATE)
        context = source.codec_context
        aspect = source.sample_aspect_ratio
        stretch = _fraction(aspect) if aspect else Fraction(1)
        scale = min(Fraction(1), Fraction(CLIP_LINES, context.height))
        self.stream = target.add_stream("libx264", rate=rate)
        # H.264 with 4:2:0 colour needs even sides.
        self.stream.width = max(2, round(context.width * stretch * scale / 2) * 2)
        self.stream.height = max(2, round(context.height * scale / 2) * 2)
        self.stream.pix_fmt = "yuv420p"
        self.stream.options = {"preset": "veryfast", "crf": "26", "threads": "2"}
        self.time_base = 1 / rate
        self.next_number = 0

    def take(self, frame: Any) -> None:
        time = self._time(frame)
        if time is None:
            return
        number = int(time / self.time_base + Fraction(1, 2))
        if number < self.next_number:  # faster than the clip: every other frame is left out
            return
        self.next_number = number + 1
        picture = frame.reformat(self.stream.width, self.stream.height, "yuv420p")
        picture.pts, picture.time_base = number, self.time_base
        picture.pict_type = av.video.frame.PictureType.NONE
        self._encode(self.stream, picture)

    def finish(self) -> None:
        self._encode(self.stream, None)


class _Sound(_Track):
    def __init__(self, source: Any, target: Any, start: Fraction) -> None:
        super().__init__(source, target, start)
        self.stream = target.add_stream("aac", rate=SAMPLE_RATE_HZ, layout="stereo")
        self.stream.bit_rate = 96_000
        self.resampler = av.AudioResampler("fltp", "stereo", SAMPLE_RATE_HZ)
        self.buffer = av.AudioFifo()
        self.samples = 0

    def take(self, frame: Any) -> None:
        if self._time(frame) is None:
            return
        self._resample(frame)

    def finish(self) -> None:
        self._resample(None)
        self._write(partial=True)
        self._encode(self.stream, None)

    def _resample(self, frame: Any) -> None:
        for resampled in self.resampler.resample(frame):
            resampled.pts = None  # counted anew below, from the clip's beginning
            self.buffer.write(resampled)
        self._write(partial=False)

    def _write(self, *, partial: bool) -> None:
        size = self.stream.codec_context.frame_size or 1024
        while (frame := self.buffer.read(size, partial)) is not None:
            frame.pts, frame.time_base = self.samples, Fraction(1, SAMPLE_RATE_HZ)
            self.samples += frame.samples
            self._encode(self.stream, frame)


def write_clip(source: Any, out: Path) -> None:
    """Write at most CLIP_SECONDS of the open `source` to `out`, an MP4 that starts with its
    index; refuse a source with neither picture nor sound."""
    start = _start(source)
    # bitexact: no encoder's name, version or date.
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with av.open(str(out), "w", format="mp4", options=options) as target:
        tracks: list[_Picture | _Sound] = []
        if source.streams.video:
            tracks.append(_Picture(source.streams.video[0], target, start))
        if source.streams.audio:
            tracks.append(_Sound(source.streams.audio[0], target, start))
        if not tracks:
            refuse("neither picture nor sound")
        _feed(source, tracks, start)
        for track in tracks:
            track.finish()
        if not any(track.written for track in tracks):
            refuse("nothing in it can be decoded")


def _start(source: Any) -> Fraction:
    """Return where the clip begins, in the source's own time: a third in, past the titles."""
    duration = Fraction(source.duration or 0, av.time_base)
    first = Fraction(source.start_time or 0, av.time_base)
    return first + max(Fraction(0), min(duration / 3, duration - CLIP_SECONDS))


def _feed(source: Any, tracks: list[_Picture | _Sound], start: Fraction) -> None:
    source.seek(int(start * av.time_base))
    by_index = {track.source.index: track for track in tracks}
    for packet in islice(source.demux([track.source for track in tracks]), _MAX_PACKETS):
        track = by_index[packet.stream.index]
        for frame in packet.decode():
            track.take(frame)
        if all(track.is_full for track in tracks):
            return
