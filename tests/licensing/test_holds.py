"""A paid deal without a grant: confirmed and granted, or cancelled by both and refunded."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
import time_machine

from accounts.access import Actor, Permission
from accounts.errors import Conflict, Invalid, NotAllowed, NotFound
from accounts.models import Role
from catalog.models import Asset
from edgecode.audit.rules import Replay
from ledger.models import Event
from licensing.deals.conditions import hindrances_on_record
from licensing.deals.holds import (
    agree_to_cancellation,
    cancel_unanswered,
    confirm_conditions,
    propose_cancellation,
    retry_held_deal,
)
from licensing.deals.transitions import approve_deal
from licensing.grants.issuing import issue_pending
from licensing.models import Cancellation, Clearance, Deal, Grant
from licensing.payments.settlements import record_bank_transfer
from tests import factories
from tests.accounts.witness import at_once, facts, last, only_with, refs, refused
from tests.licensing.law import american_law, an_heir_appears, held_for_a_condition, paid
from tests.worlds import kept

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


class Held(NamedTuple):
    studio: Actor
    lab: Actor
    deal: Deal


@kept
def held() -> Held:
    """A deal held for a condition that came up after it was paid."""
    studio, lab = factories.studio(), factories.lab()
    with american_law():
        return Held(studio, lab, held_for_a_condition(studio, lab))


@pytest.fixture
def studio(held: Held) -> Actor:
    return held.studio


@pytest.fixture
def lab(held: Held) -> Actor:
    return held.lab


@pytest.fixture
def deal(held: Held) -> Iterator[Deal]:
    with american_law():
        yield held.deal


def named(deal: Deal) -> list[str]:
    return [each.clearance.code for each in hindrances_on_record(deal)]


def state(deal: Deal) -> str:
    return Deal.objects.get(pk=deal.pk).state


def test_the_licensor_confirms_the_new_condition_and_the_grant_follows(
    studio: Actor, deal: Deal
) -> None:
    file = deal.items.get().asset
    assert f"Clear on conditions that nobody has confirmed: {file.code}." in deal.problem
    retry_held_deal(actor=studio, code=deal.code)
    issue_pending()
    assert state(deal) == "held"  # trying again confirms nothing
    [verdict] = hindrances_on_record(deal)
    confirm_conditions(actor=studio, code=deal.code, clearances=[verdict.clearance.code])
    confirmed = Event.objects.get(kind="deal.conditions_confirmed")
    assert last("deal.resumed").stream_id == deal.stream
    assert confirmed.facts().actor == studio.name
    [said] = facts(confirmed)["conditions"]
    assert (said["asset"], said["clearance"]) == (file.code, verdict.clearance.code)
    assert [each["code"] for each in said["conditions"]] == ["account"]
    issue_pending()
    assert state(deal) == "granted"
    assert Grant.objects.get().granted_assets.get().clearance.verdict == "CONDITIONAL"


def test_a_condition_newer_than_the_word_holds_again(studio: Actor, deal: Deal) -> None:
    confirm_conditions(actor=studio, code=deal.code, clearances=named(deal))
    an_heir_appears(studio, deal.items.get().asset, "Heir", heir="Aunt")
    issue_pending()
    assert state(deal) == "held"
    confirm_conditions(actor=studio, code=deal.code, clearances=named(deal))
    issue_pending()
    assert state(deal) == "granted"


def test_every_file_needs_its_word() -> None:
    studio, lab = factories.studio(), factories.lab()
    with american_law():
        deal = held_for_a_condition(studio, lab, files=2)
        first, second = named(deal)
        confirm_conditions(actor=studio, code=deal.code, clearances=[first])
        assert (state(deal), named(deal)) == ("held", [second])
        with refused(Invalid, "clearances"):
            confirm_conditions(actor=studio, code=deal.code, clearances=[first])
        confirm_conditions(actor=studio, code=deal.code, clearances=[second])
        assert state(deal) == "settled"


def test_what_lessens_the_material_needs_the_lab_too(studio: Actor, lab: Actor, deal: Deal) -> None:
    """As if music had to be cut out: the catalogue cannot record such elements yet."""
    verdict = Clearance.objects.latest("pk")
    cut = verdict.result["conditions"][0] | {"code": "excise", "detail": "10/20"}
    verdict.result["conditions"].append(cut)
    verdict.decision.save()
    confirm_conditions(actor=studio, code=deal.code, clearances=named(deal))
    [waits] = hindrances_on_record(deal)
    assert (state(deal), waits.conditions("licensor")) == ("held", [])
    assert [each["code"] for each in waits.conditions("licensee")] == ["excise"]
    confirm_conditions(actor=lab, code=deal.code, clearances=named(deal))
    assert state(deal) == "settled"
    assert last("deal.resumed").facts().actor == lab.name


def test_what_is_owed_for_one_file_is_owed_for_the_next_as_well(tmp_path: Path) -> None:
    studio, lab = factories.studio(), factories.lab()
    other = tmp_path / "other.mp4"
    other.write_bytes(factories.film_path().read_bytes() + b"\0\0\0\x08free")
    first, second = factories.offered_film(studio), factories.offered_film(studio, other)
    music = {"element": "music", "ai": "not_granted", "stem": "ME-3", "modality": ["audio"]}
    factories.fact(studio, first.title, "element", **music)
    deal = factories.deal(lab, [first, second])
    approved = approve_deal(actor=studio, code=deal.code, conditions_met=True)
    [strip] = deal.duties.filter(kind="strip")
    assert strip.files == [first.code]
    record_bank_transfer(
        actor=studio, deal_code=deal.code, amount_minor=approved.amount_minor,
        currency="USD", reference="Wire 1", settled_at=datetime.now(UTC),
    )  # fmt: skip
    factories.fact(studio, second.title, "element", **music)
    issue_pending()
    deal.refresh_from_db()
    assert deal.state == "held"
    for side, actor in (("licensor", studio), ("licensee", lab)):
        waits = [each for each in hindrances_on_record(deal) if each.conditions(side)]
        codes = [each.clearance.code for each in waits]
        confirm_conditions(actor=actor, code=deal.code, clearances=codes)
    issue_pending()
    assert state(deal) == "granted"
    owed = deal.duties.filter(kind="strip").order_by("imposed_at")
    assert [each.files for each in owed] == [[first.code], [second.code]]


def test_nobody_confirms_what_is_not_asked_of_them(studio: Actor, lab: Actor, deal: Deal) -> None:
    for codes in ([], ["NONE"], [*named(deal), "NONE"]):
        with refused(Invalid, "clearances"):
            confirm_conditions(actor=studio, code=deal.code, clearances=codes)
    with refused(Invalid, "clearances"):  # a co-owner's share is the licensor's to pay
        confirm_conditions(actor=lab, code=deal.code, clearances=named(deal))
    stranger = factories.studio()
    with refused(NotFound):
        confirm_conditions(actor=stranger, code=deal.code, clearances=named(deal))
    only_with(
        Permission.DECIDE_DEALS,
        studio,
        lambda who: confirm_conditions(actor=who, code=deal.code, clearances=named(deal)),
    )


def test_a_blocked_file_cannot_be_confirmed_away() -> None:
    studio, lab = factories.studio(), factories.lab()
    file = factories.offered_words(studio)
    deal = paid(studio, factories.deal(lab, [file]))
    assert file.title is not None
    factories.fact(studio, file.title, "restriction", uses=["train"])
    issue_pending()
    with refused(Invalid, "clearances"):
        confirm_conditions(actor=studio, code=deal.code, clearances=named(deal))
    assert state(deal) == "held"


@pytest.mark.parametrize("first", ["studio", "lab"])
def test_either_side_proposes_and_the_other_agrees_to_cancel(
    studio: Actor, lab: Actor, deal: Deal, first: str
) -> None:
    one, other = (studio, lab) if first == "studio" else (lab, studio)
    with refused(Conflict):
        agree_to_cancellation(actor=other, code=deal.code)
    with refused(Invalid, "reason"):
        propose_cancellation(actor=one, code=deal.code, reason=" ")
    propose_cancellation(actor=one, code=deal.code, reason="The heir refuses.")
    assert facts(last("deal.cancellation_proposed")) == {"reason": "The heir refuses."}
    assert state(deal) == "held"
    with refused(Conflict):  # nobody agrees with itself
        agree_to_cancellation(actor=one, code=deal.code)
    with refused(Conflict):
        propose_cancellation(actor=other, code=deal.code, reason="I say so too.")
    agree_to_cancellation(actor=other, code=deal.code)
    cancelled = last("deal.cancelled")
    assert refs(cancelled) == {"settlement": deal.settlement.stream}
    assert (state(deal), cancelled.facts().actor) == ("refunding", other.name)
    issue_pending()
    assert not Grant.objects.exists()


def test_only_who_binds_a_side_cancels(studio: Actor, lab: Actor, deal: Deal) -> None:
    def both(who: Actor) -> None:
        propose_cancellation(actor=who, code=deal.code, reason="No.")

    only_with(Permission.DECIDE_DEALS, studio, both)
    for role in (Role.VIEWER, Role.EDITOR, Role.FINANCE):
        member = factories.member(lab, role)
        with refused(NotAllowed):
            both(member)
    stranger = factories.lab()
    with refused(NotFound):
        both(stranger)


def test_only_the_grant_ends_the_talk_of_cancelling(studio: Actor, lab: Actor, deal: Deal) -> None:
    propose_cancellation(actor=lab, code=deal.code, reason="Too late for us.")
    retry_held_deal(actor=studio, code=deal.code)
    issue_pending()
    assert state(deal) == "held"
    assert Cancellation.objects.get().reason == "Too late for us."
    confirm_conditions(actor=studio, code=deal.code, clearances=named(deal))
    with refused(Conflict):
        agree_to_cancellation(actor=studio, code=deal.code)
    issue_pending()
    assert state(deal) == "granted"
    assert not Cancellation.objects.exists()


@pytest.mark.parametrize("first", ["studio", "lab"])
def test_a_proposal_without_an_answer_is_carried_out_alone(
    studio: Actor, lab: Actor, deal: Deal, first: str
) -> None:
    one, other = (studio, lab) if first == "studio" else (lab, studio)
    with time_machine.travel("2027-01-01T09:30:00.7Z", tick=False) as clock:
        with refused(Conflict):
            cancel_unanswered(actor=one, code=deal.code)
        proposal = propose_cancellation(actor=one, code=deal.code, reason="It never clears.")
        assert proposal.alone_from == datetime(2027, 1, 15, 9, 30, tzinfo=UTC)
        assert proposal.proposed_at == last("deal.cancellation_proposed").recorded_at
        clock.move_to("2027-01-10T00:00:00Z")
        retry_held_deal(actor=studio, code=deal.code)  # gains the licensor no time
        issue_pending()
        clock.move_to("2027-01-15T09:29:59.999999Z")
        with refused(Conflict):
            cancel_unanswered(actor=one, code=deal.code)
        clock.move_to("2027-01-15T09:30:00Z")
        with refused(Conflict):  # it is not the other's proposal
            cancel_unanswered(actor=other, code=deal.code)
        cancel_unanswered(actor=one, code=deal.code)
        proposal.refresh_from_db()
        cancelled = last("deal.cancelled")
        assert (state(deal), cancelled.facts().actor) == ("refunding", one.name)
        assert refs(cancelled) == {"settlement": deal.settlement.stream}
        assert (proposal.agreed_at, proposal.carried_out_at) == (None, proposal.alone_from)
        assert replayed() == []
        with refused(Conflict):
            agree_to_cancellation(actor=other, code=deal.code)


def replayed() -> list[str]:
    """Return what the public audit finds wrong with all that happened here."""
    rules = Replay()
    leaves = [event.facts() for event in Event.objects.order_by("pk")]
    found = [each for at, leaf in enumerate(leaves) for each in rules.entry(at, leaf)]
    return [str(each) for each in found + rules.end()]


def test_an_answer_after_the_fourteen_days_still_counts(
    studio: Actor, lab: Actor, deal: Deal
) -> None:
    proposal = propose_cancellation(actor=lab, code=deal.code, reason="It never clears.")
    with time_machine.travel(proposal.alone_from + timedelta(days=1)):
        agree_to_cancellation(actor=studio, code=deal.code)
    assert state(deal) == "refunding"


def test_only_who_binds_a_side_cancels_alone(lab: Actor, deal: Deal) -> None:
    proposal = propose_cancellation(actor=lab, code=deal.code, reason="It never clears.")
    with time_machine.travel(proposal.alone_from):
        for role in (Role.VIEWER, Role.EDITOR, Role.FINANCE):
            member = factories.member(lab, role)
            with refused(NotAllowed):
                cancel_unanswered(actor=member, code=deal.code)
        stranger = factories.lab()
        with refused(NotFound):
            cancel_unanswered(actor=stranger, code=deal.code)


@pytest.mark.django_db(transaction=True)
def test_retrying_and_cancelling_at_once_leave_one_truth() -> None:
    studio, lab = factories.studio(), factories.lab()
    file: Asset = factories.offered_words(studio)
    deal = paid(studio, factories.deal(lab, [file]))
    assert file.title is not None
    factories.fact(studio, file.title, "restriction", uses=["train"])
    issue_pending()
    propose_cancellation(actor=lab, code=deal.code, reason="Too late for us.")
    raised = at_once(
        lambda: agree_to_cancellation(actor=studio, code=deal.code),
        lambda: retry_held_deal(actor=studio, code=deal.code),
    )
    assert sorted(type(error).__name__ for error in raised) == ["Conflict", "NoneType"]
    kinds = {"refunding": "deal.cancelled", "settled": "deal.resumed"}
    assert last(kinds[state(deal)]).stream_id == deal.stream
