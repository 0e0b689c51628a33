"""What licensees made under grants and consents: declared, signed, disputed."""

from functools import partial
from typing import Any

from django.conf import settings
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Actor, Permission, require
from api.authentication import ApiKeyAuthentication
from api.deliver import given
from api.endpoint import Endpoint, PublicEndpoint, actor_of, read, read_query
from api.fields import Nothing
from api.idempotency import once, repeatable
from api.inputs import outputs as forms
from api.outputs import outputs as out
from api.paging import page
from api.schema import operation, pages_of
from api.shapes import one, rows
from api.views.assets import HASH_HEADER, receive_body
from api.views.verification import AtQuery
from ledger.middleware import in_no_language
from provenance.models import Output, OutputFile
from provenance.outputs.declaring import (
    Source,
    Under,
    declare_output,
    find_output,
    is_maker,
    receive_output,
)
from provenance.outputs.disputes import dispute_output, withdraw_dispute
from provenance.outputs.files import output_file, output_manifest
from provenance.outputs.members import proofs_told
from provenance.outputs.reading import (
    consents_for,
    disputes_for,
    outputs_for,
    sources_for,
    with_signed,
)
from provenance.outputs.updates import output_status, update_output

described = partial(operation, tag="outputs")
_CACHEABLE = {"Cache-Control": "public, max-age=30"}


class OutputFiles(Endpoint):
    @described(
        "output_files_create",
        "Send a file that is to be declared: the body is the file",
        takes={"application/octet-stream": OpenApiTypes.BINARY},
        query=forms.OutputFileQuery,
        gives=out.OutputFile,
        status=(200,),
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
        query, actor = read_query(request, forms.OutputFileQuery), actor_of(request)
        require(actor, Permission.DECLARE_OUTPUTS)
        with receive_body(request, max_bytes=settings.ENV.upload_max_bytes) as intake:

            def act() -> Response:
                file = receive_output(actor=actor, intake=intake, **query)
                return Response(one(out.OutputFile, OutputFile.objects.filter(pk=file.pk)))

            return repeatable(request, {"sha256": intake.sha256}, act)


class Outputs(Endpoint):
    @described(
        "outputs_list",
        "What you made under grants and consents, and what others made with what is yours",
        gives=pages_of(out.Output),
        query=forms.OutputQuery,
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, forms.OutputQuery)
        found = outputs_for(
            actor_of(request), side=query.get("side", ""), grant=query.get("grant", "")
        )
        return Response(page(request, out.Output, found, query))

    @described(
        "outputs_create",
        "Declare a work; it is signed soon after, and refused where a term does not fit",
        takes=forms.NewOutput,
        gives=out.OutputDetail,
        status=(201,),
        post=True,
    )
    def post(self, request: Request) -> Response:
        data, actor = read(request, forms.NewOutput), actor_of(request)
        sources = [Source(**each) for each in data.pop("sources", [])]
        consents = [Under(**each) for each in data.pop("consents", [])]

        def act() -> Response:
            made = declare_output(actor=actor, sources=sources, consents=consents, **data)
            return Response(_detail(actor, made.code), status=201)

        return once(request, request.data, act)


class OutputView(Endpoint):
    @described("outputs_read", "One output, with what is yours of it", gives=out.OutputDetail)
    def get(self, request: Request, code: str) -> Response:
        return Response(_detail(actor_of(request), code))


class UpdateOutput(Endpoint):
    @described(
        "outputs_update",
        "Sign a later manifest in which consents that have ended are struck out",
        takes=Nothing,
        gives=out.OutputDetail,
        post=True,
        waits=True,
    )
    def post(self, request: Request, code: str) -> Response:
        read(request, Nothing)
        actor = actor_of(request)

        def act() -> Response:
            update_output(actor=actor, code=code)
            return Response(_detail(actor, code))

        return once(request, request.data, act)


class DisputeOutput(Endpoint):
    @described(
        "outputs_dispute",
        "Say that an output is not as was declared",
        takes=forms.Dispute,
        gives=out.OutputDetail,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data, actor = read(request, forms.Dispute), actor_of(request)

        def act() -> Response:
            dispute_output(actor=actor, code=code, **data)
            return Response(_detail(actor, code))

        return once(request, request.data, act)


class WithdrawDispute(Endpoint):
    @described(
        "outputs_withdraw_dispute",
        "Dispute an output no longer",
        takes=Nothing,
        gives=out.OutputDetail,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        read(request, Nothing)
        actor = actor_of(request)

        def act() -> Response:
            withdraw_dispute(actor=actor, code=code)
            return Response(_detail(actor, code))

        return once(request, request.data, act)


class SignedFile(Endpoint):
    @described(
        "outputs_file",
        "The signed file",
        gives=OpenApiTypes.BINARY,
        media="application/octet-stream",
        status=(200, 206),
        waits=True,
    )
    def get(self, request: Request, code: str) -> HttpResponseBase:
        return given(request._request, output_file(actor_of(request), code))  # noqa: SLF001


class SignedManifest(Endpoint):
    @described(
        "outputs_manifest",
        "The newest manifest, as it stands beside the file",
        gives=OpenApiTypes.BINARY,
        media="application/c2pa",
        status=(200, 206),
    )
    def get(self, request: Request, code: str) -> HttpResponseBase:
        return given(request._request, output_manifest(actor_of(request), code))  # noqa: SLF001


class Members(Endpoint):
    @described(
        "outputs_members",
        "The proof that a granted file is among those that an output was made with",
        gives=out.MemberProofs,
        query=forms.MemberQuery,
    )
    def get(self, request: Request, code: str, grant: str) -> Response:
        file = read_query(request, forms.MemberQuery)["file"]
        return Response(proofs_told(actor_of(request), code, grant, file))


class Status(PublicEndpoint):
    authentication_classes = [ApiKeyAuthentication]  # no session: caches keep one for everybody

    @described(
        "outputs_status",
        "How an output stands, now or at a time",
        query=AtQuery,
        gives=out.OutputStatus,
    )
    def get(self, request: Request, code: str) -> Response:
        at = read_query(request, AtQuery).get("at")
        return in_no_language(Response(output_status(code, at), headers=_CACHEABLE))


def _detail(actor: Actor, code: str) -> dict[str, Any]:
    output = find_output(actor, code)
    shown = one(out.OutputDetail, with_signed(actor, Output.objects.filter(pk=output.pk)))
    updates = output.updates.order_by("-number")
    return shown | {
        "sources": rows(out.OutputSource, sources_for(actor, output)),
        "consents": rows(out.OutputConsent, consents_for(actor, output)),
        "disputes": rows(out.OutputDispute, disputes_for(actor, output)),
        "updates": rows(out.OutputUpdate, updates if is_maker(actor, output) else updates.none()),
    }
