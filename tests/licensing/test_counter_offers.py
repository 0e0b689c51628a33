"""Other terms for a deal: proposed, answered, expired, and what comes of accepted ones."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.access import Actor, Permission
from accounts.errors import Conflict, Invalid, NotFound
from catalog.models import Asset
from catalog.scope.uses import expand_uses
from ledger.models import Event
from licensing.deals.counter_offers import (
    MAX_ROUNDS,
    accept_terms,
    lapse_terms_pending,
    propose_terms,
    refuse_terms,
    rounds,
    take_terms_back,
)
from licensing.deals.requests import withdraw_request
from licensing.deals.scopes import terms_of
from licensing.deals.transitions import (
    approve_deal,
    approve_prepared,
    decline_deal,
    prepare_approval,
    withdraw_deal,
)
from licensing.grants.issuing import issue_pending
from licensing.models import Clearance, CounterOffer, Deal, Grant
from licensing.verdicts.clearances import evaluate
from licensing.verdicts.outside import beside_offers
from tests import factories
from tests.accounts.witness import at_once, facts, only_with, refs, refused
from tests.licensing.test_reservations import pay, wanted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def lab() -> Actor:
    return factories.lab()


@pytest.fixture
def file(studio: Actor) -> Asset:
    return factories.offered_words(studio)


@pytest.fixture
def deal(lab: Actor, file: Asset) -> Deal:
    return wanted(file, lab, territory=["KR", "JP"], uses=["train.pretrain", "evaluate"])


def test_terms_that_are_accepted_are_cleared_priced_agreed_and_granted(
    studio: Actor, lab: Actor, deal: Deal, file: Asset
) -> None:
    assert file.title is not None
    factories.fact(studio, file.title, "restriction", uses=["train"], territory=["JP"])
    with refused(Conflict):
        approve_deal(actor=studio, code=deal.code)
    changes: dict[str, Any] = {"territory": ["KR"], "exclusivity": "sole", "price_minor": 70_000}
    made = factories.counter_offer(studio, deal, message="Korea alone.", **changes)
    accepted = accept_terms(actor=lab, code=deal.code, number=1)
    assert (accepted.state, accepted.amount_minor, accepted.terms_number) == ("open", 70_000, 1)
    newest = Clearance.objects.latest("pk")
    assert (newest.verdict, newest.case["request"]["territory"]) == ("CLEAR", ["KR"])
    proposed, answered, cleared = Event.objects.order_by("-pk")[:3][::-1]
    assert [each.kind for each in (proposed, answered, cleared)] == [
        "deal.terms_proposed",
        "deal.terms_answered",
        "clearance.decided",
    ]
    said = facts(proposed)["proposal"]
    assert (said["price_minor"], said["message"]) == (70_000, "Korea alone.")
    assert said["expires_at"] == made.expires_at.isoformat()
    assert refs(answered) == {"request": deal.request.stream}
    assert answered.facts().data == {"answer": "accepted"}
    # What others are kept out of is what was accepted, and no more.
    approve_deal(actor=studio, code=deal.code, terms=1)
    other = wanted(file, territory=["FR"])
    case = evaluate(other.items.get(), as_of=timezone.now())[0]
    (kept,) = [fact for fact in case["facts"] if fact["id"] == deal.code]
    assert (kept["territory"], kept["exclusivity"]) == (["KR"], "sole")
    pay(studio, deal, timezone.now())
    issue_pending()
    grant = Grant.objects.get(deal=deal)
    assert (grant.territory, grant.exclusivity, deal.request.territory) == (
        ["KR"],
        "sole",
        ["JP", "KR"],
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("uses", ["train"]),
        ("model_kinds", ["foundation", "open_weights"]),
        ("territory", "WORLD"),
        ("starts_at", factories.STARTS - timedelta(days=1)),
        ("ends_at", None),
        ("ends_at", factories.ENDS + timedelta(seconds=1)),
        ("price_minor", -1),
        ("price_minor", 10**15 + 1),
        ("days", 0),
        ("days", 91),
        ("message", "x" * 1001),
    ],
)
def test_nothing_beyond_what_was_asked_for_is_proposed(
    studio: Actor, deal: Deal, field: str, value: Any
) -> None:
    with refused(Invalid, field):
        factories.counter_offer(studio, deal, **{field: value})
    assert not CounterOffer.objects.exists()


def test_more_exclusivity_than_asked_for_cannot_be_sold(
    studio: Actor, lab: Actor, file: Asset
) -> None:
    plain = wanted(file, lab, exclusivity="non_exclusive")
    with refused(Invalid, "exclusivity"):
        factories.counter_offer(studio, plain, exclusivity="sole")


def test_the_sides_take_turns(studio: Actor, lab: Actor, deal: Deal) -> None:
    with refused(Conflict):  # as it stands
        propose_terms(actor=studio, code=deal.code, answers=0, days=1, **terms_of(deal))
    factories.counter_offer(studio, deal)
    with refused(Conflict):  # one's own waits
        factories.counter_offer(studio, deal, answers=1, price_minor=1)
    with refused(Conflict):  # not seen yet
        factories.counter_offer(lab, deal, answers=0, price_minor=1)
    with refused(Conflict):  # the same again is accepted, not proposed
        factories.counter_offer(lab, deal, answers=1)
    second = factories.counter_offer(lab, deal, answers=1, price_minor=60_000)
    for call in (accept_terms, take_terms_back):
        with refused(Conflict):  # the first is answered by the second
            call(actor=lab, code=deal.code, number=1)
    with refused(Conflict):
        accept_terms(actor=lab, code=deal.code, number=second.number)
    with refused(Conflict):
        take_terms_back(actor=studio, code=deal.code, number=second.number)
    accept_terms(actor=studio, code=deal.code, number=second.number)
    # Back to what was asked for at first: wider than what stands, and within the request.
    third = factories.counter_offer(lab, deal, price_minor=100_000)
    told = rounds(Deal.objects.get(pk=deal.pk))
    assert [(each.offer.answer, each.before.price_minor, each.changed) for each in told] == [
        ("countered", 100_000, ("price_minor",)),
        ("accepted", 100_000, ("price_minor",)),
        ("", 60_000, ("price_minor",)),
    ]
    assert [each.waits for each in told] == [False, False, True]
    back = take_terms_back(actor=lab, code=deal.code, number=third.number)
    assert (back.state, back.price_minor) == ("open", 60_000)


def test_the_same_in_other_words_is_nothing_new(studio: Actor, lab: Actor, file: Asset) -> None:
    whole = wanted(file, lab, uses=["train"])
    leaves = sorted(expand_uses(["train"]))
    with refused(Conflict):
        factories.counter_offer(studio, whole, uses=leaves, price_minor=100_000)


def test_a_refusal_says_why_and_changes_nothing(studio: Actor, lab: Actor, deal: Deal) -> None:
    before = terms_of(deal)
    factories.counter_offer(lab, deal)
    with refused(Invalid, "reason"):
        refuse_terms(actor=studio, code=deal.code, number=1, reason=" ")
    left = refuse_terms(actor=studio, code=deal.code, number=1, reason="Too little.")
    assert (left.state, terms_of(left), left.terms_number) == ("open", before, 0)
    event = Event.objects.latest("pk")
    assert (event.facts().data, facts(event)) == ({"answer": "refused"}, {"reason": "Too little."})
    approve_deal(actor=studio, code=deal.code)


def test_nobody_is_held_to_terms_that_expired(studio: Actor, lab: Actor, deal: Deal) -> None:
    made = factories.counter_offer(studio, deal, days=3)
    with time_machine.travel(made.expires_at - timedelta(seconds=1), tick=False):
        assert lapse_terms_pending() == 0
    with time_machine.travel(made.expires_at, tick=False):
        with refused(Conflict):
            accept_terms(actor=lab, code=deal.code, number=1)
        assert (lapse_terms_pending(), lapse_terms_pending()) == (1, 0)
    deal.refresh_from_db()
    event = Event.objects.latest("pk")
    assert (deal.state, event.facts().data["answer"]) == ("open", "lapsed")
    assert event.facts().actor == "system:worker"


@pytest.mark.parametrize("end", ["decline", "withdraw", "withdraw request"])
def test_a_deal_can_end_while_terms_wait(studio: Actor, lab: Actor, deal: Deal, end: str) -> None:
    made = factories.counter_offer(studio, deal)
    with refused(Conflict):
        approve_deal(actor=studio, code=deal.code)
    ways: dict[str, Callable[[], object]] = {
        "decline": lambda: decline_deal(actor=studio, code=deal.code, reason="No."),
        "withdraw": lambda: withdraw_deal(actor=lab, code=deal.code),
        "withdraw request": lambda: withdraw_request(actor=lab, code=deal.request.code),
    }
    ways[end]()
    with time_machine.travel(made.expires_at):
        assert lapse_terms_pending() == 0
    with refused(Conflict):
        accept_terms(actor=lab, code=deal.code, number=1)


def test_an_approval_is_of_the_terms_that_were_seen(studio: Actor, lab: Actor, deal: Deal) -> None:
    prepared = prepare_approval(actor=studio, code=deal.code, terms=0)
    factories.counter_offer(lab, deal)
    accept_terms(actor=studio, code=deal.code, number=1)
    with refused(Conflict):
        approve_prepared(actor=studio, code=deal.code, approval=prepared)
    with refused(Conflict):
        approve_deal(actor=studio, code=deal.code, terms=0)
    assert approve_deal(actor=studio, code=deal.code, terms=1).amount_minor == 50_000


def test_only_who_may_bind_a_side_negotiates(studio: Actor, lab: Actor, deal: Deal) -> None:
    only_with(Permission.DECIDE_DEALS, studio, lambda who: factories.counter_offer(who, deal))
    only_with(
        Permission.SUBMIT_REQUESTS,
        lab,
        lambda who: accept_terms(actor=who, code=deal.code, number=1),
    )
    for stranger in (factories.studio(), factories.lab()):
        for call in (accept_terms, take_terms_back):
            with refused(NotFound):
                call(actor=stranger, code=deal.code, number=1)
        with refused(NotFound):
            factories.counter_offer(stranger, deal)


def test_it_ends_some_day(studio: Actor, deal: Deal) -> None:
    made = factories.counter_offer(studio, deal)
    take_terms_back(actor=studio, code=deal.code, number=1)
    made.pk = None
    rows = [
        CounterOffer(**row) for row in [_row(made, number) for number in range(2, MAX_ROUNDS + 1)]
    ]
    CounterOffer.objects.bulk_create(rows)
    with refused(Conflict):
        factories.counter_offer(studio, deal)


def _row(made: CounterOffer, number: int) -> dict[str, Any]:
    names = ("deal_id", "made_by_id", "expires_at", *terms_of(made))
    return {name: getattr(made, name) for name in names} | {"number": number, "answer": "refused"}


def test_what_is_outside_the_offer_is_told_by_what_stands(
    studio: Actor, lab: Actor, file: Asset
) -> None:
    cheap = wanted(file, lab, exclusivity="non_exclusive", price_minor=90_000)
    request = cheap.request
    (found,) = beside_offers(request, cheap.items.all())
    assert list(found.outside) == ["price"]
    factories.counter_offer(studio, cheap, price_minor=100_000)
    accept_terms(actor=lab, code=cheap.code, number=1)
    (found,) = beside_offers(request, cheap.items.all())
    assert not found.outside
    assert not found.has_other_price


@pytest.mark.django_db(transaction=True)
def test_of_twenty_who_answer_at_once_one_does(studio: Actor, lab: Actor, deal: Deal) -> None:
    factories.counter_offer(studio, deal)
    terms = terms_of(deal)
    answers: list[Callable[[], object]] = [
        call
        for number in range(10)
        for call in (
            lambda: accept_terms(actor=lab, code=deal.code, number=1),
            lambda price=number: propose_terms(  # type: ignore[misc]
                actor=lab, code=deal.code, answers=1, days=1, **(terms | {"price_minor": price})
            ),
        )
    ]
    raised = at_once(*answers)
    assert sorted(type(error).__name__ for error in raised) == ["Conflict"] * 19 + ["NoneType"]
    deal.refresh_from_db()
    first = CounterOffer.objects.get(number=1)
    counted = (CounterOffer.objects.count(), first.answer, deal.state, deal.terms_number)
    assert counted in {(1, "accepted", "open", 1), (2, "countered", "countered", 0)}
    steps = Event.objects.filter(stream=deal.stream, kind__startswith="deal.terms_")
    assert steps.count() == 2
