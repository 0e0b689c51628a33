"""The library's list: words, filters and order to one page of titles and what stands beside each.

Counts and rows stay quick with 100,000 titles: the page is found first, over the indexes, and
what stands beside its rows is then asked for just these.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, IntegerField, OuterRef, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils.translation import get_language

from accounts.access import Actor
from catalog.models import Asset, Fact, Title, TitleKind, TitleName
from catalog.titles import search_titles
from licensing.models import Offer
from web.paging import SIZE, Page, page

ORDERS = ("name", "-name", "year", "-year")
FILTERS = ("q", "kind", "offer", "rights")
# Up to here every count is exact; beyond, counting would take longer than finding the page.
MOST_COUNTED = 10_000
MOST_FOUND = 1_000
_BATCH = 500


@dataclass(frozen=True)
class Row:
    """A title in the list; `poster` is the code of a file that has one, or ""."""

    title: Title
    translated: str
    poster: str
    files: int
    has_rights: bool
    offer: Offer | None


@dataclass(frozen=True)
class Chips:
    """How many titles each filter has; None in a library too large to count at every view."""

    kinds: Mapping[str, int | None]
    offered: int | None = None
    without_rights: int | None = None


@dataclass(frozen=True)
class Shelf:
    """One page of the library. `found` is None when more than `MOST_FOUND` titles fit."""

    rows: Sequence[Row]
    next: str | None
    previous: str | None
    found: int | None
    total: int
    chips: Chips


def shelf(actor: Actor, filters: Mapping[str, str]) -> Shelf:
    """Return the page that `filters` (q, kind, offer, rights, sort, cursor) ask for."""
    mine = Title.objects.visible_to(actor)
    total = mine.count()
    found = _filtered(actor, filters)
    shown = _page(found, filters)
    is_filtered = any(filters.get(name) for name in FILTERS)
    return Shelf(
        rows=_rows(shown),
        next=shown.next,
        previous=shown.previous,
        found=_count(found, shown) if is_filtered else total,
        total=total,
        chips=_chips(actor, mine) if total <= MOST_COUNTED else Chips(dict.fromkeys(TitleKind)),
    )


def every_row(actor: Actor, filters: Mapping[str, str]) -> Iterator[Row]:
    """Yield all rows that `filters` ask for, in their order, without holding them all."""
    found, cursor = _filtered(actor, filters), ""
    while True:
        shown = _page(found, {**filters, "cursor": cursor}, _BATCH)
        yield from _rows(shown)
        if shown.next is None:
            return
        cursor = shown.next


def _count(found: QuerySet[Title], shown: Page[Title]) -> int | None:
    if not shown.next and not shown.previous:
        return len(shown.rows)
    number = found[: MOST_FOUND + 1].count()
    return number if number <= MOST_FOUND else None


def _chips(actor: Actor, mine: QuerySet[Title]) -> Chips:
    kinds = dict(mine.order_by().values_list("kind").annotate(Count("pk")))
    published = Offer.objects.published().visible_to(actor)
    return Chips(
        {kind: kinds[kind] for kind in TitleKind if kind in kinds},
        published.filter(title__isnull=False).count(),
        _without_rights(mine).count(),
    )


def _filtered(actor: Actor, filters: Mapping[str, str]) -> QuerySet[Title]:
    kind = filters.get("kind", "")
    kind = kind if kind in TitleKind.values else ""
    titles = search_titles(actor, text=filters.get("q", ""), kind=kind)
    if filters.get("offer") == "published":
        titles = titles.filter(pk__in=Offer.objects.published().values("title"))
    if filters.get("rights") == "none":
        titles = _without_rights(titles)
    return titles


def _without_rights(titles: QuerySet[Title]) -> QuerySet[Title]:
    standing = Fact.objects.holdings().standing().filter(title=OuterRef("pk"))
    return titles.filter(~Exists(standing))


def _page(found: QuerySet[Title], filters: Mapping[str, str], size: int = SIZE) -> Page[Title]:
    order = filters.get("sort", "")
    order = order if order in ORDERS else "-pk"
    if order.endswith("year"):
        # A page's key has no nulls: titles without a year stand with the oldest.
        found = found.annotate(known_year=_known_year())
        order = order.replace("year", "known_year")
    return page(found, cursor=filters.get("cursor", ""), order=order, size=size)


def _known_year() -> Coalesce:
    return Coalesce("year", Value(0), output_field=IntegerField())


def _rows(titles: Page[Title]) -> list[Row]:
    ids = [title.pk for title in titles.rows]
    names = _translated(ids)
    posters: dict[int | None, str] = dict(
        Asset.objects.filter(title__in=ids)
        .exclude(poster_key="")
        .order_by("-number")
        .values_list("title_id", "code")
    )
    files: dict[int | None, int] = dict(
        Asset.objects.filter(title__in=ids).values_list("title_id").annotate(Count("pk"))
    )
    held = set(
        Fact.objects.holdings().standing().filter(title__in=ids).values_list("title_id", flat=True)
    )
    offers = {offer.title_id: offer for offer in Offer.objects.published().filter(title__in=ids)}
    return [
        Row(
            title,
            names.get(title.pk, ""),
            posters.get(title.pk, ""),
            files.get(title.pk, 0),
            title.pk in held,
            offers.get(title.pk),
        )
        for title in titles.rows
    ]


def _translated(ids: Iterable[int]) -> dict[int, str]:
    """One other name of each title: the reader's language first, else English, else any."""
    wanted = (get_language() or "en").partition("-")[0]
    rows = TitleName.objects.filter(title__in=list(ids)).values_list("title_id", "language", "name")
    ranked = sorted(rows, key=lambda row: (row[1] == wanted, row[1] == "en"))
    return {title_id: name for title_id, _language, name in ranked}
