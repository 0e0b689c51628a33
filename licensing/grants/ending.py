"""Licences and consents that end by their own term: told ahead, and what a lab owes then.

The agreement asks the lab to stop every use at the end of the term, and to delete its copies within
thirty days (clause `term.end`). Nobody has to demand it. Docs: docs/duties.md.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.access import SYSTEM, Actor
from catalog.models import Consent
from ledger.append import append
from licensing.grants.duties import Demand, demand_of_lab
from licensing.models import TIER_TERMS, DutyKind, EndNotice, Grant, GrantedAsset, Ground
from licensing.models.grants import GrantQuerySet
from licensing.verdicts.resting import ended_by_consents, footings_of

# Days before the end on which both sides are told, the first notice first.
STAGES: Final = (90, 30, 7)
ENDED: Final = 0
SOON: Final = timedelta(days=STAGES[0])
# What was over before somebody looked is told as news for so long.
_RECENT: Final = timedelta(days=30)
# A worker that stood still leaves the lab so long all the same.
_AT_LEAST: Final = timedelta(days=7)


def end_pending(limit: int = 50) -> int:
    """Say of grants whose term is over that they have ended, and let their labs owe what the
    agreement asks of them then; return how many.

    Safe to kill and to run in many processes: each grant is one transaction on its locked row.
    """
    over = _not_ended_early().filter(ends_at__lte=timezone.now())
    due = over.exclude(end_notices__days=ENDED).order_by("ends_at")
    return sum(map(_end, list(due.values_list("pk", flat=True)[:limit])))


@transaction.atomic
def _end(pk: int) -> bool:
    rows = _not_ended_early().select_related("deal__licensor", "deal__request__organisation")
    grant = rows.select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
    if grant is None or grant.end_notices.filter(days=ENDED).exists():
        return False
    assert grant.ends_at is not None  # noqa: S101 - its term is over
    EndNotice.objects.create(grant=grant, days=ENDED)
    append("grant.ended", stream=grant.stream, actor=SYSTEM)
    files = set(grant.granted_assets.values_list("asset__code", flat=True))
    owed = {DutyKind.STOP: files, DutyKind.DESTROY: to_delete(grant, files)}
    for kind, concerned in owed.items():
        if concerned:
            demand_of_lab(
                grant,
                [Demand(kind, TIER_TERMS[kind].days)],
                ground=Ground.TERM,
                reason="",
                files=sorted(concerned),
                actor=None,
                since=grant.ends_at,
                earliest=timezone.now() + _AT_LEAST,
            )
    return True


def _not_ended_early() -> GrantQuerySet:
    return Grant.objects.filter(revoked_at__isnull=True, superseded_at__isnull=True)


def to_delete(grant: Grant, files: Collection[str]) -> set[str]:
    """Return those of a licence's files that its lab may not keep once they are licensed no longer:
    all but what it holds whole under another licence that is in force."""
    others = Grant.objects.filter(licensee=grant.licensee_id).exclude(pk=grant.pk)
    kept = GrantedAsset.objects.filter(grant__in=others.in_state("active"), ranges=[])
    named = kept.filter(asset__code__among=set(files))
    of_titles = named.filter(asset__likeness__isnull=True).values_list("asset__code", flat=True)
    # Most files are of titles, and need no consent.
    of_persons = list(
        named.filter(asset__likeness__isnull=False).select_related("asset", "clearance")
    )
    footings = footings_of(of_persons)
    carried = {row.asset.code for row in of_persons if not footings[row.pk].rest.is_over}
    return set(files).difference(of_titles, carried)


def tell_ends_pending(limit: int = 200) -> int:
    """Tell of grants and consents that end within a stage's days, once for each stage; return how
    many were told.

    Nothing changes by it, so it is no entry of the log. Two that tell the same tell it once.
    """
    now, told = timezone.now(), 0
    for days, closer in zip(STAGES, (*STAGES[1:], 0), strict=True):
        window = Q(
            ends_at__gt=now + timedelta(days=closer), ends_at__lte=now + timedelta(days=days)
        )
        grants = _not_ended_early().filter(
            window, issued_at__lt=F("ends_at") - timedelta(days=days)
        )
        grants = grants.exclude(pk__among=ended_by_consents(grants))
        told += _tell([EndNotice(grant=each, days=days) for each in _new(grants, days, limit)])
        consents = _unended_consents(now).filter(
            window, recorded_at__lt=F("ends_at") - timedelta(days=days)
        )
        told += _tell([EndNotice(consent=each, days=days) for each in _new(consents, days, limit)])
    over = _unended_consents(now).filter(ends_at__lte=now, ends_at__gt=now - _RECENT)
    return told + _tell([EndNotice(consent=each, days=ENDED) for each in _new(over, ENDED, limit)])


def _unended_consents(now: datetime) -> QuerySet[Consent]:
    """Those in force, or over by nothing but their own term."""
    return Consent.objects.signed().not_withdrawn(now)


def _new[T: (Grant, Consent)](rows: QuerySet[T], days: int, limit: int) -> Iterator[T]:
    yield from rows.exclude(end_notices__days=days).order_by("ends_at")[:limit]


def _tell(notices: list[EndNotice]) -> int:
    EndNotice.objects.bulk_create(notices, ignore_conflicts=True)
    return len(notices)


def ends_soon(grant: Grant) -> bool:
    """Return whether the term of a grant ends within the time of the first notice, or is over."""
    return grant.ends_at is not None and grant.ends_at - timezone.now() <= SOON


def grants_ending(actor: Actor, *, within: timedelta = SOON) -> GrantQuerySet:
    """Return the standing grants that the actor's organisation gave or holds whose term ends within
    this time, the first to end first; not those that ended before it with performers' consents."""
    now = timezone.now()
    rows = _not_ended_early().visible_to(actor)
    found = rows.filter(ends_at__gt=now, ends_at__lte=now + within)
    return found.exclude(pk__among=ended_by_consents(found)).order_by("ends_at")


def consents_ending(actor: Actor, *, within: timedelta = SOON) -> QuerySet[Consent]:
    """Return the actor's own consents in force whose term ends within this time, the first to end
    first."""
    now = timezone.now()
    rows = Consent.objects.visible_to(actor).signed().not_over(now)
    return rows.filter(ends_at__lte=now + within).order_by("ends_at")
