"""The cases of auditors: opened and closed by parties to deals, read by the auditor."""

from functools import partial
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Actor
from accounts.errors import NotFound
from api.endpoint import Endpoint, actor_of, read, read_query
from api.fields import Nothing
from api.idempotency import once
from api.inputs import licensing as forms
from api.outputs import licensing as out
from api.paging import PageQuery, page
from api.schema import operation, pages_of
from api.shapes import one
from licensing.deals.cases import close_case, open_case
from licensing.models import AuditCase
from provenance.openings import download, lines, papers

described = partial(operation, tag="licensing")
_LINES = "application/x-ndjson"


class Cases(Endpoint):
    @described(
        "cases_list", "Cases you opened or were given", gives=pages_of(out.Case), query=PageQuery
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, PageQuery)
        found = AuditCase.objects.visible_to(actor_of(request))
        return Response(page(request, out.Case, found, query))

    @described(
        "cases_open",
        "Give an auditor access to the sealed facts of deals",
        takes=forms.NewCase,
        gives=out.CaseDetail,
        status=(201,),
        post=True,
    )
    def post(self, request: Request) -> Response:
        data = read(request, forms.NewCase)
        actor = actor_of(request)

        def act() -> Response:
            case = open_case(actor=actor, **data)
            return Response(_detail(actor, case.code), status=201)

        return once(request, request.data, act)


class CaseView(Endpoint):
    @described("cases_read", "One case", gives=out.CaseDetail)
    def get(self, request: Request, code: str) -> Response:
        return Response(_detail(actor_of(request), code))


class CloseCase(Endpoint):
    @described(
        "cases_close", "End the auditor's access", takes=Nothing, gives=out.CaseDetail, post=True
    )
    def post(self, request: Request, code: str) -> Response:
        read(request, Nothing)
        actor = actor_of(request)

        def act() -> Response:
            close_case(actor=actor, code=code)
            return Response(_detail(actor, code))

        return once(request, request.data, act)


class CaseOpenings(Endpoint):
    @described(
        "cases_openings",
        "What opens the seals of a case, and the cases and rule tables of its verdicts, for"
        " `edgecode audit --openings`: a JSON object a line; the log records each call",
        gives=OpenApiTypes.STR,
        media=_LINES,
    )
    def get(self, request: Request, code: str) -> HttpResponse:
        found = download(actor=actor_of(request), code=code)
        headers = {
            "Content-Disposition": f'attachment; filename="openings-{code}.jsonl"',
            "Cache-Control": "private, no-store",
        }
        return HttpResponse([lines(found), *papers(found)], content_type=_LINES, headers=headers)


def _detail(actor: Actor, code: str) -> dict[str, Any]:
    case = AuditCase.objects.visible_to(actor).filter(code=code).first()
    if case is None:
        raise NotFound
    is_over = case.closed_at is not None and case.opened_by != actor.organisation
    return one(out.CaseDetail, AuditCase.objects.filter(pk=case.pk)) | {
        "deals": []
        if is_over
        else list(case.deals.order_by("code").values_list("code", flat=True)),
        "note": "" if is_over else case.note,
    }
