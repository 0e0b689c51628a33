"""Other terms for a deal than those that stand: proposed by one side, answered by the other.

The request is the widest that can be agreed on: the lab has asked for no more, and nobody has
cleared it. Within it both sides may propose other uses, kinds of model, countries, another term,
less exclusivity, and any price. What is accepted stands; the licensor still has to approve it.
Docs: docs/decisions/counter-offers.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import SYSTEM, Actor, require
from accounts.errors import Conflict, Invalid
from accounts.models import Organisation
from accounts.text import check_name, check_note
from ledger.append import append
from licensing.deals.scopes import changes, check_scope, check_within, committed, terms_of
from licensing.deals.transitions import lock_deal, move, side_of
from licensing.grants.duties import BINDING
from licensing.models import Answer, CounterOffer, Deal, DealState, Scope
from licensing.money import MAX_MINOR
from licensing.offers.quotes import amount_by, codes_of
from licensing.verdicts.clearances import answers as cleared
from licensing.verdicts.clearances import items_to_clear, keep

MAX_DAYS: Final = 90  # to answer in
MAX_ROUNDS: Final = 100  # counter-offers of one deal


@dataclass(frozen=True)
class Round:
    """A counter-offer beside the terms that stood when it was made. `changed` names the terms in
    which the two differ; `waits`: the other side can answer it. The amounts are those of all files;
    `ends_promise`: that nobody pays less, as the rate cards said, is no part of it."""

    offer: CounterOffer
    before: Scope
    changed: tuple[str, ...]
    waits: bool
    amount: int
    amount_before: int
    ends_promise: bool

    @property
    def was_by_card(self) -> bool:
        """Whether rate cards said the prices before: then there was none per file."""
        return bool(getattr(self.before, "by_card", False))


def rounds(deal: Deal) -> list[Round]:
    """Return the counter-offers of a deal, the first one first. Three queries."""
    offers = list(deal.counter_offers.select_related("made_by").order_by("number"))
    if not offers:
        return []
    files = deal.items.count()
    found, before = [], cast("Scope", deal.request)
    body = deal.quote.body if deal.request.by_card else {"cards": []}
    amount = amount_by(body, codes_of(body)) if body["cards"] else before.price_minor * files
    promised = any(card["most_favoured"] for card in body["cards"])
    for offer in offers:
        waits = deal.state == DealState.COUNTERED and not offer.is_over
        asked = offer.price_minor * files
        found.append(Round(offer, before, _changed(before, offer), waits, asked, amount, promised))
        if offer.answer == Answer.ACCEPTED:
            before, amount, promised = offer, asked, False
    return found


def _changed(before: Scope, offer: CounterOffer) -> tuple[str, ...]:
    """Return which terms differ. A price per file is always another than that of rate cards."""
    found = changes(before, offer)
    is_other = getattr(before, "by_card", False) and "price_minor" not in found
    return (*found, "price_minor") if is_other else found


@transaction.atomic
def propose_terms(
    *,
    actor: Actor,
    code: str,
    answers: int,
    days: int,
    uses: Sequence[str],
    model_kinds: Sequence[str],
    territory: Any,
    starts_at: datetime,
    ends_at: datetime | None,
    exclusivity: str,
    price_minor: int,
    message: str = "",
) -> CounterOffer:
    """Propose other terms for a deal that the licensor has not approved, for `days` days.

    `answers` is the number of the counter-offer of the other side that these terms are put in
    place of, 0 where none waits. Raises Invalid naming the field, for terms beyond the request
    too, and Conflict where the deal has moved on or one's own proposal waits.
    """
    deal, organisation = _lock(actor, code)
    waiting = _waiting(deal)
    move(deal, DealState.COUNTERED)
    if (waiting.number if waiting else 0) != answers:
        raise _moved_on()
    if waiting and waiting.made_by == organisation:
        raise Conflict(_("Your own proposal waits for an answer; take it back first."))
    terms = check_scope(
        uses=uses,
        model_kinds=model_kinds,
        territory=territory,
        starts_at=starts_at,
        ends_at=ends_at,
        exclusivity=exclusivity,
        price_minor=price_minor,
    )
    _check_within(terms, deal)
    if terms["price_minor"] * deal.items.count() > MAX_MINOR:
        raise Invalid(
            "price_minor",
            _("All files together may cost at most %(limit)d minor units.") % {"limit": MAX_MINOR},
        )
    if type(days) is not int or not 1 <= days <= MAX_DAYS:
        raise Invalid("days", _("Give from 1 to %(limit)d days to answer.") % {"limit": MAX_DAYS})
    made = CounterOffer(
        deal=deal,
        number=deal.counter_offers.count() + 1,
        made_by=organisation,
        made_role=actor.role,
        made_at=timezone.now(),
        message=check_note("message", message, 1000),
        **terms,
    )
    made.expires_at = made.made_at + timedelta(days=days)
    _check_news(deal, waiting, made)
    if waiting is not None:
        _close(waiting, Answer.COUNTERED, actor)
    made.save()
    deal.save(update_fields=["state"])
    append(
        "deal.terms_proposed",
        stream=deal.stream,
        actor=actor.name,
        refs={"request": deal.request.stream},
        private={
            "proposal": committed(terms)
            | {
                "currency": deal.currency,
                "message": made.message,
                "expires_at": made.expires_at.isoformat(),
            }
        },
    )
    return made


@transaction.atomic
def accept_terms(*, actor: Actor, code: str, number: int) -> Deal:
    """Accept the terms that the other side proposed under this number.

    They stand from now on: every file is cleared for them, and the price is reckoned by them. The
    deal is open again, for the licensor to approve. Raises Conflict where they no longer wait, or
    have expired.
    """
    deal, organisation = _lock(actor, code)
    waiting = _named(deal, number)
    if waiting.made_by == organisation:
        raise Conflict(_("You have proposed these terms yourself; the other side answers them."))
    if waiting.is_over:
        raise Conflict(_("These terms have expired; propose them anew if you want them."))
    for name, value in terms_of(waiting).items():
        setattr(deal, name, value)
    deal.terms_number, deal.by_card = waiting.number, False
    items, now = items_to_clear(deal.request, deal.items.all()), timezone.now()
    deal.amount_minor = deal.price_minor * len(items)
    found = cleared(items, as_of=now, scope=deal)
    _answer(deal, waiting, Answer.ACCEPTED, actor)
    keep(items, found, as_of=now, actor_name=actor.name)
    return deal


@transaction.atomic
def refuse_terms(*, actor: Actor, code: str, number: int, reason: str) -> Deal:
    """Refuse the terms that the other side proposed; it reads the reason. Those before stand."""
    deal, organisation = _lock(actor, code)
    waiting = _named(deal, number)
    if waiting.made_by == organisation:
        raise Conflict(_("You have proposed these terms yourself; the other side answers them."))
    waiting.reason = check_name("reason", reason, 500)
    return _answer(deal, waiting, Answer.REFUSED, actor)


@transaction.atomic
def take_terms_back(*, actor: Actor, code: str, number: int) -> Deal:
    """Take back the terms that one's own side proposed. Those before stand."""
    deal, organisation = _lock(actor, code)
    waiting = _named(deal, number)
    if waiting.made_by != organisation:
        raise Conflict(_("The other side has proposed these terms; accept or refuse them."))
    return _answer(deal, waiting, Answer.TAKEN_BACK, actor)


