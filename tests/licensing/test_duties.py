"""What the sides of a licence owe each other: conditions, and what follows an early end."""

from datetime import UTC, date, datetime, timedelta
from smtplib import SMTPRecipientsRefused
from typing import NamedTuple

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends import locmem
from django.utils import timezone

from accounts.access import Actor, Permission
from accounts.errors import Conflict, Invalid, NotFound
from accounts.models import Membership, Role
from catalog.models import Asset, Consent
from catalog.withdrawing import withdraw_consent
from edgecode.audit.rules import Replay
from ledger.models import Event
from licensing.deals.conditions import hindrances_on_record
from licensing.deals.holds import confirm_conditions
from licensing.deals.requests import submit_request
from licensing.deals.transitions import approve_deal
from licensing.grants.duties import Demand, acknowledge_duty, meet_duty, waive_duty
from licensing.grants.issuing import demand_more, issue_pending, revoke_grant
from licensing.grants.notices import notify_pending, remind_pending
from licensing.grants.returning import unexpired_minor
from licensing.models import Deal, Duty, Grant
from provenance.credentials.delivery import paused_files
from tests import factories
from tests.accounts.witness import facts, last, only_with, refs, refused
from tests.licensing.law import american_law, held_for_a_condition, shared_by
from tests.web.reading import signed_in, text, words
from tests.worlds import kept

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]

SHA256 = "ab" * 32


class Licensed(NamedTuple):
    studio: Actor
    lab: Actor
    grant: Grant


@kept
def licensed() -> Licensed:
    studio, lab = factories.studio(), factories.lab()
    return Licensed(studio, lab, factories.grant(studio, lab, [factories.offered_words(studio)]))


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def lab() -> Actor:
    return factories.lab()


def attest(actor: Actor, duty: Duty, **changes: object) -> Duty:
    given = {"done_on": date(2026, 1, 2), "done_by": "Bo Chen", "statement": "Deleted."}
    return meet_duty(actor=actor, code=duty.code, **(given | changes))  # type: ignore[arg-type]


def test_who_loses_a_grant_owes_what_is_demanded_and_attests_it(licensed: Licensed) -> None:
    studio, lab, grant = licensed
    wanted = [Demand("destroy", 30), Demand("suppress", 60)]
    revoke_grant(actor=studio, code=grant.code, reason="Resold.", ground="misuse", demands=wanted)
    stop, destroy, suppress = Duty.objects.order_by("due_at")
    assert [each.kind for each in (stop, destroy, suppress)] == ["stop", "destroy", "suppress"]
    assert stop.ower == lab.organisation
    assert stop.files == [grant.granted_assets.get().asset.code]
    assert destroy.due_at - destroy.imposed_at == timedelta(days=30)
    imposed = last("duty.imposed")
    assert refs(imposed) == {"deal": grant.deal.stream, "grant": grant.stream}
    assert facts(imposed)["terms"]["ground"] == "misuse"
    with refused(NotFound):
        acknowledge_duty(actor=studio, code=destroy.code)
    only_with(
        Permission.SUBMIT_REQUESTS, lab, lambda who: acknowledge_duty(actor=who, code=destroy.code)
    )
    acknowledge_duty(actor=lab, code=destroy.code)
    with refused(Conflict):
        acknowledge_duty(actor=lab, code=destroy.code)
    with refused(Invalid, "evidence_sha256"):
        attest(lab, destroy)
    with refused(Invalid, "done_on"):
        attest(lab, destroy, done_on=timezone.now().date() + timedelta(days=2))
    attest(lab, destroy, evidence_sha256=SHA256)
    said = facts(last("duty.met"))["evidence"]
    assert (said["done_by"], said["sha256"]) == ("Bo Chen", SHA256)
    with refused(Conflict):
        attest(lab, destroy, evidence_sha256=SHA256)
    with refused(NotFound):
        waive_duty(actor=lab, code=suppress.code, reason="Not needed.")
    waive_duty(actor=studio, code=suppress.code, reason="The model is gone.")
    assert facts(last("duty.waived"))["waiver"]["by"] == studio.organisation.name  # type: ignore[union-attr]
    assert list(Duty.objects.owed()) == [stop]
    assert not honest()


def honest() -> list[str]:
    """Return what the public audit finds wrong with all that happened here."""
    rules = Replay()
    leaves = [event.facts() for event in Event.objects.order_by("pk")]
    found = [each for at, leaf in enumerate(leaves) for each in rules.entry(at, leaf)]
    return [str(each) for each in found + rules.end()]


