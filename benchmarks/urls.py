"""The product's addresses, and plain Django views to compare them with: `/bare/`, the JSON that
lies in PAGE, and `/bare-file/`, the file FILE."""

import json
from functools import cache
from typing import Any

from django.conf import settings
from django.http import FileResponse, HttpRequest, JsonResponse
from django.urls import path

from config import urls

PAGE = settings.VAR_DIR / "benchmark-page.json"
FILE = settings.VAR_DIR / "benchmark-file"


@cache
def _content() -> Any:
    return json.loads(PAGE.read_bytes())


def bare(_request: HttpRequest) -> JsonResponse:
    """Answer with the same bytes as the API, to the byte."""
    return JsonResponse(
        _content(), json_dumps_params={"separators": (",", ":"), "ensure_ascii": False}
    )


def bare_file(_request: HttpRequest) -> FileResponse:
    return FileResponse(FILE.open("rb"))


handler400, handler404, handler500 = urls.handler400, urls.handler404, urls.handler500
urlpatterns = [path("bare/", bare), path("bare-file/", bare_file), *urls.urlpatterns]
