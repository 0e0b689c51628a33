"""Paying through Stripe: what Stripe says counts, whatever becomes of its webhooks."""

import json
import logging
import random
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import NamedTuple

import pytest
import requests
import time_machine
from django.utils import timezone
from pydantic import SecretStr
from pytest_django import Settings

from accounts.access import Actor, Permission
from accounts.errors import Conflict, Invalid, NotFound
from ledger.models import Event
from licensing.deals.requests import submit_request, withdraw_request
from licensing.deals.transitions import approve_deal, decline_deal, withdraw_deal
from licensing.models import Deal, Payment, Settlement, WebhookEvent
from licensing.payments import stripe_gateway
from licensing.payments.stripe import (
    ASK_AGAIN_AFTER,
    cancel_payment,
    decline_unpaid,
    receive_webhook,
    settle_pending,
    start_payment,
)
from licensing.payments.stripe_gateway import PaymentUnavailable
from tests import factories
from tests.accounts.witness import at_once, facts, last, only_with, refused
from tests.doubles.stripe_server import StripeDouble
from tests.doubles.stripe_webhooks import signature
from tests.worlds import kept

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]

KEY, SECRET = "sk_test_51Edgecode", "whsec_one"


@pytest.fixture
def double(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeDouble]:
    monkeypatch.setattr("stripe.RequestsClient.MAX_DELAY", 0.01)
    with StripeDouble(secret=SECRET) as running:
        settings.ENV = settings.ENV.model_copy(
            update={
                "stripe_secret_key": SecretStr(KEY),
                "stripe_webhook_secret": SecretStr(SECRET),
                "stripe_api_base": running.url,
            }
        )
        yield running
        stripe_gateway._client_for(KEY, running.url)._requestor._client.close()
    stripe_gateway._client_for.cache_clear()


class Agreed(NamedTuple):
    lab: Actor
    deal: Deal


@kept
def one_agreed() -> Agreed:
    lab = factories.lab()
    return Agreed(lab, agreed(lab))


@pytest.fixture
def lab(one_agreed: Agreed) -> Actor:
    return one_agreed.lab


@pytest.fixture
def deal(one_agreed: Agreed) -> Deal:
    return one_agreed.deal


def agreed(lab: Actor, **terms: object) -> Deal:
    studio = factories.studio()
    request = factories.draft(lab, [factories.offered_words(studio)], **terms)
    submit_request(actor=lab, code=request.code)
    return approve_deal(actor=studio, code=request.deals.get().code)


def pay(payment: Payment, means: str = "card") -> None:
    requests.post(payment.url, data={"means": means}, allow_redirects=False, timeout=10)


def event(session: str, number: int = 1, kind: str = "checkout.session.completed") -> bytes:
    thing = {"id": session, "object": "checkout.session"}
    said = {"id": f"evt_{number}", "object": "event", "type": kind, "data": {"object": thing}}
    return json.dumps(said).encode()


def send(body: bytes, secret: str = SECRET) -> None:
    receive_webhook(body, signature(body, secret, int(time.time())))


def later() -> time_machine.travel:
    return time_machine.travel(timezone.now() + ASK_AGAIN_AFTER + timedelta(seconds=1))


def state(deal: Deal) -> str:
    return Deal.objects.get(pk=deal.pk).state


def test_a_payment_is_begun_once_and_settles_when_stripe_says_paid(
    lab: Actor, deal: Deal, double: StripeDouble
) -> None:
    payment = start_payment(actor=lab, deal_code=deal.code)
    assert start_payment(actor=lab, deal_code=deal.code) == payment
    assert len(double.books.sessions) == 1
    send(event(payment.session_id or ""))  # says completed; Stripe itself says open
    settle_pending()
    assert state(deal) == "approved"
    pay(payment)
    send(event(payment.session_id or "", 2))
    settle_pending()
    settled = last("settlement.recorded")
    assert settled.facts().data == {"method": "stripe"}
    assert settled.facts().actor == "system:worker"
    assert facts(settled)["amount"]["amount_minor"] == 100_000
    with refused(Conflict):
        start_payment(actor=lab, deal_code=deal.code)


