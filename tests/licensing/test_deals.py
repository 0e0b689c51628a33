"""One licensor's side: approving with an agreement, declining, and the ways that are closed."""

import hashlib
from collections.abc import Iterator

import pytest
from django.utils import timezone

from accounts.access import Actor, Permission
from accounts.errors import Conflict, Invalid, NotFound
from catalog.models import Asset
from catalog.objects import object_store
from catalog.rights import supersede
from ledger.models import Event
from licensing.deals import transitions as deals
from licensing.deals.agreements import draw_up
from licensing.deals.counter_offers import accept_terms, refuse_terms, take_terms_back
from licensing.deals.holds import (
    agree_to_cancellation,
    confirm_conditions,
    propose_cancellation,
    retry_held_deal,
)
from licensing.deals.requests import withdraw_request
from licensing.deals.transitions import TRANSITIONS, approve_deal, decline_deal, move, withdraw_deal
from licensing.grants.issuing import issue_pending
from licensing.models import (
    Agreement,
    Clearance,
    Deal,
    DealState,
    Grant,
    Refund,
    Request,
    Settlement,
)
from licensing.payments.refunds import record_bank_refund
from licensing.payments.settlements import record_bank_transfer
from tests import factories
from tests.accounts.witness import at_once, facts, only_with, refs, refused
from tests.licensing.law import american_law, shared_by

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def lab() -> Actor:
    return factories.lab()


@pytest.fixture
def file(studio: Actor) -> Asset:
    return factories.offered_words(studio)


@pytest.fixture
def deal(lab: Actor, file: Asset) -> Deal:
    return factories.deal(lab, [file])


def pay(studio: Actor, deal: Deal) -> Settlement:
    return record_bank_transfer(
        actor=studio,
        deal_code=deal.code,
        amount_minor=deal.amount_minor,
        currency=deal.currency,
        reference="Wire",
        settled_at=timezone.now(),
    )


def refund(studio: Actor, deal: Deal) -> Refund:
    return record_bank_refund(
        actor=studio,
        deal_code=deal.code,
        amount_minor=deal.amount_minor,
        currency=deal.currency,
        reference="Back",
        refunded_at=timezone.now(),
    )


def test_approval_makes_an_agreement_whose_hashes_are_committed(
    studio: Actor, lab: Actor, deal: Deal, file: Asset
) -> None:
    approved = approve_deal(actor=studio, code=deal.code)
    assert (approved.state, approved.amount_minor) == ("approved", 100_000)
    assert approved.decided_by == studio.user
    made = Agreement.objects.get()
    for key, sha256 in ((made.pdf_key, made.pdf_sha256), (made.odrl_key, made.odrl_sha256)):
        with object_store().open(key) as stored:
            assert hashlib.sha256(stored.read()).hexdigest() == sha256
    agreed, recorded = Event.objects.order_by("-pk")[:2][::-1]
    assert (agreed.kind, recorded.kind) == ("deal.approved", "agreement.made")
    assert refs(agreed) == {"request": deal.request.stream}
    assert facts(agreed)["approval"] == {
        "amount_minor": 100_000,
        "currency": "USD",
        "assets": [file.code],
        "ranges": {},
        "conditions_met": False,
    }
    assert facts(recorded)["documents"]["pdf_sha256"] == made.pdf_sha256
    assert made.pdf_sha256.encode() not in bytes(recorded.leaf)
    again = draw_up(approved, list(approved.items.all()), agreed_at=made.created_at, declared={})
    assert (again.pdf_sha256, again.odrl_sha256) == (made.pdf_sha256, made.odrl_sha256)


def test_what_is_blocked_is_left_out_and_not_paid_for(studio: Actor, lab: Actor) -> None:
    free, banned = factories.offered_words(studio), factories.offered_words(studio)
    assert banned.title is not None
    opened = factories.deal(lab, [free, banned])
    factories.fact(studio, banned.title, "restriction", uses=["train"])
    approved = approve_deal(actor=studio, code=opened.code)
    assert approved.amount_minor == 100_000
    # Cleared once when asked for and again when agreed: the newest verdict counts.
    verdicts = {each.item.asset: each.verdict for each in Clearance.objects.order_by("pk")}
    assert verdicts == {free: "CLEAR", banned: "BLOCKED"}
    assert [item.asset for item in approved.items.filter(agreed=True)] == [free]
    pay(studio, approved)
    issue_pending()
    assert [each.asset for each in Grant.objects.get().granted_assets.all()] == [free]


