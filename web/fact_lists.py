"""The facts of a title as its rights page lists them: few of them all, many by their kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Self

from django.db.models import Case, Count, F, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber
from django.http import QueryDict
from django.urls import reverse
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext_lazy as _

from catalog.merging import lines_of
from catalog.models import Fact, FactKind, Title
from web import paging
from web.fact_lines import Said, headline, lines_of_fact, term_words, tone_of, zone_of
from web.words import Text

GONE: Final = "superseded"
# Up to so many facts are listed whole; of more, the first few of each kind.
_WHOLE = paging.SIZE
_OF_EACH = 5
_ORDER: Final[Mapping[str, int]] = {
    name: place for place, name in enumerate((*FactKind.values, GONE))
}
_LONGEST = 100
# The fields of facts that name somebody or something.
_NAMED = ("party", "from", "to", "beneficiary", "holder", "person", "guild", "by", "name", "ref")


@dataclass(frozen=True)
class Line:
    """A recorded fact as a page shows it. `of` is the title it was recorded for, where that is
    another row or a work this one is part of; `is_excepted` where that fact leaves this one out."""

    fact: Fact
    stands: bool
    of: Title | None = None
    is_excepted: bool = False

    @property
    def href(self) -> str:
        title = self.of.code if self.of else self.fact.title.code
        return reverse("fact", args=[title, self.fact.code])

    @property
    def what(self) -> str:
        return self.fact.get_kind_display()

    @property
    def headline(self) -> str:
        return headline(self.fact)

    @property
    def is_holding(self) -> bool:
        return self.fact.is_holding

    @property
    def has_scope(self) -> bool:
        return bool(tone_of(self.fact)) or self.fact.kind == FactKind.OPINION

    @property
    def term(self) -> str:
        return term_words(self.fact)

    @property
    def zone(self) -> str:
        return zone_of(self.fact)

    @property
    def said(self) -> list[Said]:
        return lines_of_fact(self.fact)

    @property
    def state(self) -> tuple[str, Text]:
        """The badge: a state and its word."""
        if not self.stands:
            return GONE, _("Superseded")
        if self.is_excepted:
            return GONE, _("Not for this part")
        if self.is_holding:
            return "valid", _("Stands")
        if self.fact.kind in (FactKind.RESTRICTION, FactKind.HOLDBACK):
            return "BLOCKED", _("Forbids")
        return "registered", _("Recorded")


@dataclass(frozen=True)
class Reach:
    """The facts that were known of a title at a moment. `own` were recorded for it, `inherited`
    for other rows of the work or what it is part of and stood then; of these, `excepted` leave
    this title out. Each has the word `sort`: its kind, or that it was set aside."""

    title: Title
    titles: Mapping[int, Title]
    own: QuerySet[Any]
    inherited: QuerySet[Any]
    excepted: frozenset[int]

    @classmethod
    def of(cls, title: Title, moment: datetime) -> Self:
        rows = lines_of([title.pk])[title.pk]
        titles = {title.pk: title} if len(rows) == 1 else Title.objects.in_bulk(rows)
        stood = Q(superseded_at=None) | Q(superseded_at__gte=moment)
        known = Fact.objects.filter(recorded_at__lt=moment)
        inherited = known.filter(stood, title__in=rows - {title.pk})
        return cls(
            title,
            titles,
            known.filter(title=title).annotate(
                sort=Case(When(stood, then=F("kind")), default=Value(GONE))
            ),
            inherited.annotate(sort=F("kind")),
            _excepted(inherited, titles) if len(rows) > 1 else frozenset(),
        )

    def reaching(self) -> QuerySet[Fact]:
        """Return what counts for the title: its own standing facts, and the inherited ones."""
        own = self.own.exclude(sort=GONE).values("pk")
        if len(self.titles) == 1:
            return Fact.objects.filter(pk__in=own)
        inherited = self.inherited.exclude(pk__in=self.excepted).values("pk")
        return Fact.objects.filter(Q(pk__in=own) | Q(pk__in=inherited))

    def line(self, fact: Fact) -> Line:
        """Return a fact of `own`, `inherited` or `reaching` as a line."""
        fact.title = of = self.titles[fact.title_id]
        is_own = of.pk == self.title.pk
        stands = getattr(fact, "sort", "") != GONE
        return Line(fact, stands, None if is_own else of, fact.pk in self.excepted)


def _excepted(facts: QuerySet[Fact], titles: Mapping[int, Title]) -> frozenset[int]:
    codes = {each.code for each in titles.values()}
    rows = facts.filter(body__has_key="excludes").values_list("pk", "body")
    return frozenset(key for key, body in rows if codes.intersection(body["excludes"]))


@dataclass(frozen=True)
class Asked:
    """What an address asks to see of the facts; what it says wrongly is not asked."""

    kind: str = ""
    inherited: str = ""
    who: str = ""
    on: date | None = None
    cursor: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> Self:
        kind, inherited = (
            word if (word := query.get(name, "")) in _ORDER else ""
            for name in ("kind", "inherited")
        )
        who = " ".join(query.get("who", "").replace("\0", "").split())[:_LONGEST]
        return cls(
            kind, "" if kind else inherited, who, _day(query.get("on", "")), query.get("cursor", "")
        )

    def narrowed(self, facts: QuerySet[Any]) -> QuerySet[Any]:
        """Return those of `facts` that name `who` and whose term holds for some of the day."""
        if self.who:
            named = Q(document__icontains=self.who) | Q(note__icontains=self.who)
            for name in _NAMED:
                named |= Q(**{f"body__{name}__icontains": self.who})
            facts = facts.filter(named)
        if self.on:
            start = datetime.combine(self.on, time(), get_current_timezone())
            facts = facts.filter(
                Q(starts_at=None) | Q(starts_at__lt=start + timedelta(days=1)),
                Q(ends_at=None) | Q(ends_at__gt=start),
            )
        return facts


def _day(text: str) -> date | None:
    """Return a day that has a day before and after it, in every zone."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date.min.year < day.year < date.max.year else None


