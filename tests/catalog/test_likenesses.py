"""Performers, what exists of them, and what they allow; nothing of it in clear in the log."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.access import Permission
from accounts.errors import Conflict, Invalid, NotFound
from catalog.likenesses import (
    find_likeness,
    record_consent,
    register_likeness,
)
from catalog.models import Attribute, Consent, Likeness, Performer
from catalog.performers import register_performer
from catalog.withdrawing import withdraw_consent
from ledger.models import Event
from tests import factories
from tests.accounts.witness import facts, last, only_with, refs, refused

pytestmark = pytest.mark.django_db


def test_a_performer_is_registered_and_the_log_knows_no_name() -> None:
    agency = factories.talent()
    person = register_performer(actor=agency, name=" 한소리 ", born=date(1990, 5, 1))
    event = last("performer.registered")
    assert (person.name, event.stream_id) == ("한소리", person.stream)
    assert facts(event) == {"person": {"name": "한소리", "born": "1990-05-01"}}
    assert refs(event) == {"organisation": agency.name}
    assert "한소리".encode() not in bytes(event.leaf)
    assert b"1990" not in bytes(event.leaf)


def test_a_performer_without_name_or_not_yet_born_is_refused() -> None:
    agency = factories.talent()
    tomorrow = timezone.now().date() + timedelta(days=1)
    for changes, field in (
        ({"name": ""}, "name"),
        ({"name": "K" * 201}, "name"),
        ({"name": "Kim", "born": tomorrow}, "born"),
    ):
        with refused(Invalid, field):
            register_performer(actor=agency, **changes)  # type: ignore[arg-type]
    assert not Performer.objects.exists()


def test_a_likeness_says_which_attributes_exist() -> None:
    agency = factories.talent()
    likeness = factories.likeness(agency, ["voice", "face", "voice"])
    event = last("likeness.registered")
    assert event.facts().data == {"attributes": ["face", "voice"]}
    assert facts(event) == {"description": "Reference set"}
    assert refs(event) == {"performer": likeness.performer.stream}
    for attributes in ([], ["smell"], ["face", "soul"]):
        with refused(Invalid, "attributes"):
            register_likeness(
                actor=agency,
                performer_code=likeness.performer.code,
                attributes=attributes,
                description="D",
            )


def test_a_consent_is_committed_word_for_word() -> None:
    agency, lab = factories.talent(), factories.lab()
    assert lab.organisation is not None
    likeness = factories.likeness(agency)
    consent = factories.consent(
        agency, likeness, grantee_code=lab.organisation.code, max_outputs=10, territory=["KR"]
    )
    event = last("consent.recorded")
    assert refs(event) == {"likeness": likeness.stream}
    assert facts(event) == {
        "consent": {
            "attributes": ["voice"],
            "description": "Generated speech in this voice.",
            "ends_at": "2036-01-01T00:00:00+00:00",
            "grantee": lab.organisation.code,
            "likeness": likeness.code,
            "max_outputs": 10,
            "model_kinds": [],
            "starts_at": "2026-01-01T00:00:00+00:00",
            "territory": ["KR"],
            "uses": ["generate.likeness"],
        }
    }
    assert consent.record() == facts(event)["consent"]
    for secret in (b"voice", lab.organisation.code.encode(), b"speech"):
        assert secret not in bytes(event.leaf)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"uses": []}, "uses"),
        ({"uses": ["sing"]}, "uses"),
        ({"attributes": []}, "attributes"),
        ({"attributes": ["motion"]}, "attributes"),  # exists, but not in this likeness
        ({"attributes": ["aura"]}, "attributes"),
        ({"starts_at": datetime(2036, 1, 1, tzinfo=UTC)}, "ends_at"),
        ({"territory": ["Atlantis"]}, "territory"),
        ({"model_kinds": ["huge"]}, "model_kinds"),
        ({"grantee_code": "7K3F2Q9D"}, "grantee"),
        ({"grantee_code": ""}, "grantee"),
        ({"max_outputs": 0}, "max_outputs"),
        ({"max_outputs": 2**31}, "max_outputs"),
        ({"description": ""}, "description"),
        ({"document": "d" * 301}, "document"),
    ],
)
def test_a_consent_that_makes_no_sense_leaves_nothing(change: dict[str, Any], field: str) -> None:
    agency = factories.talent()
    likeness = factories.likeness(agency)
    with refused(Invalid, field):
        factories.consent(agency, likeness, **change)
    assert not Consent.objects.exists()


def test_a_consent_names_a_lab_and_no_other_kind() -> None:
    agency, studio = factories.talent(), factories.studio()
    likeness = factories.likeness(agency)
    assert studio.organisation is not None
    with refused(Invalid, "grantee"):
        factories.consent(agency, likeness, grantee_code=studio.organisation.code)


def test_a_consent_is_withdrawn_once() -> None:
    agency = factories.talent()
    consent = factories.consent(agency, factories.likeness(agency))
    withdrawn = withdraw_consent(actor=agency, code=consent.code)
    assert withdrawn.withdrawn_at is not None
    event = last("consent.withdrawn")
    assert (event.version, event.facts().commitments) == (2, {})
    with refused(Conflict):
        withdraw_consent(actor=agency, code=consent.code)
    consent.refresh_from_db()
    assert consent.withdrawn_at == withdrawn.withdrawn_at


def test_nobody_else_speaks_for_a_performer() -> None:
    agency, rival = factories.talent(), factories.talent()
    likeness = factories.likeness(agency)
    consent = factories.consent(agency, likeness)
    calls = (
        lambda who: register_likeness(
            actor=who,
            performer_code=likeness.performer.code,
            attributes=Attribute.values,
            description="D",
        ),
        lambda who: factories.consent(who, likeness),
        lambda who: withdraw_consent(actor=who, code=consent.code),
    )
    for call in calls:
        only_with(Permission.EDIT_LIKENESSES, agency, call)
        with refused(NotFound):
            call(rival)
    only_with(
        Permission.EDIT_LIKENESSES, agency, lambda who: register_performer(actor=who, name="Kim")
    )
    with pytest.raises(NotFound):
        find_likeness(rival, likeness.code)
    for model in (Performer, Likeness, Consent):
        assert not model.objects.visible_to(rival).exists()  # type: ignore[attr-defined]
        assert model.objects.count() == 1  # type: ignore[attr-defined]
    consent.refresh_from_db()
    assert consent.withdrawn_at is None
    assert not Event.objects.filter(kind="consent.withdrawn").exists()


def test_a_consent_may_be_for_ever_and_for_one_model_kind() -> None:
    agency = factories.talent()
    consent = record_consent(
        actor=agency,
        likeness_code=factories.likeness(agency, ["name"]).code,
        uses=["dub", "dub"],
        attributes=["name"],
        starts_at=factories.STARTS,
        description="D",
        model_kinds=["customer_private"],
    )
    assert (consent.ends_at, consent.uses, consent.grantee) == (None, ["dub"], None)
    assert facts(last("consent.recorded"))["consent"]["grantee"] == "*"
