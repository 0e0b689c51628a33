"""Pictures that can be told apart, drawn on the spot."""

import io
from random import Random

from PIL import Image, ImageDraw, ImageFilter

SIZE = (480, 320)


def drawn(seed: int) -> Image.Image:
    """A picture of shapes on a background that no other seed gives."""
    rng = Random(seed)
    picture = Image.new("RGB", SIZE, tuple(rng.randrange(256) for _ in range(3)))
    draw = ImageDraw.Draw(picture)
    for _ in range(24):
        x, y = rng.randrange(SIZE[0]), rng.randrange(SIZE[1])
        box = (x, y, x + rng.randrange(20, 220), y + rng.randrange(20, 160))
        colour = tuple(rng.randrange(256) for _ in range(3))
        (draw.ellipse if rng.random() < 0.5 else draw.rectangle)(box, fill=colour)
    return picture.filter(ImageFilter.GaussianBlur(1))


def jpeg(picture: Image.Image, quality: int = 90) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()
