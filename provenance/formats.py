"""Which media types carry a manifest inside the file; every other file has it beside it. Pure."""

import re
from typing import Final

# How much of a file tells its type: before the root of an SVG may stand a long preface.
START_BYTES: Final = 2**16

# By measurement with c2pa-python 0.38.1, not by its own list: a deflated .xlsx is on the list
# and fails. Names that mean the same type stand for it, as uploads use them.
_EMBEDDABLE = {
    "application/mp4": "video/mp4",
    "application/pdf": "application/pdf",
    "audio/flac": "audio/flac",
    "audio/m4a": "audio/mp4",
    "audio/mp3": "audio/mpeg",
    "audio/mp4": "audio/mp4",
    "audio/mpeg": "audio/mpeg",
    "audio/vnd.wave": "audio/wav",
    "audio/wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/x-flac": "audio/flac",
    "audio/x-m4a": "audio/mp4",
    "audio/x-wav": "audio/wav",
    "image/avif": "image/avif",
    "image/gif": "image/gif",
    "image/heic": "image/heic",
    "image/heif": "image/heif",
    "image/jpeg": "image/jpeg",
    "image/png": "image/png",
    "image/svg+xml": "image/svg+xml",
    "image/tiff": "image/tiff",
    "image/webp": "image/webp",
    "video/avi": "video/avi",
    "video/mp4": "video/mp4",
    "video/quicktime": "video/quicktime",
    "video/x-m4v": "video/mp4",
    "video/x-msvideo": "video/avi",
}

# ID3 stands before FLAC, too, where a manifest is inside; its place is that of an MP3.
_STARTS: Final = (
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"GIF8", "image/gif"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"II+\x00", "image/tiff"),
    (b"MM\x00+", "image/tiff"),
)
_RIFF: Final = {b"WAVE": "audio/wav", b"WEBP": "image/webp", b"AVI ": "video/avi"}
# An XML document whose root is <svg>. Atomic: what was passed over is not read another way.
_SVG: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?"
    rb"(?>(?>\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*+(?>\[.*?\]\s*+)?>)*)"
    rb"<(?:[\w.-]+:)?svg[\s/>]",
    re.DOTALL,
)


def told(start: bytes) -> str:
    """Return the signing library's name for the type of a file that begins so, "" where its bytes
    do not tell one of those that carry a manifest inside."""
    for magic, mime in _STARTS:
        if start.startswith(magic):
            return mime
    if start[:4] in {b"RIFF", b"RF64"}:
        return _RIFF.get(start[8:12], "")
    if start[4:8] == b"ftyp":
        return "video/mp4"  # for all of this family: their binding names boxes, not places
    return "image/svg+xml" if _SVG.match(start) else ""


def embeddable(mime: str) -> bool:
    """Return whether a file of media type `mime` can carry its manifest inside."""
    return _bare(mime) in _EMBEDDABLE


def embedding_type(mime: str) -> str:
    """Return the signing library's name for `mime`; ValueError if nothing can be embedded."""
    try:
        return _EMBEDDABLE[_bare(mime)]
    except KeyError:
        raise ValueError(f"{mime}: no manifest can be embedded in a file of this type") from None


def _bare(mime: str) -> str:
    return mime.partition(";")[0].strip().lower()
