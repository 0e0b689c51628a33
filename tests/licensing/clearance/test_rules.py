"""Rule by rule: what a licensor, a licensee or a reviewer would notice."""

from random import Random
from typing import Any

import pytest

from licensing.clearance import (
    COUNTRIES,
    MODALITIES,
    MODEL_KINDS,
    REASONS,
    CaseError,
    clear,
    expand_uses,
    reason_text,
)

OWNED = {"id": "o", "kind": "ownership", "party": "Larch", "share": "1/1"}
HALF = {"kind": "ownership", "share": "1/2"}
CHAIN = [
    {"id": "o", "kind": "ownership", "party": "Ceibo", "share": "1/1"},
    {"id": "a", "kind": "assignment", "from": "Ceibo", "to": "Larch", "executed": "2020-01-01"},
]
GRANT = {
    "id": "g",
    "kind": "grant_in",
    "from": "Ceibo",
    "to": "Larch",
    "uses": ["train"],
    "sublicensable": True,
}
CONSENT = {
    "id": "c",
    "kind": "consent",
    "person": "Ana",
    "uses": "dub",
    "attributes": ["voice"],
    "grantee": "Lab",
    "start": "2026-01-01",
}
DUB = {"uses": "dub", "modality": "audio", "subject": "Ana"}


def question(*facts: dict[str, Any], **request: Any) -> dict[str, Any]:
    """A plain request of Lab to Larch for Korea in 2027, with changes."""
    numbered = [{"id": f"x{n}"} | fact for n, fact in enumerate(facts)]
    asked = {
        "licensor": "Larch",
        "licensee": "Lab",
        "uses": "train.pretrain",
        "modality": "video",
        "model_kind": "foundation",
        "territory": ["KR"],
        "start": "2027-01-01",
        "end": "2028-01-01",
    }
    return {
        "schema": "clearance-case/1",
        "as_of": "2026-10-05",
        "facts": numbered,
        "request": asked | request,
    }


def ask(*facts: dict[str, Any], **request: Any) -> dict[str, Any]:
    return clear(question(*facts, **request))


def reasons(*facts: dict[str, Any], **request: Any) -> list[str]:
    found: list[str] = ask(*facts, **request)["reasons"]
    return found


def test_without_any_fact_nothing_is_cleared() -> None:
    verdict = ask()
    assert (verdict["verdict"], verdict["reasons"]) == ("BLOCKED", ["NO_TITLE"])
    assert verdict["repairs"] == [{"action": "acquire_rights", "resolves": "NO_TITLE", "cost": 9}]


def test_a_fact_that_is_not_known_yet_does_not_count() -> None:
    assert reasons(OWNED | {"recorded": "2026-10-06"}) == ["NO_TITLE"]
    assert reasons(OWNED | {"recorded": "2026-10-05"}) == ["OK"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"uses": "index"}, "NO_RIGHTS_USE"),
        ({"uses": "index", "reserved": True}, "RESERVED_RIGHTS"),
        ({"modality": "audio"}, "NO_RIGHTS_MODALITY"),
        ({"model_kind": "open_weights"}, "NO_RIGHTS_MODEL_KIND"),
        ({"territory": "JP"}, "NO_RIGHTS_TERRITORY"),
        ({"end": "2026-06-01"}, "NO_RIGHTS_TERM"),
        ({"end": "2026-06-01", "reversion_to": "Ceibo"}, "REVERSION"),
        ({"status": "draft"}, "INSTRUMENT_NOT_EXECUTED"),
        ({"executed": "2026-10-06"}, "INSTRUMENT_NOT_EXECUTED"),
        ({"sublicensable": False}, "SUBLICENSE_NOT_PERMITTED"),
        ({"uses": "ALL"}, "LEGACY_NEW_USE"),
        ({"uses": "ALL_MEDIA_HEREAFTER"}, "LEGACY_NEW_USE"),
        ({"end": {"event": "premiere"}}, "EVENT_DATE_UNKNOWN"),
        ({"vesting": {"condition": "payment", "satisfied": False}}, "VESTING_PENDING"),
        ({}, "OK"),
    ],
)
def test_a_grant_reaches_only_what_it_says(change: dict[str, Any], code: str) -> None:
    assert reasons(GRANT | change) == [code]