def test_where_nothing_is_clear_nothing_is_approved(studio: Actor, deal: Deal, file: Asset) -> None:
    assert file.title is not None
    factories.fact(studio, file.title, "restriction", uses=["train"], territory=["DE"])
    with refused(Conflict):
        approve_deal(actor=studio, code=deal.code)
    assert not Agreement.objects.exists()
    assert list(object_store().keys("agreements/")) == []


@pytest.fixture(name="american_law")
def under_american_law() -> Iterator[None]:
    with american_law():
        yield


@pytest.mark.usefixtures("american_law")
def test_a_condition_is_confirmed_or_the_deal_waits(studio: Actor, lab: Actor) -> None:
    title = factories.title(studio)
    file = factories.words(studio, title)
    shared_by(studio, title, "Other")
    factories.offer(studio, title)
    opened = factories.deal(lab, [file])
    with refused(Invalid, "conditions_met"):
        approve_deal(actor=studio, code=opened.code)
    approve_deal(actor=studio, code=opened.code, conditions_met=True)
    pay(studio, opened)
    issue_pending()
    granted = Grant.objects.get().granted_assets.get()
    assert granted.clearance.verdict == "CONDITIONAL"


@pytest.mark.usefixtures("american_law")
@pytest.mark.parametrize("before", [(), ("Other",)])
def test_a_condition_that_nobody_confirmed_holds_the_grant(
    studio: Actor, lab: Actor, before: tuple[str, ...]
) -> None:
    title = factories.title(studio)
    file = factories.words(studio, title)
    shared_by(studio, title, *before)
    factories.offer(studio, title)
    opened = factories.deal(lab, [file])
    approve_deal(actor=studio, code=opened.code, conditions_met=bool(before))
    pay(studio, opened)
    for holding in title.facts.holdings():
        supersede(actor=studio, code=holding.code, reason="A heir came forward.")
    shared_by(studio, title, *before, "Heir")
    issue_pending()
    opened.refresh_from_db()
    assert (opened.state, Grant.objects.count()) == ("held", 0)


