"""Two rows that are one work, and one row that were two.

Nothing moves: files, rights and licences stay with the row they were recorded for, and the log's
references stay true. A duplicate only names the title that speaks for both, its canonical one;
whoever asks what rests on a work asks for all rows of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.errors import Conflict, Invalid, NotFound
from accounts.text import check_name
from catalog.models import Merger, Title, TitleKind
from catalog.same import came_with, split_entries
from catalog.titles import get_title, lock_title
from ledger.append import append, append_many

_AT_ONCE = 2_000
_CUTS = (TitleKind.EDIT, TitleKind.VERSION)


@transaction.atomic
def merge_titles(*, actor: Actor, code: str, into: str, reason: str) -> Title:
    """Record that title `code` is the same work as `into`, which speaks for both from now on.

    What already pointed to `code` points to `into` too. Raises Invalid where the two cannot be
    one work, Conflict where `code` is a duplicate already, NotFound.
    """
    require(actor, Permission.EDIT_TITLES)
    # In the order in which grants lock them too, so that none waits for another in a circle.
    mine = Title.objects.visible_to(actor).select_for_update(of=("self",))
    locked = {each.code: each for each in mine.filter(code__in={code, into}).order_by("pk")}
    if not {code, into} <= locked.keys():
        raise NotFound
    title, kept = locked[code], locked[into]
    if kept.canonical_id is not None:
        kept = lock_title(actor, _canonical_code(kept))
    if kept.pk == title.pk:
        raise Invalid("into", _("Choose another title: these two are one already."))
    if title.canonical_id is not None:
        raise Conflict(_("This title is recorded as a duplicate already. Split it off first."))
    if title.kind != kept.kind:
        raise Invalid(
            "into",
            _("A “%(kind)s” and a “%(other)s” are not one work.")
            % {"kind": title.get_kind_display(), "other": kept.get_kind_display()},
        )
    now = timezone.now()
    Title.objects.filter(Q(pk=title.pk) | Q(canonical=title)).update(canonical=kept)
    Title.objects.filter(Q(pk=kept.pk) | Q(canonical=kept)).update(changed_at=now)
    Merger.objects.update_or_create(title=title, kept=kept, defaults={"split_at": None})
    append(
        "title.merged",
        stream=title.stream,
        actor=actor.name,
        refs={"into": kept.stream},
        private={"reason": check_name("reason", reason, 500)},
    )
    return kept


@transaction.atomic
def split_title(*, actor: Actor, code: str, reason: str) -> Title:
    """Record that title `code` is a work of its own after all, and with it those that were merged
    into it: nobody ever said that they are what it turned out not to be.

    Raises Conflict where it is no duplicate, NotFound.
    """
    require(actor, Permission.EDIT_TITLES)
    rows = Title.objects.filter(pk__in=rows_of(get_title(actor, code)))
    locked = {each.code: each for each in rows.select_for_update().order_by("pk")}
    title = locked[code]
    if title.canonical is None:
        raise Conflict(_("This title is no duplicate of another."))
    kept = title.canonical
    reason = check_name("reason", reason, 500)
    others = {each.stream: each for each in locked.values() if each.canonical_id == kept.pk}
    along = [others[stream] for stream in came_with(title.stream, others)]
    title.changed_at = timezone.now()
    title.canonical = None
    title.save(update_fields=["canonical", "changed_at"])
    Title.objects.filter(pk__in=[each.pk for each in along]).update(canonical=title)
    Title.objects.filter(pk=kept.pk).update(changed_at=title.changed_at)
    _remember_split(title, kept)
    append_many(split_entries(actor, title.stream, kept.stream, [e.stream for e in along], reason))
    return title


def rows_of(title: Title) -> list[int]:
    """Return the keys of all rows that are this work, in order; usually one."""
    return sorted(rows_of_many([title.pk])[title.pk])


def rows_of_many(keys: Iterable[int]) -> dict[int, set[int]]:
    """Return, for each title's key, the keys of all rows that are the same work. Two queries, each
    by an index: one that asked both ways at once would read the whole table."""
    if not (wanted := set(keys)):
        return {}
    named = Title.objects.filter(pk__among=wanted).values_list("pk", "canonical")
    kept = {key: canonical or key for key, canonical in named}
    works = {speaks: {speaks} for speaks in kept.values()}
    others = Title.objects.filter(canonical__among=works.keys()).values_list("pk", "canonical")
    for key, canonical in others:
        works[canonical or key].add(key)
    return {key: works[speaks] for key, speaks in kept.items()}


class Family(NamedTuple):
    """Titles among their relatives: what `rows_of_many`, `lines_of`, `material_of` and `parts_of`
    say of each."""

    works: dict[int, set[int]]
    lines: dict[int, set[int]]
    material: dict[int, set[int]]
    parts: dict[int, set[int]]


def family_of(keys: Iterable[int]) -> Family:
    """Return all four, asking once for what they have in common."""
    works = rows_of_many(keys)
    lines = _with_wholes(works)
    return Family(works, lines, _with_cuts(lines), _parts(works))


def lines_of(keys: Iterable[int]) -> dict[int, set[int]]:
    """Return, for each title's key, the keys of all rows that are this work or a work it is part
    of. Some queries, however many titles: three for each step up the list of kinds."""
    return _with_wholes(rows_of_many(keys))


def material_of(keys: Iterable[int]) -> dict[int, set[int]]:
    """Return, for each title's key, the keys of all rows that hold its material: this work, what it
    is part of, and the edits and versions of these. Who has a licence in one of them has it in the
    title too. Some queries, however many titles."""
    return _with_cuts(lines_of(keys))


def parts_of(keys: Iterable[int]) -> dict[int, set[int]]:
    """Return, for each title's key, the keys of all rows that are below it: its parts, their parts,
    and the edits and versions of all of these. Where none has any, that is one question more."""
    return _parts(rows_of_many(keys))


def _with_wholes(works: Mapping[int, set[int]]) -> dict[int, set[int]]:
    lines = {key: set(rows) for key, rows in works.items()}
    level = {row for line in lines.values() for row in line}
    while level:
        found = Title.objects.filter(pk__among=level, parent__isnull=False)
        parents = dict(found.values_list("pk", "parent_id"))
        if not parents:
            break
        above = rows_of_many(parent for parent in parents.values() if parent is not None)
        for line in lines.values():
            for key in line & parents.keys():
                line.update(above[parents[key]])
        level = {key for line in above.values() for key in line}
    return lines


def _with_cuts(lines: Mapping[int, set[int]]) -> dict[int, set[int]]:
    found = {key: set(line) for key, line in lines.items()}
    level = {row for rows in found.values() for row in rows}
    while level:
        below = Title.objects.filter(parent__among=level, kind__in=_CUTS)
        parents = list(below.values_list("pk", "parent"))
        if not parents:
            break
        same = rows_of_many(cut for cut, _parent in parents)
        cuts: dict[int | None, set[int]] = {}
        for cut, parent in parents:
            cuts.setdefault(parent, set()).update(same[cut])
        for rows in found.values():
            for parent in rows & cuts.keys():
                rows.update(cuts[parent])
        level = {row for rows in cuts.values() for row in rows}
    return found


def _parts(works: Mapping[int, set[int]]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {key: set() for key in works}
    asking: dict[int, set[int]] = defaultdict(set)
    for key, rows in works.items():
        for row in rows:
            asking[row].add(key)
    while asking:
        below = Title.objects.filter(parent__among=asking.keys())
        pairs = list(below.values_list("pk", "parent"))
        if not pairs:
            break
        same = rows_of_many(part for part, _parent in pairs)
        following: dict[int, set[int]] = {}
        for part, parent in pairs:
            for row in same[part]:
                new = {key for key in asking[parent or 0] if row not in found[key]}
                following.setdefault(row, set()).update(new)
        for row, askers in following.items():
            for key in askers:
                found[key].add(row)
        asking = {row: askers for row, askers in following.items() if askers}
    return found


def with_works_of_cuts(keys: Iterable[int]) -> set[int]:
    """Return the keys of these rows, and of the works that edits and versions among them are of."""
    every = set(keys)
    level = every
    while level:
        cuts = Title.objects.filter(pk__among=level, kind__in=_CUTS, parent__isnull=False)
        level = set(filter(None, cuts.values_list("parent", flat=True))) - every
        every |= level
    return every


def works_of_cuts(keys: Iterable[int]) -> dict[int, int]:
    """Return, for each title's key, the row that speaks for its work; of an edit or a version for
    the work that it is of. One query for each step up."""
    found = {key: key for key in keys}
    while True:
        rows = Title.objects.filter(pk__among=set(found.values()))
        columns = rows.values_list("pk", "canonical", "kind", "parent")
        steps = {
            key: canonical or (parent if kind in _CUTS else None) or key
            for key, canonical, kind, parent in columns
        }
        if all(steps[row] == row for row in found.values()):
            return found
        found = {key: steps[row] for key, row in found.items()}


def with_works_above(keys: Iterable[int]) -> set[int]:
    """Return these keys and those of all rows of the works that they are part of."""
    every = set(keys)
    level = every
    while level:
        parts = Title.objects.filter(pk__among=level, parent__isnull=False)
        above = parts.order_by().values_list("parent", flat=True).distinct()
        works = rows_of_many(key for key in above if key is not None)
        level = {row for rows in works.values() for row in rows} - every
        every |= level
    return every


def with_parts(keys: Iterable[int]) -> set[int]:
    """Return the keys of all rows of these works, and of all that is part of them.

    However many: an import may have touched more than a question to the database can name.
    """
    every: set[int] = set()
    waiting = list(set(keys))
    while waiting:
        some, waiting = waiting[:_AT_ONCE], waiting[_AT_ONCE:]
        same = {row for work in rows_of_many(some).values() for row in work}
        every |= same
        below = Title.objects.filter(parent__in=same).values_list("pk", flat=True)
        waiting += set(below) - every
    return every


def _remember_split(title: Title, kept: Title) -> None:
    """It stands beside none of its work any more, whichever of them it was merged into."""
    Merger.objects.filter(title=title, split_at=None).update(split_at=title.changed_at)
    Merger.objects.update_or_create(title=title, kept=kept, defaults={"split_at": title.changed_at})


def _canonical_code(title: Title) -> str:
    assert title.canonical is not None  # noqa: S101 - the caller has looked
    return title.canonical.code