def lapse_terms_pending(limit: int = 50) -> int:
    """End the counter-offers that nobody answered in time; return how many.

    Safe to kill and to run in many processes: each is one transaction on its locked deal.
    """
    due = CounterOffer.objects.filter(
        answer="", expires_at__lte=timezone.now(), deal__state=DealState.COUNTERED
    )
    return sum(map(_lapse, list(due.order_by("expires_at").values_list("deal", flat=True)[:limit])))


@transaction.atomic
def _lapse(pk: int) -> bool:
    rows = Deal.objects.filter(state=DealState.COUNTERED).select_related("request")
    deal = rows.select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
    waiting = _waiting(deal) if deal else None
    if deal is None or waiting is None or not waiting.is_over:
        return False
    _answer(deal, waiting, Answer.LAPSED, None)
    return True


def _lock(actor: Actor, code: str) -> tuple[Deal, Organisation]:
    deal = lock_deal(actor, code)
    return deal, require(actor, BINDING[side_of(actor, deal)])


def _waiting(deal: Deal) -> CounterOffer | None:
    """Return what waits for an answer; of a deal that ended nothing does."""
    if deal.state != DealState.COUNTERED:
        return None
    return deal.counter_offers.select_related("made_by").filter(answer="").first()


def _named(deal: Deal, number: int) -> CounterOffer:
    waiting = _waiting(deal)
    if waiting is None or waiting.number != number:
        raise _moved_on()
    return waiting


def _check_within(terms: dict[str, Any], deal: Deal) -> None:
    try:
        check_within(terms, deal.request)
    except Invalid as error:
        if deal.request.proposed_by_id is None:
            raise
        text = _("The amendment does not go that far. End it and propose one that does.")
        raise Invalid(error.field or "", text) from error
    if deal.amends_id is not None and terms["starts_at"] != deal.request.starts_at:
        raise Invalid("starts_at", _("The start of an amended term stays as it was proposed."))


def _check_news(deal: Deal, waiting: CounterOffer | None, made: CounterOffer) -> None:
    if made.number > MAX_ROUNDS:
        raise Conflict(_("Terms were proposed too often for this deal; accept or end it."))
    if not (changes(deal, made) or deal.by_card or deal.lacks_terms):
        raise Conflict(_("These are the terms that stand already."))
    if waiting is not None and not changes(waiting, made):
        raise Conflict(_("The other side has proposed just these terms; accept them."))


def _close(waiting: CounterOffer, answer: Answer, actor: Actor | None) -> None:
    waiting.answer, waiting.answered_at = answer, timezone.now()
    waiting.answered_role = actor.role if actor else ""
    waiting.save(update_fields=["answer", "answered_at", "answered_role", "reason"])


def _answer(deal: Deal, waiting: CounterOffer, answer: Answer, actor: Actor | None) -> Deal:
    """Answer what waits; `actor` None: nobody did in time. Call inside a transaction."""
    move(deal, DealState.OPEN, out_of=DealState.COUNTERED)
    _close(waiting, answer, actor)
    deal.save()
    append(
        "deal.terms_answered",
        stream=deal.stream,
        actor=actor.name if actor else SYSTEM,
        refs={"request": deal.request.stream},
        data={"answer": str(answer)},
        private={"reason": waiting.reason} if waiting.reason else {},
    )
    return deal


def _moved_on() -> Conflict:
    return Conflict(_("Terms were proposed or answered a moment ago; look at the deal again."))
