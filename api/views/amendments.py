"""Amendments of a grant, from either of its two sides."""

from functools import partial
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Actor
from accounts.errors import NotFound
from api.endpoint import Endpoint, actor_of, read, read_query
from api.idempotency import once
from api.inputs import licensing as forms
from api.outputs import licensing as out
from api.paging import PageQuery, page
from api.schema import operation, pages_of
from api.shapes import one
from licensing.deals.amendments import (
    ANSWER_DAYS,
    Amended,
    amendments_of,
    draft_amendment,
    propose_amendment,
)
from licensing.models import Grant

described = partial(operation, tag="grants")


class Amendments(Endpoint):
    @described(
        "amendments_list",
        "The amendments of a grant, whatever came of them",
        gives=pages_of(out.Amendment),
        query=PageQuery,
    )
    def get(self, request: Request, code: str) -> Response:
        query, actor = read_query(request, PageQuery), actor_of(request)
        found = amendments_of(actor, _grant(actor, code))
        return Response(page(request, out.Amendment, found, query))

    @described(
        "amendments_create",
        "Amend a grant: the lab drafts a request to submit, the licensor proposes terms",
        takes=forms.NewAmendment,
        gives=out.Amendment,
        status=(201,),
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data, actor = read(request, forms.NewAmendment), actor_of(request)
        grant = _grant(actor, code)

        def act() -> Response:
            made = _make(actor, grant, data)
            shown = amendments_of(actor, grant).filter(code=made)
            return Response(one(out.Amendment, shown), status=201)

        return once(request, request.data, act)


def _grant(actor: Actor, code: str) -> Grant:
    rows: QuerySet[Grant] = Grant.objects.visible_to(actor)
    grant = rows.filter(code=code).first()
    if grant is None:
        raise NotFound
    return grant


def _make(actor: Actor, grant: Grant, data: dict[str, Any]) -> str:
    """Return the code of the request that a side of the grant made."""
    said = {name: data.pop(name, "") for name in ("name", "purpose", "message")}
    days = data.pop("days", ANSWER_DAYS)
    amended = Amended(**data)
    if grant.licensor_id == (actor.organisation.pk if actor.organisation else None):
        proposed = propose_amendment(
            actor=actor, code=grant.code, amended=amended, days=days, message=said["message"]
        )
        return proposed.request.code
    drafted = draft_amendment(
        actor=actor, code=grant.code, amended=amended, name=said["name"], purpose=said["purpose"]
    )
    return drafted.code
