"""What a lab could get of a draft's files in other terms, and asking for these terms."""

from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request as Call
from rest_framework.response import Response

from accounts.access import Permission, require
from accounts.errors import Conflict, NotFound
from api.endpoint import Endpoint, actor_of, organisation_of, read
from api.idempotency import once
from api.inputs import estimates as forms
from api.outputs import estimates as out
from api.outputs import licensing as requests_out
from api.schema import operation
from api.views.requests import detail
from licensing.deals.requests import change_scope
from licensing.deals.scopes import check_scope
from licensing.library.estimates import Cost, Estimate, Part, estimate, estimate_library
from licensing.models import Request, RequestState

described = partial(operation, tag="licensing")


class TryTerms(Endpoint):
    @described(
        "requests_estimate",
        "What could be had of a draft's files in these terms, and for how much; nothing is kept",
        takes=forms.Terms,
        gives=out.Estimate,
    )
    def post(self, request: Call, code: str) -> Response:
        data, actor = read(request, forms.Terms), actor_of(request)
        require(actor, Permission.EDIT_REQUESTS)
        asked = Request.objects.visible_to(actor).filter(code=code).first()
        if asked is None:
            raise NotFound
        if asked.state != RequestState.DRAFT:
            raise Conflict(_("The request has been submitted; it can no longer be changed."))
        tried = Request(**check_scope(**data, price_minor=asked.price_minor))
        found = estimate(asked, tried)
        if found is None:
            raise Conflict(_("The request has no files yet."))
        return Response(_shown(found))


class TryLibrary(Endpoint):
    @described(
        "library_estimate",
        "What any lab could be licensed of your titles in these terms; nothing is kept",
        takes=forms.Terms,
        gives=out.Estimate,
    )
    def post(self, request: Call) -> Response:
        data = read(request, forms.Terms)
        organisation = organisation_of(actor_of(request))
        tried = Request(**check_scope(**data, price_minor=0))
        found = estimate_library(organisation, tried)
        if found is None:
            raise Conflict(_("No title has a file yet."))
        return Response(_shown(found))


class ChangeTerms(Endpoint):
    @described(
        "requests_change_terms",
        "Let a draft ask for other terms",
        takes=forms.Terms,
        gives=requests_out.RequestDetail,
        post=True,
    )
    def post(self, request: Call, code: str) -> Response:
        data, actor = read(request, forms.Terms), actor_of(request)

        def act() -> Response:
            change_scope(actor=actor, code=code, **data)
            return Response(detail(actor, code))

        return once(request, request.data, act)


def _shown(found: Estimate) -> dict[str, Any]:
    answer = found.answer
    return {
        "as_of": found.as_of,
        "asked": found.asked._asdict(),
        **_had(answer.grantable, answer.cost),
        "verdicts": {name: part._asdict() for name, part in answer.verdicts.items()},
        "obstacles": [{"reason": code} | part._asdict() for code, part in answer.obstacles],
        "mends": [each._asdict() for each in answer.mends],
        "licensors": [
            {"licensor": each.licensor, "code": each.code, "asked": each.asked._asdict()}
            | _had(each.grantable, each.cost)
            for each in answer.shares
        ],
        "changes": [
            {"term": each.term, "to": each.to} | _had(each.grantable, each.cost)
            for each in found.changes
        ],
    }


def _had(grantable: Part, cost: Cost) -> dict[str, Any]:
    return {"grantable": grantable._asdict(), "cost": cost._asdict()}
