"""Reads an import file; runs inside catalog.sandbox only.

    python -m catalog.imports.child rows PATH FOLDER SOURCE_JSON
    python -m catalog.imports.child preview PATH FOLDER ENDING

`rows` writes FOLDER/rows.jsonl, one item a line, FOLDER/cross.jsonl, what only several rows
together show, and FOLDER/columns.json, where the columns of each sheet are; it prints what
`limited.Contents` holds. `preview` prints sheets.
Refuses a file with the code of `Unreadable` as reason, its message as a parameter.
"""

import json
import sys
import zoneinfo
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from catalog.imports.crosscheck import CrossCheck
from catalog.imports.dates import Reading
from catalog.imports.reading import Source, preview, read_file
from catalog.imports.rows import Row, Summary, Unreadable, dump
from catalog.sandbox_child import refuse

ROWS_FILE = "rows.jsonl"
CROSS_FILE = "cross.jsonl"
COLUMNS_FILE = "columns.json"
_MOST_CROSS = 100_000  # findings across rows; errors come first


def main(task: str, path: Path, folder: Path, *rest: str) -> None:
    """Do one of the two tasks."""
    # The system's time zones are closed to this process; the tzdata package is not.
    zoneinfo.reset_tzpath(())
    try:
        if task == "preview":
            sheets = preview(path, folder=folder, ending=rest[0])
            sys.stdout.write(json.dumps([asdict(sheet) for sheet in sheets]))
            return
        chosen = json.loads(rest[0])
        source = Source(**{**chosen, "reading": Reading(**chosen["reading"])})
        sys.stdout.write(json.dumps(_rows(path, folder, source)))
    except Unreadable as error:
        refuse(error.code, message=error.message, **error.params)


def _rows(path: Path, folder: Path, source: Source) -> dict[str, Any]:
    count = rows = 0
    with CrossCheck() as check:
        with (folder / ROWS_FILE).open("wb", buffering=2**20) as output:
            for item in read_file(path, source, folder):
                output.write(dump(item))
                count += 1
                if isinstance(item, Row):
                    check.add(item)
                elif isinstance(item, Summary):
                    rows = item.rows
                    (folder / COLUMNS_FILE).write_bytes(orjson.dumps(item.columns))
        with (folder / CROSS_FILE).open("wb") as output:
            for place, finding in islice(check.findings(), _MOST_CROSS):
                output.write(orjson.dumps([*place, finding], option=orjson.OPT_APPEND_NEWLINE))
        policy, places = check.suggest_end_policy()
    return {"items": count, "rows": rows, "end_policy": policy, "places": places}


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), *sys.argv[4:])
