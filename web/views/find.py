"""The search box: an edge code opens its object, a number its entry, words search what is yours."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import Actor, Permission
from accounts.errors import NotFound
from licensing.models import Grant
from licensing.offers.market import find_offered
from web.entrance import actor_of
from web.history import entry_address
from web.objects import find_code
from web.typed import read

# Where words are searched, by the kind of organisation.
_WORDS = {"studio": "/titles/", "talent": "/likenesses/", "lab": "/search/"}


@never_cache
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Open what was typed, or say why there is nothing to open.

    The answer for a code of somebody else is that for a code that nobody has.
    """
    query = request.GET.get("q", "").strip()[:200]
    actor, typed = actor_of(request), read(query)
    if typed.entry is not None:
        return redirect(entry_address(typed.entry))
    if typed.code and (address := _address(actor, typed.code)):
        return redirect(address)
    is_code = typed.mistyped or (typed.code != "" and not typed.doubtful)
    words = _words_address(actor, query)
    if query and not is_code and words:
        return redirect(words)
    context = {
        "query": query,
        "code": typed.code if is_code else "",
        "mistyped": typed.mistyped,
        "words": words,
        "is_member": actor.organisation is not None,
    }
    return render(request, "web/find/nothing.html", context, status=404 if is_code else 200)


def _address(actor: Actor, code: str) -> str:
    return find_code(actor, code) or _offered(actor, code) or _status(code)


def _status(code: str) -> str:
    """Return the page that tells everybody whether a grant stands, or ""."""
    return f"/grants/{code}/" if Grant.objects.filter(code=code).exists() else ""


def _offered(actor: Actor, code: str) -> str:
    """Return the page on which a lab sees what is offered of a title or likeness, or ""."""
    if not actor.may(Permission.SEARCH_MARKET):
        return ""
    owner = code.partition("+")[0]
    try:
        find_offered(actor, owner)
    except NotFound:
        return ""
    return f"/search/{owner}/"


def _words_address(actor: Actor, query: str) -> str:
    kind = actor.organisation.kind if actor.organisation else ""
    address = _WORDS.get(kind, "")
    return f"{address}?{urlencode({'q': query})}" if address else ""


urlpatterns: list[URLPattern] = [path("find/", find, name="find")]
