"""A film of 1080p taken apart into shots, in the sandbox, thumbnails and all.

    python -m benchmarks.catalogue.shots [SECONDS]

The film is the demo's real film, enlarged, encoded once and muxed over and over; its cuts are
known, and all must be found. Beside it stands PyAV alone, which decodes the same and does nothing.
"""

import resource
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from benchmarks.__main__ import machine
from benchmarks.measure import Finding, table
from catalog.shots.finding import take_apart
from demo.media import film

SECONDS = 600
LEAST_TIMES_REAL = 5
RATE = 24
WIDTH, HEIGHT = 1920, 1080
# Of the crossing with bicycles, frame by frame: where its own cuts are.
BICYCLE_CUTS = (30, 76, 137, 187, 242)
BICYCLES, RABBIT = 250, 120
ROUNDS = 3


def main(seconds: int = SECONDS) -> None:
    """Make the film in a folder that is gone afterwards, measure, print."""
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as name:
        folder = Path(name)
        once = _encode(folder / "once.mp4")
        path, cuts = _repeat(once, folder / "film.mp4", seconds)
        print(table(f"{seconds} s of 1080p taken apart", measure(path, cuts, folder)), flush=True)


def measure(path: Path, cuts: list[int], folder: Path) -> list[Finding]:
    """Return the rates, by turns, and whether the cuts were found."""
    alone, ours = [], []
    at_first = _processor_seconds()
    begins: list[int] = []
    for number in range(ROUNDS):
        start = time.perf_counter()
        length_us = _decode(path)
        alone.append(time.perf_counter() - start)
        out = folder / f"thumbnails-{number}"
        out.mkdir()
        start = time.perf_counter()
        found = take_apart(path, out, duration_ms=length_us // 1000, pixels=WIDTH * HEIGHT)
        ours.append(time.perf_counter() - start)
        begins = [shot.first_frame for shot in found.shots[1:]]
    mine, children = (
        after - before for after, before in zip(_processor_seconds(), at_first, strict=True)
    )
    seconds = length_us / 1_000_000
    times_real = seconds / sorted(ours)[ROUNDS // 2]
    hit = len(set(begins) & set(cuts))
    return [
        Finding(
            "taken apart, times real time",
            f"{times_real:.1f}x",
            f"at least {LEAST_TIMES_REAL}x",
            times_real >= LEAST_TIMES_REAL,
        ),
        Finding("decoded by PyAV alone", f"{seconds / sorted(alone)[ROUNDS // 2]:.1f}x"),
        # What a busy machine does not change much.
        Finding(
            "processor: a second of film takes, and PyAV alone",
            f"{children / ROUNDS / seconds:.3f} s, {mine / ROUNDS / seconds:.3f} s",
        ),
        Finding(
            "cuts found, exact to the frame",
            f"{hit} of {len(cuts)}, {len(begins) - hit} others",
            "all, no other",
            hit == len(cuts) == len(begins),
        ),
    ]


def _decode(path: Path) -> int:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "FRAME"
        stream.codec_context.thread_count = 2
        for _ in container.decode(stream):
            pass
        return int(container.duration or 0)


def _processor_seconds() -> tuple[float, float]:
    """Return what this process has used, and what its children have."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    mine, children = (usage.ru_utime + usage.ru_stime for usage in usages)
    return mine, children


def _encode(path: Path) -> Path:
    with av.open(str(path), "w") as target:
        stream: Any = target.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"preset": "veryfast"}
        number = 0
        for name, count in (("bikes.mp4", BICYCLES), ("bigbuckbunny.mp4", RABBIT)):
            with av.open(str(film(name))) as source:
                for frame in list(source.decode(video=0))[:count]:
                    large: Any = frame.reformat(WIDTH, HEIGHT, "yuv420p")
                    large.pts, large.time_base = number, Fraction(1, RATE)
                    large.pict_type = av.video.frame.PictureType.NONE
                    target.mux(stream.encode(large))
                    number += 1
        target.mux(stream.encode(None))
    return path


def _repeat(once: Path, path: Path, seconds: int) -> tuple[Path, list[int]]:
    length = BICYCLES + RABBIT
    repeats = -(-seconds * RATE // length)
    with av.open(str(once)) as source, av.open(str(path), "w") as target:
        track = source.streams.video[0]
        stream = target.add_stream_from_template(track)
        packets = [
            (packet, packet.pts, packet.dts)
            for packet in source.demux(track)
            if packet.pts is not None and packet.dts is not None
        ]
        assert track.time_base is not None
        shift = int(Fraction(length, RATE) / track.time_base)
        for repeat in range(repeats):
            for packet, pts, dts in packets:
                packet.stream = stream
                packet.pts, packet.dts = pts + repeat * shift, dts + repeat * shift
                target.mux(packet)
    inside = [*BICYCLE_CUTS, BICYCLES, length]
    cuts = [repeat * length + cut for repeat in range(repeats) for cut in inside]
    return path, cuts[:-1]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
