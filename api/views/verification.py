"""What anybody may ask: is this file authentic, does this grant stand, whom to trust."""

from functools import partial
from typing import Any, cast, override

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import ANONYMOUS, Actor
from api import problems
from api.authentication import ApiKeyAuthentication
from api.endpoint import Endpoint, PublicEndpoint, actor_of, read_query
from api.fields import Input, Instant, Text
from api.named import find_named
from api.outputs import provenance as out
from api.schema import operation
from api.throttling import ActorThrottle, FileThrottle
from api.views.assets import receive_body
from catalog.intake import Intake, too_large
from catalog.uploads import ReceivedFile, StreamingUploadHandler, sent_file, uploaded
from ledger.middleware import in_no_language
from provenance import status_lists
from provenance.slots import max_bytes_for
from provenance.status import grant_status
from provenance.status_tokens import MEDIA_TYPE as STATUS_LIST_TYPE
from provenance.trust.bundle import trust_bundle
from provenance.trust.pki import identity_anchor_pem, status_anchor_pem, trust_anchors_pem
from provenance.verification.report import verify_file

described = partial(operation, tag="verification")
_FORM = "multipart/form-data"
# What the form holds beside its files.
_FORM_BYTES = 2**20
_CACHEABLE = {"Cache-Control": "public, max-age=60"}


class VerifyQuery(Input):
    filename = Text(max_length=255, required=False, help_text="Only repeated in the report.")
    at = Instant(required=False, help_text="Whether the licence held then; without it, now.")
    crjson = serializers.BooleanField(
        default=False, help_text="Add what the reader found as C2PA's crJSON has it."
    )


class AtQuery(Input):
    at = Instant(required=False, help_text="What held then; without it, now.")


class Verify(PublicEndpoint):
    throttle_classes = [ActorThrottle, FileThrottle]

    @described(
        "verify",
        "Check a file: the body is the file, or a form with the parts `file` and `sidecar`",
        takes={
            "application/octet-stream": OpenApiTypes.BINARY,
            "multipart/form-data": {
                "type": "object",
                "properties": {
                    "file": {"type": "string", "contentMediaType": "application/octet-stream"},
                    "sidecar": {"type": "string", "contentMediaType": "application/c2pa"},
                },
                "required": ["file"],
            },
        },
        query=VerifyQuery,
        gives=out.Report,
        waits=True,
    )
    def post(self, request: Request) -> Response:
        query = read_query(request, VerifyQuery)
        if request._request.content_type == _FORM:  # noqa: SLF001 - DRF would parse it itself
            return _report_on_form(request, query)
        with receive_body(request, max_bytes=max_bytes_for(actor_of(request))) as intake:
            name, mime = query.get("filename", ""), request.content_type or ""
            return _report(request, intake, None, query, filename=name, mime=mime)

    @override
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.content_type != _FORM:
            return super().dispatch(request, *args, **kwargs)
        max_bytes = max_bytes_for(_asker(request))
        if int(request.META.get("CONTENT_LENGTH") or 0) > max_bytes + _FORM_BYTES:
            # The limit of each file would still let a form of many files fill the disk.
            return problems.problem_response(413, str(too_large(max_bytes)))
        # First of all: whoever reads the form first, be it for a token, fills these handlers.
        handler = StreamingUploadHandler(request, max_bytes=max_bytes)
        request.upload_handlers = [handler]
        try:
            return super().dispatch(request, *args, **kwargs)
        finally:
            handler.close()


def _asker(request: HttpRequest) -> Actor:
    """Return who asks, before anything of the form is read; a key that is none is refused later."""
    try:
        known = ApiKeyAuthentication().authenticate(Request(request))
    except AuthenticationFailed:
        return ANONYMOUS
    actor: Actor = known[0] if known else request.actor  # type: ignore[attr-defined]
    return actor


