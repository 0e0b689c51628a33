"""Amending a granted licence: from either side, cleared anew, and what becomes of the old one."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.access import Actor, Permission
from accounts.errors import Conflict, Invalid, NotFound
from catalog.models import Asset
from edgecode.audit.rules import Replay
from edgecode.log.commitments import Opening
from ledger.models import Event
from licensing.deals.amendments import Amended, draft_amendment, propose_amendment
from licensing.deals.counter_offers import (
    accept_terms,
    lapse_terms_pending,
    propose_terms,
    refuse_terms,
    take_terms_back,
)
from licensing.deals.holds import agree_to_cancellation, propose_cancellation
from licensing.deals.requests import (
    add_assets,
    change_ranges,
    change_scope,
    remove_asset,
    submit_request,
)
from licensing.deals.scopes import terms_of
from licensing.deals.transitions import approve_deal, decline_deal, withdraw_deal
from licensing.grants.ending import end_pending
from licensing.grants.issuing import issue_pending, revoke_grant
from licensing.grants.returning import owe_return
from licensing.models import (
    Agreement,
    Clearance,
    Deal,
    Duty,
    Grant,
    GrantedAsset,
    Request,
    Settlement,
)
from licensing.payments.refunds import return_nothing_due_pending
from licensing.payments.settlements import record_bank_transfer, settle_nothing_due_pending
from licensing.verdicts.clearances import evaluate
from licensing.verdicts.gathering import written_grant
from tests import factories
from tests.accounts.witness import at_once, facts, only_with, refs, refused
from tests.web.reading import signed_in, text, words
from tests.worlds import kept

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]

BEGAN, ENDS = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
LATER = datetime(2030, 1, 1, tzinfo=UTC)


class Licensed(NamedTuple):
    studio: Actor
    lab: Actor
    files: list[Asset]
    grant: Grant


@kept
def licensed() -> Licensed:
    studio, lab = factories.studio(), factories.lab()
    files = [factories.offered_words(studio)]
    return Licensed(studio, lab, files, granted(studio, lab, files))


@kept
def licensed_both() -> Licensed:
    studio, lab = factories.studio(), factories.lab()
    files = [factories.offered_words(studio) for _ in range(2)]
    return Licensed(studio, lab, files, granted(studio, lab, files))


@pytest.fixture
def studio(licensed: Licensed) -> Actor:
    return licensed.studio


@pytest.fixture
def lab(licensed: Licensed) -> Actor:
    return licensed.lab


@pytest.fixture
def file(licensed: Licensed) -> Asset:
    return licensed.files[0]


@pytest.fixture
def grant(licensed: Licensed) -> Grant:
    return licensed.grant


def granted(studio: Actor, lab: Actor, files: list[Asset], **scope: Any) -> Grant:
    """Return a licence in force, of Korea alone if not said."""
    given = {"territory": ["KR"], "starts_at": BEGAN, "ends_at": ENDS}
    request = factories.draft(lab, files, **(given | scope))
    submit_request(actor=lab, code=request.code)
    return concluded(studio, request.deals.get())


def concluded(studio: Actor, deal: Deal) -> Grant:
    """Return the grant of an open deal, once it is approved and paid."""
    paid(studio, deal)
    issue_pending()
    return Grant.objects.get(deal=deal)


def paid(studio: Actor, deal: Deal) -> Settlement:
    approved = approve_deal(actor=studio, code=deal.code)
    return record_bank_transfer(
        actor=studio,
        deal_code=deal.code,
        amount_minor=approved.amount_minor,
        currency=approved.currency,
        reference="Wire",
        settled_at=timezone.now(),
    )


def amended(grant: Grant, **changes: Any) -> Amended:
    """Return the present terms of a grant but for these, for nothing more."""
    names = ("uses", "model_kinds", "territory", "ends_at", "exclusivity")
    present = {name: getattr(grant, name) for name in names}
    return Amended(**(present | {"price_minor": 0} | changes))


def asked(lab: Actor, grant: Grant, **changes: Any) -> Deal:
    """Return the open deal of an amendment that the lab has asked for: of the world, if nothing
    else is said, for 300.00 more per file."""
    if not changes:
        changes = {"territory": "WORLD", "price_minor": 30_000}
    drafted = draft_amendment(actor=lab, code=grant.code, amended=amended(grant, **changes))
    return submit_request(actor=lab, code=drafted.code).deals.get()


def state(grant: Grant) -> str:
    return Grant.objects.get(pk=grant.pk).state


def test_a_lab_widens_and_prolongs_its_licence_for_a_fee(
    studio: Actor, lab: Actor, grant: Grant, file: Asset
) -> None:
    deal = asked(lab, grant, territory="WORLD", ends_at=LATER, price_minor=30_000)
    assert (deal.state, deal.amount_minor, deal.amends) == ("open", 30_000, grant)
    proposed = Event.objects.filter(kind="amendment.proposed").get()
    assert refs(proposed) == {"organisation": deal.licensee.stream, "grant": grant.stream}
    assert facts(proposed)["scope"]["territory"] == "WORLD"
    assert state(grant) == "active"

    new = concluded(studio, deal)
    old = Grant.objects.get(pk=grant.pk)
    assert (old.state, old.superseded_by, old.superseded_at) == ("superseded", new, new.issued_at)
    assert (new.state, new.territory, new.ends_at) == ("active", "WORLD", LATER)
    assert [(row.asset, row.ranges) for row in new.granted_assets.all()] == [(file, [])]
    superseded = Event.objects.get(kind="grant.superseded")
    assert (superseded.stream.name, refs(superseded)) == (grant.stream, {"by": new.stream})
    assert Grant.objects.counts_by_state()["superseded"] == 1
    assert list(Grant.objects.in_state("superseded")) == [grant]


def test_a_licensor_narrows_for_nothing_and_the_lab_accepts(licensed_both: Licensed) -> None:
    studio, lab, [file, _dropped], grant = licensed_both
    deal = propose_amendment(
        actor=studio,
        code=grant.code,
        amended=amended(grant, ends_at=ENDS - timedelta(days=365), assets=[file.code]),
        days=14,
        message="The other is sold.",
    )
    assert (deal.state, deal.request.proposed_by) == ("countered", studio.organisation)
    for kind in ("amendment.proposed", "deal.terms_proposed"):
        assert Event.objects.get(kind=kind).facts().actor == studio.name
    # Nothing of it binds the lab before it has said so.
    with refused(Conflict):
        approve_deal(actor=studio, code=deal.code)
    accept_terms(actor=lab, code=deal.code, number=1)
    approved = approve_deal(actor=studio, code=deal.code)
    assert approved.amount_minor == 0
    assert settle_nothing_due_pending() == 1
    assert settle_nothing_due_pending() == 0
    assert Settlement.objects.get(deal=deal).method == "nothing_due"
    issue_pending()
    new = Grant.objects.get(deal=deal)
    assert [row.asset for row in new.granted_assets.all()] == [file]
    assert state(grant) == "superseded"


def test_refused_withdrawn_or_lapsed_leaves_the_licence_as_it_was(
    studio: Actor, lab: Actor, grant: Grant
) -> None:
    declined = asked(lab, grant)
    decline_deal(actor=studio, code=declined.code, reason="Not now.")
    withdrawn = asked(lab, grant)
    withdraw_deal(actor=lab, code=withdrawn.code)

    def proposal() -> Deal:
        terms = amended(grant, uses=["evaluate"])
        return propose_amendment(actor=studio, code=grant.code, amended=terms, days=1)

    told = proposal()
    refuse_terms(actor=lab, code=told.code, number=1, reason="We train.")
    # What the lab refused stands for nothing: there is nothing to approve.
    with refused(Conflict):
        approve_deal(actor=studio, code=told.code)
    decline_deal(actor=studio, code=told.code, reason="Then not.")
    silent = proposal()
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        lapse_terms_pending()
        with refused(Conflict):
            approve_deal(actor=studio, code=silent.code)
    taken = propose_terms(
        actor=studio, code=silent.code, answers=0, days=3, **terms_of(silent.request)
    )
    take_terms_back(actor=studio, code=silent.code, number=taken.number)
    withdraw_deal(actor=lab, code=silent.code)
    assert state(grant) == "active"
    assert Grant.objects.count() == 1
    assert not Event.objects.filter(kind="grant.superseded").exists()


def test_a_lab_may_counter_within_what_the_licensor_proposes(
    studio: Actor, lab: Actor, grant: Grant
) -> None:
    terms = amended(grant, ends_at=LATER, price_minor=50_000)
    deal = propose_amendment(actor=studio, code=grant.code, amended=terms, days=14)
    given = terms_of(deal.request) | {"answers": 1, "days": 7}
    with refused(Invalid, "territory"):
        propose_terms(actor=lab, code=deal.code, **(given | {"territory": "WORLD"}))
    with refused(Invalid, "starts_at"):
        start = deal.starts_at + timedelta(days=30)
        propose_terms(actor=lab, code=deal.code, **(given | {"starts_at": start}))
    propose_terms(actor=lab, code=deal.code, **(given | {"price_minor": 40_000}))
    accept_terms(actor=studio, code=deal.code, number=2)
    assert concluded(studio, deal).ends_at == LATER
    assert Settlement.objects.get(deal=deal).amount_minor == 40_000


def test_there_is_one_amendment_at_a_time(studio: Actor, lab: Actor, grant: Grant) -> None:
    drafts = [
        draft_amendment(actor=lab, code=grant.code, amended=amended(grant, territory="WORLD"))
        for _ in range(2)
    ]
    deal = submit_request(actor=lab, code=drafts[0].code).deals.get()
    with refused(Conflict):
        submit_request(actor=lab, code=drafts[1].code)
    with refused(Conflict):
        terms = amended(grant, uses=["evaluate"])
        propose_amendment(actor=studio, code=grant.code, amended=terms, days=14)
    row = Deal.objects.get(pk=deal.pk)
    again = Request.objects.get(pk=drafts[1].pk)
    row.pk, row.code, row.request = None, "00000000", again
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)
    new = concluded(studio, deal)
    with refused(Conflict):  # of what another took the place of
        submit_request(actor=lab, code=drafts[1].code)
    assert asked(lab, new, ends_at=LATER, price_minor=1).amends == new


@pytest.mark.django_db(transaction=True)
def test_of_two_sides_that_propose_at_once_one_is_first(
    studio: Actor, lab: Actor, grant: Grant
) -> None:
    drafted = draft_amendment(actor=lab, code=grant.code, amended=amended(grant, territory="WORLD"))
    terms = amended(grant, uses=["evaluate"])
    raised = at_once(
        lambda: submit_request(actor=lab, code=drafted.code),
        lambda: propose_amendment(actor=studio, code=grant.code, amended=terms, days=14),
    )
    assert sum(each is None for each in raised) == 1
    assert sum(isinstance(each, Conflict) for each in raised) == 1
    assert Deal.objects.filter(amends=grant).count() == 1


def test_what_can_be_amended_and_how(studio: Actor, lab: Actor, grant: Grant) -> None:
    stranger, competitor = factories.lab(), factories.studio()
    with refused(NotFound):
        draft_amendment(actor=stranger, code=grant.code, amended=amended(grant))
    with refused(NotFound):
        terms = amended(grant)
        propose_amendment(actor=competitor, code=grant.code, amended=terms, days=14)
    only_with(
        Permission.EDIT_REQUESTS,
        lab,
        lambda actor: draft_amendment(actor=actor, code=grant.code, amended=amended(grant)),
    )
    terms = amended(grant, uses=["evaluate"])
    only_with(
        Permission.DECIDE_DEALS,
        studio,
        lambda actor: propose_amendment(actor=actor, code=grant.code, amended=terms, days=14),
    )
    strange = factories.offered_words(studio)
    for field, changes in (
        ("assets", {"assets": [strange.code]}),
        ("starts_at", {"starts_at": BEGAN - timedelta(days=1)}),
        ("starts_at", {"starts_at": timezone.now() + timedelta(days=30)}),
        ("price_minor", {"price_minor": -1}),
        ("uses", {"uses": ["fly"]}),
    ):
        with refused(Invalid, field):
            draft_amendment(actor=lab, code=grant.code, amended=amended(grant, **changes))
    with refused(Conflict):  # nothing is changed
        asked(lab, grant, price_minor=5)
    Grant.objects.update(ends_at=timezone.now())
    with refused(Conflict):
        draft_amendment(actor=lab, code=grant.code, amended=amended(grant, ends_at=LATER))


def test_a_draft_holds_files_of_the_licence_alone(licensed_both: Licensed) -> None:
    studio, lab, [file, other], grant = licensed_both
    drafted = draft_amendment(actor=lab, code=grant.code, amended=amended(grant))
    remove_asset(actor=lab, code=drafted.code, asset=other.code)
    strange = factories.offered_words(studio)
    with refused(Invalid, "assets"):
        add_assets(actor=lab, code=drafted.code, assets=[strange.code])
    with refused(Conflict):
        change_ranges(actor=lab, code=drafted.code, asset=file.code, ranges=[])
    add_assets(actor=lab, code=drafted.code, assets=[other.code, file.code])
    assert drafted.items.count() == 2
    with refused(Invalid, "starts_at"):
        scope = {name: value for name, value in terms_of(drafted).items() if name != "price_minor"}
        change_scope(
            actor=lab, code=drafted.code, **(scope | {"starts_at": LATER, "ends_at": None})
        )


def test_the_licence_takes_nothing_from_its_own_amendment() -> None:
    studio, lab = factories.studio(), factories.lab()
    file = factories.offered_words(studio)
    assert file.title is not None
    factories.fact(studio, file.title, "cap", max_licensees=1)
    grant = granted(studio, lab, [file], exclusivity="exclusive")
    first = concluded(studio, asked(lab, grant, territory="WORLD", price_minor=30_000))
    second = concluded(studio, asked(lab, first, ends_at=LATER, price_minor=30_000))
    assert (state(grant), state(first), state(second)) == ("superseded", "superseded", "active")
    # What is superseded burdens others no more, what took its place does.
    ends = [fact for fact in written_grant(Grant.objects.get(pk=grant.pk)) if "target" in fact]
    assert [fact["target"] for fact in ends] == [grant.code]


def test_exclusivity_by_amendment_loses_against_what_another_lab_reserved(
    studio: Actor, lab: Actor, grant: Grant, file: Asset
) -> None:
    rival = factories.lab()
    taken = factories.draft(rival, [file], territory=["KR"], starts_at=BEGAN, ends_at=ENDS)
    submit_request(actor=rival, code=taken.code)
    approve_deal(actor=studio, code=taken.deals.get().code)
    deal = asked(lab, grant, exclusivity="exclusive", price_minor=90_000)
    assert Clearance.objects.latest("pk").verdict == "BLOCKED"
    with refused(Conflict):
        approve_deal(actor=studio, code=deal.code)
    assert state(grant) == "active"


def test_exclusivity_by_amendment_is_reserved_against_others(
    studio: Actor, lab: Actor, grant: Grant, file: Asset
) -> None:
    rival = factories.lab()
    wanted = factories.draft(rival, [file], territory=["KR"], starts_at=BEGAN, ends_at=ENDS)
    submit_request(actor=rival, code=wanted.code)
    paid(studio, asked(lab, grant, exclusivity="exclusive", price_minor=90_000))
    with refused(Conflict):
        approve_deal(actor=studio, code=wanted.deals.get().code)
    issue_pending()
    assert Grant.objects.get(superseded_by=None).exclusivity == "exclusive"


def test_files_that_would_be_lost_stop_the_approval(licensed_both: Licensed) -> None:
    studio, lab, [_file, other], grant = licensed_both
    assert other.title is not None
    factories.fact(studio, other.title, "restriction", uses=["train"], territory=["DE"])
    deal = asked(lab, grant, territory=["DE", "KR"], price_minor=30_000)
    with refused(Conflict):
        approve_deal(actor=studio, code=deal.code)
    assert not Agreement.objects.filter(deal=deal).exists()


def test_a_revocation_ends_the_amendment_that_is_not_paid(
    studio: Actor, lab: Actor, grant: Grant
) -> None:
    deal = asked(lab, grant)
    approve_deal(actor=studio, code=deal.code)
    revoke_grant(actor=studio, code=grant.code, reason="Breach")
    deal.refresh_from_db()
    assert (deal.state, deal.decline_reason) == ("declined", "Breach")
    assert Event.objects.get(kind="deal.declined").facts().actor == studio.name
    with refused(Conflict):
        asked(lab, grant)


@pytest.mark.parametrize("ended", ["revoked", "expired"])
def test_nothing_takes_the_place_of_a_licence_that_ended_and_the_price_comes_back(
    studio: Actor, lab: Actor, grant: Grant, ended: str
) -> None:
    deal = asked(lab, grant, territory="WORLD", price_minor=0)
    approve_deal(actor=studio, code=deal.code)
    settle_nothing_due_pending()
    if ended == "revoked":
        revoke_grant(actor=studio, code=grant.code, reason="Breach")
    else:
        Grant.objects.filter(pk=grant.pk).update(ends_at=timezone.now())
    issue_pending()
    deal.refresh_from_db()
    assert deal.state == "held"
    assert "has ended" in deal.problem
    propose_cancellation(actor=studio, code=deal.code, reason="It is over.")
    agree_to_cancellation(actor=lab, code=deal.code)
    assert return_nothing_due_pending() == 1
    deal.refresh_from_db()
    assert (deal.state, deal.refund.method) == ("cancelled", "nothing_due")
    assert state(grant) == ended


def test_conditions_that_were_confirmed_need_no_second_word() -> None:
    studio, lab = factories.studio(), factories.lab()
    file = factories.offered_words(studio)
    assert file.title is not None
    union = {"guild": "SAG-AFTRA", "agreement": "TV/Theatrical 2026"}
    factories.fact(studio, file.title, "guild", **union)
    request = factories.draft(lab, [file], territory=["KR"], starts_at=BEGAN, ends_at=ENDS)
    deal = submit_request(actor=lab, code=request.code).deals.get()
    approve_deal(actor=studio, code=deal.code, conditions_met=True)
    record_bank_transfer(
        actor=studio,
        deal_code=deal.code,
        amount_minor=100_000,
        currency="USD",
        reference="Wire",
        settled_at=timezone.now(),
    )
    issue_pending()
    grant = Grant.objects.get()
    owed = Duty.objects.count()
    assert owed
    new = concluded(studio, asked(lab, grant, ends_at=LATER, price_minor=30_000))
    assert new.deal.conditions_met
    assert Duty.objects.count() == owed  # it is owed still, and once
    factories.fact(studio, file.title, "guild", guild="WGA", agreement="MBA 2026")
    more = asked(lab, new, ends_at=LATER + timedelta(days=365), price_minor=30_000)
    with refused(Invalid, "conditions_met"):
        approve_deal(actor=studio, code=more.code)
    approve_deal(actor=studio, code=more.code, conditions_met=True)
    assert Duty.objects.count() == owed + 1


def test_a_price_promise_is_compared_with_what_was_paid_in_all(
    studio: Actor, lab: Actor, grant: Grant, file: Asset
) -> None:
    assert file.title is not None
    factories.fact(
        studio, file.title, "grant_out", to="Vireo", uses=["train"], mfn="unit_price",
        price={"amount": "1200", "currency": "USD", "per": "asset"},
    )  # fmt: skip
    deal = asked(lab, grant, territory="WORLD", price_minor=20_000)
    item = deal.items.get()
    case, result = evaluate(item, as_of=timezone.now())
    assert case["request"]["price"] == {"amount": "1200.00", "currency": "USD", "per": "asset"}
    assert "MFN_TRIGGER" not in result["reasons"]
    low = propose_terms(
        actor=studio, code=deal.code, answers=0, days=3,
        **(terms_of(deal) | {"price_minor": 19_999}),
    )  # fmt: skip
    accept_terms(actor=lab, code=deal.code, number=low.number)
    assert "MFN_TRIGGER" in Clearance.objects.latest("pk").decision.reasons


def test_files_are_signed_anew_and_the_old_ones_no_longer_delivered(
    studio: Actor, lab: Actor, grant: Grant
) -> None:
    concluded(studio, asked(lab, grant))
    rows = GrantedAsset.objects.order_by("pk")
    assert [row.grant.state for row in rows] == ["superseded", "active"]
    with refused(Conflict):
        revoke_grant(actor=studio, code=grant.code, reason="Too late")


def conceded(studio: Actor, deal: Deal) -> Grant:
    """Return the grant of an open deal about nothing more to pay."""
    approve_deal(actor=studio, code=deal.code)
    settle_nothing_due_pending()
    issue_pending()
    return Grant.objects.get(deal=deal)


def day(year: int, month: int = 1, number: int = 1) -> datetime:
    return datetime(year, month, number, tzinfo=UTC)


# 1,000.00 for the 730 days of 2026 and 2027; on 2 December 2027 the last 30 begin.
LATE = day(2027, 12, 2)


class Dated:
    """A licence of some files from the first day of its term on, and what comes of it on others."""

    def __init__(self, files: int) -> None:
        with time_machine.travel(BEGAN, tick=False):
            self.studio, self.lab = factories.studio(), factories.lab()
            self.files = [factories.offered_words(self.studio) for _ in range(files)]
            self.grant = granted(self.studio, self.lab, self.files)

    def amend(self, at: datetime, **changes: Any) -> None:
        with time_machine.travel(at, tick=False):
            deal = asked(self.lab, self.grant, **changes)
            conclude = concluded if deal.amount_minor else conceded
            self.grant = conclude(self.studio, deal)

    def owed_back(self, at: datetime) -> str:
        """Return what goes back when it is revoked then without the lab's fault."""
        with time_machine.travel(at, tick=False):
            revoke_grant(actor=self.studio, code=self.grant.code, reason="Sold.", ground="right")
        return Duty.objects.get(kind="refund", grant=self.grant).detail


