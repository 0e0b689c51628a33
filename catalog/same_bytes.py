"""Titles of one organisation that hold the same bytes, and all that this makes count."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from django.db.models import Exists, OuterRef

from catalog.merging import material_of, parts_of, works_of_cuts
from catalog.models import Asset

# Of more works than this, a file is a logo, a slate or a credit, and not what the titles are.
MOST_WORKS: Final = 5


def same_bytes(rows: Iterable[int]) -> dict[int, set[int]]:
    """Return, for the keys of those of these titles that have a file which another title of their
    organisation has too, the keys of the others; of a file of more than MOST_WORKS nothing. One
    query where there are none."""
    if not (wanted := set(rows)):
        return {}
    files = Asset.objects.filter(title__isnull=False)
    again = files.filter(sha256=OuterRef("sha256"), organisation=OuterRef("organisation"))
    mine = files.filter(Exists(again.exclude(title=OuterRef("title"))), title__among=wanted)
    held = list(mine.order_by().values_list("title", "organisation", "sha256"))
    if not held:
        return {}
    every = files.filter(sha256__among={sha256 for *_rest, sha256 in held})
    having: dict[tuple[int, str], set[int]] = defaultdict(set)
    for title, organisation, sha256 in every.values_list("title", "organisation", "sha256"):
        having[organisation, sha256].add(title or 0)
    telling = dict(zip(having, are_of_few(having.values()), strict=True))
    found: dict[int, set[int]] = defaultdict(set)
    for title, organisation, sha256 in held:
        if telling[organisation, sha256]:
            found[title or 0] |= having[organisation, sha256] - {title or 0}
    return dict(found)


def are_of_few(held: Iterable[set[int]]) -> list[bool]:
    """Return, for the titles that each of some files is of, whether these are few works: rows of
    one work are one, and its edits and versions are it. No query where the titles are few."""
    files = list(held)
    many = {title for titles in files if len(titles) > MOST_WORKS for title in titles}
    works = works_of_cuts(many) if many else {}
    return [len({works.get(title, title) for title in titles}) <= MOST_WORKS for titles in files]


def rows_told(titles: set[int]) -> set[int]:
    """Return all rows of which something may be told in the cases of these titles and of their
    files: what they and their parts are the same material as, and that of the titles with the same
    bytes as one of these."""
    rows = _rows_holding(titles)
    others = {title for some in same_bytes(rows).values() for title in some} - rows
    return rows | _rows_holding(others)


def _rows_holding(titles: set[int]) -> set[int]:
    """The material of titles and of their parts, which may be part of something else as well."""
    parts = {row for rows in parts_of(titles).values() for row in rows}
    return parts.union(*material_of(titles | parts).values())
