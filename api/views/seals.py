"""The sealed agreement of a deal."""

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request

from accounts.errors import NotFound
from api.endpoint import Endpoint, actor_of
from api.schema import operation
from catalog.objects import object_store
from licensing.models import Agreement
from provenance.seals import sealed


class AgreementSigned(Endpoint):
    @operation(
        "deals_agreement_signed",
        "The agreement with a PAdES signature behind it",
        tag="licensing",
        gives=OpenApiTypes.BINARY,
        media="application/pdf",
        waits=True,
    )
    def get(self, request: Request, code: str) -> FileResponse:
        rows = Agreement.objects.visible_to(actor_of(request))
        agreement = rows.filter(deal__code=code).first()
        if agreement is None:
            raise NotFound
        return FileResponse(
            object_store().open(sealed(agreement)),
            content_type="application/pdf",
            filename=f"agreement-{code}-signed.pdf",
            headers={"Cache-Control": "private, no-cache"},
        )
