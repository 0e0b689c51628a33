"""The bank's money: exactly the price, once, recorded by who may."""

from datetime import UTC, datetime, timedelta
from datetime import timezone as fixed_zone
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.access import Actor, Permission
from accounts.errors import Conflict, Invalid, NotFound
from licensing.deals.transitions import approve_deal
from licensing.models import Deal, Payment, Settlement
from licensing.payments.settlements import record_bank_transfer
from tests import factories
from tests.accounts.witness import at_once, facts, last, only_with, refs, refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def deal(studio: Actor) -> Deal:
    opened = factories.deal(factories.lab(), [factories.offered_words(studio)])
    return approve_deal(actor=studio, code=opened.code)


def record(actor: Actor, deal: Deal, **changes: Any) -> Settlement:
    given = {
        "amount_minor": 100_000,
        "currency": "USD",
        "reference": "Wire 7",
        "settled_at": timezone.now(),
    }
    return record_bank_transfer(actor=actor, deal_code=deal.code, **(given | changes))


def test_the_price_is_recorded_and_its_amount_committed(studio: Actor, deal: Deal) -> None:
    settlement = record(studio, deal)
    event = last("settlement.recorded")
    assert event.facts().data == {"method": "bank_transfer"}
    assert refs(event) == {"deal": deal.stream}
    assert facts(event) == {
        "amount": {"amount_minor": 100_000, "currency": "USD", "reference": "Wire 7"}
    }
    assert settlement.recorded_by == studio.user
    deal.refresh_from_db()
    assert deal.state == "settled"


OTHER_MONEY: list[tuple[dict[str, Any], str]] = [
    ({"amount_minor": 99_999}, "amount_minor"),
    ({"amount_minor": 100_001}, "amount_minor"),
    ({"amount_minor": -100_000}, "amount_minor"),
    ({"currency": "EUR"}, "currency"),
    ({"reference": " "}, "reference"),
    ({"reference": "r" * 201}, "reference"),
    ({"settled_at": datetime(9999, 1, 1, tzinfo=UTC)}, "settled_at"),
    ({"settled_at": datetime(2026, 6, 1, tzinfo=UTC)}, "settled_at"),  # before it was agreed
    ({"settled_at": datetime(2026, 6, 1)}, "settled_at"),  # noqa: DTZ001
]


def test_any_other_money_settles_nothing(studio: Actor, deal: Deal) -> None:
    for change, field in OTHER_MONEY:
        with refused(Invalid, field):
            record(studio, deal, **change)
        deal.refresh_from_db()
        assert (deal.state, Settlement.objects.count()) == ("approved", 0)


def test_money_arrives_on_the_day_of_the_agreement_or_later(studio: Actor) -> None:
    opened = factories.deal(factories.lab(), [factories.offered_words(studio)])
    with time_machine.travel("2027-03-05T00:30:00Z", tick=False) as clock:
        deal = approve_deal(actor=studio, code=opened.code)
        clock.move_to("2027-03-06T12:00:00Z")
        before = datetime(2027, 3, 4, 23, 59, 59, tzinfo=UTC)
        seoul = fixed_zone(timedelta(hours=9))
        for instant in (before, datetime(2027, 3, 5, 8, 59, tzinfo=seoul)):
            with refused(Invalid, "settled_at"):
                record(studio, deal, settled_at=instant)
        # Where only the day is known, it is given as its first instant.
        record(studio, deal, settled_at=datetime(2027, 3, 5, tzinfo=UTC))
    deal.refresh_from_db()
    assert deal.state == "settled"


def test_only_the_licensors_finance_records_money(studio: Actor, deal: Deal) -> None:
    only_with(Permission.RECORD_PAYMENTS, studio, lambda who: record(who, deal))
    rival = factories.studio()
    with refused(NotFound):
        record(rival, deal)
    lab = Actor(organisation=deal.request.organisation, permissions=studio.permissions)
    with refused(NotFound):  # the payer cannot say that it has paid
        record(lab, deal)
    assert not Settlement.objects.exists()


def test_a_deal_is_not_paid_twice_by_two_ways(studio: Actor, deal: Deal) -> None:
    payment = Payment.objects.create(deal=deal, session_id="cs_1", url="https://x.example")
    for status in ("open", "processing"):
        Payment.objects.filter(pk=payment.pk).update(status=status)
        with refused(Conflict):
            record(studio, deal)
    Payment.objects.filter(pk=payment.pk).update(status="expired")
    record(studio, deal)
    with refused(Conflict):
        record(studio, deal)
    assert Settlement.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_money_recorded_twice_at_once_counts_once(studio: Actor, deal: Deal) -> None:
    raised = at_once(*[lambda: record(studio, deal)] * 3)
    assert sorted(type(error).__name__ for error in raised) == ["Conflict"] * 2 + ["NoneType"]
    assert Settlement.objects.count() == 1
