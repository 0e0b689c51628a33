"""The engine that decides clearances: where its source lies, the hash of it, and running it.

The source is the house's own, file by file, under the paths that the log's hash of it names. It
runs in a process of its own that sees nothing but these files: their names are as common as
`catalog`, and what it is asked comes from whoever is audited.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgecode.audit.rule_rows import Rows

# All that a verdict is computed from, beside the case and its rule tables.
SOURCES = ("licensing/clearance", "catalog/scope")
SECONDS_MAX = 600.0
_PROGRAM = """
import json, sys
sys.path.insert(0, sys.argv[1])
from licensing import clearance
from licensing.clearance import SHIPPED, CaseError
from licensing.clearance.rules import read_tables
# Cases are put together from records; an earlier engine had no verdict on those that make no sense.
clear = getattr(clearance, "clear_recorded", clearance.clear)
for line in sys.stdin:
    asked = json.loads(line)
    if "tables" in asked:
        tables = asked["tables"]
        continue
    if "rows" in asked:
        try:
            from licensing.clearance.rows import amended
            from licensing.clearance.rules import tables_of
            rows = [tuple(row) for row in asked["rows"]]
            made = tables_of(amended(SHIPPED.content(), rows)) if rows else SHIPPED
            told = {"version": made.version}
        except Exception as error:
            told = {"error": type(error).__name__}
        print(json.dumps(told), flush=True)
        continue
    try:
        told = clear(json.loads(asked["case"]), read_tables(tables))
    except CaseError as error:
        told = {"error": str(error)}
    print(json.dumps(told), flush=True)
"""


class EngineFailed(Exception):
    """The engine gave no answer; the message says why."""


def carried() -> Path | None:
    """Return the folder with the engine that this program carries; None: it carries none."""
    package = Path(__file__).resolve().parent.parent
    # As it was installed; or in a copy of the whole source, beside the house itself.
    for folder in (package / "engine", package.parent.parent):
        if is_engine(folder):
            return folder
    return None


def is_engine(folder: Path) -> bool:
    """Return whether the source of an engine lies in a folder."""
    return all((folder / source).is_dir() for source in SOURCES)


def source_sha256(folder: Path) -> str:
    """Return the SHA-256 of an engine's files in the form of `sha256sum`: a line for each, by
    path, of its hash, two spaces and its path."""
    files = [path for source in SOURCES for path in (folder / source).rglob("*")]
    names = [path.relative_to(folder).as_posix() for path in files if path.suffix in _READ]
    lines = [
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n"
        for name in sorted(names)
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


_READ = {".py", ".json"}


def reckon(folder: Path, questions: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return what the engine in a folder says of each (case, rule tables), in their order: the
    answer, or `error` where it takes the case for malformed. Raises EngineFailed."""
    lines, before = [], None
    for case, tables in questions:
        if tables != before:
            lines.append(json.dumps({"tables": tables}))
            before = tables
        lines.append(json.dumps({"case": case}))
    told = _run(folder, "\n".join(lines)).splitlines()
    if len(told) != len(questions):
        raise EngineFailed(f"it gave {len(told)} answers to {len(questions)} cases")
    return list(map(json.loads, told))


def rebuild(folder: Path, questions: Sequence[Rows]) -> list[str]:
    """Return the version of the engine's rule tables with each of these lists of rows in their
    place; empty where they cannot be put there. Raises EngineFailed."""
    asked = "\n".join(json.dumps({"rows": json.loads(rows)}) for rows in questions)
    told = _run(folder, asked).splitlines()
    if len(told) != len(questions):
        raise EngineFailed(f"it gave {len(told)} answers to {len(questions)} lists of rows")
    return [str(json.loads(line).get("version", "")) for line in told]


def _run(folder: Path, asked: str) -> str:
    command = [sys.executable, "-I", "-B", "-c", _PROGRAM, str(folder)]
    try:
        done = subprocess.run(  # noqa: S603 - the program above, on files of a known hash
            command, input=asked, capture_output=True, text=True, timeout=SECONDS_MAX, check=False
        )
    except subprocess.TimeoutExpired:
        raise EngineFailed(f"it took longer than {SECONDS_MAX:.0f} seconds") from None
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        raise EngineFailed(f"it broke off: {last:.200}")
    return done.stdout