def test_a_licensee_may_use_for_itself_what_it_cannot_sublicense() -> None:
    assert reasons(GRANT | {"sublicensable": False}, licensee="Larch") == ["OK"]


def test_sublicensing_stops_at_the_depth_that_was_granted() -> None:
    first = GRANT | {"id": "g1", "to": "Mesa", "sublicense_depth": 1}
    second = GRANT | {"id": "g2", "from": "Mesa"}
    verdict = ask(first, second)
    assert verdict["reasons"] == ["SUBLICENSE_NOT_PERMITTED"]
    assert verdict["because"] == ["g2"]
    assert reasons(first | {"sublicense_depth": 2}, second) == ["OK"]


def test_licences_that_run_in_circles_end() -> None:
    parties = ["Larch", "Mesa", "Ceibo", "Doru", "Pampa"]
    circle = [
        GRANT | {"id": f"{a}-{b}", "from": a, "to": b} for a in parties for b in parties if a != b
    ]
    assert reasons(*circle) == ["GRANTOR_LACKS_RIGHT"]
    assert reasons(*circle, GRANT | {"id": "root", "from": "Alder", "to": "Pampa"}) == ["OK"]


def test_only_an_exclusive_line_can_be_licensed_exclusively() -> None:
    assert reasons(GRANT, exclusivity="exclusive") == ["NO_EXCLUSIVE_RIGHT"]
    assert reasons(GRANT | {"exclusivity": "exclusive"}, exclusivity="exclusive") == ["OK"]
    assert reasons(OWNED, exclusivity="sole") == ["OK"]


def test_title_passes_with_the_deed_and_is_gone_for_the_assignor() -> None:
    assert reasons(*CHAIN) == ["OK"]
    assert reasons(*CHAIN, licensor="Ceibo") == ["TITLE_CONVEYED"]


def test_a_licence_from_before_the_sale_stands_and_a_later_one_is_in_doubt() -> None:
    before = GRANT | {"to": "Mesa", "executed": "2019-01-01"}
    after = GRANT | {"to": "Mesa", "executed": "2021-01-01"}
    assert reasons(*CHAIN, before, licensor="Mesa") == ["OK"]
    assert reasons(*CHAIN, after, licensor="Mesa") == ["CHAIN_BREAK"]


def test_a_counsel_opinion_settles_a_broken_chain_where_it_reaches() -> None:
    late = GRANT | {"to": "Mesa", "executed": "2021-01-01"}
    opinion = {
        "kind": "counsel_opinion",
        "resolves": "CHAIN_BREAK",
        "about": ["g"],
        "by": "R. Ito",
        "signed": "2026-09-01",
        "source": {"doc": "d"},
    }
    assert reasons(*CHAIN, late, opinion, licensor="Mesa") == ["OK"]
    elsewhere = opinion | {"territory": ["JP"]}
    assert reasons(*CHAIN, late, elsewhere, licensor="Mesa") == ["CHAIN_BREAK"]
    unsigned = opinion | {"signed": "2026-12-01"}
    assert reasons(*CHAIN, late, unsigned, licensor="Mesa") == ["CHAIN_BREAK"]


def test_a_deed_that_waits_takes_effect_once_its_grantor_has_something() -> None:
    early = CHAIN[1] | {"id": "a2", "from": "Larch", "to": "Mesa", "executed": "2019-01-01"}
    assert reasons(*CHAIN, early, licensor="Mesa") == ["CHAIN_BREAK"]
    waiting = early | {"after_acquired_title": True}
    assert reasons(*CHAIN, waiting, licensor="Mesa") == ["OK"]


def test_thirds_make_a_whole_and_halves_missing_are_reviewed() -> None:
    third = HALF | {"share": "1/3"}
    owners = [third | {"party": name} for name in ("Larch", "Bruma", "Ceibo")]
    assert reasons(*owners, cosigners=["Bruma", "Ceibo"]) == ["OK"]
    assert reasons(*owners[:2]) == ["CHAIN_SHARE_MISMATCH"]


