"""Signatures that were given on paper: brought in as files, and given back."""

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Permission, require
from accounts.errors import NotFound
from api.endpoint import Endpoint, actor_of, read_query
from api.idempotency import repeatable
from api.inputs import consents as forms
from api.outputs import consents as out
from api.views.assets import HASH_HEADER, receive_body
from api.views.consents import consent_detail, described
from catalog.evidence import MAX_BYTES
from catalog.models import Signature
from catalog.objects import object_store
from catalog.signing_on_paper import bring_signature


class Papers(Endpoint):
    @described(
        "consents_sign_on_paper",
        "Bring a signature that was given on paper: the body is the file that shows it",
        takes={"application/octet-stream": OpenApiTypes.BINARY},
        query=forms.PaperSignature,
        gives=out.ConsentDetail,
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
    def post(self, request: Request, code: str) -> Response:
        query, actor = read_query(request, forms.PaperSignature), actor_of(request)
        require(actor, Permission.EDIT_LIKENESSES)
        query["authority_code"] = query.pop("authority")
        with receive_body(request, max_bytes=MAX_BYTES) as intake:

            def act() -> Response:
                consent = bring_signature(actor=actor, code=code, intake=intake, **query)
                return Response(consent_detail(consent))

            return repeatable(request, {"sha256": intake.sha256}, act)


class PaperFile(Endpoint):
    @described(
        "consents_paper",
        "The file that shows a signature given on paper",
        gives=OpenApiTypes.BINARY,
        media="application/octet-stream",
        query=forms.PaperQuery,
        waits=True,
    )
    def get(self, request: Request, code: str) -> FileResponse:
        authority = read_query(request, forms.PaperQuery)["authority"]
        mine = Signature.objects.filter(
            consent__likeness__performer__organisation=actor_of(request).organisation
        )
        found = mine.filter(consent__code=code, authority__code=authority).first()
        if found is None or not found.document:
            raise NotFound
        return FileResponse(
            object_store().open(found.document["key"]),
            as_attachment=True,
            filename=found.document["filename"],
            content_type="application/octet-stream",
            headers={"Cache-Control": "private, no-store"},
        )
