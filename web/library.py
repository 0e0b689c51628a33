"""The library's list: words, filters and order to one page of titles and what stands beside each.

Counts and rows stay quick with 100,000 titles: the page is found first, over the indexes, and
what stands beside its rows is then asked for just these.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils.translation import get_language

from accounts.access import Actor
from catalog.models import Asset, Holding, Title, TitleKind, TitleName
from ledger import edge_code
from licensing.models import Offer
from web.paging import Page, page

ORDERS = ("name", "-name", "year", "-year")
_MOST_WORDS = 8


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
class Shelf:
    """One page of the library. `counts` are those of the filters' chips, in the whole library."""

    rows: Sequence[Row]
    next: str | None
    previous: str | None
    found: int
    total: int
    kinds: Mapping[str, int]
    offered: int
    without_rights: int


def shelf(actor: Actor, filters: Mapping[str, str]) -> Shelf:
    """Return the page that `filters` (q, kind, offer, rights, sort, cursor) ask for."""
    mine = Title.objects.visible_to(actor)
    kinds = dict(mine.order_by().values_list("kind").annotate(Count("pk")))
    total = sum(kinds.values())
    offers = Offer.objects.published().filter(organisation=actor.organisation, title__isnull=False)
    with_rights = Holding.objects.filter(
        title__organisation=actor.organisation, superseded_at__isnull=True
    )
    found = _filtered(mine, filters)
    page_of_titles = _page(found, filters)
    is_filtered = any(filters.get(name) for name in ("q", "kind", "offer", "rights"))
    return Shelf(
        rows=_rows(page_of_titles),
        next=page_of_titles.next,
        previous=page_of_titles.previous,
        found=found.count() if is_filtered else total,
        total=total,
        kinds={kind: kinds[kind] for kind in TitleKind.values if kind in kinds},
        offered=offers.count(),
        without_rights=total - with_rights.values("title").distinct().count(),
    )


def _filtered(titles: QuerySet[Title], filters: Mapping[str, str]) -> QuerySet[Title]:
    if filters.get("q"):
        titles = titles.filter(_says(filters["q"]))
    if filters.get("kind") in TitleKind.values:
        titles = titles.filter(kind=filters["kind"])
    if filters.get("offer") == "published":
        titles = titles.filter(pk__in=Offer.objects.published().values("title"))
    if filters.get("rights") == "none":
        standing = Holding.objects.filter(title=OuterRef("pk"), superseded_at__isnull=True)
        titles = titles.filter(~Exists(standing))
    return titles


def _says(text: str) -> Q:
    """Every word in the name or in a translated one; or the EIDR or edge code itself."""
    text = unicodedata.normalize("NFC", text.strip())
    condition = Q()
    for word in text.split()[:_MOST_WORDS]:
        elsewhere = TitleName.objects.filter(name__icontains=word).values("title")
        condition &= Q(name__icontains=word) | Q(pk__in=elsewhere)
    condition |= Q(eidr=text.upper().removeprefix("DOI:"))
    try:
        condition |= Q(code=edge_code.parse(text))
    except ValueError:
        return condition
    return condition


def _page(found: QuerySet[Title], filters: Mapping[str, str]) -> Page[Title]:
    order = filters.get("sort", "")
    order = order if order in ORDERS else "-pk"
    if order.endswith("year"):
        # A page's key has no nulls: titles without a year stand with the oldest.
        found = found.annotate(known_year=_known_year())
        order = order.replace("year", "known_year")
    return page(found, cursor=filters.get("cursor", ""), order=order)


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
        Holding.objects.filter(title__in=ids, superseded_at__isnull=True).values_list(
            "title_id", flat=True
        )
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
