"""What is said of a consent before it is signed."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from catalog.consents.findings import WORDS, words_of
from catalog.consents.lint import Draft, Level, lint

TODAY = date(2026, 11, 21)
GOOD: dict[str, Any] = {
    "description": "Her face appears in the short film Moon House, walking through three scenes.",
    "uses": frozenset({"generate.likeness"}),
    "countries": frozenset({"JP"}),
    "starts_at": datetime(2027, 1, 1, tzinfo=UTC),
    "ends_at": datetime(2029, 1, 1, tzinfo=UTC),
    "terms": {
        "projects": ["Moon House"],
        "media": ["film"],
        "survives_death": False,
        "security": {"at_rest": "encrypted"},
    },
}


def found(terms: dict[str, Any] | None = None, **changes: Any) -> dict[str, Level]:
    said = GOOD | changes | {"terms": GOOD["terms"] | (terms or {})}
    return {each.code: each.level for each in lint(Draft(**said), TODAY)}


def test_a_specific_consent_has_nothing_against_it() -> None:
    assert found() == {}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"description": "Any and all uses of her likeness in every medium now known"}, "SWEEPING"),
        ({"description": "그의 얼굴과 목소리를 모든 목적으로 사용한다"}, "SWEEPING"),
        ({"description": "Use of her face."}, "SHORT"),
        ({"description": "얼굴 사용"}, "SHORT"),
        ({"ends_at": None}, "NO_DURATION"),
        ({"uses": frozenset({"converse.persona"})}, "PERSONA_LIMITS"),
        ({"countries": frozenset({"KR"})}, "LABEL_KR"),
        ({"countries": frozenset({"FR"})}, "LABEL_EU"),
        ({"bases": ["agency"]}, "AGENCY_ALONE"),
    ],
)
def test_what_is_missing_is_named(changes: dict[str, Any], code: str) -> None:
    assert code in found(**changes)


def test_a_korean_sentence_that_says_what_for_is_not_short() -> None:
    told = "단편 영화 나야, 문희에서 배우의 얼굴이 세 장면에 등장한다. 목소리는 쓰지 않는다."
    assert found(description=told) == {}


def test_the_law_of_california_voids_what_is_vague_unless_somebody_advised() -> None:
    vague = {"description": "Any and all uses in any media throughout the universe for ever more"}
    assert found({"law": "CA"}, **vague)["VOID"] is Level.STOP
    assert "VOID" not in found({"law": "CA", "representation": {"counsel": "Lee & Co"}}, **vague)
    assert "VOID" not in found({"law": "CA", "in_lieu_of_in_person_work": False}, **vague)
    assert "VOID" not in found({"law": "KR"}, **vague)
    assert found({"law": "CA"})["UNADVISED"] is Level.ADVICE


def test_a_minor_needs_a_court_and_five_years_are_the_most() -> None:
    child = {"born": date(2015, 3, 1)}
    assert found(**child) == {"MINOR_COURT": Level.STOP, "MINOR_EARNINGS": Level.ADVICE}
    long = {"ends_at": datetime(2032, 6, 1, tzinfo=UTC)}
    findings = lint(Draft(**(GOOD | child | long)), TODAY)
    limit = next(each.until for each in findings if each.code == "MINOR_TERM")
    assert limit == date(2032, 1, 1)
    nearly = lint(Draft(**(GOOD | long | {"born": date(2011, 3, 1)})), TODAY)
    assert next(each.until for each in nearly if each.code == "MINOR_TERM") == date(2029, 3, 1)
    told = {"court_approval": "Seoul, 2026-12", "earnings_set_aside": "15 %, Kookmin Bank"}
    assert found(told, **child) == {}


def test_a_guardian_signs_nothing_that_begins_at_majority() -> None:
    nearly_of_age = {"born": date(2009, 1, 2)}
    of_age = {"starts_at": datetime(2027, 1, 2, tzinfo=UTC)}
    assert found(**nearly_of_age)["MINOR_COURT"] is Level.STOP
    assert found(**nearly_of_age, **of_age) == {"MINOR_AHEAD": Level.STOP}


def test_a_policy_limits_the_term_to_ten_years() -> None:
    long = {"ends_at": datetime(2037, 1, 2, tzinfo=UTC)}
    assert "POLICY_TERM" in found({"policy": "no_fakes_2026"}, **long)
    assert "POLICY_TERM" not in found(**long)


def test_a_guild_asks_for_pay_kind_and_notice() -> None:
    codes = found({"replica": "scan"}, guilds=["SAG-AFTRA"])
    assert {"GUILD_PAY", "SCAN_NOTICE", "STRIKE"} <= codes.keys()
    assert "GUILD_PAY" not in found(guilds=["ACTRA"])


def test_the_right_after_death_ends_where_the_performer_lived() -> None:
    dead = {"deceased_on": date(1980, 5, 1), "born": date(1900, 1, 1), "ends_at": None}
    findings = lint(Draft(**(GOOD | dead | {"domicile": "US-CA"})), TODAY)
    assert next(each.until for each in findings if each.code == "POST_MORTEM") == date(2050, 5, 1)


def test_every_finding_has_words_a_source_and_a_day() -> None:
    worst = Draft(
        description="Any and all",
        uses=frozenset({"converse.persona", "train.finetune", "generate.likeness"}),
        countries=frozenset({"US", "KR", "FR"}),
        starts_at=None,
        ends_at=None,
        terms={"law": "NY", "media": ["advertising"], "policy": "no_fakes_2026"},
        born=date(2015, 1, 1),
        guilds=["SAG-AFTRA"],
        bases=["agency"],
    )
    findings = lint(worst, TODAY)
    assert len(findings) > 10
    for each in findings:
        assert each.source
        assert date.fromisoformat(each.as_of)
        assert str(words_of(each)).endswith(".")
    levels = [list(Level).index(each.level) for each in findings]
    assert levels == sorted(levels)
    assert WORDS.keys() >= {each.code for each in findings}
