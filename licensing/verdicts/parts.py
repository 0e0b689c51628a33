"""The cases of titles with those of their parts: who licenses a series licenses its episodes.

A part of which nothing is told alone is as the whole is. The others stand in the case as its
`works`. A cut is no part but the same material: what burdens an edit or a version, and what is in
it, counts for the work that it was cut from; who holds it says nothing of that work. Only where the
cut has time codes is it a part, for they are its own. Decision: docs/decisions/works-and-parts.md.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple

from catalog.merging import family_of, lines_of
from catalog.models import HOLDINGS, Fact, FactKind
from catalog.rights import instant
from catalog.same_bytes import same_bytes
from licensing.deals.reservations import reserved_of_titles
from licensing.models import Request
from licensing.time_codes import without_time_codes
from licensing.verdicts.burdens import burdens
from licensing.verdicts.counted import Beside, Capped, caps_among, counted_beside, licences_of
from licensing.verdicts.gathering import Licences, Written, facts_of_lines, grants_of_titles
from licensing.verdicts.part_cases import Part, Told, together, with_dates
from licensing.verdicts.relatives import Relatives

_BURDENS: Final = frozenset(FactKind.values) - {*HOLDINGS}
_LICENCES: Final = frozenset({FactKind.GRANT_OUT, FactKind.REVOCATION, FactKind.OPINION})

# Of which files the same bytes elsewhere count: also of the title's own, only of those near it.
type _Same = Literal["all", "near", "none"]


class TitleCase(NamedTuple):
    """What a case says of a title: what is recorded, what is licensed, and the works it consists
    of, all together first; none where no part differs. `alone` is what is recorded of the title
    and of what it is part of, `material` the keys of all rows that hold the same, `near` of all
    that it tells of beside the title's own, `cuts` of the rows of `material` the other cuts of the
    same work, of which it tells who licenses them."""

    facts: list[Written]
    grants: list[Written]
    works: list[Written]
    alone: list[Written]
    material: set[int]
    near: set[int]
    cuts: set[int]

    def burdens(self) -> list[Written]:
        """Return what it says that counts for the same bytes under another title too."""
        return burdens([*self.facts, *self.grants], self.works)


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
    keys: Iterable[int],
    licences: Licences,
    *,
    as_of: datetime,
    known_at: datetime | None = None,
    of_twins: bool = False,
) -> dict[int, TitleCase]:
    """Return, for each title's key, what its case says at `as_of`: of the facts those that stand,
    or stood at a moment. Some queries, however many titles; where none has parts or cuts, few
    more than facts and licences take. The cases `of_twins` are told of other titles with the same
    bytes as their own: these count the licences of those themselves."""
    return _cases(keys, licences, as_of, known_at, same="near" if of_twins else "all")


def _cases(
    keys: Iterable[int],
    licences: Licences,
    as_of: datetime,
    known_at: datetime | None,
    *,
    same: _Same,
) -> dict[int, TitleCase]:
    titles = set(keys)
    works, lines, material, below = family_of(titles)
    granted = licences(material)
    family = Relatives(material, below)
    reached = {key: below[key] | family.beside(key) for key in titles}
    outside = {key: family.outside(key) for key in titles}
    near = {
        key: material[key].union(below[key], *outside[key].values()) - works[key] for key in titles
    }
    # Of a cut with the bytes of the work all that is recorded counts for the other cuts; what cuts
    # have in common concerns these files alone, as under any two titles (same_files.py).
    cuts = {row for key in titles if family.beside(key) for row in works[key]}
    around = {row for some in near.values() for row in some}
    twins = same_bytes(cuts | around) if same != "none" else {}
    if not any(reached.values()) and not twins:
        facts = facts_of_lines(lines, known_at=known_at)
        capped = {key for key in titles if caps_among(facts[key])}
        own = {row for key in capped for row in works[key]} if same == "all" else set()
        if all(lines[key] == works[key] for key in capped) and not (own and same_bytes(own)):
            return {
                key: TitleCase(
                    facts[key], granted[key], [], facts[key], material[key], near[key], set()
                )
                for key in titles
            }
    others = {row for some in outside.values() for each in some.values() for row in each}
    family.read(titles | others)
    having = {
        key: {row: twins[row] - material[key] - below[key] for row in near[key] & twins.keys()}
        for key in titles
    }
    equal = {
        key: family.beside(key)
        & {title for row in lines[key] - works[key] for title in twins.get(row, ())}
        for key in titles
    }
    rows = {row for some in reached.values() for row in some}
    recorded = _recorded(rows | others, known_at)
    licensed = licences({row: {row} for row in rows | others})
    telling = {row for row in rows | others if row in recorded or licensed[row]}
    excepted = _excepted(family, material, below, known_at)
    differing = {
        key: reached[key] & (telling | excepted)
        | {row for row, some in outside[key].items() if some & (telling | having[key].keys())}
        | (below[key] & having[key].keys())
        for key in titles
    }
    every = {row for some in differing.values() for row in some}
    sources = {key for row in every for key in (family.same[row], family.work(row))}
    facts = facts_of_lines(lines | lines_of(sources - titles), known_at=known_at)
    moment = instant(as_of) or ""
    beside = counted_beside(
        {
            key: Capped(
                caps_among(
                    fact for row in {key, *map(family.work, differing[key])} for fact in facts[row]
                ),
                caps_among(facts[key]),
                works[key],
                works[key] | below[key],
                works[key] | near[key],
            )
            for key in titles
        },
        licences,
        known_at=known_at,
        with_same_bytes=same == "all",
    )
    elsewhere = {title for some in having.values() for each in some.values() for title in each}
    told = _cases(elsewhere, licences, as_of, known_at, same="none") if elsewhere else {}
    burdening = {title: case.burdens() for title, case in told.items()}
    known = _Known(family, facts, granted, recorded, licensed, moment, burdening, equal)
    return {
        key: TitleCase(
            *known.case(key, differing[key], below[key], beside.get(key, []), having[key]),
            facts[key],
            material[key],
            near[key],
            family.beside(key),
        )
        for key in titles
    }


def _excepted(
    family: Relatives,
    material: Mapping[int, set[int]],
    below: Mapping[int, set[int]],
    known_at: datetime | None,
) -> set[int]:
    """Return the parts that a record of the titles or their parts leaves out."""
    parents = {key: material[key] | some for key, some in below.items() if some}
    rows = {row for some in parents.values() for row in some}
    said = Fact.objects.known_at(known_at).filter(title__among=rows, body__has_key="excludes")
    codes = {code for some in said.values_list("body__excludes", flat=True) for code in some}
    every = {row for some in below.values() for row in some}
    return {row for row in every if family.code[row] in codes}


class _Known(NamedTuple):
    """What is recorded (by title, with the codes of what is recorded of each row itself) and
    licensed (of titles with their material, and of single rows); what burdens other titles that
    have the same bytes; and by cut the other cuts of its work that have the same bytes."""

    family: Relatives
    facts: Mapping[int, list[Written]]
    granted: Mapping[int, list[Written]]
    recorded: Mapping[int, set[str]]
    licensed: Mapping[int, list[Written]]
    as_of: str
    burdening: Mapping[int, list[Written]]
    equal: Mapping[int, set[int]]

    def case(
        self,
        key: int,
        rows: set[int],
        below: set[int],
        beside: Sequence[Beside],
        same: Mapping[int, set[int]],
    ) -> tuple[list[Written], list[Written], list[Written]]:
        """Return facts, licences and works of the case of a title, of whose parts and cuts `rows`
        differ from it; `beside` are works whose licensees count for it, `same` the other titles
        that hold bytes of a part, of a cut or of what it is part of, by the row that has them."""
        if not rows and not beside and not any(same.values()):
            return self.facts[key], self.granted[key], []
        told = self._of_parts(key, rows & below)
        self._add_cuts(key, rows, told, below)
        self._add_twins(key, same, told, below)
        others = _counted(beside, told)
        family = self.family
        parts = [Part(family.code[key], (), told.pop(key))]
        for part, said in told.items():
            line = [family.code[each] for each in family.line(part, key)]
            parts.append(Part(line[0], tuple(line[1:]), said))
        facts, works = together(parts, self.as_of, others)
        here = rows.union(*family.outside(key).values())
        given = [self.granted[key], *(self.licensed[row] for row in here)]
        told_of = {title for titles in same.values() for title in titles}
        given += [_of_kinds(self.burdening[title], _LICENCES) for title in told_of]
        licences = {fact["id"] for some in given for fact in some}.union(
            *(licences_of(part.told) for part in others)
        )
        return (
            [fact for fact in facts if fact["id"] not in licences],
            [fact for fact in facts if fact["id"] in licences],
            works,
        )

    def _of_parts(self, key: int, rows: set[int]) -> dict[int, list[Told]]:
        """What is told of a title and of its parts, by their keys, less what is told of cuts."""
        family = self.family
        works = {key if family.is_cut(key) else family.work(row) for row in rows}
        outside = family.outside(key)
        told = {}
        for part in [key, *sorted(works - {key, family.same[key]})]:
            granted = {fact["id"]: fact for fact in self.granted[key]}
            for row in rows | outside.get(part, set()) if part != key else ():
                if family.holds(part, row, key):
                    granted |= {fact["id"]: fact for fact in self.licensed[row]}
            told[part] = [*with_dates(self.facts[part]), *map(Told, granted.values())]
        return told

    def _add_cuts(
        self, key: int, rows: set[int], told: dict[int, list[Told]], below: set[int]
    ) -> None:
        """Tell works what is recorded of their cuts; add as parts those that have time codes. Of
        other cuts of the same work what is recorded counts where they have the same bytes, less
        their time codes; else only what is licensed."""
        family = self.family
        cuts = {family.same[row] for row in rows if family.is_cut(row)} - {family.same[key]}
        inside, equal = (
            {family.same[row] for row in rows & some if family.is_cut(row)}
            for some in (below, self.equal[key])
        )
        timed: dict[int, tuple[int, list[Told]]] = {}
        for cut in sorted(cuts):
            work = family.work(cut) if family.work(cut) in told else key
            own = self._of_cut(cut, _BURDENS if cut in inside | equal else _LICENCES)
            if cut not in inside:
                own = _untimed(own)
            told[work] += [each for each in own if "timecode" not in each.fact]
            if some := [each for each in own if "timecode" in each.fact]:
                timed[cut] = work, some
        for cut, (work, some) in timed.items():
            told[cut] = [*told[work], *some]

    def _add_twins(
        self, key: int, same: Mapping[int, set[int]], told: dict[int, list[Told]], below: set[int]
    ) -> None:
        """Tell each part what burdens the titles with the same bytes as what it is part of, or has
        as a part or a cut; of those with the bytes of another cut only what is licensed. Their time
        codes are of another work."""
        family = self.family
        outside = set().union(*family.outside(key).values())
        for row, titles in same.items():
            kinds = _BURDENS if row in below or not family.is_cut(row) else _LICENCES
            said = [
                each
                for title in sorted(titles)
                for each in with_dates(_of_kinds(self.burdening[title], kinds))
            ]
            for part in told:
                if row in below | outside and part != key and not family.holds(part, row, key):
                    continue
                if row in outside and part == key:
                    continue
                if row in below and part == key and family.work(row) != family.work(key):
                    continue
                told[part] += _untimed(said)

    def _of_cut(self, cut: int, kinds: frozenset[str]) -> list[Told]:
        """What of these kinds is recorded of a cut alone, and the events it may hang on."""
        rows = (row for row in self.recorded if self.family.same.get(row) == cut)
        codes = {code for row in rows for code in self.recorded[row]}
        return [
            each
            for each in with_dates(self.facts[cut])
            if each.fact["kind"] == FactKind.EVENT
            or (each.fact["id"] in codes and each.fact["kind"] in kinds)
        ]


def _recorded(rows: set[int], known_at: datetime | None) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    facts = Fact.objects.known_at(known_at).filter(title__among=rows)
    for row, code in facts.values_list("title", "code"):
        found[row].add(code)
    return found


def _of_kinds(facts: Iterable[Written], kinds: frozenset[str]) -> list[Written]:
    """The facts of these kinds, and the events that they may hang on."""
    return [fact for fact in facts if fact["kind"] in kinds or fact["kind"] == FactKind.EVENT]


def _untimed(told: Iterable[Told]) -> list[Told]:
    return [each._replace(fact=without_time_codes(each.fact)) for each in told]


def _counted(beside: Sequence[Beside], told: dict[int, list[Told]]) -> list[Part]:
    """The works beside of which more is licensed than is told of what a cap is about. A cap is one
    limit: where parts date its term each for itself, it counts in each what all of them say."""
    caps: dict[str, list[Told]] = defaultdict(list)
    there: dict[str, set[str]] = defaultdict(set)
    for said in told.values():
        for each in said:
            if each.fact["kind"] == FactKind.CAP:
                there[each.fact["id"]] |= licences_of(said)
                if each not in caps[each.fact["id"]]:
                    caps[each.fact["id"]].append(each)
    for said in told.values():
        here = caps_among(each.fact for each in said)
        said += [each for code in here for each in caps[code] if each not in said]
    return [
        Part(work.code, (), [*work.licences, *(each for cap in counting for each in caps[cap])])
        for work in beside
        if (counting := sorted(work.caps & caps.keys()))
        and any(licences_of(work.licences) - there[cap] for cap in counting)
    ]
