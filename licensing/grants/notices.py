"""Notices that nobody has to send: to who holds what an ended consent allowed, to who owes, to
those whose licence or consent ends."""

import logging
import random
from collections.abc import Sequence
from datetime import timedelta
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership, Organisation
from catalog.letters import in_both
from catalog.models import Consent, ConsentState
from licensing.grants.duties import demand_of_lab, with_stop
from licensing.grants.returning import owe_return
from licensing.models import TIERS, Duty, EndNotice, Grant, GrantedAsset, Ground
from licensing.verdicts.resting import footings_of

log = logging.getLogger("edgecode.licensing")
# What is wrong with a letter, and not with the mail server: another try ends alike.
_REFUSED: Final = (SMTPRecipientsRefused, SMTPDataError, ValueError)
# Before it is due, who owes something is reminded of it.
_REMIND: Final = timedelta(days=7)
# So long after it was told an end is worth a letter.
_NEWS: Final = timedelta(days=3)
# Consents are signed, and so replaced, at a whole second.
_WHOLE: Final = timedelta(seconds=1)


def notify_pending(limit: int = 50) -> int:
    """Tell the holders of grants that a consent was withdrawn on which files of theirs rest: they
    train nothing new on them. Returns how many grants were told.

    A file that others carry on which it was granted, too, is not concerned. Safe to kill
    and to run in many processes: each grant is one transaction on its locked row.
    """
    ended = Consent.objects.filter(
        state=ConsentState.LIVE, withdrawn_at__lte=timezone.now(), is_notice_running=False
    )
    resting = _resting_on(ended).values_list("grant", "asset__likeness__consents").distinct()
    pairs = list(resting.order_by())
    # In no order: those whose files another consent covers stay, and would keep others out.
    some = random.sample(pairs, min(limit, len(pairs)))
    return sum(_notify(*pair) for pair in some)


def _resting_on(ended: QuerySet[Consent]) -> QuerySet[GrantedAsset]:
    """Return the files of standing grants on a likeness one of whose consents ended since."""
    told = Duty.objects.filter(
        grant=OuterRef("grant"), consent=OuterRef("asset__likeness__consents")
    )
    now = timezone.now()
    return GrantedAsset.objects.filter(
        Q(grant__ends_at__isnull=True) | Q(grant__ends_at__gt=now),
        Q(asset__likeness__consents__grantee__isnull=True)
        | Q(asset__likeness__consents__grantee=F("grant__licensee")),
        ~Exists(told),
        asset__likeness__consents__in=ended,
        asset__likeness__consents__recorded_at__lte=F("grant__issued_at"),
        asset__likeness__consents__withdrawn_at__gt=F("grant__issued_at") - _WHOLE,
        grant__revoked_at__isnull=True,
        grant__superseded_at__isnull=True,
    )


@transaction.atomic
def _notify(grant_pk: int, consent_pk: int) -> bool:
    rows = Grant.objects.select_related("deal__request__organisation", "licensee", "licensor")
    grant = rows.select_for_update(of=("self",), skip_locked=True).filter(pk=grant_pk).first()
    consent = Consent.objects.select_related("likeness").get(pk=consent_pk)
    if grant is None or Duty.objects.filter(grant=grant, consent=consent).exists():
        return False
    if not (files := _without(grant, consent)):
        return False
    demand_of_lab(
        grant,
        with_stop([]),
        ground=Ground.CONSENT,
        reason=consent.notice_reason,
        files=files,
        actor=None,
        consent=consent,
    )
    owe_return(grant, files, ground=Ground.CONSENT, actor=None, consent=consent)
    return True


def _without(grant: Grant, consent: Consent) -> list[str]:
    """Return the codes of the files whose licence ended with the withdrawal of this consent."""
    rows = grant.granted_assets.filter(asset__likeness=consent.likeness_id)
    files = list(rows.select_related("asset", "clearance").order_by("asset__code"))
    footings = footings_of(files)
    ends = {row.asset.code: footings[row.pk].final_end for row in files}
    return [code for code, end in ends.items() if end is not None and end[0] == consent]