def test_every_revocation_asks_for_no_new_training_and_more_can_follow(licensed: Licensed) -> None:
    studio, _lab, grant = licensed
    with refused(Conflict):
        demand_more(actor=studio, code=grant.code, reason="x", demands=[Demand("destroy", 5)])
    with refused(Invalid, "demands"):
        revoke_grant(actor=studio, code=grant.code, reason="x", demands=[Demand("stop", 0)])
    with refused(Invalid, "demands"):
        revoke_grant(actor=studio, code=grant.code, reason="x", demands=[Demand("notice", 5)])
    with refused(Invalid, "ground"):
        revoke_grant(actor=studio, code=grant.code, reason="x", ground="condition")
    revoke_grant(actor=studio, code=grant.code, reason="x", ground="misuse")
    assert Duty.objects.get().kind == "stop"
    with refused(Conflict):
        demand_more(actor=studio, code=grant.code, reason="x", demands=[Demand("stop", 7)])
    with refused(Invalid, "ground"):  # by the agreement, where nothing was misused
        demand_more(actor=studio, code=grant.code, reason="x", demands=[Demand("retrain", 180)])
    with refused(Invalid, "demands"):  # the lab has 180 days
        demand_more(
            actor=studio, code=grant.code, reason="x", ground="order",
            demands=[Demand("retrain", 179)],
        )  # fmt: skip
    demand_more(
        actor=studio, code=grant.code, reason="x", ground="order",
        demands=[Demand("retrain", 180)],
    )  # fmt: skip
    assert [each.kind for each in Duty.objects.order_by("pk")] == ["stop", "retrain"]
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        assert [each.kind for each in Duty.objects.overdue()] == ["stop"]
        assert Duty.objects.get(kind="stop").standing == "overdue"
    assert not honest()


def test_without_its_fault_the_lab_gets_back_what_it_paid_for_the_rest_of_the_term(
    studio: Actor, lab: Actor
) -> None:
    files = [factories.offered_words(studio) for _ in range(3)]
    grant = factories.grant(studio, lab, files)  # 3,000 dollars for 2026 to 2036
    with time_machine.travel(datetime(2031, 1, 1, tzinfo=UTC), tick=False):
        revoke_grant(actor=studio, code=grant.code, reason="Sold.", ground="right")
        refund = Duty.objects.get(kind="refund")
        # 1,826 of 3,652 days are left.
        assert refund.detail == "1500.00 USD"
        assert refund.due_at - refund.imposed_at == timedelta(days=30)
        assert (refund.ower, refund.files) == (studio.organisation, sorted(f.code for f in files))
        assert refund.detail_for(lab.organisation) == refund.detail  # type: ignore[arg-type]
        page = words(signed_in(lab).get(f"/duties/{refund.code}/"))
        assert "1500.00 USD" in page
        with refused(NotFound):  # whose money it is lets the other off
            waive_duty(actor=studio, code=refund.code, reason="x", by="They")
        attest(studio, refund)
    assert last("duty.met").stream_id == refund.stream
    assert not honest()


def test_a_lab_that_broke_the_agreement_gets_nothing_back(licensed: Licensed) -> None:
    studio, _lab, grant = licensed
    revoke_grant(actor=studio, code=grant.code, reason="Resold.", ground="breach")
    assert not Duty.objects.filter(kind="refund").exists()


REST_OF_TERM = [
    (datetime(2025, 6, 1, tzinfo=UTC), 100_001),  # before the term: all of it
    (datetime(2026, 1, 1, tzinfo=UTC), 100_001),
    (datetime(2031, 1, 1, tzinfo=UTC), 50_000),  # half a cent is not owed
    (datetime(2035, 12, 31, 23, 59, 59, tzinfo=UTC), 0),
    (datetime(2036, 1, 1, tzinfo=UTC), 0),
    (datetime(2050, 1, 1, tzinfo=UTC), 0),
]


def test_what_falls_on_the_rest_of_the_term_is_exact(licensed: Licensed) -> None:
    grant = licensed.grant
    grant.deal.amount_minor = 100_001
    files = set(grant.granted_assets.values_list("asset__code", flat=True))
    for ends_at in (factories.ENDS, None):  # none counts as ten years
        grant.ends_at = ends_at
        for at, minor in REST_OF_TERM:
            assert unexpired_minor(grant, files, at=at) == minor, (ends_at, at)
            assert unexpired_minor(grant, set(), at=at) == 0


def granted_voice(agency: Actor, *labs: Actor, consents: int = 1) -> list[Grant]:
    likeness = factories.likeness(agency)
    voice = factories.words(agency, likeness)
    factories.offer(agency, likeness, uses=["train"])
    for _each in range(consents):
        factories.consent(agency, likeness, uses=["train"], attributes=["face", "voice"])
    Asset.objects.filter(pk=voice.pk).update(kind="audio")
    return [factories.grant(agency, lab, [voice]) for lab in labs]


