"""When a form that was offered still binds as it says."""

from fractions import Fraction

import pytest

from catalog.consents.binding import Change, Named, Signers, change
from catalog.consents.speaking import Standing

ADULT, MINOR, DECEASED = Standing.ADULT, Standing.MINOR, Standing.DECEASED
SELF = Named("Self", "self", Fraction(1))
AGENT = Named("Agent", "agent", Fraction(1))
MOTHER = Named("Mother", "guardian", Fraction(1))
FATHER = Named("Father", "guardian", Fraction(1))
SON = Named("Son", "heir", Fraction(1, 2))
DAUGHTER = Named("Daughter", "heir", Fraction(1, 2))
COUSIN = Named("Daughter", "heir", Fraction(1, 4))
STUDIO = Named("Studio", "assignee", Fraction(1))


def signers(standing: Standing, *people: Named, rule: str = "all") -> Signers:
    return Signers(standing, rule, people)


@pytest.mark.parametrize(
    ("offered", "now", "found"),
    [
        (signers(ADULT, SELF), signers(ADULT, SELF), None),
        # Of an adult any one binds: it makes no difference who else may, and it does who is left.
        (signers(ADULT, SELF, AGENT), signers(ADULT, SELF), None),
        (signers(ADULT, SELF), signers(ADULT, SELF, AGENT), None),
        (signers(ADULT, AGENT), signers(ADULT, SELF), Change.PEOPLE),
        (signers(ADULT, SELF), signers(ADULT), Change.PEOPLE),
        # The rule of an estate is none of the living.
        (signers(ADULT, SELF), signers(ADULT, SELF, rule="majority"), None),
        (signers(ADULT, SELF), signers(DECEASED, SON, DAUGHTER), Change.DIED),
        (signers(DECEASED, SON, DAUGHTER), signers(ADULT, SELF), Change.LIFE),
        (signers(MINOR, MOTHER), signers(ADULT, SELF), Change.OF_AGE),
        (signers(MINOR, MOTHER, FATHER), signers(MINOR, MOTHER), Change.PEOPLE),
        (signers(MINOR, MOTHER), signers(MINOR, MOTHER, FATHER), Change.PEOPLE),
        # Recorded anew and in another order, they are the same.
        (signers(DECEASED, SON, DAUGHTER), signers(DECEASED, DAUGHTER, SON), None),
        (signers(DECEASED, SON, DAUGHTER), signers(DECEASED, SON), Change.PEOPLE),
        (signers(DECEASED, SON, DAUGHTER), signers(DECEASED, SON, COUSIN), Change.PEOPLE),
        (
            signers(DECEASED, SON, DAUGHTER),
            signers(DECEASED, SON, DAUGHTER, rule="majority"),
            Change.TO_MAJORITY,
        ),
        (
            signers(DECEASED, SON, DAUGHTER, rule="majority"),
            signers(DECEASED, SON, DAUGHTER),
            Change.TO_ALL,
        ),
        (signers(DECEASED, STUDIO), signers(DECEASED, STUDIO, rule="majority"), None),
        (signers(DECEASED, SON, DAUGHTER), signers(DECEASED, STUDIO), Change.PEOPLE),
    ],
)
def test_a_form_binds_as_long_as_it_says_who_must_sign(
    offered: Signers, now: Signers, found: Change | None
) -> None:
    assert change(offered, now) is found
