"""The folder store's own links: taking a part in, giving an object out. A bucket does both itself.

The link is the permission; no session and no key is looked at.
"""

from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts.errors import DomainError, NotFound
from api.problems import problem_response
from catalog.object_links import readable
from catalog.object_receiving import receive_part
from catalog.objects import object_store
from catalog.ranges import span_of


@csrf_exempt  # nothing to forge: the link is signed, and is no cookie
@require_http_methods(["PUT"])
def take_part(request: HttpRequest, token: str) -> HttpResponse:
    """Take the part that the link permits: 200, or a problem that says what is wrong with it."""
    length = request.headers.get("Content-Length", "")
    if not length.isdecimal():
        return problem_response(411, _("Send the part with a Content-Length, not in chunks."))
    try:
        receive_part(token, request, int(length))
    except DomainError as error:
        return problem_response(error.status, str(error))
    return HttpResponse()


@csrf_exempt
@require_safe
def give(request: HttpRequest, token: str, filename: str) -> HttpResponseBase:
    """The object behind a link, to be saved: 200, 206, 416; 404 and 403 for a link that is none
    or has expired."""
    store = object_store()
    try:
        key, saved_as = readable(token)
        facts = store.facts(key)
    except DomainError as error:
        return problem_response(error.status, str(error))
    except FileNotFoundError:
        return problem_response(404, str(NotFound()))
    etag = f'"{facts.etag}"'
    span = span_of(request, facts.size_bytes, etag)
    if span is None:
        said = _("The file has %(count)s bytes; that is outside.")
        outside = problem_response(416, said % {"count": facts.size_bytes})
        outside["Content-Range"] = f"bytes */{facts.size_bytes}"
        return outside
    whole = span.length == facts.size_bytes
    pieces = iter(()) if request.method == "HEAD" else store.read_range(key, *span)
    response = StreamingHttpResponse(
        pieces, status=200 if whole else 206, content_type="application/octet-stream"
    )
    response["Content-Length"] = str(span.length)
    if not whole:
        last = span.start + span.length - 1
        response["Content-Range"] = f"bytes {span.start}-{last}/{facts.size_bytes}"
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-store"
    # Data to save, never a page of this site.
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(saved_as)}"
    return response


urlpatterns = [
    path("parts/<str:token>", take_part, name="take-part"),
    path("<str:token>/<str:filename>", give, name="give-object"),
]
