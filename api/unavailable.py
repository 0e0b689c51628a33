"""What does not answer just now, said as what it is: 503, and when to ask again."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from accounts.errors import Unavailable
from api.problems import problem_response


class SayUnavailable:
    """Answers for views that let Unavailable pass; those of the API have answers of their own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return a problem to a program, a page to a person; None for any other error."""
        if not isinstance(error, Unavailable):
            return None
        if request.path.startswith("/api/"):
            answer = problem_response(error.status, str(error.message))
        else:
            answer = render(request, "503.html", {"said": error.message}, status=error.status)
        answer["Retry-After"] = str(error.retry_after_s)
        return answer
