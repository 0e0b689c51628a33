"""Makes a poster, a preview or a contact sheet of one hostile file; inside catalog.sandbox only.

python -m catalog.derivatives_child poster|preview|contact_sheet PATH OUT
"""

import sys
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
from PIL import Image, ImageOps, ImageStat

from catalog import media_formats as formats
from catalog.preview_clip import write_clip
from catalog.probe_limits import MAX_IMAGE_PIXELS
from catalog.sandbox_child import refuse

POSTER_SIDE = 1280
POSTER_CANDIDATES, POSTER_ENOUGH = 10, 3
SHEET_FRAMES, SHEET_COLUMNS, SHEET_CELL_WIDTH = 12, 4, 320
# So many frames are decoded at most between a key frame and the moment asked for.
_MAX_TO_MOMENT = 48
_JPEG: dict[str, Any] = {"format": "JPEG", "quality": 85, "optimize": True, "progressive": True}


def poster(path: Path, out: Path) -> None:
    """Write the still, or the frame with the most to see, as a JPEG."""
    found = _format(path)
    if found.kind == "image":
        picture = _still(path, found)
    else:
        with _open(path, found) as container:
            frames = list(_sample(container, POSTER_CANDIDATES, POSTER_SIDE, 1))
            if len(frames) < POSTER_ENOUGH:  # a short film with few key frames
                frames = list(_sample(container, POSTER_CANDIDATES, POSTER_SIDE, _MAX_TO_MOMENT))
        picture = max(frames, key=_interest)
    _save(picture, out)


def contact_sheet(path: Path, out: Path) -> None:
    """Write frames spread over the film as one JPEG, in whole rows: of a film with few frames there
    are fewer, and no place is left empty."""
    with _open(path, _format(path)) as container:
        frames = list(_sample(container, SHEET_FRAMES, SHEET_CELL_WIDTH, _MAX_TO_MOMENT))
    columns = min(SHEET_COLUMNS, len(frames))
    rows = len(frames) // columns
    shown = [frames[place * len(frames) // (rows * columns)] for place in range(rows * columns)]
    width, height = frames[0].size
    sheet = Image.new("RGB", (width * columns, height * rows))
    for number, frame in enumerate(shown):
        row, column = divmod(number, columns)
        sheet.paste(frame, (column * width, row * height))
    _save(sheet, out)


def preview(path: Path, out: Path) -> None:
    """Write a short MP4 from the first third of the film or sound."""
    with _open(path, _format(path)) as container:
        write_clip(container, out)


def _format(path: Path) -> formats.Format:
    with path.open("rb") as file:
        found = formats.sniff(file.read(formats.HEAD_BYTES))
    if not isinstance(found, formats.Format) or found.kind == "text":
        refuse("neither film, sound nor picture")
    return found


def _open(path: Path, found: formats.Format) -> Any:
    if not found.demuxer:
        refuse("neither film nor sound")
    container = av.open(str(path), format=found.demuxer, options={"protocol_whitelist": "file"})
    for stream in container.streams.video:
        stream.thread_type = "SLICE"  # a thread for each frame would hold many in memory
    return container


def _still(path: Path, found: formats.Format) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = None  # our own limit follows
    with Image.open(path, formats=[found.name]) as image:
        if image.width * image.height > MAX_IMAGE_PIXELS:
            refuse("too many pixels")
        image.draft("RGB", (POSTER_SIDE, POSTER_SIDE))  # a JPEG is decoded small at once
        image.thumbnail((POSTER_SIDE, POSTER_SIDE))
        upright = ImageOps.exif_transpose(image)
        if upright.mode in {"RGBA", "LA", "PA", "P"}:
            white = Image.new("RGBA", upright.size, "white")
            return Image.alpha_composite(white, upright.convert("RGBA")).convert("RGB")
        return upright.convert("RGB")


def _sample(container: Any, count: int, side: int, reach: int) -> Iterator[Image.Image]:
    """Yield `count` frames spread over the film, never none; fewer where several moments have
    the same key frame and it takes more than `reach` frames to get from it to the moment."""
    if not container.streams.video:
        refuse("no picture")
    stream = container.streams.video[0]
    duration = container.duration or 0
    start = container.start_time or 0
    seen: set[int | None] = set()
    for number in range(count):
        moment = start + duration * (2 * number + 1) // (2 * count)
        container.seek(moment)
        frame = _frame_at(container, stream, Fraction(moment, av.time_base), reach)
        if frame is not None and frame.pts not in seen:
            seen.add(frame.pts)
            yield _upright(frame, side)
    if not seen:
        container.seek(start)
        frame = next(container.decode(stream), None)
        if frame is None:
            refuse("no frame can be decoded")
        yield _upright(frame, side)


def _frame_at(container: Any, stream: Any, seconds: Fraction, reach: int) -> Any:
    """Return the frame at `seconds`, or one a little earlier where the last key frame is far."""
    last = None
    for frame in islice(container.decode(stream), reach):
        last = frame
        base = Fraction(frame.time_base.numerator, frame.time_base.denominator)
        if frame.pts is None or frame.pts * base >= seconds:
            break
    return last


def _upright(frame: Any, side: int) -> Image.Image:
    """Return the frame with square pixels, turned as it should be seen, at most `side` wide."""
    aspect = frame.sample_aspect_ratio if hasattr(frame, "sample_aspect_ratio") else None
    stretch = Fraction(aspect.numerator, aspect.denominator) if aspect else Fraction(1)
    width, height = frame.width * stretch, Fraction(frame.height)
    scale = min(Fraction(1), side / max(width, height))
    size = max(2, round(width * scale)), max(2, round(height * scale))
    image: Image.Image = frame.to_image(width=size[0], height=size[1])
    return image.rotate(frame.rotation, expand=True) if frame.rotation else image


def _interest(picture: Image.Image) -> float:
    """Rate how much there is to see: black, white and flat frames rate lowest."""
    gray = picture.convert("L").resize((64, 36))
    return float(gray.entropy() + ImageStat.Stat(gray).stddev[0] / 16)


def _save(picture: Image.Image, out: Path) -> None:
    # A new image of the pixels alone: whatever else the source carried stays behind.
    clean = Image.frombytes("RGB", picture.size, picture.convert("RGB").tobytes())
    clean.save(out, **_JPEG)


_ACTIONS = {"poster": poster, "preview": preview, "contact_sheet": contact_sheet}

if __name__ == "__main__":
    av.logging.set_level(av.logging.PANIC)
    try:
        _ACTIONS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
    except (av.FFmpegError, OSError, SyntaxError) as error:
        refuse(f"cannot be decoded: {error}")
