"""Which documents hold which term: a file for what stood when it was written, and what came since.

The file is mapped, so all processes of a machine share one copy of it, and opening it reads
nothing. Terms stand in order: those with one beginning, and their documents, stand together.
"""

import sys
from array import array
from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Mapping
from mmap import ACCESS_READ, mmap
from pathlib import Path

from pyroaring import BitMap

from catalog.search.bits import bitmap

# Four numbers of eight bytes: format, terms, bytes of terms, postings.
_FORMAT = 0x31_68_63_72_61_65_73  # "search1"
_HEADER = 4


class Damaged(ValueError):
    """A file that was not written whole by this version; it is made again from the database."""


class Written:
    """The postings in a file of `write`."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._bytes = mmap(file.fileno(), 0, access=ACCESS_READ)
        head = array("Q", self._bytes[: 8 * _HEADER].ljust(8 * _HEADER))
        if head[0] != _FORMAT or sys.byteorder != "little":
            raise Damaged(f"{path}: not a file of terms in this format; delete it")
        _, self._count, length, postings = head
        table = 8 * _HEADER
        self._names = table + 16 * (self._count + 1)
        self._postings = self._names + length
        if len(self._bytes) != self._postings + 4 * postings:
            raise Damaged(f"{path}: {len(self._bytes)} bytes are not all of it; delete it")
        # Pairs: where the name of each term begins, and where its documents do.
        self._table = memoryview(self._bytes)[table : self._names].cast("Q")

    def find(self, prefix: str, *, whole: bool) -> BitMap:
        """Return the documents with this term, or with any that begins so."""
        key = prefix.encode()
        begin = self._place(key)
        # No UTF-8 text holds the byte 255: it comes after all that continues the prefix.
        end = self._place(key + (b"\0" if whole else b"\xff"))
        first, last = (self._postings + 4 * self._table[2 * at + 1] for at in (begin, end))
        return bitmap(self._bytes[first:last])

    def _place(self, key: bytes) -> int:
        """Return how many terms stand before this one."""
        low, high = 0, self._count
        while low < high:
            middle = (low + high) // 2
            start, end = self._table[2 * middle], self._table[2 * middle + 2]
            if self._bytes[self._names + start : self._names + end] < key:
                low = middle + 1
            else:
                high = middle
        return low


def write(path: Path, postings: Mapping[str, array[int]]) -> None:
    """Write the documents (four-byte numbers) of each term."""
    encoded = sorted((term.encode(), term) for term in postings)
    table = array("Q")
    name_at = posting_at = 0
    for name, term in encoded:
        table.extend((name_at, posting_at))
        name_at += len(name)
        posting_at += len(postings[term])
    table.extend((name_at, posting_at))
    with path.open("wb") as file:
        file.write(array("Q", (_FORMAT, len(encoded), name_at, posting_at)).tobytes())
        file.write(table.tobytes())
        file.writelines(name for name, _ in encoded)
        file.writelines(postings[term].tobytes() for _, term in encoded)


class Postings:
    """The terms of all documents: those of the file, and those put since."""

    def __init__(self, written: Written | None = None) -> None:
        self.written = written
        self.removed = BitMap()  # of the file's documents: no longer as they were
        self._documents: dict[str, BitMap] = {}
        self._order: list[str] = []
        self._terms: dict[int, Collection[str]] = {}

    def __len__(self) -> int:
        """How many documents were put or removed since the file was written."""
        return len(self.removed | BitMap(self._terms))

    def put(self, number: int, terms: Collection[str]) -> None:
        """Say the terms of a document that has none yet."""
        self._terms[number] = tuple(terms)
        for term in terms:
            if (known := self._documents.get(term)) is None:
                self._documents[term] = BitMap((number,))
                insort(self._order, term)
            else:
                known.add(number)

    def remove(self, number: int) -> None:
        """Forget the terms of a document."""
        if self.written is not None:
            self.removed.add(number)
        for term in self._terms.pop(number, ()):
            documents = self._documents[term]
            documents.discard(number)
            if not documents:
                del self._documents[term]
                del self._order[bisect_left(self._order, term)]

    def find(self, prefix: str, *, whole: bool) -> BitMap:
        """Return the documents with this term, or with any that begins so."""
        found = BitMap()
        if self.written is not None:
            found = self.written.find(prefix, whole=whole) - self.removed
        if whole:
            return found | self._documents.get(prefix, BitMap())
        return found.union(*(self._documents[term] for term in self._beginning(prefix)))

    def _beginning(self, prefix: str) -> Iterable[str]:
        begin = bisect_left(self._order, prefix)
        end = bisect_left(self._order, prefix + chr(sys.maxunicode))
        return self._order[begin:end]
