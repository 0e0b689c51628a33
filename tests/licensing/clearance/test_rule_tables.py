"""The rule tables are an input: other rows, other verdicts, and both evaluators see them."""

from typing import Any

import pytest

from licensing.clearance import (
    SHIPPED,
    CaseError,
    RuleTables,
    clear,
    clear_many,
    compile_assets,
    tables_of,
)
from licensing.clearance.rows import amended, check_row, put_row, rows_of

type Facts = list[dict[str, Any]]

AS_OF = "2026-10-05T00:00:00Z"
HALVES: Facts = [
    {"id": "o1", "kind": "ownership", "party": "Larch", "share": "1/2", "law": "US"},
    {"id": "o2", "kind": "ownership", "party": "Bruma", "share": "1/2", "law": "US"},
]
OWNED: Facts = [{"id": "o1", "kind": "ownership", "party": "Larch", "share": "1/1"}]
IN_DACH: Facts = [{**OWNED[0], "territory": ["DACH"]}]
GUILD: Facts = [*OWNED, {"id": "u1", "kind": "guild", "guild": "WGA", "agreement": "MBA 2026"}]
EARLY_UNION: Facts = [{**OWNED[0], "territory": {"include": ["EU"], "as_of": "2001-01-01"}}]
CHILD: Facts = [
    *OWNED,
    {"id": "c1", "kind": "consent", "person": "Ana", "born": "2015-01-01", "uses": "dub",
     "attributes": ["voice"], "grantee": "*", "court_approved": True, "start": "2026-01-01"},
]  # fmt: skip
ASKED = {
    "licensor": "Larch", "licensee": "Lab", "uses": "train", "modality": "audio",
    "model_kind": "foundation", "territory": "CH", "start": "2027-01-01", "end": "2028-01-01",
}  # fmt: skip


def tables_with(table: str, key: str, body: dict[str, Any] | None) -> RuleTables:
    content = SHIPPED.content()
    checked = check_row(table, key, body, content)
    return tables_of(amended(content, [(table, key, checked, "Memo of 1 May")]))


@pytest.mark.parametrize(
    ("facts", "asked", "row", "before", "after"),
    [
        (
            HALVES,
            {},
            ("co_owners", "US", {"rule": "consent"}),
            "CO_OWNER_ACCOUNTING",
            "CO_OWNER_CONSENT",
        ),
        (HALVES, {}, ("co_owners", "US", None), "CO_OWNER_ACCOUNTING", "GOVERNING_LAW_UNKNOWN"),
        (
            GUILD,
            {},
            ("guilds", "WGA/MBA 2026", {"effective": None, "duty": "notice"}),
            "GUILD_COMPENSATION",
            "GUILD_NOTICE",
        ),
        (
            GUILD,
            {},
            ("guilds", "WGA/MBA 2026", None),
            "GUILD_COMPENSATION",
            "GUILD_AGREEMENT_UNKNOWN",
        ),
        (IN_DACH, {}, ("groups", "DACH", {"codes": ["DE"]}), "OK", "NO_RIGHTS_TERRITORY"),
        (
            EARLY_UNION,
            {},
            ("members", "EU/CH", {"from": "2000-01-01", "until": None}),
            "NO_RIGHTS_TERRITORY",
            "OK",
        ),
        (
            CHILD,
            {"uses": "dub", "subject": "Ana"},
            ("minor", "minor", {"of_age": "P18Y", "cap": "P1Y"}),
            "OK",
            "MINOR_TERM_CAP",
        ),
    ],
)
def test_a_row_of_ones_own_decides_in_both_evaluators(
    facts: Facts, asked: dict[str, Any], row: tuple[str, str, Any], before: str, after: str
) -> None:
    own = tables_with(*row)
    request = ASKED | asked
    case = {"schema": "clearance-case/1", "as_of": AS_OF, "facts": facts, "request": request}
    for tables, reason in ((SHIPPED, before), (own, after), (SHIPPED, before)):
        said = clear(case, tables)
        assert said["reasons"] == [reason]
        at_once = clear_many(compile_assets({"a": facts}, AS_OF, tables), request)
        assert list(at_once) == [("a", said["verdict"], (reason,))]
    assert own.version != SHIPPED.version


UNION = {"include": ["EU"], "as_of": "dynamic"}


