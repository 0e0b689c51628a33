"""The cases of titles with those of their parts: who licenses a series licenses its episodes.

A part of which nothing is told alone is as the whole is. The others stand in the case as its
`works`. A cut is no part but the same material: what burdens an edit or a version, and what is in
it, counts for the work that it was cut from; who holds it says nothing of that work. Only where the
cut has time codes is it a part, for they are its own. Decision: docs/decisions/works-and-parts.md.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from catalog.merging import family_of, lines_of
from catalog.models import HOLDINGS, Fact, FactKind, Title, TitleKind
from catalog.models.rights import FactQuerySet
from catalog.rights import instant
from licensing.deals.reservations import reserved_of_titles
from licensing.models import Request
from licensing.verdicts.gathering import Written, facts_of_lines, grants_of_titles
from licensing.verdicts.part_cases import Part, Told, together, with_dates

# What is licensed of rows, by any key, given the rows' own keys.
type Licences = Callable[[Mapping[int, set[int]]], dict[int, list[Written]]]

_COLUMNS: Final = ("pk", "code", "kind", "canonical", "parent", "parent__canonical")
_BURDENS: Final = frozenset(FactKind.values) - {*HOLDINGS}
_LICENCES: Final = frozenset({FactKind.GRANT_OUT, FactKind.REVOCATION, FactKind.OPINION})
_CUTS: Final = (TitleKind.EDIT, TitleKind.VERSION)


class TitleCase(NamedTuple):
    """What a case says of a title: what is recorded, what is licensed, and the works it consists
    of, all together first; none where no part differs. `alone` is what is recorded of the title
    and of what it is part of, `material` the keys of all rows that hold the same."""

    facts: list[Written]
    grants: list[Written]
    works: list[Written]
    alone: list[Written]
    material: set[int]


def of_works(works: list[Written], wanted: Written) -> Written:
    """Return the members of a case that say what is asked for and, where there are some, of which
    works."""
    if not works:
        return {"request": wanted}
    return {"works": works, "request": wanted | {"work": works[0]["id"]}}


def licensed_or_agreed(
    works: Mapping[int, set[int]], request: Request | None = None
) -> dict[int, list[Written]]:
    """Return, for each key, what is granted in its rows, and what deals, but for those of this
    request, keep back of them: agreed with others is as good as granted to them."""
    granted, reserved = grants_of_titles(works), reserved_of_titles(works, request)
    return {key: [*facts, *reserved[key]] for key, facts in granted.items()}


def cases_of(
    keys: Iterable[int], licences: Licences, *, as_of: datetime, known_at: datetime | None = None
) -> dict[int, TitleCase]:
    """Return, for each title's key, what its case says at `as_of`: of the facts those that stand,
    or stood at a moment. Some queries, however many titles; where none has parts or cuts, few
    more than facts and licences take."""
    titles = set(keys)
    lines, material, below = family_of(titles)
    granted = licences(material)
    family = _Family(material, below)
    reached = {key: below[key] | family.beside(key) for key in titles}
    if not any(reached.values()):
        facts = facts_of_lines(lines, known_at=known_at)
        return {
            key: TitleCase(facts[key], granted[key], [], facts[key], material[key])
            for key in titles
        }
    rows = {row for some in reached.values() for row in some}
    recorded = _recorded(rows, known_at)
    licensed = licences({row: {row} for row in rows})
    differing = {row for row in rows if row in recorded or licensed[row]}
    differing |= family.excepted(known_at)
    sources = {key for row in differing for key in (family.same[row], family.work(row))}
    facts = facts_of_lines(lines | lines_of(sources - titles), known_at=known_at)
    known = _Known(family, facts, granted, recorded, licensed, instant(as_of) or "")
    return {
        key: TitleCase(
            *known.case(key, reached[key] & differing, below[key]), facts[key], material[key]
        )
        for key in titles
    }


class _Family:
    """The titles above, below and beside some, as far as these have parts or cuts at all. What is
    said of a work's place is said by the row that speaks for it."""

    def __init__(self, material: Mapping[int, set[int]], below: Mapping[int, set[int]]) -> None:
        self._material, self._below = material, below
        self.code: dict[int, str] = {}
        self.same: dict[int, int] = {}  # by row, the one that speaks for it
        self._above: dict[int, int] = {}
        self._cuts: set[int] = set()
        others = {row for key in material for row in (material[key] | below[key]) - {key}}
        self._read(others | {key for key in material if below[key]})
        self._read({key for key in material if material[key] & self._cuts} - self.code.keys())
        self._beside = self._other_cuts()

    def _read(self, keys: set[int]) -> None:
        above: dict[int, list[int]] = defaultdict(list)
        rows = Title.objects.filter(pk__among=keys).order_by("pk").values_list(*_COLUMNS)
        for key, code, kind, canonical, parent, same_parent in rows:
            self.code[key], self.same[key] = code, canonical or key
            if kind in _CUTS:
                self._cuts.add(key)
            if parent is not None:
                above[self.same[key]].append(same_parent or parent)
        for key, parents in above.items():
            # Rows of one work may be part of several: of those, one that was asked about.
            self._above.setdefault(key, min(parents, key=lambda each: (each not in keys, each)))

    def _other_cuts(self) -> dict[int, set[int]]:
        found = {
            key: (rows & self._cuts) - self._below[key]
            for key, rows in self._material.items()
            if key in self._cuts
        }
        lines = lines_of(found) if any(found.values()) else {}
        return {key: some - lines[key] for key, some in found.items() if some}

    def is_cut(self, row: int) -> bool:
        return self.same[row] in self._cuts

    def beside(self, key: int) -> set[int]:
        """Return, for a cut, the other cuts of the same work."""
        return self._beside.get(key, set())

    def work(self, row: int) -> int:
        """Return what a cut is of, whether directly or not; of all else, itself."""
        found = self.same[row]
        while found in self._cuts and found in self._above:
            found = self._above[found]
        return found

    def line(self, row: int, up_to: int) -> list[int]:
        """Return what is part of `up_to` and a row is, or is part of, from below."""
        found = [self.same[row]]
        while found[-1] in self._above and self._above[found[-1]] != self.same[up_to]:
            found.append(self._above[found[-1]])
        return found

    def excepted(self, known_at: datetime | None) -> set[int]:
        """Return the parts that a record of the titles or their parts leaves out."""
        parents = {key: self._material[key] | some for key, some in self._below.items() if some}
        rows = {row for some in parents.values() for row in some}
        said = _facts(known_at).filter(title__among=rows, body__has_key="excludes")
        codes = {code for some in said.values_list("body__excludes", flat=True) for code in some}
        every = {row for some in self._below.values() for row in some}
        return {row for row in every if self.code[row] in codes}


