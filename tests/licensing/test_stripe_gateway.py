"""Paying through Stripe, against the stateful double over HTTP."""

import http.server
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
import requests
import stripe
from pydantic import SecretStr
from pytest_django import Settings

from accounts.errors import Conflict, Invalid
from licensing.payments import stripe_gateway
from licensing.payments.stripe_gateway import (
    PaymentUnavailable,
    PaymentView,
    configured,
    create_payment,
    expire,
    parse_webhook,
    read_payment,
)
from tests.doubles import stripe_types
from tests.doubles.stripe_server import StripeDouble
from tests.doubles.stripe_webhooks import signature

KEY = "sk_test_edgecode_tests"
SECRET = "whsec_one"
RETURN_URL = "https://edgecode.example/deals/7K3F2Q9D/"


@pytest.fixture
def double(settings: Settings) -> Iterator[StripeDouble]:
    with StripeDouble(secret="whsec_one") as running:
        use(settings, api_base=running.url)
        yield running
        stripe_gateway._client_for(KEY, running.url)._requestor._client.close()
    stripe_gateway._client_for.cache_clear()


def use(
    settings: Settings,
    *,
    key: str | None = KEY,
    api_base: str | None = None,
    secret: str = SECRET,
) -> None:
    settings.ENV = settings.ENV.model_copy(
        update={
            "stripe_secret_key": SecretStr(key) if key else None,
            "stripe_webhook_secret": SecretStr(secret),
            "stripe_api_base": api_base,
        }
    )


def begin(
    *, amount_minor: int = 1_250_000, currency: str = "USD", key: str = "7K3F2Q9D-payment-1"
) -> PaymentView:
    return create_payment(
        deal_code="7K3F2Q9D",
        amount_minor=amount_minor,
        currency=currency,
        idempotency_key=key,
        description="Licence EC 7K3F 2Q9D",
        return_url=RETURN_URL,
    )


def post(url: str, **form: str) -> tuple[int, str]:
    """What a browser does with a form; redirects are shown, not followed."""

    answer = requests.post(url, data=form, allow_redirects=False, timeout=10)
    return answer.status_code, answer.headers.get("Location", answer.text)


def test_payment_is_offered_only_where_a_key_is_set(settings: Settings) -> None:
    use(settings, key=None)
    assert configured() is False
    with pytest.raises(Conflict, match="pay by bank transfer"):
        begin()
    use(settings)
    assert configured() is True


def test_the_payer_pays_on_stripes_page_and_comes_back(double: StripeDouble) -> None:
    begun = begin()
    assert begun == PaymentView(
        id=begun.id,
        status="open",
        amount_minor=1_250_000,
        currency="USD",
        reference="7K3F2Q9D",
        url=f"{double.url}/pay/{begun.id}",
    )
    page = requests.get(f"{begun.url}", timeout=10).text
    assert "Licence EC 7K3F 2Q9D" in page
    assert "USD 12,500.00" in page
    assert post(f"{begun.url}", means="card") == (303, RETURN_URL)
    paid = read_payment(begun.id)
    assert (paid.status, paid.amount_minor, paid.reference) == ("paid", 1_250_000, "7K3F2Q9D")
    assert paid.url is None


def test_a_declined_card_leaves_the_payment_open(double: StripeDouble) -> None:
    begun = begin()
    status, page = post(f"{begun.url}", means="declined")
    assert status == 200
    assert "declined" in page
    assert read_payment(begun.id).status == "open"
    assert post(f"{begun.url}", means="card")[0] == 303
    assert read_payment(begun.id).status == "paid"


@pytest.mark.parametrize(("succeeds", "status"), [(True, "paid"), (False, "failed")])
def test_a_bank_debit_is_not_paid_until_the_bank_says_so(
    double: StripeDouble, succeeds: bool, status: str
) -> None:
    begun = begin()
    post(f"{begun.url}", means="bank")
    assert read_payment(begun.id).status == "processing"
    double.books.settle(begun.id, succeeds=succeeds)
    assert read_payment(begun.id).status == status


@pytest.mark.parametrize(
    ("minor", "currency"), [(50_000, "KRW"), (5, "ISK"), (123_450, "KWD"), (500_000, "MGA")]
)
def test_an_amount_comes_back_as_it_went_whatever_the_currency(
    double: StripeDouble, minor: int, currency: str
) -> None:
    begun = begin(amount_minor=minor, currency=currency)
    seen = read_payment(begun.id)
    assert (seen.amount_minor, seen.currency) == (minor, currency)


def test_the_same_key_gives_the_same_payment_and_other_terms_are_refused(
    double: StripeDouble,
) -> None:
    first = begin()
    assert begin().id == first.id
    assert begin(key="7K3F2Q9D-payment-2").id != first.id
    with pytest.raises(Conflict, match="begun with other terms"):
        begin(amount_minor=1)
    assert len(double.books.sessions) == 2


def test_a_lost_answer_is_asked_for_again_and_pays_once(double: StripeDouble) -> None:
    double.fail_next(1, after=True)
    begin()
    assert len(double.books.sessions) == 1
    assert double.requests.count(("POST", "/v1/checkout/sessions")) == 2


