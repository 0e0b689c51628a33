"""The life of a consent that is signed here, one function for each act of `catalog.consents.life`.

Signing and declining are in `catalog.signing`, withdrawing in `catalog.withdrawing`.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import Conflict, Invalid, NotFound
from accounts.text import check_note
from catalog.authorities import Voice, voice_of
from catalog.consent_form import LANGUAGES, render_form
from catalog.consent_scope import check_consent
from catalog.consents.ending import Ground, ground_of
from catalog.consents.findings import words_of
from catalog.consents.life import Act, NotNow, State, after
from catalog.consents.lint import Draft, Finding, Level, lint
from catalog.likenesses import find_likeness
from catalog.models import Consent, ConsentState, Likeness, Suspension, SuspensionReason
from catalog.objects import object_store
from catalog.offered_forms import asked_of
from catalog.scope.territory import parse_territory
from catalog.scope.uses import expand_uses
from ledger.append import append

_REFUSALS: dict[State, str | Promise] = {
    State.DRAFT: _("This consent is a draft: it was not offered yet."),
    State.OFFERED: _("This consent waits for signatures."),
    State.DECLINED: _("This consent was declined; draft a new one."),
    State.CLOSED: _("This consent was closed; draft a new one."),
    State.LIVE: _("This consent is in force."),
    State.SUSPENDED: _("This consent is suspended."),
    State.WITHDRAWN: _("This consent was withdrawn."),
    State.REPLACED: _("A newer version of this consent is in force."),
}


@transaction.atomic
def draft_consent(
    *, actor: Actor, likeness_code: str, replaces_code: str | None = None, **fields: Any
) -> Consent:
    """Write down what a performer shall be asked to sign. `fields`: as
    `catalog.consent_scope.check_consent` takes them.

    With `replaces_code` it is the next version of that consent, which it ends when it is signed.
    Raises Invalid naming the field, NotFound, Conflict.
    """
    require(actor, Permission.EDIT_LIKENESSES)
    likeness = find_likeness(actor, likeness_code)
    replaces = None
    if replaces_code:
        replaces = lock_consent(Consent.objects.visible_to(actor), replaces_code)
        if replaces.likeness_id != likeness.pk:
            raise Invalid("replaces", _("That consent is to another likeness."))
        check_open(replaces, Act.REPLACE)
        _check_replaceable(replaces)
        if Consent.objects.filter(replaces=replaces).exists():
            raise Conflict(_("There is a next version of this consent already."))
    return Consent.objects.create(
        code=allocate("consent"),
        likeness=likeness,
        state=ConsentState.DRAFT,
        replaces=replaces,
        **check_consent(likeness, **fields),
    )


def is_replaceable(consent: Consent) -> bool:
    """Return whether a new version may end this consent: only what can be withdrawn at once is
    ended at once."""
    notice = consent.terms.get("revocable", {}).get("notice_days")
    return ground_of(consent.terms) is Ground.TERMS and not notice


def _check_replaceable(consent: Consent) -> None:
    if is_replaceable(consent):
        return
    if ground_of(consent.terms) is not Ground.TERMS:
        raise Conflict(
            _(
                "This consent cannot be withdrawn at any time, so no new version ends it. Draft a"
                " further consent beside it."
            )
        )
    raise Conflict(
        _(
            "This consent ends only after notice, so no new version ends it at once. Withdraw"
            " it, and draft a further consent beside it."
        )
    )


@transaction.atomic
def change_draft(*, actor: Actor, code: str, **fields: Any) -> Consent:
    """Write a draft anew. Raises Invalid naming the field, NotFound, Conflict."""
    require(actor, Permission.EDIT_LIKENESSES)
    consent = lock_consent(Consent.objects.visible_to(actor), code)
    check_open(consent, Act.CHANGE)
    said = check_consent(consent.likeness, **fields)
    for name, value in said.items():
        setattr(consent, name, value)
    consent.save(update_fields=list(said))
    return consent


def findings_of(consent: Consent, voice: Voice, now: datetime) -> list[Finding]:
    """Return what is wrong with a consent before it is signed, the heaviest first."""
    performer = consent.likeness.performer
    return lint(
        Draft(
            description=consent.description,
            uses=expand_uses(consent.uses),
            countries=parse_territory(consent.territory),
            starts_at=consent.starts_at,
            ends_at=consent.ends_at,
            terms=consent.terms,
            born=performer.born,
            deceased_on=performer.deceased_on,
            domicile=performer.domicile,
            guilds=performer.guilds,
            bases=[each.basis for each in voice.signers],
        ),
        now.date(),
    )


def offer_consent(*, actor: Actor, code: str) -> Consent:
    """Put a draft before those who must sign: makes and keeps its form in every language.

    Raises NotFound, or Conflict where nobody can sign or the consent would not hold.
    """
    require(actor, Permission.EDIT_LIKENESSES)
    draft = Consent.objects.visible_to(actor).filter(code=code).first()
    if draft is None:
        raise NotFound
    now = timezone.now().replace(microsecond=0)
    check_open(draft, Act.OFFER)
    voice = _voice_to_sign(draft, now)
    # Typeset before anything is locked: it takes a while, and is kept only if nothing changed.
    forms = _keep_forms(draft, voice, now)
    return _offer(actor, draft, voice, forms, now)


def _voice_to_sign(draft: Consent, now: datetime) -> Voice:
    voice = voice_of(draft.likeness.performer, now)
    if voice.problem is not None:
        raise Conflict(voice.problem, field="authorities")
    stops = [each for each in findings_of(draft, voice, now) if each.level is Level.STOP]
    if stops:
        raise Conflict(words_of(stops[0]), field=stops[0].field)
    return voice


def _keep_forms(draft: Consent, voice: Voice, now: datetime) -> dict[str, dict[str, str]]:
    forms = {}
    for language in LANGUAGES:
        pdf = render_form(draft, voice, language=language, dated=now)
        sha256 = hashlib.sha256(pdf).hexdigest()
        # Sealed like all that shows a performer: names and terms are in it.
        key = f"sealed/consents/{draft.code}/{sha256}.pdf"
        object_store().put_bytes(key, pdf)
        forms[language] = {"key": key, "sha256": sha256}
    return forms


@transaction.atomic
def _offer(
    actor: Actor, draft: Consent, voice: Voice, forms: dict[str, dict[str, str]], now: datetime
) -> Consent:
    consent = lock_consent(Consent.objects.visible_to(actor), draft.code)
    check_open(consent, Act.OFFER)
    if consent.record() != draft.record() or _voice_to_sign(consent, now) != voice:
        raise Conflict(_("The draft changed meanwhile. Look at it again, then offer it."))
    consent.state, consent.forms, consent.offered_at = ConsentState.OFFERED, forms, now
    consent.asked = asked_of(voice)
    consent.save(update_fields=["state", "forms", "asked", "offered_at"])
    append(
        "consent.offered",
        stream=consent.form_stream,
        actor=actor.name,
        refs={
            "likeness": consent.likeness.stream,
            "authorities": [each.stream for each in voice.signers],
        },
        private={
            "consent": consent.record(),
            "forms": {language: form["sha256"] for language, form in forms.items()},
        },
    )
    return consent


@transaction.atomic
def take_back_consent(*, actor: Actor, code: str) -> Consent:
    """Make an offered consent a draft again, as long as nobody has signed it."""
    require(actor, Permission.EDIT_LIKENESSES)
    consent = lock_consent(Consent.objects.visible_to(actor), code)
    check_open(consent, Act.TAKE_BACK)
    if consent.signatures.exists():
        raise Conflict(_("Somebody has signed already. Close the form, and draft a new consent."))
    consent.state = ConsentState.DRAFT
    consent.save(update_fields=["state"])
    close_invitations(consent)
    append("consent.taken_back", stream=consent.form_stream, actor=actor.name)
    return consent


@transaction.atomic
def suspend_consent(*, actor: Actor, code: str, reason: str, note: str = "") -> Consent:
    """Let a consent rest: from now on nothing new is cleared on it. Raises Invalid, Conflict."""
    require(actor, Permission.EDIT_LIKENESSES)
    consent = lock_consent(Consent.objects.visible_to(actor), code)
    _suspend(actor, consent, reason, note)
    return consent


@transaction.atomic
def suspend_for_strike(*, actor: Actor, guild: str, note: str = "") -> list[Consent]:
    """Let every consent rest whose performer is of this guild and whose terms say that a strike
    suspends it, those whose term has yet to begin too. Returns them. What comes into force while
    one of them rests, rests too: `catalog.strikes`."""
    require(actor, Permission.EDIT_LIKENESSES)
    found = [
        lock_consent(Consent.objects.visible_to(actor), each.code)
        for each in _lock_struck(actor, guild)
        if each.resting is None
    ]
    for consent in found:
        _suspend(actor, consent, SuspensionReason.STRIKE, note, guild)
    return found


@transaction.atomic
def resume_after_strike(*, actor: Actor, guild: str) -> list[Consent]:
    """End the suspension of every consent that rests because of a strike of this guild. Returns
    them."""
    require(actor, Permission.EDIT_LIKENESSES)
    return [
        resume_consent(actor=actor, code=each.code)
        for each in _lock_struck(actor, guild)
        if each.resting == SuspensionReason.STRIKE
    ]


@dataclass(frozen=True)
class Struck:
    """A consent that a strike of its performer's guilds suspends; why it rests now, if it does."""

    code: str
    guilds: tuple[str, ...]
    resting: str | None