class _Known(NamedTuple):
    """What is recorded (by title, with the codes of what is recorded of each row itself) and
    licensed (of titles with their material, and of single rows)."""

    family: _Family
    facts: Mapping[int, list[Written]]
    granted: Mapping[int, list[Written]]
    recorded: Mapping[int, set[str]]
    licensed: Mapping[int, list[Written]]
    as_of: str

    def case(
        self, key: int, rows: set[int], below: set[int]
    ) -> tuple[list[Written], list[Written], list[Written]]:
        """Return facts, licences and works of the case of a title, of whose parts and cuts `rows`
        differ from it."""
        if not rows:
            return self.facts[key], self.granted[key], []
        told = self._of_parts(key, rows & below)
        self._add_cuts(key, rows, told, below)
        family = self.family
        parts = [Part(family.code[key], (), told.pop(key))]
        for part, said in told.items():
            line = [family.code[each] for each in family.line(part, key)]
            parts.append(Part(line[0], tuple(line[1:]), said))
        facts, works = together(parts, self.as_of)
        given = (self.granted[key], *(self.licensed[row] for row in rows))
        licences = {fact["id"] for some in given for fact in some}
        return (
            [fact for fact in facts if fact["id"] not in licences],
            [fact for fact in facts if fact["id"] in licences],
            works,
        )

    def _of_parts(self, key: int, rows: set[int]) -> dict[int, list[Told]]:
        """What is told of a title and of its parts, by their keys, less what is told of cuts."""
        family = self.family
        works = {key if family.is_cut(key) else family.work(row) for row in rows}
        parts = [key, *sorted(works - {key, family.same[key]})]
        told = {}
        for part in parts:
            line = set() if part == key else set(family.line(part, key))
            granted = {fact["id"]: fact for fact in self.granted[key]}
            for row in rows:
                if family.work(row) in line:
                    granted |= {fact["id"]: fact for fact in self.licensed[row]}
            told[part] = [*with_dates(self.facts[part]), *map(Told, granted.values())]
        return told

    def _add_cuts(
        self, key: int, rows: set[int], told: dict[int, list[Told]], below: set[int]
    ) -> None:
        """Tell works what is recorded of their cuts; add as parts those that have time codes."""
        family = self.family
        cuts = {family.same[row] for row in rows if family.is_cut(row)} - {family.same[key]}
        timed: dict[int, tuple[int, list[Told]]] = {}
        for cut in sorted(cuts):
            work = family.work(cut) if family.work(cut) in told else key
            own = self._of_cut(cut, _LICENCES if cut not in below else _BURDENS)
            told[work] += [each for each in own if "timecode" not in each.fact]
            if some := [each for each in own if "timecode" in each.fact]:
                timed[cut] = work, some
        for cut, (work, some) in timed.items():
            told[cut] = [*told[work], *some]

    def _of_cut(self, cut: int, kinds: frozenset[str]) -> list[Told]:
        """What of these kinds is recorded of a cut alone, and the events it may hang on."""
        rows = (row for row in self.recorded if self.family.same[row] == cut)
        codes = {code for row in rows for code in self.recorded[row]}
        return [
            each
            for each in with_dates(self.facts[cut])
            if each.fact["kind"] == FactKind.EVENT
            or (each.fact["id"] in codes and each.fact["kind"] in kinds)
        ]


def _facts(known_at: datetime | None) -> FactQuerySet:
    return Fact.objects.standing() if known_at is None else Fact.objects.known_at(known_at)


def _recorded(rows: set[int], known_at: datetime | None) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    for row, code in _facts(known_at).filter(title__among=rows).values_list("title", "code"):
        found[row].add(code)
    return found
