"""Which title a row means: by number, never by name alone."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Q

from accounts.models import Organisation
from catalog.importing.overlay import Overlay
from catalog.importing.works import Key, Work, own
from catalog.models import Scheme, Title, TitleIdentifier, TitleKind

_MOST_ALIKE = 3


@dataclass(slots=True, eq=False)
class Entry:
    """A title of the library, or one that this batch adds.

    `title` is None in a dry run for what only an earlier row of the file would have added.
    """

    kind: str
    title: Title | None
    is_new: bool
    is_described: bool = False  # an earlier row of this import said what it is
    eidrs: set[str] = field(default_factory=set)
    numbers: set[Key] = field(default_factory=set)
    added: list[tuple[Key, bool]] = field(default_factory=list)  # numbers to write, verified or not
    place: str = ""  # what a dry run calls it


@dataclass(frozen=True, slots=True)
class Match:
    entry: Entry | None
    others: list[Entry]  # which further numbers of the row name


class Known:
    """The titles that the numbers of a batch name; grows with what the batch adds."""

    def __init__(self, organisation: Organisation, overlay: Overlay | None = None) -> None:
        self._organisation = organisation
        self._overlay = overlay
        self._of_key: dict[Key, Entry] = {}
        self._of_title: dict[int, Entry] = {}
        self._of_code: dict[str, Entry] = {}
        self._alike: dict[str, list[Title]] = defaultdict(list)

    @property
    def entries(self) -> Iterable[Entry]:
        return self._of_title.values()

    def load(self, works: Sequence[Work]) -> None:
        """Find what the numbers of these works, and of all that they are part of, name."""
        every = [each for work in works for each in lineage(work)]
        values: dict[str, set[str]] = defaultdict(set)
        for work in every:
            for scheme, value in work.keys:
                values[scheme].add(value)
        self._load_codes({work.code for work in every if work.code})
        self._load_numbers(values)
        self._load_alike({work.name for work in every})
        if self._overlay is not None:
            self._load_planned([key for work in every for key in work.keys])

    def match(self, work: Work) -> Match:
        """Return what the surest number names, the edge code first. A studio's own number that
        names a title of another EIDR, or of another kind, does not count: then it is another
        work."""
        ours = self._of_code.get(work.code)
        found = [] if ours is None else [ours]
        for key in work.keys:
            entry = self._of_key.get(key)
            if entry is None or entry in found:
                continue
            if key[0] == Scheme.OWN and entry.kind != work.kind:
                continue
            if key[0] == Scheme.EIDR or not _differ(entry.eidrs, work.eidrs):
                found.append(entry)
        if not found and all(key in self._of_key for key in work.keys):
            return self._match_by_all(work)
        return Match(found[0] if found else None, found[1:])

    def _match_by_all(self, work: Work) -> Match:
        """For a work whose every number names another: it is known by all it has together."""
        said = "\n".join([work.kind, work.name, *(" ".join(key) for key in work.keys)])
        work.keys.append(own("row", hashlib.sha256(said.encode()).hexdigest()[:32]))
        self.load([work])
        return Match(self._of_key.get(work.keys[-1]), [])

    def add(self, work: Work, entry: Entry) -> None:
        """Let the numbers of a work that name nothing yet name this title from now on."""
        for key in work.keys:
            if key not in self._of_key:
                self._of_key[key] = entry
                entry.numbers.add(key)
                entry.added.append((key, True))
                if key[0] == Scheme.EIDR:
                    entry.eidrs.add(key[1])
        for key in work.loose:
            if key not in entry.numbers:
                entry.numbers.add(key)
                entry.added.append((key, False))

    def alike(self, work: Work) -> list[Title]:
        """Return titles of the same name and kind, of about the same year."""
        return [
            title
            for title in self._alike[work.name]
            if title.kind == work.kind and _near(title.year, work.described.get("year"))
        ][:_MOST_ALIKE]

    def remember_name(self, title: Title) -> None:
        """Let a title that the batch adds be found by `alike`."""
        self._alike[title.name].append(title)

    def knows_code(self, work: Work) -> bool:
        """Return whether a work is a title of the library by its edge code."""
        return work.code in self._of_code

    def _load_codes(self, codes: set[str]) -> None:
        mine = Title.objects.filter(organisation=self._organisation, code__in=codes)
        for title in mine.select_related("parent"):
            if title.pk not in self._of_title:
                self._hold(title)
            self._of_code[title.code] = self._of_title[title.pk]

    def _load_numbers(self, values: dict[str, set[str]]) -> None:
        mine = Title.objects.filter(organisation=self._organisation)
        numbers = TitleIdentifier.objects.filter(organisation=self._organisation, verified=True)
        named = Q(pk__in=[])
        for scheme, some in values.items():
            named |= Q(scheme=scheme, value__in=some)
        keys = set(numbers.filter(named).values_list("title", flat=True)) if values else set()
        by_eidr = Q(eidr__in=values.get(Scheme.EIDR, ()))
        fresh = mine.filter(by_eidr | Q(pk__in=keys)).exclude(pk__in=list(self._of_title))
        for title in fresh.select_related("parent"):
            self._hold(title)
        for each in TitleIdentifier.objects.filter(title__in=list(self._of_title)):
            entry, key = self._of_title[each.title_id], (each.scheme, each.value)
            entry.numbers.add(key)
            if each.verified:
                self._of_key[key] = entry
                if each.scheme == Scheme.EIDR:
                    entry.eidrs.add(each.value)

    def _hold(self, title: Title) -> None:
        entry = Entry(title.kind, title, is_new=False)
        self._of_title[title.pk] = entry
        if title.eidr:
            key = (str(Scheme.EIDR), title.eidr)
            self._of_key[key] = entry
            entry.numbers.add(key)
            entry.eidrs.add(title.eidr)

    def _load_alike(self, names: set[str]) -> None:
        found = Title.objects.filter(
            organisation=self._organisation, name__in=names, canonical__isnull=True
        )
        for title in found.order_by("pk")[: 20 * len(names)]:
            self._alike[title.name].append(title)

    def _load_planned(self, keys: Sequence[Key]) -> None:
        assert self._overlay is not None  # noqa: S101 - the caller has looked
        entries: dict[str, Entry] = {}
        for key, (place, kind) in self._overlay.places(keys).items():
            if key not in self._of_key:
                entry = entries.setdefault(
                    place, Entry(kind, None, is_new=False, is_described=True, place=place)
                )
                entry.numbers.add(key)
                if key[0] == Scheme.EIDR:
                    entry.eidrs.add(key[1])
                self._of_key[key] = entry


def lineage(work: Work) -> list[Work]:
    """Return what a work is part of, from the top, and the work itself last."""
    line: list[Work] = []
    above: Work | None = work
    while above is not None:
        line.append(above)
        above = above.parent
    return line[::-1]


def _differ(some: set[str], others: Sequence[str]) -> bool:
    return bool(some and others) and some.isdisjoint(others)


def _near(one: int | None, other: int | None) -> bool:
    return one is None or other is None or abs(one - other) <= 1


def depth(kind: str) -> int:
    """Return how far down the tree a kind of work stands: what it is part of is written first."""
    depths = {TitleKind.FRANCHISE: 0, TitleKind.SERIES: 1, TitleKind.SEASON: 2, TitleKind.EDIT: 4}
    return depths.get(TitleKind(kind), 3)
