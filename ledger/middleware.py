"""The log's files are in no language: caches shall keep one of each, not one for every language
that readers may ask for."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

_MARK = "in_no_language"


def in_no_language[Answer: HttpResponseBase](response: Answer) -> Answer:
    """Mark an answer that is the same whatever language was asked for; return it."""
    setattr(response, _MARK, True)
    return response


class InNoLanguage:
    """Takes back what LocaleMiddleware, which stands inside of it, says of a marked answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if getattr(response, _MARK, False):
            del response["Content-Language"]
            names = [name.strip() for name in response.get("Vary", "").split(",")]
            rest = [name for name in names if name and name.lower() != "accept-language"]
            del response["Vary"]
            if rest:
                response["Vary"] = ", ".join(rest)
        return response
