"""What a work was made from, offline: whose licence covers what, however deep it lies."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from edgecode.log.policy import Policy
from edgecode.verify.declared import declared_in
from edgecode.verify.found import Found
from edgecode.verify.grant import grant_of

type Said = tuple[str, Mapping[str, Any]]

OF_ALL = {"code": "WHOLEFLM"}
SECOND = {"code": "WHOLEFLM", "range": {"from_ms": 1000, "to_ms": 2000}}


def delivered(grant: object, asset: Mapping[str, Any] | None = None, to: str = "LAB") -> Said:
    licensee = {"code": to}
    return "com.edgecode.grant", {"grant": grant, "licensee": licensee, "asset": asset or {}}


def work(*grants: str) -> Said:
    sources = [{"grant": each, "files": 1} for each in grants]
    return "com.edgecode.output", {"maker": {"code": "LAB"}, "sources": sources}


def uncovered(*manifests: tuple[str, Said | None, list[str]]) -> list[str]:
    """Judge manifests, by name: what each says, or nobody that is known, and what it was made
    from. The first is the newest."""
    found = {
        name: {
            "assertions": [{"label": said[0], "data": said[1], "created": True}] if said else [],
            "ingredients": [{"active_manifest": each} for each in inner],
        }
        for name, said, inner in manifests
    }
    newest, *_rest = found
    vouched = {name for name, said, _inner in manifests if said}
    report = {"active_manifest": newest, "manifests": found}
    declared = declared_in(Found({"report": report}, "0" * 64, has_sidecar=False, vouched=vouched))
    assert declared is not None
    return [code for code, _may_go_on in declared.uncovered]


def test_a_copy_is_not_hidden_behind_a_work_that_covers_it() -> None:
    """In whichever order they stand, and whoever is between."""
    for order in (["stranger", "first"], ["first", "stranger"]):
        assert uncovered(
            ("work", work("G"), order),
            ("stranger", None, ["copy"]),
            ("first", work("S"), ["copy"]),
            ("copy", delivered("S"), []),
        ) == ["S"]


@pytest.mark.parametrize(("names", "others"), [("S", []), ("T", ["S"])])
def test_beneath_a_work_its_own_grants_count_alone(names: str, others: list[str]) -> None:
    """What one names that was made from it covers nothing that it had used without asking."""
    assert others == uncovered(
        ("work", work("S", "G"), ["between"]),
        ("between", None, ["first"]),
        ("first", work(names), ["copy"]),
        ("copy", delivered("S"), []),
    )


@pytest.mark.parametrize(
    ("held", "used", "others"),
    [
        (SECOND, OF_ALL, ["OLD"]),
        (SECOND, {**SECOND, "range": {"from_ms": 1500, "to_ms": 2500}}, ["OLD"]),
        (SECOND, {**SECOND, "range": {"from_ms": 1500, "to_ms": 2000}}, []),
        (SECOND, {**SECOND, "range": "all of it"}, ["OLD"]),
        (OF_ALL, SECOND, []),
        (OF_ALL, {"code": "ANOTHER1"}, ["OLD"]),
    ],
)
def test_a_licence_in_place_of_another_covers_what_is_within_it(
    held: Mapping[str, Any], used: Mapping[str, Any], others: list[str]
) -> None:
    assert others == uncovered(
        ("work", work("NEW"), ["now", "then"]),
        ("now", delivered("NEW", held), []),
        ("then", delivered("OLD", used), []),
    )
    # Of somebody else's copy nothing goes on.
    assert uncovered(
        ("work", work("NEW"), ["now", "then"]),
        ("now", delivered("NEW", held), []),
        ("then", delivered("OLD", used, to="OTHER"), []),
    ) == ["OLD"]


@pytest.mark.parametrize("odd", [[], {}, 1, None])
def test_what_a_signer_says_of_a_grant_can_be_of_any_form(odd: object) -> None:
    assert uncovered(("work", work("G"), ["copy"]), ("copy", delivered(odd), [])) == [str(odd)]
    told = [check.said for check in grant_of({"schema": odd}, Policy(), datetime.now(UTC))]
    assert told == ["term.malformed", "log.unknown", "grant.form"]
