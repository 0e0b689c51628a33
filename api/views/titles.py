"""Titles, and what is recorded of their rights."""

from functools import lru_cache, partial
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Actor
from accounts.models import Organisation
from accounts.prepared import Prepared
from api.endpoint import Endpoint, actor_of, organisation_of, read, read_query
from api.idempotency import once
from api.inputs import catalog as forms
from api.inputs.works import TitleChanges
from api.outputs import catalog as out
from api.outputs.works import TitleDetail
from api.paging import chosen, first_page, newest, page
from api.schema import operation, pages_of
from api.shapes import one
from api.views.works import change, detail
from catalog.models import Fact, Title
from catalog.search_live import find_titles
from catalog.titles import get_title, register_many, register_title
from licensing.counsel.records import correct, record, set_aside

described = partial(operation, tag="catalogue")


class Titles(Endpoint):
    @described(
        "titles_list",
        "The organisation's titles",
        gives=pages_of(out.Title),
        query=forms.TitleQuery,
        waits=True,
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, forms.TitleQuery)
        actor = actor_of(request)
        if query.keys() == {"limit"}:
            prepared = _newest(organisation_of(actor), query["limit"])
            return Response(first_page(request, out.Title, prepared, query))
        kind = query.get("kind", "")
        titles = Title.objects.visible_to(actor)
        if query.get("q"):
            keys, following = find_titles(
                actor, query["q"], kind=kind, rows=query["limit"], cursor=query.get("cursor", "")
            )
            return Response(chosen(request, out.Title, titles, keys, following))
        found = titles.filter(kind=kind) if kind else titles
        return Response(page(request, out.Title, found, query))

    @described(
        "titles_create",
        "Register a work",
        takes=forms.NewTitle,
        gives=TitleDetail,
        status=(201,),
        post=True,
    )
    def post(self, request: Request) -> Response:
        data = read(request, forms.NewTitle)

        def act() -> Response:
            title = register_title(actor=actor_of(request), **data)
            return Response(detail(actor_of(request), title.code), status=201)

        return once(request, request.data, act)


class TitleBatch(Endpoint):
    @described(
        "titles_batch",
        "Register up to 500 works at once, all or none",
        takes=forms.NewTitles,
        gives=out.RegisteredTitles,
        status=(201,),
        post=True,
    )
    def post(self, request: Request) -> Response:
        data = read(request, forms.NewTitles)

        def act() -> Response:
            titles = register_many(actor=actor_of(request), rows=data["titles"])
            return Response({"codes": [title.code for title in titles]}, status=201)

        return once(request, request.data, act)


class TitleView(Endpoint):
    @described("titles_read", "One title", gives=TitleDetail)
    def get(self, request: Request, code: str) -> Response:
        return Response(detail(actor_of(request), code))

    @described(
        "titles_change",
        "Correct what is said of a title",
        takes=TitleChanges,
        gives=TitleDetail,
    )
    def patch(self, request: Request, code: str) -> Response:
        return change(request, code)


class Facts(Endpoint):
    @described(
        "facts_list",
        "What is recorded of the rights in a title, also what was set aside",
        gives=pages_of(out.Fact),
        query=forms.FactQuery,
    )
    def get(self, request: Request, code: str) -> Response:
        query = read_query(request, forms.FactQuery)
        facts = Fact.objects.filter(title=get_title(actor_of(request), code))
        if kind := query.get("kind"):
            facts = facts.filter(kind=kind)
        return Response(page(request, out.Fact, facts, query))

    @described(
        "facts_create",
        "Record who holds a right in the title, or what narrows it",
        takes=forms.NewFact,
        gives=out.Fact,
        status=(201,),
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data = read(request, forms.NewFact)
        actor = actor_of(request)
        title = get_title(actor, code)

        def act() -> Response:
            fact = record(actor=actor, title=title, **data)
            return Response(_fact(actor, fact.code), status=201)

        return once(request, request.data, act)


class FactView(Endpoint):
    @described("facts_read", "One fact", gives=out.Fact)
    def get(self, request: Request, code: str) -> Response:
        return Response(_fact(actor_of(request), code))


class CorrectFact(Endpoint):
    @described(
        "facts_correct",
        "Set a fact aside and record the right one in its place",
        takes=forms.Correction,
        gives=out.Fact,
        status=(201,),
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data = read(request, forms.Correction)
        actor = actor_of(request)

        def act() -> Response:
            fact = correct(actor=actor, code=code, **data)
            return Response(_fact(actor, fact.code), status=201)

        return once(request, request.data, act)


class SupersedeFact(Endpoint):
    @described(
        "facts_supersede",
        "Say that a fact no longer stands",
        takes=forms.Superseding,
        gives=out.Fact,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data = read(request, forms.Superseding)
        actor = actor_of(request)

        def act() -> Response:
            set_aside(actor=actor, code=code, reason=data["reason"])
            return Response(_fact(actor, code))

        return once(request, request.data, act)


def _fact(actor: Actor, code: str) -> dict[str, Any]:
    return one(out.Fact, Fact.objects.visible_to(actor).filter(code=code))


@lru_cache(maxsize=1024)
def _newest(organisation: Organisation, size: int) -> Prepared:
    """The page that every library is opened with."""
    mine = Title.objects.visible_to(Actor(organisation=organisation))
    return newest(out.Title, mine, size)
