"""Comparable deals: what is published of them, and what of it is like a deal one has in mind."""

from functools import partial
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from api.endpoint import Endpoint, actor_of, read_query
from api.inputs import precedents as forms
from api.outputs import precedents as out
from api.schema import operation
from licensing.comparable_deals import Comparison, comparison, get_release
from licensing.precedents import Bucket

described = partial(operation, tag="licensing")


class Precedents(Endpoint):
    @described(
        "precedents_find",
        "Published comparable deals, the narrowest and newest first",
        gives=out.Comparable,
        query=forms.PrecedentsQuery,
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, forms.PrecedentsQuery)
        return Response(shown(comparison(Bucket(**({"currency": ""} | query)))))


class Release(Endpoint):
    @described(
        "precedents_release",
        "All that was published in a month, word for word: its SHA-256 stands in the log",
        gives=out.Release,
    )
    def get(self, request: Request, month: str) -> HttpResponse:
        release = get_release(actor_of(request), month)
        return HttpResponse(release.text, content_type="application/json")


def shown(found: Comparison) -> dict[str, Any]:
    """Return the JSON of a comparison."""
    return {"found": [{"month": month} | cell.written() for month, cell in found.found]}
