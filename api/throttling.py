"""How often one caller may call: per key or person, or per address when unknown."""

from typing import TYPE_CHECKING, override

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts import pace
from accounts.access import ANONYMOUS, Actor

if TYPE_CHECKING:
    # DRF imports this module while it makes that class.
    from rest_framework.views import APIView


class WindowThrottle(BaseThrottle):
    """At most `limit` calls in each `seconds`: one counter per caller and window."""

    name = "all"
    seconds = 60
    _wait = 0.0

    def limit(self, request: Request) -> int:
        raise NotImplementedError

    def whom(self, request: Request) -> str:
        return caller(request)

    @override
    def allow_request(self, request: Request, view: "APIView") -> bool:
        whom, limit = self.whom(request), self.limit(request)
        wait = pace.wait_of(self.name, whom, limit=limit, seconds=self.seconds)
        self._wait = wait or 0.0
        return wait is None

    @override
    def wait(self) -> float:
        return self._wait


class ActorThrottle(WindowThrottle):
    """The usual pace; the settings say it."""

    @override
    def limit(self, request: Request) -> int:
        env = settings.ENV
        known = isinstance(request.user, Actor) and request.user.organisation is not None
        return env.throttle_actor_per_minute if known else env.throttle_anonymous_per_minute


class SignUpThrottle(WindowThrottle):
    """Organisations signed up from one address."""

    name = "sign-up"
    seconds = 3600

    @override
    def limit(self, request: Request) -> int:
        return 20

    @override
    def whom(self, request: Request) -> str:
        return address(request)


class FileThrottle(WindowThrottle):
    """Files that strangers have looked at: each costs seconds of a processor."""

    name = "file"

    @override
    def limit(self, request: Request) -> int:
        known = isinstance(request.user, Actor) and request.user.organisation is not None
        return settings.ENV.throttle_actor_per_minute if known else 20


class SightingThrottle(WindowThrottle):
    """Sightings reported, here and by the page."""

    name = pace.SIGHTINGS
    seconds = pace.SIGHTINGS_SECONDS

    @override
    def limit(self, request: Request) -> int:
        return pace.sightings_of(_actor(request))

    @override
    def whom(self, request: Request) -> str:
        return pace.organisation_or_address(_actor(request), request.META)


class PasswordThrottle(WindowThrottle):
    """Tries at a password from one address; counted before the password is looked at."""

    name = "password"

    @override
    def limit(self, request: Request) -> int:
        return 10

    @override
    def whom(self, request: Request) -> str:
        return address(request)


def caller(request: Request) -> str:
    """Return a name for who calls: `key:…`, `user:…`, or the address of somebody unknown."""
    actor: object = request.user
    if isinstance(actor, Actor) and actor.api_key:
        return f"key:{actor.api_key.prefix}"
    if isinstance(actor, Actor) and actor.user and actor.organisation:
        return f"user:{actor.user.pk}:{actor.organisation.code}"
    return address(request)


def address(request: Request) -> str:
    return pace.address(request.META)


def _actor(request: Request) -> Actor:
    actor: object = request.user
    return actor if isinstance(actor, Actor) else ANONYMOUS
