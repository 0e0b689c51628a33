"""Giving out a signed file, over its link, on a page or in the API: whole or by range."""

from collections.abc import Iterator
from itertools import chain
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from catalog.ranges import Span, span_of
from provenance.credentials.delivery import Download


def given(request: HttpRequest, download: Download) -> HttpResponseBase:
    """Return a file to be saved, what is asked for of it. 200, 206, 304; 416 without a word."""
    size, etag = download.size, f'"{download.tag}"'
    if request.headers.get("If-None-Match") == etag:
        return _with_headers(HttpResponse(status=304), download, etag)
    span = span_of(request, size, etag)
    if span is None:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    whole = span.length == size
    response = StreamingHttpResponse(
        _chunks(request, download, span), status=200 if whole else 206, content_type=download.mime
    )
    response["Content-Length"] = str(span.length)
    if not whole:
        last = span.start + span.length - 1
        response["Content-Range"] = f"bytes {span.start}-{last}/{size}"
    return _with_headers(response, download, etag)


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
