"""The edges: instants, numbers and parties where one answer turns into the next."""

from typing import Any

import pytest

from licensing.clearance import clear
from tests.licensing.clearance.test_rules import CONSENT, DUB, GRANT, HALF, OWNED, ask, reasons

OUT = {"kind": "grant_out", "to": "Vireo", "uses": "train"}
CEIBO = {"id": "o", "kind": "ownership", "party": "Ceibo", "share": "1/1"}
WAIT = {"kind": "holdback", "beneficiary": "Canal"}
MUSIC = {"kind": "element", "element": "music", "ai": "not_granted", "modality": ["video"]}
WHOLE = {
    "licensor": "Larch",
    "licensee": "Lab",
    "work": "W",
    "uses": "train",
    "modality": "video",
    "model_kind": "foundation",
    "territory": "KR",
    "start": "2027-01-01",
    "end": None,
}
FILM = [{"id": "W", "runtime": "00:20:00"}]


def spans(verdict: dict[str, Any], name: str) -> list[tuple[str, str]]:
    """From when to when, by day, the scopes of a list reach."""
    scopes = [each.get("scope", each) for each in verdict[name]]
    return [(scope["start"][:10], scope["end"][:10]) for scope in scopes]


def test_a_right_ends_at_the_instant_it_is_revoked_or_the_revocation_is_recorded() -> None:
    revoked = {"kind": "revocation", "target": "g", "effective": "2027-06-01"}
    verdict = ask(CEIBO, GRANT | {"revocable": "prospective"}, revoked)
    assert spans(verdict, "cleared") == [("2027-01-01", "2027-06-01")]
    assert spans(verdict, "blocked") == [("2027-06-01", "2028-01-01")]
    known = {**revoked, "effective": "2026-01-01", "recorded": "2026-09-01"}
    verdict = ask(CEIBO, GRANT | {"revocable": "prospective"}, known, start="2026-06-01")
    assert spans(verdict, "cleared") == [("2026-06-01", "2026-09-01")]


@pytest.mark.parametrize(
    ("more", "code"), [({}, "LEGACY_NEW_USE"), ({"reserved": True}, "RESERVED_RIGHTS")]
)
def test_uses_to_be_devised_are_not_those_that_were_reserved(
    more: dict[str, Any], code: str
) -> None:
    old = GRANT | {"uses": "distribute", "new_uses": "hereafter_devised"}
    assert reasons(CEIBO, old | more) == [code]


@pytest.mark.parametrize(
    ("grant", "request_", "code"),
    [
        ({"exclusivity": "exclusive"}, {}, "EXCLUSIVE_CONFLICT"),
        ({"exclusivity": "exclusive"}, {"affiliates": ["Vireo"]}, "OK"),
        ({"exclusivity": "exclusive", "against": ["Lab"]}, {}, "EXCLUSIVE_CONFLICT"),
        ({"exclusivity": "exclusive", "against": ["Twin"]}, {"affiliates": ["Twin"]}, "OK"),
        ({"exclusivity": "sole"}, {}, "SOLE_LICENCE_CONFLICT"),
        ({"exclusivity": "sole"}, {"licensee": "Larch"}, "OK"),
        ({"exclusivity": "sole", "executed": "2026-10-05"}, {}, "SOLE_LICENCE_CONFLICT"),
        ({"exclusivity": "sole", "executed": "2026-10-06"}, {}, "OK"),
    ],
)
def test_whom_a_licence_shuts_out(
    grant: dict[str, Any], request_: dict[str, Any], code: str
) -> None:
    assert reasons(OWNED, OUT | grant, **request_) == [code]


@pytest.mark.parametrize(("asked", "code"), [("2.00", "OK"), ("1.99", "MFN_TRIGGER")])
def test_a_price_as_low_as_the_promised_one_is_not_below_it(asked: str, code: str) -> None:
    price = {"amount": "2.00", "currency": "EUR", "per": "hour"}
    promise = OUT | {"mfn": "unit_price", "price": price}
    assert reasons(OWNED, promise, price=price | {"amount": asked}) == [code]


