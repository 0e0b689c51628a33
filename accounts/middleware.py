"""Puts the actor on every request: `request.actor`, looked up when first asked for.

And keeps what somebody known was shown out of every cache, but where the view says otherwise.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import SimpleLazyObject

from accounts.access import ANONYMOUS, Actor, for_membership
from accounts.models import Membership

SESSION_KEY = "organisation"


class ActorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.actor = SimpleLazyObject(lambda: session_actor(request))  # type: ignore[attr-defined]
        response = self.get_response(request)
        known = (
            settings.SESSION_COOKIE_NAME in request.COOKIES or "Authorization" in request.headers
        )
        if known and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        return response


def session_actor(request: HttpRequest) -> Actor:
    """Return the logged-in person in the organisation chosen last, or ANONYMOUS."""
    if not request.user.is_authenticated:
        return ANONYMOUS
    memberships = Membership.objects.select_related("organisation", "user").filter(
        user=request.user
    )
    chosen = request.session.get(SESSION_KEY)
    found = (chosen and memberships.filter(organisation__code=chosen).first()) or (
        memberships.order_by("pk").first()
    )
    return for_membership(found) if found else ANONYMOUS
