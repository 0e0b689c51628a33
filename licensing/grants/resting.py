"""Which consents the files of a grant rest on, and whether they still do, now or at a time: the one
place that says it. It asks the consents themselves, so that no answer waits for somebody to be
told.

A file rests on the consents that it was granted on and on no later one, not even on the new version
that replaced one of them: the agreement names them, and ends the licence of the file with the last.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from catalog.models import Consent, Suspension
from licensing.models import Decision, Grant, GrantedAsset
from licensing.verdicts.clearances import reaches

# A grant and what its files of one likeness were cleared by, which those share.
type _Cleared = tuple[int, str]


class Rest(NamedTuple):
    """How files rest on consents. `ended_at` is since when some of them rest on none any more, and
    `is_over` that no other is left; `suspended_at` since when some rest on suspended ones alone, of
    which nothing new may be made."""

    ended_at: datetime | None = None
    is_over: bool = False
    suspended_at: datetime | None = None


SOUND = Rest()


def rest_of(grant: Grant, at: datetime | None = None) -> Rest:
    """Return how the files of a grant rest on consents at `at`, or now. One query where the
    licensor has no consent that is over or suspended."""
    return rests_of([grant.pk], at).get(grant.pk, SOUND)


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
    found: dict[int, list[Rest]] = defaultdict(list)
    for (grant, _decision), consents in _granted_on(_cleared(files), moment).items():
        found[grant].append(rest_on(consents, moment))
    rests = {
        grant: _sum([*found[grant], *([SOUND] if grant in of_titles else [])])
        for grant in concerned
    }
    return {grant: rest for grant, rest in rests.items() if rest != SOUND}


def rest_of_file(granted: GrantedAsset, at: datetime | None = None) -> Rest:
    """Return the same of one file of a grant."""
    moment = timezone.now() if at is None else at
    return rest_on(consents_of([granted], moment)[granted.pk], moment)


def consents_of(
    files: Iterable[GrantedAsset], at: datetime | None = None
) -> dict[int, Sequence[Consent]]:
    """Return by each file's key the consents that it was granted on, by code, whatever became of
    them; none for a title's file. For `rest_on` at `at`, or now. A few queries, however many."""
    cleared = {
        each.pk: (each.grant_id, each.clearance.decision_id)
        for each in files
        if each.asset.likeness_id is not None
    }
    known = _granted_on(set(cleared.values()), timezone.now() if at is None else at)
    return {each.pk: known[cleared[each.pk]] if each.pk in cleared else () for each in files}


def rest_on(consents: Iterable[Consent], at: datetime) -> Rest:
    """What consents, as `consents_of` returns them, say of a file that was granted on them."""
    ends, suspended, is_later = list[datetime](), list[datetime](), False
    for consent in consents:
        if consent.over_at is not None and consent.over_at <= at:
            ends.append(consent.over_at)
        elif consent.starts_at > at:
            is_later = True
        elif standing := consent.standing:  # type: ignore[attr-defined]
            suspended += [each.starts_at for each in standing]
        else:
            return SOUND
    if suspended:
        return Rest(suspended_at=max(suspended))
    if not ends:
        return SOUND  # it rested on none from the first, or begins later
    # Until another begins it is as if that were suspended.
    return Rest(suspended_at=max(ends)) if is_later else Rest(max(ends), is_over=True)


def standing_of(granted: GrantedAsset, at: datetime | None = None) -> list[Consent]:
    """Return the consents that a file was granted on and that stand at `at`, or now, or begin
    later, by code; none for a title's file."""
    moment = timezone.now() if at is None else at
    return _standing(consents_of([granted], moment)[granted.pk], moment)


def going_on_of(granted: GrantedAsset) -> list[Consent]:
    """Return the consents that a file was granted on and that nothing has ended, suspended or not,
    by code; none for a title's file."""
    now = timezone.now()
    found = consents_of([granted], now)[granted.pk]
    return [each for each in found if not rest_on([each], now).is_over]


def all_standing(grant: Grant, at: datetime) -> list[Consent]:
    """Return the same of all files of a grant. A few queries."""
    found = _granted_on(_cleared(grant.granted_assets.all()), at).values()
    standing = {each.code: each for some in found for each in _standing(some, at)}
    return [each for _code, each in sorted(standing.items())]


def ended_with(consent: Consent) -> set[int]:
    """Return the keys of the standing grants of which files rest on this consent and on no other
    that goes on: its end ends their licence. A few queries."""
    grants = Grant.objects.standing()
    files = GrantedAsset.objects.filter(grant__in=grants, asset__likeness=consent.likeness_id)
    now = timezone.now()
    ended = set()
    for (grant, _decision), consents in _granted_on(_cleared(files), now).items():
        others = [each for each in consents if each != consent]
        if consent in consents and (not others or rest_on(others, now).is_over):
            ended.add(grant)
    return ended


def _standing(consents: Iterable[Consent], at: datetime) -> list[Consent]:
    return [each for each in consents if rest_on([each], at) == SOUND]


def _cleared(files: QuerySet[GrantedAsset]) -> set[_Cleared]:
    of_likenesses = files.filter(asset__likeness__isnull=False).order_by()
    return set(of_likenesses.values_list("grant", "clearance__decision").distinct())


def _granted_on(cleared: Collection[_Cleared], at: datetime) -> dict[_Cleared, list[Consent]]:
    """Return the consents, each with its suspensions of that moment, that files were granted on."""
    if not cleared:
        return {}
    decisions = Decision.objects.filter(pk__among={decision for _grant, decision in cleared})
    cases = {each.pk: each.case for each in decisions.only("case_text")}
    named = {key: _named(case) for key, case in cases.items()}
    known = _consents({code for codes in named.values() for code in codes}, at)
    grants = Grant.objects.in_bulk({grant for grant, _decision in cleared})
    return {
        (grant, decision): [
            known[code]
            for code in sorted(named[decision] & known.keys())
            if reaches(known[code], cases[decision]["request"]["modality"], grants[grant])
        ]
        for grant, decision in cleared
    }


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
    rows = Consent.objects.filter(code__among=codes).select_related("likeness__performer")
    return {each.code: each for each in rows.prefetch_related(standing)}


def _sum(rests: Collection[Rest]) -> Rest:
    return Rest(
        min((each.ended_at for each in rests if each.ended_at), default=None),
        is_over=all(each.is_over for each in rests),
        suspended_at=min((each.suspended_at for each in rests if each.suspended_at), default=None),
    )
