"""The API's own description, and every address that does not exist."""

import json
from functools import cache
from pathlib import Path
from typing import override
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.permissions import SAFE_METHODS, AllowAny
from rest_framework.renderers import TemplateHTMLRenderer
from rest_framework.request import Request

from accounts.errors import NotFound
from api.endpoint import PublicEndpoint

SNAPSHOT = Path(__file__).parent.parent / "schema.json"
_EXAMPLE_SITE = b"SITE=http://127.0.0.1:8000"


class Schema(PublicEndpoint):
    """The committed description, which the tests hold to be that of the code, for this site."""

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(
            _snapshot(settings.BASE_URL),
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
    """Any other address: a problem that names the right one, where only a slash is wrong."""

    authentication_classes = []

    @override
    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        there = _with_or_without_slash(request.path)
        if there is None:
            raise NotFound(_("There is no such address in this API; see /api/v1/docs/."))
        raise NotFound(
            _("There is no such address; did you mean %(address)s?") % {"address": there}
        )

    @override
    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        answer = super().dispatch(request, *args, **kwargs)
        there = _with_or_without_slash(request.path)
        if there is None or answer.status_code != 404 or request.method not in SAFE_METHODS:
            return answer
        # What only reads goes there by itself. A body is not sent twice by everybody.
        query = request.META.get("QUERY_STRING", "")
        return HttpResponsePermanentRedirect(
            f"{there}?{query}" if query else there, preserve_request=True
        )


def _with_or_without_slash(path: str) -> str | None:
    """Return the address that exists beside this one, percent-encoded, or None."""
    other = path[:-1] if path.endswith("/") else f"{path}/"
    try:
        found = resolve(other)
    except Resolver404:
        return None
    return None if found.url_name is None else quote(other)


@cache
def _snapshot(site: str) -> bytes:
    """Return the committed description with this site's address in the calls to copy."""
    address = json.dumps(site)[1:-1].encode()
    return SNAPSHOT.read_bytes().replace(_EXAMPLE_SITE, b"SITE=" + address)
