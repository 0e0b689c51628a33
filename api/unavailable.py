"""What does not answer just now, said as what it is: 503, and when to ask again."""

import errno
import sqlite3
import sys
from collections.abc import Callable
from typing import Final

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from accounts.errors import Text, Unavailable
from api import problems

_DATABASE_RETRY_SECONDS: Final = 5
_ROOM_RETRY_SECONDS: Final = 300
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


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
        return _answer(request, error.message, error.retry_after_s)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer what nobody foresaw: 500, or 503 where the database was only busy or a disk full."""
    error = sys.exception()
    if _may_pass(error):
        said = _("The database does not answer just now. Try again in a moment.")
        return _answer(request, said, _DATABASE_RETRY_SECONDS)
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        said = _("There is no room for more just now. Nothing is lost; try again later.")
        return _answer(request, said, _ROOM_RETRY_SECONDS)
    return problems.server_error(request)


def _may_pass(error: BaseException | None) -> bool:
    """Return whether the same may succeed soon: somebody else wrote for too long, a connection to
    PostgreSQL was lost, or none was free."""
    if not isinstance(error, OperationalError):
        return False
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        return cause.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    return True


def _answer(request: HttpRequest, said: Text, retry_after_s: int) -> HttpResponse:
    if request.path.startswith("/api/"):
        answer = problems.problem_response(503, str(said))
    else:
        # Without the request: what it knows of its reader may be out of reach, too.
        answer = HttpResponse(render_to_string("503.html", {"said": said}), status=503)
    answer["Retry-After"] = str(retry_after_s)
    return answer