def test_an_outage_is_one_clear_line_and_harmless(
    double: StripeDouble, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe.RequestsClient, "MAX_DELAY", 0.01)
    double.fail_next(3)
    with pytest.raises(PaymentUnavailable, match="Trying again is safe"):
        begin()
    assert double.books.sessions == {}
    assert begin().status == "open"


def test_nobody_listening_is_an_outage_too(settings: Settings) -> None:
    use(settings, api_base="http://127.0.0.1:9")
    with pytest.raises(PaymentUnavailable):
        read_payment("cs_test_1")


def test_an_expired_payment_cannot_be_paid(double: StripeDouble) -> None:
    begun = begin()
    assert expire(begun.id).status == "expired"
    assert post(f"{double.url}/pay/{begun.id}", means="card")[0] == 400
    assert expire(begun.id).status == "expired"


def test_expiring_too_late_says_that_it_was_paid(double: StripeDouble) -> None:
    begun = begin()
    post(f"{begun.url}", means="card")
    assert expire(begun.id).status == "paid"


def test_a_session_lapses_by_itself(double: StripeDouble) -> None:
    begun = begin()
    double.books.sessions[begun.id]["expires_at"] = int(time.time()) - 1
    assert read_payment(begun.id).status == "expired"


@pytest.mark.parametrize("call", [read_payment, expire])
def test_an_unknown_payment_is_said_to_be_unknown(double: StripeDouble, call: object) -> None:
    with pytest.raises(Conflict, match="does not know this payment"):
        call("cs_test_nothing")  # type: ignore[operator]


@pytest.mark.parametrize(
    ("minor", "currency", "says"),
    [
        (10, "USD", "amount of this size"),
        (100_000_000, "USD", "amount of this size"),
        (1234, "KWD", "last decimal of 0"),
        (150, "HUF", "whole amount"),
        (100, "XXX", "unknown currency"),
    ],
)
def test_an_amount_stripe_cannot_carry_is_refused_for_its_field(
    double: StripeDouble, minor: int, currency: str, says: str
) -> None:
    with pytest.raises(Invalid, match=says) as caught:
        begin(amount_minor=minor, currency=currency)
    assert caught.value.field == "amount"
    assert double.books.sessions == {}


def test_a_wrong_key_is_reported_without_showing_it(
    double: StripeDouble, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    use(settings, key="sk_test_??", api_base=double.url)
    with pytest.raises(Conflict, match="does not accept this installation's key") as caught:
        begin()
    assert "sk_test" not in str(caught.value)
    assert "sk_test" not in caplog.text
    assert "AuthenticationError" in caplog.text
    stripe_gateway._client_for("sk_test_??", double.url)._requestor._client.close()


EVENT = json.dumps(
    {"id": "evt_1", "object": "event", "type": "x", "data": {"object": {"id": "cs_1"}}}
).encode()


def test_a_signed_event_is_read(settings: Settings) -> None:
    use(settings)
    event = parse_webhook(EVENT, signature(EVENT, "whsec_one", int(time.time())))
    assert (event.id, event.type, event.object_id) == ("evt_1", "x", "cs_1")


def test_while_secrets_are_changed_both_are_accepted(settings: Settings) -> None:
    use(settings, secret="whsec_new, whsec_old")
    for secret in ("whsec_new", "whsec_old"):
        assert parse_webhook(EVENT, signature(EVENT, secret, int(time.time()))).id == "evt_1"
    with pytest.raises(Invalid):
        parse_webhook(EVENT, signature(EVENT, "whsec_new, whsec_old", int(time.time())))


@pytest.mark.parametrize("header", [None, "", "t=1,v1=", "v1=abc", "t=x,v1=abc", "nonsense"])
def test_a_missing_or_broken_signature_is_refused(settings: Settings, header: str | None) -> None:
    use(settings)
    with pytest.raises(Invalid, match="signature does not fit"):
        parse_webhook(EVENT, header)


def test_a_changed_body_or_an_old_signature_is_refused(settings: Settings) -> None:
    use(settings)
    good = signature(EVENT, "whsec_one", int(time.time()))
    with pytest.raises(Invalid, match="signature"):
        parse_webhook(EVENT.replace(b"cs_1", b"cs_2"), good)
    with pytest.raises(Invalid, match="signature"):
        parse_webhook(EVENT, signature(EVENT, "whsec_one", int(time.time()) - 301))


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"{}", b"null", b'{"id": "evt_1"}'])
def test_a_signed_body_that_is_no_event_is_refused(settings: Settings, body: bytes) -> None:
    use(settings)
    with pytest.raises(Invalid):
        parse_webhook(body, signature(body, "whsec_one", int(time.time())))


