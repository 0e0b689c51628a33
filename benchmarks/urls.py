"""The product's addresses, and `/bare/`: the JSON that lies in PAGE, from a plain Django view."""

import json
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import path

from config import urls

PAGE = settings.VAR_DIR / "benchmark-page.json"


@cache
def _content() -> Any:
    return json.loads(PAGE.read_bytes())


def bare(_request: HttpRequest) -> JsonResponse:
    """Answer with the same bytes as the API, to the byte."""
    return JsonResponse(
        _content(), json_dumps_params={"separators": (",", ":"), "ensure_ascii": False}
    )


handler400, handler404, handler500 = urls.handler400, urls.handler404, urls.handler500
urlpatterns = [path("bare/", bare), *urls.urlpatterns]
