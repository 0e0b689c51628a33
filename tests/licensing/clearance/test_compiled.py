"""Many assets at once get the answers that each gets by itself."""

import json
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.clearance import CaseError, Clearing, clear, clear_many, compile_assets
from licensing.made_up_library import AS_OF, REQUEST, library
from tests.licensing.clearance.cases import Case, random_case, tried


def agree(worlds: dict[str, list[Case]], asked: Case) -> int:
    """Check every asset's answer against the plain evaluator's; return how many there were."""
    answers = list(clear_many(compile_assets(worlds, asked["as_of"]), asked["request"]))
    assert sorted(asset for asset, _, _ in answers) == sorted(worlds)
    for asset, word, reasons in answers:
        verdict = clear({**asked, "facts": worlds[asset]})
        assert (word, list(reasons)) == (verdict["verdict"], verdict["reasons"]), worlds[asset]
    return len(answers)


@given(st.integers(0, 2**32))
@tried(40)
def test_random_assets_and_requests(seed: int) -> None:
    cases = [random_case(seed + n) for n in range(12)]
    alone = [case for case in cases if "works" not in case]
    asked = Random(seed).choice(alone or cases)
    agree({f"a{n}": case["facts"] for n, case in enumerate(alone)}, asked)


@pytest.mark.parametrize(
    "other",
    [
        {"territory": {"include": ["EU", "US"], "as_of": "dynamic"}, "start": "2019-01-01"},
        {"uses": ["dub", "train"]},
        {"uses": ["dub"], "subject": ["Ana P"]},
        {"licensee": "Licensee 7", "affiliates": ["Licensee 8"]},
        {"licensor": "Partner A", "exclusivity": "exclusive"},
        {"licensor": "Author", "licensee": "Studio", "governing_law": "US"},
        {"licensee": "Studio"},
        {"cosigners": ["Partner A"], "end": None},
        {"checkpoints": [{"id": "K", "trained_from": "2020-01-01", "trained_to": "2021-01-01"}]},
        {"work": "W-1"},
    ],
    ids=json.dumps,
)
def test_a_library_and_other_requests(other: dict[str, Any]) -> None:
    request = REQUEST | other
    case = {"schema": "clearance-case/1", "as_of": AS_OF, "request": request}
    assert agree(library(150, 3), case) == 150


def test_assets_that_differ_in_little_are_told_apart() -> None:
    own = {"id": "o", "kind": "ownership", "party": "Studio", "share": "1/1"}
    wait = {"id": "w", "kind": "holdback", "beneficiary": "Canal"}
    author = own | {"party": "Author"}
    deed = {"from": "Author", "executed": "2020-05-05"}
    sale = {"id": "d", "kind": "assignment", "to": "Heir"} | deed
    lease = {"id": "g", "kind": "grant_in", "to": "Studio", "uses": "train"} | deed
    lease |= {"sublicensable": True}
    guild = {"id": "u", "kind": "guild", "guild": "WGA", "agreement": "MBA 2026"}
    first = {"id": "q", "kind": "option", "type": "rofr", "holder": "Canal", "notice": "P30D"}
    again = wait | {"id": "again"}
    members = {"include": ["EU"], "as_of": "dynamic"}
    worlds: dict[str, list[Case]] = {
        "over at the start": [own, wait | {"end": "2027-01-01"}],
        "over a day later": [own, wait | {"end": "2027-01-02"}],
        "from the end on": [own, wait | {"start": "2030-01-01"}],
        "from a day before": [own, wait | {"start": "2029-12-31"}],
        "all that is owned": [own | {"territory": ["FR"]}, wait | {"territory": ["FR"]}],
        "another country": [own | {"territory": ["FR"]}, wait | {"territory": ["KR"]}],
        "a country": [own | {"territory": ["DE"]}],
        "a vanished one": [own | {"territory": {"include": ["DD"]}}],
        "no member any more": [own, wait | {"territory": ["GB"], "start": "2020-02-01"}],
        "all of the time": [own, wait | {"end": "2028-01-01"}, again | {"start": "2028-01-01"}],
        "not this work": [own, wait | {"excludes": ["*"]}],
        "known just now": [own, wait | {"recorded": AS_OF}],
        "sold later": [author, sale, lease | {"executed": "2019-05-05"}],
        "sold before": [author, sale, lease | {"executed": "2021-05-05"}],
        "agreed for later": [own, guild | {"effective": "2099-01-01"}],
        "agreed": [own, guild | {"effective": AS_OF}],
        "first refusal today": [own, first | {"end": "2026-12-31"}],
        "first refusal then": [own, first | {"start": "2026-12-31"}],
        "a draft": [own | {"status": "draft"}],
        "ends": [own | {"end": "2028-01-01"}],
        "goes back": [own | {"end": "2028-01-01", "reversion_to": "Heir"}],
        "from the last day on": [own, wait | {"territory": members, "start": "2020-02-01"}],
        "a member still": [own, wait | {"territory": ["GB"], "start": "2020-01-31"}],
    }
    past = REQUEST | {"start": "2019-01-01"}
    for request in (REQUEST, past | {"territory": members}, past | {"territory": ["GB"]}):
        case = {"schema": "clearance-case/1", "as_of": AS_OF, "request": request}
        assert agree(worlds, case) == len(worlds)


