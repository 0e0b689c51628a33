"""Prices as the clearance contract compares them, and what rate cards promise of lower ones."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple

from licensing.models import Deal, Quote, Request, RequestItem, Scope
from licensing.money import minor_digits, plain_amount
from licensing.offers.pricing import product, read_modifiers
from licensing.offers.quotes import quote_items

_PER: Final = {"file": "asset", "minute": "min", "hour": "hour"}
_ANY: Final = ""  # resolution
_DIGITS: Final = 20  # before the point of an amount, and behind it


def promises_of(deals: Iterable[Deal]) -> dict[int, dict[str, Any]]:
    """Return, by the keys of deals whose licence was priced by rate cards when it was first
    granted, what these promise: that nobody gets a lower price for a unit, and that price where it
    can be compared. One query, and one for each amendment.

    An amendment is by no rate card. It takes no promise away, and changes none.
    """
    promising = {deal.pk: deal.lineage[-1] for deal in deals}
    wanted = {first.pk for first in promising.values() if first.by_card}
    if not wanted:
        return {}
    found = {}
    for deal, body in Quote.objects.filter(deal__in=wanted).values_list("deal", "body"):
        cards = body["cards"]
        promised = [card for card in cards if card["most_favoured"]]
        if promised:
            # One licence says one price, of whichever of its titles.
            prices = [unit_price(card) for card in promised]
            is_one = len(promised) == len(cards) and all(each == prices[0] for each in prices)
            found[deal] = {"mfn": "unit_price"} | ({"price": prices[0]} if is_one else {})
    return {
        deal: {name: said for name, said in found[first.pk].items() if said is not None}
        for deal, first in promising.items()
        if first.pk in found
    }


class PromisedUnit(NamedTuple):
    """What a title's or likeness's rate card promises nobody to get cheaper: its price of a unit,
    and what that is multiplied by, for files of one resolution where these differ."""

    owner: str
    name: str
    price_minor: int
    per: str
    times: str
    resolution: str


def promised_units(body: Mapping[str, Any], codes: Collection[str]) -> list[PromisedUnit]:
    """Return what the cards of a quote promise of these files of it."""
    found = []
    for card in body["cards"]:
        files = {code: how for code, how in card["files"].items() if code in codes}
        if not card["most_favoured"] or not files:
            continue
        factor = product(read_modifiers(card["counting"]))
        modifiers = read_modifiers(card["modifiers"])
        sharp = {each.of: each.times for each in modifiers if each.by == "resolution"}
        shown = {how[2] or "" for how in files.values()} if sharp else {""}
        owner = next(iter(files)).partition("+")[0]
        found += [
            PromisedUnit(
                owner,
                card["owner"],
                card["price_minor"],
                card["per"],
                str(factor * sharp.get(resolution, 1)),
                resolution,
            )
            for resolution in sorted(shown)
        ]
    return found


def prices_by_card(request: Request, items: Sequence[RequestItem]) -> dict[str, dict[str, str]]:
    """Return the price of a unit of these files of a request, by their codes, where rate cards say
    it: as its deals froze them, or as they stand for a draft. A few queries.

    Left out is what cannot be compared: see `unit_price`. A minimum guarantee makes no unit
    cheaper, nor does what comes on top by an amendment: of that the cards of the first deal count.
    """
    if is_amended_card(request):
        assert request.amends is not None  # noqa: S101 - it is an amendment
        deals: set[int | None] = {request.amends.deal.lineage[-1].pk}
    elif request.by_card:
        deals = {item.deal_id for item in items} - {None}
    else:
        return {}
    frozen = Quote.objects.filter(deal__in=deals)
    cards = [card for body in frozen.values_list("body", flat=True) for card in body["cards"]]
    known = {code for card in cards for code in card["files"]}
    if new := [item for item in items if item.asset.code not in known]:
        cards += quote_items(request, new, request).body["cards"]
    found = {}
    for card in cards:
        by_resolution: dict[str | None, dict[str, str] | None] = {}
        for code, (_minor, _much, resolution) in card["files"].items():
            if resolution not in by_resolution:
                by_resolution[resolution] = unit_price(card, resolution)
            if price := by_resolution[resolution]:
                found[code] = price
    return found


def unit_price(card: Mapping[str, Any], resolution: str | None = _ANY) -> dict[str, str] | None:
    """Return the price of a unit by a card of a quote, for files of a resolution (None: they show
    no picture) or of any. None where the contract knows no such unit, as a segment; where files
    differ by their resolution; or where no decimal says it exactly."""
    sharp = [each for each in read_modifiers(card["modifiers"]) if each.by == "resolution"]
    if card["per"] not in _PER or (sharp and resolution == _ANY):
        return None
    own = [each for each in sharp if each.of == resolution]
    exact = card["price_minor"] * product([*read_modifiers(card["counting"]), *own])
    scaled = exact / 10 ** minor_digits(card["currency"])
    amount = _decimal(scaled)
    if amount is None:
        return None
    return {"amount": amount, "currency": card["currency"], "per": _PER[card["per"]]}


def comparable(
    price: Mapping[str, str], promised: Collection[Mapping[str, str]], ms: int
) -> dict[str, str]:
    """Return a file's price by the unit of the prices promised, where they have one and it lasts so
    long: what the file comes to, by its minutes or hours, or from these.

    Where no decimal says it exactly, the next lower one with 20 digits does: it is below a promise
    just where the exact price is, for a promise has no more digits.
    """
    units = {(each["currency"], each["per"]) for each in promised}
    quantities = {"asset": Fraction(1)}
    if ms:
        quantities |= {"min": Fraction(ms, 60_000), "hour": Fraction(ms, 3_600_000)}
    told = dict(price)
    if len(units) != 1 or price["per"] not in quantities:
        return told
    [(currency, per)] = units
    if currency != price["currency"] or per not in quantities or per == price["per"]:
        return told
    exact = Fraction(price["amount"]) * quantities[price["per"]] / quantities[per]
    amount = _decimal(Fraction(exact * 10**_DIGITS // 1, 10**_DIGITS))
    return told | {"amount": amount, "per": per} if amount else told


def price_asked(scope: Scope, request: Request) -> dict[str, str] | None:
    """Return the price per file that terms name; None where rate cards say it, for which there is
    `prices_by_card`. Of an amendment with what was paid for the licence before: that is what the
    lab gives for it."""
    if getattr(scope, "by_card", False) or is_amended_card(request):
        return None
    amount = plain_amount(scope.price_minor + (request.paid_minor or 0), request.currency)
    return {"amount": amount, "currency": request.currency, "per": "asset"}


def is_amended_card(request: Request) -> bool:
    """Return whether a request amends a licence of which rate cards said the price."""
    return request.amends_id is not None and request.paid_minor is None


def _decimal(exact: Fraction) -> str | None:
    """Return an amount as the contract writes it; None where its digits do not say it exactly."""
    scaled = exact * 10**_DIGITS
    if scaled.denominator != 1 or exact >= 10**_DIGITS:
        return None
    whole, rest = divmod(scaled.numerator, 10**_DIGITS)
    decimals = f"{rest:0{_DIGITS}}".rstrip("0")
    return f"{whole}.{decimals}" if decimals else str(whole)
