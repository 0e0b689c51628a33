"""Signing a consent by a link: no account, one link for one signature, gone when it is used.

A link is `prefix.secret`. The prefix finds the invitation; of the secret only a digest is kept,
and it is compared in constant time.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from accounts.access import SYSTEM, Actor, Permission, require
from accounts.errors import Invalid, NotAllowed, NotFound, Text
from accounts.text import check_name, check_note
from catalog.authorities import Voice
from catalog.consent_form import marks_of
from catalog.consenting import check_open, close_invitations, lock_consent
from catalog.consents.life import Act, State
from catalog.letters import in_both
from catalog.models import (
    Authority,
    Basis,
    Consent,
    ConsentState,
    HeirsRule,
    Invitation,
    Signature,
)
from catalog.objects import object_store
from catalog.offered_forms import voice_named, voice_to_sign, why_unbound_to_sign
from catalog.strikes import rest_while_struck
from ledger.append import append

LINK_LIFE = timedelta(days=14)
_NO_DIGEST = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class Sent:
    """A link that was made. `token` is told once, and only where no letter could be sent."""

    authority: Authority
    token: str | None
    expires_at: datetime


def invite(*, actor: Actor, code: str) -> list[Sent]:
    """Send a link to everybody who can sign an offered consent and has not; former links end.

    Who has no address, or where no mail is set up, gets none: the link is returned instead, to be
    handed over. Raises NotFound, and Conflict where the form cannot be signed (any more).
    """
    require(actor, Permission.EDIT_LIKENESSES)
    with transaction.atomic():
        consent = lock_consent(Consent.objects.visible_to(actor), code)
        check_open(consent, Act.SIGN)
        now = timezone.now()
        voice = voice_to_sign(consent, now)
        close_invitations(consent)
        done = set(consent.signatures.values_list("authority_id", flat=True))
        made = [_make(consent, each, now) for each in voice.signers if each.pk not in done]
    return [_send(consent, *each) for each in made]


def _make(consent: Consent, authority: Authority, now: datetime) -> tuple[Invitation, str]:
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        consent=consent,
        authority=authority,
        prefix=prefix,
        digest=_digest(secret),
        email=authority.email if settings.ENV.sends_mail else "",
        expires_at=now + LINK_LIFE,
    )
    return invitation, f"{prefix}.{secret}"


def _send(consent: Consent, invitation: Invitation, token: str) -> Sent:
    authority = invitation.authority
    if not invitation.email:
        return Sent(authority, token, invitation.expires_at)
    performer = consent.likeness.performer
    words = {
        "performer": performer,
        "authority": authority,
        "address": f"{settings.BASE_URL}/sign/{token}/",
        "expires_at": invitation.expires_at,
    }
    EmailMessage(
        subject=__("A consent of %(name)s to read and sign") % {"name": performer.name},
        body=in_both("catalog/invitation.txt", words),
        to=[invitation.email],
    ).send()
    return Sent(authority, None, invitation.expires_at)


def open_invitation(token: str) -> Invitation:
    """Return the invitation that a link stands for, to be signed. Raises NotFound for a link that
    was never made, NotAllowed for one that has expired, was used, or leads to a form that cannot be
    signed (any more) by whom it is for."""
    found = _invitation(token)
    if found.closed_at is not None:
        raise NotAllowed(_why_closed(found))
    _check_open(found, timezone.now())
    return _unexpired(found)


def _check_open(found: Invitation, now: datetime) -> None:
    consent = found.consent
    if not Authority.objects.in_force(now).filter(pk=found.authority_id).exists():
        raise NotAllowed(_("This authority to sign has ended. Ask who sent you the link."))
    if (refusal := why_unbound_to_sign(consent, now)) is not None:
        raise NotAllowed(refusal)


def _why_closed(found: Invitation) -> Text:
    """Say why a link works no longer: used, taken back, closed, or not needed any more."""
    consent, authority, now = found.consent, found.authority, timezone.now()
    if consent.state == ConsentState.CLOSED:
        return _why_form_closed(consent, authority)
    by_others = (
        found.declined_at is None
        and consent.state_at(now) is State.LIVE
        and (consent.over_at is None or consent.over_at > now)
        and not consent.signatures.filter(authority=authority).exists()
    )
    if not by_others:
        return _("This link has been used or taken back.")
    if authority.basis == Basis.HEIR and consent.asked.get("rule") == HeirsRule.MAJORITY:
        return _(
            "Heirs who hold more than half of the estate have signed: the consent is in force by"
            " majority. Your signature is not needed any more."
        )
    return _("The consent is in force: enough others have signed. Yours is not needed any more.")


def _why_form_closed(consent: Consent, authority: Authority) -> Text:
    given = {
        "organisation": consent.likeness.performer.organisation.name,
        "reason": consent.closed_reason,
    }
    if consent.signatures.filter(authority=authority).exists():
        said = _(
            "The form you signed was closed by %(organisation)s before enough others had signed."
            " Your signature has no effect: nothing may be made on it. Another form would be put"
            " before you anew."
        )
    else:
        said = _("The form was closed by %(organisation)s. There is nothing for you to sign.")
    reason = _("Reason: %(reason)s") if consent.closed_reason else ""
    return " ".join(str(each) % given for each in (said, reason) if each)


def readable_invitation(token: str) -> Invitation:
    """Return the invitation of a link by which the form may be read: who has signed by it keeps
    that until it expires. Raises like `open_invitation`."""
    found = _invitation(token)
    signed = found.consent.signatures.filter(authority=found.authority, document={})
    if found.closed_at is not None and not signed.exists():
        raise NotAllowed(_("This link has been used or taken back."))
    return _unexpired(found)


def _unexpired(found: Invitation) -> Invitation:
    if found.expires_at <= timezone.now():
        raise NotAllowed(_("This link has expired; ask for a new one."))
    return found


def _invitation(token: str) -> Invitation:
    """Return the invitation that a link stands for, whatever became of it, or raise NotFound."""
    prefix, _dot, secret = token.partition(".")
    rows = Invitation.objects.select_related(
        "authority", "consent__likeness__performer__organisation", "consent__grantee"
    )
    found = rows.filter(prefix=prefix).first() if prefix.isalnum() else None
    # A link that does not exist costs the same comparison as one that does.
    matches = hmac.compare_digest(_digest(secret), found.digest if found else _NO_DIGEST)
    if found is None or not matches:
        raise NotFound
    return found


def form_of(consent: Consent, language: str) -> tuple[bytes, str]:
    """Return an offered form and its SHA-256. Raises NotFound, or ValueError for a kept file that
    is not what was offered."""
    form = consent.forms.get(language)
    if form is None:
        raise NotFound
    with object_store().open(form["key"]) as file:
        pdf = file.read()
    if hashlib.sha256(pdf).hexdigest() != form["sha256"]:
        raise ValueError(f"consent {consent.code}: the kept form was changed")
    return pdf, form["sha256"]


@transaction.atomic
def sign_consent(
    *, token: str, name: str, role: str, marks: Sequence[str], language: str, form_sha256: str
) -> Consent:
    """Sign as the authority that the link is for; the last signature needed makes it live.

    `form_sha256` is of the form that was read, `marks` are the terms ticked one by one. Raises
    what `open_invitation` raises, Invalid naming the field, Conflict.
    """
    invitation, consent = _locked(token)
    check_open(consent, Act.SIGN)
    moment = timezone.now()
    now = moment.replace(microsecond=0)
    voice = voice_to_sign(consent, moment)
    _pdf, kept = form_of(consent, language)
    if not hmac.compare_digest(form_sha256, kept):
        raise Invalid("form_sha256", _("This is not the form that was offered. Read it again."))
    if missing := [each for each in marks_of(consent) if each not in marks]:
        raise Invalid(
            "marks",
            _("Mark every term that is set apart; %(count)d are not marked.")
            % {"count": len(missing)},
        )
    signature = Signature.objects.create(
        consent=consent,
        authority=invitation.authority,
        name=check_name("name", name, 200),
        role=check_name("role", role, 100),
        form_sha256=kept,
        language=language,
        marks=marks_of(consent),
        signed_at=now,
    )
    _close(invitation, now)
    append(
        "consent.signed",
        stream=consent.form_stream,
        actor=SYSTEM,
        refs={"authority": invitation.authority.stream},
        private={"signature": _record(signature, invitation)},
    )
    complete_if_enough(consent, voice, now)
    return consent


def complete_if_enough(consent: Consent, voice: Voice, now: datetime) -> None:
    """Bring a consent into force if the signatures it has bind the performer."""
    if voice.enough(set(consent.signatures.values_list("authority__code", flat=True))):
        _complete(consent, now.replace(microsecond=0))


def _complete(consent: Consent, now: datetime) -> None:
    """Bring a consent into force, and end the one it replaces."""
    consent.state, consent.signed_at = ConsentState.LIVE, now
    # In force and known of from now on: what was decided before rested on nothing of it.
    consent.recorded_at = now
    consent.save(update_fields=["state", "signed_at", "recorded_at"])
    close_invitations(consent)
    actor = consent.likeness.performer.organisation.stream
    append(
        "consent.recorded",
        stream=consent.stream,
        actor=actor,
        refs={"likeness": consent.likeness.stream},
        private={"consent": consent.record()},
    )
    append(
        "consent.completed",
        stream=consent.form_stream,
        actor=actor,
        refs={"consent": consent.stream},
    )
    rest_while_struck(consent, actor_name=actor)
    old = consent.replaces
    if old is not None and (old.withdrawn_at is None or old.withdrawn_at > now):
        Consent.objects.filter(pk=old.pk).update(withdrawn_at=now, is_notice_running=False)
        append("consent.replaced", stream=old.stream, actor=actor, refs={"by": consent.stream})


@transaction.atomic
def decline_consent(*, token: str, reason: str = "") -> Consent:
    """Refuse to sign. Once too few are left to bind the performer, the consent is declined."""
    invitation, consent = _locked(token)
    check_open(consent, Act.DECLINE)
    now = timezone.now()
    Invitation.objects.filter(pk=invitation.pk).update(closed_at=now, declined_at=now)
    append(
        "consent.declined",
        stream=consent.form_stream,
        actor=SYSTEM,
        refs={"authority": invitation.authority.stream},
        private={"reason": check_note("reason", reason, 500)},
    )
    declined = consent.invitations.filter(declined_at__isnull=False)
    # Who declined a first link may have signed by a second.
    no = set(declined.values_list("authority__code", flat=True)) - set(
        consent.signatures.values_list("authority__code", flat=True)
    )
    if voice_named(consent, now).out_of_reach(no):
        # What it was to replace stands, and may have another next version.
        consent.state, consent.replaces = ConsentState.DECLINED, None
        consent.save(update_fields=["state", "replaces"])
        close_invitations(consent)
    return consent


def _locked(token: str) -> tuple[Invitation, Consent]:
    """Return an open invitation and its consent, both for changing."""
    found = open_invitation(token)
    consent = lock_consent(Consent.objects.all(), found.consent.code)
    # Asked again under the lock: two clicks on one link give one signature.
    return open_invitation(token), consent


def _close(invitation: Invitation, now: datetime) -> None:
    Invitation.objects.filter(pk=invitation.pk).update(closed_at=now)


def _record(signature: Signature, invitation: Invitation) -> dict[str, str | list[str]]:
    """What the log commits to: who signed, as what, when, over which bytes, by which way."""
    return {
        "authority": signature.authority.code,
        "name": signature.name,
        "role": signature.role,
        "form_sha256": signature.form_sha256,
        "language": signature.language,
        "marks": signature.marks,
        "signed_at": signature.signed_at.isoformat(),
        "link": "mailed" if invitation.email else "handed over",
    }


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
