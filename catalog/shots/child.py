"""Takes a hostile film apart into shots, in one reading; inside catalog.sandbox only.

    python -m catalog.shots.child PATH FOLDER

Writes a thumbnail for each shot into FOLDER (`0.jpg`, `1.jpg` …) and answers with JSON: the shots,
how long the film really is, and the outline of its sound. A file with sound alone has no shots.
"""

import json
import sys
from array import array
from bisect import bisect_left
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from PIL import Image

from catalog import media_formats as formats
from catalog.sandbox_child import refuse
from catalog.shots.boundaries import LINES, LUMA_LINES, WIDTH, Boundaries
from catalog.shots.sound import SAMPLE_RATE_HZ, Sound

THUMBNAIL_SIDE = 320
_THUMBNAIL_EVERY_US = 1_000_000
_AFTER_CHANGE_FRAMES = 3  # past the mixed frames of a careless cut
_CHANGE = 9.0
_SECOND_US = 1_000_000
# Frames of more pixels are decoded in slices: a thread for each frame holds many in memory.
_LARGE_PIXELS = 2560 * 1600
# A hole in the sound's times that is filled with silence; a larger one is a lie.
_MAX_GAP_US = 3600 * _SECOND_US


class Film:
    """Everything that one pass collects."""

    def __init__(self, folder: Path) -> None:
        self.boundaries = Boundaries()
        self.sound = Sound()
        self.times = array("q")  # of each frame
        self.end_us = 0
        self._folder = folder
        self._kept: list[int] = []  # frames that there is a picture of
        self._wanted = 0

    def take_frame(self, frame: Any, time_us: int, length_us: int) -> None:
        """Take a frame; one that does not come after the last is none."""
        if self.times and time_us <= self.times[-1]:
            return
        number = len(self.times)
        self.times.append(time_us)
        self.end_us = time_us + length_us
        self.boundaries.add(_tiny(frame))
        if self.boundaries.change[-1] >= _CHANGE:
            self._wanted = (
                min(self._wanted, number) if number == 0 else number + _AFTER_CHANGE_FRAMES
            )
        since = time_us - self.times[self._kept[-1]] if self._kept else _THUMBNAIL_EVERY_US
        if number == self._wanted or since >= _THUMBNAIL_EVERY_US:
            _thumbnail(frame).save(self._folder / f"{number}.frame", "JPEG", quality=80)
            self._kept.append(number)

    def shots(self) -> list[dict[str, Any]]:
        """Return the shots in order and leave a thumbnail of each."""
        if not self.times:
            return []
        begins = [(0, "start"), *self.boundaries.finish()]
        ends = [*(frame for frame, _ in begins[1:]), len(self.times)]
        shots = [
            self._shot(number, first, end, kind)
            for number, ((first, kind), end) in enumerate(zip(begins, ends, strict=True))
        ]
        for left in self._folder.glob("*.frame"):
            left.unlink()
        return shots

    def _shot(self, number: int, first: int, end: int, kind: str) -> dict[str, Any]:
        start_us = self.times[first]
        end_us = self.times[end] if end < len(self.times) else self.end_us
        luma, change = self.boundaries.luma[first:end], self.boundaries.change[first + 1 : end]
        heard = self.sound.between(start_us, end_us) if self.sound.length_us else None
        return {
            "start_us": start_us,
            "end_us": end_us,
            "first_frame": first,
            "frames": end - first,
            "begins_with": kind,
            "brightness": round(sum(luma) / len(luma)),
            "motion": round(sum(change) * _SECOND_US / max(1, end_us - start_us)),
            "loudness_tenths": heard.loudness_tenths if heard else None,
            "has_speech": heard.has_speech if heard else None,
            "thumbnail": self._choose(number, first, end),
        }

    def _choose(self, number: int, first: int, end: int) -> str | None:
        """Make the picture nearest to the shot's first third its thumbnail."""
        inside = self._kept[bisect_left(self._kept, first) : bisect_left(self._kept, end)]
        if not inside:
            return None
        best = min(inside, key=lambda frame: abs(3 * (frame - first) - (end - first)))
        (self._folder / f"{best}.frame").replace(self._folder / f"{number}.jpg")
        return f"{number}.jpg"


def take_apart(path: Path, folder: Path) -> dict[str, Any]:
    """Read the whole file once and return what is in it."""
    with path.open("rb") as file:
        found = formats.sniff(file.read(formats.HEAD_BYTES))
    if not isinstance(found, formats.Format) or not found.demuxer:
        refuse("neither film nor sound")
    film = Film(folder)
    with av.open(
        str(path), format=found.demuxer, options={"protocol_whitelist": "file"}
    ) as container:
        is_whole = _read(container, film)
    if not film.times and not film.sound.length_us:
        refuse("nothing in it can be decoded")
    return {
        "duration_us": max(film.end_us, film.sound.length_us),
        "is_whole": is_whole,
        "shots": film.shots(),
        "peaks": film.sound.peaks().hex() if film.sound.length_us else None,
    }


