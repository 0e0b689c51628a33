"""Licences that a cap counts and the case of a title does not tell by itself.

A cap that is recorded on a series counts the licensees of all its episodes, whichever of them is
asked for: of what they are part of elsewhere and of the same bytes as well. Of a title's own files
it counts who licenses the same bytes under another. These licences burden what is asked for in
nothing else, so they stand in its case as licences of works beside it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from catalog.merging import lines_of, material_of, parts_of
from catalog.models import Fact, FactKind, Title
from catalog.same_bytes import same_bytes
from licensing.verdicts.gathering import Licences, Written, facts_of_lines
from licensing.verdicts.part_cases import Told, with_dates

_LICENCES: Final = {FactKind.GRANT_OUT, FactKind.REVOCATION, FactKind.EVENT}

type Rows = Mapping[int, set[int]]


class Capped(NamedTuple):
    """The codes of the caps that a title's case tells, and of those that are told of the title
    itself; the rows of its work, these and all below, and all rows of which it tells licences."""

    caps: set[str]
    of_title: set[str]
    works: set[int]
    own: set[int]
    told: set[int]


class Beside(NamedTuple):
    """A work beside: its code, the caps that count it, and what is licensed of it."""

    code: str
    caps: frozenset[str]
    licences: list[Told]


def caps_among(facts: Iterable[Written]) -> set[str]:
    """Return the codes of the caps among facts."""
    return {fact["id"] for fact in facts if fact["kind"] == FactKind.CAP}


def licences_of(told: Iterable[Told]) -> set[str]:
    """Return the names of the licences among what is told."""
    return {each.fact["id"] for each in told if each.fact["kind"] == FactKind.GRANT_OUT}


def counted_beside(
    titles: Mapping[int, Capped],
    licences: Licences,
    *,
    known_at: datetime | None,
    with_same_bytes: bool,
) -> dict[int, list[Beside]]:
    """Return, for each title's key, the works beside it on which its caps are recorded as well, as
    far as something is licensed of them; of those of which the same is licensed one. And, if asked
    for, the titles that have the same bytes as itself."""
    capped = {key: each for key, each in titles.items() if each.caps}
    if not capped:
        return {}
    every = {code for each in capped.values() for code in each.caps}
    recorded = dict(Fact.objects.filter(code__among=every).values_list("code", "title"))
    wholes = {
        key: frozenset({recorded[code] for code in each.caps} - each.own)
        for key, each in capped.items()
    }
    rows = {row for some in wholes.values() for row in some}
    below = parts_of(rows)
    material = material_of(rows.union(*below.values()))
    own = {row for each in capped.values() for row in each.works} if with_same_bytes else set()
    twins = same_bytes(own.union(*material.values()))
    holding = _holding({title for some in twins.values() for title in some})
    reach = {row: _reach(some, twins, holding) for row, some in material.items()}
    # Titles that are part of the same are counted with the same: of thousands, once.
    parts = {some: _parts(some, below, material, reach) for some in set(wholes.values())}
    same = {
        key: {
            title: holding[title] - each.told
            for row in each.works & own
            for title in twins.get(row, set()) - each.told - parts[wholes[key]].keys()
        }
        for key, each in capped.items()
    }
    found = _Licensed([*parts.values(), *same.values()], licences, known_at)
    telling = {some: found.telling(reach) for some, reach in parts.items()}
    return {
        key: found.beside(
            {row: reach for row, reach in telling[wholes[key]].items() if row not in each.own},
            found.telling(same[key]),
            each,
        )
        for key, each in capped.items()
    }


def _parts(wholes: frozenset[int], below: Rows, material: Rows, reach: Rows) -> Rows:
    """What the wholes and their parts reach, less what is licensed of a whole itself: that is told
    of whatever is part of it."""
    common: set[int] = set().union(*(material[whole] for whole in wholes))
    rows = set(wholes).union(*(below[whole] for whole in wholes))
    return {row: reach[row] - common for row in rows}


def _holding(titles: set[int]) -> dict[int, set[int]]:
    """All rows of which the cases of titles tell licences."""
    material, parts = material_of(titles), parts_of(titles)
    return {title: material[title] | parts[title] for title in titles}


def _reach(rows: set[int], twins: Rows, holding: Rows) -> set[int]:
    return rows.union(*(holding[title] for row in rows for title in twins.get(row, ())))


class _Licensed:
    """What is licensed of rows, given what each of them reaches."""

    def __init__(
        self, reach: Iterable[Rows], licences: Licences, known_at: datetime | None
    ) -> None:
        given = list(reach)
        every = {row for each in given for rows in each.values() for row in rows}
        self._granted = licences({row: {row} for row in every})
        papers = Fact.objects.known_at(known_at).filter(title__among=every, kind=FactKind.GRANT_OUT)
        self._papers = set(papers.values_list("title", flat=True))
        self._having = self._papers | {row for row, some in self._granted.items() if some}
        rows = {row for each in given for row in self.telling(each)}
        self._lines = lines_of(rows | self._papers)
        self._facts = facts_of_lines(self._lines, known_at=known_at)
        self._codes = dict(Title.objects.filter(pk__among=rows).values_list("pk", "code"))

    def telling(self, reach: Rows) -> Rows:
        """Those of which something is licensed, with the rows of which it is."""
        return {row: some & self._having for row, some in reach.items() if some & self._having}

    def beside(self, parts: Rows, twins: Rows, capped: Capped) -> list[Beside]:
        counting = {row: capped.caps & caps_among(self._facts[row]) for row in parts}
        counting |= dict.fromkeys(twins, capped.of_title)
        reach = {**parts, **twins}
        found: dict[frozenset[object], Beside] = {}
        for row in sorted(reach):
            if caps := counting[row]:
                told = self._told(row, reach[row])
                words = {(each.fact["id"], each.dates) for each in told}
                work = Beside(self._codes[row], frozenset(caps), told)
                found.setdefault(frozenset({*words, *caps}), work)
        return list(found.values())

    def _told(self, row: int, rows: set[int]) -> list[Told]:
        here = [row, *sorted((rows & self._papers) - self._lines[row])]
        on_paper = [each for some in here for each in with_dates(self._facts[some])]
        granted = {fact["id"]: fact for each in sorted(rows) for fact in self._granted[each]}
        return [
            *(each for each in on_paper if each.fact["kind"] in _LICENCES),
            *map(Told, granted.values()),
        ]
