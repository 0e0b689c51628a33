"""Counsel's queue: what a person must decide before works clear."""

from functools import partial

from rest_framework.request import Request
from rest_framework.response import Response

from api.endpoint import Endpoint, actor_of, read_query
from api.outputs import rules as out
from api.paging import PageQuery, page
from api.schema import operation, pages_of
from licensing.models import ReviewItem


class Questions(Endpoint):
    @partial(operation, tag="licensing")(
        "questions_list",
        "What counsel must decide, oldest first: of your library, and of what open deals ask. An"
        " opinion is recorded as a fact of the title",
        gives=pages_of(out.Question),
        query=PageQuery,
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, PageQuery)
        found = ReviewItem.objects.visible_to(actor_of(request)).waiting()
        return Response(page(request, out.Question, found, query, falling=False))
