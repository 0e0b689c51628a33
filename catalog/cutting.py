"""Cutting a part out of a film or sound, to the frame and to the sample, in the sandbox."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from catalog import sandbox

# Processor seconds that a second of 1080p may take to encode, and to find on the way there.
_CPU_PER_SECOND = 40
_LEAST_CPU_SECONDS = 240
_PIXELS_1080P = 1920 * 1080
_BYTES_PER_SECOND = 60 * 2**20
_LEAST_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Cut:
    """What was cut: its media type, its frames (0: sound alone) and how long it lasts."""

    mime: str
    frames: int
    duration_us: int


def cut(path: Path, out: Path, *, from_ms: int, to_ms: int, pixels: int) -> Cut:
    """Write what lies in [from_ms, to_ms) of the film or sound at `path` to `out`, whole or not
    at all; nothing before or after it goes in.

    A film becomes an MP4 with H.264 of high quality and lossless sound, a sound a FLAC. `pixels`
    are those of a frame, 0 for sound; they bound the time. Raises catalog.sandbox.Refused with a
    reason for the log.
    """
    seconds = (to_ms - from_ms) // 1000 + 1
    size = max(1.0, pixels / _PIXELS_1080P)
    cpu_seconds = _LEAST_CPU_SECONDS + int(seconds * _CPU_PER_SECOND * size)
    # Beside its place, so that the finished file is renamed into it.
    with tempfile.TemporaryDirectory(prefix="cutting-", dir=out.absolute().parent) as folder:
        draft = Path(folder) / "draft"
        answer = json.loads(
            sandbox.run(
                "catalog.cutting_child",
                [str(path.absolute()), str(draft), str(from_ms), str(to_ms)],
                cpu_seconds=cpu_seconds,
                wall_seconds=3 * cpu_seconds,
                memory_bytes=4 * 2**30,
                reads=[path],
                writes=[Path(folder)],
                file_bytes=_LEAST_BYTES + seconds * _BYTES_PER_SECOND,
            )
        )
        draft.replace(out)
    return Cut(**answer)
