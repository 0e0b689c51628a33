"""Scopes as people and programs write them, down to the tricks."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.errors import Invalid
from accounts.text import check_name, check_note
from catalog.checks import check_choices, check_term, check_territory, check_uses
from catalog.scope.territory import COUNTRIES, parse_territory
from edgecode.log.canonical import encode

DAY = datetime(2027, 1, 1, tzinfo=UTC)
EAST, WEST = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))


def refusal(call: Any, *given: Any) -> str:
    with pytest.raises(Invalid) as caught:
        call(*given)
    assert "\n" not in str(caught.value.message)
    return str(caught.value.field)


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [
        (DAY, DAY, "ends_at"),
        (DAY, DAY - timedelta(days=1), "ends_at"),
        (DAY, DAY + timedelta(microseconds=999_999), "ends_at"),
        (DAY.replace(tzinfo=None), None, "starts_at"),
        (None, DAY.replace(tzinfo=None), "ends_at"),
        (datetime(900, 1, 1, tzinfo=UTC), None, "starts_at"),
        (datetime.min.replace(tzinfo=EAST), None, "starts_at"),
        (None, datetime.max.replace(tzinfo=WEST), "ends_at"),
        (DAY, DAY.replace(tzinfo=EAST), "ends_at"),
    ],
)
def test_a_term_that_is_none_is_refused(
    start: datetime | None, end: datetime | None, field: str
) -> None:
    assert refusal(check_term, start, end) == field


def test_open_and_short_terms_are_terms() -> None:
    for start, end in ((None, None), (DAY, None), (None, DAY), (DAY, DAY + timedelta(seconds=1))):
        check_term(start, end)


@pytest.mark.parametrize(
    "expression",
    [
        ["Atlantis"],
        ["ZZ"],
        "WOLRD",
        ["us"],
        [],
        {},
        {"include": []},
        {"include": ["US"], "except": ["US"]},
        {"include": ["US"], "only": ["KR"]},
        {"include": ["EU"]},
        {"include": ["EU"], "as_of": "tomorrow"},
        {"include": ["EU"], "as_of": "unknown"},
        {"include": [["US"]]},
        {"include": [1]},
        ["US", None],
        None,
        3,
        True,
    ],
)
def test_a_territory_that_does_not_exist_is_refused(expression: Any) -> None:
    assert refusal(check_territory, "territory", expression) == "territory"


@given(st.sets(st.sampled_from(sorted(COUNTRIES)), min_size=1))
def test_a_territory_is_kept_in_one_form_that_means_the_same(codes: set[str]) -> None:
    kept = check_territory("territory", sorted(codes, reverse=True))
    assert parse_territory(kept) == codes
    assert check_territory("territory", kept) == kept


def test_a_group_that_changes_is_kept_without_what_else_was_sent() -> None:
    sent = {"include": ["EU", "EU", "KR"], "as_of": "dynamic", "x_note": "ü" * 20_000, "x_f": 0.5}
    kept = check_territory("territory", sent)
    assert kept == {"as_of": "dynamic", "include": ["EU", "KR"]}
    assert parse_territory(kept) == parse_territory({"include": ["EU", "KR"], "as_of": "dynamic"})
    encode(kept)


@pytest.mark.parametrize("uses", [[], ["train", "everything"], [""], [1], [["train"]], [None]])
def test_uses_that_do_not_exist_are_refused(uses: list[Any]) -> None:
    assert refusal(check_uses, "uses", uses) == "uses"


def test_what_is_chosen_twice_counts_once_and_in_order() -> None:
    assert check_uses("uses", ["index", "train", "index"]) == ["index", "train"]
    assert check_choices("kinds", ["b", "a", "b"], ["a", "b", "c"]) == ["a", "b"]
    assert refusal(check_choices, "kinds", ["a", "z"], ["a"]) == "kinds"


def test_text_is_kept_whole_or_refused() -> None:
    assert check_note("note", "  § 4\n\tas amended ", 100) == "§ 4\n\tas amended"
    assert check_note("note", "", 100) == ""
    assert check_name("name", " 한소리 👩‍🎤 ", 20) == "한소리 👩‍🎤"
    for text in ("n" * 101, "nul \0", "half \ud83d", "escape \x1b[2J"):
        assert refusal(check_note, "note", text, 100) == "note"
        assert refusal(check_name, "name", text, 100) == "name"
    assert refusal(check_name, "name", "two\nlines", 100) == "name"
