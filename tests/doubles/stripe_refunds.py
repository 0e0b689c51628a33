"""Refunds in the Stripe double: a card is refunded at once, a bank debit when the bank says so."""

import time
from collections.abc import Mapping
from typing import Any

import stripe

from tests.doubles import stripe_types as contract
from tests.doubles.stripe_state import Books, Json, invalid, new_id, read_params, row_of


def create_refund(books: Books, form: Mapping[str, Any]) -> Json:
    """POST /v1/refunds of a payment intent or its charge; without an amount, all that is left."""
    params = read_params(contract.REFUND_CREATE, form)
    intent = _intent_of(books, params)
    charge = books.charges.get(intent["latest_charge"] or "")
    if intent["status"] != "succeeded" or charge is None:
        raise invalid(f"This PaymentIntent ({intent['id']}) does not have a successful charge.")
    left = charge["amount"] - charge["amount_refunded"]
    if not left:
        raise invalid(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    amount = params.get("amount", left)
    if not 0 < amount <= left:
        raise invalid(f"Refund amount is greater than unrefunded amount on charge ({left}).")
    by_bank = charge["id"] in books.bank_charges
    refund = contract.blank(stripe.Refund) | {
        "id": new_id("re_"),
        "amount": amount,
        "charge": charge["id"],
        "created": int(time.time()),
        "currency": charge["currency"],
        "metadata": params.get("metadata", {}),
        "object": "refund",
        "payment_intent": intent["id"],
        "reason": params.get("reason"),
        "status": "pending" if by_bank else "succeeded",
    }
    if by_bank:
        refund["pending_reason"] = "processing"
    books.refunds[refund["id"]] = refund
    _count(charge, amount)
    books.record("refund.created", refund)
    books.record("charge.refunded", charge)
    return refund


def read_refund(books: Books, refund_id: str) -> Json:
    """GET /v1/refunds/ID."""
    return row_of(books.refunds, refund_id, "refund")


def list_refunds(books: Books, form: Mapping[str, Any]) -> Json:
    """GET /v1/refunds, newest first, with `payment_intent`, `charge` and `limit`."""
    params = read_params(contract.REFUND_LIST, form)
    wanted = [
        refund
        for refund in reversed(books.refunds.values())
        if all(params.get(name) in {None, refund[name]} for name in ("payment_intent", "charge"))
    ]
    limit = params.get("limit", 10)
    return {
        "object": "list",
        "url": "/v1/refunds",
        "data": wanted[:limit],
        "has_more": len(wanted) > limit,
    }


def settle_refund(books: Books, refund_id: str, *, succeeds: bool) -> Json:
    """The bank's answer; money that a bank refuses comes back, also after it had arrived."""
    refund = read_refund(books, refund_id)
    if refund["status"] == "failed" or (succeeds and refund["status"] != "pending"):
        raise invalid(f"This refund is {refund['status']}.")
    refund["pending_reason"] = None
    if succeeds:
        refund["status"] = "succeeded"
    else:
        refund |= {"status": "failed", "failure_reason": "lost_or_stolen_card"}
        _count(books.charges[refund["charge"]], -refund["amount"])
        books.record("refund.failed", refund)
    books.record("refund.updated", refund)
    return refund


def _intent_of(books: Books, params: Json) -> Json:
    if "payment_intent" in params:
        return row_of(books.intents, params["payment_intent"], "payment_intent")
    if "charge" not in params:
        raise invalid("One of the following params should be provided: payment_intent or charge.")
    charge = row_of(books.charges, params["charge"], "charge")
    return books.intents[charge["payment_intent"]]


def _count(charge: Json, amount: int) -> None:
    refunded = charge["amount_refunded"] + amount
    charge |= {"amount_refunded": refunded, "refunded": refunded == charge["amount"]}
