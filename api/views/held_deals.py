"""Deals that were paid and got no grant: confirmed, or cancelled with their price returned."""

from functools import partial

from rest_framework.request import Request
from rest_framework.response import Response

from api.endpoint import Endpoint, actor_of, read
from api.fields import Nothing
from api.idempotency import once
from api.inputs import licensing as forms
from api.outputs import licensing as out
from api.schema import operation
from api.views.deals import detail, step
from licensing.deals.holds import (
    agree_to_cancellation,
    cancel_unanswered,
    confirm_conditions,
    propose_cancellation,
)
from licensing.payments.refunds import record_bank_refund

described = partial(operation, tag="licensing")


class ConfirmDeal(Endpoint):
    @described(
        "deals_confirm",
        "Confirm conditions that keep the grant back; with the last word it is tried again",
        takes=forms.Confirming,
        gives=out.DealDetail,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        return step(request, code, forms.Confirming, confirm_conditions)


class CancelDeal(Endpoint):
    @described(
        "deals_cancel",
        "Propose to the other side to cancel a held deal",
        takes=forms.Cancelling,
        gives=out.DealDetail,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        return step(request, code, forms.Cancelling, propose_cancellation)


class AgreeToCancel(Endpoint):
    @described(
        "deals_cancel_agree",
        "Cancel a held deal as the other side proposed; its price is to be returned",
        takes=Nothing,
        gives=out.DealDetail,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        return step(request, code, Nothing, agree_to_cancellation)


class CancelAlone(Endpoint):
    @described(
        "deals_cancel_alone",
        "Cancel a held deal whose other side left your proposal unanswered for 14 days",
        takes=Nothing,
        gives=out.DealDetail,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        return step(request, code, Nothing, cancel_unanswered)


class BankRefund(Endpoint):
    @described(
        "deals_bank_refund",
        "Record that the price of a cancelled deal was sent back in full",
        takes=forms.BankRefund,
        gives=out.DealDetail,
        status=(201,),
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data = read(request, forms.BankRefund)
        actor = actor_of(request)

        def act() -> Response:
            record_bank_refund(actor=actor, deal_code=code, **data)
            return Response(detail(actor, code), status=201)

        return once(request, request.data, act)
