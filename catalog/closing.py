"""Closing an offered consent before enough have signed it, with a word to those who have."""

from collections.abc import Sequence
from typing import NamedTuple

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as __

from accounts.access import Actor, Permission, require
from accounts.text import check_note
from catalog.consenting import check_open, close_invitations, lock_consent
from catalog.consents.life import Act
from catalog.letters import in_both
from catalog.models import Consent, ConsentState, Signature
from ledger.append import append


class Closed(NamedTuple):
    """A consent that was closed, who was told of it by letter, and who has to be told otherwise."""

    consent: Consent
    told: Sequence[Signature]
    untold: Sequence[Signature]


def close_consent(*, actor: Actor, code: str, reason: str = "") -> Closed:
    """Close an offered consent for good: no signature of it has any effect, whoever gave it.

    Whoever signed and has an address gets a letter with the reason; all read it at the link.
    Raises NotFound, Invalid naming the field, Conflict where it is not offered (any more).
    """
    require(actor, Permission.EDIT_LIKENESSES)
    consent = _close(actor, code, reason)
    signed = list(consent.signatures.select_related("authority").order_by("pk"))
    told = [each for each in signed if settings.ENV.sends_mail and each.authority.email]
    for each in told:
        _write(consent, each)
    return Closed(consent, told, [each for each in signed if each not in told])


@transaction.atomic
def _close(actor: Actor, code: str, reason: str) -> Consent:
    consent = lock_consent(Consent.objects.visible_to(actor), code)
    check_open(consent, Act.CLOSE)
    consent.closed_reason = check_note("reason", reason, 500)
    consent.state, consent.closed_at = ConsentState.CLOSED, timezone.now()
    # What it was to replace stands, and may have another next version.
    consent.replaces = None
    consent.save(update_fields=["state", "closed_at", "closed_reason", "replaces"])
    close_invitations(consent)
    append("consent.taken_back", stream=consent.form_stream, actor=actor.name)
    return consent


def _write(consent: Consent, signature: Signature) -> None:
    performer = consent.likeness.performer
    words = {"performer": performer, "consent": consent, "signature": signature}
    EmailMessage(
        subject=__("A consent of %(name)s was closed") % {"name": performer.name},
        body=in_both("catalog/closed.txt", words),
        to=[signature.authority.email],
    ).send()