@dataclass(frozen=True)
class Group:
    """Facts of one kind under its name; without a name, facts of every kind. `left` are those of
    the kind that are not among the lines."""

    kind: str
    label: Text
    lines: Sequence[Line]
    left: int = 0

    @property
    def count(self) -> int:
        return len(self.lines) + self.left


@dataclass(frozen=True)
class Listing:
    """Facts as a page lists them, how many there are of each kind, and the way to more."""

    groups: Sequence[Group]
    kinds: Sequence[tuple[str, Text, int]]
    total: int
    page: paging.Page[Fact] | None = None


def listed(reach: Reach, facts: QuerySet[Any], kind: str, cursor: str) -> Listing:
    """Return some of `facts` (`own` or `inherited` of `reach`) to list: a page of one kind, the
    newest first, or where none is asked for all of them, or of too many a few of each kind."""
    counts = dict(facts.order_by().values_list("sort").annotate(Count("pk")))
    kinds = [(sort, _label(sort), counts[sort]) for sort in _ORDER if sort in counts]
    total = sum(counts.values())
    facts = facts.select_related("evidence")
    if kind:
        page = paging.page(facts.filter(sort=kind), cursor=cursor)
        lines = [reach.line(fact) for fact in page.rows]
        return Listing([Group("", "", lines)] if lines else [], kinds, total, page)
    if total <= _WHOLE:
        lines = [reach.line(fact) for fact in sorted(facts, key=_place)]
        return Listing([Group("", "", lines)] if lines else [], kinds, total)
    nth = Window(RowNumber(), partition_by=[F("sort")], order_by=F("pk").desc())
    first = [
        reach.line(f) for f in facts.annotate(nth=nth).filter(nth__lte=_OF_EACH).order_by("-pk")
    ]
    groups = []
    for sort, label, count in kinds:
        lines = [line for line in first if _sort_of(line.fact) == sort]
        groups.append(Group(sort, label, lines, count - len(lines)))
    return Listing(groups, kinds, total)


def _label(sort: str) -> Text:
    return _("Superseded") if sort == GONE else FactKind(sort).label


def _sort_of(fact: Fact) -> str:
    return str(getattr(fact, "sort", fact.kind))


def _place(fact: Fact) -> tuple[int, bool, int]:
    """By kind, in each what stands first, in the order recorded."""
    return _ORDER[fact.kind], _sort_of(fact) == GONE, fact.pk