@kept
def dated() -> Dated:
    return Dated(files=1)


def audited(refund: str = "") -> list[str]:
    """Return what an auditor to whom all is shown finds wrong with what happened here; `refund` is
    another amount than went back."""
    leaves, openings = [], {}
    for at, event in enumerate(Event.objects.order_by("pk")):
        leaves.append(event.facts())
        shown = dict(facts(event))
        if refund and leaves[-1].data.get("duty") == "refund":
            shown["terms"] = shown["terms"] | {"detail": refund}
        openings[at] = {name: Opening(b"", value) for name, value in shown.items()}
    rules = Replay(openings)
    found = [each for at, leaf in enumerate(leaves) for each in rules.entry(at, leaf)]
    return [str(each) for each in found + rules.end()]


def test_a_free_amendment_brings_back_nothing_that_was_used_up(dated: Dated) -> None:
    dated.amend(LATE, territory=["JP", "KR"])
    assert dated.owed_back(LATE) == "41.09 USD"  # 30 of 730 days


def test_each_price_goes_back_by_the_term_that_it_was_paid_for(dated: Dated) -> None:
    # Its term is said to have begun with the licence; it is paid for from its grant on.
    dated.amend(LATE, starts_at=BEGAN, ends_at=day(2029, 12, 1), price_minor=73_000)
    # Of the first price 20 of 730 days, 27.39; of the second all but ten of 730 days.
    assert dated.owed_back(day(2027, 12, 12)) == "747.39 USD"
    assert audited() == []
    # As if all of it had been paid for the newest term.
    assert [each.partition(",")[0] for each in audited(refund="1706.09 USD")] == ["R85"]


