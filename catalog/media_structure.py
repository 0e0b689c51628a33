"""Whether a file is all there, as its container says: sizes must add up. Pure but for reading.

Each check takes the open file and its size and returns whether the file ends where it must.
"""

import struct
from collections.abc import Callable, Iterator
from typing import BinaryIO

from catalog import media_formats as formats

_MAX_PARTS = 100_000
_TAIL_BYTES = 2**16


def is_whole(format_: formats.Format, file: BinaryIO, size: int) -> bool:
    """Return whether the file is complete, as far as its format lets one see without decoding."""
    check = _CHECKS.get(format_.name)
    try:
        return check is None or check(file, size)
    except (struct.error, IndexError):  # a header itself is cut
        return False


def _boxes(file: BinaryIO, size: int) -> bool:
    """ISO base media: boxes fill the file to its last byte; an index and the data are there."""
    boxes = list(_iterate_boxes(file, size))
    kinds = {kind for kind, _ in boxes}
    has_index = not kinds.isdisjoint({b"moov", b"meta", b"moof"})
    return has_index and b"mdat" in kinds and boxes[-1][1] == size


def _iterate_boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int]]:
    """Yield the type and the end of each outermost box."""
    start = 0
    for _ in range(_MAX_PARTS):
        if start >= size:
            return
        file.seek(start)
        length, kind = struct.unpack(">I4s", file.read(8))
        if length == 1:
            (length,) = struct.unpack(">Q", file.read(8))
        elif length == 0:  # to the end of the file
            length = size - start
        if length < 8:
            return
        start += length
        yield kind, start


def _riff(file: BinaryIO, size: int) -> bool:
    """RIFF and IFF: the outer length and each chunk lie inside the file."""
    file.seek(0)
    group, length = file.read(4), file.read(4)
    order = ">" if group == b"FORM" else "<"
    (declared,) = struct.unpack(f"{order}I", length)
    wide = {}
    if group in {b"RF64", b"BW64"}:
        file.seek(12)
        _, _, whole, data = struct.unpack("<4sIQQ", file.read(24))
        declared, wide = whole, {b"data": data}
    return declared + 8 <= size + 1 and _chunks_fit(file, size, order, wide)


def _chunks_fit(file: BinaryIO, size: int, order: str, wide: dict[bytes, int]) -> bool:
    start = 12
    for _ in range(_MAX_PARTS):
        if start + 8 > size:
            return True
        file.seek(start)
        kind, length = struct.unpack(f"{order}4sI", file.read(8))
        if length == 0xFFFFFFFF:
            length = wide.get(kind, length)
        if start + 8 + length > size:
            return False
        start += 8 + length + length % 2
    return False


def _ebml(file: BinaryIO, size: int) -> bool:
    """Matroska and WebM: the segment ends inside the file, or says that its length is unknown."""
    file.seek(4)
    _, header = _vint(file)
    file.seek(header, 1)
    if file.read(4) != b"\x18\x53\x80\x67":
        return False
    width, length = _vint(file)
    is_unknown = length == (1 << 7 * width) - 1
    return is_unknown or file.tell() + length <= size


def _vint(file: BinaryIO) -> tuple[int, int]:
    first = file.read(1)[0]
    width = 9 - first.bit_length()
    if width > 8:
        raise IndexError("no EBML number")
    value = first & ((1 << 8 - width) - 1)
    for byte in file.read(width - 1):
        value = value << 8 | byte
    return width, value


def _ogg(file: BinaryIO, size: int) -> bool:
    """Ogg: the last page is complete and marked as the last of its stream."""
    file.seek(max(0, size - _TAIL_BYTES))
    tail = file.read()
    page = tail.rfind(b"OggS")
    if page < 0:
        return False
    segments = tail[page + 26]
    lengths = tail[page + 27 : page + 27 + segments]
    return bool(tail[page + 5] & 4) and page + 27 + segments + sum(lengths) == len(tail)


def _mpeg_audio(file: BinaryIO, size: int) -> bool:
    """MP3: at least as long as its first frame says, where that frame says anything."""
    start = 0
    file.seek(0)
    head = file.read(10)
    if head.startswith(b"ID3"):
        a, b, c, d = head[6:10]  # seven bits each
        start = 10 + (a << 21 | b << 14 | c << 7 | d)
    file.seek(start)
    frame = file.read(200)
    tag = max(frame.find(b"Xing"), frame.find(b"Info"))
    if tag < 0 or not frame[tag + 7] & 2:  # no tag, or one without the length
        return start < size
    counts_frames = frame[tag + 7] & 1
    (length,) = struct.unpack_from(">I", frame, tag + 8 + 4 * counts_frames)
    return bool(start + length <= size)


def _mxf(file: BinaryIO, size: int) -> bool:
    """MXF: the footer lies where the header says; 0 means that the header does not say."""
    file.seek(16)
    first = file.read(1)[0]
    file.seek(first & 0x7F if first & 0x80 else 0, 1)  # the rest of the length
    *_, footer = struct.unpack(">HHIQQQ", file.read(32))
    return bool(footer + 16 <= size)


def _pdf(file: BinaryIO, size: int) -> bool:
    file.seek(max(0, size - 2048))
    return b"%%EOF" in file.read()


_CHECKS: dict[str, Callable[[BinaryIO, int], bool]] = {
    **dict.fromkeys([formats.MP4.name, formats.QUICKTIME.name, formats.AVIF.name], _boxes),
    **dict.fromkeys([formats.WAV.name, formats.AIFF.name, formats.WEBP.name], _riff),
    **dict.fromkeys([formats.MATROSKA.name, formats.WEBM.name], _ebml),
    formats.OGG.name: _ogg,
    formats.MP3.name: _mpeg_audio,
    formats.MXF.name: _mxf,
    formats.PDF.name: _pdf,
}
