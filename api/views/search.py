"""Search over titles, files, shots and spoken lines, and the searches that are kept."""

from functools import partial
from typing import Any
from urllib.parse import parse_qs

from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Actor
from accounts.errors import Invalid
from api.endpoint import Endpoint, actor_of, read, read_query, read_repeated
from api.idempotency import once
from api.inputs import search as forms
from api.outputs import search as out
from api.paging import PageQuery, page
from api.schema import operation, pages_of
from api.shapes import one
from catalog.models import SavedSearch
from catalog.saved_searches import (
    change_search,
    delete_search,
    find_saved,
    query_of,
    rename_search,
    save_search,
)
from catalog.search.documents import FACETS
from catalog.search.query import Query
from licensing.search.results import ask, find

described = partial(operation, tag="search")
_LISTS = frozenset(FACETS[1:])
_MOST_PARAMETERS = 1_000


class Search(Endpoint):
    @described(
        "search",
        "Find what is one's own; for a lab, what is on offer",
        gives=out.SearchAnswer,
        query=forms.SearchQuery,
        waits=True,
    )
    def get(self, request: Request) -> Response:
        given = read_repeated(request, forms.SearchQuery, _LISTS)
        wanted = {
            name: value if isinstance(value, list) else [value]
            for name, value in given.items()
            if name not in {"limit", "cursor"}
        }
        return _answer(request, ask(wanted), given)


class SavedSearches(Endpoint):
    @described(
        "saved_searches_list",
        "The searches that the organisation keeps",
        gives=pages_of(out.SavedSearch),
        query=PageQuery,
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, PageQuery)
        found = SavedSearch.objects.visible_to(actor_of(request))
        return Response(page(request, out.SavedSearch, found, query))

    @described(
        "saved_searches_create",
        "Keep a search under a name",
        takes=forms.NewSavedSearch,
        gives=out.SavedSearch,
        status=(201,),
        post=True,
    )
    def post(self, request: Request) -> Response:
        data = read(request, forms.NewSavedSearch)

        def act() -> Response:
            saved = save_search(
                actor=actor_of(request), name=data["name"], query=_read(data["parameters"])
            )
            return Response(_saved(actor_of(request), saved.code), status=201)

        return once(request, request.data, act)


class SavedSearchView(Endpoint):
    @described("saved_searches_read", "One saved search", gives=out.SavedSearch)
    def get(self, request: Request, code: str) -> Response:
        return Response(_saved(actor_of(request), code))

    @described("saved_searches_delete", "Forget a saved search", status=(204,))
    def delete(self, request: Request, code: str) -> Response:
        delete_search(actor=actor_of(request), code=code)
        return Response(status=204)


class RenameSavedSearch(Endpoint):
    @described(
        "saved_searches_rename",
        "Give a saved search another name",
        takes=forms.SearchName,
        gives=out.SavedSearch,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data = read(request, forms.SearchName)

        def act() -> Response:
            rename_search(actor=actor_of(request), code=code, name=data["name"])
            return Response(_saved(actor_of(request), code))

        return once(request, request.data, act)


class ChangeSavedSearch(Endpoint):
    @described(
        "saved_searches_change",
        "Let a saved search ask something else",
        takes=forms.SearchParameters,
        gives=out.SavedSearch,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data = read(request, forms.SearchParameters)

        def act() -> Response:
            change_search(actor=actor_of(request), code=code, query=_read(data["parameters"]))
            return Response(_saved(actor_of(request), code))

        return once(request, request.data, act)


class RunSavedSearch(Endpoint):
    @described(
        "saved_searches_run",
        "What a saved search finds now",
        gives=out.SearchAnswer,
        query=PageQuery,
        waits=True,
    )
    def get(self, request: Request, code: str) -> Response:
        given = read_query(request, PageQuery)
        return _answer(request, query_of(find_saved(actor_of(request), code)), given)


def _answer(request: Request, query: Query, given: dict[str, Any]) -> Response:
    answer = find(actor_of(request), query, rows=given["limit"], cursor=given.get("cursor", ""))
    following = None
    if answer.next:
        parameters = request.query_params.copy()
        parameters["cursor"] = answer.next
        following = request.build_absolute_uri(f"{request.path}?{parameters.urlencode()}")
    return Response(out.answer_of(answer, following))


def _read(text: str) -> Query:
    try:
        given = parse_qs(text.removeprefix("?"), max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        raise Invalid("parameters", _("Too many parameters.")) from None
    if unknown := sorted(given.keys() - forms.SearchQuery().fields.keys()):
        raise Invalid(
            "parameters", _("There is no parameter %(name)s.") % {"name": unknown[0][:50]}
        )
    return ask(given)


def _saved(actor: Actor, code: str) -> dict[str, Any]:
    return one(out.SavedSearch, SavedSearch.objects.visible_to(actor).filter(code=code))
