"""Withdrawing a consent: at once, or by notice that runs.

What the consent says of it holds: `catalog.consents.ending` has the rules, and the laws that allow
it all the same. From the instant that notice names nothing may be made of the consent any more,
whether or not a worker has said so in the log by then.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.errors import Conflict, Invalid
from accounts.text import check_note
from catalog.consenting import lock_consent
from catalog.consents import ending
from catalog.consents.ending import CannotWithdraw, Circumstances, Refusal, ends_at_by_notice
from catalog.models import Consent, ConsentState, Ground, SuspensionReason
from ledger.append import append

_AT_ONCE = 100
_REFUSALS: dict[Refusal, str | Promise] = {
    Refusal.IRREVOCABLE: _(
        "This consent says that it cannot be withdrawn. Where a law allows it all the same, name"
        " that law."
    ),
    Refusal.OTHER_CAUSE: _("This consent can be withdrawn only for the cause that it names."),
    Refusal.NOT_DEAD: _(
        "This consent can be withdrawn after the performer's death; record the day first."
    ),
    Refusal.NO_STRIKE: _(
        "This consent can be withdrawn during a strike; suspend it for the strike first."
    ),
    Refusal.NO_SUCH_LAW: _("No such law reaches this consent: see which law it names."),
}


@transaction.atomic
def withdraw_consent(
    *, actor: Actor, code: str, ground: str = "", law: str = "", reason: str = ""
) -> Consent:
    """End a consent: now, or when the days of notice it agreed to are over.

    `ground` is the one that the consent names unless another is given; `law` is the code of a row
    of `likeness.json`, with the ground `law`. What was granted stays on record. Raises NotFound,
    Invalid naming the field, Conflict where the consent cannot be withdrawn so.
    """
    require(actor, Permission.EDIT_LIKENESSES)
    consent = lock_consent(Consent.objects.visible_to(actor), code)
    now = timezone.now()
    if consent.withdrawn_at is not None and consent.withdrawn_at <= now:
        raise Conflict(_("This consent has already been withdrawn."))
    if consent.state != ConsentState.LIVE:
        raise Conflict(_("This consent is not in force; take its offer back instead."))
    chosen = _ground(consent, ground)
    end = _end(consent, chosen, law, now)
    if consent.withdrawn_at is not None and end >= consent.withdrawn_at:
        raise Conflict(_("Notice was given already, and it ends no later than by this one."))
    reason = check_note("reason", reason, 500)
    if chosen is ending.Ground.BREACH and not reason:
        raise Invalid("reason", _("Say what was broken, and when."))
    consent.withdrawn_at = max(now, end)
    is_plain = chosen is ending.Ground.TERMS and end <= now and not reason
    if not is_plain:
        _give_notice(consent, actor, chosen, law, reason)
    if end <= now:
        _say_withdrawn(consent, actor.name)
    consent.save(update_fields=_NOTICE)
    return consent


_NOTICE = [
    "withdrawn_at",
    "notice_at",
    "notice_ground",
    "notice_law",
    "notice_reason",
    "is_notice_running",
]


def end_noticed_pending() -> int:
    """Say of consents whose notice has run out that they have ended; return how many. The
    worker's: they could not be used from that instant on in any case."""
    due = Consent.objects.filter(is_notice_running=True, withdrawn_at__lte=timezone.now())
    codes = list(due.order_by("withdrawn_at").values_list("code", flat=True)[:_AT_ONCE])
    return sum(_end_noticed(code) for code in codes)


@transaction.atomic
def _end_noticed(code: str) -> bool:
    consent = lock_consent(Consent.objects.all(), code)
    if not consent.is_notice_running:
        return False
    _say_withdrawn(consent, consent.likeness.performer.organisation.stream)
    consent.save(update_fields=["is_notice_running"])
    return True


def _ground(consent: Consent, ground: str) -> ending.Ground:
    if not ground:
        return ending.ground_of(consent.terms) or ending.Ground.TERMS
    if ground not in Ground.values:
        choices = ", ".join(Ground.values)
        raise Invalid("ground", _("Choose one of: %(kinds)s.") % {"kinds": choices})
    return ending.Ground(ground)


def _end(consent: Consent, ground: ending.Ground, law: str, now: datetime) -> datetime:
    strikes = consent.suspensions.filter(reason=SuspensionReason.STRIKE, ended_at__isnull=True)
    standing = consent.likeness.performer.standing_at(now)
    known = Circumstances(standing, strikes.exists(), now)
    try:
        return ends_at_by_notice(consent.terms, ground, law, known)
    except CannotWithdraw as refused:
        field = "law" if refused.refusal is Refusal.NO_SUCH_LAW else "ground"
        raise Conflict(_REFUSALS[refused.refusal], field=field) from None


def _give_notice(
    consent: Consent, actor: Actor, ground: ending.Ground, law: str, reason: str
) -> None:
    assert consent.withdrawn_at is not None  # noqa: S101 - set by the caller
    consent.notice_at = timezone.now()
    consent.notice_ground = ground.value
    consent.notice_law = law if ground is ending.Ground.LAW else ""
    consent.notice_reason = reason
    consent.is_notice_running = True
    append(
        "consent.notice_given",
        stream=consent.stream,
        actor=actor.name,
        refs={"likeness": consent.likeness.stream},
        data={"ground": ground.value, "effective_at": consent.withdrawn_at.isoformat()},
        private={"notice": {"law": consent.notice_law, "reason": reason}},
    )


def _say_withdrawn(consent: Consent, actor_name: str) -> None:
    consent.is_notice_running = False
    append(
        "consent.withdrawn",
        stream=consent.stream,
        actor=actor_name,
        refs={"likeness": consent.likeness.stream},
    )
