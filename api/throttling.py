"""How often one caller may call: per key or person, or per address when unknown."""

import time
from typing import TYPE_CHECKING, override

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.access import Actor

if TYPE_CHECKING:
    # DRF imports this module while it makes that class.
    from rest_framework.views import APIView


class WindowThrottle(BaseThrottle):
    """At most `limit` calls in each `seconds`: one counter per caller and window."""

    name = "all"
    seconds = 60
    _ends_at = 0.0

    def limit(self, request: Request) -> int:
        raise NotImplementedError

    def whom(self, request: Request) -> str:
        return caller(request)

    @override
    def allow_request(self, request: Request, view: "APIView") -> bool:
        now = time.time()
        window = int(now // self.seconds)
        self._ends_at = (window + 1) * self.seconds
        key = f"throttle:{self.name}:{self.whom(request)}:{window}"
        cache.add(key, 0, timeout=self.seconds * 2)
        try:
            return cache.incr(key) <= self.limit(request)
        except ValueError:  # the entry was evicted between the two calls
            return True

    @override
    def wait(self) -> float:
        return max(self._ends_at - time.time(), 0.0)


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
    """Sightings reported: each is a row in the log that a licensor has to look at."""

    name = "sighting"
    seconds = 3600

    @override
    def limit(self, request: Request) -> int:
        known = isinstance(request.user, Actor) and request.user.organisation is not None
        return 1000 if known else 20


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
    return f"address:{request.META.get('REMOTE_ADDR', '')}"
