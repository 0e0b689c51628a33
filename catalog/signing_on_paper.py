"""Signatures that were given elsewhere: on a printed form, brought in as a file that shows them.

They count like those given by a link, by the same rules of who must sign. The log says openly that
it was the representing organisation that brought them.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.errors import Conflict, Invalid, NotFound
from accounts.text import check_name
from catalog.assets import check_filename
from catalog.consenting import check_open, lock_consent
from catalog.consents.life import Act
from catalog.evidence import MAX_BYTES, check_paper
from catalog.intake import Intake, too_large
from catalog.models import Authority, Consent, Signature
from catalog.objects import object_store
from catalog.offered_forms import voice_to_sign
from catalog.signing import complete_if_enough
from ledger.append import append

# A day lies in the past somewhere on earth: where it was signed is not asked.
_AHEAD, _BEHIND = timedelta(hours=14), timedelta(hours=12)


def bring_signature(
    *,
    actor: Actor,
    code: str,
    authority_code: str,
    intake: Intake,
    filename: str,
    name: str,
    role: str,
    signed_on: date,
    language: str = "en",
) -> Consent:
    """Record that an authority signed the offered form of this language on paper; `intake` is the
    file that shows it, a PDF or a picture. It is kept sealed.

    The last signature needed makes the consent live, from now on. Raises NotFound, Conflict,
    Invalid naming the field.
    """
    require(actor, Permission.EDIT_LIKENESSES)
    if not Consent.objects.visible_to(actor).filter(code=code).exists():
        raise NotFound
    if intake.size_bytes > MAX_BYTES:
        raise too_large(MAX_BYTES)
    filename = check_filename(filename)
    mime = check_paper(intake.path, filename)
    key = f"sealed/consents/{code}/{intake.sha256}"
    # Under its content's hash: what a refusal after this line leaves, the next try takes over.
    intake.adopt(object_store(), key)
    file = {"key": key, "sha256": intake.sha256, "mime": mime, "filename": filename}
    said: dict[str, Any] = {
        "name": check_name("name", name, 200),
        "role": check_name("role", role, 100),
        "language": language,
    }
    said |= {"document": file | {"signed_on": signed_on.isoformat()}}
    return _sign(actor, code, authority_code, signed_on, said)


@transaction.atomic
def _sign(
    actor: Actor,
    code: str,
    authority_code: str,
    signed_on: date,
    said: dict[str, Any],
) -> Consent:
    consent = lock_consent(Consent.objects.visible_to(actor), code)
    check_open(consent, Act.SIGN)
    now = timezone.now()
    voice = voice_to_sign(consent, now)
    authority = next((each for each in voice.signers if each.code == authority_code), None)
    _check(consent, authority, signed_on, said["language"], now)
    assert authority is not None  # noqa: S101 - checked
    signature = Signature.objects.create(
        consent=consent,
        authority=authority,
        form_sha256=consent.forms[said["language"]]["sha256"],
        signed_at=now.replace(microsecond=0),
        **said,
    )
    consent.invitations.filter(authority=authority, closed_at__isnull=True).update(closed_at=now)
    append(
        "consent.signed_on_paper",
        stream=consent.form_stream,
        actor=actor.name,
        refs={"authority": authority.stream},
        private={"signature": _record(signature)},
    )
    complete_if_enough(consent, voice, now)
    return consent


def _check(
    consent: Consent, authority: Authority | None, signed_on: date, language: str, now: datetime
) -> None:
    if authority is None:
        raise Invalid("authority", _("Nobody of those who can sign has this code."))
    if consent.signatures.filter(authority=authority).exists():
        raise Conflict(_("This authority has signed already."), field="authority")
    if language not in consent.forms:
        raise Invalid("language", _("The form was not offered in this language."))
    offered_at = consent.offered_at or now
    if signed_on > (now + _AHEAD).date():
        raise Invalid("signed_on", _("This lies in the future."))
    if signed_on < (offered_at - _BEHIND).date():
        raise Invalid("signed_on", _("The form that is signed was offered after that day."))


def _record(signature: Signature) -> dict[str, str]:
    """What the log commits to: who signed, as what, on which day, and the bytes that show it."""
    return {
        "authority": signature.authority.code,
        "name": signature.name,
        "role": signature.role,
        "form_sha256": signature.form_sha256,
        "language": signature.language,
        "document_sha256": signature.document["sha256"],
        "signed_on": signature.document["signed_on"],
        "recorded_at": signature.signed_at.isoformat(),
    }
