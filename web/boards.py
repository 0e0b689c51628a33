"""The clearance board: the files of a request or of a deal, each with its verdict."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from catalog.clip_ranges import lengths_of_files
from catalog.models import Asset
from catalog.scope.ranges import total_ms
from ledger.reading import read_values
from licensing.models import Clearance, Offer, Request, RequestItem
from licensing.models import Verdict as Verdicts
from licensing.verdicts.clearances import Answer, answers, items_to_clear
from licensing.verdicts.discretion import discreet, discreet_result
from licensing.verdicts.on_record import LIVE_LIMIT, newest_clearances
from licensing.verdicts.outside import Beside, beside_offers
from web.clips import Part, parts_of
from web.paging import Page, page
from web.verdicts import Verdict, read_verdict

FILES = 50
_MOST_WORDS = 100


@dataclass(frozen=True)
class Row:
    """One file; `clearance` is the code of the verdict on record, "" when it is a live one.

    `repeats`: the row above says the same, for the same reasons. `offered`: what the licensor
    asks for it, where that is not the price that the request names. `is_outside`: something of
    the request lies outside of its offer. `parts`: what is asked of it, none where it is all.
    """

    item: RequestItem
    verdict: Verdict | None
    clearance: str = ""
    repeats: bool = False
    offered: Offer | None = None
    is_outside: bool = False
    parts: tuple[Part, ...] = ()

    @property
    def asset(self) -> Asset:
        return self.item.asset

    @property
    def lasts(self) -> bool:
        """Whether parts of it can be asked for."""
        return bool(self.asset.facts.get("duration_ms"))


class Length(NamedTuple):
    """How long what is asked of one file is, in milliseconds, and in how many parts; none where it
    is all of it."""

    ms: int
    parts: int


# Of a file that is put into the request while its board is read.
_NOT_THERE: Final = Length(0, 0)


@dataclass(frozen=True)
class Obstacle:
    """What stands in the way of some files, or is to be done for them; `ms` is how long they are
    together, which is what could be had once it is out of the way."""

    code: str
    files: int
    ms: int


@dataclass(frozen=True)
class Board:
    """One page of files, and the counts over all that were judged; `obstacles`, the longest first,
    are those of the verdict that is looked at."""

    rows: list[Row]
    counts: list[tuple[str, int]]
    obstacles: list[Obstacle]
    total: int
    judged: int
    live: bool
    lengths: list[Length]
    beside: list[Beside]
    next: str | None = None
    previous: str | None = None

    def count(self, *verdicts: str) -> int:
        """Return how many files have one of these verdicts."""
        return sum(number for verdict, number in self.counts if verdict in verdicts)

    @property
    def outside(self) -> list[Beside]:
        """The works of which more is asked for than is on offer, or less is given."""
        return [each for each in self.beside if each.outside]

    @property
    def other_prices(self) -> list[Beside]:
        """The works that are on offer for another price than the request names."""
        return [each for each in self.beside if each.has_other_price]

    @property
    def grantable(self) -> int:
        """How many files a licensor could license now."""
        return self.count(Verdicts.CLEAR, Verdicts.CONDITIONAL)

    @property
    def conditional(self) -> int:
        """How many of them are clear only on conditions."""
        return self.count(Verdicts.CONDITIONAL)

    @property
    def partial(self) -> int:
        """How many are clear for a part of the scope only."""
        return self.count(Verdicts.PARTIAL)


class _Judged(NamedTuple):
    """What is known of one file before it is shown."""

    item: int
    verdict: str
    reasons: tuple[str, ...]
    ms: int


class _Whole(NamedTuple):
    """What is true of all files, whichever are shown; how long they are, by the items' keys."""

    lengths: dict[int, Length]
    beside: list[Beside]
    live: bool


class _Asked(NamedTuple):
    """What the address asks to see."""

    verdict: str
    reason: str
    words: str

    @classmethod
    def of(cls, request: HttpRequest) -> "_Asked":
        get = request.GET.get
        words = " ".join(get("q", "").replace("\0", "").split())
        return cls(get("verdict", ""), get("reason", ""), words[:_MOST_WORDS])

    @property
    def is_all(self) -> bool:
        return not (self.verdict or self.reason)

    def holds(self, judged: _Judged) -> bool:
        is_wanted = self.verdict in {"", judged.verdict}
        return is_wanted and (not self.reason or self.reason in judged.reasons)

    def named(self, items: QuerySet[RequestItem]) -> QuerySet[RequestItem]:
        """The files whose name or code says so."""
        if not self.words:
            return items
        return items.filter(
            Q(asset__title__name__icontains=self.words)
            | Q(asset__likeness__performer__name__icontains=self.words)
            | Q(asset__code__istartswith=self.words.replace("-", ""))
        )


def live_board(
    request: HttpRequest, items: QuerySet[RequestItem], *, as_of: datetime, licensor: bool
) -> Board:
    """Return one page of the files with the verdicts they would get now; a lab is told nothing of
    what rests on the deals of others. Nothing is stored.

    Of more than `LIVE_LIMIT` files only those of the page are judged.
    """
    asked, of, lengths = _Asked.of(request), _request_of(items), _lengths(items)
    beside = _beside(of, items)
    every = items_to_clear(of, items) if of and len(lengths) <= LIVE_LIMIT else []
    found = dict(zip(every, answers(every, as_of=as_of), strict=True))
    judged = [
        _live(item, answer, lengths.get(item.pk, _NOT_THERE).ms, licensor=licensor)
        for item, answer in found.items()
    ]
    shown = asked.named(items)
    if judged and not asked.is_all:
        shown = shown.filter(pk__in=[each.item for each in judged if asked.holds(each)])
    files = _page(request, shown)
    read: dict[str, Verdict] = {}
    rows = []
    # All of a page where there are too many, and a file that was put in meanwhile.
    left = [item for item in files.rows if item not in found]
    found |= dict(zip(left, answers(left, as_of=as_of), strict=True))
    for item in files.rows:
        answer = found[item]
        if answer.case_sha256 not in read:
            result = answer.result if licensor else discreet_result(answer.result)
            verdict = read_verdict(answer.case, result, licensor=licensor)
            read[answer.case_sha256] = verdict
        rows.append(Row(item, read[answer.case_sha256]))
    return _board(rows, judged, asked, files, _Whole(lengths, beside, live=True))


