"""Who owns what at an instant, as the engine works it out."""

from fractions import Fraction
from typing import Any

from licensing.clearance.owners import owners_at

BEGIN, END = "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"


def fact(name: str, kind: str, **said: Any) -> dict[str, Any]:
    return {"id": name, "kind": kind, "recorded": "2020-01-01T00:00:00Z", **said}


HALVES = [
    fact("kim", "ownership", party="Kim", share="1/2"),
    fact("lee", "ownership", party="Lee", share="1/2"),
]


def test_deeds_move_shares_where_and_while_they_reach() -> None:
    deeds = [
        fact("east", "assignment", **{"from": "Kim", "to": "Press"}, share="1/4",
             uses=["train"], territory=["KR", "JP"]),
        fact("over", "assignment", **{"from": "Lee", "to": "Press"}, end="2022-01-01"),
        fact("draft", "assignment", **{"from": "Lee", "to": "Press"}, status="draft"),
    ]  # fmt: skip
    elsewhere, east = owners_at([*HALVES, *deeds], BEGIN, END)
    assert elsewhere.shares == {"Kim": Fraction(1, 2), "Lee": Fraction(1, 2)}
    assert east.shares == {"Kim": Fraction(1, 4), "Lee": Fraction(1, 2), "Press": Fraction(1, 4)}
    assert [scope["territory"] for scope in east.scopes] == [["JP", "KR"]]
    assert [scope["uses"] for scope in east.scopes] == [["train"]]
    assert elsewhere.is_whole
    assert east.is_whole


def test_what_is_missing_of_the_whole_is_said() -> None:
    [half] = owners_at(HALVES[:1], BEGIN, END)
    assert (half.shares, half.is_whole) == ({"Kim": Fraction(1, 2)}, False)
    [nobody] = owners_at([], BEGIN, END)
    assert (nobody.shares, nobody.is_whole) == ({}, False)
