"""How often one caller may call: per key or person, or per address when unknown."""

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from accounts.access import Actor


class ActorThrottle(SimpleRateThrottle):
    scope = "actor"

    def __init__(self) -> None:
        """The rate depends on the caller and is chosen per request."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        known = isinstance(request.user, Actor) and request.user.organisation is not None
        env = settings.ENV
        self.num_requests = (
            env.throttle_actor_per_minute if known else env.throttle_anonymous_per_minute
        )
        self.duration = 60
        self.rate = f"{self.num_requests}/min"
        return bool(super().allow_request(request, view))

    def get_cache_key(self, request: Request, view: APIView) -> str:  # noqa: ARG002
        return f"throttle:{caller(request)}"


def caller(request: Request) -> str:
    """Return a name for who calls: `key:…`, `user:…`, or the address of somebody unknown."""
    actor = request.user
    if isinstance(actor, Actor) and actor.api_key:
        return f"key:{actor.api_key.prefix}"
    if isinstance(actor, Actor) and actor.user and actor.organisation:
        return f"user:{actor.user.pk}:{actor.organisation.code}"
    return f"address:{request.META.get('REMOTE_ADDR', '')}"
