"""How large files may be that nobody vouches for, and how many of them a process has read at once:
each may take 1.5 GB of memory."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import BoundedSemaphore
from typing import Final

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor
from accounts.errors import Unavailable

_SLOTS: Final = BoundedSemaphore(4)
# Of those: strangers who send one slow file after the other keep no member waiting.
_FOR_STRANGERS: Final = BoundedSemaphore(2)
# Most files are read within one. Who waits holds a thread that could serve others.
_WAIT_SECONDS: Final = 4


def max_bytes_for(actor: Actor) -> int:
    """Return how large a file may be that somebody has looked at and not kept: a member's as large
    as one that is kept."""
    env = settings.ENV
    return int(env.upload_max_bytes if actor.organisation is not None else env.verify_max_bytes)


@contextmanager
def slot(caller: str = "") -> Iterator[None]:
    """Hold one of the places for reading; not twice, or all might wait for each other. `caller` is
    the stream of the organisation that asks, "" for a stranger.

    Raises Unavailable when none becomes free for some seconds.
    """
    until = time.monotonic() + _WAIT_SECONDS
    with ExitStack() as held:
        for places in (_SLOTS,) if caller else (_FOR_STRANGERS, _SLOTS):
            if not places.acquire(timeout=max(until - time.monotonic(), 0)):
                raise Unavailable(
                    _("Too many files are being checked just now. Try again in half a minute.")
                )
            held.callback(places.release)
        yield
