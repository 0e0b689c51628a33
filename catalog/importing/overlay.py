"""What a dry run would have added so far: in a file beside the rows, not in memory.

Rows are tagged with the item that added them, so that a dry run that was killed goes on: what
was noted beyond its cursor is forgotten.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from catalog.importing.works import Key

_TABLES = """
    CREATE TABLE IF NOT EXISTS planned (key TEXT PRIMARY KEY, place TEXT, kind TEXT, item INTEGER)
        WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS said (digest TEXT PRIMARY KEY, alid TEXT, whole INT, item INT)
        WITHOUT ROWID;
"""


class Overlay:
    """Numbers and terms that earlier rows of the same file would have brought."""

    def __init__(self, path: Path, cursor: int) -> None:
        self._rows = sqlite3.connect(path, isolation_level=None)
        self._rows.executescript(_TABLES)
        for table in ("planned", "said"):
            self._rows.execute(f"DELETE FROM {table} WHERE item >= ?", [cursor])  # noqa: S608

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._rows.close()

    def places(self, keys: Sequence[Key]) -> dict[Key, tuple[str, str]]:
        """Return (place, kind) for those of the numbers that are planned."""
        found: dict[Key, tuple[str, str]] = {}
        for key in keys:
            row = self._rows.execute(
                "SELECT place, kind FROM planned WHERE key = ?", [" ".join(key)]
            ).fetchone()
            if row is not None:
                found[key] = row
        return found

    def said(self, digests: Iterable[str]) -> set[str]:
        """Return those of the digests that were noted."""
        query = "SELECT 1 FROM said WHERE digest = ?"
        return {each for each in digests if self._rows.execute(query, [each]).fetchone()}

    def plan(self, item: int, planned: Iterable[tuple[Key, str, str]]) -> None:
        """Note (number, place, kind) of titles that item or its batch would add."""
        rows = [(" ".join(key), place, kind, item) for key, place, kind in planned]
        self._write("INSERT OR IGNORE INTO planned VALUES (?, ?, ?, ?)", rows)

    def say(self, item: int, said: Iterable[tuple[str, str, bool]]) -> None:
        """Note (digest, ALID, whether all of the ALID is told) of terms."""
        rows = [(*each, item) for each in said]
        self._write("INSERT OR IGNORE INTO said VALUES (?, ?, ?, ?)", rows)

    def whole_alids(self) -> Iterator[list[str]]:
        """Yield, some hundred at a time, the ALIDs of which all is told."""
        found = self._rows.execute("SELECT DISTINCT alid FROM said WHERE whole AND alid <> ''")
        while some := found.fetchmany(300):
            yield [alid for (alid,) in some]

    def _write(self, query: str, rows: Sequence[Sequence[object]]) -> None:
        self._rows.execute("BEGIN")
        self._rows.executemany(query, rows)
        self._rows.execute("COMMIT")
