"""Giving a browser a stored file, whole or by the one range that players ask for (RFC 9110)."""

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from catalog.objects import object_store
from catalog.ranges import span_of


def send_object(request: HttpRequest, key: str, mime: str) -> HttpResponseBase:
    """Return 200, 206 or 416 for the object under `key`; 404 when it is gone.

    For keys that hold the hash of their content: the browser may keep what it got.
    """
    store = object_store()
    try:
        size = store.size(key)
    except FileNotFoundError as error:
        raise Http404 from error
    span = span_of(request, size)
    if span is None:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    start, length = span
    whole = length == size
    response = StreamingHttpResponse(
        store.read_range(key, start, length), status=200 if whole else 206, content_type=mime
    )
    response["Content-Length"] = str(length)
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, max-age=86400"
    if not whole:
        response["Content-Range"] = f"bytes {start}-{start + length - 1}/{size}"
    return response