def test_webhooks_doubled_and_shuffled_settle_each_deal_once(double: StripeDouble) -> None:
    lab = factories.lab()
    paid = [agreed(lab) for _ in range(3)]
    bodies: list[bytes] = []
    for number, deal in enumerate(paid):
        payment = start_payment(actor=lab, deal_code=deal.code)
        pay(payment)
        session = payment.session_id or ""
        bodies += [event(session, number * 2 + copy % 2) for copy in range(3)]
    random.Random(7).shuffle(bodies)
    for body in bodies:
        send(body)
        settle_pending()
    assert [state(deal) for deal in paid] == ["settled"] * 3
    assert Settlement.objects.count() == 3
    assert WebhookEvent.objects.count() == 6
    assert not WebhookEvent.objects.filter(processed_at=None).exists()


def test_a_lost_webhook_is_made_up_by_asking(lab: Actor, deal: Deal, double: StripeDouble) -> None:
    pay(start_payment(actor=lab, deal_code=deal.code))
    assert (settle_pending(), state(deal)) == (0, "approved")
    with later():
        assert (settle_pending(), state(deal)) == (1, "settled")


def test_a_payment_that_stripe_has_forgotten_makes_way_for_another(
    lab: Actor, deal: Deal, double: StripeDouble
) -> None:
    forgotten = start_payment(actor=lab, deal_code=deal.code)
    double.books.sessions.clear()
    with later():
        settle_pending()
    another = start_payment(actor=lab, deal_code=deal.code)
    assert (another.attempt, another.url) != (forgotten.attempt, forgotten.url)
    pay(another)
    send(event(another.session_id or ""))
    assert (settle_pending(), state(deal)) == (1, "settled")


def test_an_event_that_comes_before_its_session_is_known_does_no_harm(
    lab: Actor, deal: Deal, double: StripeDouble
) -> None:
    send(event("cs_test_of_another_installation"))
    assert settle_pending() == 0
    assert not WebhookEvent.objects.filter(processed_at=None).exists()


def test_money_of_another_amount_never_settles_and_is_told(
    lab: Actor, deal: Deal, double: StripeDouble, caplog: pytest.LogCaptureFixture
) -> None:
    payment = start_payment(actor=lab, deal_code=deal.code)
    pay(payment)
    Deal.objects.filter(pk=deal.pk).update(amount_minor=100_001)
    send(event(payment.session_id or ""))
    with caplog.at_level(logging.ERROR, "edgecode.licensing"):
        settle_pending()
    assert "is paid but settles nothing" in caplog.text
    assert (state(deal), Settlement.objects.count()) == ("approved", 0)
    assert Payment.objects.get().status == "paid"
    with later():
        assert settle_pending() == 0


def test_withdrawing_waits_for_the_payer(lab: Actor, deal: Deal, double: StripeDouble) -> None:
    payment = start_payment(actor=lab, deal_code=deal.code)
    with refused(Conflict):
        withdraw_request(actor=lab, code=deal.request.code)
    stripe_gateway.expire(payment.session_id or "")
    with later():
        settle_pending()
    withdraw_request(actor=lab, code=deal.request.code)
    assert state(deal) == "withdrawn"


def test_neither_side_leaves_a_deal_while_it_is_being_paid(
    lab: Actor, deal: Deal, double: StripeDouble
) -> None:
    studio = Actor(deal.licensor, permissions=frozenset({Permission.DECIDE_DEALS}))
    payment = start_payment(actor=lab, deal_code=deal.code)
    with refused(Conflict):
        withdraw_deal(actor=lab, code=deal.code)
    with refused(Conflict):
        decline_deal(actor=studio, code=deal.code, reason="Changed our minds.")
    stripe_gateway.expire(payment.session_id or "")
    with later():
        settle_pending()
    withdraw_deal(actor=lab, code=deal.code)
    assert state(deal) == "withdrawn"


def test_a_licensor_steps_back_though_the_lab_has_its_payment_page_open(
    lab: Actor, deal: Deal, double: StripeDouble
) -> None:
    studio = Actor(deal.licensor, permissions=frozenset({Permission.DECIDE_DEALS}))
    payment = start_payment(actor=lab, deal_code=deal.code)
    with refused(Invalid):
        decline_unpaid(actor=studio, code=deal.code, reason="")
    payment.refresh_from_db()
    assert payment.status == "open"  # nothing was closed for nothing
    decline_unpaid(actor=studio, code=deal.code, reason="Changed our minds.")
    payment.refresh_from_db()
    assert (state(deal), payment.status) == ("declined", "expired")


