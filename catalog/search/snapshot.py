"""An index in two files, so that a process answers at once after its start.

`sets` is read whole (some 50 bytes a document); `terms` is mapped and shared. They lie in a folder
that appears whole or not at all. Losing them costs only time: they are made from the table.
"""

import hashlib
import json
import os
import tempfile
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pyroaring import BitMap

from catalog.search.documents import FACETS, NUMBERS, Document
from catalog.search.index import NAME_BYTES, Index
from catalog.search.postings import Damaged, Postings, Written, write

# Counted up with every change of the files, of what a document is found by, or of a band.
FORMAT = 2
_SHAPE = {"facets": list(FACETS), "name_bytes": NAME_BYTES, "numbers": NUMBERS}


def build(folder: Path, documents: Iterable[Document], *, version: int) -> None:
    """Write all documents, as they stood at `version` of their table, into a new folder.

    Each document comes once. When the folder exists already, it stays as it is.
    """
    index, postings = Index(), defaultdict[str, array[int]](lambda: array("I"))
    for document in documents:
        index.put_facts(document)
        for term in document.terms():
            postings[term].append(document.number)
    index.version = version
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="draft-", dir=folder.parent) as parent:
        draft = Path(parent) / "draft"
        draft.mkdir()
        write(draft / "terms", postings)
        (draft / "sets").write_bytes(_sets(index))
        for path in draft.iterdir():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        if not folder.exists():
            draft.rename(folder)


def fits(folder: Path) -> bool:
    """Return whether there is a snapshot of this version in a folder; not whether it is whole."""
    try:
        with (folder / "sets").open("rb") as file:
            return _fits(json.loads(file.read(int.from_bytes(file.read(8), "little"))))
    except (OSError, ValueError):
        return False


def load(folder: Path) -> Index:
    """Return the index in a folder; raise Damaged or OSError when it cannot be read."""
    try:
        index = Index(Postings(Written(folder / "terms")))
        content = memoryview((folder / "sets").read_bytes())
        length = int.from_bytes(content[:8], "little")
        head = json.loads(bytes(content[8 : 8 + length]))
        if not _fits(head):
            raise Damaged(f"{folder}: written by another version; delete it")
        content = content[8 + length :]
        if head["sha256"] != hashlib.sha256(content).hexdigest():
            raise Damaged(f"{folder}: not as it was written; delete it")
        _fill(index, head, _read(content, head["lengths"]))
    except (ValueError, KeyError, TypeError) as error:
        raise Damaged(f"{folder}: {error}") from error
    return index


def _fits(head: dict[str, Any]) -> bool:
    return bool(head["format"] == FORMAT and head["shape"] == _SHAPE)


def _sets(index: Index) -> bytes:
    held = {str(owner): documents for owner, documents in index.held.items()}
    named = {name: dict(values) for name, values in {**index.facets, "held": held}.items()}
    bitmaps = [index.documents, index.offered]
    for values in named.values():
        bitmaps += values.values()
    for sliced in (*index.numbers.values(), index.names):
        bitmaps += sliced.bitmaps()
    for each in bitmaps:
        each.run_optimize()
    serialized = [each.serialize() for each in bitmaps]
    content = b"".join(serialized)
    head = json.dumps(
        {
            "format": FORMAT,
            "shape": _SHAPE,
            "version": index.version,
            "named": {name: list(values) for name, values in named.items()},
            "lengths": [len(each) for each in serialized],
            "sha256": hashlib.sha256(content).hexdigest(),
        }
    ).encode()
    return len(head).to_bytes(8, "little") + head + content


def _read(content: memoryview, lengths: Iterable[int]) -> Iterator[BitMap]:
    at = 0
    for length in lengths:
        yield BitMap.deserialize(bytes(content[at : at + length]))
        at += length


def _fill(index: Index, head: dict[str, Any], bitmaps: Iterator[BitMap]) -> None:
    index.version = head["version"]
    index.documents, index.offered = next(bitmaps), next(bitmaps)
    for name, values in head["named"].items():
        for value in values:
            if name == "held":
                index.held[int(value)] = next(bitmaps)
            else:
                index.facets[name][value] = next(bitmaps)
    for sliced in (*index.numbers.values(), index.names):
        sliced.known = next(bitmaps)
        sliced.slices = [next(bitmaps) for _ in sliced.slices]
