"""Deals, as the two sides see and move them."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Actor
from accounts.errors import NotFound
from api.beside import beside
from api.endpoint import Endpoint, actor_of, read, read_query
from api.fields import Input, Nothing
from api.idempotency import once, prepared, repeatable
from api.inputs import licensing as forms
from api.items import items
from api.outputs import licensing as out
from api.paging import page
from api.prices import priced
from api.schema import operation, pages_of
from api.shapes import one
from catalog.objects import object_store
from licensing.clearance import reason_text
from licensing.deals.assents import given_of, panel_to_show
from licensing.deals.conditions import hindrances_on_record
from licensing.deals.counter_offers import rounds
from licensing.deals.holds import retry_held_deal
from licensing.deals.scopes import terms_of
from licensing.deals.transitions import (
    Approval,
    approve_prepared,
    prepare_approval,
    side_of,
    withdraw_deal,
)
from licensing.models import Deal, DealState, Payment, RequestItem
from licensing.offers.quotes import explained
from licensing.payments.settlements import record_bank_transfer
from licensing.payments.stripe import cancel_payment, decline_unpaid, start_payment

described = partial(operation, tag="licensing")


class Deals(Endpoint):
    @described(
        "deals_list", "Deals on either side", gives=pages_of(out.Deal), query=forms.DealQuery
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, forms.DealQuery)
        found = Deal.objects.visible_to(actor_of(request))
        if state := query.get("state"):
            found = found.filter(state=state)
        if code := query.get("request"):
            found = found.filter(request__code=code)
        return Response(page(request, out.Deal, found, query))


class DealView(Endpoint):
    @described("deals_read", "One deal with the verdict on each file", gives=out.DealDetail)
    def get(self, request: Request, code: str) -> Response:
        return Response(detail(actor_of(request), code))


class ApproveDeal(Endpoint):
    @described(
        "deals_approve",
        "Agree to license the files that are clear; draws up the agreement",
        takes=forms.Approval,
        gives=out.DealDetail,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data = read(request, forms.Approval)
        actor = actor_of(request)

        def prepare() -> Approval:
            return prepare_approval(actor=actor, code=code, **data)

        def act(approval: Approval) -> Response:
            approve_prepared(actor=actor, code=code, approval=approval)
            return Response(detail(actor, code))

        return prepared(request, request.data, prepare, act)


class DeclineDeal(Endpoint):
    @described(
        "deals_decline",
        "Decline, or take back an approval that nobody has paid for",
        takes=forms.Declining,
        gives=out.DealDetail,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        return step(request, code, forms.Declining, decline_unpaid)


class WithdrawDeal(Endpoint):
    @described(
        "deals_withdraw",
        "Withdraw from one deal of a request that is not paid yet",
        takes=Nothing,
        gives=out.DealDetail,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        return step(request, code, Nothing, withdraw_deal)


class BankTransfer(Endpoint):
    @described(
        "deals_bank_transfer",
        "Record that the price has arrived in full",
        takes=forms.BankTransfer,
        gives=out.DealDetail,
        status=(201,),
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data = read(request, forms.BankTransfer)
        actor = actor_of(request)

        def act() -> Response:
            record_bank_transfer(actor=actor, deal_code=code, **data)
            return Response(detail(actor, code), status=201)

        return once(request, request.data, act)


class PayDeal(Endpoint):
    @described(
        "deals_pay",
        "Ask for a payment page at Stripe; an open one is given again",
        takes=Nothing,
        gives=out.Payment,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        read(request, Nothing)

        def act() -> Response:
            payment = start_payment(actor=actor_of(request), deal_code=code)
            return Response(one(out.Payment, Payment.objects.filter(pk=payment.pk)))

        return repeatable(request, request.data, act)


class CancelPayment(Endpoint):
    @described(
        "deals_pay_cancel",
        "Close the open payment page, so that both sides can act again",
        takes=Nothing,
        gives=out.Payment,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        read(request, Nothing)

        def act() -> Response:
            payment = cancel_payment(actor=actor_of(request), deal_code=code)
            return Response(one(out.Payment, Payment.objects.filter(pk=payment.pk)))

        return repeatable(request, request.data, act)


class RetryDeal(Endpoint):
    @described(
        "deals_retry",
        "Try the grant of a held deal again, once its rights are in order",
        takes=Nothing,
        gives=out.DealDetail,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        return step(request, code, Nothing, retry_held_deal)


class AgreementPdf(Endpoint):
    @described(
        "deals_agreement_pdf",
        "The agreement as people read it",
        gives=OpenApiTypes.BINARY,
        media="application/pdf",
        waits=True,
    )
    def get(self, request: Request, code: str) -> FileResponse:
        return _document(request, code, "pdf", "application/pdf")


class AgreementOdrl(Endpoint):
    @described(
        "deals_agreement_jsonld",
        "The agreement as an ODRL policy",
        gives=OpenApiTypes.OBJECT,
        media="application/ld+json",
        waits=True,
    )
    def get(self, request: Request, code: str) -> FileResponse:
        return _document(request, code, "odrl", "application/ld+json")


def _document(request: Request, code: str, form: str, mime: str) -> FileResponse:
    found = Deal.objects.visible_to(actor_of(request)).filter(code=code)
    row = found.values_list(f"agreement__{form}_key", f"agreement__{form}_sha256").first()
    if row is None or row[0] is None:
        raise NotFound
    key, sha256 = row
    suffix = "pdf" if form == "pdf" else "jsonld"
    return FileResponse(
        object_store().open(key),
        content_type=mime,
        filename=f"agreement-{code}.{suffix}",
        headers={"ETag": f'"{sha256}"', "Cache-Control": "private, no-cache"},
    )


def step(request: Request, code: str, form: type[Input], verb: Callable[..., object]) -> Response:
    """Let the caller take one step of a deal, once, with the body as `form` has checked it;
    answer with the deal as it is then."""
    data = read(request, form)
    actor = actor_of(request)

    def act() -> Response:
        verb(actor=actor, code=code, **data)
        return Response(detail(actor, code))

    return once(request, request.data, act)


def detail(actor: Actor, code: str) -> dict[str, Any]:
    """Return the JSON of one deal that the actor may see. Raises NotFound."""
    mine = Deal.objects.visible_to(actor).filter(code=code)
    shown = one(out.DealDetail, mine)
    found = RequestItem.objects.visible_to(actor).filter(deal__code=code)
    deal = mine.select_related("request").get()
    return shown | {
        "counter_offers": _counter_offers(deal),
        "open_conditions": _open_conditions(actor, code) if shown["state"] == "held" else [],
        "prices": _prices(deal),
        "approvals": _approvals(deal) if deal.licensor_id == _own(actor) else None,
        "offers": beside(deal.request, found),
        "items": items(found),
    }


def _prices(deal: Deal) -> list[dict[str, Any]]:
    if not deal.by_card:
        return []
    agreed = set(deal.items.filter(agreed=True).values_list("asset__code", flat=True))
    return [priced(each) for each in explained(deal.quote.body, agreed or None)]


def _own(actor: Actor) -> int | None:
    return actor.organisation.pk if actor.organisation else None


def _approvals(deal: Deal) -> dict[str, Any]:
    panel = panel_to_show(deal)[0] if deal.state == DealState.OPEN else None
    given = panel.given if panel else given_of(deal)
    return {
        "needed": panel.needed if panel else None,
        "missing": panel.missing if panel else None,
        "role": panel.role if panel else "",
        "weighed_minor": panel.weighed_minor if panel else None,
        "given": [{"role": each.role, "given_at": each.given_at} for each in given],
    }


def _counter_offers(deal: Deal) -> list[dict[str, Any]]:
    return [
        {
            "number": each.offer.number,
            "side": "licensor" if each.offer.made_by_id == deal.licensor_id else "licensee",
            "made_at": each.offer.made_at,
            "expires_at": each.offer.expires_at,
            "message": each.offer.message,
            "terms": terms_of(each.offer) | {"amount_minor": each.amount},
            "before": terms_of(each.before)
            | {"amount_minor": each.amount_before}
            | ({"price_minor": None} if each.was_by_card else {}),
            "changed": list(each.changed),
            "ends_promise": each.ends_promise,
            "answer": each.offer.answer or None,
            "answered_at": each.offer.answered_at,
            "reason": each.offer.reason,
        }
        for each in rounds(deal)
    ]


def _open_conditions(actor: Actor, code: str) -> list[dict[str, Any]]:
    deal = Deal.objects.visible_to(actor).select_related("licensor", "request__organisation")
    found = deal.get(code=code)
    mine = side_of(actor, found)
    return [
        {
            "clearance": each.clearance.code,
            "asset": each.item.asset.code,
            "side": side,
            "conditions": [
                {
                    "code": item["code"],
                    "text": reason_text(item["reason"]),
                    "detail": item["detail"] if mine in {side, "licensor"} else "",
                }
                for item in each.conditions(side)
            ],
        }
        for each in hindrances_on_record(found)
        for side in ("licensor", "licensee")
        if each.is_conditional and each.conditions(side)
    ]
