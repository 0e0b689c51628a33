"""Whose signatures bind a performer: exact shares, and no majority by rounding."""

from datetime import date
from fractions import Fraction
from itertools import combinations

from hypothesis import assume, given
from hypothesis import strategies as st

from catalog.consents.speaking import (
    Gap,
    Speaker,
    Standing,
    enough,
    gap,
    of_age_on,
    out_of_reach,
    signers,
    standing_at,
)

BASES = ("self", "guardian", "agent", "agency", "heir", "assignee", "union")


@st.composite
def heirs(draw: st.DrawFn) -> list[Speaker]:
    """Heirs whose exact shares come to the whole, or to less."""
    weights = draw(st.lists(st.integers(1, 12), min_size=1, max_size=6))
    unknown = draw(st.integers(0, 12))
    whole = sum(weights) + unknown
    return [Speaker(f"H{i}", "heir", Fraction(w, whole)) for i, w in enumerate(weights)]


@given(heirs())
def test_a_majority_is_more_than_half_of_the_whole_estate(estate: list[Speaker]) -> None:
    for size in range(len(estate) + 1):
        for some in combinations(estate, size):
            share = sum((each.share for each in some), Fraction(0))
            signed = {each.code for each in some}
            assert enough(Standing.DECEASED, "majority", estate, signed) == (2 * share > 1)


@given(heirs())
def test_no_two_groups_apart_both_have_the_majority(estate: list[Speaker]) -> None:
    codes = {each.code for each in estate}
    for size in range(len(estate) + 1):
        for some in combinations(sorted(codes), size):
            both = [enough(Standing.DECEASED, "majority", estate, set(some))]
            both.append(enough(Standing.DECEASED, "majority", estate, codes - set(some)))
            assert not all(both)


@given(heirs())
def test_all_means_every_heir_and_every_share(estate: list[Speaker]) -> None:
    codes = {each.code for each in estate}
    whole = sum((each.share for each in estate), Fraction(0)) == 1
    assert enough(Standing.DECEASED, "all", estate, codes) == whole
    for left_out in codes:
        assert not enough(Standing.DECEASED, "all", estate, codes - {left_out})
    if not whole:
        assert gap(Standing.DECEASED, "all", estate) is Gap.UNKNOWN_HEIRS


@given(
    st.lists(
        st.builds(
            Speaker,
            code=st.uuids().map(str),
            basis=st.sampled_from(BASES),
            share=st.fractions(Fraction(1, 20), Fraction(1), max_denominator=20),
        ),
        max_size=6,
    ),
    st.sampled_from(list(Standing)),
    st.sampled_from(["all", "majority"]),
    st.data(),
)
def test_another_signature_never_hurts_and_refusals_are_told_in_time(
    speakers: list[Speaker], standing: Standing, rule: str, data: st.DataObject
) -> None:
    able = [each.code for each in signers(standing, speakers)]
    signed = set(data.draw(st.lists(st.sampled_from(able), unique=True))) if able else set()
    if enough(standing, rule, speakers, signed):
        assert enough(standing, rule, speakers, set(able))
    # What those who did not decline can still do together is what "out of reach" denies.
    reachable = enough(standing, rule, speakers, signed)
    declined = set(able) - signed
    assert out_of_reach(standing, rule, speakers, declined) == (not reachable)
    if gap(standing, rule, speakers) is not None:
        assert not enough(standing, rule, speakers, set(able))


def test_an_adult_speaks_alone_or_through_any_agent() -> None:
    speakers = [Speaker("me", "self"), Speaker("agent", "agent"), Speaker("union", "union")]
    for one in ("me", "agent"):
        assert enough(Standing.ADULT, "all", speakers, {one})
    assert not enough(Standing.ADULT, "all", speakers, {"union"})


def test_every_guardian_of_a_minor_signs_and_the_agency_does_not_count() -> None:
    speakers = [Speaker("a", "guardian"), Speaker("b", "guardian"), Speaker("c", "agency")]
    assert not enough(Standing.MINOR, "all", speakers, {"a", "c"})
    assert enough(Standing.MINOR, "all", speakers, {"a", "b"})
    assert gap(Standing.MINOR, "all", [Speaker("c", "agency")]) is Gap.NO_GUARDIAN


def test_who_holds_the_right_comes_before_the_heirs_and_a_union_after_them() -> None:
    heir, union = Speaker("h", "heir"), Speaker("u", "union")
    assignee = Speaker("x", "assignee")
    assert signers(Standing.DECEASED, [heir, union, assignee]) == (assignee,)
    assert signers(Standing.DECEASED, [heir, union]) == (heir,)
    assert signers(Standing.DECEASED, [union]) == (union,)


@given(st.dates(date(1900, 1, 1), date(2020, 12, 31)), st.dates(date(1900, 1, 1)))
def test_a_person_comes_of_age_once(born: date, day: date) -> None:
    assume(day >= born)
    minor = standing_at(born, None, day) is Standing.MINOR
    assert minor == (day < of_age_on(born))


def test_who_was_born_on_a_leap_day_comes_of_age_on_the_first_of_march() -> None:
    assert of_age_on(date(2008, 2, 29)) == date(2026, 3, 1)