def struck_by(actor: Actor, guild: str | None = None) -> list[Struck]:
    """Return the actor's consents that a strike suspends, of one guild or of all: those that are in
    force or suspended, or whose term has yet to begin. Two queries."""
    now = timezone.now()
    rows = Consent.objects.visible_to(actor).signed().not_over(now).order_by("pk")
    resting = dict(
        Suspension.objects.visible_to(actor).standing(now).values_list("consent", "reason")
    )
    named = rows.values_list("pk", "code", "terms", "likeness__performer__guilds")
    return [
        Struck(code, tuple(guilds), resting.get(key))
        for key, code, terms, guilds in named
        if terms.get("strike_suspends")
        and (guild is None or guild.casefold() in map(str.casefold, guilds))
    ]


def _lock_struck(actor: Actor, guild: str) -> list[Struck]:
    """As `struck_by`, with their likenesses locked: what is said of them holds until the end."""
    codes = [each.code for each in struck_by(actor, guild)]
    of = Consent.objects.filter(code__in=codes).values("likeness")
    list(Likeness.objects.select_for_update().filter(pk__in=of).order_by("pk"))
    return struck_by(actor, guild)


def _suspend(actor: Actor, consent: Consent, reason: str, note: str, guild: str = "") -> None:
    check_open(consent, Act.SUSPEND)
    if reason not in SuspensionReason.values:
        choices = ", ".join(SuspensionReason.values)
        raise Invalid("reason", _("Choose one of: %(kinds)s.") % {"kinds": choices})
    rest = Suspension.objects.create(
        consent=consent, reason=reason, guild=guild, note=check_note("note", note, 500)
    )
    append(
        "consent.suspended",
        stream=consent.stream,
        actor=actor.name,
        data={"reason": str(rest.reason)},
        private={"note": rest.note},
    )


