"""A lab's requests."""

from functools import partial
from typing import Any

from rest_framework.request import Request as Call
from rest_framework.response import Response

from accounts.access import Actor
from api.beside import beside
from api.endpoint import Endpoint, actor_of, read, read_query
from api.fields import Nothing
from api.idempotency import once
from api.inputs import licensing as forms
from api.items import items
from api.outputs import licensing as out
from api.paging import page
from api.prices import priced
from api.schema import operation, pages_of
from api.shapes import one
from licensing.deals.requests import (
    add_assets,
    change_ranges,
    create_request,
    remove_asset,
    submit_request,
    withdraw_request,
)
from licensing.models import Request, RequestItem, RequestState
from licensing.offers.quotes import explained, items_to_price, quote_items

described = partial(operation, tag="licensing")


class Requests(Endpoint):
    @described(
        "requests_list", "The lab's requests", gives=pages_of(out.Request), query=forms.RequestQuery
    )
    def get(self, request: Call) -> Response:
        query = read_query(request, forms.RequestQuery)
        found = Request.objects.visible_to(actor_of(request))
        if state := query.get("state"):
            found = found.filter(state=state)
        return Response(page(request, out.Request, found, query))

    @described(
        "requests_create",
        "Draft a request for files and a scope",
        takes=forms.NewRequest,
        gives=out.RequestDetail,
        status=(201,),
        post=True,
    )
    def post(self, request: Call) -> Response:
        data = read(request, forms.NewRequest)
        actor = actor_of(request)

        def act() -> Response:
            made = create_request(actor=actor, **data)
            return Response(detail(actor, made.code), status=201)

        return once(request, request.data, act)


class RequestView(Endpoint):
    @described(
        "requests_read", "One request with the verdict on each file", gives=out.RequestDetail
    )
    def get(self, request: Call, code: str) -> Response:
        return Response(detail(actor_of(request), code))


class RequestAssets(Endpoint):
    @described(
        "requests_add_assets",
        "Put files into a draft",
        takes=forms.MoreAssets,
        gives=out.RequestDetail,
        post=True,
    )
    def post(self, request: Call, code: str) -> Response:
        data = read(request, forms.MoreAssets)
        actor = actor_of(request)

        def act() -> Response:
            add_assets(actor=actor, code=code, assets=data["assets"])
            return Response(detail(actor, code))

        return once(request, request.data, act)


class RequestAsset(Endpoint):
    @described(
        "requests_change_asset",
        "Ask for other parts of a file in a draft",
        takes=forms.NewRanges,
        gives=out.RequestDetail,
        post=True,
    )
    def post(self, request: Call, code: str, asset: str) -> Response:
        data = read(request, forms.NewRanges)
        actor = actor_of(request)

        def act() -> Response:
            change_ranges(actor=actor, code=code, asset=asset, ranges=data["ranges"])
            return Response(detail(actor, code))

        return once(request, request.data, act)

    @described("requests_remove_asset", "Take a file out of a draft", status=(204,))
    def delete(self, request: Call, code: str, asset: str) -> Response:
        remove_asset(actor=actor_of(request), code=code, asset=asset)
        return Response(status=204)


class SubmitRequest(Endpoint):
    @described(
        "requests_submit",
        "Clear every file and ask the licensors",
        takes=Nothing,
        gives=out.RequestDetail,
        post=True,
    )
    def post(self, request: Call, code: str) -> Response:
        read(request, Nothing)
        actor = actor_of(request)

        def act() -> Response:
            submit_request(actor=actor, code=code)
            return Response(detail(actor, code))

        return once(request, request.data, act)


class WithdrawRequest(Endpoint):
    @described(
        "requests_withdraw",
        "Withdraw a request that nobody has been paid for",
        takes=Nothing,
        gives=out.RequestDetail,
        post=True,
    )
    def post(self, request: Call, code: str) -> Response:
        read(request, Nothing)
        actor = actor_of(request)

        def act() -> Response:
            withdraw_request(actor=actor, code=code)
            return Response(detail(actor, code))

        return once(request, request.data, act)


def detail(actor: Actor, code: str) -> dict[str, Any]:
    mine = Request.objects.visible_to(actor).filter(code=code)
    shown = one(out.RequestDetail, mine)
    found = RequestItem.objects.visible_to(actor).filter(request__code=code)
    asked = mine.get()
    return shown | {
        "prices": _prices(asked),
        "offers": beside(asked, found),
        "items": items(found),
    }


def _prices(asked: Request) -> list[dict[str, Any]]:
    if not asked.by_card or asked.state != RequestState.DRAFT:
        return []
    quoted = quote_items(asked, items_to_price(asked), asked)
    return [priced(each) for each in explained(quoted.body)]
