"""Numbers that failed their check: kept apart as they were written, until somebody says what they
should have been, or that they mean nothing. They stay on record, so the same file brings none back.
"""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.errors import Conflict, NotFound
from catalog.models import Title, TitleIdentifier
from catalog.titles import identify_title, lock_title, touch_title
from ledger.append import append


@transaction.atomic
def correct_number(*, actor: Actor, code: str, scheme: str, written: str, value: str) -> Title:
    """Record `value` as a number of the title, and that it was meant by what is `written`.

    Raises Invalid("value") where it fails its check as well, Conflict where it names another
    title, NotFound where the title has no such number set aside.
    """
    title = _settle(actor, code, scheme, written)
    identify_title(actor=actor, code=code, scheme=scheme, value=value)
    title.refresh_from_db()
    return title


@transaction.atomic
def dismiss_number(*, actor: Actor, code: str, scheme: str, written: str) -> Title:
    """Record that a number which was set aside means nothing. Raises Conflict, NotFound."""
    return _settle(actor, code, scheme, written)


def _settle(actor: Actor, code: str, scheme: str, written: str) -> Title:
    require(actor, Permission.EDIT_TITLES)
    title = lock_title(actor, code)
    number = TitleIdentifier.objects.filter(
        title=title, scheme=scheme, value=written, verified=False
    ).first()
    if number is None:
        raise NotFound
    if number.dismissed_at is not None:
        raise Conflict(_("Somebody has decided about this number already."))
    number.dismissed_at = timezone.now()
    number.save(update_fields=["dismissed_at"])
    touch_title(title)
    append(
        "title.unidentified",
        stream=title.stream,
        actor=actor.name,
        data={"scheme": scheme},
        private={"identifier": written},
    )
    return title