def _report_on_form(request: Request, query: dict[str, Any]) -> Response:
    form = request._request  # noqa: SLF001
    file = uploaded(form, "file")
    sent = cast("ReceivedFile", form.FILES["file"])
    beside = sent_file(form, "sidecar")
    sidecar = beside.intake if beside is not None else None
    name = query.get("filename", sent.name or "")
    mime = sent.content_type or ""
    return _report(request, file, sidecar, query, filename=name[:255], mime=mime)


def _report(
    request: Request,
    file: Intake,
    sidecar: Intake | None,
    query: dict[str, Any],
    *,
    filename: str,
    mime: str,
) -> Response:
    # Of one moment: an answer that was kept for an Idempotency-Key would be told when it is false.
    report = verify_file(
        file.path,
        filename=filename,
        mime=mime,
        actor=actor_of(request),
        sidecar=sidecar.path if sidecar else None,
        sha256=file.sha256,
        at=query.get("at"),
        crjson=query["crjson"],
    )
    return Response(report.as_json())


class Status(PublicEndpoint):
    authentication_classes = [ApiKeyAuthentication]  # no session: caches keep one for everybody

    @described(
        "status", "Whether a grant stands, now or at a time", query=AtQuery, gives=out.GrantStatus
    )
    def get(self, request: Request, code: str) -> Response:
        at = read_query(request, AtQuery).get("at")
        return in_no_language(Response(grant_status(code, at), headers=_CACHEABLE))


class StatusLists(PublicEndpoint):
    @described(
        "status_lists",
        "The addresses of all status lists",
        gives=out.StatusLists,
    )
    def get(self, request: Request) -> Response:
        uris = [status_lists.uri_of(number) for number in status_lists.numbers()]
        return Response({"status_lists": uris}, headers=_CACHEABLE)


class StatusList(PublicEndpoint):
    authentication_classes = []  # the same for everybody: caches on the way may keep it

    @described(
        "status_list",
        "The state of many grants at once: a status list token (JWT), by the index that a"
        " credential names",
        gives=OpenApiTypes.STR,
        media=STATUS_LIST_TYPE,
        waits=True,
    )
    def get(self, request: Request, number: int) -> HttpResponseBase:
        etag = f'"{status_lists.etag_of(number)}"'
        headers = {**_CACHEABLE, "ETag": etag}
        if get_conditional_response(request._request, etag=etag):  # noqa: SLF001
            return in_no_language(HttpResponse(status=304, headers=headers))
        token = status_lists.token_of(number)
        answer = HttpResponse(token, content_type=STATUS_LIST_TYPE, headers=headers)
        return in_no_language(answer)


class TrustAnchors(PublicEndpoint):
    @described(
        "trust_anchors",
        "The roots that a verifier of our credentials needs, PEM",
        gives=OpenApiTypes.STR,
        media="application/x-pem-file",
    )
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(
            trust_anchors_pem(), content_type="application/x-pem-file", headers=_CACHEABLE
        )


class IdentityAnchors(PublicEndpoint):
    @described(
        "identity_anchors",
        "The root under which licensors sign what credentials say of their rights (a reader's list"
        " of kind `cawg`, and no other)",
        gives=OpenApiTypes.STR,
        media="application/x-pem-file",
    )
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(
            identity_anchor_pem(), content_type="application/x-pem-file", headers=_CACHEABLE
        )


class StatusAnchors(PublicEndpoint):
    @described(
        "status_anchors",
        "The root under which status lists are signed, for them alone",
        gives=OpenApiTypes.STR,
        media="application/x-pem-file",
    )
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(
            status_anchor_pem(), content_type="application/x-pem-file", headers=_CACHEABLE
        )


class TrustBundle(PublicEndpoint):
    @described(
        "trust_bundle",
        "What checks our files offline: roots by what they are for, and the log's keys"
        " (`edgecode verify FILE --trust`)",
        gives=OpenApiTypes.STR,
        media="application/x-pem-file",
    )
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(
            trust_bundle(), content_type="application/x-pem-file", headers=_CACHEABLE
        )


class Code(Endpoint):
    @described("codes_read", "What an edge code names, for who asks", gives=out.NamedObject)
    def get(self, request: Request, code: str) -> Response:
        return Response(find_named(actor_of(request), code))
