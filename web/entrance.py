"""Who may open a page: a member of an organisation, and what a refusal looks like as a page."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.access import Actor
from accounts.errors import NotAllowed, NotFound
from accounts.models import Organisation

type View = Callable[..., HttpResponseBase]


def actor_of(request: HttpRequest) -> Actor:
    """Return who asks, as the middleware found out."""
    actor: Actor = request.actor  # type: ignore[attr-defined] # set by ActorMiddleware
    return actor


def organisation_of(request: HttpRequest) -> Organisation:
    """Return the organisation of a view marked `member`."""
    organisation = actor_of(request).organisation
    assert organisation is not None  # noqa: S101 - `member` let nobody else in
    return organisation


def member(*kinds: str) -> Callable[[View], View]:
    """Open a view to members of organisations of these kinds; none named means of any kind.

    Others sign in first, or find no such page. NotFound and NotAllowed that leave the view become
    the pages 404 and 403.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, /, **parts: str | int) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(_page_of(request))
            organisation = actor_of(request).organisation
            if organisation is None:
                raise PermissionDenied
            if kinds and organisation.kind not in kinds:
                raise Http404
            # No code holds such characters, and PostgreSQL cannot even look for a NUL.
            if not all(str(part).isprintable() for part in parts.values()):
                raise Http404
            try:
                return view(request, **parts)
            except NotFound as error:
                raise Http404(str(error)) from error
            except NotAllowed as error:
                raise PermissionDenied(str(error)) from error

        return guarded

    return guard


def _page_of(request: HttpRequest) -> str:
    """Return the page to come back to after signing in: of a form, the page that it stood on."""
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    page = request.headers.get("Referer", "")
    hosts = {request.get_host()}
    if not url_has_allowed_host_and_scheme(page, hosts, require_https=request.is_secure()):
        return "/home/"
    return urlsplit(page)._replace(scheme="", netloc="").geturl()
