"""What stands for a time is swept over; here it is counted instant by instant beside it."""

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from licensing.clearance import clear
from licensing.clearance.standing import crowded

SPANS = st.lists(
    st.tuples(st.tuples(st.integers(0, 9), st.integers(0, 9)), st.sampled_from("ABCD"))
)


@given(SPANS, st.integers(0, 4))
def test_it_is_crowded_where_so_many_parties_are_at_one_time(
    spans: list[tuple[tuple[int, int], str]], most: int
) -> None:
    found = crowded(spans, most)
    for instant in range(-1, 11):
        here = {party for (start, end), party in spans if start <= instant < end}
        assert any(start <= instant < end for start, end in found) == (len(here) >= most)
    assert found == sorted(found)
    assert all(end < start for (_, end), (start, _) in pairwise(found))


def _case(*facts: dict[str, Any]) -> dict[str, Any]:
    owner = {"id": "o1", "kind": "ownership", "party": "Larch", "share": "1/1"}
    request = {
        "licensor": "Larch",
        "licensee": "Quill",
        "uses": ["index"],
        "model_kind": "foundation",
        "modality": "text",
        "territory": ["AU"],
        "start": "2027-01-01",
        "end": "2028-01-01",
        "price": {"amount": "1", "currency": "USD", "per": "hour"},
    }
    return {
        "schema": "clearance-case/1",
        "as_of": "2026-10-05",
        "facts": [owner, *facts],
        "request": request,
    }


def _licence(number: int, start: str, end: str, **more: Any) -> dict[str, Any]:
    scope = {"uses": ["index"], "start": start, "end": end}
    return {"id": f"g{number}", "kind": "grant_out", "to": f"L{number}", **scope, **more}


def test_a_cap_blocks_only_while_it_is_reached_and_one_of_nobody_always() -> None:
    two = (
        _licence(1, "2026-01-01", "2027-07-01"),
        _licence(2, "2027-03-01", "2027-09-01"),
    )
    found = clear(_case({"id": "c1", "kind": "cap", "max_licensees": 2}, *two))
    assert [
        (each["scope"]["start"][:10], each["scope"]["end"][:10]) for each in found["blocked"]
    ] == [("2027-03-01", "2027-07-01")]
    assert found["because"] == ["c1"]
    nobody = clear(_case({"id": "c1", "kind": "cap", "max_licensees": 0}))
    assert (nobody["verdict"], nobody["reasons"]) == ("BLOCKED", ["CAP_REACHED"])


def test_price_promises_of_many_licences_one_after_another() -> None:
    price = {"amount": "2", "currency": "USD", "per": "hour"}
    some = [
        _licence(n, f"2027-01-{n:02}", f"2027-01-{n + 1:02}", mfn="unit_price", price=price)
        for n in range(1, 31)
    ]
    found = clear(_case(*some))
    assert [each["conditions"] for each in found["cleared"]] == [
        *([f"mfn:L{n} 1 USD/hour"] for n in range(1, 31)),
        [],
    ]
