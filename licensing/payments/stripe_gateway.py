"""Payment of a deal through Stripe: the only file that imports the SDK.

The flow is Stripe Checkout: Edgecode opens a session, shows its address as a link, and the
payer's finance role pays on Stripe's own page; no script of Stripe's runs on ours. Whoever
settles a deal reads the session back from the API (`read_payment`): a webhook only says when.
Amounts go in and come out in ISO 4217 minor units.
"""

import functools
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import stripe
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from stripe.params.checkout import SessionCreateParams

from accounts.errors import Conflict, DomainError, Invalid
from licensing.money import from_stripe_amount, stripe_amount

type PaymentStatus = Literal["open", "processing", "paid", "failed", "expired"]
type RefundStatus = Literal["pending", "succeeded", "failed"]

API_VERSION = "2026-10-28.endive"
TIMEOUT_SECONDS = 15
SIGNATURE_TOLERANCE_SECONDS = 300
# The payer gave up or the bank refused: this session will never be paid.
_DEAD_INTENTS = {"canceled", "requires_payment_method"}

logger = logging.getLogger("edgecode.payments")


class PaymentUnknown(Conflict):
    """Stripe has no such session: nobody can pay it any more."""


class KeyRefused(Conflict):
    """This installation has no key for Stripe, or a wrong one: nothing is said of the payment."""


class PaymentUnavailable(DomainError):
    """Stripe did not answer, or not sensibly. The same call may be made again later."""

    status = 503
    kind = "payment-unavailable"


@dataclass(frozen=True)
class PaymentView:
    """One attempt to pay a deal, as Stripe knows it now.

    `open`: nobody has paid yet, `url` leads to the page; `processing`: a bank debit is under way;
    `paid`; `failed`: that debit was refused; `expired`. The last three are final.
    """

    id: str
    status: PaymentStatus
    amount_minor: int
    currency: str
    reference: str
    url: str | None


@dataclass(frozen=True)
class RefundView:
    """One refund, as Stripe knows it now. Cards succeed at once; banks may take days, or fail."""

    id: str
    status: RefundStatus
    amount_minor: int
    currency: str
    charge_id: str


@dataclass(frozen=True)
class WebhookEvent:
    """A verified event: its id (to process it once), its type, and the object it is about."""

    id: str
    type: str
    object_id: str


def configured() -> bool:
    """Return whether a Stripe key is set. Without one, deals are paid by bank transfer."""
    return settings.ENV.stripe_secret_key is not None


def create_payment(
    *,
    deal_code: str,
    amount_minor: int,
    currency: str,
    idempotency_key: str,
    description: str,
    return_url: str,
) -> PaymentView:
    """Open a Checkout session for one deal and return it, its `url` to be shown as a link.

    The same `idempotency_key` (derived from the row that pays, never random) returns the same
    session. `return_url` is our absolute address to which the payer comes back, paid or not.
    Raises Invalid for an amount Stripe cannot carry, Conflict, or PaymentUnavailable.
    """
    try:
        amount = stripe_amount(amount_minor, currency)
    except ValueError as error:
        raise Invalid(
            "amount", _("Stripe cannot carry this amount: %(why)s.") % {"why": error}
        ) from None
    params: SessionCreateParams = {
        "mode": "payment",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": currency.lower(),
                    "unit_amount": amount,
                    "product_data": {"name": description},
                },
            }
        ],
        "client_reference_id": deal_code,
        "metadata": {"deal": deal_code},
        "payment_intent_data": {"description": description, "metadata": {"deal": deal_code}},
        # The agreement names one currency; Stripe must not offer another to the payer.
        "adaptive_pricing": {"enabled": False},
        "submit_type": "pay",
        "success_url": return_url,
        "cancel_url": return_url,
    }
    with _plain_errors():
        session = _client().v1.checkout.sessions.create(
            params, {"idempotency_key": idempotency_key}
        )
        return _view(session)


def read_payment(session_id: str) -> PaymentView:
    """Return a payment as Stripe has it now; settle on this, never on a webhook's content."""
    with _plain_errors():
        session = _client().v1.checkout.sessions.retrieve(
            session_id, {"expand": ["payment_intent"]}
        )
        return _view(session)


def expire(session_id: str) -> PaymentView:
    """Close a session that is still open, so that nobody can pay it any more.

    Returns its state afterwards: a payer may have been quicker, then it is paid.
    """
    with _plain_errors():
        try:
            _client().v1.checkout.sessions.expire(session_id)
        except stripe.InvalidRequestError as error:
            if error.code == "resource_missing":
                raise
    return read_payment(session_id)