def test_a_row_of_ones_own_narrows_neither_a_request_nor_a_licence_granted() -> None:
    """Labs and earlier licensees were told the places as everybody reads them."""
    own = tables_with("members", "EU/HU", {"from": "2004-05-01", "until": "2005-01-01"})
    given = {"id": "g1", "kind": "grant_out", "to": "Rook", "uses": "train", "territory": UNION,
             "exclusivity": "exclusive"}  # fmt: skip
    outside_hungary = {**OWNED[0], "territory": {"include": ["WORLD"], "except": ["HU"]}}
    for facts, territory, reason in (
        ([*OWNED, given], ["HU"], "EXCLUSIVE_CONFLICT"),
        ([outside_hungary], UNION, "NO_RIGHTS_TERRITORY"),
    ):
        request = ASKED | {"territory": territory}
        case = {"schema": "clearance-case/1", "as_of": AS_OF, "facts": facts, "request": request}
        assert clear(case, SHIPPED)["reasons"] == clear(case, own)["reasons"] == [reason]
        at_once = clear_many(compile_assets({"a": facts}, AS_OF, own), request)
        assert [reasons for _, _, reasons in at_once] == [(reason,)]
    held = {**OWNED[0], "territory": UNION}  # but what the licensor holds, its counsel reads
    case = {"schema": "clearance-case/1", "as_of": AS_OF, "facts": [held],
            "request": ASKED | {"territory": "HU"}}  # fmt: skip
    assert clear(case, SHIPPED)["verdict"] == "CLEAR"
    assert clear(case, own)["reasons"] == ["NO_RIGHTS_TERRITORY"]


def test_equal_rows_have_one_version_and_each_row_can_be_put_back() -> None:
    content = SHIPPED.content()
    rows = list(rows_of(content))
    assert tables_of(content).version == SHIPPED.version
    for row in rows:
        assert check_row(row.table, row.key, row.body, content) == row.body
        put_row(content, row.table, row.key, row.body, row.source)
    told = [(row.table, row.key, row.body, row.source) for row in rows_of(content)]
    assert told == [(row.table, row.key, row.body, row.source) for row in rows]


def without(body: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != name}


MEMBER = {"from": "2030-01-01", "until": "2029-01-01"}
PERIOD = {"from": None, "before": None, "undated": True, "codes": ["ZZ"]}


@pytest.mark.parametrize(
    ("table", "key", "body", "line"),
    [
        ("co_owners", "UK", {"rule": "consent"}, "$.key: unknown country or group 'UK'"),
        ("co_owners", "US", {"rule": "both"}, "$.body.rule: must be one of account, consent"),
        ("co_owners", "US", {}, "$.body.rule: is required"),
        ("co_owners", "US", {"rule": "consent", "x": 1}, "$.body.x: unknown field"),
        ("members", "EU/CH", MEMBER, "$.body.until: must be after from"),
        ("members", "EFTA/CH", MEMBER, "$.key: unknown country or group 'EFTA'"),
        ("members", "EU/CH", without(MEMBER, "until"), "$.body.until: is required"),
        ("bundles", "US", {"codes": ["PR", "NAM"]}, "$.body.codes[1]: unknown country"),
        ("groups", "DACH", {"codes": []}, "$.body.codes: names no country"),
        ("groups", "DACH", None, "$.body: this row can be replaced, but not taken out"),
        ("guilds", "WGA", {"effective": None, "duty": None}, "$.key: must be GUILD/AGREEMENT"),
        (
            "guilds",
            "WGA/X",
            {"effective": "2026-02-30", "duty": None},
            "$.body.effective: ",
        ),
        ("minor", "minor", {"of_age": "18", "cap": "P5Y"}, "$.body.of_age: "),
        ("successors", "DD", {"periods": [PERIOD]}, "$.body.periods[0].codes[0]: unknown"),
        ("shares", "US", {}, "$.table: must be one of co_owners, "),
    ],
)
def test_a_wrong_row_is_one_line_that_says_where(
    table: str, key: str, body: dict[str, Any] | None, line: str
) -> None:
    with pytest.raises(CaseError) as refusal:
        check_row(table, key, body, SHIPPED.content())
    assert str(refusal.value).startswith(line)
    assert "\n" not in str(refusal.value)
