"""Licences of the other parts of a work that a cap counts.

A cap that is recorded on a series counts the licensees of all its episodes, whichever of them is
asked for. Their licences burden the episode in nothing else, so they stand in its case as licences
of works beside it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from catalog.merging import lines_of, parts_of
from catalog.models import Fact, FactKind, Title
from catalog.same_bytes import same_bytes
from licensing.verdicts.gathering import Licences, Written, facts_of_lines
from licensing.verdicts.part_cases import Part, Told, alike, with_dates

_COUNTED: Final = {FactKind.CAP, FactKind.GRANT_OUT, FactKind.REVOCATION, FactKind.EVENT}


def caps_among(facts: Iterable[Written]) -> set[str]:
    """Return the codes of the caps among facts."""
    return {fact["id"] for fact in facts if fact["kind"] == FactKind.CAP}


def counted_beside(
    caps: Mapping[int, set[str]],
    own: Mapping[int, set[int]],
    licences: Licences,
    *,
    as_of: str,
    known_at: datetime | None,
) -> dict[int, list[Part]]:
    """Return, for each title's key, the parts beside it of works on which its caps are recorded,
    with what is licensed of them and of the same bytes; of those of which the same is licensed one.
    `own` are the rows of each title and of its parts, where a cap counts by itself."""
    every = {code for codes in caps.values() for code in codes}
    recorded = dict(Fact.objects.filter(code__among=every).values_list("code", "title"))
    wholes = {key: {recorded[code] for code in codes} - own[key] for key, codes in caps.items()}
    below = parts_of(row for some in wholes.values() for row in some)
    rows = {
        key: {row for whole in some for row in below[whole] | {whole}} - own[key]
        for key, some in wholes.items()
    }
    every_part = _licensed({row for some in rows.values() for row in some}, licences, known_at)
    groups = alike(every_part, as_of)
    return {
        key: [every_part[min(mine)] for group in groups if (mine := group & some)]
        for key, some in rows.items()
    }


def _licensed(rows: set[int], licences: Licences, known_at: datetime | None) -> dict[int, Part]:
    """Return the rows of which something is licensed, by key."""
    twins = same_bytes(rows)
    same = {row: {row} | twins.get(row, set()) for row in rows}
    granted = licences(same)
    every = {each for some in same.values() for each in some}
    papers = Fact.objects.known_at(known_at).filter(title__among=every, kind=FactKind.GRANT_OUT)
    on_paper = set(papers.values_list("title", flat=True))
    holding = {row for row in rows if granted[row] or same[row] & on_paper}
    lines = {row: line | same[row] for row, line in lines_of(holding).items()}
    facts = facts_of_lines(lines, known_at=known_at)
    named = Title.objects.filter(pk__among=holding).values_list("pk", "code")
    return {
        row: Part(
            code,
            (),
            [
                *(each for each in with_dates(facts[row]) if each.fact["kind"] in _COUNTED),
                *map(Told, granted[row]),
            ],
        )
        for row, code in named
    }
