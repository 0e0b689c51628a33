"""Titles, and what is recorded of their rights."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Actor
from accounts.errors import NotFound
from accounts.models import Organisation
from accounts.prepared import Prepared
from api.endpoint import Endpoint, actor_of, organisation_of, read, read_query
from api.fields import Input
from api.idempotency import once
from api.inputs import catalog as forms
from api.outputs import catalog as out
from api.paging import PageQuery, first_page, newest, page
from api.schema import operation, pages_of
from api.shapes import Output, one, rows
from catalog.models import Holding, Restriction, Title, TitleName
from catalog.rights import record_holding, record_restriction, supersede
from catalog.titles import get_title, register_many, register_title, search_titles

described = partial(operation, tag="catalogue")


class Titles(Endpoint):
    @described(
        "titles_list",
        "The organisation's titles",
        gives=pages_of(out.Title),
        query=forms.TitleQuery,
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, forms.TitleQuery)
        actor = actor_of(request)
        if query.keys() == {"limit"}:
            prepared = _newest(organisation_of(actor), query["limit"])
            return Response(first_page(request, out.Title, prepared, query))
        found = search_titles(actor, text=query.get("q", ""), kind=query.get("kind", ""))
        return Response(page(request, out.Title, found, query))

    @described(
        "titles_create",
        "Register a work",
        takes=forms.NewTitle,
        gives=out.TitleDetail,
        status=(201,),
        post=True,
    )
    def post(self, request: Request) -> Response:
        data = read(request, forms.NewTitle)

        def act() -> Response:
            title = register_title(actor=actor_of(request), **data)
            return Response(_detail(actor_of(request), title.code), status=201)

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
    @described("titles_read", "One title", gives=out.TitleDetail)
    def get(self, request: Request, code: str) -> Response:
        return Response(_detail(actor_of(request), code))


class Holdings(Endpoint):
    @described(
        "holdings_list",
        "Who holds what of a title, superseded facts too",
        gives=pages_of(out.Holding),
        query=PageQuery,
    )
    def get(self, request: Request, code: str) -> Response:
        return _facts(request, code, out.Holding, Holding.objects.all())

    @described(
        "holdings_create",
        "Record that a party holds a right over the title",
        takes=forms.NewHolding,
        gives=out.Holding,
        status=(201,),
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        return _record(request, code, forms.NewHolding, record_holding, out.Holding)


class Restrictions(Endpoint):
    @described(
        "restrictions_list",
        "What contracts forbid, superseded facts too",
        gives=pages_of(out.Restriction),
        query=PageQuery,
    )
    def get(self, request: Request, code: str) -> Response:
        return _facts(request, code, out.Restriction, Restriction.objects.all())

    @described(
        "restrictions_create",
        "Record that a contract forbids uses of the title",
        takes=forms.NewRestriction,
        gives=out.Restriction,
        status=(201,),
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        return _record(request, code, forms.NewRestriction, record_restriction, out.Restriction)


class SupersedeHolding(Endpoint):
    @described(
        "holdings_supersede",
        "Say that a recorded right no longer stands",
        takes=forms.Superseding,
        gives=out.Holding,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        return _supersede(request, code, out.Holding, Holding)


class SupersedeRestriction(Endpoint):
    @described(
        "restrictions_supersede",
        "Say that a recorded prohibition no longer stands",
        takes=forms.Superseding,
        gives=out.Restriction,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        return _supersede(request, code, out.Restriction, Restriction)


def _facts(request: Request, code: str, form: type[Output], kept: QuerySet[Any]) -> Response:
    query = read_query(request, PageQuery)
    title = get_title(actor_of(request), code)
    return Response(page(request, form, kept.filter(title=title), query))


def _record(
    request: Request,
    code: str,
    takes: type[Input],
    verb: Callable[..., Holding | Restriction],
    gives: type[Output],
) -> Response:
    data = read(request, takes)
    actor = actor_of(request)
    title = get_title(actor, code)

    def act() -> Response:
        fact = verb(actor=actor, title=title, **data)
        kept = type(fact).objects.visible_to(actor).filter(pk=fact.pk)
        return Response(one(gives, kept), status=201)

    return once(request, request.data, act)


def _supersede(
    request: Request, code: str, form: type[Output], kept: type[Holding | Restriction]
) -> Response:
    data = read(request, forms.Superseding)
    actor = actor_of(request)
    mine = kept.objects.visible_to(actor).filter(code=code)
    if not mine.exists():
        raise NotFound

    def act() -> Response:
        supersede(actor=actor, code=code, reason=data["reason"])
        return Response(one(form, mine))

    return once(request, request.data, act)


@lru_cache(maxsize=1024)
def _newest(organisation: Organisation, size: int) -> Prepared:
    """The page that every library is opened with."""
    mine = Title.objects.visible_to(Actor(organisation=organisation))
    return newest(out.Title, mine, size)


def _detail(actor: Actor, code: str) -> dict[str, Any]:
    title = one(out.TitleDetail, Title.objects.visible_to(actor).filter(code=code))
    names = TitleName.objects.filter(title__code=code).order_by("language", "name")
    return title | {"names": rows(out.TranslatedName, names)}
