"""Clearance as a service: one case that the caller writes, or a question about a whole library."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any, override

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Actor
from accounts.csv_download import Cell, csv_response
from accounts.errors import Conflict, Invalid, NotFound, TooLarge
from api.endpoint import Endpoint, actor_of, organisation_of, read, read_query
from api.fields import Nothing
from api.idempotency import once
from api.inputs import surveys as forms
from api.outputs import surveys as out
from api.paging import PageQuery, page
from api.schema import operation, pages_of
from api.shapes import one
from api.throttling import ActorThrottle, WindowThrottle
from catalog.scope.errors import CaseError
from catalog.scope_words import sentence_of
from licensing.clearance import clear
from licensing.counsel.tables import tables_for
from licensing.library.surveys import ask_library, cancel_survey
from licensing.models import Exclusivity, Survey, SurveyAnswer, SurveyFinding

described = partial(operation, tag="licensing")
_MOST_FACTS = 1_000
_KNOWN = 10_000  # findings written once for a file


class CaseThrottle(WindowThrottle):
    """Cases from one caller: each may take the server a good part of a second."""

    name = "clearance"

    @override
    def limit(self, request: Request) -> int:
        return 60


class ClearCase(Endpoint):
    throttle_classes = [ActorThrottle, CaseThrottle]

    @described(
        "clearance_evaluate",
        "The engine's verdict on a case that you write (clearance-case/1, docs/clearance.md), with"
        " your organisation's rule tables. Nothing is kept. 60 a minute, 1,000 facts each",
        takes={"application/json": OpenApiTypes.OBJECT},
        gives=OpenApiTypes.OBJECT,
    )
    def post(self, request: Request) -> HttpResponse:
        case: dict[str, Any] = dict(request.data)  # the parser takes no list
        facts = case.get("facts")
        if isinstance(facts, list) and len(facts) > _MOST_FACTS:
            raise TooLarge(_("A case sent here has 1,000 facts at most."), field="$.facts")
        organisation = organisation_of(actor_of(request))
        tables = tables_for([organisation.pk], at=timezone.now())[organisation.pk]
        try:
            verdict = clear(case, tables)
        except CaseError as error:
            raise Invalid(error.path, sentence_of(error)) from None
        told = json.dumps(verdict, ensure_ascii=False)
        return HttpResponse(told.encode(), content_type="application/json")


class Surveys(Endpoint):
    @described(
        "surveys_list",
        "Questions that were asked about your library",
        gives=pages_of(out.Survey),
        query=PageQuery,
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, PageQuery)
        return Response(page(request, out.Survey, _mine(actor_of(request)), query))

    @described(
        "surveys_create",
        "Ask whether any lab may have this of your files: of every file of your titles; answered"
        " by the worker",
        takes=forms.NewSurvey,
        gives=out.Survey,
        status=(201,),
        post=True,
    )
    def post(self, request: Request) -> Response:
        data = read(request, forms.NewSurvey)
        actor = actor_of(request)
        given = {"territory": "WORLD", "exclusivity": Exclusivity.NON_EXCLUSIVE} | data

        def act() -> Response:
            return Response(_shown(actor, ask_library(actor=actor, **given).code), status=201)

        return once(request, request.data, act)


class SurveyView(Endpoint):
    @described("surveys_read", "One question, how far it is, and the sums", gives=out.Survey)
    def get(self, request: Request, code: str) -> Response:
        return Response(_shown(actor_of(request), code))


class Answers(Endpoint):
    @described(
        "survey_answers_list",
        "The answer for each file, in the order in which files were registered",
        gives=pages_of(out.Answer),
        query=forms.AnswerQuery,
    )
    def get(self, request: Request, code: str) -> Response:
        query = read_query(request, forms.AnswerQuery)
        actor = actor_of(request)
        _shown(actor, code)
        rows = SurveyAnswer.objects.filter(survey__in=_mine(actor).filter(code=code))
        if verdict := query.get("verdict"):
            rows = rows.filter(finding__verdict=verdict)
        return Response(page(request, out.Answer, rows, query, falling=False))


class AnswersCsv(Endpoint):
    @described(
        "survey_answers_csv",
        "The answer for every file as CSV, sent while it is read; once all are answered."
        " `cleared`, `conditions` and `repairs` are JSON, as in the list",
        gives=OpenApiTypes.STR,
        media="text/csv",
    )
    def get(self, request: Request, code: str) -> StreamingHttpResponse:
        found = _mine(actor_of(request)).filter(code=code).first()
        if found is None:
            raise NotFound
        if found.is_live:  # a part would be taken for the whole
            raise Conflict(_("Files are still being answered; ask again once all are."))
        header = [*_COLUMNS, "cleared", "conditions", "repairs"]
        return csv_response(f"library-{code}.csv", header, _lines(found), for_programs=True)


class CancelSurvey(Endpoint):
    @described(
        "surveys_cancel",
        "Answer no further; what is answered stays",
        takes=Nothing,
        gives=out.Survey,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        read(request, Nothing)
        actor = actor_of(request)

        def act() -> Response:
            cancel_survey(actor=actor, code=code)
            return Response(_shown(actor, code))

        return once(request, request.data, act)


_COLUMNS = ("asset", "title", "name", "duration_ms", "verdict", "reasons")


def _lines(found: Survey) -> Iterator[list[Cell]]:
    """Yield a line for each file, in the order in which files were registered."""
    answers = found.answers.order_by("pk").values_list(
        "asset__code",
        "asset__title__code",
        "asset__title__name",
        "asset__facts",
        "finding__verdict",
        "finding__reasons",
        "finding",
    )
    lists: dict[int, list[Cell]] = {}
    for asset, title, name, facts, verdict, reasons, finding in answers.iterator(chunk_size=2_000):
        if (said := lists.get(finding)) is None:
            said = _said(found.findings.get(pk=finding))
            if len(lists) < _KNOWN:
                lists[finding] = said
        yield [asset, title, name, facts.get("duration_ms"), verdict, reasons, *said]


def _said(finding: SurveyFinding) -> list[Cell]:
    return [
        json.dumps(each, ensure_ascii=False, separators=(",", ":"))
        for each in (finding.cleared, finding.conditions, finding.repairs)
    ]


def _mine(actor: Actor) -> Any:
    return Survey.objects.visible_to(actor)


def _shown(actor: Actor, code: str) -> dict[str, Any]:
    return one(out.Survey, _mine(actor).filter(code=code))
