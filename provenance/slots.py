"""How many files nobody vouches for a process has read at once: each may take 1.5 GB of memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Final

from django.utils.translation import gettext_lazy as _

from accounts.errors import Unavailable

_SLOTS: Final = BoundedSemaphore(4)
# Most files are read within one. Who waits holds a thread that could serve others.
_WAIT_SECONDS: Final = 4


@contextmanager
def slot() -> Iterator[None]:
    """Hold one of the places for reading; not twice, or all might wait for each other.

    Raises Unavailable when none becomes free for some seconds.
    """
    if not _SLOTS.acquire(timeout=_WAIT_SECONDS):
        raise Unavailable(
            _("Too many files are being checked just now. Try again in half a minute.")
        )
    try:
        yield
    finally:
        _SLOTS.release()
