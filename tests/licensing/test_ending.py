"""Licences and consents that end by their own term."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail

from accounts.access import Actor
from accounts.errors import Invalid
from ledger.models import Event
from licensing.deals.requests import submit_request
from licensing.deals.transitions import approve_deal
from licensing.grants.ending import (
    consents_ending,
    end_pending,
    grants_ending,
    tell_ends_pending,
)
from licensing.grants.issuing import revoke_grant
from licensing.grants.notices import mail_ends_pending, remind_pending
from licensing.models import Duty, EndNotice, Grant
from tests import factories
from tests.accounts.witness import last, refs, refused
from tests.licensing.test_duties import attest, honest

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]

ENDS = factories.ENDS
DAY = timedelta(days=1)
SHA256 = "cd" * 32


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def lab() -> Actor:
    return factories.lab()


@pytest.fixture
def grant(studio: Actor, lab: Actor) -> Grant:
    """From 2026 to 2036."""
    return factories.grant(studio, lab, [factories.offered_words(studio)])


def told() -> list[int]:
    return list(EndNotice.objects.order_by("pk").values_list("days", flat=True))


def test_both_sides_are_told_once_at_each_stage_and_at_the_end(
    studio: Actor, lab: Actor, grant: Grant
) -> None:
    for days, known in ((91, []), (90, [90]), (40, [90]), (30, [90, 30]), (6, [90, 30, 7])):
        with time_machine.travel(ENDS - days * DAY, tick=False):
            assert end_pending() == 0
            tell_ends_pending()
            tell_ends_pending()
            assert told() == known
            mail_ends_pending()
            assert mail_ends_pending() == 0
            for actor in (studio, lab):
                assert list(grants_ending(actor)) == ([grant] if days < 91 else [])
    to = {address for letter in mail.outbox for address in letter.to}
    assert len(mail.outbox) == 6
    assert to == {each.user.email for each in (studio, lab) if each.user}
    assert f"/grants/{grant.code}/" in mail.outbox[0].body
    with time_machine.travel(ENDS, tick=False):
        assert (end_pending(), end_pending()) == (1, 0)
        assert mail_ends_pending() == 1
        assert "has ended" in mail.outbox[-1].body
        assert not grants_ending(lab)


def test_a_stage_before_the_licence_began_is_not_told(studio: Actor, lab: Actor) -> None:
    with time_machine.travel(ENDS - 20 * DAY, tick=False):
        factories.grant(studio, lab, [factories.offered_words(studio)])
        assert tell_ends_pending() == 0
    with time_machine.travel(ENDS - 7 * DAY, tick=False):
        tell_ends_pending()
    assert told() == [7]


def test_what_the_agreement_asks_for_at_the_end_is_owed_by_itself(
    studio: Actor, lab: Actor, grant: Grant
) -> None:
    with time_machine.travel(ENDS + timedelta(seconds=5)):
        assert (end_pending(), end_pending()) == (1, 0)
        assert Event.objects.filter(kind="grant.ended", stream=grant.stream).count() == 1
        stop, destroy = Duty.objects.order_by("due_at")
        assert (stop.kind, destroy.kind) == ("stop", "destroy")
        assert destroy.ower == lab.organisation
        assert (destroy.ground, destroy.imposed_by) == ("term", None)
        assert destroy.due_at == ENDS + 30 * DAY
        assert destroy.files == [grant.granted_assets.get().asset.code]
        assert refs(last("duty.imposed")) == {"deal": grant.deal.stream, "grant": grant.stream}
        with refused(Invalid, "evidence_sha256"):
            attest(lab, destroy)
        attest(lab, destroy, evidence_sha256=SHA256)
        assert remind_pending() == 1  # of the other one
        assert not honest()


def test_a_worker_that_stood_still_leaves_the_lab_a_week(grant: Grant) -> None:
    with time_machine.travel(ENDS + 40 * DAY, tick=False):
        end_pending()
        assert {each.due_at for each in Duty.objects.all()} == {ENDS + 47 * DAY}


def test_a_revoked_licence_does_not_end_a_second_time(studio: Actor, grant: Grant) -> None:
    revoke_grant(actor=studio, code=grant.code, reason="Resold.", ground="misuse")
    with time_machine.travel(ENDS - 5 * DAY, tick=False):
        assert tell_ends_pending() == 0
    with time_machine.travel(ENDS + DAY, tick=False):
        assert end_pending() == 0
    assert [each.kind for each in Duty.objects.all()] == ["stop"]


def test_what_the_lab_holds_under_another_licence_it_may_keep(studio: Actor, lab: Actor) -> None:
    """But it stops what only the licence allowed that has ended."""
    kept, left, later = (factories.offered_words(studio, name=each) for each in "ABC")
    factories.grant(studio, lab, [kept, left, later])
    for file, starts_at in ((kept, ENDS), (later, ENDS + DAY)):
        request = factories.draft(lab, [file], uses=["evaluate"], starts_at=starts_at, ends_at=None)
        submit_request(actor=lab, code=request.code)
        deal = approve_deal(actor=studio, code=request.deals.get().code)
        factories.paid(studio, deal)
    with time_machine.travel(ENDS, tick=False):
        end_pending()
    owed = {each.kind: set(each.files) for each in Duty.objects.all()}
    assert owed == {
        "stop": {kept.code, left.code, later.code},
        "destroy": {left.code, later.code},  # a licence that has not begun covers nothing yet
    }


def test_who_speaks_for_a_performer_is_told_that_a_consent_ends() -> None:
    agency, other = factories.talent(), factories.talent()
    given = factories.consent(agency, factories.likeness(agency))
    with time_machine.travel(ENDS - 25 * DAY, tick=False):
        tell_ends_pending()
        assert mail_ends_pending() == 1
        assert list(consents_ending(agency)) == [given]
        assert not consents_ending(other)
    with time_machine.travel(ENDS + DAY, tick=False):
        tell_ends_pending()
        tell_ends_pending()
        assert mail_ends_pending() == 1
        assert not consents_ending(agency)
    assert told() == [30, 0]
    assert [letter.to for letter in mail.outbox] == [[agency.user.email]] * 2  # type: ignore[union-attr]


def test_nobody_names_the_end_of_a_term_as_a_ground(studio: Actor, grant: Grant) -> None:
    with refused(Invalid, "ground"):
        revoke_grant(actor=studio, code=grant.code, reason="x", ground="term")
