"""The money of a cancelled deal goes back in full, once, whichever way."""

import json
import logging
import time
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
import requests
import time_machine
from django.utils import timezone
from pydantic import SecretStr
from pytest_django import Settings

from accounts.access import Actor, Permission
from accounts.errors import Conflict, Invalid, NotFound
from ledger.models import Event
from licensing.deals.holds import agree_to_cancellation, propose_cancellation
from licensing.deals.transitions import approve_deal
from licensing.grants.issuing import issue_pending
from licensing.models import Deal, Refund, StripeRefund, WebhookEvent
from licensing.payments import stripe_gateway
from licensing.payments.refunds import ASK_AGAIN_AFTER, record_bank_refund
from licensing.payments.stripe import receive_webhook, settle_pending, start_payment
from tests import factories
from tests.accounts.witness import at_once, facts, last, only_with, refs, refused
from tests.doubles.stripe_refunds import create_refund, settle_refund
from tests.doubles.stripe_server import StripeDouble
from tests.doubles.stripe_webhooks import signature
from tests.licensing.law import paid
from tests.licensing.test_payments import SECRET, double
from tests.worlds import kept

__all__ = ["double"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


class Between(NamedTuple):
    """A deal with its two sides."""

    studio: Actor
    lab: Actor
    deal: Deal


@kept
def by_bank() -> Between:
    """A cancelled deal that was paid by bank transfer."""
    studio, lab = factories.studio(), factories.lab()
    deal = paid(studio, factories.deal(lab, [factories.offered_words(studio)]))
    return Between(studio, lab, cancelled(studio, lab, deal))


@kept
def agreed() -> Between:
    """A deal that nobody has paid yet."""
    studio, lab = factories.studio(), factories.lab()
    deal = factories.deal(lab, [factories.offered_words(studio)])
    return Between(studio, lab, approve_deal(actor=studio, code=deal.code))


def cancelled(studio: Actor, lab: Actor, deal: Deal) -> Deal:
    title = deal.items.get().asset.title
    assert title is not None
    factories.fact(studio, title, "restriction", uses=["train"])
    issue_pending()
    propose_cancellation(actor=studio, code=deal.code, reason="The right is gone.")
    return agree_to_cancellation(actor=lab, code=deal.code)


def pay_through_stripe(lab: Actor, deal: Deal, means: str = "card") -> None:
    payment = start_payment(actor=lab, deal_code=deal.code)
    requests.post(payment.url, data={"means": means}, allow_redirects=False, timeout=10)


def later() -> time_machine.travel:
    return time_machine.travel(timezone.now() + ASK_AGAIN_AFTER + timedelta(seconds=1))


def send(kind: str, object_id: str, number: int = 1) -> None:
    said = {"id": f"evt_{number}", "object": "event", "type": kind}
    body = json.dumps(said | {"data": {"object": {"id": object_id}}}).encode()
    receive_webhook(body, signature(body, SECRET, int(time.time())))


def state(deal: Deal) -> str:
    return Deal.objects.get(pk=deal.pk).state


def record(actor: Actor, deal: Deal, **changes: Any) -> Refund:
    given = {
        "amount_minor": 100_000,
        "currency": "USD",
        "reference": "Back 7",
        "refunded_at": timezone.now(),
    }
    return record_bank_refund(actor=actor, deal_code=deal.code, **(given | changes))


def test_finance_records_the_transfer_back_and_the_deal_is_over(by_bank: Between) -> None:
    studio, _lab, deal = by_bank
    refund = record(studio, deal)
    event = last("refund.recorded")
    assert (event.stream_id, event.facts().data) == (refund.stream, {"method": "bank_transfer"})
    assert refs(event) == {"deal": deal.stream, "settlement": deal.settlement.stream}
    assert facts(event)["amount"]["reference"] == "Back 7"
    assert (state(deal), refund.recorded_by) == ("cancelled", studio.user)
    with refused(Conflict):
        record(studio, deal)


OTHER_MONEY: list[tuple[dict[str, Any], str]] = [
    ({"amount_minor": 99_999}, "amount_minor"),
    ({"currency": "EUR"}, "currency"),
    ({"reference": " "}, "reference"),
    ({"refunded_at": datetime(9999, 1, 1, tzinfo=UTC)}, "refunded_at"),
    ({"refunded_at": factories.STARTS - timedelta(days=2)}, "refunded_at"),  # not yet paid
    ({"refunded_at": datetime(2026, 6, 1)}, "refunded_at"),  # noqa: DTZ001
]


def test_any_other_money_refunds_nothing(by_bank: Between) -> None:
    studio, _lab, deal = by_bank
    for change, field in OTHER_MONEY:
        with refused(Invalid, field):
            record(studio, deal, **change)
        assert (state(deal), Refund.objects.count()) == ("refunding", 0)


def test_where_it_was_sent_it_may_be_the_day_before(by_bank: Between) -> None:
    studio, _lab, deal = by_bank
    day_before = deal.settlement.settled_at - timedelta(days=1)
    refund = record(studio, deal, refunded_at=day_before)
    assert (state(deal), refund.refunded_at) == ("cancelled", day_before)


def test_only_the_licensors_finance_records_it(by_bank: Between) -> None:
    studio, lab, deal = by_bank
    only_with(Permission.RECORD_PAYMENTS, studio, lambda who: record(who, deal))
    for stranger in (
        factories.studio(),
        Actor(lab.organisation, permissions=studio.permissions),
    ):
        with refused(NotFound):
            record(stranger, deal)


@pytest.mark.django_db(transaction=True)
def test_recorded_twice_at_once_counts_once(by_bank: Between) -> None:
    studio, _lab, deal = by_bank
    raised = at_once(*[lambda: record(studio, deal)] * 3)
    assert sorted(type(error).__name__ for error in raised) == ["Conflict"] * 2 + ["NoneType"]
    assert Event.objects.filter(kind="refund.recorded").count() == 1


def test_what_was_paid_by_card_goes_back_to_the_card_by_itself(
    agreed: Between, double: StripeDouble
) -> None:
    studio, lab, deal = agreed
    pay_through_stripe(lab, deal)
    with later():
        settle_pending()
        cancelled(studio, lab, deal)
        with refused(Conflict):  # not a second time by bank
            record(studio, deal)
        settle_pending()
    [made] = double.books.refunds.values()
    assert (made["amount"], made["metadata"]) == (100_000, {"deal": deal.code})
    event = last("refund.recorded")
    assert (event.facts().data, event.facts().actor) == ({"method": "stripe"}, "system:worker")
    assert (state(deal), Refund.objects.get().reference) == ("cancelled", made["id"])
    for number, (kind, name) in enumerate(
        [("charge.refunded", made["charge"]), ("refund.updated", made["id"])] * 2
    ):
        send(kind, name, number)
        settle_pending()
    assert (Refund.objects.count(), len(double.books.refunds)) == (1, 1)
    assert not WebhookEvent.objects.filter(processed_at=None).exists()


@pytest.mark.parametrize("kind", ["refund.updated", "charge.refunded"])
def test_a_refund_to_a_bank_is_recorded_when_stripe_says_it_arrived(
    agreed: Between, double: StripeDouble, kind: str
) -> None:
    studio, lab, deal = agreed
    pay_through_stripe(lab, deal, "bank")
    double.books.settle(next(iter(double.books.sessions)), succeeds=True)
    with later():
        settle_pending()
    cancelled(studio, lab, deal)
    settle_pending()
    assert (state(deal), StripeRefund.objects.get().status) == ("refunding", "pending")
    [made] = double.books.refunds.values()
    send("refund.updated", made["id"])  # says updated; Stripe itself says pending
    settle_pending()
    assert state(deal) == "refunding"
    settle_refund(double.books, made["id"], succeeds=True)
    send(kind, made["id"] if kind == "refund.updated" else made["charge"], 2)
    settle_pending()
    assert (state(deal), Refund.objects.count()) == ("cancelled", 1)


def test_what_stripe_cannot_return_goes_back_by_bank(agreed: Between, double: StripeDouble) -> None:
    studio, lab, deal = agreed
    pay_through_stripe(lab, deal, "bank")
    double.books.settle(next(iter(double.books.sessions)), succeeds=True)
    with later():
        settle_pending()
    cancelled(studio, lab, deal)
    settle_pending()
    settle_refund(double.books, next(iter(double.books.refunds)), succeeds=False)
    with later():
        settle_pending()  # its event was lost
    assert (state(deal), StripeRefund.objects.get().status) == ("refunding", "failed")
    record(studio, deal)
    assert (state(deal), Refund.objects.get().method) == ("cancelled", "bank_transfer")


def test_an_outage_loses_neither_the_refund_nor_the_event(
    agreed: Between, double: StripeDouble
) -> None:
    studio, lab, deal = agreed
    pay_through_stripe(lab, deal)
    with later():
        settle_pending()
    cancelled(studio, lab, deal)
    double.fail_next(3)
    settle_pending()
    assert (state(deal), StripeRefund.objects.get().status) == ("refunding", "due")
    with later():
        double.fail_next(1, after=True)  # carried out, and the answer lost
        settle_pending()
    assert (state(deal), len(double.books.refunds)) == ("cancelled", 1)


@pytest.mark.parametrize("key", [None, SecretStr("sk_test_??")])
def test_a_wrong_key_does_not_send_the_money_twice(
    agreed: Between,
    double: StripeDouble,
    *,
    settings: Settings,
    key: SecretStr | None,
) -> None:
    studio, lab, deal = agreed
    pay_through_stripe(lab, deal, "bank")
    double.books.settle(next(iter(double.books.sessions)), succeeds=True)
    with later():
        settle_pending()
    cancelled(studio, lab, deal)
    settle_pending()
    right = settings.ENV
    settings.ENV = right.model_copy(update={"stripe_secret_key": key})
    with later():
        settle_pending()
    if key:
        stripe_gateway._client_for(key.get_secret_value(), double.url)._requestor._client.close()
    assert StripeRefund.objects.get().status == "pending"
    with refused(Conflict):
        record(studio, deal)
    settings.ENV = right
    settle_refund(double.books, next(iter(double.books.refunds)), succeeds=True)
    with time_machine.travel(timezone.now() + 3 * ASK_AGAIN_AFTER):
        settle_pending()
    assert (state(deal), Refund.objects.get().method) == ("cancelled", "stripe")


def test_what_was_refunded_at_stripes_own_desk_is_found(
    agreed: Between, double: StripeDouble
) -> None:
    studio, lab, deal = agreed
    pay_through_stripe(lab, deal)
    with later():
        settle_pending()
    [intent] = double.books.intents
    by_hand = create_refund(double.books, {"payment_intent": intent})
    cancelled(studio, lab, deal)
    settle_pending()
    assert (state(deal), Refund.objects.get().reference) == ("cancelled", by_hand["id"])
    assert len(double.books.refunds) == 1


def test_money_that_comes_back_later_is_told(
    agreed: Between,
    double: StripeDouble,
    caplog: pytest.LogCaptureFixture,
) -> None:
    studio, lab, deal = agreed
    pay_through_stripe(lab, deal)
    with later():
        settle_pending()
    cancelled(studio, lab, deal)
    settle_pending()
    [made] = double.books.refunds
    settle_refund(double.books, made, succeeds=False)
    send("refund.failed", made)
    with caplog.at_level(logging.ERROR, "edgecode.licensing"):
        settle_pending()
    assert f"refund {made} of deal {deal.code} came back" in caplog.text
    assert (state(deal), Refund.objects.count()) == ("cancelled", 1)


def test_a_payment_that_stripe_forgot_cannot_be_refunded_there(
    agreed: Between, double: StripeDouble
) -> None:
    studio, lab, deal = agreed
    pay_through_stripe(lab, deal)
    with later():
        settle_pending()
    cancelled(studio, lab, deal)
    double.books.sessions.clear()
    settle_pending()
    assert StripeRefund.objects.get().status == "failed"
    record(studio, deal)
    assert state(deal) == "cancelled"


def test_the_double_refunds_no_more_than_was_paid(agreed: Between, double: StripeDouble) -> None:
    _studio, lab, deal = agreed
    pay_through_stripe(lab, deal)
    client, [intent] = stripe_gateway._client(), double.books.intents
    part = client.v1.refunds.create({"payment_intent": intent, "amount": 40_000})
    assert (part.status, part.amount, part.payment_intent) == ("succeeded", 40_000, intent)
    with pytest.raises(Exception, match="greater than unrefunded"):
        client.v1.refunds.create({"payment_intent": intent, "amount": 60_001})
    rest = client.v1.refunds.create({"charge": str(part.charge)})
    assert rest.amount == 60_000
    with pytest.raises(Exception, match="already been refunded"):
        client.v1.refunds.create({"charge": str(part.charge)})
    listed = client.v1.refunds.list({"payment_intent": intent})
    assert [each.id for each in listed.data] == [rest.id, part.id]
    kinds = [event["type"] for event in double.books.events]
    assert kinds[-4:] == ["refund.created", "charge.refunded"] * 2
