"""When a consent ends: by its own words, by rule, by law."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from catalog.consents.ending import (
    CannotWithdraw,
    Circumstances,
    Ground,
    Refusal,
    ends_at_by_notice,
    is_disputed,
    stops_at,
)
from catalog.consents.speaking import Standing

NOW = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)


def known(standing: Standing = Standing.ADULT, *, strike: bool = False) -> Circumstances:
    return Circumstances(standing, strike, NOW)


def terms(when: str, days: int = 0, **more: Any) -> dict[str, Any]:
    return {"revocable": {"when": when, "notice_days": days}, **more}


@pytest.mark.parametrize(
    ("said", "days"), [({}, 0), (terms("any_time"), 0), (terms("any_time", 30), 30)]
)
def test_at_any_time_means_after_the_days_of_notice(said: dict[str, Any], days: int) -> None:
    ends = ends_at_by_notice(said, Ground.TERMS, "", known())
    assert ends == NOW + timedelta(days=days)


@pytest.mark.parametrize("ground", [each for each in Ground if each is not Ground.LAW])
def test_what_cannot_be_withdrawn_is_not_whatever_is_said(ground: Ground) -> None:
    with pytest.raises(CannotWithdraw) as refused:
        ends_at_by_notice(terms("no", 30), ground, "", known(Standing.DECEASED, strike=True))
    assert refused.value.refusal is Refusal.IRREVOCABLE


@pytest.mark.parametrize(
    ("when", "ground", "circumstances"),
    [
        ("on_breach", Ground.BREACH, known()),
        ("on_strike", Ground.STRIKE, known(strike=True)),
        ("on_death", Ground.DEATH, known(Standing.DECEASED)),
    ],
)
def test_for_its_cause_and_no_other(
    when: str, ground: Ground, circumstances: Circumstances
) -> None:
    ends = ends_at_by_notice(terms(when, 10), ground, "", circumstances)
    assert ends == NOW + timedelta(days=10)
    for other in set(Ground) - {ground, Ground.LAW}:
        with pytest.raises(CannotWithdraw) as refused:
            ends_at_by_notice(terms(when, 10), other, "", circumstances)
        assert refused.value.refusal is Refusal.OTHER_CAUSE


@pytest.mark.parametrize(
    ("when", "ground", "refusal"),
    [
        ("on_strike", Ground.STRIKE, Refusal.NO_STRIKE),
        ("on_death", Ground.DEATH, Refusal.NOT_DEAD),
    ],
)
def test_a_cause_that_the_records_deny_is_none(when: str, ground: Ground, refusal: Refusal) -> None:
    with pytest.raises(CannotWithdraw) as refused:
        ends_at_by_notice(terms(when), ground, "", known())
    assert refused.value.refusal is refusal


def test_a_law_ends_what_cannot_be_withdrawn_and_leaves_it_in_dispute() -> None:
    said = terms("no", 30, law="DK")
    assert ends_at_by_notice(said, Ground.LAW, "dk_imitation", known()) == NOW
    assert is_disputed(said, "law", "dk_imitation")
    assert not is_disputed(terms("any_time", law="DK"), "law", "dk_imitation")
    assert not is_disputed(terms("on_breach"), "breach", "")


@pytest.mark.parametrize(
    ("law", "right", "standing"),
    [
        ("CA", "dk_imitation", Standing.ADULT),
        ("DK", "no_such_law", Standing.ADULT),
        ("EU", "eu_personal_data", Standing.DECEASED),
    ],
)
def test_a_law_that_does_not_reach_the_consent_ends_nothing(
    law: str, right: str, standing: Standing
) -> None:
    with pytest.raises(CannotWithdraw) as refused:
        ends_at_by_notice(terms("no", law=law), Ground.LAW, right, known(standing))
    assert refused.value.refusal is Refusal.NO_SUCH_LAW


def day(year: int, month: int, number: int) -> datetime:
    return datetime(year, month, number, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "born", "died", "expected"),
    [
        ({}, None, None, None),
        ({}, date(1990, 1, 1), None, None),
        # A minor at the start: five years, or majority, whichever comes first.
        ({}, date(2015, 3, 1), None, day(2031, 6, 1)),
        ({}, date(2010, 3, 1), None, day(2028, 3, 1)),
        ({"policy": "no_fakes_2026"}, None, None, day(2036, 6, 1)),
        ({"survives_death": False}, None, date(2027, 2, 3), day(2027, 2, 4)),
        ({"survives_death": True}, None, date(2027, 2, 3), None),
        # Given by the heirs: a death before it ends nothing.
        ({"survives_death": False}, None, date(2020, 2, 3), None),
    ],
)
def test_rules_end_a_consent_whatever_its_term(
    said: dict[str, Any], born: date | None, died: date | None, expected: datetime | None
) -> None:
    assert stops_at(said, day(2026, 6, 1), born=born, deceased_on=died) == expected
