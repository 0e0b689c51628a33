"""The API's own description, and every address that does not exist."""

from functools import cache
from pathlib import Path
from typing import override

from django.http import Http404, HttpResponse
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.renderers import TemplateHTMLRenderer
from rest_framework.request import Request

from api.endpoint import PublicEndpoint

SNAPSHOT = Path(__file__).parent.parent / "schema.json"


class Schema(PublicEndpoint):
    """The committed description, which the tests hold to be that of the code."""

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(
            _snapshot(),
            content_type="application/vnd.oai.openapi+json;version=3.1",
            headers={"Cache-Control": "public, max-age=300"},
        )


class Docs(SpectacularSwaggerSplitView):
    """The description for people; its own page, because the supplied one holds inline styles."""

    authentication_classes = []
    permission_classes = [AllowAny]
    renderer_classes = [TemplateHTMLRenderer]
    template_name = "api/docs.html"
    url_name = "api:schema"


class NowhereElse(PublicEndpoint):
    """Any other address: a problem, also where Django would show its debugging page."""

    authentication_classes = []

    @override
    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        raise Http404


@cache
def _snapshot() -> bytes:
    return SNAPSHOT.read_bytes()
