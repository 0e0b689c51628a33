"""What scripts on pages of other sites may read: what is for anybody, so that a page can verify.

To any site, and so without credentials: a browser then sends no cookie, and as `Authorization` is
not among the headers that may be sent, no key either.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import ResolverMatch

_READ, _READ_AND_ASK = "GET, HEAD", "GET, HEAD, POST"
_OPEN = {
    "api:identity-anchors": _READ,
    "api:output-status": _READ,
    "api:status": _READ,
    "api:status-anchors": _READ,
    "api:status-list": _READ,
    "api:status-lists": _READ,
    "api:trust-anchors": _READ,
    "api:trust-bundle": _READ,
    "schemas:schema": _READ,
    "soft-binding:algorithms": _READ,
    "soft-binding:by-binding": _READ_AND_ASK,
    "soft-binding:capabilities": _READ,
    "soft-binding:held-manifest": _READ,
    "soft-binding:manifest": _READ,
    "soft-binding:receipts": _READ_AND_ASK,
    "soft-binding:status": _READ,
    "soft-binding:well-known": _READ,
}
_LOG = "ledger"
_ALLOW_ORIGIN = "Access-Control-Allow-Origin"
_PREFLIGHT_SECONDS = 86_400


class OpenToOtherSites:
    """Lets any site read the answers, errors too, and answers what browsers ask beforehand."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if _methods(request.resolver_match):
            response[_ALLOW_ORIGIN] = "*"
        return response

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        methods = _methods(request.resolver_match)
        if request.method != "OPTIONS" or not methods:
            return None
        headers = {
            "Allow": f"{methods}, OPTIONS",
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers": "Content-Type, If-None-Match",
            "Access-Control-Max-Age": str(_PREFLIGHT_SECONDS),
        }
        return HttpResponse(status=204, headers=headers)


def _methods(match: ResolverMatch | None) -> str:
    """Return what other sites may do at an address, "" for nothing."""
    if match is None:
        return ""
    return _READ if _LOG in match.namespaces else _OPEN.get(match.view_name, "")