@pytest.mark.parametrize(
    ("law", "request_", "code"),
    [
        ({}, {}, "GOVERNING_LAW_UNKNOWN"),
        ({}, {"governing_law": "IT"}, "GOVERNING_LAW_UNKNOWN"),
        ({}, {"governing_law": "US"}, "CO_OWNER_ACCOUNTING"),
        ({"law": "DE"}, {"governing_law": "US"}, "CO_OWNER_CONSENT"),
        ({"law": "US"}, {"exclusivity": "exclusive"}, "CO_OWNER_CONSENT"),
        ({"law": "DE"}, {"cosigners": ["Bruma"]}, "OK"),
    ],
)
def test_a_co_owner_joins_or_its_law_decides(
    law: dict[str, str], request_: dict[str, Any], code: str
) -> None:
    mine, other = HALF | {"party": "Larch"}, HALF | {"party": "Bruma"} | law
    assert reasons(mine, other, **request_) == [code]


def test_a_co_owner_that_granted_has_joined_whatever_doubts_the_title_has_anyway() -> None:
    vague = {"territory": {"include": ["EU"], "as_of": "unknown"}, "end": {"event": "premiere"}}
    mine = HALF | {"party": "Larch"} | vague
    facts = mine, HALF | {"party": "Ceibo"}, GRANT
    assert reasons(*facts, territory=["DE"]) == ["TERRITORY_AMBIGUOUS", "EVENT_DATE_UNKNOWN"]


def test_a_co_owner_known_only_by_what_it_gave_away_is_explained_by_that() -> None:
    half = {"kind": "assignment", "from": "Alder", "share": "1/2"}
    before = half | {"id": "a", "to": "Ceibo", "executed": "2020-01-01"}
    after = half | {"id": "b", "to": "Doru", "executed": "2025-01-01"}
    verdict = ask(before, after, GRANT | {"executed": "2022-01-01"})
    assert verdict["reasons"] == ["GOVERNING_LAW_UNKNOWN"]
    assert verdict["because"] == ["a", "b"]


def test_many_ways_to_the_same_title_are_one_and_endless_ones_are_refused() -> None:
    def licences(long: int) -> list[dict[str, Any]]:
        return [
            {"id": f"{n}-{side}", "kind": "grant_in", "from": f"P{n}", "to": f"P{n + 1}",
             "uses": "train", "sublicensable": True}
            for n in range(long) for side in "ab"
        ]  # fmt: skip

    owner = OWNED | {"party": "P0"}
    assert reasons(owner, *licences(40), licensor="P40") == ["OK"]
    with pytest.raises(CaseError, match=r"^\$\.facts: "):
        ask(owner, *licences(500), licensor="P500")


def test_an_accounted_co_owner_is_paid_its_share() -> None:
    verdict = ask(HALF | {"party": "Larch"}, HALF | {"party": "Bruma"}, governing_law="US")
    assert verdict["payout_shares"] == {"Bruma": "1/2", "Larch": "1/2"}
    assert verdict["cleared"][0]["conditions"] == ["account:Bruma 1/2"]
    assert verdict["conditions"][0]["due"] == "with_statement"


def test_payout_shares_that_differ_split_the_scopes() -> None:
    other = HALF | {"share": "1/1", "party": "Larch", "territory": ["JP"]}
    mine = HALF | {"party": "Larch", "territory": ["KR"]}
    theirs = HALF | {"party": "Bruma", "territory": ["KR"]}
    verdict = ask(other, mine, theirs, territory=["JP", "KR"], cosigners=["Bruma"])
    assert verdict["payout_shares"] is None
    assert [scope["payout_shares"] for scope in verdict["cleared"]] == [
        {"Larch": "1/1"},
        {"Bruma": "1/2", "Larch": "1/2"},
    ]


