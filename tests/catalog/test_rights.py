"""Chain of title: recorded with source and share, never edited, only superseded."""

from fractions import Fraction
from typing import Any

import pytest

from accounts.access import Actor, Permission, for_membership
from accounts.errors import Conflict, Invalid, NotFound
from catalog.models import Fact, Title
from catalog.rights import correct_fact, record_fact, supersede
from tests import factories
from tests.accounts.witness import facts, last, only_with, refs, refused

pytestmark = pytest.mark.django_db

FROM, TO = "2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"
DEED: dict[str, Any] = {"from": "Blender", "to": "Peach", "share": "1/3"}
BAN: dict[str, Any] = {"uses": ["train"], "territory": ["DE"]}


@pytest.fixture
def title() -> Title:
    return factories.title(factories.studio())


def owner(title: Title) -> Actor:
    return for_membership(title.organisation.memberships.get())


def test_a_deed_is_kept_exactly_and_logged_without_its_words(title: Title) -> None:
    said = DEED | {"uses": ["train", "index"], "territory": ["KR", "US"], "start": FROM, "end": TO}
    holding = factories.fact(
        owner(title), title, "assignment", document="Deed of 2020", clause="§ 4", **said
    )
    assert holding.share == Fraction(1, 3)
    event = last("holding.recorded")
    assert (event.stream_id, refs(event)) == (holding.stream, {"title": title.stream})
    assert facts(event)["holding"] == {
        "kind": "assignment",
        "from": "Blender",
        "to": "Peach",
        "share": "1/3",
        "uses": ["train", "index"],
        "territory": ["KR", "US"],
        "start": "2020-01-01T00:00:00Z",
        "end": "2030-01-01T00:00:00Z",
        "document": "Deed of 2020",
        "clause": "§ 4",
        "evidence": None,
        "corrects": None,
    }
    assert b"Peach" not in bytes(event.leaf)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "loan"}, "kind"),
        ({"to": ""}, "to"),
        ({"from": " "}, "from"),
        ({"share": "4/3"}, "share"),
        ({"share": "0"}, "share"),
        ({"share": "-1/3"}, "share"),
        ({"share": "1/0"}, "share"),
        ({"share": "a third"}, "share"),
        ({"share": "nan"}, "share"),
        ({"share": "1e-999999999"}, "share"),  # would take hours to work out
        ({"share": "1/1000001"}, "share"),
        ({"uses": ["sleep"]}, "uses"),
        ({"territory": ["Atlantis"]}, "territory"),
        ({"start": TO, "end": FROM}, "end"),
        ({"executed": "long ago"}, "executed"),
        ({"kind": "grant_in", "share": None, "uses": ["train"], "exclusivity": "very"},
         "exclusivity"),
        ({"document": "d" * 301}, "document"),
        ({"clause": "c" * 101}, "clause"),
    ],
)  # fmt: skip
def test_a_deed_that_makes_no_sense_leaves_nothing(
    title: Title, change: dict[str, Any], field: str
) -> None:
    actor, said = owner(title), {"kind": "assignment"} | DEED | change
    with refused(Invalid, field):
        factories.fact(actor, title, **said)
    assert not Fact.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"uses": []}, "uses"),
        ({"modality": ["smell"]}, "modality"),
        ({"model_kind": ["huge"]}, "model_kind"),
        ({"territory": []}, "territory"),
        ({"start": TO, "end": TO}, "end"),
    ],
)
def test_a_ban_that_makes_no_sense_leaves_nothing(
    title: Title, change: dict[str, Any], field: str
) -> None:
    actor = owner(title)
    with refused(Invalid, field):
        factories.fact(actor, title, "restriction", **(BAN | change))
    assert not Fact.objects.exists()


def test_a_note_with_a_hidden_character_is_refused(title: Title) -> None:
    with refused(Invalid, "note"):
        record_fact(actor=owner(title), title=title, kind="restriction", body=BAN, note="n\0")
    assert not Fact.objects.exists()


def test_a_record_is_superseded_once_and_stays(title: Title) -> None:
    actor = owner(title)
    for fact in (
        factories.fact(actor, title, "assignment", **DEED),
        factories.fact(actor, title, "restriction", **BAN),
    ):
        supersede(actor=actor, code=fact.code, reason="A later deed")
        event = last(f"{fact.stream.partition(':')[0]}.superseded")
        assert (event.version, facts(event)) == (2, {"reason": "A later deed"})
        fact.refresh_from_db()
        assert fact.superseded_at is not None
        with refused(Conflict):
            supersede(actor=actor, code=fact.code, reason="Again")
    again = factories.fact(actor, title, "restriction", **BAN)
    with refused(Invalid, "reason"):
        supersede(actor=actor, code=again.code, reason="")
    again.refresh_from_db()
    assert again.superseded_at is None


