"""The outline of a sound as one path of an SVG."""

from math import isqrt

WIDTH, HEIGHT = 600, 96


def outline(peaks: bytes) -> str:
    """Return the `d` of a path, 600 by 96, that mirrors the peaks around its middle line. Of
    neighbours that fall together the loudest is kept, as it is heard."""
    step = -(-len(peaks) // WIDTH)
    bars = [max(peaks[at : at + step]) for at in range(0, len(peaks), step)]
    # The root: what is quiet is seen as well, as it is heard as well.
    heights = [max(1, isqrt(bar * 255) * (HEIGHT // 2) // 255) for bar in bars]
    middle, last = HEIGHT // 2, max(1, len(bars) - 1)
    places = [(x * WIDTH // last, height) for x, height in enumerate(heights)]
    over = " ".join(f"{x},{middle - height}" for x, height in places)
    under = " ".join(f"{x},{middle + height}" for x, height in reversed(places))
    return f"M{over} L{under}Z"
