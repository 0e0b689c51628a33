"""Which consents the files of a grant rest on, and whether they still carry it, now or at a time:
the one place that says it. It asks the consents themselves, so that no answer waits for somebody
to be told.

A file rests on the consents that it was granted on and on no later one, not even on the new version
that replaced one of them: the agreement names them. Its licence goes on while those that go on
allow, of what is granted, all that they allowed together; it ends with the first without which
something is left that none of them allows (docs/decisions/resting-on-named-consents.md).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from catalog.models import Consent, Suspension
from catalog.scope.territory import parse_territory
from catalog.scope.uses import expand_uses
from licensing.models import Decision, Grant, GrantedAsset
from licensing.verdicts.reach import reaches, shown_by

# A grant and what its files of one likeness were cleared by, which those share.
type _Cleared = tuple[int, str]
# The countries where each use by each kind of model of what a file teaches is allowed.
type _Allowed = dict[tuple[str, str, str], frozenset[str]]


class Rest(NamedTuple):
    """How files rest on consents. `ended_at` is since when consents no longer carry some of them,
    and `is_over` that no other is left; `suspended_at` since when some would need consents that are
    suspended, or begin later, so that nothing new may be made of them."""

    ended_at: datetime | None = None
    is_over: bool = False
    suspended_at: datetime | None = None


SOUND = Rest()


@dataclass(frozen=True)
class Footing:
    """What a file rests on, as of `at`: the consents that it was granted on, by code, whatever
    became of them; none for a title's file. `taught`: what it teaches a model (`modalities`)."""

    grant: Grant
    taught: tuple[str, ...]
    consents: tuple[Consent, ...]
    at: datetime

    @cached_property
    def rest(self) -> Rest:
        """How the file rests on them."""
        ends = {end for each in self.consents if (end := _over(each, self.at)) is not None}
        for end in sorted(ends):
            if self.lacks([each for each in self.consents if _over(each, end) is None]):
                return Rest(end, is_over=True)
        for moment in sorted(ends | {at for each in self.consents for at in _suspended(each)}):
            if self.lacks(self._standing(moment)):
                return Rest(suspended_at=moment)
        return SOUND

    @property
    def going_on(self) -> list[Consent]:
        """Those that nothing has ended; suspended ones, and those that begin later, too."""
        return [each for each in self.consents if _over(each, self.at) is None]

    @property
    def standing(self) -> list[Consent]:
        """Those in force: begun, neither ended nor suspended."""
        return self._standing(self.at)

    @cached_property
    def final_end(self) -> tuple[Consent, datetime] | None:
        """Since when the licence has ended for good, and the last consent before without whose
        withdrawal, or next version, it would go on; None while it does, and where it would but for
        a rule: that somebody has died can be a mistake."""
        ends = {each: end for each in self.consents if (end := _finally(each, self.at)) is not None}
        left, last = list(self.consents), None
        for each in sorted(ends, key=lambda each: (ends[each], each.code)):
            left.remove(each)
            last = each if _withdrawn(each, self.at) == ends[each] else last
            if self.lacks(left):
                return (last, ends[each]) if last is not None else None
        return None

    def lacks(self, left: Collection[Consent]) -> bool:
        """Return whether without the others something is left that none of these allows."""
        if len(left) == len(self.consents):
            return False
        allowed = self._allowed_by(left)
        none = frozenset[str]()
        return any(places - allowed.get(key, none) for key, places in self._together.items())

    def _standing(self, moment: datetime) -> list[Consent]:
        # Of a licence that begins later, what begins with it is there in time.
        begun = max(self.at, self.grant.starts_at)
        return [
            each
            for each in self.consents
            if _over(each, moment) is None
            and each.starts_at <= begun
            and not any(at <= moment for at in _suspended(each))
        ]

    @cached_property
    def _together(self) -> _Allowed:
        return self._allowed_by(self.consents)

    def _allowed_by(self, consents: Iterable[Consent]) -> _Allowed:
        uses, kinds = expand_uses(self.grant.uses), set(self.grant.model_kinds)
        granted = parse_territory(self.grant.territory)
        allowed: _Allowed = defaultdict(frozenset)
        for each in consents:
            places = parse_territory(each.territory) & granted
            for key in product(
                expand_uses(each.uses) & uses,
                shown_by(each).intersection(self.taught),
                kinds.intersection(each.model_kinds or kinds),
            ):
                allowed[key] |= places
        return allowed


