"""Cuts a part out of one hostile film or sound; inside catalog.sandbox only.

    python -m catalog.cutting_child PATH OUT FROM_MS TO_MS

A picture is in the part when it begins in it; of the sound exactly those samples that are heard
from the first picture (without pictures: from the beginning of the part) to the end of the part.
"""

import json
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av

from catalog import media_formats as formats
from catalog.sandbox_child import refuse

_MAX_SOUNDS = 16
# How far before the part reading begins: a decoder of sound needs a run-up, a seek may land late.
_RUN_UPS = (Fraction(1), Fraction(20), None)
_ROUND_S = Fraction(1, 50)  # by so much times of sound may be off: containers round them
_MAX_GAP_S = 3600
_VIDEO = {"preset": "medium", "crf": "12", "threads": "2"}


class Part:
    """What is to be cut: seconds since the file's own beginning, which the streams share."""

    def __init__(self, start: Fraction, from_ms: int, to_ms: int) -> None:
        self.start = start
        self.begins = Fraction(from_ms, 1000)
        self.ends = Fraction(to_ms, 1000)
        self.base: Fraction | None = None  # where what is written begins

    def time_of(self, frame: Any) -> Fraction | None:
        """Return when a frame begins, None where nothing says so."""
        at = frame.pts if frame.pts is not None else frame.dts
        return None if at is None else at * _fraction(frame.time_base) - self.start


class Pictures:
    """The frames of the film, encoded anew."""

    def __init__(self, source: Any, target: Any, part: Part) -> None:
        self._source, self._target, self._part = source, target, part
        self._stream: Any = None
        self._turn: Any = None
        self.first: Fraction | None = None  # when the first frame begins that was decoded
        self.is_over = False
        self.count = 0
        self._last: Fraction | None = None

    def take(self, frame: Any) -> None:
        time = self._part.time_of(frame)
        if time is None:
            return
        self.first = time if self.first is None else self.first
        if time >= self._part.ends:
            self.is_over = True
        elif time >= self._part.begins and (self._last is None or time > self._last):
            self._last = time
            self._write(frame, time)

    def finish(self) -> None:
        if self._stream is not None:
            self._encode(None)

    def _write(self, frame: Any, time: Fraction) -> None:
        if self._stream is None:
            self._part.base = time
            self._turn = _turning(self._source, frame)
            self._stream = self._open(frame)
        picture = self._turned(frame).reformat(format=self._stream.pix_fmt)
        picture.time_base = self._source.time_base
        since = time - (self._part.base or 0)
        picture.pts = int(since / _fraction(self._source.time_base))
        picture.pict_type = av.video.frame.PictureType.NONE
        self.count += 1
        self._encode(picture)

    def _open(self, frame: Any) -> Any:
        shown = self._turned(frame)
        rate = self._source.average_rate or self._source.guessed_rate or Fraction(25)
        stream = self._target.add_stream("libx264", rate=rate)
        stream.width, stream.height = shown.width, shown.height
        stream.pix_fmt = _pixel_format(shown)
        stream.options = dict(_VIDEO)
        context, source = stream.codec_context, self._source.codec_context
        context.time_base = self._source.time_base
        for name in ("color_range", "color_primaries", "color_trc", "colorspace"):
            setattr(context, name, getattr(source, name))
        if aspect := self._source.sample_aspect_ratio:
            turned = shown.width != frame.width
            context.sample_aspect_ratio = 1 / _fraction(aspect) if turned else aspect
        return stream

    def _turned(self, frame: Any) -> Any:
        if self._turn is None:
            return frame
        self._turn.push(frame)
        return self._turn.pull()

    def _encode(self, picture: Any) -> None:
        for packet in self._stream.encode(picture):
            self._target.mux(packet)


