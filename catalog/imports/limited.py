"""Uploads are read here: the pure reader in a limited process, its rows as a stream."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import orjson

from catalog import sandbox
from catalog.imports.child import COLUMNS_FILE, CROSS_FILE, ROWS_FILE
from catalog.imports.reading import Preview, Source
from catalog.imports.rows import Item, Unreadable, load

MEMORY_BYTES = 2**30  # address space: the table of texts is mapped
CPU_SECONDS = 1_800
WALL_SECONDS = 7_200
ROWS_BYTES = 8 * 2**30
_CHILD = "catalog.imports.child"


class Contents(NamedTuple):
    """How many items a file has, how many of them are rows, what its windows show of its ends, and
    in how many places."""

    items: int
    rows: int
    end_policy: str | None
    places: int


def read_upload(path: Path, folder: Path, source: Source) -> Contents:
    """Read a hostile file into `folder`, an empty folder of this import; raise Unreadable when
    it is turned down. What the functions below read stays there."""
    return Contents(**json.loads(_run("rows", path, folder, json.dumps(asdict(source)))))


def items_of(folder: Path, items: int, start: int = 0) -> Iterator[Item]:
    """Yield what `read_upload` read, from item `start` on; raise Unreadable if an item of the
    `items` is missing."""
    number = start
    with (folder / ROWS_FILE).open("rb") as lines:
        for number, line in enumerate(islice(lines, start, items), start + 1):  # noqa: B007
            yield load(line)
    if number != items:
        raise Unreadable("incomplete", "The file was not read to its end.")


def found_across(folder: Path) -> Iterator[tuple[str, int, bytes]]:
    """Yield (sheet, row, a Finding as JSON) of what only several rows together show."""
    with (folder / CROSS_FILE).open("rb") as lines:
        for line in lines:
            sheet, number, finding = orjson.loads(line)
            yield sheet, number, orjson.dumps(finding)


def columns_of(folder: Path) -> dict[str, dict[str, str]]:
    """Return the letters of the columns that were read: sheet -> column -> `C`."""
    if not (path := folder / COLUMNS_FILE).exists():
        return {}  # read by an earlier version
    found: dict[str, dict[str, str]] = orjson.loads(path.read_bytes())
    return found


def preview_upload(path: Path, folder: Path, ending: str = "") -> list[Preview]:
    """Return headers and first rows of a hostile table; raise Unreadable."""
    return [Preview(**sheet) for sheet in json.loads(_run("preview", path, folder, ending))]


def _run(task: str, path: Path, folder: Path, *rest: str) -> bytes:
    try:
        return sandbox.run(
            _CHILD,
            [task, str(path.absolute()), str(folder.absolute()), *rest],
            cpu_seconds=CPU_SECONDS,
            memory_bytes=MEMORY_BYTES,
            wall_seconds=WALL_SECONDS,
            output_limit=2**24,
            reads=[path],
            writes=[folder],
            file_bytes=ROWS_BYTES,
        )
    except (sandbox.OutOfMemory, sandbox.TimedOut, sandbox.TooMuchOutput):
        raise Unreadable("too_large", "The file needs more time or memory than it may.") from None
    except sandbox.Crashed as crash:
        message = "The file could not be read; the log says why."
        raise Unreadable("crashed", message, log=crash.reason) from crash
    except sandbox.Refused as refusal:
        params = dict(refusal.params)
        message = str(params.pop("message", refusal.reason))
        raise Unreadable(refusal.reason, message, **params) from None
