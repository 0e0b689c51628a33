"""What only several rows together show: contradictions, doubles, overlaps. A second pass, pure.

Feed every row once, then ask for findings. Rejected rows take no part.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any, NamedTuple, Self

from catalog.imports.dates import EndPolicy
from catalog.imports.rows import AvailTerms, Finding, Level, Row

_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


class Place(NamedTuple):
    sheet: str
    number: int

    def __str__(self) -> str:
        return f"{self.sheet}!{self.number}"


class RowFinding(NamedTuple):
    """A finding and the row that it belongs to."""

    place: Place
    finding: Finding


class _Window(NamedTuple):
    start: datetime
    end: datetime
    terms: int  # hash of what else the row says
    place: Place


_COLUMNS = {"eidr": "EIDR", "imdb": "IMDbID", "isan": "ISAN"}


class _Facts(NamedTuple):
    kind: str
    year: int | None
    run_time_ms: int | None
    place: Place


_TABLES = """
    CREATE TABLE eidrs (name, eidr, shown, sheet, number, PRIMARY KEY (name, eidr)) WITHOUT ROWID;
    CREATE TABLE names (eidr, name, sheet, number, PRIMARY KEY (eidr, name)) WITHOUT ROWID;
    CREATE TABLE listed (id PRIMARY KEY, sheet, number) WITHOUT ROWID;
    CREATE TABLE facts (id PRIMARY KEY, kind, year, run_time_ms, sheet, number) WITHOUT ROWID;
    CREATE TABLE avail_ids (id PRIMARY KEY, digest, sheet, number) WITHOUT ROWID;
    CREATE TABLE entries (alid, type, sheet, number, PRIMARY KEY (alid, type)) WITHOUT ROWID;
    CREATE TABLE windows (key, start, finish, terms, sheet, number);
    CREATE TABLE found (field, code, message, about, sheet, number);
