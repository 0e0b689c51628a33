"""Offers that a sheet proposes: looked at, changed, published by hundreds."""

from collections.abc import Callable
from functools import partial

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Actor
from api.endpoint import Endpoint, actor_of, read, read_query
from api.fields import Nothing
from api.idempotency import once
from api.inputs import licensing as forms
from api.outputs import licensing as out
from api.paging import page
from api.schema import operation, pages_of
from api.shapes import one
from licensing.offers.drafts import Chosen, change_draft, drafts_of, follow_sheet, publish_drafts

described = partial(operation, tag="market")


class OfferDrafts(Endpoint):
    @described(
        "offer_drafts_list",
        "Offers that imported Avails-AI rows propose",
        gives=pages_of(out.OfferDraft),
        query=forms.OfferDraftQuery,
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, forms.OfferDraftQuery)
        found = drafts_of(actor_of(request))
        if state := query.get("state"):
            found = found.filter(state=state)
        return Response(page(request, out.OfferDraft, found, query))


class ChangeOfferDraft(Endpoint):
    @described(
        "offer_drafts_change",
        "Give a draft other terms than its sheet proposes",
        takes=forms.OfferDraftTerms,
        gives=out.OfferDraft,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data = read(request, forms.OfferDraftTerms)
        return _once(request, code, lambda actor: change_draft(actor=actor, code=code, **data))


class FollowSheet(Endpoint):
    @described(
        "offer_drafts_follow_sheet",
        "Give a draft back what its sheet says now",
        takes=Nothing,
        gives=out.OfferDraft,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        read(request, Nothing)
        return _once(request, code, lambda actor: follow_sheet(actor=actor, code=code))


class PublishOfferDrafts(Endpoint):
    @described(
        "offer_drafts_publish",
        "Publish drafts as they were seen; what is refused stops no other",
        takes=forms.ChosenDrafts,
        gives=out.DraftsPublished,
        post=True,
    )
    def post(self, request: Request) -> Response:
        data = read(request, forms.ChosenDrafts)
        chosen = [Chosen(**each) for each in data["drafts"]]

        def act() -> Response:
            outcome = publish_drafts(actor=actor_of(request), chosen=chosen)
            refused = [{"code": each.code, "reason": str(each.reason)} for each in outcome.refused]
            return Response(
                {"offers": [offer.code for offer in outcome.published], "refused": refused}
            )

        return once(request, request.data, act)


def _once(request: Request, code: str, verb: Callable[[Actor], object]) -> Response:
    """Do something to a draft, once, and return the draft."""
    actor = actor_of(request)

    def act() -> Response:
        verb(actor)
        return Response(one(out.OfferDraft, drafts_of(actor).filter(code=code)))

    return once(request, request.data, act)
