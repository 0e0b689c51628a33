"""Chain of title: recorded with source and share, never edited, only superseded."""

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

from accounts.access import Actor, Permission, for_membership
from accounts.errors import Conflict, Invalid, NotFound
from catalog.models import Holding, Restriction, Title
from catalog.rights import record_holding, record_restriction, supersede
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
        "party": "Peach",
        "grantor": "Blender",
        "share": "1/3",
        "exclusivity": "exclusive",
        "sublicensable": False,
        "uses": ["train", "index"],
        "territory": ["KR", "US"],
        "starts_at": "2020-01-01T00:00:00+00:00",
        "ends_at": "2030-01-01T00:00:00+00:00",
        "document": "Deed of 2020",
        "clause": "§ 4",
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
    assert not Holding.objects.exists()


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
    assert not Restriction.objects.exists()


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
    assert (Holding.objects.count(), Restriction.objects.count()) == (1, 0)
