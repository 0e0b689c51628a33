"""What a person reads at an address that takes only what a form sends."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render


class SayOnlyForms:
    """Give the empty answer 405 the words of a page, where a browser asks for one.

    People come there by loading a page anew after a refused form, or by an old bookmark.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        is_asked_by_browser = "text/html" in request.headers.get("Accept", "")
        if response.status_code != 405 or request.method != "GET" or not is_asked_by_browser:
            return response
        page = render(request, "405.html", status=405)
        page.headers["Allow"] = response.headers["Allow"]
        return page
