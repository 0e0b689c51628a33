"""Which bytes of a file are asked for: all of it, or the one range of a request (RFC 9110, 14)."""

import re
from typing import NamedTuple

from django.http import HttpRequest

_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))")


class Span(NamedTuple):
    start: int
    length: int


def span_of(request: HttpRequest, size: int, etag: str = "") -> Span | None:
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