def _over(consent: Consent, at: datetime) -> datetime | None:
    """Since when a consent is over at `at`, None while it is not."""
    over = consent.over_at
    return over if over is not None and over <= at else None


def _withdrawn(consent: Consent, at: datetime) -> datetime | None:
    withdrawn = consent.withdrawn_at
    return withdrawn if withdrawn is not None and withdrawn <= at else None


def _finally(consent: Consent, at: datetime) -> datetime | None:
    """Since when a consent is over by what is not taken back: its term, or a withdrawal."""
    ends = (consent.ends_at, consent.withdrawn_at)
    return min((each for each in ends if each is not None and each <= at), default=None)


def _suspended(consent: Consent) -> list[datetime]:
    return [each.starts_at for each in consent.standing]  # type: ignore[attr-defined]


def rest_of(grant: Grant, at: datetime | None = None) -> Rest:
    """Return how the files of a grant rest on consents at `at`, or now. One query where the
    licensor has no consent that is over or suspended."""
    return rests_of([grant.pk], at).get(grant.pk, SOUND)


def rests_of(grants: Collection[int], at: datetime | None = None) -> dict[int, Rest]:
    """Return the same of many grants by their keys, in a few queries; those are left out of which
    all files are carried by consents in force or need none."""
    moment = timezone.now() if at is None else at
    # A licensor has few of them or none; its files can be very many.
    licensors = Grant.objects.filter(pk__among=grants).values("licensor")
    troubled = _over_or_suspended(moment).filter(likeness__performer__organisation__in=licensors)
    if not (likenesses := set(troubled.values_list("likeness", flat=True))):
        return {}
    files = GrantedAsset.objects.filter(grant__among=grants)
    touched = files.filter(asset__likeness__among=likenesses)
    if not (concerned := set(touched.values_list("grant", flat=True).distinct())):
        return {}
    files = GrantedAsset.objects.filter(grant__among=concerned).order_by()
    of_titles = set(files.filter(asset__likeness__isnull=True).values_list("grant", flat=True))
    found: dict[int, list[Rest]] = defaultdict(list)
    for footing in _footings(_cleared(files), moment).values():
        found[footing.grant.pk].append(footing.rest)
    rests = {
        grant: _sum([*found[grant], *([SOUND] if grant in of_titles else [])])
        for grant in concerned
    }
    return {grant: rest for grant, rest in rests.items() if rest != SOUND}


def ended_by_consents(among: QuerySet[Grant]) -> set[int]:
    """Return the keys of those of which consents carry no file any more: whatever their dates say,
    none is a licence. One query where none of their licensors' consents is over."""
    among = among.order_by()
    over = Consent.objects.signed().over(timezone.now())
    theirs = over.filter(likeness__performer__organisation__in=among.values("licensor"))
    if not (likenesses := set(theirs.values_list("likeness", flat=True))):
        return set()
    files = GrantedAsset.objects.filter(grant__in=among.values("pk"))
    touched = files.filter(asset__likeness__among=likenesses).order_by()
    rests = rests_of(set(touched.values_list("grant", flat=True).distinct()))
    return {grant for grant, rest in rests.items() if rest.is_over}