def remind_pending(limit: int = 50) -> int:
    """Write to who owes something: once it is demanded of a lab, a week before it is due, and once
    it is late; then also to who it is owed to. Returns how many letters were about. Without mail
    nobody is written to.

    A crash after a letter repeats it; one that the mail server refuses is not sent again.
    """
    if not settings.ENV.sends_mail:
        return 0
    now = timezone.now()
    first = Q(reminded_at__isnull=True) & (Q(kind__in=TIERS) | Q(due_at__lte=now + _REMIND))
    near = Q(reminded_at__lt=F("due_at") - _REMIND, due_at__lte=now + _REMIND)
    late = Q(reminded_at__lt=F("due_at"), due_at__lte=now)
    due = Duty.objects.owed().filter(first | near | late).order_by("pk")
    return sum(map(_remind, list(due.values_list("pk", flat=True)[:limit])))


@transaction.atomic
def _remind(pk: int) -> bool:
    rows = Duty.objects.owed().select_related("deal__licensor", "deal__request__organisation")
    duty = rows.select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
    if duty is None:
        return False
    subject = _("Owed to %(name)s until %(day)s") % {
        "name": duty.other.name,
        "day": f"{duty.due_at:%Y-%m-%d}",
    }
    body = in_both("licensing/duty.txt", {"duty": duty, "base_url": settings.BASE_URL})
    # Who it is owed to decides what follows.
    to = [duty.ower, duty.other] if duty.standing == "overdue" else [duty.ower]
    _write(to, subject, body, about=duty.stream)
    duty.reminded_at = timezone.now()
    duty.save(update_fields=["reminded_at"])
    return True


def mail_ends_pending(limit: int = 50) -> int:
    """Write to both sides of a grant, or to who speaks for a performer, that it ends or has ended,
    as `tell_ends_pending` told them. Returns how many letters were about. Without mail nobody is
    written to, nor later of what is no news by then.

    A crash after a letter repeats it; one that the mail server refuses is not sent again.
    """
    if not settings.ENV.sends_mail:
        return 0
    news = EndNotice.objects.filter(mailed_at__isnull=True, told_at__gt=timezone.now() - _NEWS)
    return sum(map(_mail_end, list(news.order_by("pk").values_list("pk", flat=True)[:limit])))


@transaction.atomic
def _mail_end(pk: int) -> bool:
    rows = EndNotice.objects.filter(mailed_at__isnull=True).select_related(
        "grant__licensor", "grant__licensee", "consent__likeness__performer__organisation"
    )
    notice = rows.select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
    if notice is None:
        return False
    said = _("Ended on %(day)s: %(what)s") if notice.is_over else _("Ends on %(day)s: %(what)s")
    subject = said % {"day": f"{notice.ends_at:%Y-%m-%d}", "what": notice.display_code}
    body = in_both("licensing/end.txt", {"notice": notice, "base_url": settings.BASE_URL})
    _write(notice.told, subject, body, about=notice.stream)
    notice.mailed_at = timezone.now()
    notice.save(update_fields=["mailed_at"])
    return True


def _write(to: Sequence[Organisation], subject: str, body: str, *, about: str) -> None:
    """Send a letter to each who may bind these organisations. Raises where the mail server is away,
    unless somebody has got it: a try for the others would repeat it to them."""
    binding = Membership.objects.filter(organisation__in=to, role__in=["approver", "owner"])
    is_read = False
    for address in sorted(set(binding.values_list("user__email", flat=True))):
        try:
            EmailMessage(subject=subject, body=body, to=[address]).send()
            is_read = True
        except (SMTPException, OSError, ValueError) as error:
            if not is_read and not isinstance(error, _REFUSED):
                raise
            log.warning("%s: a letter was not sent: %s", about, type(error).__name__)