@pytest.mark.parametrize(("most", "code"), [(1, "CAP_REACHED"), (2, "OK")])
def test_a_cap_counts_neither_the_licensor_nor_the_group(most: int, code: str) -> None:
    cap = {"kind": "cap", "max_licensees": most}
    mine = [OUT | {"to": "Larch"}, OUT | {"to": "Twin"}]
    assert reasons(OWNED, cap, OUT, *mine, affiliates=["Twin"]) == [code]


@pytest.mark.parametrize(
    ("offered", "duty"),
    [
        ("2026-10-06", ["offer"]),
        ("2026-10-05", ["await"]),
        ("2026-09-06", ["await"]),
        ("2026-09-05", []),
    ],
)
def test_an_option_lapses_at_the_end_of_its_notice(offered: str, duty: list[str]) -> None:
    option = {"kind": "option", "type": "rofr", "holder": "Vireo", "notice": "P30D"}
    verdict = ask(OWNED, option | {"offered": offered})
    assert [each["code"] for each in verdict["conditions"]] == duty


@pytest.mark.parametrize(
    ("effective", "code"), [("2026-10-05", "GUILD_NOTICE"), ("2026-10-06", "OK")]
)
def test_an_agreement_is_in_effect_from_its_day_on(effective: str, code: str) -> None:
    guild = {"kind": "guild", "guild": "SAG-AFTRA", "agreement": "TV/Theatrical 2026"}
    assert reasons(OWNED, guild | {"effective": effective}) == [code]


@pytest.mark.parametrize(
    ("until", "code"),
    [("00:20:00", "EXCISION_LEAVES_NOTHING"), ("00:19:59.999", "THIRD_PARTY_MUSIC")],
)
def test_cuts_that_touch_leave_nothing_between_them(until: str, code: str) -> None:
    first = MUSIC | {"timecode": {"from": "00:00:00", "to": "00:10:00"}}
    second = MUSIC | {"timecode": {"from": "00:10:00", "to": until}}
    case = {"schema": "clearance-case/1", "as_of": "2026-10-05", "works": FILM, "request": WHOLE}
    facts = [{"id": f"x{n}"} | fact for n, fact in enumerate([OWNED, first, second])]
    assert clear(case | {"facts": facts})["reasons"] == [code]


def test_whether_ai_was_agreed_to_is_asked_for_ai_only() -> None:
    unknown = MUSIC | {"ai": "unknown"}
    assert reasons(OWNED, unknown) == ["ELEMENT_UNKNOWN"]
    assert reasons(OWNED, unknown, uses="distribute.tv") == ["THIRD_PARTY_MUSIC"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"max_outputs": 3, "used_outputs": 2}, "OK"),
        ({"max_outputs": 3, "used_outputs": 3}, "CONSENT_QUOTA"),
        ({"born": "2008-01-01"}, "OK"),
        ({"born": "2008-01-02"}, "MINOR_COURT_APPROVAL"),
    ],
)
def test_a_consent_holds_up_to_its_limit(change: dict[str, Any], code: str) -> None:
    assert reasons(OWNED, CONSENT | change, **DUB) == [code]


def test_a_consent_ends_at_its_end_and_of_equal_ends_the_revocation_is_told() -> None:
    verdict = ask(OWNED, CONSENT | {"end": "2027-06-01"}, **DUB)
    assert spans(verdict, "cleared") == [("2027-01-01", "2027-06-01")]
    assert spans(verdict, "blocked") == [("2027-06-01", "2028-01-01")]
    minor = CONSENT | {"born": "2009-06-01", "court_approved": True}
    assert reasons(OWNED, minor, **DUB) == ["MINOR_TERM_CAP"]
    revoked = {"kind": "revocation", "target": "c", "effective": "2027-06-01"}
    assert reasons(OWNED, minor, revoked, **DUB) == ["REVOKED_PROSPECTIVE"]


def test_shares_have_to_be_there_before_they_are_assigned() -> None:
    halves = [HALF | {"party": "Larch"}, HALF | {"party": "Ceibo"}]
    deed = {"kind": "assignment", "from": "Ceibo", "to": "Larch", "executed": "2020-01-01"}
    assert reasons(*halves, deed) == ["OK"]
    assert reasons(*halves, deed | {"share": "1/1"}) == ["CHAIN_SHARE_MISMATCH"]
    # Of somebody known by deeds alone, no more is known than they state.
    assert reasons(deed) == ["OK"]
    assert reasons(deed | {"share": "1/2"}) == ["CHAIN_SHARE_MISMATCH"]