def test_a_prolongation_for_a_cent_prolongs_no_price(dated: Dated) -> None:
    dated.amend(LATE, ends_at=None, price_minor=1)
    assert dated.owed_back(LATE) == "41.10 USD"


def test_time_that_was_given_up_is_not_paid_back(dated: Dated) -> None:
    dated.amend(day(2026, 7, 2), ends_at=day(2027))
    dated.amend(day(2026, 10, 20), ends_at=day(2028), price_minor=43_800)
    # 73 of 730 days were kept of the first price; the rest was paid for anew.
    assert dated.owed_back(day(2026, 10, 20)) == "538.00 USD"


def test_what_went_back_for_a_file_does_not_go_back_again() -> None:
    licence = Dated(files=2)
    with time_machine.travel(LATE, tick=False):
        codes = [licence.files[0].code]
        [first] = owe_return(licence.grant, codes, ground="consent", actor=None)
    assert first.detail == "41.09 USD"
    licence.amend(LATE, territory=["JP", "KR"], price_minor=3_000)
    # The other file's first price, and what both cost more.
    assert licence.owed_back(LATE) == "101.09 USD"


def owed(grant: Grant) -> list[tuple[str, str, set[str]]]:
    """Return what the lab owes of a licence: the kind, its particulars and the files."""
    found = grant.duties.filter(owed_by="licensee").order_by("pk")
    return [(each.kind, each.detail, set(each.files)) for each in found]


