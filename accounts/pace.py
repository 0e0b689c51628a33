"""How often somebody may do what costs much: counted in fixed windows, by pages and API alike."""

import time
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_address
from typing import Any, Final

from django.conf import settings
from django.core.cache import cache

from accounts.access import Actor

# Sightings: each is an entry of the log for ever, and somebody has to look at it.
SIGHTINGS: Final = "sighting"
SIGHTINGS_SECONDS: Final = 3600
_SIGHTINGS_OF_STRANGERS: Final = 20
_SIGHTINGS_OF_ORGANISATIONS: Final = 1000


def wait_of(what: str, whom: str, *, limit: int, seconds: int) -> float | None:
    """Count an act of `whom`, at most `limit` in each `seconds`; return None, or for how long to
    wait where it is one too many."""
    now = time.time()
    window = int(now // seconds)
    key = f"throttle:{what}:{whom}:{window}"
    cache.add(key, 0, timeout=2 * seconds)
    with suppress(ValueError):  # the entry was evicted between the two calls
        if cache.incr(key) > limit:
            return (window + 1) * seconds - now
    return None


def sightings_of(actor: Actor) -> int:
    """Return how many sightings an organisation, or somebody unknown, may report in an hour."""
    known = actor.organisation is not None
    return _SIGHTINGS_OF_ORGANISATIONS if known else _SIGHTINGS_OF_STRANGERS


def organisation_or_address(actor: Actor, meta: Mapping[str, Any]) -> str:
    """Return who is counted where all members and keys of an organisation count as one."""
    known = actor.organisation
    return known.stream if known is not None else address(meta)


def address(meta: Mapping[str, Any]) -> str:
    """Return how somebody unknown is counted: by the address that a request came from."""
    return f"address:{address_of(meta)}"


def address_of(meta: Mapping[str, Any]) -> str:
    """Return the address that a request came from, by what WSGI says of it.

    Each proxy writes at the end of X-Forwarded-For whom it was called by. So the address is the
    n-th from the right where n proxies are ours, as EDGECODE_TRUSTED_PROXIES says; what stands
    before it anybody can write.
    """
    proxies = settings.ENV.trusted_proxies
    named = str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",")
    if 0 < proxies <= len(named):
        with suppress(ValueError):
            return str(ip_address(_without_port(named[-proxies].strip())))
    return str(meta.get("REMOTE_ADDR", ""))


def _without_port(name: str) -> str:
    """Some write 192.0.2.1:49152, and [2001:db8::1]:49152."""
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0] if name.count(":") == 1 else name
