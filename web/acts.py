"""Buttons without a form: press, let the verb decide, come back with its answer."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.functional import Promise

from accounts.errors import DomainError, NotAllowed, NotFound

type Text = str | Promise


def press(
    request: HttpRequest, verb: Callable[[], object], *, done: Text, back: str
) -> HttpResponseRedirect:
    """Run `verb` and return to the page `back` with `done`, or with why it was refused.

    NotFound and NotAllowed pass: they become pages of their own.
    """
    try:
        verb()
    except (NotFound, NotAllowed):
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, str(done))
    return see(back)


def see(address: str) -> HttpResponseRedirect:
    """Return the redirect that follows a POST: 303, so that the browser asks with GET."""
    response = HttpResponseRedirect(address)
    response.status_code = 303
    return response
