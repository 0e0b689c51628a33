"""Documents that facts rest on: handed in, listed, given back."""

from datetime import timedelta
from functools import partial

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Permission, require
from api.endpoint import Endpoint, actor_of, read_query
from api.idempotency import repeatable
from api.inputs.works import PaperQuery
from api.outputs import works as out
from api.paging import PageQuery, page
from api.schema import operation, pages_of
from api.shapes import one
from api.views.assets import HASH_HEADER, receive_body
from catalog.evidence import (
    LINK_SECONDS,
    MAX_BYTES,
    evidence_link,
    get_evidence,
    hand_in_evidence,
    read_evidence,
)
from catalog.models import Evidence

described = partial(operation, tag="catalogue")


class Papers(Endpoint):
    @described(
        "evidence_list", "Documents handed in", gives=pages_of(out.Evidence), query=PageQuery
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, PageQuery)
        found = Evidence.objects.visible_to(actor_of(request))
        return Response(page(request, out.Evidence, found, query))

    @described(
        "evidence_create",
        "Hand in a document: the body is the file, a PDF or a picture",
        takes={"application/octet-stream": OpenApiTypes.BINARY},
        query=PaperQuery,
        gives=out.Evidence,
        status=(200, 201),
        post=True,
        extra=(
            OpenApiParameter(
                HASH_HEADER,
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="SHA-256 of the file in hex; what arrives must have it.",
            ),
        ),
        waits=True,
    )
    def post(self, request: Request) -> Response:
        query = read_query(request, PaperQuery)
        actor = actor_of(request)
        require(actor, Permission.EDIT_LIKENESSES)
        with receive_body(request, max_bytes=MAX_BYTES) as intake:

            def act() -> Response:
                paper, is_new = hand_in_evidence(actor=actor, intake=intake, **query)
                shown = one(out.Evidence, Evidence.objects.filter(pk=paper.pk))
                return Response(shown, status=201 if is_new else 200)

            return repeatable(request, {"sha256": intake.sha256}, act)


class PaperView(Endpoint):
    @described("evidence_read", "One document", gives=out.Evidence)
    def get(self, request: Request, code: str) -> Response:
        found = Evidence.objects.visible_to(actor_of(request)).filter(code=code)
        return Response(one(out.Evidence, found))


class PaperLink(Endpoint):
    @described("evidence_link", "A link to the document that lives some minutes", gives=out.Link)
    def get(self, request: Request, code: str) -> Response:
        link = evidence_link(actor_of(request), code)
        until = timezone.now() + timedelta(seconds=LINK_SECONDS)
        return Response({"url": request.build_absolute_uri(link.url), "expires_at": until})


class PaperFile(Endpoint):
    @described(
        "evidence_file",
        "The document itself",
        gives=OpenApiTypes.BINARY,
        media="application/octet-stream",
        waits=True,
    )
    def get(self, request: Request, code: str) -> StreamingHttpResponse:
        paper = get_evidence(actor_of(request), code)
        response = StreamingHttpResponse(
            read_evidence(paper), content_type="application/octet-stream"
        )
        response["Content-Length"] = str(paper.size_bytes)
        name = content_disposition_header(as_attachment=True, filename=paper.filename)
        response["Content-Disposition"] = name or "attachment"
        return response