def test_a_revoked_licence_frees_the_exclusive_from_then_on() -> None:
    taken = {
        "id": "g",
        "kind": "grant_out",
        "to": "Osprey",
        "uses": "train",
        "exclusivity": "exclusive",
    }
    revoked = {"kind": "revocation", "target": "g", "effective": "2027-06-01"}
    assert reasons(OWNED, taken, revoked) == ["EXCLUSIVE_CONFLICT"]
    verdict = ask(OWNED, taken | {"revocable": "prospective"}, revoked)
    assert verdict["verdict"] == "PARTIAL"
    assert verdict["cleared"][0]["start"] == "2027-06-01T00:00:00Z"
    assert {"action": "wait", "until": "2027-06-01T00:00:00Z"}.items() <= verdict["repairs"][
        1
    ].items()


def test_a_licence_revoked_before_it_began_was_revoked() -> None:
    revoked = {"kind": "revocation", "target": "g", "effective": "2026-06-01"}
    later = GRANT | {"start": "2027-06-01", "revocable": "prospective"}
    assert reasons(later, revoked) == ["REVOKED_PROSPECTIVE"]


def test_revoking_a_right_that_cannot_be_revoked_goes_to_a_person() -> None:
    revoked = {"kind": "revocation", "target": "g", "effective": "2026-01-01"}
    assert reasons(GRANT, revoked) == ["REVOCATION_DISPUTED"]
    assert reasons(GRANT | {"revocable": "prospective"}, revoked) == ["REVOKED_PROSPECTIVE"]


def test_a_licence_by_a_stranger_is_an_adverse_claim() -> None:
    claim = {"kind": "grant_out", "from": "Rook", "to": "Osprey", "uses": "train"}
    root = claim | {"from": "Larch"}
    assert reasons(OWNED, claim) == ["CHAIN_BREAK"]
    assert reasons(OWNED, root) == ["OK"]


def test_a_cap_of_none_keeps_nobody_from_its_own_work() -> None:
    cap = {"kind": "cap", "max_licensees": 0}
    assert reasons(OWNED, cap) == ["CAP_REACHED"]
    assert reasons(OWNED, cap, licensee=OWNED["party"]) == ["OK"]


def test_a_cap_counts_licensees_that_run_at_the_same_time() -> None:
    cap = {"kind": "cap", "max_licensees": 2}
    out = {"kind": "grant_out", "uses": "train", "to": "Osprey"}
    other = out | {"to": "Vireo", "territory": ["US"], "end": "2027-07-01"}
    assert reasons(OWNED, cap, out, out) == ["OK"]
    verdict = ask(OWNED, cap, out, other)
    assert verdict["reasons"] == ["CAP_REACHED"]
    assert verdict["cleared"][0]["start"] == "2027-07-01T00:00:00Z"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, "ROFR_PENDING"),
        ({"offered": "2026-10-01"}, "ROFR_PENDING"),
        ({"offered": "2026-09-01"}, "OK"),
        ({"state": "exercised"}, "OPTION_EXERCISED"),
        ({"state": "waived"}, "OK"),
        ({"holder": "Lab"}, "OK"),
        ({"end": "2026-10-05"}, "OK"),
    ],
)
def test_an_option_is_offered_awaited_taken_or_over(change: dict[str, Any], code: str) -> None:
    option = {"kind": "option", "type": "rofr", "holder": "Osprey", "notice": "P2W"}
    assert reasons(OWNED, option | change) == [code]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, "THIRD_PARTY_MUSIC"),
        ({"ai": "granted"}, "OK"),
        ({"ai": "unknown"}, "ELEMENT_UNKNOWN"),
        ({"uses": ["train"]}, "OK"),
        ({"modality": ["audio"]}, "OK"),
    ],
)
def test_material_of_others_must_be_cleared_for_the_use(change: dict[str, Any], code: str) -> None:
    element = {"kind": "element", "element": "music", "ai": "not_granted", "modality": "video"}
    assert reasons(OWNED, element | change) == [code]


