"""Giving out a signed file, over its link or in the API: whole or by range (RFC 9110, 14)."""

import re
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from accounts.errors import DomainError
from api.problems import problem_response
from provenance.delivery import Download, resolve

_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))")


class Span(NamedTuple):
    start: int
    length: int


@csrf_exempt  # nothing to forge; the refusal would put the link into the server's own log
@require_safe
def deliver(request: HttpRequest, token: str, filename: str) -> HttpResponseBase:
    """The file behind a delivery link. 200, 206, 304, 416; 403 once the link or grant has ended."""
    try:
        download = resolve(token)
    except DomainError as error:
        return _refused(request, error)
    return given(request, download)


def given(request: HttpRequest, download: Download) -> HttpResponseBase:
    """Return a file to be saved, what is asked for of it. 200, 206, 304, 416."""
    size, etag = download.size, f'"{download.tag}"'
    if request.headers.get("If-None-Match") == etag:
        return _with_headers(HttpResponse(status=304), download, etag)
    span = span_of(request, size, etag)
    if span is None:
        outside = problem_response(416, f"The file has {size} bytes; that range lies outside.")
        outside["Content-Range"] = f"bytes */{size}"
        return outside
    whole = span.length == size
    response = StreamingHttpResponse(
        _chunks(request, download, span), status=200 if whole else 206, content_type=download.mime
    )
    response["Content-Length"] = str(span.length)
    if not whole:
        last = span.start + span.length - 1
        response["Content-Range"] = f"bytes {span.start}-{last}/{size}"
    return _with_headers(response, download, etag)


def _refused(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Return a page to who opens the link in a browser, problem details to everybody else."""
    if request.get_preferred_type(["application/problem+json", "text/html"]) == "text/html":
        context = {"reason": error.message, "status": error.status}
        response = render(request, "web/grants/no_delivery.html", context, status=error.status)
    else:
        response = problem_response(error.status, str(error))
    response["Cache-Control"] = "private, no-store"
    patch_vary_headers(response, ["Accept"])
    return response


def _chunks(request: HttpRequest, download: Download, span: Span) -> Iterator[bytes]:
    if request.method == "HEAD" or span.length == 0:
        return iter(())
    chunks = download.read(span.start, span.length)
    # Before the answer begins: a store that is silent is an error still, not a file cut short.
    return chain([next(chunks, b"")], chunks)


def _with_headers(response: HttpResponseBase, download: Download, etag: str) -> HttpResponseBase:
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, no-store"
    # A licensed file is data to save, never a page of this site.
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(download.filename)}"
    response["ETag"] = etag
    return response


def span_of(request: HttpRequest, size: int, etag: str) -> Span | None:
    """Return what to send: all of it unless one satisfiable range is asked for; None for 416."""
    whole = Span(0, size)
    match = _RANGE.fullmatch(request.headers.get("Range", ""))
    if match is None or request.headers.get("If-Range", etag) != etag:
        return whole
    first, last, suffix = match.groups()
    if suffix is not None:
        length = min(int(suffix), size)
        return Span(size - length, length) if length else None
    start = int(first)
    end = min(int(last), size - 1) if last else size - 1
    return Span(start, end - start + 1) if start <= end else None


urlpatterns = [path("<str:token>/<str:filename>", deliver, name="deliver")]
