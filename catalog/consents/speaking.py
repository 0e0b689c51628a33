"""Who must sign for a performer, and whether enough of them have.

Pure: plain values in, plain values out. An adult speaks alone, or through any one agent; a minor
through every guardian; the dead through their heirs, whose exact shares decide by the rule that
the estate has, or through whoever the right was assigned to.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

ADULT_YEARS = 18
_HALF = Fraction(1, 2)


class Standing(StrEnum):
    """What a person is at a moment, as far as speaking for oneself goes."""

    ADULT = "adult"
    MINOR = "minor"
    DECEASED = "deceased"


# Whose signature counts, by standing. A union speaks for the dead of whom nobody else is known.
SPEAKS: dict[Standing, frozenset[str]] = {
    Standing.ADULT: frozenset({"self", "agent", "agency", "assignee"}),
    Standing.MINOR: frozenset({"guardian"}),
    Standing.DECEASED: frozenset({"heir", "assignee", "union"}),
}


@dataclass(frozen=True)
class Speaker:
    """Somebody with authority: its code, why, and which share of the estate."""

    code: str
    basis: str
    share: Fraction = Fraction(1)


class Gap(StrEnum):
    """Why nobody can sign yet."""

    NOBODY = "nobody"
    NO_GUARDIAN = "no_guardian"
    NO_HEIR = "no_heir"
    TOO_MUCH = "shares_over_one"
    UNKNOWN_HEIRS = "shares_under_one"
    NO_MAJORITY = "no_majority_known"


def standing_at(born: date | None, deceased_on: date | None, day: date) -> Standing:
    """Return what the person is on that day; without a date of birth, an adult."""
    if deceased_on is not None and deceased_on <= day:
        return Standing.DECEASED
    if born is not None and day < of_age_on(born):
        return Standing.MINOR
    return Standing.ADULT


def of_age_on(born: date) -> date:
    """Return the day a person comes of age; who was born on 29 February, on 1 March."""
    try:
        return born.replace(year=born.year + ADULT_YEARS)
    except ValueError:
        return date(born.year + ADULT_YEARS, 3, 1)


def signers(standing: Standing, speakers: Iterable[Speaker]) -> tuple[Speaker, ...]:
    """Return those whose signature counts for a person of this standing."""
    able = [each for each in speakers if each.basis in SPEAKS[standing]]
    if standing is not Standing.DECEASED:
        return tuple(able)
    # Whoever holds the right itself comes before whoever inherited what is left of it.
    for bases in ({"assignee"}, {"heir"}, {"union"}):
        found = tuple(each for each in able if each.basis in bases)
        if found:
            return found
    return ()


def gap(standing: Standing, rule: str, speakers: Iterable[Speaker]) -> Gap | None:
    """Return why this person's consent cannot be signed by anybody known, or None."""
    able = signers(standing, speakers)
    if not able:
        return {
            Standing.ADULT: Gap.NOBODY,
            Standing.MINOR: Gap.NO_GUARDIAN,
            Standing.DECEASED: Gap.NO_HEIR,
        }[standing]
    if not _by_shares(standing, able):
        return None
    known = sum((each.share for each in able), Fraction(0))
    if known > 1:
        return Gap.TOO_MUCH
    if rule == "all" and known < 1:
        return Gap.UNKNOWN_HEIRS
    return None if known > _HALF else Gap.NO_MAJORITY


def enough(
    standing: Standing, rule: str, speakers: Iterable[Speaker], signed: Collection[str]
) -> bool:
    """Return whether the signatures of `signed` (codes) bind the person.

    Heirs by `all` are every heir, and their shares make the whole; by `majority` more than half
    of the whole estate, so that heirs nobody knows of count against it.
    """
    able = signers(standing, speakers)
    given = [each for each in able if each.code in signed]
    if not given or gap(standing, rule, able) is not None:
        return False
    if _by_shares(standing, able):
        if rule == "all":
            return len(given) == len(able)
        return sum((each.share for each in given), Fraction(0)) > _HALF
    if standing is Standing.MINOR:
        return len(given) == len(able)
    return True


def out_of_reach(
    standing: Standing, rule: str, speakers: Iterable[Speaker], declined: Collection[str]
) -> bool:
    """Return whether those who declined leave too few to ever bind the person."""
    able = signers(standing, speakers)
    left = {each.code for each in able} - set(declined)
    return not enough(standing, rule, able, left)


def _by_shares(standing: Standing, able: Sequence[Speaker]) -> bool:
    return standing is Standing.DECEASED and able[0].basis == "heir"
