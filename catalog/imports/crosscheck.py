"""What only several rows together show: contradictions, doubles, overlaps. A second pass, pure.

Feed every row once, then ask for findings. Memory grows by about a kilobyte a row, whatever the
row's width. Rejected rows take no part.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

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


class _Facts(NamedTuple):
    kind: str
    year: int | None
    run_time_ms: int | None
    place: Place


@dataclass
class CrossCheck:
    """Collects rows; `findings` says what does not fit together."""

    _eidrs_of: dict[str, dict[str, Place]] = field(default_factory=lambda: defaultdict(dict))
    _names_of: dict[str, dict[str, Place]] = field(default_factory=lambda: defaultdict(dict))
    _listed: dict[str, Place] = field(default_factory=dict)
    _facts_of: dict[str, _Facts] = field(default_factory=dict)
    _contradictions: list[RowFinding] = field(default_factory=list)
    _avail_ids: dict[str, tuple[int, Place]] = field(default_factory=dict)
    _entries: dict[str, dict[str, Place]] = field(default_factory=lambda: defaultdict(dict))
    _windows: dict[tuple[str, ...], list[_Window]] = field(
        default_factory=lambda: defaultdict(list)
    )

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
        """Yield what was found, each with the later of the rows that disagree."""
        yield from self._contradictions
        yield from self._two_names()
        for alid, entries in self._entries.items():
            removed = entries.get("full_delete") or entries.get("delete")
            extracted = entries.get("full_extract")
            if removed and extracted:
                yield _found(
                    "error", max(removed, extracted), "ALID", "extract_and_delete",
                    f"{alid} is extracted in {extracted} and deleted in {removed}.",
                )  # fmt: skip
        for key, windows in self._windows.items():
            yield from _overlaps(key[0], sorted(windows))

    def suggest_end_policy(self) -> tuple[EndPolicy | None, int]:
        """Return what adjoining windows show of a source's ends when read as `exclusive`, and
        in how many places: windows that begin where, or a day after, the one before ended."""
        meets = leaves_a_day = 0
        for windows in self._windows.values():
            ordered = sorted(windows)
            for before, after in pairwise(ordered):
                meets += before.end == after.start
                gap = after.start - before.end if before.end < _LAST else timedelta.max
                leaves_a_day += gap in (timedelta(days=1), timedelta(seconds=1))
        if meets == leaves_a_day:
            return None, meets
        return ("exclusive", meets) if meets > leaves_a_day else ("inclusive", leaves_a_day)

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
            self._eidrs_of[name].setdefault(eidr, place)
            self._names_of[eidr].setdefault(title.name.casefold(), place)
        for key in (*eidrs, content):
            if key:
                self._compare(key, _Facts(title.kind, title.year, title.run_time_ms, place))

    def _add_listed(self, row: Row, place: Place) -> None:
        """In a plain list of titles each stands once; in Avails it has a row for each window."""
        for each in row.title.ids:
            if each.verified and each.level == "title":
                first = self._listed.setdefault(f"{each.scheme}:{each.value}", place)
                if first != place:
                    message = f"{each.value} was listed in {first} already."
                    self._contradictions.append(
                        _found("warning", place, each.scheme, "title_twice", message)
                    )

    def _compare(self, key: str, facts: _Facts) -> None:
        before = self._facts_of.setdefault(key, facts)
        for column, one, other in (
            ("WorkType", before.kind, facts.kind),
            ("ReleaseYear", before.year, facts.year),
            ("TotalRunTime", before.run_time_ms, facts.run_time_ms),
        ):
            if one and other and one != other:
                self._contradictions.append(
                    _found(
                        "warning",
                        facts.place,
                        column,
                        "contradiction",
                        f"{column} of {key} differs from {before.place}.",
                    )
                )

    def _two_names(self) -> Iterator[RowFinding]:
        for name, eidrs in self._eidrs_of.items():
            if len(eidrs) > 1:
                shown = name.split("|")[2]
                yield _found(
                    "warning", max(eidrs.values()), "TitleID", "title_two_eidrs",
                    f"{shown!r} comes under {len(eidrs)} EIDRs: {', '.join(sorted(eidrs)[:3])}.",
                )  # fmt: skip
        for eidr, names in self._names_of.items():
            if len(names) > 1:
                shown = ", ".join(sorted(names)[:3])
                yield _found(
                    "warning", max(names.values()), "TitleInternalAlias", "eidr_two_titles",
                    f"{eidr} stands for {len(names)} names: {shown}.",
                )  # fmt: skip

    def _add_avail(self, row: Row, avail: AvailTerms, place: Place) -> None:
        if avail.alid:
            self._entries[avail.alid].setdefault(row.entry_type, place)
        if avail.avail_id:
            digest = hash(repr((row.title, avail, row.ai)))
            before, first = self._avail_ids.setdefault(avail.avail_id, (digest, place))
            if first != place and before != digest:
                self._contradictions.append(
                    _found(
                        "warning",
                        place,
                        "AvailID",
                        "avail_id_twice",
                        f"AvailID {avail.avail_id} was given to {first}, which says otherwise.",
                    )
                )
        if avail.alid and not (avail.start_condition or avail.end_condition):
            window = _Window(
                avail.starts_at or _FIRST, avail.ends_at or _LAST,
                hash(repr((avail.prices, avail.exclusive, row.ai))), place,
            )  # fmt: skip
            for territory in avail.territory:
                self._windows[_key(avail, territory)].append(window)


def _key(avail: AvailTerms, territory: str) -> tuple[str, ...]:
    return (
        avail.alid, territory, avail.license_type, avail.licensee, avail.format_profile,
        ",".join(avail.asset_languages),
    )  # fmt: skip


def _overlaps(alid: str, windows: list[_Window]) -> Iterator[RowFinding]:
    furthest = windows[0]
    for window in windows[1:]:
        if window.start < furthest.end:
            is_double = window[:3] == furthest[:3]
            code = "row_double" if is_double else "windows_overlap"
            message = f"The window of {alid} overlaps that of {furthest.place}."
            if is_double:
                message = f"Says the same of {alid} as {furthest.place}."
            place = max(window.place, furthest.place)
            yield _found("warning", place, "Start", code, message)
        if window.end > furthest.end:
            furthest = window


def _found(level: Level, place: Place, column: str, code: str, message: str) -> RowFinding:
    return RowFinding(place, Finding(level, column, str(place), code, message))
