"""Which files are accepted, told apart by their content. Pure.

The name's ending must agree with the content, but never decides what a file is.
"""

from dataclasses import dataclass
from typing import Literal

type Kind = Literal["video", "audio", "image", "text"]

HEAD_BYTES = 4096


@dataclass(frozen=True)
class Format:
    """An accepted format. `demuxer` is libav's name where libav reads it; `audio_mime` is the
    type of a file of this format that has sound only."""

    name: str
    mime: str
    endings: tuple[str, ...]
    kind: Kind
    demuxer: str = ""
    audio_mime: str = ""


MP4 = Format("MP4", "video/mp4", ("mp4", "m4v", "m4a"), "video", "mp4", "audio/mp4")
QUICKTIME = Format("QuickTime", "video/quicktime", ("mov", "qt"), "video", "mov", "audio/mp4")
MATROSKA = Format(
    "Matroska", "video/matroska", ("mkv", "mka"), "video", "matroska", "audio/matroska"
)
WEBM = Format("WebM", "video/webm", ("webm",), "video", "webm", "audio/webm")
MXF = Format("MXF", "application/mxf", ("mxf",), "video", "mxf", "application/mxf")
WAV = Format("WAV", "audio/wav", ("wav", "wave", "bwf"), "audio", "wav", "audio/wav")
AIFF = Format("AIFF", "audio/aiff", ("aif", "aiff", "aifc"), "audio", "aiff", "audio/aiff")
FLAC = Format("FLAC", "audio/flac", ("flac",), "audio", "flac", "audio/flac")
OGG = Format("Ogg", "audio/ogg", ("ogg", "oga", "opus"), "audio", "ogg", "audio/ogg")
MP3 = Format("MP3", "audio/mpeg", ("mp3",), "audio", "mp3", "audio/mpeg")
JPEG = Format("JPEG", "image/jpeg", ("jpg", "jpeg"), "image")
PNG = Format("PNG", "image/png", ("png",), "image")
TIFF = Format("TIFF", "image/tiff", ("tif", "tiff"), "image")
WEBP = Format("WebP", "image/webp", ("webp",), "image")
AVIF = Format("AVIF", "image/avif", ("avif",), "image")
PDF = Format("PDF", "application/pdf", ("pdf",), "text")
SUBRIP = Format("SubRip", "application/x-subrip", ("srt",), "text")
WEBVTT = Format("WebVTT", "text/vtt", ("vtt",), "text")
JSON = Format("JSON", "application/json", ("json",), "text")
PLAIN = Format("Plain text", "text/plain", ("txt", "fountain", "md"), "text")

TEXTS = (SUBRIP, WEBVTT, JSON, PLAIN)
FORMATS = (
    *(MP4, QUICKTIME, MATROSKA, WEBM, MXF),
    *(WAV, AIFF, FLAC, OGG, MP3),
    *(JPEG, PNG, TIFF, WEBP, AVIF),
    *(PDF, *TEXTS),
)
ACCEPTED_ENDINGS = tuple(ending for format_ in FORMATS for ending in format_.endings)

_ARCHIVES = (
    b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00",
    b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x28\xb5\x2f\xfd", b"MSCF", b"LZIP", b"\x1f\x9d",
)  # fmt: skip
_PROGRAMS = (
    b"MZ", b"\x7fELF", b"#!", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\x00asm", b"!<arch>\n",
)  # fmt: skip
_STARTS = (
    (b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02", MXF),
    (b"fLaC", FLAC),
    (b"OggS", OGG),
    (b"ID3", MP3),
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"II*\x00", TIFF),
    (b"MM\x00*", TIFF),
    (b"II+\x00", TIFF),
    (b"MM\x00+", TIFF),
    (b"%PDF-", PDF),
)
# QuickTime before it had a file type box began with any of these.
_OLD_QUICKTIME = {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}


def ending(filename: str) -> str:
    """Return the lower-case ending of a file name without its dot, "" if there is none."""
    stem, dot, last = filename.rpartition(".")
    return last.lower() if dot and stem else ""


def by_ending(name: str) -> Format | None:
    """Return the accepted format whose files end so."""
    return next((format_ for format_ in FORMATS if name in format_.endings), None)


def sniff(head: bytes) -> Format | Literal["archive", "program"] | None:
    """Return what a binary file that begins with `head` is; None if none of the known ones.

    Text has no signature: catalog.probe_child looks at all of it.
    """
    if head.startswith(_ARCHIVES) or head[257:262] == b"ustar":
        return "archive"
    if head.startswith(_PROGRAMS):
        return "program"
    for start, format_ in _STARTS:
        if head.startswith(start):
            return format_
    return _in_riff(head) or _in_boxes(head) or _in_ebml(head) or _mpeg_audio(head)


def _in_riff(head: bytes) -> Format | None:
    group, form = head[:4], head[8:12]
    if group in {b"RIFF", b"RF64", b"BW64"} and form == b"WAVE":
        return WAV
    if group == b"RIFF" and form == b"WEBP":
        return WEBP
    return AIFF if group == b"FORM" and form in {b"AIFF", b"AIFC"} else None


def _in_boxes(head: bytes) -> Format | None:
    kind = head[4:8]
    if kind == b"ftyp":
        brand = head[8:12]
        if brand in {b"avif", b"avis"}:
            return AVIF
        return QUICKTIME if brand == b"qt  " else MP4
    return QUICKTIME if kind in _OLD_QUICKTIME else None


def _in_ebml(head: bytes) -> Format | None:
    if not head.startswith(b"\x1a\x45\xdf\xa3"):
        return None
    return WEBM if b"\x42\x82\x84webm" in head[:64] else MATROSKA


def _mpeg_audio(head: bytes) -> Format | None:
    # Frame sync, then no reserved layer, bit rate or sample rate: layer III only.
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return None
    return MP3 if head[2] & 0xF0 != 0xF0 and head[2] & 0x0C != 0x0C else None
