"""What an offered form is bound to: the people it names, and the rule by which they decide.

Pure: plain values in, plain values out. See docs/decisions/forms-bound-to-those-they-name.md.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from catalog.consents.speaking import Standing


@dataclass(frozen=True)
class Named:
    """Somebody as a form names them; who was recorded anew as the same is the same."""

    holder: str
    basis: str
    share: Fraction


@dataclass(frozen=True)
class Signers:
    """Those whose signature counts, for whom, and by which rule where they are heirs."""

    standing: Standing
    rule: str
    people: Sequence[Named]

    @property
    def are_heirs(self) -> bool:
        return any(each.basis == "heir" for each in self.people)

    @property
    def decide_together(self) -> bool:
        """Whether it matters who else signs; where any one binds the person it does not."""
        return self.are_heirs or self.standing is Standing.MINOR


class Change(StrEnum):
    """Why a form can no longer be signed."""

    DIED = "died"
    OF_AGE = "of_age"
    LIFE = "life"  # another correction of the dates of a life
    TO_MAJORITY = "to_majority"
    TO_ALL = "to_all"
    PEOPLE = "people"


def change(offered: Signers, now: Signers) -> Change | None:
    """Return what no longer agrees with the form, or None where it binds as it says."""
    if now.standing is not offered.standing:
        return _of_standing(offered.standing, now.standing)
    if offered.are_heirs and now.are_heirs and now.rule != offered.rule:
        return Change.TO_MAJORITY if now.rule == "majority" else Change.TO_ALL
    named, able = Counter(offered.people), Counter(now.people)
    if offered.decide_together:
        return None if named == able else Change.PEOPLE
    return None if named & able else Change.PEOPLE


def _of_standing(before: Standing, now: Standing) -> Change:
    if now is Standing.DECEASED:
        return Change.DIED
    return Change.OF_AGE if (before, now) == (Standing.MINOR, Standing.ADULT) else Change.LIFE