def test_a_withdrawn_consent_is_told_to_all_who_hold_what_rested_on_it(lab: Actor) -> None:
    agency, other = factories.talent(), factories.lab()
    grants = granted_voice(agency, lab, other, consents=2)
    consent, second = Consent.objects.order_by("pk")
    # Given later: nobody was granted anything on it.
    factories.consent(agency, consent.likeness, uses=["train"], attributes=["face", "voice"])
    foreign = factories.grant(studio := factories.studio(), lab, [factories.offered_words(studio)])
    withdraw_consent(actor=agency, code=consent.code)
    assert notify_pending() == 0  # the files rest on the other consent
    withdraw_consent(actor=agency, code=second.code)
    assert notify_pending() == 2
    assert notify_pending() == 0
    told = Duty.objects.filter(kind="stop", ground="consent", imposed_by=None)
    assert {(each.grant, each.consent) for each in told} == {(each, second) for each in grants}
    assert not foreign.duties.exists()
    event = Event.objects.filter(kind="duty.imposed").latest("pk")
    assert event.facts().actor == "system:worker"
    assert "consent" in refs(event)
    with refused(NotFound):
        acknowledge_duty(actor=other, code=grants[0].duties.first().code)  # type: ignore[union-attr]
    demand_more(
        actor=agency,
        code=grants[0].code,
        reason="My voice.",
        ground="consent",
        demands=[Demand("destroy", 30)],
    )
    assert grants[0].duties.get(kind="destroy").files == grants[0].duties.all()[0].files
    assert not honest()


def test_a_deal_agreed_on_conditions_owes_them(studio: Actor, lab: Actor) -> None:
    with american_law():
        film = factories.title(studio)
        files = [factories.words(studio, film, text) for text in ("Hello", "Bye")]
        shared_by(studio, film, "Heir")
        factories.offer(studio, film)
        deal = factories.deal(lab, files)
        approve_deal(actor=studio, code=deal.code, conditions_met=True)
    duty = Duty.objects.get()
    deal.refresh_from_db()
    assert (duty.kind, duty.ower, duty.ground) == ("account", studio.organisation, "condition")
    assert duty.files == sorted(file.code for file in files)
    # The deal lasts from 2026 to 2036; the share is paid with the first statement of it.
    assert deal.pay_by is not None
    assert duty.due_at == deal.pay_by + timedelta(days=92)
    assert (duty.detail_for(studio.organisation) != "", duty.detail_for(lab.organisation)) == (
        True,
        "",
    )  # type: ignore[arg-type]
    with refused(NotFound):
        attest(lab, duty)
    with refused(Invalid, "by"):
        waive_duty(actor=studio, code=duty.code, reason="Settled.")
    waive_duty(actor=studio, code=duty.code, reason="Settled.", by="Heir")
    assert facts(last("duty.waived"))["waiver"] == {"by": "Heir", "reason": "Settled."}
    assert not honest()


def test_a_file_waits_while_what_was_to_be_done_before_delivery_is_overdue(
    studio: Actor, lab: Actor
) -> None:
    film = factories.title(studio)
    file = factories.words(studio, film)
    factories.ownership(studio, film)
    factories.fact(studio, film, "guild", guild="SAG-AFTRA", agreement="TV/Theatrical 2026")
    factories.offer(studio, film)
    deal = factories.deal(lab, [file])
    approve_deal(actor=studio, code=deal.code, conditions_met=True)
    duty = Duty.objects.get()
    assert (duty.kind, duty.due_at) == ("notice", Deal.objects.get(pk=deal.pk).pay_by)
    grant = factories.paid(studio, deal)
    assert paused_files(grant) == set()
    with time_machine.travel(duty.due_at, tick=False):
        assert paused_files(grant) == {file.code}
        assert remind_pending() == 1
        to = {address for letter in mail.outbox for address in letter.to}
        assert to == {each.user.email for each in (studio, lab) if each.user}
        attest(studio, duty)
        assert paused_files(grant) == set()


def test_a_duty_that_a_lab_did_not_meet_in_time_is_a_ground_to_revoke(
    lab: Actor,
) -> None:
    agency = factories.talent()
    [grant] = granted_voice(agency, lab)
    withdraw_consent(actor=agency, code=Consent.objects.get().code)
    notify_pending()
    duty, told = Duty.objects.get(kind="stop"), timezone.now()
    for days, is_breach in ((8, False), (13, False), (15, True)):
        with time_machine.travel(told + timedelta(days=days), tick=False):
            assert Duty.objects.get(kind="stop").is_breach is is_breach
            page = words(signed_in(agency).get(f"/duties/{duty.code}/"))
            assert ("Revoke the grant for this" in page) is is_breach
            form = text(signed_in(agency).get(f"/grants/{grant.code}/?because={duty.code}"))
            assert ("was not done" in form) is is_breach
            assert "Revoke the grant for" not in words(signed_in(lab).get(f"/duties/{duty.code}/"))


