"""What somebody waits for and a key signs: 503 while nothing can be signed, or stamped."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from accounts.errors import Unavailable
from provenance.trust import stamps
from provenance.trust.authority import KeyUnavailable

log = logging.getLogger("edgecode.provenance")


class CannotSign(Unavailable):
    """Nothing can be signed just now, or nobody says when it was."""


@contextmanager
def signing_now() -> Iterator[None]:
    """Raise CannotSign where the key that signs here cannot be used, or no time stamp is to be had:
    who asked hears no reason, the operator does."""
    try:
        yield
    except (KeyUnavailable, ImproperlyConfigured) as error:
        log.warning("nothing can be signed: %s", error)
        raise CannotSign(_("Nothing can be signed just now. Try again in a moment.")) from error
    except stamps.NoStamp as error:
        said = _("No time stamp is to be had just now. Try again in a moment.")
        raise CannotSign(said) from error