def stored_board(request: HttpRequest, items: QuerySet[RequestItem], *, licensor: bool) -> Board:
    """Return one page of the files with their newest verdicts on record."""
    asked, of, lengths = _Asked.of(request), _request_of(items), _lengths(items)
    beside = _beside(of, items)
    newest = newest_clearances(items)
    judged = [
        _Judged(item, verdict, tuple(reasons.split()), lengths.get(item, _NOT_THERE).ms)
        for item, verdict, reasons in newest.values_list("item", "verdict", "decision__reasons")
    ]
    shown = asked.named(items)
    if not asked.is_all:
        shown = shown.filter(pk__in=[each.item for each in judged if asked.holds(each)])
    files = _page(request, shown)
    shown_now = RequestItem.objects.filter(pk__in=[item.pk for item in files.rows])
    known = newest_clearances(shown_now).select_related("decision__tables")
    clearances = {clearance.item_id: clearance for clearance in known}
    rows = [_stored_row(item, clearances.get(item.pk), licensor=licensor) for item in files.rows]
    return _board(rows, judged, asked, files, _Whole(lengths, beside, live=False))


def _lengths(items: QuerySet[RequestItem]) -> dict[int, Length]:
    """Return how long what is asked of each of these files is, by the items' keys."""
    of = items.order_by()
    every = list(read_values(of, "pk", "asset", "ranges", said={"ranges"}))
    lasting = lengths_of_files(of.values("asset"))
    return {
        item: Length(total_ms(ranges) if ranges else lasting.get(asset, 0), len(ranges))
        for item, asset, ranges in every
    }


def _live(item: RequestItem, answer: Answer, ms: int, *, licensor: bool) -> _Judged:
    told = (answer.verdict, answer.reasons)
    if not licensor:
        told = discreet(*told)
    return _Judged(item.pk, *told, ms)


def _page(request: HttpRequest, items: QuerySet[RequestItem]) -> Page[RequestItem]:
    return page(
        _with_all(items),
        cursor=request.GET.get("cursor", ""),
        order="asset__code",
        size=FILES,
        code="asset__code",
    )


def _board(
    rows: list[Row],
    judged: list[_Judged],
    asked: _Asked,
    files: Page[RequestItem],
    whole: _Whole,
) -> Board:
    counts = Counter(each.verdict for each in judged)
    return Board(
        rows=_with_more(_mark_repeats(rows), whole.beside),
        counts=[(name, counts[name]) for name in Verdicts.values if counts[name]],
        obstacles=_obstacles(each for each in judged if asked.verdict in {"", each.verdict}),
        total=len(whole.lengths),
        judged=len(judged),
        live=whole.live,
        lengths=list(whole.lengths.values()),
        beside=whole.beside,
        next=files.next,
        previous=files.previous,
    )


def _obstacles(judged: Iterable[_Judged]) -> list[Obstacle]:
    files: Counter[str] = Counter()
    ms: Counter[str] = Counter()
    for each in judged:
        for code in set(each.reasons) - {"OK"}:
            files[code] += 1
            ms[code] += each.ms
    return [
        Obstacle(code, files[code], ms[code])
        for code in sorted(files, key=lambda code: (-ms[code], -files[code], code))
    ]


def _request_of(items: QuerySet[RequestItem]) -> Request | None:
    """The request that these files are of, if there are any."""
    first = items.select_related("request__organisation").order_by().first()
    return first.request if first else None


def _beside(of: Request | None, items: QuerySet[RequestItem]) -> list[Beside]:
    """Return the files beside whose offers there is something to say. What changes of a licence
    that stands is on no offer, nor is what comes on top of its price."""
    found = beside_offers(of, items, noteworthy=True) if of else []
    if of is None or of.amends_id is None:
        return found
    return [replace(each, outside={}, has_other_price=False) for each in found]


def _with_more(rows: list[Row], beside: list[Beside]) -> list[Row]:
    of = {each.owner.code: each for each in beside}
    parts = parts_of({row.asset.pk: row.item.ranges for row in rows})
    return [
        replace(
            row,
            offered=mine.offer if mine and mine.has_other_price else None,
            is_outside=bool(mine and mine.outside),
            parts=parts[row.asset.pk],
        )
        for row in rows
        for mine in [of.get(row.asset.owner.code)]
    ]


def _stored_row(item: RequestItem, clearance: Clearance | None, *, licensor: bool) -> Row:
    if clearance is None:
        return Row(item, None)
    verdict = read_verdict(clearance.case, clearance.result, licensor=licensor)
    return Row(item, verdict, clearance.code)


def _with_all(items: QuerySet[RequestItem]) -> QuerySet[RequestItem]:
    return items.select_related(
        "request__organisation",
        "deal",
        "asset__organisation",
        "asset__title",
        "asset__likeness__performer",
    )


def _mark_repeats(rows: list[Row]) -> list[Row]:
    above = [None, *(row.verdict for row in rows)]
    return [
        replace(row, repeats=row.verdict is not None and row.verdict == before)
        for row, before in zip(rows, above, strict=False)
    ]
