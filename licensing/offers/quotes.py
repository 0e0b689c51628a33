"""What files come to by the rate cards on offer: reckoned for a request, frozen with its deals."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, NamedTuple

import orjson
from django.db.models import QuerySet

from catalog.clip_ranges import lengths_ms, lengths_of_files
from catalog.models import Asset
from catalog.scope.ranges import Ranges
from licensing.models import Deal, Offer, Request, RequestItem
from licensing.offers.market import standing_offers
from licensing.offers.pricing import (
    SEGMENT_MS,
    UNIT_MS,
    Group,
    Measure,
    Modifier,
    Quote,
    Scoped,
    product,
    quantity,
    quote,
    read_modifiers,
    resolution_of,
    rounded,
)

_CARD_SAYS: Final = (
    "price_minor", "currency", "per", "modifiers", "minimum_minor", "most_favoured",
)  # fmt: skip
_CARD: Final = (*_CARD_SAYS, "code", "title", "likeness")
_PERFORMER: Final = "likeness__performer__name"
_PRICED: Final = (
    "request", "ranges", "asset__code", "asset__title", "asset__likeness", "asset__facts",
)  # fmt: skip

type Body = dict[str, Any]  # as `licensing.models.Quote` keeps it


@dataclass(frozen=True)
class Priced:
    """What files come to by one card: `quote` says how."""

    owner: str
    offer: str
    sha256: str
    price_minor: int
    currency: str
    per: str
    most_favoured: bool
    quote: Quote

    @property
    def total_minor(self) -> int:
        return self.quote.total_minor

    @property
    def lines(self) -> list["Line"]:
        """The price line by line, in the order in which it is reckoned."""
        found = []
        for group in self.quote.groups:
            more = [group.resolution] if group.resolution else []
            modifiers = (*self.quote.modifiers, *more)
            shift = group.amount_minor - rounded(group.exact)
            found.append(Line(group, modifiers, shift))
        return found


class Line(NamedTuple):
    """Files that are multiplied alike: base × quantity × each modifier. `shift_minor` is what
    rounding each file by itself adds to or takes from the rounded product."""

    group: Group
    modifiers: tuple[Modifier, ...]
    shift_minor: int


class Quoted(NamedTuple):
    """What files come to, and the codes of those that the cards have no price for."""

    body: Body
    without: list[str]

    @property
    def total_minor(self) -> int:
        return amount_by(self.body, codes_of(self.body))


def amount_of(deal: Deal, items: Collection[RequestItem]) -> int:
    """Return what these files of a deal come to in the terms that stand."""
    if not deal.by_card:
        return deal.price_minor * len(items)
    return amount_by(deal.quote.body, {item.asset.code for item in items})


def amount_by(body: Body, codes: Collection[str]) -> int:
    """Return what these files come to by the cards of a quote: of each the sum of its files, or the
    minimum guarantee where that is more."""
    total = 0
    for card in body["cards"]:
        own = [minor for code, (minor, *_how) in card["files"].items() if code in codes]
        total += max(sum(own), card["minimum_minor"]) if own else 0
    return total


def codes_of(body: Body) -> set[str]:
    return {code for card in body["cards"] for code in card["files"]}


def items_to_price(request: Request) -> list[RequestItem]:
    """Return the files of a request with what prices depend on, and no more: they may be many."""
    return list(request.items.select_related("asset").only(*_PRICED))


def quote_items(request: Request, items: Sequence[RequestItem], scope: Scoped) -> Quoted:
    """Reckon files of a request for a scope by the cards that stand for it. A few queries.

    Without a price is a file that is not on offer, that is offered in another currency, or that
    does not last where the price is by time.
    """
    own = request.items.filter(pk__in=[item.pk for item in items])
    if len(items) == request.items.count():
        own = request.items.all()
    standing = standing_offers(request, own).select_related("title", "likeness__performer")
    standing = standing.only(*_CARD, "title__name", "likeness__description", _PERFORMER)
    offers = {(each.title_id, each.likeness_id): each for each in standing}
    lengths = lengths_of_files(own.order_by().values("asset"))
    files: dict[Offer, list[RequestItem]] = defaultdict(list)
    without = []
    for item in items:
        offer = offers.get((item.asset.title_id, item.asset.likeness_id))
        if offer is None or offer.currency != request.currency or not _lasts(offer, item, lengths):
            without.append(item.asset.code)
        else:
            files[offer].append(item)
    return Quoted(
        {"cards": [_frozen(offer, some, lengths, scope) for offer, some in files.items()]}, without
    )


def card_sha256(offer: Offer) -> str:
    """Return the hash of what a card says: its version, as `offer.published` commits to it."""
    return hashlib.sha256(orjson.dumps(card_of(offer), option=orjson.OPT_SORT_KEYS)).hexdigest()


def card_of(offer: Offer) -> dict[str, Any]:
    """Return what an offer says of prices."""
    return {name: getattr(offer, name) for name in _CARD_SAYS}


def committed(body: Body) -> list[dict[str, Any]]:
    """Return a quote as the log commits to it: of each card its version and what each file is."""
    return [
        {
            "offer": card["offer"],
            "sha256": card["sha256"],
            "minimum_minor": card["minimum_minor"],
            "prices": {code: minor for code, (minor, *_how) in card["files"].items()},
        }
        for card in body["cards"]
    ]


def explained(body: Body, codes: Collection[str] | None = None) -> Iterator[Priced]:
    """Tell how a quote comes to its price, for these files of it or all, card by card."""
    for card in body["cards"]:
        files = {
            code: file for code, file in card["files"].items() if codes is None or code in codes
        }
        if files:
            yield _explained(card, list(files.values()))


def quote_files(offer: Offer, assets: Sequence[Asset], scope: Scoped) -> Priced:
    """Return what whole files come to by a card, published or not: an example of it."""
    items = [RequestItem(asset=asset, ranges=[]) for asset in assets]
    card = _frozen(offer, items, lengths_ms(assets), scope)
    return _explained(card, list(card["files"].values()))


def _lasts(offer: Offer, item: RequestItem, lengths: Mapping[int, int]) -> bool:
    return offer.per not in UNIT_MS or bool(item.ranges or lengths.get(item.asset_id))


def measure(ranges: Ranges, length: int | None, pixels: int | None) -> Measure:
    """Return a file, or the parts asked of it, as a card prices it."""
    spans = [end - start for start, end in ranges] or [length or 0]
    segments = sum(max(-(-span // SEGMENT_MS), 1) for span in spans)
    return Measure(sum(spans) if ranges else length, segments, pixels)


def lines_of(facts: Mapping[str, Any]) -> int | None:
    """Return how many lines a picture has, as the trade counts them; None where a file shows none.

    By its shorter side, or by the longer one as if it were 16:9 where that is more: a wide picture
    has fewer lines than a narrow one as sharp. 3840 x 1600 is no less than 3840 x 2160.
    """
    wide, high = sorted(int(facts.get(name) or 0) for name in ("width", "height"))[::-1]
    return max(high, wide * 9 // 16) if high else None


def sides_of_files(files: QuerySet[Any, Any]) -> dict[int, int | None]:
    """Return the same of the files whose keys a subquery names, however many. One query."""
    rows = Asset.objects.filter(pk__in=files).order_by()
    found = rows.values_list("pk", "facts__width", "facts__height")
    return {key: lines_of({"width": wide, "height": high}) for key, wide, high in found}


def _frozen(
    offer: Offer, items: Iterable[RequestItem], lengths: Mapping[int, int], scope: Scoped
) -> dict[str, Any]:
    named = {
        item.asset.code: measure(
            item.ranges, lengths.get(item.asset_id), lines_of(item.asset.facts)
        )
        for item in items
    }
    told = quote(offer, scope, list(named.values()))
    quantities = [quantity(offer.per, file) for file in named.values()]
    return card_of(offer) | {
        "offer": offer.code,
        "owner": str(offer.title or offer.likeness),
        "sha256": card_sha256(offer),
        "counting": [_written(each) for each in told.modifiers],
        "files": {
            code: [minor, str(much), resolution_of(file.pixels) if file.pixels else None]
            for (code, file), minor, much in zip(
                named.items(), told.amounts, quantities, strict=True
            )
        },
    }


def _written(modifier: Modifier) -> dict[str, Any]:
    return {"by": modifier.by, "of": modifier.of, "times": str(modifier.times)}


def _explained(card: dict[str, Any], files: list[list[Any]]) -> Priced:
    counting = tuple(read_modifiers(card["counting"]))
    by_resolution = {
        each.of: each for each in read_modifiers(card["modifiers"]) if each.by == "resolution"
    }
    groups: dict[Modifier | None, list[tuple[int, Fraction]]] = defaultdict(list)
    for minor, much, resolution in files:
        groups[by_resolution.get(resolution)].append((minor, Fraction(much)))
    factor = product(counting)
    told = [
        Group(
            own,
            len(some),
            quantity=sum((much for _minor, much in some), Fraction()),
            exact=card["price_minor"]
            * sum((much for _minor, much in some), Fraction())
            * factor
            * (own.times if own else 1),
            amount_minor=sum(minor for minor, _much in some),
        )
        for own, some in groups.items()
    ]
    return Priced(
        owner=card["owner"],
        offer=card["offer"],
        sha256=card["sha256"],
        price_minor=card["price_minor"],
        currency=card["currency"],
        per=card["per"],
        most_favoured=card["most_favoured"],
        quote=Quote(
            counting,
            tuple(told),
            tuple(minor for minor, *_how in files),
            card["minimum_minor"],
        ),
    )
