"""Counsel's queue as a page shows it: each question with its clauses and what would settle it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from accounts.access import Actor
from catalog.merging import rows_of_many
from catalog.models import Consent, Fact, Likeness, Title
from catalog.scope.uses import USES
from licensing.clearance.reasons import OPINION_REASONS
from licensing.counsel.likeness_opinions import OPINION_SETTLES
from licensing.counsel.reviews import REVIEWED
from licensing.models import Clearance, Deal, Readiness, RequestItem, ReviewItem, Verdict
from licensing.verdicts.on_record import newest_clearances
from web.fact_lines import headline
from web.paging import Page, page
from web.reasons import REASONS, reason_of
from web.verdicts import FACTS, REPAIRS
from web.words import Text

type _Owner = tuple[int | None, int | None]  # of a title and of a likeness, one of them

_MOST_WORDS = 100
_MOST_DIGITS = 12
_FACTS_SHOWN = 5
# In the order of the engine.
_REASONS: Final = tuple(code for code in REASONS if code in REVIEWED)


@dataclass(frozen=True)
class Cause:
    """A record that leaves a question open, and where it is written."""

    record: Fact | Consent

    @property
    def href(self) -> str:
        if isinstance(self.record, Consent):
            return reverse("consent", args=[self.record.likeness.code, self.record.code])
        return reverse("fact", args=[self.record.title.code, self.record.code])

    @property
    def headline(self) -> str:
        if isinstance(self.record, Consent):
            return self.record.description or self.record.display_code
        return headline(self.record) or self.record.get_kind_display()

    @property
    def kind(self) -> Text:
        if isinstance(self.record, Consent):
            return FACTS["consent"]
        return self.record.get_kind_display()

    @property
    def clause(self) -> str:
        return self.record.clause if isinstance(self.record, Fact) else ""


@dataclass(frozen=True)
class Question:
    """One reason that one work has. `causes` are the first of `many_causes` records; `deals` wait
    for the answer."""

    item: ReviewItem
    causes: Sequence[Cause]
    many_causes: int
    repairs: Sequence[Text]
    uses: Sequence[str]
    deals: Sequence[Deal]

    @property
    def reason(self) -> str:
        return self.item.reason

    @property
    def text(self) -> Text:
        return reason_of(self.item.reason)

    @property
    def since(self) -> datetime:
        return self.item.since

    @property
    def name(self) -> str:
        if self.item.likeness is not None:
            return self.item.likeness.performer.name
        return self.item.title.name if self.item.title else ""

    @property
    def owner(self) -> Title | Likeness:
        """What it is about."""
        owner = self.item.title or self.item.likeness
        assert owner is not None  # noqa: S101 - a question is about one of them
        return owner

    @property
    def code(self) -> str:
        return self.owner.code

    @property
    def href(self) -> str:
        return reverse("question", args=[self.code, self.item.reason])

    @property
    def takes_opinion(self) -> bool:
        """Whether counsel's opinion can settle it; else a record has to be set right."""
        settles = OPINION_REASONS if self.item.likeness is None else OPINION_SETTLES
        return self.item.reason in settles


@dataclass(frozen=True)
class Queue:
    """One page of questions, the oldest first. `counts` are by reason; `every` is how many there
    are whatever the filters, `asked` how many of them deals wait for."""

    page: Page[ReviewItem]
    questions: Sequence[Question]
    counts: Sequence[tuple[str, Text, int]]
    found: int
    every: int
    asked: int


def questions_waiting(actor: Actor) -> int:
    """Return how many questions wait for the actor's organisation. One query."""
    waiting = ReviewItem.objects.visible_to(actor).waiting()
    return _firsts(waiting, waiting).count()


def queue_of(actor: Actor, filters: Mapping[str, str]) -> Queue:
    """Return the questions that the address asks for: `reason`, `of=deals`, words in `q`."""
    waiting = ReviewItem.objects.visible_to(actor).waiting()
    in_deals = waiting.filter(deal__isnull=False)
    chosen = in_deals if filters.get("of") == "deals" else waiting
    firsts = _firsts(_named(chosen, filters.get("q", "")), chosen)
    numbers = dict(firsts.values_list("reason").annotate(number=Count("pk")).order_by())
    if (reason := filters.get("reason", "")) in REVIEWED:
        firsts = firsts.filter(reason=reason)
    cursor = filters.get("cursor", "")
    known = cursor.removeprefix("-").isdecimal() and len(cursor) <= _MOST_DIGITS
    rows = page(
        firsts.select_related("title", "likeness__performer"),
        cursor=cursor if known else "",
        order="pk",
        code="pk",
    )
    return Queue(
        page=rows,
        questions=_questions(waiting, rows.rows),
        counts=[(code, reason_of(code), numbers[code]) for code in _REASONS if code in numbers],
        found=numbers.get(reason, 0) if reason in REVIEWED else sum(numbers.values()),
        every=_firsts(waiting, waiting).count(),
        asked=_firsts(in_deals, in_deals).count(),
    )


def question_of(actor: Actor, owner: Title | Likeness, reason: str) -> Question | None:
    """Return the question that a title or a likeness has for this reason, None where it has
    none."""
    waiting = ReviewItem.objects.visible_to(actor).waiting()
    about = Q(title=owner) if isinstance(owner, Title) else Q(likeness=owner)
    mine = waiting.filter(about, reason=reason).select_related("title", "likeness__performer")
    first = mine.order_by("pk").first()
    return next(iter(_questions(waiting, [first])), None) if first else None


