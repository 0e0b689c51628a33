"""A film's shots, its real length and the outline of its sound, found in the sandbox."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog import sandbox

# Processor seconds that a second of 1080p may take; more is no film but a trap.
_CPU_PER_SECOND = 4
_LEAST_CPU_SECONDS = 120
_PIXELS_1080P = 1920 * 1080
_MAX_ANSWER_BYTES = 128 * 2**20


@dataclass(frozen=True)
class Shot:
    """One shot: what is between two changes of picture.

    Times are microseconds since the film's beginning; `end_us` is the first that is not in it.
    `brightness` is 0 to 255, `motion` how far the picture changes in a second (0 is a still, 255
    another picture each second), `loudness_tenths` tenths of dB below full scale (RMS). The last
    two of sound are None in a film without. `thumbnail` is None where no picture was kept.
    """

    start_us: int
    end_us: int
    first_frame: int
    frames: int
    begins_with: str  # start, cut, fade, dissolve
    brightness: int
    motion: int
    loudness_tenths: int | None
    has_speech: bool | None
    thumbnail: Path | None


@dataclass(frozen=True)
class TakenApart:
    """What one reading of a film gave. `peaks` is at most 2,000 bytes, each the loudest moment
    (0 to 255) of an equal piece of `duration_us`; None without sound. `is_whole` is False where the
    data ends before the file says."""

    duration_us: int
    is_whole: bool
    shots: list[Shot]
    peaks: bytes | None


def take_apart(path: Path, folder: Path, *, duration_ms: int, pixels: int) -> TakenApart:
    """Return the shots of the film at `path`, their thumbnails as JPEG files in the empty `folder`.

    `duration_ms` and `pixels` (of a frame, 0 for sound) are what catalog.probe found; they bound
    the time. Raises catalog.sandbox.Refused with a reason for the log.
    """
    size = max(1.0, pixels / _PIXELS_1080P)
    cpu_seconds = _LEAST_CPU_SECONDS + int(duration_ms / 1000 * _CPU_PER_SECOND * size)
    answer: dict[str, Any] = json.loads(
        sandbox.run(
            "catalog.shots.child",
            [str(path.absolute()), str(folder.absolute())],
            cpu_seconds=cpu_seconds,
            wall_seconds=2 * cpu_seconds,
            memory_bytes=3 * 2**30,
            output_limit=_MAX_ANSWER_BYTES,
            reads=[path],
            writes=[folder],
            file_bytes=2**20,
        )
    )
    shots = [
        Shot(**item | {"thumbnail": folder / item["thumbnail"] if item["thumbnail"] else None})
        for item in answer["shots"]
    ]
    peaks = None if answer["peaks"] is None else bytes.fromhex(answer["peaks"])
    return TakenApart(answer["duration_us"], answer["is_whole"], shots, peaks)