def test_it_matters_which_of_likeness_and_other_uses_a_burden_or_a_title_is_about() -> None:
    own = {"id": "o", "kind": "ownership", "party": "Studio", "share": "1/1"}
    wait = {"id": "w", "kind": "holdback", "beneficiary": "Canal"}
    first = {"id": "q", "kind": "option", "type": "rofr", "holder": "Canal", "notice": "P30D"}
    worlds: dict[str, list[Case]] = {
        "dubbing waits": [own, wait | {"uses": ["dub"]}],
        "training waits": [own, wait | {"uses": ["train"]}],
        "held for training": [own | {"uses": ["train"]}, first],
        "held for dubbing": [own | {"uses": ["dub"]}, first],
    }
    request = REQUEST | {"uses": ["dub", "train"]}
    case = {"schema": "clearance-case/1", "as_of": AS_OF, "request": request}
    assert agree(worlds, case) == len(worlds)


@pytest.mark.parametrize("more", [{}, {"beneficiary": "Canal"}], ids=["outs", "holdbacks"])
def test_a_title_with_a_thousand_ends(more: Case) -> None:
    kind = {"kind": "holdback"} if more else {"kind": "grant_out", "uses": "train", "to": "Vireo"}
    kind |= {} if more else {"exclusivity": "exclusive", "mfn": "unit_price"}
    begin = date(2027, 1, 2)
    days = [(begin + timedelta(days=n)).isoformat() for n in range(1_050)]
    facts: list[Case] = [{"id": "o", "kind": "ownership", "party": "Studio", "share": "1/1"}]
    facts += [kind | more | {"id": f"b{9999 - n}", "end": day} for n, day in enumerate(days)]
    case = {"schema": "clearance-case/1", "as_of": AS_OF, "request": REQUEST, "facts": facts}
    assert agree({"a": facts}, case) == 1
    verdict = clear(case)
    (blocked,) = verdict["blocked"]
    assert blocked["scope"]["end"] == f"{days[-1]}T00:00:00Z"
    assert blocked["because"] == ["b8950"]  # the smallest id, of the burden that stands longest
    waits = [each for each in verdict["repairs"] if each["action"] == "wait"]
    assert [each["until"][:10] for each in reversed(waits)] == days


def test_a_title_whose_facts_change_is_compiled_anew() -> None:
    worlds = library(40, 1)
    compiled = compile_assets(worlds, AS_OF)
    case = {"schema": "clearance-case/1", "as_of": AS_OF, "request": REQUEST}
    bans = [{"id": f"ban {n}", "kind": "restriction"} for n in range(2)]
    for number in range(0, 40, 3):
        worlds[f"asset-{number}"] = [*worlds[f"asset-{number}"][:1], *bans][number % 4 :]
        compiled.put(f"asset-{number}")
    for number in range(1, 40, 3):
        compiled.drop(f"asset-{number}")
        del worlds[f"asset-{number}"]
    answers = {asset: (word, list(why)) for asset, word, why in clear_many(compiled, REQUEST)}
    plain = {asset: clear({**case, "facts": facts}) for asset, facts in worlds.items()}
    assert answers == {asset: (each["verdict"], each["reasons"]) for asset, each in plain.items()}
    clearing = Clearing(compiled, REQUEST)
    assert all(clearing.detail(asset) == plain[asset] for asset in worlds)


def test_a_malformed_fact_names_its_asset_and_leaves_the_others() -> None:
    worlds = library(3, 1)
    compiled = compile_assets(worlds, AS_OF)
    before = sorted(clear_many(compiled, REQUEST))
    worlds["asset-1"] = [{"id": "f0", "kind": "ownership", "party": "Studio", "share": "2/1"}]
    with pytest.raises(CaseError, match=r"^\$\['asset-1'\]\[0\]\.share: "):
        compiled.put("asset-1")
    assert sorted(clear_many(compiled, REQUEST)) == before
