"""How often somebody may do what costs much, as `accounts.pace` counts it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts import pace


def too_many(
    request: HttpRequest, what: str, *, limit: int, window_seconds: int, whom: str = ""
) -> HttpResponse | None:
    """Count this act of `whom`, or of the request's address; return None, or the page that says to
    wait.

    `what` names the act, for the API too; at most `limit` a window pass.
    """
    whom = whom or pace.address(request.META)
    wait = pace.wait_of(what, whom, limit=limit, seconds=window_seconds)
    if wait is None:
        return None
    seconds = max(int(wait), 1)
    response = render(request, "web/too_many.html", {"wait": seconds}, status=429)
    response["Retry-After"] = str(seconds)
    return response