def test_webhooks_arrive_signed_more_than_once_in_any_order_and_after_retries(
    double: StripeDouble,
) -> None:
    received: list[tuple[bytes, str | None]] = []

    class Endpoint(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((body, self.headers["Stripe-Signature"]))
            self.send_response(500 if len(received) == 1 else 200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Endpoint) as endpoint:
        threading.Thread(target=endpoint.serve_forever, args=(0.05,), daemon=True).start()
        double.sender.url = f"http://127.0.0.1:{endpoint.server_port}/"
        post(f"{double.url}/_double/webhooks", held="true", copies="2")
        begun = begin()
        post(f"{begun.url}", means="card")
        post(f"{double.url}/_double/release", seed="7")
        double.sender.drain()
        endpoint.shutdown()
    events = [parse_webhook(body, header) for body, header in received]
    assert len(events) == 7  # three events, each twice, and one that had to be sent again
    assert len({event.id for event in events}) == 3
    assert [e.type for e in events] != sorted(e.type for e in events)
    # Whatever arrives, in whatever order: the truth is what the API says now.
    [session] = {event.object_id for event in events if event.type.startswith("checkout.")}
    assert read_payment(session).status == "paid"


def test_missed_events_can_be_listed_newest_first(double: StripeDouble) -> None:
    begun = begin()
    post(f"{begun.url}", means="card")
    client = stripe_gateway._client()
    page = client.v1.events.list({"limit": 2})
    assert [event.type for event in page.data] == [
        "checkout.session.completed",
        "payment_intent.succeeded",
    ]
    rest = client.v1.events.list({"starting_after": page.data[-1].id})
    assert [event.type for event in rest.data] == ["payment_intent.created"]


def test_the_double_runs_as_a_program_and_is_steered_from_outside(settings: Settings) -> None:
    command = [sys.executable, "-m", "tests.doubles.stripe_server", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().decode().strip()
            use(settings, api_base=url)
            assert post(f"{url}/_double/fail", times="1", after="true")[0] == 200
            begun = begin()
            assert post(f"{url}/_double/pay", session=begun.id, means="bank")[0] == 200
            assert read_payment(begun.id).status == "processing"
            assert post(f"{url}/_double/settle", session=begun.id, succeeds="true")[0] == 200
            assert read_payment(begun.id).status == "paid"
            assert post(f"{url}/_double/nonsense")[0] == 400
            assert requests.get(f"{url}/elsewhere", timeout=10).status_code == 404
        finally:
            process.terminate()
    stripe_gateway._client_for(KEY, url)._requestor._client.close()


@pytest.mark.parametrize(
    ("headers", "says"),
    [({}, "did not provide"), ({"Authorization": "Bearer sk_live_12345678"}, "Invalid API Key")],
)
def test_the_double_wants_a_test_key(
    double: StripeDouble, headers: dict[str, str], says: str
) -> None:
    answer = requests.get(f"{double.url}/v1/events", headers=headers, timeout=10)
    assert answer.status_code == 401
    assert says in answer.json()["error"]["message"]
    assert "12345678" not in answer.text


# The double is not a toy: what passes it conforms to the SDK's own types, and what does not, fails.


def test_the_pinned_version_is_the_one_the_sdk_was_made_for() -> None:
    assert stripe.api_version == stripe_gateway.API_VERSION


def test_the_double_refuses_parameters_the_sdk_does_not_know(double: StripeDouble) -> None:
    client = stripe_gateway._client()
    wrong: dict[str, object] = {"mode": "payment", "payment_method_types": ["card"]}
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.checkout.sessions.create(wrong)  # type: ignore[arg-type]
    assert caught.value.code == "parameter_unknown"
    with pytest.raises(stripe.InvalidRequestError, match="mode"):
        client.v1.checkout.sessions.create({"mode": "subscribe"})


def test_the_checker_finds_a_wrong_request_field() -> None:
    _, problems = stripe_types.request_problems(
        stripe_types.SESSION_CREATE,
        {"mode": "pay", "nope": "1", "line_items": [{"price_data": {"unit_amount": "1.5"}}]},
    )
    assert problems == [
        "nope: unknown parameter",
        "line_items[0][price_data][currency]: missing parameter",
        "line_items[0][price_data][unit_amount]: invalid int: 1.5",
        "mode: 'pay' is none of ('payment', 'setup', 'subscription')",
    ]


def test_the_checker_finds_a_wrong_answer_field(double: StripeDouble) -> None:
    begun = begin()
    post(f"{begun.url}", means="card")
    answer = double.books.session(begun.id, ("payment_intent",))
    assert stripe_types.response_problems(stripe.checkout.Session, answer) == []
    answer |= {"amount_total": "12", "nope": 1}
    answer["payment_intent"] |= {"livemode": "false"}
    del answer["id"]
    assert sorted(stripe_types.response_problems(stripe.checkout.Session, answer)) == [
        "amount_total: '12' is not int",
        "id: missing parameter",
        "nope: unknown parameter",
        "payment_intent[livemode]: 'false' is not bool",
    ]


def test_the_double_never_answers_what_breaks_the_contract(double: StripeDouble) -> None:
    begun = begin()
    double.books.sessions[begun.id]["amount_total"] = "12"
    with pytest.raises(PaymentUnavailable):
        read_payment(begun.id)