class Sound:
    """One track of sound, its samples unchanged but for their format."""

    def __init__(self, source: Any, target: Any, part: Part) -> None:
        self._source, self._target, self._part = source, target, part
        context = source.codec_context
        self._rate, self._channels = context.sample_rate, context.layout.nb_channels
        is_deep = context.format.name.startswith("s32")
        self._format, self._bytes = ("s32", 4) if is_deep else ("s16", 2)
        self._layout = context.layout.name
        self._resampler = av.AudioResampler(self._format, self._layout, self._rate)
        self._stream = target.add_stream("flac", rate=self._rate, layout=self._layout)
        self._stream.format = self._format
        self._waiting: list[tuple[Fraction, bytes]] = []  # until the first picture is known
        self._buffer = bytearray()
        self._taken = 0  # samples, from the base
        self.count = 0
        self.first: Fraction | None = None
        self.is_over = False

    def take(self, frame: Any) -> None:
        time = self._part.time_of(frame)
        if time is None:
            return
        self.first = time if self.first is None else self.first
        if time >= self._part.ends:
            self.is_over = True
            return
        frame.pts = None
        samples = b"".join(
            bytes(each.planes[0])[: each.samples * self._channels * self._bytes]
            for each in self._resampler.resample(frame)
        )
        if self._part.base is None:
            lasts = Fraction(len(samples), self._channels * self._bytes * self._rate)
            if time + lasts > self._part.begins:
                self._waiting.append((time, samples))
            return
        self._place(time, samples)

    def finish(self) -> None:
        if self._part.base is not None:
            self.flush_waiting()
        self._encode_whole(last=True)
        for packet in self._stream.encode(None):
            self._target.mux(packet)

    def flush_waiting(self) -> None:
        """Write what came before it was known where the part begins."""
        waiting, self._waiting = self._waiting, []
        for time, samples in waiting:
            self._place(time, samples)

    def _place(self, time: Fraction, samples: bytes) -> None:
        if self._waiting:
            self.flush_waiting()
        base = self._part.base
        if base is None:
            return
        width = self._channels * self._bytes
        at = round((time - base) * self._rate)
        most = int((self._part.ends - base) * self._rate)
        if self._taken and abs(at - self._taken) <= _ROUND_S * self._rate:
            at = self._taken
        if at > self._taken:
            if at - self._taken > _MAX_GAP_S * self._rate:
                refuse("the times of its sound leap")
            silence = min(at, most) - self._taken
            self._buffer += bytes(silence * width)
            self._taken += silence
        skipped = self._taken - at
        kept = samples[skipped * width : (most - at) * width] if most > at else b""
        self._buffer += kept
        self._taken += len(kept) // width
        self._encode_whole(last=False)

    def _encode_whole(self, *, last: bool) -> None:
        width = self._channels * self._bytes
        size = self._stream.codec_context.frame_size or 4096
        while len(self._buffer) >= size * width or (last and self._buffer):
            piece = bytes(self._buffer[: size * width])
            del self._buffer[: len(piece)]
            frame = av.AudioFrame(self._format, self._layout, len(piece) // width, align=1)
            frame.planes[0].update(piece)
            frame.sample_rate, frame.time_base = self._rate, Fraction(1, self._rate)
            frame.pts = self.count
            self.count += frame.samples
            for packet in self._stream.encode(frame):
                self._target.mux(packet)


def cut(path: Path, out: Path, from_ms: int, to_ms: int) -> dict[str, Any]:
    """Write the part to `out` and return what it is."""
    with path.open("rb") as file:
        found = formats.sniff(file.read(formats.HEAD_BYTES))
    if not isinstance(found, formats.Format) or not found.demuxer:
        refuse("neither film nor sound")
    asked = Asked(path, found.demuxer, from_ms, to_ms)
    for run_up in _RUN_UPS:
        made = _attempt(asked, out, run_up)
        if made is not None:
            return made
    return refuse("nothing of it is in this range")


class Asked(NamedTuple):
    """Which part of which file."""

    path: Path
    demuxer: str
    from_ms: int
    to_ms: int


def _attempt(asked: Asked, out: Path, run_up: Fraction | None) -> dict[str, Any] | None:
    """Cut, reading from `run_up` before the part (None: from the beginning); None where that
    was too late, or nothing was found."""
    options = {"protocol_whitelist": "file"}
    with av.open(str(asked.path), format=asked.demuxer, options=options) as source:
        pictures = [
            stream
            for stream in source.streams.video
            if not stream.disposition & av.stream.Disposition.attached_pic
        ][:1]
        sounds = list(source.streams.audio)[:_MAX_SOUNDS]
        if not pictures and not sounds:
            refuse("neither picture nor sound")
        if not pictures:
            sounds = sounds[:1]  # a FLAC holds one
        part = Part(Fraction(source.start_time or 0, av.time_base), asked.from_ms, asked.to_ms)
        if not pictures:
            part.base = part.begins
        _seek(source, part, run_up)
        kind = "mp4" if pictures else "flac"
        # bitexact: no encoder's name, version or date.
        to_write = {"fflags": "+bitexact"} | ({"movflags": "+faststart"} if pictures else {})
        with av.open(str(out), "w", format=kind, options=to_write) as target:
            film = [Pictures(stream, target, part) for stream in pictures]
            heard = [Sound(stream, target, part) for stream in sounds]
            takers: list[Pictures | Sound] = [*film, *heard]
            by_index = zip((each.index for each in (*pictures, *sounds)), takers, strict=True)
            _feed(source, dict(by_index))
            for each in takers:
                each.finish()
        first = takers[0].first
        is_late = run_up is not None and (first is None or first > part.begins)
        if is_late or not takers[0].count:
            return None
        rate = None if film else sounds[0].codec_context.sample_rate
    lasts = Fraction(heard[0].count, rate) if rate else part.ends - (part.base or part.begins)
    return {
        "mime": "video/mp4" if pictures else "audio/flac",
        "frames": film[0].count if film else 0,
        "duration_us": int(lasts * 1_000_000),
    }


def _seek(source: Any, part: Part, run_up: Fraction | None) -> None:
    if run_up is None:
        return
    at = part.start + max(Fraction(0), part.begins - run_up)
    source.seek(int(at * av.time_base))


def _feed(source: Any, takers: dict[int, Any]) -> None:
    streams = [stream for stream in source.streams if stream.index in takers]
    for stream in streams:
        if stream.type == "video":
            stream.thread_type = "SLICE"  # a thread for each frame would hold many in memory
    for packet in source.demux(streams):
        for frame in _frames(packet):
            takers[packet.stream.index].take(frame)
        if all(taker.is_over for taker in takers.values()):
            return


def _frames(packet: Any) -> Iterator[Any]:
    try:
        yield from packet.decode()
    except av.InvalidDataError:  # one bad packet; the next may be good
        return


def _turning(source: Any, frame: Any) -> Any:
    """Return a filter that turns pictures as they should be seen, None where they stand."""
    steps = {90: ["transpose=cclock"], 180: ["hflip", "vflip"], 270: ["transpose=clock"]}.get(
        round(frame.rotation) % 360
    )
    if steps is None:
        return None
    graph = av.filter.Graph()
    nodes = [graph.add_buffer(template=source, time_base=source.time_base)]
    for step in steps:
        name, _, value = step.partition("=")
        nodes.append(graph.add(name, value or None))
    nodes.append(graph.add("buffersink"))
    graph.link_nodes(*nodes)
    graph.configure()
    return graph


def _pixel_format(frame: Any) -> str:
    """Return the encoder's format that loses nothing of the frame's colours, or least."""
    known = [each.name for each in av.codec.Codec("libx264", "w").video_formats or ()]
    name = frame.format.name
    is_even = frame.width % 2 == 0 and frame.height % 2 == 0
    if name in known and (is_even or "444" in name):
        return str(name)
    bits = max(component.bits for component in frame.format.components)
    is_full = frame.format.chroma_width(frame.width) == frame.width
    if frame.format.is_rgb or is_full or not is_even:
        chroma = "444"
    elif frame.format.chroma_height(frame.height) == frame.height:
        chroma = "422"
    else:
        chroma = "420"
    return f"yuv{chroma}p{'10le' if bits > 8 else ''}"


def _fraction(value: Any) -> Fraction:
    return Fraction(value.numerator, value.denominator)


if __name__ == "__main__":
    av.logging.set_level(av.logging.PANIC)
    try:
        said = cut(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    except (av.FFmpegError, OSError, ValueError) as error:
        refuse(f"cannot be cut: {error}")
    print(json.dumps(said))  # noqa: T201 - this is its answer
