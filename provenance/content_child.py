"""Reckons the content codes (ISCC, ISO 24138) of one hostile file; inside catalog.sandbox only.

python -m provenance.content_child PATH MEDIA_TYPE

Every file has a code of its data, near for files that share most of their bytes, and one of the
instance, which is exact. Pictures and texts have a third, of what people see or read. Sound and
film would need decoders that we do not carry.
"""

import json
import sys
import warnings
from pathlib import Path
from typing import Final

import iscc_lib
from PIL import Image, ImageChops, ImageOps, ImageStat

from catalog.probe_limits import MAX_IMAGE_PIXELS

_BITS: Final = 256
_SIDE: Final = 32
_TEXT_BYTES_MAX: Final = 8 * 2**20
# Shorter texts and flatter pictures are like many others.
_TEXT_LETTERS_MIN: Final = 300
_CONTRAST_MIN: Final = 8.0
_UNIFORM: Final = 16
_LOOK: Final = 128
_SET_BITS: Final = range(_BITS // 4, 3 * _BITS // 4 + 1)
# What is no picture though Pillow reads it, and what Pillow would hand to another program.
_PICTURES: Final = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "AVIF", "BMP")


def units(path: Path, mime: str) -> dict[str, str]:
    """Return the digest of each unit of the file's code, hex."""
    found = _of_bytes(path)
    if mime.startswith("text/") or mime in {"application/x-subrip", "application/ttml+xml"}:
        content = ("text", _of_text(path))
    else:
        content = ("image", _of_picture(path))
    name, code = content
    return {**found, **({name: code} if code else {})}


def _of_bytes(path: Path) -> dict[str, str]:
    data, instance = iscc_lib.DataHasher(), iscc_lib.InstanceHasher()
    with path.open("rb") as file:
        while part := file.read(2**20):
            data.update(part)
            instance.update(part)
    codes = {"data": data.finalize(_BITS).iscc, "instance": instance.finalize(_BITS).iscc}
    return {name: _digest(code) for name, code in codes.items()}


def _of_text(path: Path) -> str:
    if path.stat().st_size > _TEXT_BYTES_MAX:
        return ""
    text = path.read_bytes().decode(errors="replace")
    result = iscc_lib.gen_text_code_v0(text, _BITS)
    return _digest(result.iscc) if result.characters >= _TEXT_LETTERS_MIN else ""


def _of_picture(path: Path) -> str:
    """Return the code of the picture as the standard prepares it: upright, on white, without its
    uniform border, 32 by 32 greys. "" for what is no picture or has too little to see."""
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = MAX_IMAGE_PIXELS
    try:
        with Image.open(path, formats=_PICTURES) as opened:
            if opened.width * opened.height > MAX_IMAGE_PIXELS:
                return ""
            opened.draft("RGB", (1024, 1024))  # a JPEG need not be decoded at its full size
            picture = ImageOps.exif_transpose(opened).convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return ""
    white = Image.new("RGBA", picture.size, "white")
    flat = Image.alpha_composite(white, picture).convert("L")
    grey = _without_border(flat).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
    if ImageStat.Stat(grey).stddev[0] < _CONTRAST_MIN:
        return ""
    digest = _digest(iscc_lib.gen_image_code_v0(grey.tobytes(), _BITS).iscc)
    return digest if int(digest, 16).bit_count() in _SET_BITS else ""


def _without_border(picture: Image.Image) -> Image.Image:
    """Return a grey picture without bars around it: seen small, where compression shows less."""
    small = picture.resize((_LOOK, _LOOK), Image.Resampling.BOX)
    background = Image.new("L", small.size, small.getpixel((0, 0)))
    difference = ImageChops.difference(small, background)
    box = difference.point(lambda grey: 255 * (grey > _UNIFORM)).getbbox()
    if box is None:
        return picture
    width, height = picture.width / _LOOK, picture.height / _LOOK
    return picture.crop(
        (int(box[0] * width), int(box[1] * height), int(box[2] * width), int(box[3] * height))
    )


def _digest(code: str) -> str:
    *_header, digest = iscc_lib.iscc_decode(code)
    return bytes(digest).hex()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(units(Path(sys.argv[1]), sys.argv[2])))
