"""Offered forms: whom each names as signing, and whether that is still so.

The rule is `catalog.consents.binding`; here it is asked of rows, and said in words.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts.errors import Conflict, Text
from catalog.authorities import Voice, voice_of
from catalog.consents.binding import Change, Named, Signers, change
from catalog.consents.speaking import Standing
from catalog.models import Authority, Basis, Consent, ConsentState

_WHAT: dict[Change, Text] = {
    Change.DIED: _("The performer has died since this form was offered."),
    Change.OF_AGE: _("The performer has come of age since this form was offered."),
    Change.LIFE: _(
        "The dates of the performer's life were changed since this form was offered, and with them"
        " who must sign."
    ),
    Change.TO_MAJORITY: _(
        "The form says that every heir must sign; since it was offered the rule was changed to"
        " more than half of the estate."
    ),
    Change.TO_ALL: _(
        "The form says that more than half of the estate must sign; since it was offered the rule"
        " was changed to every heir."
    ),
    Change.PEOPLE: _("Who must sign has changed since this form was offered."),
}
_NAMES = _("The form names %(named)s; now it would be %(now)s.")
_TO_DO = _(
    "It cannot be signed any more: take it back or close it, and offer a new one. Whoever signed"
    " this one is told when it is closed."
)
_TO_ASK = _("It cannot be signed any more. Ask %(organisation)s for a new form.")


def asked_of(voice: Voice) -> dict[str, object]:
    """Return what a consent keeps of those whom its form names."""
    codes = [each.code for each in voice.signers]
    return {"standing": voice.standing.value, "rule": voice.rule, "authorities": codes}


def offered_voice(consent: Consent) -> Voice | None:
    """Return those whom the form of a consent names, and their rule; None without a form."""
    if not consent.asked:
        return None
    named = Authority.objects.filter(code__in=consent.asked["authorities"]).order_by("pk")
    return Voice(Standing(consent.asked["standing"]), consent.asked["rule"], tuple(named))


def voice_named(consent: Consent, at: datetime) -> Voice:
    """Return who may sign the form of an offered consent at `at`: of those who speak for the
    performer, the ones that it names."""
    voice = voice_of(consent.likeness.performer, at)
    offered = offered_voice(consent)
    if offered is None:
        return voice
    named = {_named(each) for each in offered.signers}
    return replace(
        voice, authorities=tuple(each for each in voice.signers if _named(each) in named)
    )


def voice_to_sign(consent: Consent, at: datetime) -> Voice:
    """As `voice_named`. Raises Conflict, in one line for who offered it, where who must sign is no
    longer as the form says."""
    if (refusal := why_unbound(consent, at)) is not None:
        raise Conflict(refusal)
    return voice_named(consent, at)


def why_unbound(consent: Consent, at: datetime) -> str | None:
    """Return why an offered form can no longer be signed and what to do, for who offered it."""
    offered, now = offered_voice(consent), voice_of(consent.likeness.performer, at)
    found = _change(offered, now)
    if offered is None or found is None:
        return None
    said = [_WHAT[found]]
    if found is Change.PEOPLE:
        names = {"named": _list(offered.signers), "now": _list(now.signers)}
        said.append(str(_NAMES) % names)
    return " ".join(str(each) for each in [*said, _TO_DO])


def why_unbound_to_sign(consent: Consent, at: datetime) -> str | None:
    """Return why an offered form can no longer be signed, for who has the link to it."""
    if consent.state != ConsentState.OFFERED:
        return None
    performer = consent.likeness.performer
    found = _change(offered_voice(consent), voice_of(performer, at))
    if found is None:
        return None
    to_ask = str(_TO_ASK) % {"organisation": performer.organisation.name}
    return f"{_WHAT[found]} {to_ask}"


def _change(offered: Voice | None, now: Voice) -> Change | None:
    return None if offered is None else change(_signers(offered), _signers(now))


def _signers(voice: Voice) -> Signers:
    return Signers(voice.standing, voice.rule, [_named(each) for each in voice.signers])


def _named(authority: Authority) -> Named:
    return Named(authority.holder, authority.basis, authority.share)


def _list(authorities: Sequence[Authority]) -> str:
    if not authorities:
        return str(_("nobody"))
    return ", ".join(
        f"{each.holder} ({each.share})" if each.basis == Basis.HEIR else each.holder
        for each in authorities
    )
