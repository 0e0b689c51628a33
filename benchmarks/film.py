"""Film of any length: the demo's real film, over and over, not encoded anew."""

from fractions import Fraction
from pathlib import Path

import av

from demo.media import film

_BOX_BYTES = 16


def write_film(path: Path, size_bytes: int) -> Path:
    """Write an MP4 of at least this size that ends with a box for `stamp`; return its path."""
    with av.open(str(film())) as source, av.open(str(path), "w", format="mp4") as target:
        tracks = {
            stream.index: target.add_stream_from_template(stream)
            for stream in source.streams
            if stream.type in {"video", "audio"}
        }
        packets = [
            (packet.stream.index, packet, packet.pts, packet.dts, packet.time_base)
            for packet in source.demux(*(source.streams[index] for index in tracks))
            if packet.pts is not None and packet.dts is not None
        ]
        assert source.duration is not None
        length = Fraction(source.duration, av.time_base) + Fraction(1, 10)
        written, repeat = 0, 0
        while written < size_bytes:
            for index, packet, pts, dts, base in packets:
                shift = int(repeat * length / base)
                packet.stream, packet.time_base = tracks[index], base
                packet.pts, packet.dts = pts + shift, dts + shift
                target.mux(packet)
                written += packet.size
            repeat += 1
    with path.open("ab") as file:
        file.write(_BOX_BYTES.to_bytes(4) + b"free" + bytes(8))
    return path


def stamp(path: Path, number: int) -> None:
    """Make the file another one, with another hash, by a number in its last box."""
    with path.open("r+b") as file:
        file.seek(-8, 2)
        file.write(number.to_bytes(8))
