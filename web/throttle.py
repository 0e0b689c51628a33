"""How often strangers may do what costs much: counted per address, in fixed windows."""

import time
from contextlib import suppress

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def too_many(
    request: HttpRequest, what: str, *, limit: int, window_seconds: int
) -> HttpResponse | None:
    """Count this act of the request's address; return None, or the page that says to wait.

    `what` names the act; at most `limit` a window pass.
    """
    now = time.time()
    window = int(now // window_seconds)
    key = f"{what}:{request.META.get('REMOTE_ADDR', '')}:{window}"
    cache.add(key, 0, timeout=2 * window_seconds)
    with suppress(ValueError):  # the entry was evicted between the two calls
        if cache.incr(key) > limit:
            wait = max(int((window + 1) * window_seconds - now), 1)
            response = render(request, "web/too_many.html", {"wait": wait}, status=429)
            response["Retry-After"] = str(wait)
            return response
    return None
