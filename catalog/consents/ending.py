"""When a consent ends: by itself, and by notice.

Pure: plain values in, plain values out. A consent may say that it cannot be withdrawn, or only for
a cause, or after days of notice; the laws that let a person withdraw all the same are rows of
`catalog/scope/likeness.json`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from catalog.consents.speaking import Standing
from catalog.scope.errors import CaseError
from catalog.scope.instants import NEVER, add, start_of
from catalog.scope.likeness_rules import MINOR_CAP, OF_AGE, POLICIES, RIGHTS, Right, is_void


class Ground(StrEnum):
    """Why a consent is withdrawn. All but the first have to be shown."""

    TERMS = "terms"  # the consent lets it be withdrawn at any time
    BREACH = "breach"
    STRIKE = "strike"
    DEATH = "death"
    LAW = "law"


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CAUSES: Final = {
    "on_breach": Ground.BREACH,
    "on_strike": Ground.STRIKE,
    "on_death": Ground.DEATH,
}


class Refusal(StrEnum):
    """Why no notice can be given."""

    IRREVOCABLE = "irrevocable"
    OTHER_CAUSE = "other_cause"
    NOT_DEAD = "not_dead"
    NO_STRIKE = "no_strike"
    NO_SUCH_LAW = "no_such_law"


class CannotWithdraw(ValueError):
    """The consent cannot be withdrawn on this ground."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


@dataclass(frozen=True)
class Circumstances:
    """What is known when notice is given. `strike`: the consent rests for a strike."""

    standing: Standing
    strike: bool
    now: datetime


def when_revocable(terms: Mapping[str, Any]) -> str:
    """Return when a consent of these terms can be withdrawn; one that says nothing, at any time."""
    return str(terms.get("revocable", {}).get("when", "any_time"))


def ground_of(terms: Mapping[str, Any]) -> Ground | None:
    """Return the ground that the consent itself names, or None where it names none."""
    when = when_revocable(terms)
    return Ground.TERMS if when == "any_time" else _CAUSES.get(when)


def rights_of(terms: Mapping[str, Any], standing: Standing) -> list[Right]:
    """Return the laws by which such a person may withdraw whatever the consent says."""
    law = terms.get("law")
    return [each for each in RIGHTS.values() if law in each.laws and standing in each.persons]


def ends_at_by_notice(
    terms: Mapping[str, Any], ground: Ground, right: str, known: Circumstances
) -> datetime:
    """Return the instant at which notice given now ends the consent.

    `right` is the code of the law where `ground` is `law`. Raises CannotWithdraw.
    """
    if ground is Ground.LAW:
        found = next(
            (each for each in rights_of(terms, known.standing) if each.code == right), None
        )
        if found is None:
            raise CannotWithdraw(Refusal.NO_SUCH_LAW)
        return known.now + timedelta(days=found.notice_days)
    own = ground_of(terms)
    if own is None:
        raise CannotWithdraw(Refusal.IRREVOCABLE)
    if own is not Ground.TERMS and ground is not own:
        raise CannotWithdraw(Refusal.OTHER_CAUSE)
    if ground is Ground.DEATH and known.standing is not Standing.DECEASED:
        raise CannotWithdraw(Refusal.NOT_DEAD)
    if ground is Ground.STRIKE and not known.strike:
        raise CannotWithdraw(Refusal.NO_STRIKE)
    return known.now + timedelta(days=terms.get("revocable", {}).get("notice_days", 0))


def is_disputed(terms: Mapping[str, Any], ground: str, right: str) -> bool:
    """Return whether a withdrawal rests only on a law that nobody has confirmed."""
    if ground != Ground.LAW or ground_of(terms) is Ground.TERMS:
        return False
    found = RIGHTS.get(right)
    return found is None or not found.confirmed


def stops_at(
    terms: Mapping[str, Any],
    starts_at: datetime,
    *,
    born: date | None,
    deceased_on: date | None,
) -> datetime | None:
    """Return when a consent ends by rule, whatever its term says; None where no rule ends it.

    At the end of the day of death, unless it survives that or was given after it; five years after
    the start, or at majority, where the person was a minor at its start; at the longest term of
    the policy it follows.
    """
    limits = [
        _death(terms, starts_at, deceased_on),
        *_minority(starts_at, born),
        _later(starts_at, POLICIES.get(str(terms.get("policy")))),
    ]
    return min((each for each in limits if each is not None), default=None)


def binds(
    terms: Mapping[str, Any],
    starts_at: datetime,
    description: str,
    *,
    born: date | None,
    now: datetime,
) -> bool:
    """Return whether a consent binds at all: of a minor, only with a court's approval; under a law
    that voids a vague one, only if it is specific or somebody advised the performer."""
    if _minority(starts_at, born) and "court_approval" not in terms:
        return False
    advised = any(terms.get("representation", {}).values())
    if advised or not terms.get("in_lieu_of_in_person_work", True):
        return True
    fixed_on = (now - _EPOCH) // timedelta(seconds=1)
    return not is_void(terms.get("law"), fixed_on, description, specific=None)


def _death(
    terms: Mapping[str, Any], starts_at: datetime, deceased_on: date | None
) -> datetime | None:
    if deceased_on is None or terms.get("survives_death", True):
        return None
    death = _instant(start_of(deceased_on)) + timedelta(days=1)
    return death if death > starts_at else None


def _minority(starts_at: datetime, born: date | None) -> list[datetime | None]:
    if born is None:
        return []
    of_age = _later(_instant(start_of(born)), OF_AGE)
    if of_age is None or starts_at >= of_age:
        return []
    return [of_age, _later(starts_at, MINOR_CAP)]


def _later(begin: datetime, span: Any) -> datetime | None:
    if span is None:
        return None
    try:
        end = add((begin - _EPOCH) // timedelta(seconds=1), span, UTC, "$")
    except CaseError:  # past the year 9999
        return None
    return None if end == NEVER else _instant(end)


def _instant(seconds: int) -> datetime:
    return _EPOCH + timedelta(seconds=seconds)
