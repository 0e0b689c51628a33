"""Uploads are read here: the pure reader in a limited process, its rows as a stream."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from catalog import sandbox
from catalog.imports.child import ROWS_FILE
from catalog.imports.reading import Preview, Source
from catalog.imports.rows import Item, Unreadable, load_all

MEMORY_BYTES = 2**30  # address space: the table of texts is mapped
CPU_SECONDS = 1_800
WALL_SECONDS = 7_200
ROWS_BYTES = 8 * 2**30
_CHILD = "catalog.imports.child"


def read_upload(path: Path, folder: Path, source: Source) -> Iterator[Item]:
    """Yield the items of a hostile file; raise Unreadable when it is turned down.

    `folder` is an empty folder of this import: the rows are written there first and stay, so
    that an import can go on from them (`read_again`). While the child runs, `rows.jsonl` grows.
    """
    _run("rows", path, folder, json.dumps(asdict(source)))
    return read_again(folder)


def read_again(folder: Path) -> Iterator[Item]:
    """Yield the items that `read_upload` wrote into this folder."""
    with (folder / ROWS_FILE).open("rb") as lines:
        yield from load_all(lines)


def preview_upload(path: Path, folder: Path) -> list[Preview]:
    """Return headers and first rows of a hostile table; raise Unreadable."""
    return [Preview(**sheet) for sheet in json.loads(_run("preview", path, folder))]


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