def test_a_file_that_an_amendment_drops_is_given_back() -> None:
    licence = Dated(files=3)
    kept, dropped, elsewhere = (file.code for file in licence.files)
    other = granted(licence.studio, licence.lab, licence.files[2:], uses=["evaluate"])
    before = licence.grant
    licence.amend(LATE, assets=[kept])
    assert owed(before) == [
        ("stop", "", {dropped, elsewhere}),
        ("destroy", "", {dropped}),  # the other one it holds under another licence in force
    ]
    stop, destroy = before.duties.order_by("pk")
    assert (stop.ground, stop.imposed_by, stop.ower) == (
        "amendment",
        None,
        licence.lab.organisation,
    )
    assert (stop.due_at, destroy.due_at) == (LATE + timedelta(7), LATE + timedelta(30))
    assert not licence.grant.duties.exists()
    assert audited() == []
    assert other.stands


def test_what_an_amendment_takes_from_the_terms_is_stopped() -> None:
    with time_machine.travel(BEGAN, tick=False):
        studio, lab = factories.studio(), factories.lab()
        file = factories.offered_words(studio)
        grant = granted(studio, lab, [file], uses=["train"], territory=["JP", "KR"])
        changes = {"uses": ["train.generative"], "territory": ["KR", "US"]}
        new = conceded(studio, asked(lab, grant, **changes))
        lost = "uses: evaluate, train.discriminative; territory: JP"
        assert owed(grant) == [("stop", lost, {file.code})]
        # The licence goes on, and so does what it still allows.
        duty = grant.duties.get()
        for side in (studio, lab):
            page = words(signed_in(side).get(f"/duties/{duty.code}/"))
            assert lost in page
            assert "Stop what is licensed no longer" in page
            assert "Only what the particulars name is licensed no longer" in page
        # It ends as any licence does, though this is still owed.
        revoke_grant(actor=studio, code=new.code, reason="Sold.", ground="misuse")
        assert owed(new) == [("stop", "", {file.code})]
        assert audited() == []


