"""Offers, and what labs find among them."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Actor
from api.endpoint import Endpoint, actor_of, read, read_query
from api.fields import Nothing
from api.idempotency import once
from api.inputs import licensing as forms
from api.outputs import licensing as out
from api.paging import PageQuery, page
from api.schema import operation, pages_of
from api.shapes import one
from catalog.checks import check_uses
from catalog.models import Asset
from licensing.deals.requests import MAX_ITEMS, Wanted
from licensing.models import Offer
from licensing.offers.market import find_offered, search_offers
from licensing.offers.publishing import publish_offer, withdraw_offer
from licensing.verdicts.outside import propose

described = partial(operation, tag="market")


class Offers(Endpoint):
    @described(
        "offers_list",
        "A licensor's own offers; for a lab, those published",
        gives=pages_of(out.Offer),
        query=PageQuery,
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, PageQuery)
        found = Offer.objects.visible_to(actor_of(request))
        return Response(page(request, out.Offer, found, query))

    @described(
        "offers_create",
        "Offer licences of a title's or likeness's files",
        takes=forms.NewOffer,
        gives=out.Offer,
        status=(201,),
        post=True,
    )
    def post(self, request: Request) -> Response:
        data = read(request, forms.NewOffer)
        owner = data.pop("of")

        def act() -> Response:
            offer = publish_offer(actor=actor_of(request), owner_code=owner, **data)
            return Response(one(out.Offer, Offer.objects.filter(pk=offer.pk)), status=201)

        return once(request, request.data, act)


class WithdrawOffer(Endpoint):
    @described(
        "offers_withdraw", "Take an offer off the market", takes=Nothing, gives=out.Offer, post=True
    )
    def post(self, request: Request, code: str) -> Response:
        read(request, Nothing)

        def act() -> Response:
            offer = withdraw_offer(actor=actor_of(request), code=code)
            return Response(one(out.Offer, Offer.objects.filter(pk=offer.pk)))

        return once(request, request.data, act)


class Market(Endpoint):
    @described(
        "market_search",
        "What a lab may ask for",
        gives=pages_of(out.Offer),
        query=forms.MarketQuery,
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, forms.MarketQuery)
        found = search_offers(
            actor_of(request),
            query.get("q", ""),
            kind=query.get("kind", ""),
            use=check_uses("use", [query["use"]])[0] if query.get("use") else "",
        )
        return Response(page(request, out.Offer, found, query))


class OfferedFiles(Endpoint):
    @described(
        "market_read",
        "The offer of a title or likeness, and its files",
        gives=out.Offered,
        query=PageQuery,
    )
    def get(self, request: Request, code: str) -> Response:
        query = read_query(request, PageQuery)
        actor = actor_of(request)
        offer = find_offered(actor, code)
        shown = one(out.Offer, Offer.objects.filter(pk=offer.pk))
        files = Asset.objects.filter(title=offer.title, likeness=offer.likeness)
        first = files.order_by("code").values_list("code", flat=True)[:MAX_ITEMS]
        return Response(
            {"offer": shown, "proposal": _proposal(actor, list(first))}
            | page(request, out.OfferedFile, files, query)
        )


def _proposal(actor: Actor, codes: Sequence[Wanted]) -> dict[str, Any] | None:
    found = propose(actor, codes, at=timezone.now())
    if found is None:
        return None
    return {name: getattr(found, name) for name in out.Proposal._declared_fields}  # noqa: SLF001
