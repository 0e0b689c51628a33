"""Where files were seen: anybody reports it, the licensor decides."""

from functools import partial
from typing import Any

from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Actor, Permission, require
from api.endpoint import Endpoint, PublicEndpoint, actor_of, organisation_of, read, read_query
from api.idempotency import once, prepared
from api.inputs import sightings as forms
from api.outputs import sightings as out
from api.paging import page
from api.parsers import RawFileParser
from api.schema import operation, pages_of
from api.shapes import one
from api.throttling import ActorThrottle, SightingThrottle
from api.views.assets import receive_body
from provenance.models import Sighting
from provenance.sightings.reading import seen_under
from provenance.sightings.reporting import (
    File,
    Report,
    dismiss_sighting,
    flag_sighting,
    look_at,
    record_sighting,
    told,
)
from provenance.sightings.scope import Seen
from provenance.slots import max_bytes_for

described = partial(operation, tag="sightings")


class _Reporting(PublicEndpoint):
    def get_throttles(self) -> list[Any]:
        reports = [SightingThrottle()] if self.request.method == "POST" else []
        return [ActorThrottle(), *reports]


class Sightings(_Reporting):
    @described(
        "sightings_list",
        "Where your files were seen, your copies of others', and works made with them",
        gives=pages_of(out.Sighting),
        query=forms.SightingQuery,
    )
    def get(self, request: Request) -> Response:
        query, actor = read_query(request, forms.SightingQuery), actor_of(request)
        organisation_of(actor)  # reporting is open to all, reading is not
        require(actor, Permission.VIEW)
        found = Sighting.objects.visible_to(actor)
        for name, column in (("state", "state"), ("answer", "answer"), ("output", "output__code")):
            if (value := query.get(name)) is not None:
                found = found.filter(**{column: value})
        if (grant := query.get("grant")) is not None:
            found = seen_under(found, grant)
        return Response(page(request, out.Sighting, found, query))

    @described(
        "sightings_report",
        "Report where a file was seen, by the name of its manifest",
        takes=forms.NewSighting,
        gives=out.Told,
        status=(201,),
        post=True,
    )
    def post(self, request: Request) -> Response:
        body, actor = read(request, forms.NewSighting), actor_of(request)
        named = body.pop("manifest_id")
        return prepared(
            request,
            {**body, "manifest_id": named},
            lambda: look_at(actor=actor, seen=Seen(**_seen(body)), manifest_id=named),
            partial(_recorded, actor),
        )


class SightingFile(_Reporting):
    parser_classes = [RawFileParser]

    @described(
        "sightings_report_file",
        "Report where a file was seen: the body is the file; it is not kept",
        takes={"application/octet-stream": OpenApiTypes.BINARY},
        query=forms.Seen,
        gives=out.Told,
        status=(201,),
        post=True,
        waits=True,
    )
    def post(self, request: Request) -> Response:
        query, actor = read_query(request, forms.Seen), actor_of(request)
        mime = (request.content_type or "").partition(";")[0].strip().lower()
        with receive_body(request, max_bytes=max_bytes_for(actor)) as intake:
            file = File(intake.path, intake.sha256, mime)
            return prepared(
                request,
                {**query, "file": intake.sha256},
                lambda: look_at(actor=actor, seen=Seen(**_seen(query)), file=file),
                partial(_recorded, actor),
            )


def _seen(given: dict[str, Any]) -> dict[str, Any]:
    return {"link": "", **given}


def _recorded(actor: Actor, report: Report) -> Response:
    sighting = record_sighting(actor=actor, report=report)
    heard = told(sighting, actor)
    said = {
        "code": sighting.code,
        "matched": heard.matched,
        "answer": heard.answer,
        "term": heard.term,
        "headline": str(heard.headline),
    }
    return Response(said, status=201)


class SightingView(Endpoint):
    @described("sightings_read", "One sighting", gives=out.Sighting)
    def get(self, request: Request, code: str) -> Response:
        return Response(_one(actor_of(request), code))


class DismissSighting(Endpoint):
    @described(
        "sightings_dismiss",
        "Find, as its licensor, nothing wrong in it",
        takes=forms.Decision,
        gives=out.Sighting,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        return _decide(request, code, dismiss_sighting)


class FlagSighting(Endpoint):
    @described(
        "sightings_flag",
        "Hold it, as its licensor, to be an incident",
        takes=forms.Decision,
        gives=out.Sighting,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        return _decide(request, code, flag_sighting)


def _decide(request: Request, code: str, verb: Any) -> Response:
    body, actor = read(request, forms.Decision), actor_of(request)

    def act() -> Response:
        verb(actor=actor, code=code, reason=body["reason"])
        return Response(_one(actor, code))

    return once(request, body, act)


def _one(actor: Actor, code: str) -> dict[str, Any]:
    return one(out.Sighting, Sighting.objects.visible_to(actor).filter(code=code))
