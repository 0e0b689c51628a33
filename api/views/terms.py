"""Other terms for a deal: proposed by one side, answered by the other."""

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
from licensing.deals.counter_offers import (
    accept_terms,
    propose_terms,
    refuse_terms,
    take_terms_back,
)

described = partial(operation, tag="licensing")


class ProposeTerms(Endpoint):
    @described(
        "deals_propose_terms",
        "Propose other terms for a deal that is not approved, within what was requested",
        takes=forms.NewTerms,
        gives=out.DealDetail,
        status=(201,),
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data = read(request, forms.NewTerms)
        actor = actor_of(request)

        def act() -> Response:
            propose_terms(actor=actor, code=code, **data)
            return Response(detail(actor, code), status=201)

        return once(request, request.data, act)


class AcceptTerms(Endpoint):
    @described(
        "deals_accept_terms",
        "Accept the terms that the other side proposed; clears every file for them",
        takes=Nothing,
        gives=out.DealDetail,
        post=True,
    )
    def post(self, request: Request, code: str, number: int) -> Response:
        return step(request, code, Nothing, partial(accept_terms, number=number))


class RefuseTerms(Endpoint):
    @described(
        "deals_refuse_terms",
        "Refuse the terms that the other side proposed; those before stand",
        takes=forms.Refusing,
        gives=out.DealDetail,
        post=True,
    )
    def post(self, request: Request, code: str, number: int) -> Response:
        return step(request, code, forms.Refusing, partial(refuse_terms, number=number))


class TakeTermsBack(Endpoint):
    @described(
        "deals_take_terms_back",
        "Take back the terms that one's own side proposed",
        takes=Nothing,
        gives=out.DealDetail,
        post=True,
    )
    def post(self, request: Request, code: str, number: int) -> Response:
        return step(request, code, Nothing, partial(take_terms_back, number=number))
