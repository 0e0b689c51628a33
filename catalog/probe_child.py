"""Examines one hostile file; runs inside catalog.sandbox only.

    python -m catalog.probe_child PATH FILENAME

Writes the facts as JSON, or refuses with one of the reasons that catalog.probe puts into words.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from catalog import media_formats as formats
from catalog.media_structure import is_whole
from catalog.probe_limits import MAX_IMAGE_PIXELS, check_size
from catalog.sandbox_child import refuse

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
    # What reads films and pictures takes longer to load than most files to read: only when needed.
    if found.demuxer:
        from catalog.probe_film import examine_film

        facts.update(examine_film(path, found))
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
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # our own limit stands below, before anything is decoded
    try:
        with Image.open(path, formats=[found.name]) as image:
            width, height = image.size
            check_size(width, height, MAX_IMAGE_PIXELS)
            image.load()
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        refuse("truncated" if "truncated" in str(error) else "broken")
    return {"width": width, "height": height}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(examine(Path(sys.argv[1]), sys.argv[2])))
