"""What the Stripe double remembers: sessions, payment intents, charges, refunds, events, keys.

Only what Edgecode uses, and that as the real service does it: a session makes its payment intent
when somebody tries to pay, a declined card leaves it open, a bank debit is complete before it is
paid. Currency rules and limits: docs.stripe.com/currencies.
"""

import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

import stripe

from tests.doubles import stripe_types as contract

type Json = dict[str, Any]
SESSION_SECONDS = 24 * 3600
MAX_AMOUNT = 99_999_999
MIN_AMOUNT = 50
_TENS = {"bhd", "jod", "kwd", "omr", "tnd"}
_HUNDREDS = {"isk", "ugx"}
_WHOLE = set("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())  # noqa: SIM905
EXPANDABLE = {"payment_intent"}


class Refusal(Exception):
    """An error answer in Stripe's form."""

    def __init__(self, status: int, kind: str, message: str, **details: str | None) -> None:
        super().__init__(message)
        self.status = status
        known = {name: value for name, value in details.items() if value is not None}
        self.body = {"error": {"type": kind, "message": message, **known}}


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> Refusal:
    """Return the 400 of a request that Stripe will not carry out."""
    return Refusal(400, "invalid_request_error", message, param=param, code=code)


def read_params(params: Any, form: Mapping[str, Any]) -> Json:
    """Return typed parameters, or refuse the first one that breaks the SDK's contract."""
    typed, problems = contract.request_problems(params, form)
    if problems:
        param, _, problem = problems[0].partition(": ")
        if problem == "unknown parameter":
            raise invalid(
                f"Received unknown parameter: {param}", param=param, code="parameter_unknown"
            )
        if problem == "missing parameter":
            raise invalid(
                f"Missing required param: {param}.", param=param, code="parameter_missing"
            )
        raise invalid(f"Invalid {param}: {problem}", param=param)
    return typed


@dataclass
class Books:
    """All state of one double; `lock` makes every request one step, as one account sees it."""

    base_url: str = ""
    on_event: Callable[[Json], None] = lambda _: None
    sessions: dict[str, Json] = field(default_factory=dict)
    intents: dict[str, Json] = field(default_factory=dict)
    charges: dict[str, Json] = field(default_factory=dict)
    bank_charges: set[str] = field(default_factory=set)
    refunds: dict[str, Json] = field(default_factory=dict)
    events: list[Json] = field(default_factory=list)
    answers: dict[str, tuple[str, int, Json]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def create_session(self, form: Mapping[str, Any]) -> Json:
        """POST /v1/checkout/sessions, mode=payment with inline prices."""
        params = read_params(contract.SESSION_CREATE, form)
        if params.get("mode") != "payment":
            raise invalid("This double knows mode=payment only.", param="mode")
        for name in ("line_items", "success_url"):
            if not params.get(name):
                raise invalid(
                    f"Missing required param: {name}.", param=name, code="parameter_missing"
                )
        amount, currency = _total(params["line_items"])
        now, session_id = int(time.time()), new_id("cs_test_")
        session = contract.blank(stripe.checkout.Session) | {
            "id": session_id,
            "adaptive_pricing": params.get("adaptive_pricing", {"enabled": True}),
            "amount_subtotal": amount,
            "amount_total": amount,
            "automatic_tax": {
                "enabled": False,
                "liability": None,
                "provider": None,
                "status": None,
            },
            "cancel_url": params.get("cancel_url"),
            "client_reference_id": params.get("client_reference_id"),
            "created": now,
            "currency": currency,
            "expires_at": params.get("expires_at", now + SESSION_SECONDS),
            "metadata": params.get("metadata", {}),
            "mode": "payment",
            "payment_method_types": ["card", "us_bank_account"],
            "payment_status": "unpaid",
            "status": "open",
            "submit_type": params.get("submit_type"),
            "success_url": params["success_url"],
            "ui_mode": "hosted_page",
            "url": f"{self.base_url}/pay/{session_id}",
        }
        self.sessions[session_id] = session
        session["_intent"] = params.get("payment_intent_data", {})
        session["_shown"] = params["line_items"][0]["price_data"]["product_data"]
        return self.session(session_id)

    def session(self, session_id: str, expand: tuple[str, ...] = ()) -> Json:
        """Return a session as the API shows it, its lapse noticed first. 404 if unknown."""
        session = row_of(self.sessions, session_id, "checkout.session")
        if session["status"] == "open" and session["expires_at"] <= time.time():
            self._expire(session)
        shown = {name: value for name, value in session.items() if not name.startswith("_")}
        for name in expand:
            if name not in EXPANDABLE:
                raise invalid(f"This property cannot be expanded ({name}).", param="expand")
            if shown[name]:
                shown[name] = self.intents[shown[name]]
        return shown

    def expire_session(self, session_id: str, form: Mapping[str, Any]) -> Json:
        """POST /v1/checkout/sessions/ID/expire."""
        read_params(contract.SESSION_EXPIRE, form)
        session = row_of(self.sessions, session_id, "checkout.session")
        if session["status"] != "open":
            raise invalid(
                'Only Checkout Sessions with a status in ["open"] can be expired.'
                f" This Checkout Session has a status of {session['status']}."
            )
        self._expire(session)
        return self.session(session_id)

    def pay(self, session_id: str, means: Literal["card", "declined", "bank"]) -> Json:
        """What the payer does on the hosted page; returns the session afterwards."""
        session = row_of(self.sessions, session_id, "checkout.session")
        if self.session(session_id)["status"] != "open":
            raise invalid("This Checkout Session is no longer open.")
        intent = self._intent_of(session)
        if means == "declined":
            intent["status"] = "requires_payment_method"
            self.record("payment_intent.payment_failed", intent)
            return self.session(session_id)
        session |= {"status": "complete", "url": None, "payment_intent": intent["id"]}
        if means == "bank":
            intent["status"] = "processing"
            self.record("payment_intent.processing", intent)
        else:
            self._succeed(session, intent)
        self.record("checkout.session.completed", self.session(session_id))
        return self.session(session_id)

    def settle(self, session_id: str, *, succeeds: bool) -> Json:
        """The bank's answer to a debit, days later on the real service."""
        session = row_of(self.sessions, session_id, "checkout.session")
        intent = self.intents.get(session["payment_intent"] or "")
        if intent is None or intent["status"] != "processing":
            raise invalid("No bank debit of this session is under way.")
        if succeeds:
            self._succeed(session, intent)
            self.bank_charges.add(intent["latest_charge"])
            self.record("checkout.session.async_payment_succeeded", self.session(session_id))
        else:
            intent["status"] = "requires_payment_method"
            self.record("payment_intent.payment_failed", intent)
            self.record("checkout.session.async_payment_failed", self.session(session_id))
        return self.session(session_id)

    def intent(self, intent_id: str) -> Json:
        """GET /v1/payment_intents/ID."""
        return row_of(self.intents, intent_id, "payment_intent")

    def list_events(self, form: Mapping[str, Any]) -> Json:
        """GET /v1/events, newest first, with `limit`, `type` and `starting_after`."""
        params = read_params(contract.EVENT_LIST, form)
        newest_first = list(reversed(self.events))
        if "starting_after" in params:
            ids = [event["id"] for event in newest_first]
            if params["starting_after"] not in ids:
                raise invalid("No such event", param="starting_after", code="resource_missing")
            newest_first = newest_first[ids.index(params["starting_after"]) + 1 :]
        wanted = [e for e in newest_first if params.get("type") in {None, e["type"]}]
        limit = params.get("limit", 10)
        return {
            "object": "list",
            "url": "/v1/events",
            "data": wanted[:limit],
            "has_more": len(wanted) > limit,
        }

    def once(
        self, key: str | None, asked: str, answer: Callable[[], Json]
    ) -> tuple[int, Json, bool]:
        """Run `answer` once for an idempotency key; returns (status, body, replayed).

        A refusal before anything was done is not remembered, as on the real service.
        """
        if key is None:
            return 200, answer(), False
        digest = hashlib.sha256(asked.encode()).hexdigest()
        if key in self.answers:
            first, status, body = self.answers[key]
            if first != digest:
                raise Refusal(
                    400,
                    "idempotency_error",
                    "Keys for idempotent requests can only be used with the same parameters they"
                    f" were first used with. Try using a key other than '{key}' if you meant to"
                    " execute a different request.",
                )
            return status, body, True
        body = answer()
        self.answers[key] = (digest, 200, json.loads(json.dumps(body)))
        return 200, body, False

    def _intent_of(self, session: Json) -> Json:
        if session["payment_intent"]:
            return self.intents[session["payment_intent"]]
        intent_id = new_id("pi_")
        intent = contract.blank(stripe.PaymentIntent) | {
            "id": intent_id,
            "amount": session["amount_total"],
            "client_secret": f"{intent_id}_secret_{secrets.token_hex(12)}",
            "created": int(time.time()),
            "currency": session["currency"],
            "description": session["_intent"].get("description"),
            "metadata": session["_intent"].get("metadata", {}),
            "payment_method_types": session["payment_method_types"],
            "status": "requires_payment_method",
            "transfer_group": session["_intent"].get("transfer_group"),
        }
        self.intents[intent_id] = intent
        session["payment_intent"] = intent_id
        self.record("payment_intent.created", intent)
        return intent

    def _succeed(self, session: Json, intent: Json) -> None:
        charge = contract.blank(stripe.Charge) | {
            "id": new_id("ch_"),
            "amount": intent["amount"],
            "amount_captured": intent["amount"],
            "captured": True,
            "created": int(time.time()),
            "currency": intent["currency"],
            "metadata": intent["metadata"],
            "paid": True,
            "payment_intent": intent["id"],
            "status": "succeeded",
        }
        self.charges[charge["id"]] = charge
        intent |= {
            "status": "succeeded",
            "amount_received": intent["amount"],
            "latest_charge": charge["id"],
        }
        session["payment_status"] = "paid"
        self.record("payment_intent.succeeded", intent)

    def _expire(self, session: Json) -> None:
        session |= {"status": "expired", "url": None}
        self.record("checkout.session.expired", self.session(session["id"]))

    def record(self, kind: str, subject: Json) -> None:
        """Make the event of what has happened to an object, and send it."""
        event = contract.blank(stripe.Event) | {
            "id": new_id("evt_"),
            "api_version": stripe.api_version,
            "created": int(time.time()),
            "data": {"object": json.loads(json.dumps(subject))},
            "pending_webhooks": 1,
            "type": kind,
        }
        self.events.append(event)
        self.on_event(event)


def shown_amount(amount: int, currency: str) -> str:
    """Return an amount as the payer's page shows it: `USD 12,500.00`."""
    digits = 0 if currency in _WHOLE else 3 if currency in _TENS else 2
    return f"{currency.upper()} {Decimal(amount).scaleb(-digits):,.{digits}f}"


def _total(line_items: list[Json]) -> tuple[int, str]:
    total, currencies = 0, set()
    for index, item in enumerate(line_items):
        price, where = item.get("price_data"), f"line_items[{index}]"
        if price is None or "unit_amount" not in price or "product_data" not in price:
            raise invalid(
                f"{where} needs price_data with unit_amount and product_data.", param=where
            )
        currencies.add(price["currency"])
        total += price["unit_amount"] * item.get("quantity", 1)
    if len(currencies) != 1:
        raise invalid("All line items must have one currency.", param="line_items")
    currency = currencies.pop()
    _refuse_amount(total, currency)
    return total, currency


def _refuse_amount(total: int, currency: str) -> None:
    if currency != currency.lower() or len(currency) != 3:
        raise invalid(f"Invalid currency: {currency}.", param="line_items[0][price_data][currency]")
    step = 100 if currency in _HUNDREDS else 10 if currency in _TENS else 1
    if total % step:
        code = "invalid_charge_amount_no_decimal_compatible" if step == 100 else None
        raise invalid(f"Invalid amount. {currency.upper()} must be divisible by {step}.", code=code)
    if total < MIN_AMOUNT:
        raise invalid("The Checkout Session's total amount is too small.", code="amount_too_small")
    if total > MAX_AMOUNT:
        raise invalid("The Checkout Session's total amount is too large.", code="amount_too_large")


def row_of(table: dict[str, Json], object_id: str, kind: str) -> Json:
    """Return an object by its id, or refuse with the 404 of the real service."""
    if object_id not in table:
        message = f"No such {kind}: '{object_id}'"
        raise Refusal(404, "invalid_request_error", message, code="resource_missing", param="id")
    return table[object_id]


def new_id(prefix: str) -> str:
    """Return an id that nothing has."""
    return prefix + secrets.token_hex(12)
