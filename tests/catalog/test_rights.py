"""Chain of title: recorded with source and share, never edited, only superseded."""

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

from accounts.access import Actor, Permission, for_membership
from accounts.errors import Conflict, Invalid, NotFound
from catalog.models import Fact, Title
from catalog.rights import correct_fact, record_fact, record_holding, record_restriction, supersede
from tests import factories
from tests.accounts.witness import facts, last, only_with, refs, refused

pytestmark = pytest.mark.django_db

FROM, TO = datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
DEED = {"kind": "assignment", "party": "Peach", "grantor": "Blender", "share": "1/3"}
BAN: dict[str, Any] = {"uses": ["train"], "territory": ["DE"], "document": "Contract 4"}


@pytest.fixture
def title() -> Title:
    return factories.title(factories.studio())


def owner(title: Title) -> Actor:
    return for_membership(title.organisation.memberships.get())


def test_a_deed_is_kept_exactly_and_logged_without_its_words(title: Title) -> None:
    holding = record_holding(
        actor=owner(title),
        title=title,
        **DEED,
        uses=["train", "index"],
        territory=["KR", "US"],
        starts_at=FROM,
        ends_at=TO,
        document="Deed of 2020",
        clause="§ 4",
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
        ({"party": ""}, "party"),
        ({"grantor": " "}, "grantor"),
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
        ({"starts_at": TO, "ends_at": FROM}, "ends_at"),
        ({"executed_at": datetime(2020, 1, 1)}, "executed_at"),  # noqa: DTZ001
        ({"exclusivity": "very"}, "exclusivity"),
        ({"document": "d" * 301}, "document"),
        ({"clause": "c" * 101}, "clause"),
        ({"note": "n\0"}, "note"),
    ],
)
def test_a_deed_that_makes_no_sense_leaves_nothing(
    title: Title, change: dict[str, Any], field: str
) -> None:
    actor = owner(title)
    with refused(Invalid, field):
        record_holding(actor=actor, title=title, **(DEED | change))
    assert not Fact.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"uses": []}, "uses"),
        ({"modalities": ["smell"]}, "modalities"),
        ({"model_kinds": ["huge"]}, "model_kinds"),
        ({"territory": []}, "territory"),
        ({"starts_at": TO, "ends_at": TO}, "ends_at"),
    ],
)
def test_a_ban_that_makes_no_sense_leaves_nothing(
    title: Title, change: dict[str, Any], field: str
) -> None:
    actor = owner(title)
    with refused(Invalid, field):
        record_restriction(actor=actor, title=title, **(BAN | change))
    assert not Fact.objects.exists()


def test_a_record_is_superseded_once_and_stays(title: Title) -> None:
    actor = owner(title)
    for fact in (
        record_holding(actor=actor, title=title, **DEED),
        record_restriction(actor=actor, title=title, **BAN),
    ):
        supersede(actor=actor, code=fact.code, reason="A later deed")
        event = last(f"{fact.stream.partition(':')[0]}.superseded")
        assert (event.version, facts(event)) == (2, {"reason": "A later deed"})
        fact.refresh_from_db()
        assert fact.superseded_at is not None
        with refused(Conflict):
            supersede(actor=actor, code=fact.code, reason="Again")
    again = record_restriction(actor=actor, title=title, **BAN)
    with refused(Invalid, "reason"):
        supersede(actor=actor, code=again.code, reason="")
    again.refresh_from_db()
    assert again.superseded_at is None


def test_only_the_titles_own_editors_touch_its_rights(title: Title) -> None:
    actor, other = owner(title), factories.studio()
    fact = record_holding(actor=actor, title=title, **DEED)
    calls = (
        lambda who: record_holding(actor=who, title=title, **DEED),
        lambda who: record_restriction(actor=who, title=title, **BAN),
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
