"""Paying through Stripe: the lab is sent to its page, and only Stripe says that it was paid."""

import json
import time
from collections.abc import Iterator

import pytest
import requests
from pydantic import SecretStr
from pytest_django import Settings

from licensing.grants.issuing import issue_pending
from licensing.models import Payment, Settlement, WebhookEvent
from licensing.payments import stripe_gateway
from licensing.payments.stripe import settle_pending
from tests import factories
from tests.api.callers import Caller
from tests.doubles.stripe_server import StripeDouble
from tests.doubles.stripe_webhooks import signature

pytestmark = pytest.mark.usefixtures("var_dir")

KEY, SECRET = "sk_test_51Edgecode", "whsec_one"


@pytest.fixture
def double(settings: Settings) -> Iterator[StripeDouble]:
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


def test_a_deal_is_paid_through_stripe_once(
    studio: Caller, lab: Caller, anybody: Caller, double: StripeDouble
) -> None:
    deal = factories.deal(lab.actor, [factories.offered_film(studio.actor)]).code
    assert lab.post(f"deals/{deal}/pay/").status == 409  # not agreed yet
    studio.post(f"deals/{deal}/approve/")
    asked = lab.post(f"deals/{deal}/pay/", Idempotency_Key="p")
    assert (asked.status, asked.data["status"]) == (200, "open")
    assert asked.data["url"].startswith(double.url)
    assert lab.post(f"deals/{deal}/pay/", Idempotency_Key="p").data == asked.data
    assert lab.post(f"deals/{deal}/pay/").data == asked.data
    assert Payment.objects.count() == 1
    requests.post(asked.data["url"], data={"means": "card"}, allow_redirects=False, timeout=10)
    event = _event(Payment.objects.get().session_id or "")
    for _ in range(2):
        assert _send(anybody, event, SECRET) == 204
    assert WebhookEvent.objects.count() == 1
    settle_pending()
    issue_pending()
    seen = lab.get(f"deals/{deal}/").data
    assert (seen["state"], seen["settlement"]["method"]) == ("granted", "stripe")
    assert lab.post(f"deals/{deal}/pay/").status == 409


def test_an_event_that_stripe_did_not_sign_is_refused(
    anybody: Caller, double: StripeDouble
) -> None:
    event = _event("cs_test_1")
    assert _send(anybody, event, "whsec_other") == 422
    assert anybody.post("stripe/webhook/", {"id": "evt_1"}).status == 422
    assert anybody.send("POST", "stripe/webhook/", b"x" * (2 * 2**20 + 1)).status == 413
    assert not WebhookEvent.objects.exists()
    assert not Settlement.objects.exists()


def _event(session: str) -> bytes:
    return json.dumps(
        {
            "id": "evt_1",
            "object": "event",
            "type": "checkout.session.completed",
            "data": {"object": {"id": session, "object": "checkout.session"}},
        }
    ).encode()


def _send(anybody: Caller, event: bytes, secret: str) -> int:
    signed = signature(event, secret, int(time.time()))
    return anybody.send("POST", "stripe/webhook/", event, Stripe_Signature=signed).status
