"""Whether a file that was seen somewhere is within the licence it was given under."""

from dataclasses import dataclass
from datetime import datetime

from catalog.models import Asset
from catalog.scope.territory import parse_territory
from catalog.scope.uses import expand_uses
from licensing.models import Grant
from provenance.sighting_models import Answer, Term


@dataclass(frozen=True)
class Seen:
    """Where and when a file was seen, and what was done with it, if that was told ("": not)."""

    platform: str
    link: str
    seen_at: datetime
    use: str = ""
    territory: str = ""


@dataclass(frozen=True)
class Judged:
    """The answer, the term it is outside of ("" within all), and the licence that was weighed."""

    answer: Answer
    term: str = ""
    grant: Grant | None = None


# What is nearer to being within: of many licences, the nearest is named.
_NEAREST = [Term.TERRITORY, Term.USE, Term.TERM, Term.REVOCATION, Term.LICENCE]


def judge_copy(grant: Grant, seen: Seen) -> Judged:
    """Weigh a copy that was delivered under a grant, and under no other."""
    return _judged(_outside(grant, seen), grant)


def judge_file(asset: Asset, seen: Seen) -> Judged:
    """Weigh a registered file of which nobody knows whose copy it is: any licence may be its."""
    grants = Grant.objects.filter(granted_assets__asset=asset).distinct().order_by("-issued_at")
    weighed = [(_outside(grant, seen), grant) for grant in grants]
    for term, grant in weighed:
        if not term:
            return _judged("", grant)
    if not weighed:
        return Judged(Answer.OUTSIDE_SCOPE, Term.LICENCE)
    return _judged(*min(weighed, key=lambda each: _NEAREST.index(Term(each[0]))))


def _judged(term: str, grant: Grant) -> Judged:
    return Judged(Answer.OUTSIDE_SCOPE if term else Answer.AUTHORISED, term, grant)


def _outside(grant: Grant, seen: Seen) -> str:
    """Return the first term that it is outside of, or "". What was not told is not weighed."""
    if grant.ended_early_at is not None and grant.ended_early_at <= seen.seen_at:
        return Term.REVOCATION
    if seen.seen_at < grant.starts_at or (
        grant.ends_at is not None and grant.ends_at <= seen.seen_at
    ):
        return Term.TERM
    if seen.use and not expand_uses(seen.use) <= expand_uses(grant.uses):
        return Term.USE
    if seen.territory and seen.territory not in parse_territory(grant.territory):
        return Term.TERRITORY
    return ""
