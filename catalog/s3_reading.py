"""An object in a bucket as a file to read from anywhere."""

import io
from collections.abc import Callable, Iterator
from typing import Any

type ReadRange = Callable[[int, int], Iterator[bytes]]


class RangeReader(io.RawIOBase):
    """An object read by ranges, so that ten bytes of a film cost ten bytes and not the film."""

    def __init__(self, read_range: ReadRange, size: int) -> None:
        self._read_range = read_range
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("cannot seek before the beginning")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        filled = 0
        for chunk in self._read_range(self._position, len(view)):
            view[filled : filled + len(chunk)] = chunk
            filled += len(chunk)
        self._position += filled
        return filled

    def readall(self) -> bytes:
        # The inherited one would ask for 8 KiB at a time.
        rest = b"".join(self._read_range(self._position, self._size))
        self._position += len(rest)
        return rest
