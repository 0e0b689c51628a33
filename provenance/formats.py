"""Which media types carry a manifest inside the file; every other file has it beside it."""

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