def test_what_is_paid_already_is_not_declined(lab: Actor, deal: Deal, double: StripeDouble) -> None:
    studio = Actor(deal.licensor, permissions=frozenset({Permission.DECIDE_DEALS}))
    payment = start_payment(actor=lab, deal_code=deal.code)
    pay(payment)
    with pytest.raises(Conflict):  # the payment was recorded, and counts
        decline_unpaid(actor=studio, code=deal.code, reason="Changed our minds.")
    assert state(deal) == "settled"


def test_a_payment_begun_while_the_lab_withdraws_is_closed(
    lab: Actor, deal: Deal, double: StripeDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = stripe_gateway.create_payment

    def slow(**given: object) -> stripe_gateway.PaymentView:
        withdraw_request(actor=lab, code=deal.request.code)
        return real(**given)  # type: ignore[arg-type]

    monkeypatch.setattr(stripe_gateway, "create_payment", slow)
    with pytest.raises(Conflict):
        start_payment(actor=lab, deal_code=deal.code)
    assert [each["status"] for each in double.books.sessions.values()] == ["expired"]
    with later():
        settle_pending()
    assert (state(deal), Payment.objects.get().status) == ("withdrawn", "expired")


def test_a_cancelled_payment_opens_the_deal_to_both_sides_again(
    lab: Actor, deal: Deal, double: StripeDouble
) -> None:
    with refused(Conflict):
        cancel_payment(actor=lab, deal_code=deal.code)
    payment = start_payment(actor=lab, deal_code=deal.code)
    assert cancel_payment(actor=lab, deal_code=deal.code).status == "expired"
    assert cancel_payment(actor=lab, deal_code=deal.code) == payment  # safe to repeat
    assert [each["status"] for each in double.books.sessions.values()] == ["expired"]
    another = start_payment(actor=lab, deal_code=deal.code)
    assert another.url != payment.url
    cancel_payment(actor=lab, deal_code=deal.code)
    withdraw_deal(actor=lab, code=deal.code)
    assert state(deal) == "withdrawn"


def test_whoever_pays_while_it_is_cancelled_has_paid(
    lab: Actor, deal: Deal, double: StripeDouble
) -> None:
    pay(start_payment(actor=lab, deal_code=deal.code))
    with pytest.raises(Conflict, match="the payment counts"):
        cancel_payment(actor=lab, deal_code=deal.code)
    assert last("settlement.recorded").facts().data == {"method": "stripe"}
    assert (state(deal), Payment.objects.get().status) == ("settled", "paid")


def test_a_bank_debit_under_way_cannot_be_cancelled(
    lab: Actor, deal: Deal, double: StripeDouble
) -> None:
    pay(start_payment(actor=lab, deal_code=deal.code), "bank")
    with refused(Conflict):
        cancel_payment(actor=lab, deal_code=deal.code)
    assert (state(deal), Payment.objects.get().status) == ("approved", "processing")


def test_an_outage_or_a_lost_session_leaves_no_deal_locked(
    lab: Actor, deal: Deal, double: StripeDouble
) -> None:
    start_payment(actor=lab, deal_code=deal.code)
    double.fail_next(3)
    with refused(PaymentUnavailable):
        cancel_payment(actor=lab, deal_code=deal.code)
    assert Payment.objects.get().status == "open"
    double.books.sessions.clear()
    assert cancel_payment(actor=lab, deal_code=deal.code).status == "failed"
    withdraw_deal(actor=lab, code=deal.code)


def test_an_older_answer_of_stripe_reopens_nothing(
    lab: Actor, deal: Deal, double: StripeDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = start_payment(actor=lab, deal_code=deal.code)
    real = stripe_gateway.read_payment

    def slow(session_id: str) -> stripe_gateway.PaymentView:
        view = real(session_id)
        monkeypatch.setattr(stripe_gateway, "read_payment", real)
        cancel_payment(actor=lab, deal_code=deal.code)
        return view

    monkeypatch.setattr(stripe_gateway, "read_payment", slow)
    send(event(payment.session_id or ""))
    settle_pending()
    assert Payment.objects.get().status == "expired"


def test_only_the_labs_finance_cancels_a_payment(
    lab: Actor, deal: Deal, double: StripeDouble
) -> None:
    start_payment(actor=lab, deal_code=deal.code)
    rival = factories.lab()
    with refused(NotFound):
        cancel_payment(actor=rival, deal_code=deal.code)
    only_with(Permission.PAY_DEALS, lab, lambda who: cancel_payment(actor=who, deal_code=deal.code))


def test_what_was_paid_after_all_settles_nothing_and_is_told(
    lab: Actor, deal: Deal, double: StripeDouble, caplog: pytest.LogCaptureFixture
) -> None:
    payment = start_payment(actor=lab, deal_code=deal.code)
    pay(payment)
    Deal.objects.filter(pk=deal.pk).update(state="withdrawn")
    count = Event.objects.count()
    with later(), caplog.at_level(logging.ERROR, "edgecode.licensing"):
        settle_pending()
    assert deal.code in caplog.text
    assert (state(deal), Event.objects.count()) == ("withdrawn", count)


def test_a_bank_debit_that_is_refused_can_be_tried_again(
    lab: Actor, deal: Deal, double: StripeDouble
) -> None:
    first = start_payment(actor=lab, deal_code=deal.code)
    pay(first, "bank")
    with later():
        settle_pending()
    assert (state(deal), Payment.objects.get().status) == ("approved", "processing")
    double.books.settle(first.session_id or "", succeeds=False)
    send(event(first.session_id or "", kind="checkout.session.async_payment_failed"))
    settle_pending()
    second = start_payment(actor=lab, deal_code=deal.code)
    assert (second.attempt, second.session_id == first.session_id) == (2, False)
    pay(second)
    send(event(second.session_id or "", 2))
    settle_pending()
    assert state(deal) == "settled"


def test_an_amount_that_stripe_refuses_blocks_nothing(double: StripeDouble) -> None:
    lab = factories.lab()
    deal = agreed(lab, price_minor=101, currency="HUF")
    for attempt in (1, 2):
        with refused(Invalid, "amount"):
            start_payment(actor=lab, deal_code=deal.code)
        assert set(Payment.objects.values_list("status")) == {("failed",)}
        assert Payment.objects.count() == attempt
    withdraw_request(actor=lab, code=deal.request.code)


def test_an_outage_loses_neither_the_session_nor_the_event(
    lab: Actor, deal: Deal, double: StripeDouble
) -> None:
    double.fail_next(3)
    with refused(PaymentUnavailable):
        start_payment(actor=lab, deal_code=deal.code)
    double.fail_next(1, after=True)  # carried out, and the answer lost
    payment = start_payment(actor=lab, deal_code=deal.code)
    assert (len(double.books.sessions), Payment.objects.count()) == (1, 1)
    pay(payment)
    send(event(payment.session_id or ""))
    double.fail_next(3)
    settle_pending()
    assert WebhookEvent.objects.filter(processed_at=None).count() == 1
    settle_pending()
    assert state(deal) == "settled"


def test_only_the_labs_finance_pays(lab: Actor, deal: Deal, double: StripeDouble) -> None:
    only_with(Permission.PAY_DEALS, lab, lambda who: start_payment(actor=who, deal_code=deal.code))
    rival = factories.lab()
    with refused(NotFound):
        start_payment(actor=rival, deal_code=deal.code)
    assert (Payment.objects.count(), double.requests) == (0, [])


def test_a_webhook_that_stripe_did_not_sign_is_not_kept(double: StripeDouble) -> None:
    for body, secret in ((event("cs_1"), "whsec_two"), (b"{}", SECRET), (b"\xff", SECRET)):
        with pytest.raises(Invalid):
            send(body, secret)
    stale = event("cs_1")
    with pytest.raises(Invalid):
        receive_webhook(stale, signature(stale, SECRET, int(time.time()) - 600))
    with pytest.raises(Invalid):
        receive_webhook(stale, None)
    assert not WebhookEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_starting_and_settling_in_many_places_at_once_is_one_payment(
    lab: Actor, deal: Deal, double: StripeDouble
) -> None:
    assert at_once(*[lambda: start_payment(actor=lab, deal_code=deal.code)] * 3) == [None] * 3
    payment = Payment.objects.get()
    assert len(double.books.sessions) == 1
    pay(payment)
    sent = [partial(send, event(payment.session_id or "", number % 2)) for number in range(4)]
    assert at_once(*sent) == [None] * 4
    assert at_once(*[settle_pending] * 3) == [None] * 3
    assert (state(deal), Settlement.objects.count()) == ("settled", 1)
    assert Event.objects.filter(kind="settlement.recorded").count() == 1
