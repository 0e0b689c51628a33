"""How large a picture may be that somebody uploads."""

from typing import Final

from catalog.sandbox_child import refuse

MAX_IMAGE_PIXELS: Final = 100_000_000
_MAX_SIDE: Final = 32_768


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Refuse what has no picture, and what is too large to be decoded."""
    if not (0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE and width * height <= max_pixels):
        refuse("dimensions", width=width, height=height)
