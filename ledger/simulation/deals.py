"""The deals of the made-up market, and what its clearance engine would say of their files."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from ledger.simulation.supply import Asset, Organisation

ENGINE = "clearance/1"
SYSTEM = "system:worker"
GRANTABLE = frozenset({"CLEAR", "CONDITIONAL"})
UNPAID = frozenset(
    {"open", "countered", "approved", "declined", "withdrawn", "lapsed", "cancelled"}
)


@dataclass(eq=False, slots=True)
class Request:
    stream: str
    lab: Organisation
    scope: dict[str, Any]
    ranges: dict[str, Any] = field(default_factory=dict)  # parts asked for, by the file's code
    deals: list["Deal"] = field(default_factory=list)
    is_withdrawn: bool = False
    amends: Any = None  # the grant whose terms it asks to change
    by: Organisation | None = None  # who made it, where the lab did not


@dataclass(eq=False, slots=True)
class Item:
    """A file of a deal and the newest verdict on it."""

    asset: Asset
    clearance: str = ""
    verdict: str = ""


@dataclass(eq=False, slots=True)
class Deal:
    stream: str
    request: Request
    licensor: Organisation
    items: list[Item]
    state: str = "open"
    terms: dict[str, Any] = field(default_factory=dict)  # accepted since the request, if any were
    counter: tuple[Organisation, dict[str, Any]] | None = None  # by whom, and what
    rounds: int = 0
    approved_at: datetime | None = None
    agreed: list[Item] = field(default_factory=list)
    settlement: str = ""
    proposer: Organisation | None = None
    confirmed: set[str] = field(default_factory=set)  # the files whose conditions are accepted
    cards: list[dict[str, Any]] = field(default_factory=list)  # as they were when it was opened
    place: int = 0  # in the list of deals that can still move

    @property
    def scope(self) -> dict[str, Any]:
        return self.terms or self.request.scope

    @property
    def is_lost(self) -> bool:
        """Whether it amends what has ended."""
        amends = self.request.amends
        return amends is not None and amends.is_over

    @property
    def lacks_terms(self) -> bool:
        """Whether only its licensor wants it so far."""
        return self.request.by is self.licensor and not self.terms

    @property
    def is_exclusive(self) -> bool:
        return bool(self.scope["exclusivity"] != "non_exclusive")

    @property
    def sides(self) -> list[Organisation]:
        return [self.licensor, self.request.lab]

    @property
    def agreement(self) -> str:
        return f"agreement:{self.stream.partition(':')[2]}"

    def ranges_agreed(self) -> dict[str, Any]:
        """Return the parts of the agreed files of which not all was asked for, by their codes."""
        codes = {item.asset.stream.partition(":")[2] for item in self.agreed}
        return {code: ranges for code, ranges in self.request.ranges.items() if code in codes}

    def codes_agreed(self) -> list[str]:
        """Return the codes of the files that were agreed on."""
        return [_code(item) for item in self.agreed]

    def paid_for(self, items: Sequence[Item]) -> Fraction:
        """Return the part of the price that was paid for these files."""
        prices = {code: minor for card in self.cards for code, minor in card["prices"].items()}
        weights = {_code(item): 1 for item in self.agreed}
        if self.scope.get("by_card"):
            weights = {code: prices[code] for code in weights}
        own = sum(weights.get(_code(item), 0) for item in items)
        return Fraction(self.price(self.agreed)["amount_minor"] * own, sum(weights.values()))

    def price(self, items: Sequence[Item]) -> dict[str, Any]:
        """Return what files of the deal come to, as its terms or the rate cards say it."""
        scope = self.scope
        amount = scope["price_minor"] * len(items)
        if scope.get("by_card"):
            codes = {item.asset.stream.partition(":")[2] for item in items}
            amount = sum(_by_card(card, codes) for card in self.cards)
        return {"amount_minor": amount, "currency": scope["currency"]}


def _code(item: Item) -> str:
    return item.asset.stream.partition(":")[2]


def _by_card(card: dict[str, Any], codes: set[str]) -> int:
    """Return what those of these files that a card prices come to."""
    own = [minor for code, minor in card["prices"].items() if code in codes]
    minimum: int = card["minimum_minor"]
    return max(sum(own), minimum) if own else 0


def verdict_on(deal: Deal, item: Item) -> str:
    """What the engine would say, as far as the made-up rights go."""
    of = item.asset.of
    if any(each.taken or (deal.is_exclusive and each.used) for each in of.rows):
        return "BLOCKED"
    if of.is_likeness:
        uses = {use for consent in of.consents for use in consent.uses}
        return item.asset.verdict if uses.issuperset(deal.scope["uses"]) else "BLOCKED"
    return item.asset.verdict if any(each.holdings for each in of.rows) else "BLOCKED"


def stands(deal: Deal, item: Item) -> bool:
    """Whether a file may be granted on its newest verdict."""
    if item.verdict == "CONDITIONAL":
        return item.asset.stream in deal.confirmed
    return item.verdict == "CLEAR"
