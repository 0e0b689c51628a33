"""The clearance board: the files of a request or of a deal, each with its verdict."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Max, QuerySet
from django.http import HttpRequest

from catalog.models import Asset
from licensing.clearances import evaluate, modalities
from licensing.models import Clearance, Offer, RequestItem
from licensing.models import Verdict as Verdicts
from licensing.outside import Beside, beside_offers
from web.clips import Part, parts_of
from web.paging import page
from web.verdicts import Verdict, read_verdict

# Evaluated anew each time the page is opened: a hundred files stay well under a second.
LIVE_LIMIT = 100
FILES = 50


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


@dataclass(frozen=True)
class Board:
    """One page of files, and the counts over all that were judged."""

    rows: list[Row]
    counts: list[tuple[str, int]]
    total: int
    judged: int
    live: bool
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


def live_board(
    request: HttpRequest, items: QuerySet[RequestItem], *, as_of: datetime, licensor: bool
) -> Board:
    """Return the files with the verdicts they would get now. Nothing is stored.

    At most `LIVE_LIMIT` files are judged; of several files of one title that teach a model the
    same, one is, because the case is the same.
    """
    judged = list(_with_all(items).order_by("asset__code")[:LIVE_LIMIT])
    known: dict[tuple[object, ...], Verdict] = {}
    rows = []
    for item in judged:
        asset = item.asset
        parts = (asset.pk, str(item.ranges)) if item.ranges else ()
        same = (
            asset.title_id,
            asset.likeness_id,
            asset.organisation_id,
            *modalities(asset),
            *parts,
        )
        if same not in known:
            known[same] = read_verdict(*evaluate(item, as_of=as_of), licensor=licensor)
        rows.append(Row(item, known[same]))
    counts = _counts(row.verdict.verdict for row in rows if row.verdict)
    wanted = request.GET.get("verdict", "")
    shown = [row for row in rows if wanted in {"", row.verdict.verdict if row.verdict else ""}]
    total = len(rows) if len(rows) < LIVE_LIMIT else items.count()
    beside = _beside(items)
    marked = _with_more(_mark_repeats(shown), beside)
    return Board(marked, counts, total, len(rows), True, beside)


def stored_board(request: HttpRequest, items: QuerySet[RequestItem], *, licensor: bool) -> Board:
    """Return one page of the files with their newest verdicts on record."""
    newest = Clearance.objects.filter(item__in=items.order_by()).values("item").order_by()
    ids = [row["pk__max"] for row in newest.annotate(Max("pk"))]
    verdicts = dict(Clearance.objects.filter(pk__in=ids).values_list("item_id", "verdict"))
    total, beside = items.count(), _beside(items)
    wanted = request.GET.get("verdict", "")
    if wanted:
        items = items.filter(pk__in=[pk for pk, verdict in verdicts.items() if verdict == wanted])
    page_of_files = page(
        _with_all(items),
        cursor=request.GET.get("cursor", ""),
        order="asset__code",
        size=FILES,
        code="asset__code",
    )
    shown = {
        clearance.item_id: clearance
        for clearance in Clearance.objects.filter(
            pk__in=ids, item__in=page_of_files.rows
        ).select_related("decision")
    }
    rows = [_stored_row(item, shown.get(item.pk), licensor=licensor) for item in page_of_files.rows]
    counts = _counts(verdicts.values())
    return Board(
        _with_more(_mark_repeats(rows), beside),
        counts,
        total,
        len(verdicts),
        False,
        beside,
        page_of_files.next,
        page_of_files.previous,
    )


def _beside(items: QuerySet[RequestItem]) -> list[Beside]:
    first = items.select_related("request").order_by().first()
    return beside_offers(first.request, items) if first else []


def _with_more(rows: list[Row], beside: list[Beside]) -> list[Row]:
    of = {each.owner.code: each for each in beside}
    parts = parts_of({row.asset.pk: row.item.ranges for row in rows})
    return [
        replace(
            row,
            offered=mine.offer if mine.has_other_price else None,
            is_outside=bool(mine.outside),
            parts=parts[row.asset.pk],
        )
        for row in rows
        for mine in [of[row.asset.owner.code]]
    ]


def _stored_row(item: RequestItem, clearance: Clearance | None, *, licensor: bool) -> Row:
    if clearance is None:
        return Row(item, None)
    verdict = read_verdict(clearance.case, clearance.result, licensor=licensor)
    return Row(item, verdict, clearance.code)


def _with_all(items: QuerySet[RequestItem]) -> QuerySet[RequestItem]:
    return items.select_related(
        "request__organisation",
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


def _counts(verdicts: Iterable[str]) -> list[tuple[str, int]]:
    found = Counter(verdicts)
    return [(name, found[name]) for name in Verdicts.values if found[name]]
