"""Counsel's queue: what a person must decide before works clear, and opinions on likenesses."""

from functools import partial
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Actor
from api.endpoint import Endpoint, actor_of, read, read_query
from api.idempotency import once
from api.inputs import catalog as catalog_forms
from api.inputs import rules as forms
from api.outputs import rules as out
from api.paging import PageQuery, page
from api.schema import operation, pages_of
from api.shapes import one
from catalog.likenesses import find_likeness
from licensing.counsel.likeness_opinions import (
    record_likeness_opinion,
    supersede_likeness_opinion,
)
from licensing.models import LikenessOpinion, ReviewItem

described = partial(operation, tag="licensing")


class Questions(Endpoint):
    @described(
        "questions_list",
        "What counsel must decide, oldest first: of your library, and of what open deals ask. An"
        " opinion is recorded as a fact of the title, or as an opinion on the likeness",
        gives=pages_of(out.Question),
        query=PageQuery,
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, PageQuery)
        found = ReviewItem.objects.visible_to(actor_of(request)).waiting()
        return Response(page(request, out.Question, found, query, falling=False))


class LikenessOpinions(Endpoint):
    @described(
        "likeness_opinions_list",
        "What counsel says of the consents to a likeness, also what was set aside",
        gives=pages_of(out.LikenessOpinion),
        query=PageQuery,
    )
    def get(self, request: Request, code: str) -> Response:
        query = read_query(request, PageQuery)
        likeness = find_likeness(actor_of(request), code)
        return Response(page(request, out.LikenessOpinion, likeness.opinions.all(), query))

    @described(
        "likeness_opinions_create",
        "Record counsel's opinion on consents to a likeness; its files in deals that wait are"
        " cleared again",
        takes=forms.NewLikenessOpinion,
        gives=out.LikenessOpinion,
        status=(201,),
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data = read(request, forms.NewLikenessOpinion)
        actor = actor_of(request)
        likeness = find_likeness(actor, code)

        def act() -> Response:
            made = record_likeness_opinion(actor=actor, likeness_code=likeness.code, **data)
            return Response(_opinion(actor, made.code), status=201)

        return once(request, request.data, act)


class LikenessOpinionView(Endpoint):
    @described("likeness_opinions_read", "One opinion", gives=out.LikenessOpinion)
    def get(self, request: Request, code: str) -> Response:
        return Response(_opinion(actor_of(request), code))


class SupersedeLikenessOpinion(Endpoint):
    @described(
        "likeness_opinions_supersede",
        "Say that an opinion no longer stands; what rested on it is cleared again",
        takes=catalog_forms.Superseding,
        gives=out.LikenessOpinion,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data = read(request, catalog_forms.Superseding)
        actor = actor_of(request)

        def act() -> Response:
            supersede_likeness_opinion(actor=actor, code=code, reason=data["reason"])
            return Response(_opinion(actor, code))

        return once(request, request.data, act)


def _opinion(actor: Actor, code: str) -> dict[str, Any]:
    return one(out.LikenessOpinion, LikenessOpinion.objects.visible_to(actor).filter(code=code))
