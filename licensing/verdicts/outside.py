"""What a request says beside the offers of its files: what lies outside, and what stays within.

An offer invites and binds nobody. So what asks for more than is offered is not refused: it is
marked, before it is submitted and ever after, and the licensor's decision settles it. What counts
are the offers that stood when the request was submitted, or stand now for a draft.

A request names one price for each file, and a licensor agrees to one sum: so prices are compared
for all files of a licensor together.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, NamedTuple

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor
from catalog.assets import Owner
from catalog.clip_ranges import lengths_ms, lengths_of_files
from catalog.models import Asset, Likeness, Title
from catalog.scope.ranges import Ranges
from catalog.scope.territory import describe_territory, parse_territory
from catalog.scope.uses import LEAVES, expand_uses, show_uses
from ledger.reading import read_rows, read_values
from licensing.deals.requests import Wanted, wanted_parts
from licensing.models import (
    Deal,
    Exclusivity,
    ModelKind,
    Offer,
    PriceUnit,
    Request,
    RequestItem,
    Scope,
)
from licensing.offers.market import offered_assets, standing_offers
from licensing.offers.pricing import UNIT_MS, Scoped, total_of
from licensing.offers.quotes import lines_of, measure, sides_of_files

type _Key = tuple[int | None, int | None]
# Of a file whose length and lines no price depends on.
_UNMEASURED: Final = measure([], None, None)
type _File = tuple[int, Ranges]  # the key of a file, and the parts of it; none: the whole


# Of an offer: what nobody compares. Of thousands, reading that takes long.
_NOT_COMPARED: Final = frozenset(
    {"published_at", "published_by_id", "published_with_id", "withdrawn_at", "most_favoured"}
)


class Outside(models.TextChoices):
    """A term of which a request asks for more than is offered, or gives less for it."""

    OFFER = "offer", _("No longer on offer")
    USES = "uses", _("Uses")
    MODEL_KINDS = "model_kinds", _("Kinds of model")
    TERRITORY = "territory", _("Territory")
    STARTS_AT = "starts_at", _("Begins before")
    ENDS_AT = "ends_at", _("Ends after")
    EXCLUSIVITY = "exclusivity", _("Exclusivity")
    PRICE = "price", _("Price")


@dataclass(frozen=True)
class _Compared:
    """A request beside one offer; `offer` None: it was withdrawn.

    `price_minor` is what its files come to by the offer, None where that cannot be counted.
    `outside` says of each term what is asked for beyond it: uses, kinds and countries that are not
    offered, the bounds of the window that are not kept, the exclusivity, the price by the offer.
    """

    offer: Offer | None
    files: int
    price_minor: int | None
    outside: dict[Outside, Any]
    has_other_price: bool = False  # than the one that the request names for each file


@dataclass(frozen=True, kw_only=True)
class Beside(_Compared):
    """A request beside the offer of one title or likeness."""

    owner: Owner


@dataclass(frozen=True)
class Proposal:
    """A scope within the offers of some files, with the lowest price per file that meets theirs.

    `total_minor` is what the offers come to, each file by its own. `price_minor`, the same for
    each file, is that sum shared evenly among a licensor's files and rounded up; of several
    licensors the highest. Both are None where a price by time meets a file that does not last.
    """

    uses: list[str]
    model_kinds: list[str]
    territory: Any
    starts_at: datetime
    ends_at: datetime | None
    currency: str
    files: int
    total_minor: int | None
    price_minor: int | None


def beside_offers(
    request: Request, items: QuerySet[RequestItem], *, noteworthy: bool = False
) -> list[Beside]:
    """Return these items of a request beside the offers of what they are of, by their names, in the
    terms that stand for them; only the `noteworthy` ones, of which more is asked for or another
    price named. Six queries, of many files the few columns that this takes."""
    offers = {_key(offer): offer for offer in _compared(standing_offers(request, items))}
    groups: dict[_Key, list[_File]] = defaultdict(list)
    deals: dict[_Key, int | None] = {}
    of = items.order_by()
    asked_for = ("asset__title", "asset__likeness", "asset", "ranges", "deal")
    for title, likeness, file, ranges, deal in read_values(of, *asked_for, said={"ranges"}):
        groups[title, likeness].append((file, ranges))
        deals[title, likeness] = deal
    negotiated = Deal.objects.in_bulk({deal for deal in deals.values() if deal})
    is_timed = any(offer.per in UNIT_MS for offer in offers.values())
    lengths = lengths_of_files(of.values("asset")) if is_timed else {}
    is_sharp = any(each["by"] == "resolution" for o in offers.values() for each in o.modifiers)
    sides = sides_of_files(of.values("asset")) if is_sharp else {}
    asked: dict[int | None, _Beyond] = {None: _Beyond(request)}
    asked |= {key: _Beyond(deal) for key, deal in negotiated.items()}
    found = {
        key: _compare(asked[deals[key]], offers.get(key), files, _Sizes(lengths, sides))
        for key, files in groups.items()
    }
    _mark_prices({key: asked[deal].terms for key, deal in deals.items()}, found)
    if noteworthy:
        found = {key: each for key, each in found.items() if each.outside or each.has_other_price}
    named = [Beside(**vars(found[key]), owner=owner) for key, owner in _owners(found).items()]
    return sorted(named, key=lambda each: (str(each.owner), each.owner.code))


def _compared(offers: QuerySet[Offer]) -> list[Offer]:
    """Return offers without what nobody compares."""
    fields = Offer._meta.concrete_fields  # noqa: SLF001 - Django's documented way to them
    return read_rows(offers, [f.attname for f in fields if f.attname not in _NOT_COMPARED])


def _owners(keys: Iterable[_Key]) -> dict[_Key, Owner]:
    of_titles = Title.objects.filter(pk__among={title for title, _likeness in keys if title})
    titles = {each.pk: each for each in read_rows(of_titles, ("id", "code", "kind", "name"))}
    named = Likeness.objects.select_related("performer")
    likenesses = named.in_bulk([likeness for _title, likeness in keys if likeness])
    return {(key, None): title for key, title in titles.items()} | {
        (None, key): likeness for key, likeness in likenesses.items()
    }


def _compare(
    beyond: "_Beyond", offer: Offer | None, files: Sequence[_File], sizes: "_Sizes"
) -> _Compared:
    count = len(files)
    if offer is None:
        return _Compared(None, count, None, {Outside.OFFER: None})
    price = _price(offer, files, sizes, beyond.terms)
    named = (beyond.terms.price_minor, beyond.terms.currency, PriceUnit.FILE)
    has_other_price = (offer.price_minor, offer.currency, offer.per) != named
    has_other_price = has_other_price and not beyond.terms.by_card
    return _Compared(offer, count, price, beyond.of(offer), has_other_price)


class _Sizes(NamedTuple):
    """How long files are, and the shorter side of their pictures, by their keys."""

    lengths: Mapping[int, int]
    sides: Mapping[int, int | None]


@dataclass
class _Beyond:
    """What a request or a deal says beyond offers, most of which say the same."""

    terms: Request | Deal
    _known: dict[tuple[Any, ...], tuple[Offer, dict[Outside, Any]]] = field(default_factory=dict)

    def of(self, offer: Offer) -> dict[Outside, Any]:
        """What of its scope lies outside of an offer: a dictionary of its own. What offers say in
        the same JSON is one object for all of them (`read_rows`), so that one is told by it."""
        said = (offer.uses, offer.model_kinds, offer.territory, offer.modifiers)
        key = (*map(id, said), offer.starts_at, offer.ends_at)
        if key not in self._known:
            # With the offer, so that what it says stays, and no other object takes its place.
            self._known[key] = offer, _outside(self.terms, offer)
        return dict(self._known[key][1])


def _mark_prices(terms: Mapping[_Key, Request | Deal], found: Mapping[_Key, _Compared]) -> None:
    """Say of each work whether the price named stays below its offer, unless what its licensor gets
    in all does not."""
    less: dict[int, dict[_Key, int]] = defaultdict(dict)  # by licensor
    for key, each in found.items():
        if each.offer is None:
            continue
        if each.price_minor is None or each.offer.currency != terms[key].currency:
            each.outside[Outside.PRICE] = each.price_minor
        else:
            less[each.offer.organisation_id][key] = _left(terms[key], each)
    for works in less.values():
        if sum(works.values()) > 0:
            for key, left in works.items():
                if left > 0:
                    found[key].outside[Outside.PRICE] = found[key].price_minor


def _left(terms: Request | Deal, each: _Compared) -> int:
    """Return by how much the price named stays below the offer of a work; negative if above."""
    if terms.by_card:
        return 0
    return (each.price_minor or 0) - terms.price_minor * each.files


def _outside(terms: Scope, offer: Offer) -> dict[Outside, Any]:
    """Return what of a scope lies outside of an offer."""
    found: dict[Outside, Any] = {}
    if uses := expand_uses(terms.uses) - expand_uses(offer.uses):
        found[Outside.USES] = show_uses(uses)
    if kinds := [kind for kind in terms.model_kinds if kind not in offer.model_kinds]:
        found[Outside.MODEL_KINDS] = kinds
    if places := parse_territory(terms.territory) - parse_territory(offer.territory):
        found[Outside.TERRITORY] = describe_territory(places)
    if offer.starts_at is not None and terms.starts_at < offer.starts_at:
        found[Outside.STARTS_AT] = offer.starts_at
    if offer.ends_at is not None and (terms.ends_at is None or terms.ends_at > offer.ends_at):
        found[Outside.ENDS_AT] = offer.ends_at
    # What is not said is not offered; a rate card may name a factor for it.
    priced = {each["of"] for each in offer.modifiers if each["by"] == "exclusivity"}
    if terms.exclusivity not in {Exclusivity.NON_EXCLUSIVE, *priced}:
        found[Outside.EXCLUSIVITY] = terms.exclusivity
    return found


def propose(actor: Actor, assets: Sequence[Wanted], *, at: datetime) -> Proposal | None:
    """Return the widest scope from `at` on that lies within the offers of all of these files; None
    where there is none, as where a window is over. Raises Invalid for parts that there are not."""
    codes = {each if isinstance(each, str) else each.asset for each in assets}
    found = {asset.code: asset for asset in offered_assets(actor).filter(code__in=codes)}
    if not found:
        return None
    wanted = wanted_parts([each for each in assets if _code(each) in found], found)
    owned = Q(title__in=[asset.title_id for asset in found.values() if asset.title_id])
    owned |= Q(likeness__in=[asset.likeness_id for asset in found.values() if asset.likeness_id])
    offers = {_key(offer): offer for offer in Offer.objects.published().filter(owned)}
    lengths = lengths_ms(list(found.values()))
    by_offer: dict[_Key, list[_File]] = defaultdict(list)
    for code, ranges in wanted.items():
        by_offer[_key(found[code])].append((found[code].pk, ranges))
    scope = _within(list(offers.values()), at)
    if scope is None:
        return None
    sizes = _Sizes(lengths, {asset.pk: lines_of(asset.facts) for asset in found.values()})
    asked = _sums(offers, by_offer, sizes, scope)
    return Proposal(
        **scope._asdict(), currency=next(iter(offers.values())).currency, **asked._asdict()
    )


class Asked(NamedTuple):
    """How many files, what they come to, and the price per file that meets it."""

    files: int
    total_minor: int | None
    price_minor: int | None


def _sums(
    offers: Mapping[_Key, Offer],
    by_offer: Mapping[_Key, Sequence[_File]],
    sizes: _Sizes,
    scope: Scoped,
) -> Asked:
    prices: dict[int, int] = defaultdict(int)  # both by licensor
    counts: dict[int, int] = defaultdict(int)
    is_counted = True
    for key, files in by_offer.items():
        price, licensor = _price(offers[key], files, sizes, scope), offers[key].organisation_id
        is_counted = is_counted and price is not None
        prices[licensor] += price or 0
        counts[licensor] += len(files)
    if not is_counted:
        return Asked(sum(counts.values()), None, None)
    most = max(-(-price // counts[licensor]) for licensor, price in prices.items())
    return Asked(sum(counts.values()), sum(prices.values()), most)


class Widest(NamedTuple):
    """The widest scope that some offers allow. None of them offers exclusivity."""

    uses: list[str]
    model_kinds: list[str]
    territory: Any
    starts_at: datetime
    ends_at: datetime | None

    @property
    def exclusivity(self) -> str:
        return Exclusivity.NON_EXCLUSIVE


def _within(offers: Sequence[Offer], at: datetime) -> Widest | None:
    uses = frozenset.intersection(*(expand_uses(offer.uses) for offer in offers))
    kinds = set.intersection(*(set(offer.model_kinds) for offer in offers))
    places = frozenset.intersection(*(parse_territory(offer.territory) for offer in offers))
    start = _first_day(at, (offer.starts_at for offer in offers))
    end = min((offer.ends_at for offer in offers if offer.ends_at), default=None)
    is_one_currency = len({offer.currency for offer in offers}) == 1
    if not (uses and kinds and places and is_one_currency) or (end and end <= start):
        return None
    same = all(offer.territory == offers[0].territory for offer in offers)
    return Widest(
        uses=[use for use in LEAVES if use in uses],
        model_kinds=[kind for kind in ModelKind.values if kind in kinds],
        territory=offers[0].territory if same else describe_territory(places),
        starts_at=start,
        ends_at=end,
    )


def _first_day(at: datetime, starts: Iterable[datetime | None]) -> datetime:
    """Return the start of the day of `at`, or of the first whole day, UTC, after all `starts`."""
    today = datetime.combine(at.astimezone(UTC).date(), time(), UTC)
    latest = max((start for start in starts if start is not None), default=today)
    day = datetime.combine(latest.astimezone(UTC).date(), time(), UTC)
    if day == latest or day.date() == date.max:  # no day follows that one
        return max(today, latest)
    return max(today, day + timedelta(days=1))


def _price(offer: Offer, files: Sequence[_File], sizes: _Sizes, scope: Scoped) -> int | None:
    """Return what files, or parts of them, come to by an offer; None where one does not last."""
    measures = [
        measure(ranges, sizes.lengths.get(file), sizes.sides.get(file))
        if ranges or sizes.lengths or sizes.sides
        else _UNMEASURED
        for file, ranges in files
    ]
    if offer.per in UNIT_MS and not all(each.milliseconds for each in measures):
        return None
    return total_of(offer, scope, measures)


def _code(wanted: Wanted) -> str:
    return wanted if isinstance(wanted, str) else wanted.asset


def _key(of: Asset | Offer) -> _Key:
    return of.title_id, of.likeness_id