def test_conditions_confirmed_later_are_owed_and_a_dead_deal_owes_nothing(
    studio: Actor, lab: Actor
) -> None:
    with american_law():
        deal = held_for_a_condition(studio, lab, files=2)
        named = [each.clearance.code for each in hindrances_on_record(deal)]
        for code in named:
            confirm_conditions(actor=studio, code=deal.code, clearances=[code])
        issue_pending()
    owed = list(Duty.objects.owed())  # each of the file for which it was confirmed
    assert sorted(code for each in owed for code in each.files) == sorted(
        deal.items.values_list("asset__code", flat=True)
    )
    assert Deal.objects.get(pk=deal.pk).state == "granted"
    Deal.objects.filter(pk=deal.pk).update(state="cancelled")
    assert not Duty.objects.owed()
    with refused(Conflict):
        attest(studio, owed[0])
    assert not honest()


def test_who_owes_is_written_to_when_it_is_demanded_near_and_late(licensed: Licensed) -> None:
    studio, lab, grant = licensed
    begun = timezone.now()
    revoke_grant(
        actor=studio, code=grant.code, reason="x", ground="misuse", demands=[Demand("stop", 20)]
    )
    assert (remind_pending(), remind_pending()) == (1, 0)
    [letter] = mail.outbox
    duty = Duty.objects.get()
    assert f"/duties/{duty.code}/" in letter.body
    assert "stays licensed" in letter.body
    with time_machine.travel(begun + timedelta(days=14)):
        assert (remind_pending(), remind_pending()) == (1, 0)
    with time_machine.travel(begun + timedelta(days=21)):
        assert (remind_pending(), remind_pending()) == (1, 0)
        attest(lab, duty)
    with time_machine.travel(begun + timedelta(days=40)):
        assert remind_pending() == 0
    assert len(mail.outbox) == 4  # the last, that it is late, to both


def test_a_consent_that_names_another_lab_keeps_nobody_waiting(lab: Actor) -> None:
    agency, other = factories.talent(), factories.lab()
    grants = granted_voice(agency, other, lab)
    likeness = grants[0].granted_assets.get().asset.likeness
    assert likeness is not None
    [named] = likeness.consents.all()
    named.grantee = lab.organisation
    named.save()
    withdraw_consent(actor=agency, code=named.code)
    assert notify_pending(limit=1) == 1
    assert {each.grant for each in Duty.objects.all()} == {grants[1]}


def test_an_address_that_is_refused_keeps_no_letter_from_others_and_repeats_none(
    licensed: Licensed, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio, lab, grant = licensed
    factories.member(lab, Role.OWNER)
    revoke_grant(
        actor=studio, code=grant.code, reason="x", ground="misuse", demands=[Demand("stop", 20)]
    )
    tried: list[str] = []
    addresses = Membership.objects.filter(organisation=lab.organisation)
    wrong = min(addresses.values_list("user__email", flat=True))

    def send(_backend: object, messages: list[mail.EmailMessage]) -> int:
        tried.extend(messages[0].to)
        if messages[0].to == [wrong]:
            raise SMTPRecipientsRefused({wrong: (550, b"unknown")})
        return 1

    monkeypatch.setattr(locmem.EmailBackend, "send_messages", send)
    assert (remind_pending(), remind_pending()) == (1, 0)
    assert len(tried) == 2
    monkeypatch.setattr(locmem.EmailBackend, "send_messages", away)
    Duty.objects.update(reminded_at=None)
    with pytest.raises(ConnectionRefusedError):
        remind_pending()
    assert Duty.objects.get().reminded_at is None  # it is tried again


def away(_backend: object, _messages: object) -> int:
    raise ConnectionRefusedError


def test_a_condition_of_a_licence_at_the_end_of_the_calendar_is_due_within_it(
    studio: Actor, lab: Actor
) -> None:
    begins = datetime(9999, 12, 1, tzinfo=UTC)
    with american_law():
        film = factories.title(studio)
        file = factories.words(studio, film)
        shared_by(studio, film, "Heir")
        factories.offer(studio, film)
        request = factories.draft(lab, [file], starts_at=begins, ends_at=None)
        submit_request(actor=lab, code=request.code)
        deal = request.deals.get()
        approve_deal(actor=studio, code=deal.code, conditions_met=True)
    assert Duty.objects.get().due_at == begins
