"""Grants: issued once, never two where one is exclusive, ended by revocation."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from accounts.access import Actor, Permission
from accounts.errors import Conflict, Invalid, NotFound
from catalog.merging import merge_titles, split_title
from catalog.models import Asset
from catalog.rights import supersede
from catalog.withdrawing import withdraw_consent
from ledger.models import Event
from licensing.deals.holds import retry_held_deal
from licensing.deals.requests import submit_request
from licensing.deals.transitions import approve_deal
from licensing.grants import issuing as grants
from licensing.grants.issuing import issue_pending, revoke_grant
from licensing.models import GRANT_STATES, Deal, Grant, GrantedAsset
from licensing.payments.settlements import record_bank_transfer
from tests import factories
from tests.accounts.witness import at_once, facts, last, only_with, refs, refused

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


def paid(licensor: Actor, lab: Actor, file: Asset, **scope: Any) -> Deal:
    """Return a deal that waits for its grant only."""
    request = factories.draft(lab, [file], **scope)
    submit_request(actor=lab, code=request.code)
    deal = approve_deal(actor=licensor, code=request.deals.get().code)
    record_bank_transfer(
        actor=licensor,
        deal_code=deal.code,
        amount_minor=deal.amount_minor,
        currency=deal.currency,
        reference="Wire",
        settled_at=timezone.now(),
    )
    deal.refresh_from_db()
    return deal


def paid_unreserved(studio: Actor, lab: Actor, file: Asset, **scope: Any) -> Deal:
    """As deals were agreed before anything was kept back: who gets it is said by the grant."""
    deal = paid(studio, lab, file, **scope)
    Deal.objects.filter(pk=deal.pk).update(pay_by=None)
    return deal


def test_a_grant_rests_on_request_agreement_money_and_verdict(
    studio: Actor, lab: Actor, file: Asset
) -> None:
    deal = paid(studio, lab, file, territory=["KR"])
    assert (issue_pending(), issue_pending()) == (1, 0)
    grant = Grant.objects.get()
    assert (grant.licensor, grant.licensee) == (studio.organisation, lab.organisation)
    assert (grant.territory, grant.state) == (["KR"], "active")
    issued, covered = Event.objects.filter(stream=grant.stream).order_by("pk")
    assert (issued.kind, issued.facts().actor) == ("grant.issued.v2", "system:worker")
    assert refs(issued) == {
        "request": deal.request.stream,
        "agreement": deal.agreement.stream,
        "settlement": deal.settlement.stream,
    }
    assert facts(issued)["scope"] == {
        "uses": ["train.pretrain"],
        "model_kinds": ["foundation"],
        "territory": ["KR"],
        "exclusivity": "non_exclusive",
        "starts_at": "2026-01-01T00:00:00+00:00",
        "ends_at": "2036-01-01T00:00:00+00:00",
    }
    clearance = GrantedAsset.objects.get().clearance
    assert refs(covered) == {"asset": file.stream, "clearance": clearance.stream}
    assert clearance.evaluated_at > deal.settlement.recorded_at


def test_what_is_no_longer_clear_is_held_until_it_is(
    studio: Actor, lab: Actor, file: Asset
) -> None:
    deal = paid(studio, lab, file)
    assert file.title is not None
    ban = factories.fact(studio, file.title, "restriction", uses=["train"])
    assert issue_pending() == 1
    deal.refresh_from_db()
    event = last("deal.held")
    assert (deal.state, Grant.objects.count()) == ("held", 0)
    assert facts(event) == {"problem": deal.problem}
    assert file.code in deal.problem
    assert issue_pending() == 0
    retry_held_deal(actor=studio, code=deal.code)
    issue_pending()
    deal.refresh_from_db()
    assert deal.state == "held"
    supersede(actor=studio, code=ban.code, reason="Bought out.")
    retry_held_deal(actor=studio, code=deal.code)
    assert last("deal.resumed").stream_id == deal.stream
    issue_pending()
    deal.refresh_from_db()
    assert (deal.state, deal.problem) == ("granted", "")


def test_one_deal_that_cannot_be_issued_does_not_stop_the_others(
    studio: Actor, lab: Actor, file: Asset, caplog: pytest.LogCaptureFixture
) -> None:
    broken, sound = paid(studio, lab, factories.offered_words(studio)), paid(studio, lab, file)
    broken.items.all().update(agreed=True)
    broken.settlement.delete()
    count = Event.objects.count()
    assert issue_pending() == 1
    assert Grant.objects.get().deal == sound
    assert f"deal {broken.pk}: the grant was not issued" in caplog.text
    assert Event.objects.count() == count + 3  # the sound one's alone


def test_a_killed_worker_leaves_nothing_half_issued(
    studio: Actor, lab: Actor, file: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    deal = paid(studio, lab, file)
    count = Event.objects.count()

    def killed(*_given: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(grants, "append_many", killed)
        with pytest.raises(KeyboardInterrupt):
            issue_pending()
    deal.refresh_from_db()
    assert (deal.state, Grant.objects.count(), Event.objects.count()) == ("settled", 0, count)
    issue_pending()
    assert Grant.objects.count() == 1


def test_revoking_ends_a_grant_once(studio: Actor, lab: Actor, file: Asset) -> None:
    paid(studio, lab, file)
    issue_pending()
    grant = Grant.objects.get()
    with refused(Invalid, "reason"):
        revoke_grant(actor=studio, code=grant.code, reason="")
    rivals = factories.studio(), Actor(lab.organisation, permissions=studio.permissions)
    for rival in rivals:
        with refused(NotFound):
            revoke_grant(actor=rival, code=grant.code, reason="Mine now.")
    only_with(
        Permission.REVOKE_GRANTS,
        studio,
        lambda who: revoke_grant(actor=who, code=grant.code, reason="Mine now."),
    )
    grant.refresh_from_db()
    assert grant.state == "active"
    revoke_grant(actor=studio, code=grant.code, reason="Wrong cut.")
    event = Event.objects.get(kind="grant.revoked")
    assert (event.stream_id, facts(event)) == (grant.stream, {"reason": "Wrong cut."})
    with refused(Conflict):
        revoke_grant(actor=studio, code=grant.code, reason="Again.")
    grant.refresh_from_db()
    assert (grant.state, grant.revocation_reason) == ("revoked", "Wrong cut.")


def test_a_grant_is_seen_by_its_two_sides(studio: Actor, lab: Actor, file: Asset) -> None:
    paid(studio, lab, file)
    issue_pending()
    for side in (studio, lab):
        assert Grant.objects.visible_to(side).count() == 1
    for stranger in (factories.studio(), factories.lab(), Actor()):
        assert not Grant.objects.visible_to(stranger).exists()


def test_an_exclusive_grant_shuts_others_out_until_it_is_revoked(
    studio: Actor, lab: Actor, file: Asset
) -> None:
    first = paid_unreserved(studio, lab, file, exclusivity="exclusive", territory=["KR"])
    later = datetime(2030, 1, 1, tzinfo=UTC)  # the past of a revoked grant stays taken
    same = paid_unreserved(studio, factories.lab(), file, starts_at=later)
    elsewhere = paid(studio, factories.lab(), file, territory=["US"])
    issue_pending()
    states = [Deal.objects.get(pk=deal.pk).state for deal in (first, same, elsewhere)]
    assert states == ["granted", "held", "granted"]
    revoke_grant(actor=studio, code=first.grant.code, reason="Unpaid tax.")
    retry_held_deal(actor=studio, code=same.code)
    issue_pending()
    same.refresh_from_db()
    assert same.state == "granted"


@pytest.mark.django_db(transaction=True)
def test_of_many_exclusive_buyers_exactly_one_is_granted(studio: Actor, file: Asset) -> None:
    deals = [
        paid_unreserved(studio, factories.lab(), file, exclusivity="exclusive") for _ in range(6)
    ]
    assert at_once(*[issue_pending] * 5) == [None] * 5
    states = [Deal.objects.get(pk=deal.pk).state for deal in deals]
    assert (states.count("granted"), states.count("held")) == (1, 5)
    assert Grant.objects.count() == 1
    assert Event.objects.filter(kind="grant.issued.v2").count() == 1
    assert Event.objects.filter(kind="deal.held").count() == 5


@pytest.mark.django_db(transaction=True)
def test_many_workers_issue_one_grant_each_once(studio: Actor, lab: Actor, file: Asset) -> None:
    for _ in range(3):
        paid(studio, lab, file)
    assert at_once(*[issue_pending] * 4) == [None] * 4
    assert Grant.objects.count() == Event.objects.filter(kind="grant.issued.v2").count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_right_that_ends_while_grants_are_issued_is_before_or_after_each(lab: Actor) -> None:
    """Whatever the interleaving: no grant stands in the log after the consent it needs is gone."""
    agency = factories.talent()
    likeness = factories.likeness(agency)
    voice = factories.words(agency, likeness)
    factories.offer(agency, likeness, uses=["train"])
    consent = factories.consent(agency, likeness, uses=["train"], attributes=["face", "voice"])
    Asset.objects.filter(pk=voice.pk).update(kind="audio")
    for _ in range(3):
        paid(agency, lab, voice)
    raised = at_once(
        issue_pending, partial(withdraw_consent, actor=agency, code=consent.code), issue_pending
    )
    assert raised == [None] * 3
    withdrawn = Event.objects.get(kind="consent.withdrawn").pk
    issued = Event.objects.filter(kind="grant.issued.v2").values_list("pk", flat=True)
    assert all(pk < withdrawn for pk in issued)
    assert len(issued) + Event.objects.filter(kind="deal.held").count() == 3


def test_a_lab_never_holds_a_file_twice_where_one_licence_is_exclusive(
    studio: Actor, lab: Actor, file: Asset
) -> None:
    paid(studio, lab, file, exclusivity="exclusive", territory=["KR", "JP"])
    issue_pending()
    held = Grant.objects.get()
    for scope in ({"exclusivity": "exclusive", "territory": ["JP", "US"]}, {}):
        request = factories.draft(lab, [file], **scope)
        with refused(Conflict):
            submit_request(actor=lab, code=request.code)
    beside: list[dict[str, Any]] = [
        {"territory": ["US"]},
        {"model_kinds": ["evaluation_only"]},
        {"uses": ["evaluate"]},
        {"starts_at": factories.ENDS, "ends_at": None},
    ]
    for scope in beside:
        paid(studio, lab, file, exclusivity="exclusive", **scope)
    issue_pending()
    assert Grant.objects.count() == 1 + len(beside)
    revoke_grant(actor=studio, code=held.code, reason="Replaced by a wider one.")
    later = datetime(2030, 1, 1, tzinfo=UTC)
    paid(studio, lab, file, exclusivity="exclusive", territory=["JP", "KR"], starts_at=later)
    issue_pending()
    assert Grant.objects.count() == 2 + len(beside)


def test_other_files_of_the_title_and_plain_licences_may_stand_beside_it(
    studio: Actor, lab: Actor
) -> None:
    picture = factories.offered_words(studio)
    assert picture.title is not None
    sound = factories.words(studio, picture.title, "Goodbye")
    paid(studio, lab, picture, exclusivity="exclusive")
    paid(studio, lab, sound, exclusivity="exclusive")
    plain = factories.offered_words(studio)
    paid(studio, lab, plain)
    paid(studio, lab, plain)
    issue_pending()
    assert Grant.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_of_two_exclusive_deals_of_one_lab_one_is_granted(
    studio: Actor, lab: Actor, file: Asset
) -> None:
    deals = [paid(studio, lab, file, exclusivity="exclusive") for _ in range(2)]
    assert at_once(*[issue_pending] * 3) == [None] * 3
    states = sorted(Deal.objects.get(pk=deal.pk).state for deal in deals)
    assert states == ["granted", "held"]
    held = Deal.objects.get(state="held")
    assert f"The lab holds another licence that overlaps: {file.code}." in held.problem


def test_what_is_exclusive_is_not_sold_again_through_a_duplicate(studio: Actor, lab: Actor) -> None:
    file, twin = (factories.offered_words(studio, "The same") for _ in range(2))
    assert file.title is not None
    assert twin.title is not None
    assert twin.sha256 == file.sha256
    merge_titles(actor=studio, code=twin.title.code, into=file.title.code, reason="Same film.")
    paid(studio, lab, file, exclusivity="exclusive")
    issue_pending()
    for exclusivity in ("exclusive", "non_exclusive"):
        again = factories.draft(lab, [twin], exclusivity=exclusivity)
        with refused(Conflict):
            submit_request(actor=lab, code=again.code)
        rival = factories.lab()
        of_another = factories.draft(rival, [twin], exclusivity=exclusivity)
        submit_request(actor=rival, code=of_another.code)
        verdict = of_another.items.get().clearances.latest("pk")
        assert verdict.verdict == "BLOCKED"
    # Nor once they are two films: the bytes are the same.
    split_title(actor=studio, code=twin.title.code, reason="Another cut.")
    with refused(Conflict):
        submit_request(actor=lab, code=factories.draft(lab, [twin], exclusivity="exclusive").code)


@pytest.mark.django_db(transaction=True)
def test_of_two_exclusive_deals_through_duplicates_one_is_granted(
    studio: Actor, lab: Actor, file: Asset
) -> None:
    twin = factories.offered_words(studio)
    assert file.title is not None
    assert twin.title is not None
    merge_titles(actor=studio, code=twin.title.code, into=file.title.code, reason="Same film.")
    deals = [
        paid_unreserved(studio, who, each, exclusivity="exclusive")
        for who, each in ((lab, file), (factories.lab(), twin))
    ]
    assert at_once(*[issue_pending] * 3) == [None] * 3
    states = sorted(Deal.objects.get(pk=deal.pk).state for deal in deals)
    assert states == ["granted", "held"]


def test_what_the_lab_holds_already_is_not_approved_again(
    studio: Actor, lab: Actor, file: Asset
) -> None:
    waits = factories.draft(lab, [file])
    submit_request(actor=lab, code=waits.code)
    paid(studio, lab, file, exclusivity="exclusive")
    issue_pending()
    with pytest.raises(Conflict, match=Grant.objects.get().code):
        approve_deal(actor=studio, code=waits.deals.get().code)


YEARS: list[tuple[int, int | None, int | None]] = [
    (2020, 2021, None),
    (2020, None, None),
    (2090, None, None),
    (2020, None, 2021),
    (2090, None, 2021),
]


def test_the_database_and_the_row_agree_on_a_grants_state(
    studio: Actor, lab: Actor, file: Asset
) -> None:
    grant = factories.grant(studio, lab, [file])
    for starts, ends, revoked in YEARS:
        year = {year: datetime(year, 1, 1, tzinfo=UTC) for year in (starts, ends, revoked) if year}
        grant.starts_at = year[starts]
        grant.ends_at, grant.revoked_at = year.get(ends or 0), year.get(revoked or 0)
        grant.save()
        assert [each for each in GRANT_STATES if Grant.objects.in_state(each)] == [grant.state]
        assert Grant.objects.counts_by_state() == {
            each: int(each == grant.state) for each in GRANT_STATES
        }