def test_what_an_amendment_adds_asks_for_nothing(studio: Actor, lab: Actor, grant: Grant) -> None:
    concluded(studio, asked(lab, grant, territory="WORLD", exclusivity="sole", price_minor=1))
    assert not Duty.objects.exists()


def test_a_shorter_term_ends_as_any_term_does(dated: Dated) -> None:
    before = dated.grant
    dated.amend(day(2026, 7, 2), ends_at=day(2027))
    assert owed(before) == []
    with time_machine.travel(day(2027), tick=False):
        end_pending()
    codes = {dated.files[0].code}
    assert owed(dated.grant) == [("stop", "", codes), ("destroy", "", codes)]


def test_who_does_not_stop_what_an_amendment_took_away_may_lose_the_licence() -> None:
    with time_machine.travel(BEGAN, tick=False):
        studio, lab = factories.studio(), factories.lab()
        grant = granted(studio, lab, [factories.offered_words(studio)], uses=["train"])
        new = conceded(studio, asked(lab, grant, uses=["evaluate"]))
    duty = grant.duties.get()
    with time_machine.travel(BEGAN + timedelta(15), tick=False):
        page = signed_in(studio).get(f"/duties/{duty.code}/")
        assert f"/grants/{new.code}/?because={duty.code}#revoke" in text(page)
        form = words(signed_in(studio).get(f"/grants/{new.code}/?because={duty.code}"))
        assert f"({duty.display_code}) was due before 2026-01-08 and was not done" in form