def test_only_the_titles_own_editors_touch_its_rights(title: Title) -> None:
    actor, other = owner(title), factories.studio()
    fact = factories.fact(actor, title, "assignment", **DEED)
    calls = (
        lambda who: factories.fact(who, title, "assignment", **DEED),
        lambda who: factories.fact(who, title, "restriction", **BAN),
        lambda who: supersede(actor=who, code=fact.code, reason="Mine"),
    )
    for call in calls:
        only_with(Permission.EDIT_TITLES, actor, call)
        with refused(NotFound):
            call(other)
    fact.refresh_from_db()
    assert fact.superseded_at is None
    assert Fact.objects.get() == fact


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("holdback", {"beneficiary": "Netflix", "end": {"event": "release", "lag": "P12M"}}),
        ("event", {"name": "release", "date": "2027-05-01", "tz": "Asia/Seoul"}),
        ("element", {"element": "music", "ai": "prohibited", "stem": "M&E",
                     "timecode": {"from": "00:01:00.000", "to": "00:02:30.000"}}),
        ("guild", {"guild": "SAG-AFTRA", "agreement": "TV/Theatrical 2026"}),
        ("cap", {"max_licensees": 3, "uses": ["train"], "end": {"through": "2030-12-31"}}),
        ("option", {"holder": "Amazon", "type": "rofr", "notice": "P30D"}),
        ("grant_out", {"to": "Mubi", "uses": ["distribute.vod"], "exclusivity": "exclusive",
                       "territory": ["KR"], "price": {"amount": "2.00", "currency": "USD",
                                                     "per": "min"}}),
    ],
)  # fmt: skip
def test_what_narrows_a_title_is_kept_as_the_contract_writes_it(
    title: Title, kind: str, body: dict[str, Any]
) -> None:
    fact = record_fact(actor=owner(title), title=title, kind=kind, body=body, document="Letter")
    fact.refresh_from_db()
    assert fact.body == body
    event = last("fact.recorded")
    assert (event.facts().data, refs(event)) == ({"fact_kind": kind}, {"title": title.stream})


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        ("holdback", {}, "beneficiary"),
        ("holdback", {"beneficiary": "N", "party": "M"}, "party"),
        ("element", {"element": "music", "ai": "maybe"}, "ai"),
        ("element", {"element": "smell", "ai": "granted"}, "element"),
        (
            "element",
            {
                "element": "stock",
                "ai": "granted",
                "timecode": {"from": "00:01:00", "to": "00:01:00"},
            },
            "timecode.to",
        ),
        ("cap", {"max_licensees": 1.5}, "max_licensees"),
        ("cap", {"max_licensees": True}, "max_licensees"),
        ("option", {"holder": "A", "type": "rofr", "notice": "30 days"}, "notice"),
        ("restriction", {"start": "2027-01-01", "end": "2026-01-01"}, "end"),
        ("restriction", {"end": {"duration": "P5Y"}}, "end.duration"),
        ("restriction", {"start": "tomorrow"}, "start"),
        ("restriction", {"tz": "Europe/Atlantis"}, "tz"),
        ("restriction", {"territory": ["UK"]}, "territory"),
        ("restriction", {"excludes": ["ZZZZZZZZ"]}, "excludes[0]"),
        ("revocation", {"target": "ZZZZZZZZ", "effective": "2027-01-01"}, "target"),
        ("grant_out", {"to": "M", "uses": ["train"], "price": {"amount": "2"}}, "price"),
        ("rumour", {}, "kind"),
    ],
)
def test_a_fact_that_the_contract_does_not_know_leaves_nothing(
    title: Title, kind: str, body: dict[str, Any], field: str
) -> None:
    actor = owner(title)
    with refused(Invalid, field):
        record_fact(actor=actor, title=title, kind=kind, body=body)
    assert not Fact.objects.exists()


def test_a_correction_keeps_both_and_names_what_it_corrects(title: Title) -> None:
    actor = owner(title)
    wrong = record_fact(actor=actor, title=title, kind="cap", body={"max_licensees": 3})
    right = correct_fact(
        actor=actor, code=wrong.code, body={"max_licensees": 5}, reason="Clause 9 says five"
    )
    wrong.refresh_from_db()
    assert wrong.superseded_at is not None
    assert (wrong.body, right.body) == ({"max_licensees": 3}, {"max_licensees": 5})
    assert right.corrects == wrong
    assert facts(last("fact.recorded"))["fact"]["corrects"] == wrong.code
    with refused(Conflict):
        correct_fact(actor=actor, code=wrong.code, body={"max_licensees": 6}, reason="Again")
    with refused(Invalid, "max_licensees"):
        correct_fact(actor=actor, code=right.code, body={}, reason="Empty")
    right.refresh_from_db()
    assert right.superseded_at is None