def _read(container: Any, film: Film) -> bool:
    """Hand every frame and sample to `film`; return whether the data ended as it should."""
    pictures = [
        stream
        for stream in container.streams.video
        if not stream.disposition & av.stream.Disposition.attached_pic
    ][:1]
    sounds = list(container.streams.audio)[:1]
    if not pictures and not sounds:
        refuse("neither picture nor sound")
    for stream in pictures:
        pixels = stream.codec_context.width * stream.codec_context.height
        stream.thread_type = "SLICE" if pixels > _LARGE_PIXELS else "FRAME"
        stream.codec_context.thread_count = 2
    # A container's own start: the first of its streams, so that sound and picture stay together.
    start = Fraction(container.start_time or 0, av.time_base)
    takers: dict[int, _PictureTaker | _SoundTaker] = {
        stream.index: _PictureTaker(stream, film, start) for stream in pictures
    } | {stream.index: _SoundTaker(film, start) for stream in sounds}
    try:
        for packet in container.demux([*pictures, *sounds]):
            try:
                frames = packet.decode()
            except av.InvalidDataError:  # one bad packet; the next may be good
                continue
            for frame in frames:
                takers[packet.stream.index].take(frame)
        for taker in takers.values():
            taker.finish()
    except av.FFmpegError:
        return False
    declared = int(Fraction(container.duration or 0, av.time_base) * _SECOND_US)
    found = max(film.end_us, film.sound.length_us)
    return found >= declared - max(_SECOND_US, declared // 200)


class _PictureTaker:
    def __init__(self, stream: Any, film: Film, start: Fraction) -> None:
        rate = stream.average_rate or stream.guessed_rate
        self._usual_us = round(_SECOND_US / rate) if rate else _SECOND_US // 25
        self._film, self._start = film, start

    def take(self, frame: Any) -> None:
        time_us = self._film.end_us if frame.pts is None else _time_us(frame, self._start)
        length = frame.duration * _fraction(frame.time_base) * _SECOND_US if frame.duration else 0
        # A length in the header is a claim, too: no frame stands longer than a second here.
        length_us = round(length) if 0 < length <= _SECOND_US else self._usual_us
        if time_us >= 0:
            self._film.take_frame(frame, time_us, length_us)

    def finish(self) -> None:
        """Nothing is held back."""


class _SoundTaker:
    def __init__(self, film: Film, start: Fraction) -> None:
        self._film, self._start = film, start
        self._resampler = av.AudioResampler("s16", "mono", SAMPLE_RATE_HZ)

    def take(self, frame: Any) -> None:
        sound = self._film.sound
        if frame.pts is not None:
            gap = _time_us(frame, self._start) - sound.length_us
            if _SECOND_US // 10 < gap < _MAX_GAP_US:
                sound.silence_until(sound.length_us + gap)
        frame.pts = None  # the resampler would fill or refuse what does not follow
        self._resample(frame)

    def finish(self) -> None:
        """Take what the resampler held back."""
        self._resample(None)

    def _resample(self, frame: Any) -> None:
        for resampled in self._resampler.resample(frame):
            samples = array("h")
            samples.frombytes(bytes(resampled.planes[0])[: resampled.samples * 2])
            self._film.sound.add(samples)


def _time_us(frame: Any, start: Fraction) -> int:
    since_start: Fraction = frame.pts * _fraction(frame.time_base) - start
    return round(since_start * _SECOND_US)


def _fraction(value: Any) -> Fraction:
    return Fraction(value.numerator, value.denominator)


def _tiny(frame: Any) -> Image.Image:
    """Return the picture as catalog.shots.boundaries wants it."""
    small = frame.reformat(WIDTH, LUMA_LINES, "yuv420p", interpolation="FAST_BILINEAR")
    tiny = Image.new("L", (WIDTH, LINES))
    half = WIDTH // 2, LUMA_LINES // 2
    places = [(0, 0), (0, LUMA_LINES), (half[0], LUMA_LINES)]
    for plane, place, size in zip(
        small.planes, places, [(WIDTH, LUMA_LINES), half, half], strict=True
    ):
        part = Image.frombuffer("L", size, bytes(plane), "raw", "L", plane.line_size, 1)
        tiny.paste(part, place)
    return tiny


def _thumbnail(frame: Any) -> Image.Image:
    """Return the frame with square pixels, upright, small, without anything but pixels."""
    aspect = frame.sample_aspect_ratio if hasattr(frame, "sample_aspect_ratio") else None
    width = frame.width * (_fraction(aspect) if aspect else 1)
    scale = min(Fraction(1), Fraction(THUMBNAIL_SIDE) / max(width, frame.height))
    size = max(2, round(width * scale)), max(2, round(frame.height * scale))
    image: Image.Image = frame.to_image(width=size[0], height=size[1])
    return image.rotate(frame.rotation, expand=True) if frame.rotation else image


if __name__ == "__main__":
    av.logging.set_level(av.logging.PANIC)
    try:
        sys.stdout.write(json.dumps(take_apart(Path(sys.argv[1]), Path(sys.argv[2]))))
    except (av.FFmpegError, OSError, SyntaxError) as error:
        refuse(f"cannot be decoded: {error}")
