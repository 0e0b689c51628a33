"""What C2PA leaves out of a film's hash though anybody can add it: looked for without the reader.

The hash of ISO media files passes over every box of C2PA's own and every list of brands. One of
each belongs to a file; a second one may hold anything, of any length.
"""

from pathlib import Path
from typing import BinaryIO, Final

_C2PA: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_HEAD: Final = 32
_BOXES_MAX: Final = 1_000_000  # a film of fragments has some thousands


def has_stray_boxes(path: Path) -> bool:
    """Return whether a film carries more of what its hash leaves out than belongs to it. False for
    files of other formats. Raises OSError."""
    with path.open("rb") as file:
        return _has_stray_boxes(file, path.stat().st_size)


def _has_stray_boxes(file: BinaryIO, size: int) -> bool:
    at, brands, own = 0, 0, 0
    for _ in range(_BOXES_MAX):
        file.seek(at)
        head = file.read(_HEAD)
        kind = head[4:8]
        if at == 0 and kind != b"ftyp":
            return False
        length, begins = int.from_bytes(head[:4]), 8
        if length == 1:  # a long one says so
            length, begins = int.from_bytes(head[8:16]), 16
        brands += kind == b"ftyp"
        own += kind == b"uuid" and head[begins : begins + 16] == _C2PA
        if length < begins or at + length >= size:  # to the end of the file, or cut off
            return brands > 1 or own > 1
        at += length
    return True