def test_rights_that_move_while_the_agreement_is_set_are_noticed(
    studio: Actor, deal: Deal, file: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = deals.draw_up

    def slow(*given: object, **named: object) -> object:
        assert file.title is not None
        factories.fact(studio, file.title, "restriction", uses=["train"])
        return real(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(deals, "draw_up", slow)
    with pytest.raises(Conflict):
        approve_deal(actor=studio, code=deal.code)
    deal.refresh_from_db()
    assert deal.state == "open"
    assert not Event.objects.filter(kind="deal.approved").exists()


def test_declining_tells_the_lab_and_commits_the_reason(studio: Actor, deal: Deal) -> None:
    with refused(Invalid, "reason"):
        decline_deal(actor=studio, code=deal.code, reason=" ")
    deal.refresh_from_db()
    assert deal.state == "open"
    declined = decline_deal(actor=studio, code=deal.code, reason="Not this film.")
    event = Event.objects.latest("pk")
    assert (event.kind, facts(event)) == ("deal.declined", {"reason": "Not this film."})
    assert (declined.state, declined.decline_reason) == ("declined", "Not this film.")


def test_only_the_licensors_approvers_decide(studio: Actor, lab: Actor, deal: Deal) -> None:
    rival = factories.studio()
    for call in (
        lambda who: approve_deal(actor=who, code=deal.code),
        lambda who: decline_deal(actor=who, code=deal.code, reason="No."),
        lambda who: retry_held_deal(actor=who, code=deal.code),
    ):
        only_with(Permission.DECIDE_DEALS, studio, call)
        with refused(NotFound):
            call(rival)
    both = Actor(organisation=lab.organisation, permissions=studio.permissions)
    with refused(NotFound):  # the other side sees the deal, and still does not decide it
        approve_deal(actor=both, code=deal.code)
    assert list(Deal.objects.visible_to(lab)) == list(Deal.objects.visible_to(studio)) == [deal]
    assert not Deal.objects.visible_to(rival).exists()


@pytest.mark.parametrize("state", DealState)
def test_a_deal_goes_only_where_the_table_says(state: DealState) -> None:
    for to in DealState:
        deal = Deal(state=state)
        if to in TRANSITIONS[state]:
            move(deal, to)
            assert deal.state == to
        else:
            with pytest.raises(Conflict):
                move(deal, to)
            assert deal.state == state


# Which verb may act in which state.
VERBS = {
    "approve": {DealState.OPEN},
    "decline": {DealState.OPEN, DealState.COUNTERED, DealState.APPROVED},
    "pay": {DealState.APPROVED},
    "retry": {DealState.HELD},
    "confirm": {DealState.HELD},
    "propose": {DealState.HELD},
    "agree": {DealState.HELD},
    "refund": {DealState.REFUNDING},
    "step back": {DealState.OPEN, DealState.COUNTERED, DealState.APPROVED},
    "propose terms": {DealState.OPEN, DealState.COUNTERED},
    "accept terms": {DealState.COUNTERED},
    "refuse terms": {DealState.COUNTERED},
    "take terms back": {DealState.COUNTERED},
    "withdraw": {
        DealState.OPEN,
        DealState.COUNTERED,
        DealState.APPROVED,
        DealState.DECLINED,
        DealState.LAPSED,
        DealState.CANCELLED,
    },
}


def test_every_other_verb_is_refused_in_every_state(studio: Actor, lab: Actor, deal: Deal) -> None:
    approve_deal(actor=studio, code=deal.code)
    pay(studio, deal)
    calls = {
        "approve": lambda: approve_deal(actor=studio, code=deal.code),
        "decline": lambda: decline_deal(actor=studio, code=deal.code, reason="No."),
        "pay": lambda: pay(studio, deal),
        "retry": lambda: retry_held_deal(actor=studio, code=deal.code),
        "confirm": lambda: confirm_conditions(
            actor=studio, code=deal.code, clearances=["7K3F2Q9D"]
        ),
        "propose": lambda: propose_cancellation(actor=lab, code=deal.code, reason="No."),
        "agree": lambda: agree_to_cancellation(actor=studio, code=deal.code),
        "refund": lambda: refund(studio, deal),
        "step back": lambda: withdraw_deal(actor=lab, code=deal.code),
        "propose terms": lambda: factories.counter_offer(studio, deal),
        "accept terms": lambda: accept_terms(actor=lab, code=deal.code, number=1),
        "refuse terms": lambda: refuse_terms(actor=lab, code=deal.code, number=1, reason="No."),
        "take terms back": lambda: take_terms_back(actor=studio, code=deal.code, number=1),
        "withdraw": lambda: withdraw_request(actor=lab, code=deal.request.code),
    }
    for state in DealState:
        Deal.objects.filter(pk=deal.pk).update(state=state)
        submitted = state != DealState.WITHDRAWN
        Request.objects.update(state="submitted" if submitted else "withdrawn")
        for verb, states in VERBS.items():
            if state not in states:
                with refused(Conflict):
                    calls[verb]()
                deal.refresh_from_db()
                assert deal.state == state
    assert (Agreement.objects.count(), Settlement.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_of_two_approvals_at_once_one_counts(studio: Actor, deal: Deal) -> None:
    raised = at_once(*[lambda: approve_deal(actor=studio, code=deal.code)] * 3)
    assert sorted(type(error).__name__ for error in raised) == ["Conflict"] * 2 + ["NoneType"]
    assert Agreement.objects.count() == 1
    assert Event.objects.filter(kind="deal.approved").count() == 1


@pytest.mark.django_db(transaction=True)
def test_approving_declining_and_withdrawing_at_once_leave_one_truth(
    studio: Actor, lab: Actor, deal: Deal
) -> None:
    raised = at_once(
        lambda: approve_deal(actor=studio, code=deal.code),
        lambda: decline_deal(actor=studio, code=deal.code, reason="No."),
        lambda: withdraw_request(actor=lab, code=deal.request.code),
    )
    assert all(error is None or isinstance(error, Conflict) for error in raised)
    deal.refresh_from_db()
    newest = Event.objects.filter(stream=deal.stream).latest("pk")
    assert newest.kind == f"deal.{deal.state}"
    assert Agreement.objects.exists() == Event.objects.filter(kind="deal.approved").exists()