def test_cutting_everything_leaves_nothing() -> None:
    element = {"kind": "element", "element": "stock", "ai": "prohibited"}
    first = element | {"timecode": {"from": "00:00:00", "to": "00:30:00"}}
    second = element | {"timecode": {"from": "00:29:00", "to": "01:00:00"}}
    case = {
        "schema": "clearance-case/1",
        "as_of": "2026-10-05",
        "works": [{"id": "F", "runtime": "01:00:00"}],
        "facts": [OWNED, {"id": "e1"} | first],
        "request": {
            "licensor": "Larch",
            "licensee": "Lab",
            "work": "F",
            "uses": "index",
            "modality": "video",
            "model_kind": "foundation",
            "territory": "WORLD",
            "start": "2027-01-01",
            "end": None,
        },
    }
    assert clear(case)["cleared"][0]["conditions"] == ["excise:F 00:00:00-00:30:00"]
    case["facts"] = [OWNED, {"id": "e1"} | first, {"id": "e2"} | second]
    verdict = clear(case)
    assert verdict["reasons"] == ["EXCISION_LEAVES_NOTHING"]
    assert [repair["fact"] for repair in verdict["repairs"]] == ["e1", "e2"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, "OK"),
        ({"person": "Leo"}, "CONSENT_MISSING"),
        ({"status": "draft"}, "CONSENT_MISSING"),
        ({"grantee": "Osprey"}, "CONSENT_SCOPE"),
        ({"territory": ["JP"]}, "CONSENT_SCOPE"),
        ({"attributes": ["face"]}, "CONSENT_ATTRIBUTE"),
        ({"end": "2026-12-01"}, "CONSENT_TERM"),
        ({"max_outputs": 3, "used_outputs": 3}, "CONSENT_QUOTA"),
        ({"born": "2010-01-01"}, "MINOR_COURT_APPROVAL"),
        ({"born": "2008-06-01", "court_approved": True}, "MINOR_TERM_CAP"),
        ({"law": "CA", "description": "any purpose"}, "CONSENT_UNENFORCEABLE"),
        ({"law": "CA", "description": "any purpose", "specific": True}, "OK"),
        ({"law": "CA", "fixed_on": "2024-12-31"}, "OK"),
        ({"policy": "no_fakes_2026", "start": "2015-01-01"}, "CONSENT_TERM_CAP"),
        ({"policy": "no_fakes_2026", "start": None}, "CONSENT_TERM_CAP"),
    ],
)
def test_a_likeness_needs_one_consent_that_passes_everything(
    change: dict[str, Any], code: str
) -> None:
    assert reasons(OWNED, CONSENT | change, **DUB) == [code]


def test_a_consent_that_never_began_has_run_to_its_cap_though_its_end_is_unknown() -> None:
    capped = {"policy": "no_fakes_2026", "start": None}
    consent = CONSENT | capped | {"end": {"event": "premiere"}}
    assert reasons(OWNED, consent, **DUB) == ["CONSENT_TERM_CAP"]


def test_owning_the_film_is_not_consent_and_nobody_named_goes_to_a_person() -> None:
    assert reasons(OWNED, **DUB) == ["CONSENT_MISSING"]
    assert reasons(OWNED, uses="dub") == ["SUBJECT_UNKNOWN"]
    assert reasons(OWNED, {"kind": "performer", "person": "Ana"}, uses="dub") == ["CONSENT_MISSING"]


def test_a_guild_agreement_nobody_knows_goes_to_a_person() -> None:
    guild = {"kind": "guild", "guild": "SAG-AFTRA", "agreement": "Stage 1950"}
    assert reasons(OWNED, guild) == ["GUILD_AGREEMENT_UNKNOWN"]
    assert reasons(OWNED, guild | {"agreement": "TV/Theatrical 2023"}) == ["OK"]


def test_a_price_promise_needs_prices_that_compare() -> None:
    price = {"amount": "2.00", "currency": "USD", "per": "min"}
    out = {"kind": "grant_out", "to": "Osprey", "uses": "train", "mfn": "unit_price"}
    same = ask(OWNED, out | {"price": price}, price=price)
    assert same["verdict"] == "CLEAR"
    unlike = ask(OWNED, out | {"price": price}, price=price | {"per": "hour"})
    assert unlike["repairs"][0] == {
        "action": "match_price",
        "resolves": "MFN_UNCOMPARABLE",
        "cost": 2,
        "fact": "x1",
        "price": price,
    }
    assert ask(OWNED, out, price=price)["repairs"][0]["action"] == "record_price"


