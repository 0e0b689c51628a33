"""Whether the files of a grant rest on consents still, now or at a time: the one place that says
it. It asks the consents themselves, so that no answer waits for somebody to be told.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from catalog.models import Consent, Suspension
from licensing.models import Clearance, Decision, Grant, GrantedAsset


class Rest(NamedTuple):
    """How files rest on consents. `ended_at` is since when some of them rest on none any more, and
    `is_over` that no other is left; `suspended_at` since when some rest on suspended ones alone, of
    which nothing new may be made."""

    ended_at: datetime | None = None
    is_over: bool = False
    suspended_at: datetime | None = None


_SOUND = Rest()


def rest_of(grant: Grant, at: datetime | None = None) -> Rest:
    """Return how the files of a grant rest on consents at `at`, or now. One query where the
    licensor has no consent that is over or suspended."""
    return rests_of([grant.pk], at).get(grant.pk, _SOUND)


def rests_of(grants: Collection[int], at: datetime | None = None) -> dict[int, Rest]:
    """Return the same of many grants by their keys, in a few queries; those are left out whose
    files all rest on a consent in force or need none."""
    moment = timezone.now() if at is None else at
    # A licensor has few of them or none; its files can be very many.
    licensors = Grant.objects.filter(pk__among=grants).values("licensor")
    troubled = _over_or_suspended(moment).filter(likeness__performer__organisation__in=licensors)
    likenesses = set(troubled.values_list("likeness", flat=True))
    files = GrantedAsset.objects.filter(grant__among=grants)
    touched = files.filter(asset__likeness__among=likenesses)
    if not (concerned := set(touched.values_list("grant", flat=True).distinct())):
        return {}
    files = GrantedAsset.objects.filter(grant__among=concerned).order_by()
    of_titles = set(files.filter(asset__likeness__isnull=True).values_list("grant", flat=True))
    # Files of one likeness share their case.
    of_likenesses = files.filter(asset__likeness__isnull=False)
    pairs = set(of_likenesses.values_list("grant", "clearance__decision").distinct())
    decisions = Decision.objects.filter(pk__among={decision for _grant, decision in pairs})
    named = {each.pk: _named(each.case) for each in decisions.only("case_text")}
    known = _consents({code for codes in named.values() for code in codes}, moment)
    found: dict[int, list[Rest]] = defaultdict(list)
    for grant, decision in pairs:
        found[grant].append(
            _rest([known[code] for code in named[decision] if code in known], moment)
        )
    rests = {
        grant: _sum([*found[grant], *([_SOUND] if grant in of_titles else [])])
        for grant in concerned
    }
    return {grant: rest for grant, rest in rests.items() if rest != _SOUND}


def rest_of_file(granted: GrantedAsset, at: datetime | None = None) -> Rest:
    """Return the same of one file of a grant: the agreement ends the licence of a likeness's file
    with the last consent that its clearance rests on."""
    if granted.asset.likeness_id is None:
        return _SOUND
    moment = timezone.now() if at is None else at
    return _rest(_consents(consents_named(granted.clearance), moment).values(), moment)


def consents_named(clearance: Clearance) -> set[str]:
    """Return the codes of the consents that a file was cleared on."""
    return _named(clearance.case)


def _named(case: Mapping[str, Any]) -> set[str]:
    # One that rested then is in the case, as a draft: nothing was granted on it.
    return {
        fact["id"]
        for fact in case["facts"]
        if fact["kind"] == "consent" and fact.get("status") != "draft"
    }


def _over_or_suspended(at: datetime) -> QuerySet[Consent]:
    suspended = Q(pk__in=Suspension.objects.standing(at).values("consent"))
    over = Q(pk__in=Consent.objects.over(at).values("pk"))
    return Consent.objects.signed().filter(over | suspended)


def _consents(codes: Collection[str], at: datetime) -> dict[str, Consent]:
    """Return these consents by their codes, each with its suspensions of that moment."""
    standing = Prefetch("suspensions", Suspension.objects.standing(at), to_attr="standing")
    rows = Consent.objects.filter(code__among=codes).prefetch_related(standing)
    return {each.code: each for each in rows}


def _rest(consents: Iterable[Consent], at: datetime) -> Rest:
    """What consents say of the files that rest on each of them alike."""
    ends, suspended, is_live = list[datetime](), list[datetime](), False
    for consent in consents:
        if consent.over_at is not None and consent.over_at <= at:
            ends.append(consent.over_at)
        elif standing := consent.standing:  # type: ignore[attr-defined]
            suspended += [each.starts_at for each in standing]
        else:
            is_live = True
    if is_live:
        return _SOUND
    if suspended:
        return Rest(suspended_at=max(suspended))
    # Without any it rested on none from the first, and nothing ended.
    return Rest(max(ends), is_over=True) if ends else _SOUND


def _sum(rests: Collection[Rest]) -> Rest:
    return Rest(
        min((each.ended_at for each in rests if each.ended_at), default=None),
        is_over=all(each.is_over for each in rests),
        suspended_at=min((each.suspended_at for each in rests if each.suspended_at), default=None),
    )
