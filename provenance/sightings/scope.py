"""Whether a file that was seen somewhere is within the licence it was given under.

It is authorised only where nothing that limits the licence is left untold: what cannot be told is
for its licensor to look at.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import QuerySet

from catalog.models import Asset, Clip, Consent
from catalog.scope.ranges import moment_ms, within
from catalog.scope.territory import parse_territory
from catalog.scope.uses import AI_LEAVES, MODEL_KINDS, expand_uses
from licensing.deals.conditions import LeftOut, left_out
from licensing.models import Grant, GrantedAsset, Verdict
from licensing.verdicts.resting import SOUND, footing_of
from provenance.models import Answer, Term


@dataclass(frozen=True)
class Seen:
    """Where and when a file was seen, and what was done with it, if that was told ("": not)."""

    platform: str
    link: str
    seen_at: datetime
    use: str = ""
    territory: str = ""
    model_kind: str = ""


@dataclass(frozen=True)
class Judged:
    """The answer, the term it is outside of or cannot be told by ("" within all), and what was
    weighed: the licence of a file, or the first of those that a work was made under."""

    answer: Answer
    term: str = ""
    asset: Asset | None = None
    grant: Grant | None = None
    consent: Consent | None = None

    @property
    def distance(self) -> int:
        """How far it is from being authorised."""
        return _ANSWERS.index(self.answer)


# What is nearer to being within: of many licences, the nearest is named.
_ANSWERS = [Answer.AUTHORISED, Answer.UNCLEAR, Answer.OUTSIDE_SCOPE]
_TERMS = [
    "",
    Term.TERRITORY,
    Term.MODEL,
    Term.USE,
    Term.EXTENT,
    Term.CONSENT,
    Term.TERM,
    Term.REVOCATION,
]


def judge_copy(granted: GrantedAsset, clip: Clip | None, seen: Seen) -> Judged:
    """Weigh a copy of a file, or of a `clip` of it, that was delivered under a grant: by that one,
    or by the amended licence that had taken its place, where it has the file. What is outside of
    that may be within another licence that its licensee was given of it, so it is unclear: by an
    answer that told whether it is, anybody could try the terms of a licence that no copy names."""
    own = _weighed(_as_amended(granted, seen), seen, whole=False, clip=clip)
    if own.answer == Answer.OUTSIDE_SCOPE and _is_licensed_again(granted, clip):
        return replace(own, answer=Answer.UNCLEAR, term=Term.LICENCE)
    return own


def _is_licensed_again(granted: GrantedAsset, clip: Clip | None) -> bool:
    """Return whether a licensee was ever given another licence of the same bytes, or of this clip
    of them; not by an amendment."""
    part = [[clip.from_ms, clip.to_ms]] if clip is not None else []
    held = granted_of([granted.asset]).filter(
        grant__licensee=granted.grant.licensee_id, grant__superseded_by=None
    )
    others = held.exclude(grant=granted.grant.newest).values_list("ranges", flat=True)
    return any(within(part, ranges) for ranges in others)


def _as_amended(granted: GrantedAsset, seen: Seen) -> GrantedAsset:
    while (at := granted.grant.superseded_at) is not None and at <= seen.seen_at:
        rows = GrantedAsset.objects.select_related("asset", "grant__licensee", "clearance")
        later = rows.filter(grant=granted.grant.superseded_by, asset=granted.asset_id).first()
        if later is None:
            break
        granted = later
    return granted


def judge_file(assets: Collection[Asset], seen: Seen, holder: int | None = None) -> Judged:
    """Weigh a file by every licence that its owner has given of it: nobody knows whose copy it is.
    `assets` are where one organisation has registered it. Where `holder`, by key, is known to have
    it, its own licences count: by those of others it would be told which there are."""
    rows = granted_of(assets).select_related("asset", "grant__licensee")
    if holder is not None:
        rows = rows.filter(grant__licensee=holder)
    weighed = [_weighed(each, seen, whole=True) for each in rows.order_by("-grant__issued_at")]
    if not weighed:
        return Judged(Answer.OUTSIDE_SCOPE, Term.LICENCE, next(iter(assets)))
    return min(weighed, key=lambda each: (each.distance, _TERMS.index(each.term)))


def granted_of(assets: Collection[Asset]) -> QuerySet[GrantedAsset]:
    """Return under which grants these files are, wherever their owner has registered them."""
    return GrantedAsset.objects.filter(
        asset__organisation__in={asset.organisation_id for asset in assets},
        asset__sha256__in={asset.sha256 for asset in assets},
    )


def _weighed(granted: GrantedAsset, seen: Seen, *, whole: bool, clip: Clip | None = None) -> Judged:
    """`whole`: that all of the file was seen, whose copy nobody knows; `clip`: the part of it that
    was, where it was no more."""
    answer = Answer.AUTHORISED
    if term := _outside(granted, seen, whole=whole):
        answer = Answer.OUTSIDE_SCOPE
    elif term := _untold(granted, seen, clip):
        answer = Answer.UNCLEAR
    return Judged(answer, term, granted.asset, granted.grant)


def _outside(granted: GrantedAsset, seen: Seen, *, whole: bool) -> str:
    """Return the first term that it is outside of, or ""."""
    grant, at = granted.grant, seen.seen_at
    is_over = grant.ended_early_at is not None and grant.ended_early_at <= at
    has_ended = grant.ends_at is not None and grant.ends_at <= at
    fails = (
        (Term.REVOCATION, is_over),
        # It may have been agreed to begin before it was issued; until then nobody had it.
        (Term.TERM, at < max(grant.starts_at, grant.issued_at) or has_ended),
        (Term.EXTENT, whole and bool(granted.ranges)),
        (Term.USE, bool(seen.use) and not expand_uses(seen.use) <= expand_uses(grant.uses)),
        (Term.MODEL, bool(seen.model_kind) and seen.model_kind not in grant.model_kinds),
        (
            Term.TERRITORY,
            bool(seen.territory) and seen.territory not in parse_territory(grant.territory),
        ),
    )
    term = next((each for each, failed in fails if failed), "")
    # What it rests on is asked last, for it costs a query.
    if not term and granted.asset.likeness_id is not None and not _is_consented(granted, seen):
        return Term.CONSENT
    return term


def _untold(granted: GrantedAsset, seen: Seen, clip: Clip | None) -> str:
    """Return the first term by which nobody can tell whether it is within, or ""."""
    grant, clearance = granted.grant, granted.clearance
    # That they are not in what was delivered either is the licensor's word alone.
    if clearance.verdict == Verdict.CONDITIONAL and any(
        _may_be_in(clip, each) for each in left_out(clearance.result)
    ):
        return Term.EXTENT
    # What is seen somewhere was published there: a licence to train does not cover that.
    if not seen.use and not expand_uses("distribute") <= expand_uses(grant.uses):
        return Term.USE
    trains = bool(seen.use) and bool(expand_uses(seen.use) & AI_LEAVES)
    if trains and not seen.model_kind and not set(MODEL_KINDS) <= set(grant.model_kinds):
        return Term.MODEL
    if not seen.territory and not parse_territory("WORLD") <= parse_territory(grant.territory):
        return Term.TERRITORY
    return ""


def _may_be_in(clip: Clip | None, passage: LeftOut) -> bool:
    """Whether a passage that the licence leaves out may be in a file, or in the clip of it."""
    start, _dash, end = passage.where.partition("-")
    if clip is None or not end:
        return True
    try:
        return moment_ms(start) < clip.to_ms and clip.from_ms < moment_ms(end)
    except ValueError:  # the time of a part of the work, or counted in frames
        return True


def _is_consented(granted: GrantedAsset, seen: Seen) -> bool:
    """Whether a likeness's file rested then on consents to what was done, as far as that is told:
    on those that it was granted on, and no later ones."""
    footing = footing_of(granted, seen.seen_at)
    if footing.rest != SOUND:
        return False
    allowing = [each for each in footing.standing if _allows(each, seen)]
    uses = frozenset[str]().union(*(expand_uses(each.uses) for each in allowing))
    return bool(allowing) and (not seen.use or expand_uses(seen.use) <= uses)


def _allows(consent: Consent, seen: Seen) -> bool:
    if seen.model_kind and consent.model_kinds and seen.model_kind not in consent.model_kinds:
        return False
    return not seen.territory or seen.territory in parse_territory(consent.territory)