@pytest.mark.parametrize(("signed", "code"), [("2021-12-31", "OK"), ("2022-01-02", "CHAIN_BREAK")])
def test_a_licence_is_in_doubt_that_was_granted_before_its_grantor_had_one(
    signed: str, code: str
) -> None:
    above = GRANT | {"id": "h", "to": "Mesa", "executed": signed}
    below = GRANT | {"from": "Mesa", "executed": "2022-01-01"}
    assert reasons(CEIBO, above, below) == [code]


def test_of_rights_that_fail_the_one_that_nearly_holds_is_told() -> None:
    elsewhere = GRANT | {"id": "h", "territory": ["US"]}
    assert reasons(CEIBO, GRANT | {"uses": ["index"]}, elsewhere) == ["NO_RIGHTS_TERRITORY"]
    over = GRANT | {"id": "h", "end": "2026-01-01"}
    assert reasons(CEIBO, GRANT | {"modality": ["audio"]}, over) == ["NO_RIGHTS_TERM"]


@pytest.mark.parametrize(
    ("request_", "code"),
    [({}, "CO_OWNER_ACCOUNTING"), ({"exclusivity": "sole"}, "CO_OWNER_CONSENT")],
)
def test_the_law_of_a_share_comes_before_that_of_the_licence(
    request_: dict[str, Any], code: str
) -> None:
    halves = [HALF | {"party": "Larch"}, HALF | {"party": "Ceibo", "law": "US"}]
    assert reasons(*halves, governing_law="KR", **request_) == [code]


@pytest.mark.parametrize(
    ("term", "code", "waits"),
    [
        ({"end": "2027-01-01"}, "OK", []),
        ({"end": "2027-01-02"}, "HOLDBACK", ["2027-01-02T00:00:00Z"]),
        ({"end": "2028-01-01"}, "HOLDBACK", []),
        ({"start": "2028-01-01"}, "OK", []),
        ({"end": {"event": "unheard of"}}, "EVENT_DATE_UNKNOWN", []),
    ],
)
def test_a_burden_is_waited_for_where_it_ends_within_the_request(
    term: dict[str, Any], code: str, waits: list[str]
) -> None:
    verdict = ask(OWNED, {**WAIT, **term})
    assert verdict["reasons"] == [code]
    assert [each["until"] for each in verdict["repairs"] if each["action"] == "wait"] == waits


def test_of_burdens_for_one_reason_those_that_stand_are_told() -> None:
    over = WAIT | {"id": "a", "end": "2026-12-01"}
    first, second = WAIT | {"id": "c", "end": "2027-04-01"}, WAIT | {"id": "b", "end": "2027-07-01"}
    apart = WAIT | {"id": "d", "start": "2027-07-02"}
    verdict = ask(OWNED, over, first, second, apart)
    assert spans(verdict, "cleared") == [("2027-07-01", "2027-07-02")]
    assert [each["because"] for each in verdict["blocked"]] == [["b"], ["d"]]
    waived = [each["fact"] for each in verdict["repairs"] if each["action"] == "obtain_waiver"]
    assert waived == ["b", "c", "d"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, "OK"),
        ({"signed": "2026-10-06"}, "LEGACY_NEW_USE"),
        ({"about": ["o"]}, "LEGACY_NEW_USE"),
        ({"resolves": "CHAIN_BREAK"}, "LEGACY_NEW_USE"),
    ],
)
def test_an_opinion_settles_what_it_is_about(change: dict[str, Any], code: str) -> None:
    opinion = {
        "kind": "counsel_opinion",
        "resolves": "LEGACY_NEW_USE",
        "about": ["g"],
        "by": "R. Ito",
        "signed": "2026-10-05",
        "source": {"doc": "sha256:77e0"},
    }
    assert reasons(CEIBO, GRANT | {"uses": "ALL"}, opinion | change) == [code]