def create_refund(*, session_id: str, deal_code: str, idempotency_key: str) -> RefundView:
    """Return all that was paid in a session to the payer, by the way it came.

    The same key gives the same refund; what somebody has already refunded at Stripe's own desk
    is found and not refunded again. Raises Conflict, PaymentUnknown or PaymentUnavailable.
    """
    with _plain_errors():
        session = _client().v1.checkout.sessions.retrieve(session_id)
        intent = str(session.payment_intent)
        try:
            refund = _client().v1.refunds.create(
                {
                    "payment_intent": intent,
                    "reason": "requested_by_customer",
                    "metadata": {"deal": deal_code},
                },
                {"idempotency_key": idempotency_key},
            )
        except stripe.InvalidRequestError as error:
            if error.code != "charge_already_refunded":
                raise
            refund = _client().v1.refunds.list({"payment_intent": intent, "limit": 1}).data[0]
        return _refund_view(refund)


def read_refund(refund_id: str) -> RefundView:
    """Return a refund as Stripe has it now."""
    with _plain_errors():
        return _refund_view(_client().v1.refunds.retrieve(refund_id))


def parse_webhook(raw_body: bytes, signature_header: str | None) -> WebhookEvent:
    """Return the event of a webhook request whose signature one of our secrets confirms.

    `raw_body` must be the bytes as received. The setting may hold two secrets with a comma
    between, while one replaces the other. Raises Invalid for a signature that is wrong, missing
    or older than five minutes, and for a body that is no event.
    """
    secret = settings.ENV.stripe_webhook_secret
    secrets = secret.get_secret_value().split(",") if secret else []
    for candidate in filter(None, (part.strip() for part in secrets)):
        try:
            event = _client().construct_event(
                raw_body, signature_header, candidate, SIGNATURE_TOLERANCE_SECONDS
            )
            return WebhookEvent(event.id, event.type, event.data.object["id"])
        except stripe.SignatureVerificationError:
            continue
        except (ValueError, KeyError, AttributeError):
            raise Invalid("body", _("The body is not an event of Stripe's.")) from None
    raise Invalid("Stripe-Signature", _("The signature does not fit: send Stripe's own request."))


def _client() -> stripe.StripeClient:
    env = settings.ENV
    if env.stripe_secret_key is None:
        raise KeyRefused(_("Payment through Stripe is not set up here: pay by bank transfer."))
    return _client_for(env.stripe_secret_key.get_secret_value(), env.stripe_api_base)


@functools.cache
def _client_for(key: str, api_base: str | None) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        stripe_version=API_VERSION,
        max_network_retries=2,
        # Without this a silent connection would hold a web worker for 80 seconds.
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
        base_addresses={"api": api_base} if api_base else {},
    )


def _view(session: stripe.checkout.Session) -> PaymentView:
    currency = (session.currency or "").upper()
    return PaymentView(
        id=session.id,
        status=_status(session),
        amount_minor=from_stripe_amount(session.amount_total or 0, currency),
        currency=currency,
        reference=session.client_reference_id or "",
        url=session.url,
    )


def _refund_view(refund: stripe.Refund) -> RefundView:
    currency = refund.currency.upper()
    status: RefundStatus = "pending"
    if refund.status == "succeeded":
        status = "succeeded"
    elif refund.status in {"failed", "canceled"}:
        status = "failed"
    return RefundView(
        id=refund.id,
        status=status,
        amount_minor=from_stripe_amount(refund.amount, currency),
        currency=currency,
        charge_id=str(refund.charge or ""),
    )


def _status(session: stripe.checkout.Session) -> PaymentStatus:
    if session.payment_status == "paid":
        return "paid"
    if session.status == "expired":
        return "expired"
    if session.status == "open":
        return "open"
    intent = session.payment_intent
    if isinstance(intent, stripe.PaymentIntent) and intent.status in _DEAD_INTENTS:
        return "failed"
    return "processing"


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Turn the SDK's errors into ours: one line, without keys, ids or the SDK's prose."""
    try:
        yield
    except stripe.StripeError as error:
        logger.warning(
            "stripe refused: %s code=%s status=%s request=%s",
            type(error).__name__,
            error.code,
            error.http_status,
            error.request_id,
        )
        raise _plain(error) from None


def _plain(error: stripe.StripeError) -> DomainError:
    match error:
        case stripe.IdempotencyError():
            return Conflict(_("This payment was begun with other terms: reload the deal."))
        case stripe.AuthenticationError() | stripe.PermissionError():
            return KeyRefused(
                _("Stripe does not accept this installation's key: tell its operator.")
            )
        case stripe.InvalidRequestError(code="amount_too_small" | "amount_too_large"):
            return Invalid(
                "amount", _("Stripe does not carry an amount of this size: pay by bank transfer.")
            )
        case stripe.InvalidRequestError(code="resource_missing"):
            return PaymentUnknown(_("Stripe does not know this payment: begin a new one."))
        case stripe.InvalidRequestError() | stripe.CardError():
            return Conflict(_("Stripe refused this payment: pay by bank transfer."))
    return PaymentUnavailable(_("Stripe does not answer just now. Trying again is safe."))
