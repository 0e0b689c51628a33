"""Giving out a signed file, over its link or in the API: what is wrong as a problem (RFC 9457)."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from accounts.errors import DomainError
from api.problems import problem_response
from provenance.credentials import giving
from provenance.credentials.delivery import Download, resolve


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
    answer = giving.given(request, download)
    if answer.status_code != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        return answer
    said = f"The file has {download.size} bytes; that range lies outside."
    outside = problem_response(answer.status_code, said)
    outside["Content-Range"] = answer["Content-Range"]
    return outside


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


urlpatterns = [path("<str:token>/<str:filename>", deliver, name="deliver")]