def _firsts(rows: QuerySet[ReviewItem], among: QuerySet[ReviewItem]) -> QuerySet[ReviewItem]:
    """Those of the rows that speak for their work and reason `among` others: the library's own
    row, which is there once, or else that of the first deal."""
    same = among.order_by().filter(reason=OuterRef("reason"))
    earlier = Q(deal=None) | Q(pk__lt=OuterRef("pk"))
    of_title = Exists(same.filter(earlier, title=OuterRef("title")))
    of_likeness = Exists(same.filter(earlier, likeness=OuterRef("likeness")))
    return rows.filter(Q(deal=None) | ~(Q(of_title) | Q(of_likeness)))


def _named(rows: QuerySet[ReviewItem], words: str) -> QuerySet[ReviewItem]:
    words = " ".join(words.replace("\0", "").split())[:_MOST_WORDS]
    if not words:
        return rows
    return rows.filter(
        Q(title__name__icontains=words)
        | Q(likeness__performer__name__icontains=words)
        | Q(title__code__istartswith=words.replace("-", ""))
        | Q(likeness__code__istartswith=words.replace("-", ""))
    )


def _questions(waiting: QuerySet[ReviewItem], firsts: Sequence[ReviewItem]) -> list[Question]:
    """Return what is known of these questions. The queries do not grow with them."""
    titles = {row.title_id for row in firsts if row.title_id is not None}
    likenesses = {row.likeness_id for row in firsts if row.likeness_id is not None}
    deals: dict[tuple[Any, ...], list[Deal]] = defaultdict(list)
    same = waiting.filter(Q(title__in=titles) | Q(likeness__in=likenesses))
    for row in same.select_related("deal__request__organisation").order_by("pk"):
        if row.deal is not None:
            deals[_key(row)].append(row.deal)
    asking = {deal for some in deals.values() for deal in some}
    answers = _answers(titles, asking) | _answers_of_likenesses(likenesses, asking)
    about = [answers.get((row.title_id, row.likeness_id), []) for row in firsts]
    told = [list(_entries(some, row.reason)) for row, some in zip(firsts, about, strict=True)]
    causes = _causes({name for some in told for entry in some for name in _named_in(entry)})
    return [
        Question(
            item=row,
            causes=[Cause(causes[name]) for name in named[:_FACTS_SHOWN]],
            many_causes=len(named),
            repairs=_repairs(some, row.reason),
            uses=_uses(entries),
            deals=deals[_key(row)],
        )
        for row, some, entries in zip(firsts, about, told, strict=True)
        for named in [sorted(causes.keys() & {n for each in entries for n in _named_in(each)})]
    ]


def _repairs(answers: Iterable[Mapping[str, Any]], reason: str) -> list[Text]:
    actions = dict.fromkeys(
        repair["action"]
        for answer in answers
        for repair in answer["repairs"]
        if repair["resolves"] == reason
    )
    return [REPAIRS[action][1] for action in actions if action in REPAIRS]


def _uses(entries: Iterable[Mapping[str, Any]]) -> list[str]:
    named = {use for entry in entries for use in entry["scope"]["uses"]}
    return [use for use in USES if use in named]


def _key(row: ReviewItem) -> tuple[Any, ...]:
    return row.title_id, row.likeness_id, row.reason


def _answers(titles: set[int], deals: set[Deal]) -> dict[_Owner, list[dict[str, Any]]]:
    """Return the engine's answers about each of these titles: to the standard question, and to
    what the deals ask."""
    found: dict[_Owner, list[dict[str, Any]]] = defaultdict(list)
    for title, result in Readiness.objects.filter(title__in=titles).values_list("title", "result"):
        found[title, None].append(result)
    works = rows_of_many(titles)
    speaks_for = {row: title for title, rows in works.items() for row in rows}
    items = RequestItem.objects.filter(deal__in=deals, asset__title__in=speaks_for)
    newest: QuerySet[Clearance] = newest_clearances(items).filter(verdict=Verdict.REVIEW)
    seen = set()
    for each in newest.select_related("decision__tables", "item__asset").order_by("pk"):
        title = speaks_for[each.item.asset.title_id or 0]
        if (title, each.decision_id) not in seen:
            seen.add((title, each.decision_id))
            found[title, None].append(each.result)
    return found


def _answers_of_likenesses(
    likenesses: set[int], deals: set[Deal]
) -> dict[_Owner, list[dict[str, Any]]]:
    """Return the engine's answers about each of these likenesses to what the deals ask."""
    items = RequestItem.objects.filter(deal__in=deals, asset__likeness__in=likenesses)
    newest: QuerySet[Clearance] = newest_clearances(items).select_related(
        "decision__tables", "item__asset"
    )
    found: dict[_Owner, list[dict[str, Any]]] = defaultdict(list)
    seen = set()
    for each in newest.order_by("pk"):
        if (key := (each.item.asset.likeness_id, each.decision_id)) not in seen:
            seen.add(key)
            found[None, each.item.asset.likeness_id].append(each.result)
    return found


def _named_in(entry: Mapping[str, Any]) -> set[str]:
    """The codes of the records that an answer rests on; a consent is two facts of a case."""
    return {name.partition(".")[0] for name in entry["because"]}


def _entries(answers: Iterable[Mapping[str, Any]], reason: str) -> Iterator[Mapping[str, Any]]:
    return (each for answer in answers for each in answer["review"] if each["reason"] == reason)


def _causes(codes: set[str]) -> dict[str, Fact | Consent]:
    facts = Fact.objects.filter(code__in=codes).select_related("title", "evidence")
    consents = Consent.objects.filter(code__in=codes).select_related("likeness")
    return {each.code: each for each in (*facts, *consents)}