def ended_licences(likenesses: Collection[int]) -> dict[tuple[int, int], datetime]:
    """Return since when licences have ended for all files of a likeness with consents that were
    withdrawn or replaced, by the keys of likeness and grant. One query where none was."""
    now = timezone.now()
    withdrawn = Consent.objects.signed().filter(
        withdrawn_at__lte=now, likeness__among=set(likenesses)
    )
    if not (concerned := set(withdrawn.values_list("likeness", flat=True))):
        return {}
    files = GrantedAsset.objects.filter(asset__likeness__among=concerned).order_by()
    of_likenesses = set(
        files.values_list("asset__likeness", "grant", "clearance__decision").distinct()
    )
    footings = _footings({(grant, decision) for _key, grant, decision in of_likenesses}, now)
    found: dict[tuple[int, int], list[datetime | None]] = defaultdict(list)
    for likeness, grant, decision in of_likenesses:
        end = footings[grant, decision].final_end
        found[likeness, grant].append(end[1] if end is not None else None)
    return {
        key: max(each for each in ends if each is not None)
        for key, ends in found.items()
        if None not in ends
    }


def footing_of(granted: GrantedAsset, at: datetime | None = None) -> Footing:
    """Return what one file of a grant rests on, at `at` or now. No query for a title's file."""
    return footings_of([granted], at)[granted.pk]


def footings_of(files: Iterable[GrantedAsset], at: datetime | None = None) -> dict[int, Footing]:
    """Return what files rest on, at `at` or now, by their keys. A few queries, however many; with
    what each was cleared by (`clearance`) at hand."""
    moment = timezone.now() if at is None else at
    cleared = {
        each.pk: (each.grant_id, each.clearance.decision_id)
        for each in files
        if each.asset.likeness_id is not None
    }
    known = _footings(set(cleared.values()), moment)
    return {
        each.pk: known[cleared[each.pk]]
        if each.pk in cleared
        else Footing(each.grant, (), (), moment)
        for each in files
    }


def consents_carrying(grant: Grant, at: datetime) -> list[Consent]:
    """Return the consents that go on at `at` of those that files of a grant rest on whose licence
    does, by code. A few queries."""
    footings = _footings(_cleared(grant.granted_assets.all()), at).values()
    carried = [footing for footing in footings if not footing.rest.is_over]
    found = {each.code: each for footing in carried for each in footing.going_on}
    return [each for _code, each in sorted(found.items())]


def ended_with(consent: Consent) -> set[int]:
    """Return the keys of the standing grants whose licence ends for some files with this consent,
    and not before it. A few queries."""
    grants = Grant.objects.standing()
    files = GrantedAsset.objects.filter(grant__in=grants, asset__likeness=consent.likeness_id)
    ended = set()
    for footing in _footings(_cleared(files), timezone.now()).values():
        left = [each for each in footing.going_on if each != consent]
        if not footing.rest.is_over and footing.lacks(left):
            ended.add(footing.grant.pk)
    return ended


def _cleared(files: QuerySet[GrantedAsset]) -> set[_Cleared]:
    of_likenesses = files.filter(asset__likeness__isnull=False).order_by()
    return set(of_likenesses.values_list("grant", "clearance__decision").distinct())


def _footings(cleared: Collection[_Cleared], at: datetime) -> dict[_Cleared, Footing]:
    if not cleared:
        return {}
    decisions = Decision.objects.filter(pk__among={decision for _grant, decision in cleared})
    cases = {each.pk: each.case for each in decisions.only("case_text")}
    named = {key: _named(case) for key, case in cases.items()}
    known = _consents({code for codes in named.values() for code in codes}, at)
    grants = Grant.objects.in_bulk({grant for grant, _decision in cleared})
    footings = {}
    for grant, decision in cleared:
        taught = tuple(cases[decision]["request"]["modality"])
        given = [known[code] for code in sorted(named[decision] & known.keys())]
        reaching = tuple(each for each in given if reaches(each, taught, grants[grant]))
        footings[grant, decision] = Footing(grants[grant], taught, reaching, at)
    return footings


def _named(case: Mapping[str, Any]) -> set[str]:
    """Return the codes of the consents in force that a case names: it knows those, too, that were
    over then, and those that were suspended, as drafts."""
    at, facts = case["as_of"], case["facts"]
    over = {
        fact["target"] for fact in facts if fact["kind"] == "revocation" and fact["effective"] <= at
    }
    return {
        fact["id"]
        for fact in facts
        if fact["kind"] == "consent"
        and fact.get("status") != "draft"
        and fact["id"] not in over
        and ("end" not in fact or fact["end"] > at)
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