"""


class CrossCheck:
    """Collects rows; `findings` says what does not fit together.

    What it collects lies in a file that nobody else sees, so that memory stays flat.
    """

    def __init__(self) -> None:
        self._rows = sqlite3.connect("", isolation_level=None)  # a file, gone when closed
        self._rows.executescript(f"PRAGMA cache_size=-8000; BEGIN; {_TABLES}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._rows.close()

    def add(self, row: Row) -> None:
        """Take note of a row."""
        if row.is_rejected:
            return
        place = Place(row.sheet, row.number)
        self._add_title(row, place)
        if row.avail:
            self._add_avail(row, row.avail, place)
        else:
            self._add_listed(row, place)

    def findings(self) -> Iterator[RowFinding]:
        """Yield what was found, each with the later of the rows that disagree; errors first."""
        query = """
            SELECT one.alid, one.sheet, one.number, other.sheet, other.number
            FROM entries one JOIN entries other ON one.alid = other.alid
            WHERE one.type = (SELECT max(type) FROM entries WHERE alid = one.alid
                              AND type IN ('delete', 'full_delete'))
            AND other.type = 'full_extract'"""
        for alid, sheet, number, *other in self._all(query):
            removed, extracted = Place(sheet, number), Place(*other)
            yield _found(
                "error", max(removed, extracted), "ALID", "extract_and_delete",
                f"{alid} is extracted in {extracted} and deleted in {removed}.",
                str(min(removed, extracted)),
            )  # fmt: skip
        for column, code, message, about, *place in self._all("SELECT * FROM found ORDER BY rowid"):
            yield _found("warning", Place(*place), column, code, message, about)
        yield from self._two_names()
        for key, windows in self._windows():
            yield from _overlaps(json.loads(key)[0], windows)

    def suggest_end_policy(self) -> tuple[EndPolicy | None, int]:
        """Return what adjoining windows show of a source's ends when read as `exclusive`, and
        in how many places: windows that begin where, or a day after, the one before ended."""
        meets = leaves_a_day = 0
        for _key, windows in self._windows():
            for before, after in pairwise(windows):
                meets += before.end == after.start
                gap = after.start - before.end if before.end < _LAST else timedelta.max
                leaves_a_day += gap in (timedelta(days=1), timedelta(seconds=1))
        if meets == leaves_a_day:
            return None, meets
        return ("exclusive", meets) if meets > leaves_a_day else ("inclusive", leaves_a_day)

    def _all(self, query: str) -> Iterator[tuple[Any, ...]]:
        yield from self._rows.execute(query)

    def _windows(self) -> Iterator[tuple[str, list[_Window]]]:
        """Yield the windows of each key in their order."""
        rows = self._all("SELECT * FROM windows ORDER BY key, start, finish, terms, sheet, number")
        for key, some in groupby(rows, key=itemgetter(0)):
            yield (
                key,
                [
                    _Window(
                        datetime.fromisoformat(start), datetime.fromisoformat(end), terms,
                        Place(*place),
                    )
                    for _key, start, end, terms, *place in some
                ],
            )  # fmt: skip

    def _first(self, table: str, key: str, values: Sequence[Any]) -> tuple[Any, ...]:
        """Return the row of this key: these values, if it is the first with it."""
        marks = ", ".join("?" for _ in values)
        query = f"INSERT OR IGNORE INTO {table} VALUES (?, {marks})"  # noqa: S608 - our own names
        new = self._rows.execute(query, [key, *values])
        if new.rowcount:
            return tuple(values)
        query = f"SELECT * FROM {table} WHERE id = ?"  # noqa: S608 - our own names
        return tuple(self._rows.execute(query, [key]).fetchone()[1:])

    def _contradicts(
        self, place: Place, column: str, code: str, message: str, other: Place
    ) -> None:
        self._rows.execute(
            "INSERT INTO found VALUES (?, ?, ?, ?, ?, ?)",
            [column, code, message, str(other), *place],
        )

    def _add_title(self, row: Row, place: Place) -> None:
        title = row.title
        eidrs = [each.value for each in title.ids
                 if each.scheme == "eidr" and each.verified and each.level == "title"]  # fmt: skip
        content = next((each.value for each in title.ids if each.scheme == "content"), "")
        parents = "/".join(f"{each.name}#{each.number}" for each in title.parents)
        name = "|".join(
            (title.kind, parents, title.name.casefold(), title.number, str(title.year or ""))
        )
        for eidr in eidrs:
            self._rows.execute(
                "INSERT OR IGNORE INTO eidrs VALUES (?, ?, ?, ?, ?)",
                [name, eidr, title.name.casefold(), *place],
            )
            self._rows.execute(
                "INSERT OR IGNORE INTO names VALUES (?, ?, ?, ?)",
                [eidr, title.name.casefold(), *place],
            )
        for key in (*eidrs, content):
            if key:
                self._compare(key, _Facts(title.kind, title.year, title.run_time_ms, place))

    def _add_listed(self, row: Row, place: Place) -> None:
        """In a plain list of titles each stands once; in Avails it has a row for each window."""
        for each in row.title.ids:
            if each.verified and each.level == "title":
                first = Place(*self._first("listed", f"{each.scheme}:{each.value}", place))
                if first != place:
                    message = f"{each.value} was listed in {first} already."
                    column = _COLUMNS[each.scheme]
                    self._contradicts(place, column, "title_twice", message, first)

    def _compare(self, key: str, facts: _Facts) -> None:
        row = self._first("facts", key, [*facts[:3], *facts.place])
        before = _Facts(row[0], row[1], row[2], Place(*row[3:]))
        for column, one, other in (
            ("WorkType", before.kind, facts.kind),
            ("ReleaseYear", before.year, facts.year),
            ("TotalRunTime", before.run_time_ms, facts.run_time_ms),
        ):
            if one and other and one != other:
                message = f"{column} of {key} differs from {before.place}."
                self._contradicts(facts.place, column, "contradiction", message, before.place)

    def _two_names(self) -> Iterator[RowFinding]:
        """Yield names under several EIDRs, and EIDRs under several names."""
        several = "SELECT {0} FROM {1} GROUP BY {0} HAVING count(*) > 1"
        query = "SELECT name, shown, eidr, sheet, number FROM eidrs WHERE name IN ({}) ORDER BY 1"
        rows = self._all(query.format(several.format("name", "eidrs")))
        for _name, some in groupby(rows, key=itemgetter(0)):
            same = list(some)
            eidrs = sorted(row[2] for row in same)
            yield _found(
                "warning", max(Place(*row[3:]) for row in same), "TitleID", "title_two_eidrs",
                f"{same[0][1]!r} comes under {len(eidrs)} EIDRs: {', '.join(eidrs[:3])}.",
                ", ".join(eidrs[:3]),
            )  # fmt: skip
        query = "SELECT eidr, name, sheet, number FROM names WHERE eidr IN ({}) ORDER BY 1"
        rows = self._all(query.format(several.format("eidr", "names")))
        for eidr, some in groupby(rows, key=itemgetter(0)):
            same = list(some)
            names = sorted(row[1] for row in same)
            yield _found(
                "warning", max(Place(*row[2:]) for row in same), "TitleInternalAlias",
                "eidr_two_titles",
                f"{eidr} stands for {len(names)} names: {', '.join(names[:3])}.",
                ", ".join(names[:3]),
            )  # fmt: skip

    def _add_avail(self, row: Row, avail: AvailTerms, place: Place) -> None:
        if avail.alid:
            self._rows.execute(
                "INSERT OR IGNORE INTO entries VALUES (?, ?, ?, ?)",
                [avail.alid, row.entry_type, *place],
            )
        if avail.avail_id:
            digest = hash(repr((row.title, avail, row.ai)))
            before, *first = self._first("avail_ids", avail.avail_id, [digest, *place])
            if Place(*first) != place and before != digest:
                where = Place(*first)
                message = f"AvailID {avail.avail_id} was given to {where}, which says otherwise."
                self._contradicts(place, "AvailID", "avail_id_twice", message, where)
        if avail.alid and not (avail.start_condition or avail.end_condition):
            start, end = avail.starts_at or _FIRST, avail.ends_at or _LAST
            terms = hash(repr((avail.prices, avail.exclusive, row.ai)))
            self._rows.executemany(
                "INSERT INTO windows VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (_key(row, avail, territory), start.isoformat(), end.isoformat(), terms, *place)
                    for territory in avail.territory
                ],
            )


def _key(row: Row, avail: AvailTerms, territory: str) -> str:
    title = row.title
    parts = (
        avail.alid, territory, avail.license_type, avail.licensee, avail.format_profile,
        ",".join(avail.asset_languages),
        # A season and its episodes may stand under one ALID, and so may the edits of a film.
        title.kind, title.number, avail.edit_id,
    )  # fmt: skip
    return json.dumps(parts)


def _overlaps(alid: str, windows: list[_Window]) -> Iterator[RowFinding]:
    furthest = windows[0]
    for window in windows[1:]:
        if window.start < furthest.end:
            is_double = window[:3] == furthest[:3]
            code = "row_double" if is_double else "windows_overlap"
            message = f"The window of {alid} overlaps that of {furthest.place}."
            if is_double:
                message = f"Says the same of {alid} as {furthest.place}."
            earlier, place = sorted((window.place, furthest.place))
            yield _found("warning", place, "Start", code, message, str(earlier))
        if window.end > furthest.end:
            furthest = window


def _found(  # noqa: PLR0917 - a finding, in its order
    level: Level, place: Place, column: str, code: str, message: str, about: str
) -> RowFinding:
    """Return a finding; `about` is what it names besides its row, in no language."""
    return RowFinding(place, Finding(level, column, str(place), code, message, {"value": about}))
