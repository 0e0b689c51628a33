"""The place that a file has for a manifest, and how its format writes one there.

A file is signed once with a stand-in. After that only the bytes of this place differ from one
licensee to the next: the binding, a hash of all the rest, stays. So a film of any size costs a
licensee a manifest. Measured with c2pa-python 0.38.1; `tests/provenance/test_carriers.py` holds
it for every format of `formats.py`. Pure.
"""

import base64
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from mmap import mmap
from typing import Any, Final

from provenance import countersign, formats

_GIF_BLOCK: Final = 255  # ISO: a data sub-block says its length in a byte
_JPEG_SEGMENT: Final = 64_000  # how much of a store the signing library puts into one


@dataclass(frozen=True)
class Carrier:
    """Where in a signed file its manifest stands, and what binds a manifest to the file.

    The place is [offset, offset + length) of the file; a store filled up to `room` bytes takes it
    exactly.
    `binding` is the hard binding's label and its data, as the signing library takes them.
    """

    encoding: str
    offset: int
    length: int
    room: int
    label: str
    binding: Mapping[str, Any]

    def encoded(self, store: bytes) -> bytes:
        """Return what stands in the place for this store. ValueError for one that does not fit."""
        return _ENCODINGS[self.encoding](countersign.filled(store, self.room))

    def check(self, store: bytes) -> None:
        """Raise ValueError for a store that does not fit."""
        countersign.padding(store, self.room)


def located(file: bytes | mmap, store: bytes, mime: str) -> tuple[str, int, int]:
    """Return how a file of type `mime` holds this store, where, and how many bytes that takes.

    ValueError where it does not, or more than once.
    """
    encoding = _BY_TYPE.get(mime, "plain")
    written = _ENCODINGS[encoding](store)
    offset = file.find(written)
    if offset < 0 or file.find(written, offset + 1) >= 0:
        raise ValueError(f"{mime}: the manifest was not found in the signed file")
    return encoding, offset, len(written)


def written_length(store: bytes, start: bytes) -> int:
    """Return how many bytes of a file this store takes; `start` is how the file begins."""
    encoding = next((name for magic, name in _BY_MAGIC if start.startswith(magic)), "plain")
    if encoding == "plain" and formats.told(start) == "image/svg+xml":
        encoding = "base64"
    return len(_ENCODINGS[encoding](store))


def binding_of(report: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return label and data of the hard binding of a reader's detailed report, in the form that
    the signing library takes. ValueError where there is none."""
    manifest = report["manifests"][report["active_manifest"]]
    for label, data in manifest["assertion_store"].items():
        if label.startswith("c2pa.hash."):
            return label, {name: _numbers(name, value) for name, value in data.items()}
    raise ValueError("the signed file has no hard binding")


def _numbers(name: str, value: Any) -> Any:
    """Bytes come as base64 and are taken as lists of numbers."""
    if name in {"hash", "pad", "pad2", "value"} and isinstance(value, str):
        return list(base64.b64decode(value))
    if isinstance(value, list):
        return [_numbers("", each) for each in value]
    if isinstance(value, dict):
        return {inner: _numbers(inner, each) for inner, each in value.items()}
    return value


def _png(store: bytes) -> bytes:
    """With the chunk's check sum behind it (PNG, section 5.3)."""
    return store + zlib.crc32(b"caBX" + store).to_bytes(4)


def _gif(store: bytes) -> bytes:
    blocks = (store[at : at + _GIF_BLOCK] for at in range(0, len(store), _GIF_BLOCK))
    return b"".join(bytes((len(block),)) + block for block in blocks)


def _jpeg(store: bytes) -> bytes:
    """What is longer than a segment goes on in others: APP11, length, "JP", the number of the box
    and of the segment, and again the 8 bytes that the box begins with (JPEG XT, ISO 18477-3)."""
    written = store[:_JPEG_SEGMENT]
    for number, at in enumerate(range(_JPEG_SEGMENT, len(store), _JPEG_SEGMENT), start=2):
        part = store[at : at + _JPEG_SEGMENT]
        header = b"\xff\xeb" + (18 + len(part)).to_bytes(2) + b"JP\x02\x11" + number.to_bytes(4)
        written += header + store[:8] + part
    return written


_ENCODINGS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "plain": lambda store: store,
    "png": _png,
    "gif": _gif,
    "jpeg": _jpeg,
    "base64": base64.b64encode,
}
_BY_MAGIC: Final = ((b"\x89PNG", "png"), (b"GIF8", "gif"), (b"\xff\xd8", "jpeg"))
_BY_TYPE: Final = {
    "image/gif": "gif",
    "image/jpeg": "jpeg",
    "image/png": "png",
    "image/svg+xml": "base64",
}
