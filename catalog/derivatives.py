"""Small pictures and clips of a file, for pages. Made in the sandbox, without any metadata.

Each function writes `out` whole or not at all and raises catalog.sandbox.Refused with a reason
(for the log) when the file yields no such thing.
"""

import tempfile
from pathlib import Path

from catalog import sandbox


def poster(path: Path, out: Path) -> None:
    """Write a telling frame of the film, or the still image itself, as a JPEG of at most
    1280 pixels a side."""
    _make("poster", path, out)


def preview(path: Path, out: Path) -> None:
    """Write at most 6 seconds as MP4 that plays while it loads: H.264 of at most 480 lines and
    AAC stereo for a film, AAC alone for sound."""
    _make("preview", path, out)


def contact_sheet(path: Path, out: Path) -> None:
    """Write 12 frames of the film, 4 in a row, in their order, as one JPEG of 1280 pixels; fewer of
    one that has not as many."""
    _make("contact_sheet", path, out)


def _make(what: str, path: Path, out: Path) -> None:
    # Beside its place, so that the finished file is renamed into it.
    with tempfile.TemporaryDirectory(prefix="making-", dir=out.absolute().parent) as folder:
        draft = Path(folder) / f"draft{out.suffix}"
        sandbox.run(
            "catalog.derivatives_child",
            [what, str(path.absolute()), str(draft)],
            cpu_seconds=120,
            wall_seconds=240,
            memory_bytes=2 * 2**30,
            reads=[path],
            writes=[Path(folder)],
            file_bytes=64 * 2**20,
        )
        draft.replace(out)