@transaction.atomic
def resume_consent(*, actor: Actor, code: str) -> Consent:
    """End a consent's suspension: from now on it clears again. Raises Conflict."""
    require(actor, Permission.EDIT_LIKENESSES)
    consent = lock_consent(Consent.objects.visible_to(actor), code)
    check_open(consent, Act.RESUME)
    consent.suspensions.filter(ended_at__isnull=True).update(ended_at=timezone.now())
    append("consent.resumed", stream=consent.stream, actor=actor.name)
    return consent


def lock_consent(rows: Any, code: str) -> Consent:
    """Return one of `rows` for changing, or raise NotFound. Call inside a transaction.

    The likeness is locked first, so a grant is cleared wholly before or wholly after the change.
    """
    found = rows.filter(code=code).values("pk", "likeness_id").first()
    if found is None:
        raise NotFound
    Likeness.objects.select_for_update().get(pk=found["likeness_id"])
    consent: Consent = (
        Consent.objects.select_for_update(of=("self",))
        .select_related("likeness__performer__organisation", "grantee", "replaces")
        .get(pk=found["pk"])
    )
    return consent


def check_open(consent: Consent, act: Act) -> None:
    """Raise Conflict, in plain words, unless the act is open to the consent now."""
    try:
        after(consent.state_at(timezone.now()), act)
    except NotNow as refusal:
        raise Conflict(_REFUSALS[refusal.state]) from None


def close_invitations(consent: Consent) -> None:
    """Let no open link to sign this consent work any longer."""
    consent.invitations.filter(closed_at__isnull=True).update(closed_at=timezone.now())