def test_a_model_trained_before_the_revocation_stays_licensed() -> None:
    out = {
        "id": "g",
        "kind": "grant_out",
        "to": "Lab",
        "uses": "train",
        "start": "2026-01-01",
        "revocable": "prospective",
    }
    revoked = {"kind": "revocation", "target": "g", "effective": "2026-06-01"}
    points = [
        {"id": "before", "trained_from": "2026-02-01", "trained_to": "2026-03-01"},
        {"id": "after", "trained_from": "2026-07-01", "trained_to": None},
    ]
    verdict = ask(OWNED, out, revoked, checkpoints=points)
    assert verdict["checkpoints"] == {"before": "licensed", "after": "unlicensed"}
    assert verdict["reasons"] == ["REVOKED_PROSPECTIVE"]
    assert ask(OWNED, checkpoints=points)["reasons"] == ["NO_GRANT"]


def test_every_reason_says_what_it_means_in_one_sentence() -> None:
    for code in REASONS:
        assert reason_text(code).endswith(".")


def test_a_licence_in_burdens_nobody_whoever_granted_it() -> None:
    away = {"kind": "grant_in", "from": "Larch", "to": "Bruma", "uses": "train"}
    assert reasons(OWNED, away | {"exclusivity": "exclusive"}) == ["OK"]


@pytest.mark.parametrize("law", ["TX", "US-CA", "California"])
def test_a_law_without_a_row_voids_no_consent(law: str) -> None:
    vague = CONSENT | {"law": law, "description": "any purpose"}
    assert reasons(OWNED, vague, **DUB) == ["OK"]
    assert reasons(OWNED, vague | {"law": "CA"}, **DUB) == ["CONSENT_UNENFORCEABLE"]


def test_of_several_laws_of_one_owner_that_of_the_smallest_id_decides() -> None:
    quarter = HALF | {"party": "Bruma", "share": "1/4"}
    for laws, code in (("US", "DE"), "CO_OWNER_ACCOUNTING"), (("DE", "US"), "CO_OWNER_CONSENT"):
        owners = [quarter | {"law": law} for law in laws]
        assert reasons(HALF | {"party": "Larch"}, *owners) == [code]


def _scattered(number: int, uses: int, places: int, *, dated: bool) -> list[dict[str, Any]]:
    """Licences of somebody else, each for a choice of uses, places and days of its own."""
    rng = Random(1)
    return [
        {
            "kind": "grant_out", "from": "Bruma", "to": f"Lab {n}",
            "uses": rng.sample(sorted(expand_uses("ALL")), uses),
            "territory": rng.sample(sorted(COUNTRIES), places),
            "modality": rng.sample(MODALITIES, 2 + 2 * dated),
            "model_kind": rng.sample(MODEL_KINDS, 2 + dated),
            **({"start": f"2027-{n % 12 + 1:02}-{n + 1:02}"} if dated else {}),
        }
        for n in range(number)
    ]  # fmt: skip


EVERYTHING = {
    "uses": "ALL", "territory": "WORLD", "modality": list(MODALITIES),
    "model_kind": list(MODEL_KINDS), "end": None,
}  # fmt: skip


def test_licences_that_are_scattered_are_judged_one_by_one() -> None:
    verdict = ask(OWNED, *_scattered(20, 4, 60, dated=False), **EVERYTHING)
    assert verdict["verdict"] == "REVIEW"


def test_more_points_than_anybody_could_tell_apart_are_refused_with_one_line() -> None:
    with pytest.raises(CaseError) as refused:
        ask(OWNED, *_scattered(24, 14, 200, dated=True), **EVERYTHING)
    assert str(refused.value) == "$.facts: tell too many points of the request apart"
