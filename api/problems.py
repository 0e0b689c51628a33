"""Every error of the API as RFC 9457 problem details."""

from collections.abc import Mapping
from typing import Any

import orjson
from django.core.exceptions import (
    BadRequest,
    DisallowedHost,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from accounts.errors import DomainError

CONTENT_TYPE = "application/problem+json"

TITLES = {
    400: "Bad request",
    401: "Not authenticated",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    411: "Length required",
    413: "Too large",
    415: "Unsupported media type",
    416: "Range not satisfiable",
    422: "Invalid",
    429: "Too many requests",
    500: "Internal error",
    503: "Not ready",
}

_UNREADABLE = (BadRequest, SuspiciousOperation, MultiPartParserError, UnreadablePostError)


def body(status: int, detail: str, errors: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """Return the members of a problem: type, title, status, detail, and per-field errors."""
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
    }
    return problem | ({"errors": errors} if errors else {})


def handle_exception(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler. None (an unforeseen error) goes on to `server_error`."""
    headers: dict[str, str] = {}
    errors: list[dict[str, str]] | None = None
    if isinstance(error, DomainError):
        status, detail = error.status, str(error)
        if error.field:
            errors = [{"field": error.field, "message": str(error.message)}]
        if error.retry_after_s is not None:
            headers["Retry-After"] = str(error.retry_after_s)
    elif isinstance(error, exceptions.ValidationError):
        status = 422
        errors = _flatten(error.detail)
        detail = "; ".join(f"{item['field']}: {item['message']}" for item in errors)
    elif isinstance(error, exceptions.APIException):
        status, detail = error.status_code, str(error.detail)
        headers = _headers(error)
    elif isinstance(error, Http404):
        status, detail = 404, "There is no such thing here."
    elif isinstance(error, PermissionDenied):
        status, detail = 403, "You may not do this."
    elif isinstance(error, RequestDataTooBig):
        status, detail = 413, "The body is too large."
    elif isinstance(error, _UNREADABLE):
        status, detail = 400, "The request cannot be read."
    else:
        return None
    set_rollback()
    return Response(
        body(status, detail, errors), status=status, headers=headers, content_type=CONTENT_TYPE
    )


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith("/api/"):
        return problem_response(404, "There is no such address in this API; see /api/v1/docs/.")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if request.path.startswith("/api/"):
        return problem_response(500, "Something failed on our side; it has been logged.")
    return defaults.server_error(request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith("/api/"):
        if isinstance(exception, DisallowedHost):
            return problem_response(400, "The Host header names a site that this is not.")
        return problem_response(400, "The request cannot be read.")
    return defaults.bad_request(request, exception)


def problem_response(status: int, detail: str) -> HttpResponse:
    """Return a problem outside of DRF's views."""
    return HttpResponse(
        orjson.dumps(body(status, detail)), status=status, content_type=CONTENT_TYPE
    )


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if (wait := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait) + 1)
    return headers


def _below(path: str, key: object) -> str:
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else str(key)


def _flatten(detail: Any, path: str = "") -> list[dict[str, str]]:
    if isinstance(detail, dict):
        return [
            item for key, value in detail.items() for item in _flatten(value, _below(path, key))
        ]
    if isinstance(detail, list) and any(isinstance(value, dict | list) for value in detail):
        return [
            item
            for index, value in enumerate(detail)
            for item in _flatten(value, f"{path}[{index}]")
        ]
    messages = detail if isinstance(detail, list) else [detail]
    field = path.removesuffix("non_field_errors").removesuffix(".")  # of what it stands in
    return [{"field": field, "message": str(message)} for message in messages]
