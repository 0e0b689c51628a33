"""A small file of every type that carries its manifest inside, made on the spot."""

import io
import wave
from collections.abc import Callable, Mapping
from fractions import Fraction

import av
from PIL import Image

from tests.provenance.film import bunny

_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><rect width="4"/></svg>'


def _image(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), "#345").save(buffer, kind)
    return buffer.getvalue()


def _heif(brand: bytes) -> bytes:
    """A picture in the container that HEIC and AVIF share; only the name in it is another."""
    avif = _image("avif")
    return avif[:8] + brand + avif[12:]


def _sound() -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        out.writeframes(bytes(8000))
    return buffer.getvalue()


def _coded_sound(container: str, codec: str) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as out:
        stream = out.add_stream(codec, rate=44_100)
        layout = "s16" if codec == "flac" else "fltp"
        for at in range(20):
            frame = av.AudioFrame(format=layout, layout="mono", samples=1024)
            frame.sample_rate, frame.pts = 44_100, at * 1024
            frame.time_base = Fraction(1, 44_100)
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return buffer.getvalue()


def fragments() -> bytes:
    """A film of fragments, with the index that stands at the end of such a one."""
    return _film("mp4", movflags="frag_keyframe+empty_moov")


def smooth() -> bytes:
    """A film for smooth streaming, too short for a fragment: its index is empty."""
    return _film("mp4", movflags="isml+frag_keyframe")


def _film(container: str, **options: str) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container, options=options) as out:
        stream = out.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(5):
            out.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        out.mux(stream.encode(None))
    return buffer.getvalue()


MADE: Mapping[str, Callable[[], bytes]] = {
    "application/pdf": lambda: _image("pdf"),
    "audio/flac": lambda: _coded_sound("flac", "flac"),
    "audio/mp4": lambda: _coded_sound("ipod", "aac"),
    "audio/mpeg": lambda: _coded_sound("mp3", "mp3"),
    "audio/wav": _sound,
    "image/avif": lambda: _image("avif"),
    "image/gif": lambda: _image("gif"),
    "image/heic": lambda: _heif(b"heic"),
    "image/heif": lambda: _heif(b"mif1"),
    "image/jpeg": lambda: _image("jpeg"),
    "image/png": lambda: _image("png"),
    "image/svg+xml": lambda: _SVG,
    "image/tiff": lambda: _image("tiff"),
    "image/webp": lambda: _image("webp"),
    "video/avi": lambda: _film("avi"),
    "video/mp4": lambda: bunny().read_bytes(),
    "video/quicktime": lambda: _film("mov"),
}
