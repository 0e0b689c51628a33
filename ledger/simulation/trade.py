"""The made-up market's trade: requests, and the way of their deals."""

from collections import deque
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from ledger.simulation.deals import (
    ENGINE,
    GRANTABLE,
    SYSTEM,
    UNPAID,
    Deal,
    Item,
    Request,
    stands,
    verdict_on,
)
from ledger.simulation.journal import instant, this_year
from ledger.simulation.licences import Grant, Licences
from ledger.simulation.supply import Organisation, Supply

_OVER = frozenset({"granted", "declined", "withdrawn", "lapsed", "cancelled"})
# What the house does within days: grant or hold what was paid, send back what was cancelled.
_PROMPT = frozenset({"settled", "refunding"})
_PATIENCE = timedelta(days=2)
_PAY_WITHIN = timedelta(days=14)
_SHORT = timedelta(hours=2)  # a term that ends within a market this quick
_ROUNDS = 3  # of a deal, in which other terms are proposed


class Trade:
    """What labs ask for and get."""

    def __init__(self, supply: Supply, licences: Licences) -> None:
        self.supply = supply
        self.licences = licences
        self.journal = supply.journal
        self.rng = supply.rng
        self.deals: list[Deal] = []  # that can still move
        self._has_lapsed = False
        self._waiting: deque[tuple[datetime, Deal]] = deque()  # for the house, since when

    def submit_request(self) -> None:
        """A lab asks for files of one licensor or two."""
        lab, journal = self.rng.choice(self.supply.of_kind["lab"]), self.journal
        first = self.rng.choice(self.supply.offered)
        others = self.rng.sample(self.supply.offered, 2)
        materials = [first, *(each for each in others if each.is_likeness == first.is_likeness)]
        assets = list(dict.fromkeys(each for of in materials for each in of.assets))[:6]
        scope = self._scope([use for use in first.uses if all(use in m.uses for m in materials)])
        if not scope["uses"]:
            scope["uses"], assets = first.uses, list(first.assets)
        if self.licences.is_newer and journal.count % 3 == 0:
            scope |= {"price_minor": 0, "by_card": True}
        request = Request(f"request:{journal.code()}", lab, scope)
        codes: list[Any] = [asset.stream.partition(":")[2] for asset in assets]
        is_newer = self.licences.is_newer
        if is_newer and journal.count % 4 == 0:  # one shot of the first file
            request.ranges = {codes[0]: [[61_500, 64_000]]}
        journal.record(
            "request.submitted.v2" if is_newer else "request.submitted",
            request.stream,
            lab.stream,
            {"organisation": lab.stream},
            {},
            {"scope": scope, "assets": codes} | ({"ranges": request.ranges} if is_newer else {}),
        )
        owners = dict.fromkeys(asset.of.owner for asset in assets)
        for licensor in owners:
            items = [Item(asset) for asset in assets if asset.of.owner is licensor]
            self._open(request, licensor, items)
        for deal in request.deals:
            for item in deal.items:
                self._decide(deal, item, lab.stream)

    def amend(self) -> None:
        """One side of a grant wants other terms, or the lab does without a file of it."""
        free = [each for each in self.licences.grants if not _is_amending(each)]
        if not free:
            return
        grant, journal = self.rng.choice(free), self.journal
        side = self.rng.choice(grant.deal.sides)
        assets = list(dict.fromkeys(asset for _credential, asset in grant.signed))
        assets = assets[: max(1, len(assets) - self.rng.randrange(2))]
        scope = _priced(grant.deal.scope, 5000 * self.rng.randrange(3))
        request = Request(f"request:{journal.code()}", grant.licensee, scope)
        request.amends, request.by = grant, side
        codes: list[Any] = [asset.stream.partition(":")[2] for asset in assets]
        request.ranges = {code: grant.ranges[code] for code in codes if code in grant.ranges}
        journal.record(
            "amendment.proposed",
            request.stream,
            side.stream,
            {"organisation": request.lab.stream, "grant": grant.stream},
            {},
            {"scope": scope, "assets": codes, "ranges": request.ranges},
        )
        self._open(request, grant.licensor, [Item(asset) for asset in assets])
        [deal] = request.deals
        grant.amending = deal
        for item in deal.items:
            self._decide(deal, item, side.stream)
        if side is grant.licensor:
            self._propose(deal, side)

    def _scope(self, uses: list[str]) -> dict[str, Any]:
        exclusivity = "exclusive" if self.rng.random() < 0.02 else "non_exclusive"
        begins = this_year(self.journal.now)
        years = self.rng.randrange(2, 7)
        ends = None if years == 6 else instant(begins, years=years)
        if self.rng.random() < 0.06:
            ends = instant(self.journal.now + _SHORT)
        return {
            "uses": uses,
            "model_kinds": ["foundation"],
            "territory": "WORLD",
            "starts_at": instant(begins),
            "ends_at": ends,
            "exclusivity": exclusivity,
            "price_minor": 100 * self.rng.randrange(1, 9000),
            "currency": self.supply.currency(),
        }

    def _open(self, request: Request, licensor: Organisation, items: list[Item]) -> None:
        deal = Deal(f"deal:{self.journal.code()}", request, licensor, items)
        if request.scope.get("by_card"):
            deal.cards = self._cards(items)
        said = {"cards": deal.cards} if deal.cards else {}
        self.journal.record(
            "deal.opened",
            deal.stream,
            (request.by or request.lab).stream,
            {"request": request.stream, "licensor": licensor.stream},
            {},
            {"terms": deal.price(items) | said},
        )
        request.deals.append(deal)
        deal.place = len(self.deals)
        self.deals.append(deal)

    def _cards(self, items: list[Item]) -> list[dict[str, Any]]:
        """Return what the rate cards of these files' works say of each; some have a minimum."""
        return [
            {
                "offer": of.offer.partition(":")[2],
                "sha256": sha256(of.offer.encode()).hexdigest(),
                "minimum_minor": 10_000_000 if of.assets[0].sha256 < "8" else 0,
                "prices": {
                    item.asset.stream.partition(":")[2]: 100 + int(item.asset.sha256[:5], 16)
                    for item in items
                    if item.asset.of is of
                },
            }
            for of in dict.fromkeys(item.asset.of for item in items)
        ]

    def _decide(self, deal: Deal, item: Item, actor: str) -> None:
        item.clearance, item.verdict = f"clearance:{self.journal.code()}", verdict_on(deal, item)
        self.journal.record(
            "clearance.decided",
            item.clearance,
            actor,
            {"request": deal.request.stream, "asset": item.asset.stream},
            {"verdict": item.verdict, "engine": ENGINE},
            {
                "case": {"sha256": self.rng.randbytes(32).hex()},
                "result": {"sha256": self.rng.randbytes(32).hex()},
            },
        )

    def advance(self) -> None:
        """Some deal takes its next step; one that is over leaves the list."""
        if not self.deals:
            return
        deal = self._overdue() or self.rng.choice(self.deals)
        before = deal.state
        getattr(self, f"_from_{before}")(deal)
        if deal.state in _OVER:
            self.deals[deal.place] = last = self.deals[-1]
            last.place = deal.place
            self.deals.pop()
        elif deal.state != before and deal.state in _PROMPT:
            self._waiting.append((self.journal.now, deal))

    def _overdue(self) -> Deal | None:
        """Return the deal that has waited too long for what the house owes it, if there is one."""
        while self._waiting and self._waiting[0][1].state not in _PROMPT:
            self._waiting.popleft()
        if self._waiting and self.journal.now - self._waiting[0][0] > _PATIENCE:
            return self._waiting.popleft()[1]
        return None

    def _from_open(self, deal: Deal) -> None:
        chance = self.rng.random()
        if chance < 0.1:
            self._end(deal)
            return
        if chance < 0.13 and all(each.state in UNPAID for each in deal.request.deals):
            self._withdraw_request(deal.request)
            return
        if chance < 0.25 and deal.rounds < _ROUNDS:
            self._propose(deal, self.rng.choice(deal.sides))
            return
        if deal.is_lost or deal.lacks_terms:
            self._end(deal)
            return
        for item in deal.items:
            self._decide(deal, item, deal.licensor.stream)
        deal.agreed = [item for item in deal.items if item.verdict in GRANTABLE]
        if not deal.agreed:
            self._end(deal, "declined")
            return
        if self.rng.random() < 0.2:
            self._of_deal(deal, "deal.assented", {"assent": {"policy": 1}})
        self._approve(deal)

    def _propose(self, deal: Deal, side: Organisation) -> None:
        """One side wants another price, and no more than the first use."""
        asked = deal.scope
        price = 100 * self.rng.randrange(1, 9000)
        terms = _priced(asked, price) | {"uses": asked["uses"][:1]}
        deal.counter, deal.rounds = (side, terms), deal.rounds + 1
        until = instant(self.journal.now + _PATIENCE)
        self.journal.record(
            "deal.terms_proposed",
            deal.stream,
            side.stream,
            {"request": deal.request.stream},
            {},
            {"proposal": terms | {"message": "", "expires_at": until}},
        )
        deal.state = "countered"

    def _from_countered(self, deal: Deal) -> None:
        chance, counter = self.rng.random(), deal.counter
        if chance < 0.1 or counter is None:
            self._end(deal)
            return
        side, terms = counter
        other = next(each for each in deal.sides if each is not side)
        if chance < 0.25 and deal.rounds < _ROUNDS:
            self._propose(deal, other)
        elif chance < 0.75:
            self._answer(deal, other.stream, "accepted")
            deal.terms = terms
            for item in deal.items:
                self._decide(deal, item, other.stream)
        elif chance < 0.85:
            self._answer(deal, other.stream, "refused", reason="Not for that.")
        elif chance < 0.95:
            self._answer(deal, side.stream, "taken_back")
        else:
            self._answer(deal, SYSTEM, "lapsed")

    def _answer(self, deal: Deal, actor: str, answer: str, **private: Any) -> None:
        refs = {"request": deal.request.stream}
        data = {"answer": answer}
        self.journal.record("deal.terms_answered", deal.stream, actor, refs, data, private)
        deal.counter, deal.state = None, "open"

    def _approve(self, deal: Deal) -> None:
        waits = [item for item in deal.agreed if item.verdict == "CONDITIONAL"]
        deal.confirmed = {item.asset.stream for item in waits}
        codes = [item.asset.stream.partition(":")[2] for item in deal.agreed]
        approval: dict[str, Any] = deal.price(deal.agreed)
        approval |= {"assets": codes, "conditions_met": bool(waits)}
        approval["ranges"] = deal.ranges_agreed()
        self._of_deal(deal, "deal.approved", {"approval": approval})
        hashes = [self.rng.randbytes(32).hex() for _ in range(2)]
        self.journal.record(
            "agreement.made",
            deal.agreement,
            deal.licensor.stream,
            {"deal": deal.stream},
            {},
            {"documents": {"pdf_sha256": hashes[0], "odrl_sha256": hashes[1]}},
        )
        if waits:
            self.licences.duties.owe_condition(deal)
        deal.state, deal.approved_at = "approved", self.journal.now

    def _from_approved(self, deal: Deal) -> None:
        if self._is_too_late(deal):
            refs = {"request": deal.request.stream}
            self.journal.record("deal.lapsed", deal.stream, SYSTEM, refs)
            deal.state, self._has_lapsed = "lapsed", True
            return
        if self.rng.random() < 0.05:
            self._end(deal)
            return
        by_stripe = self.rng.random() < 0.5
        deal.settlement = f"settlement:{self.journal.code()}"
        amount = deal.price(deal.agreed) | {"reference": f"Wire {self.journal.count}"}
        is_due = bool(amount["amount_minor"])
        by_house = by_stripe or not is_due
        self.journal.record(
            "settlement.recorded",
            deal.settlement,
            SYSTEM if by_house else deal.licensor.stream,
            {"deal": deal.stream},
            {"method": _method(is_due=is_due, by_stripe=by_stripe)},
            {"amount": amount},
        )
        deal.state = "settled"

    def _is_too_late(self, deal: Deal) -> bool:
        """Whether nobody paid in time. Once, when nothing else waits, two weeks pass at once: a
        small log would otherwise hold no deal that lapsed."""
        if not (self._has_lapsed or self._waiting):
            self.journal.wait(int(_PAY_WITHIN.total_seconds()))
        return deal.approved_at is not None and self.journal.now - deal.approved_at >= _PAY_WITHIN

    def _from_settled(self, deal: Deal) -> None:
        self._change_what_was_clear(deal)
        for item in deal.agreed:
            self._decide(deal, item, SYSTEM)
        if all(stands(deal, item) for item in deal.agreed) and not deal.is_lost:
            self.licences.issue(deal)
            return
        self.journal.record(
            "deal.held",
            deal.stream,
            SYSTEM,
            {"settlement": deal.settlement},
            {},
            {"problem": "No longer clear."},
        )
        deal.state = "held"

    def _change_what_was_clear(self, deal: Deal) -> None:
        """Now and then something happens between price and grant."""
        asset, chance = deal.agreed[0].asset, self.rng.random()
        if chance < 0.06 and not asset.of.is_likeness:
            self.supply.supersede(asset.of, asset.of.holdings)
        elif chance < 0.12 and asset.verdict == "CLEAR":
            asset.verdict = "CONDITIONAL"

    def _from_held(self, deal: Deal) -> None:
        waits = [item for item in deal.agreed if not stands(deal, item)]
        if deal.proposer is not None:
            other = next(side for side in deal.sides if side is not deal.proposer)
            self.journal.record(
                "deal.cancelled", deal.stream, other.stream, {"settlement": deal.settlement}
            )
            deal.state = "refunding"
        elif waits and all(item.verdict == "CONDITIONAL" for item in waits):
            self._confirm(deal, waits)
            self._resume(deal)
        elif self.rng.random() < 0.4:
            deal.proposer = self.rng.choice(deal.sides)
            self.journal.record(
                "deal.cancellation_proposed",
                deal.stream,
                deal.proposer.stream,
                private={"reason": "It will not be clear again."},
            )
        else:
            for item in waits:
                if not (item.asset.of.is_likeness or any(of.holdings for of in item.asset.of.rows)):
                    self.supply.record_right(item.asset.of, "holding")
            self._resume(deal)

    def _confirm(self, deal: Deal, waits: list[Item]) -> None:
        deal.confirmed |= {item.asset.stream for item in waits}
        named: list[Any] = [
            {"clearance": item.clearance.partition(":")[2], "conditions": [{"code": "excise"}]}
            for item in waits
        ]
        self.journal.record(
            "deal.conditions_confirmed",
            deal.stream,
            deal.licensor.stream,
            {"clearances": [item.clearance for item in waits]},
            {},
            {"conditions": named},
        )

    def _resume(self, deal: Deal) -> None:
        self.journal.record("deal.resumed", deal.stream, deal.licensor.stream)
        deal.state = "settled"

    def _from_refunding(self, deal: Deal) -> None:
        by_stripe = self.rng.random() < 0.5
        amount = deal.price(deal.agreed)
        is_due = bool(amount["amount_minor"])
        self.journal.record(
            "refund.recorded",
            f"refund:{self.journal.code()}",
            SYSTEM if by_stripe or not is_due else deal.licensor.stream,
            {"deal": deal.stream, "settlement": deal.settlement},
            {"method": _method(is_due=is_due, by_stripe=by_stripe)},
            {"amount": amount | {"reference": "Wire back"}},
        )
        deal.state = "cancelled"

    def _from_withdrawn(self, deal: Deal) -> None:
        """It went with its request, and only leaves the list."""

    def _end(self, deal: Deal, how: str = "") -> None:
        how = how or self.rng.choice(("declined", "withdrawn"))
        self._of_deal(deal, f"deal.{how}", {"reason": "Not this time."} if how[0] == "d" else {})
        deal.state = how

    def _of_deal(self, deal: Deal, kind: str, private: dict[str, Any]) -> None:
        actor = deal.request.lab if kind == "deal.withdrawn" else deal.licensor
        refs = {"request": deal.request.stream}
        self.journal.record(kind, deal.stream, actor.stream, refs, {}, private)

    def _withdraw_request(self, request: Request) -> None:
        self.journal.record("request.withdrawn", request.stream, request.lab.stream)
        for deal in request.deals:
            if deal.state in {"open", "countered", "approved"}:
                self._end(deal, "withdrawn")


def _is_amending(grant: Grant) -> bool:
    return grant.amending is not None and grant.amending.state not in _OVER | {"refunding"}


def _method(*, is_due: bool, by_stripe: bool) -> str:
    if not is_due:
        return "nothing_due"
    return "stripe" if by_stripe else "bank_transfer"


def _priced(scope: dict[str, Any], price_minor: int) -> dict[str, Any]:
    """Return a scope with a price of its own for each file: no rate card says it any more."""
    return {name: said for name, said in scope.items() if name != "by_card"} | {
        "price_minor": price_minor
    }
