"""A deal from both sides: decided on reasons, paid exactly, never half-done."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.access import Actor
from accounts.models import Role
from catalog.models import Asset
from ledger.models import Event
from licensing.deals.holds import confirm_conditions
from licensing.deals.lapsing import lapse_pending
from licensing.deals.requests import submit_request
from licensing.deals.transitions import approve_deal
from licensing.grants.issuing import issue_pending
from licensing.models import Deal, DealState, Payment, Settlement
from licensing.offers.publishing import withdraw_offer
from tests import factories
from tests.licensing.law import american_law, held_for_a_condition
from tests.web.reading import signed_in, text, words
from tests.worlds import kept
from web.openings import sealed_facts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def transfer(**changes: str) -> dict[str, str]:
    """Return the form of a bank transfer that arrived today."""
    today = timezone.now().date().isoformat()
    return {"amount_minor": "1000.00", "reference": "Wire 7", "settled_at": today} | changes


def refund(**changes: str) -> dict[str, str]:
    today = timezone.now().date().isoformat()
    return {"amount_minor": "1000.00", "reference": "Back 7", "refunded_at": today} | changes


class Market(NamedTuple):
    studio: Actor
    lab: Actor
    film: Asset
    deal: Deal


@kept
def opened() -> Market:
    """A deal that the studio has not answered yet."""
    studio, lab = factories.studio("Peach Pictures"), factories.lab("Lumen Lab")
    film = factories.offered_words(studio)
    return Market(studio, lab, film, factories.deal(lab, [film]))


@kept
def approved() -> Market:
    """A deal that the studio has approved, and the lab has not paid."""
    studio, lab = factories.studio("Peach Pictures"), factories.lab("Lumen Lab")
    film = factories.offered_words(studio)
    deal = factories.deal(lab, [film])
    approve_deal(actor=studio, code=deal.code)
    deal.refresh_from_db()
    return Market(studio, lab, film, deal)


@kept
def waiting() -> Market:
    """A paid deal that waits for the studio's word on a new condition."""
    studio, lab = factories.studio("Peach Pictures"), factories.lab("Lumen Lab")
    with american_law():
        deal = held_for_a_condition(studio, lab)
    return Market(studio, lab, deal.items.get().asset, deal)


@pytest.fixture
def held(waiting: Market) -> Iterator[Market]:
    """What waits, under the law that makes it wait."""
    with american_law():
        yield waiting


@pytest.fixture
def studio(opened: Market) -> Actor:
    return opened.studio


@pytest.fixture
def lab(opened: Market) -> Actor:
    return opened.lab


@pytest.fixture
def film(opened: Market) -> Asset:
    return opened.film


@pytest.fixture
def deal(opened: Market) -> Deal:
    return opened.deal


def forbid(studio: Actor, file: Asset) -> None:
    """Record a contract that forbids what the deal asks for."""
    assert file.title is not None
    factories.fact(
        studio,
        file.title,
        "restriction",
        uses=["train.pretrain"],
        document="Director's contract",
        clause="14",
    )


def test_the_licensor_approves_what_is_clear(studio: Actor, lab: Actor, deal: Deal) -> None:
    client, address = signed_in(studio), f"/deals/{deal.code}/"
    page = words(client.get(address))
    assert "Peach Pictures licenses to Lumen Lab" in page
    assert "1 of 1 file can be licensed now, for USD 1,000.00." in page
    answer = client.post(f"{address}approve/")
    assert (answer.status_code, answer.headers["Location"]) == (303, address)
    deal.refresh_from_db()
    assert deal.state == DealState.APPROVED
    after = words(client.get(address))
    assert "Lumen Lab pays USD 1,000.00 next." in after
    assert "Decided by Ada Park." in after
    assert "Agreement made" in after
    assert "Peach Pictures has agreed." in words(signed_in(lab).get(address))


def test_the_licensor_reads_the_document_behind_a_live_verdict(
    studio: Actor, lab: Actor, film: Asset, deal: Deal
) -> None:
    forbid(studio, film)  # after the request was cleared
    page = words(signed_in(studio).get(f"/deals/{deal.code}/"))
    assert "No file of this deal can be licensed as asked." in page
    assert "A contract prohibits this use. Restriction in a contract: Director's contract" in page
    assert "Approve" not in page
    assert "Director" not in words(signed_in(lab).get(f"/deals/{deal.code}/"))
    refused = signed_in(studio).post(f"/deals/{deal.code}/approve/")
    assert refused.status_code == 422
    assert "No file of this deal is clear; there is nothing to approve." in words(refused)
    deal.refresh_from_db()
    assert deal.state == DealState.OPEN


def test_a_declined_deal_tells_the_lab_why(studio: Actor, lab: Actor, deal: Deal) -> None:
    client, address = signed_in(studio), f"/deals/{deal.code}/"
    refused = client.post(f"{address}decline/", {"reason": ""})
    assert refused.status_code == 422
    assert "Reason: Fill this in." in words(refused)
    assert client.post(f"{address}decline/", {"reason": "Not this year."}).status_code == 303
    page = words(signed_in(lab).get(address))
    assert "Peach Pictures declined:" in page
    assert "Not this year." in page


def test_a_bank_transfer_is_recorded_in_full_or_not_at_all(approved: Market) -> None:
    studio, lab, _, deal = approved
    client, address = signed_in(studio), f"/deals/{deal.code}/"
    assert 'value="1000.00"' in text(client.get(address))
    for change, message in (
        ({"amount_minor": "999.99"}, "Record the price in full, or not yet."),
        ({"amount_minor": "1.000,00"}, "A comma only groups thousands"),
        ({"settled_at": "2199-01-01"}, "The money cannot have arrived in the future."),
        ({"settled_at": "2026-01-02"}, "arrived before the day of the agreement, 20"),
        ({"reference": " "}, "Fill this in."),
    ):
        refused = client.post(f"{address}transfer/", transfer(**change))
        assert refused.status_code == 422
        assert message in words(refused)
    assert not Settlement.objects.exists()
    assert client.post(f"{address}transfer/", transfer()).status_code == 303
    settlement = Settlement.objects.get()
    assert (settlement.amount_minor, settlement.currency) == (100_000, "USD")
    page = text(client.get(address))
    assert 'hx-trigger="every 2s"' in page
    assert "The price is paid." in page
    issue_pending()
    granted = text(signed_in(lab).get(address))
    assert "every 2s" not in granted
    assert f"/grants/{Deal.objects.get().grant.code}/" in granted


def test_a_held_deal_says_why_and_is_asked_for_again(approved: Market) -> None:
    studio, lab, film, deal = approved
    client, address = signed_in(studio), f"/deals/{deal.code}/"
    client.post(f"{address}transfer/", transfer())
    forbid(studio, film)
    issue_pending()
    page = words(client.get(address))
    assert f"No longer clear: {film.code}." in page
    assert "Ask for the grant again" in page
    assert "Ask for the grant again" not in words(signed_in(lab).get(address))
    korean = words(signed_in(lab).get(address, headers={"accept-language": "ko"}))
    assert f"더는 허락할 수 없습니다: {film.code}" in korean
    assert "No longer clear" not in korean
    assert "The files are being cleared again." in words(
        client.post(f"{address}retry/", follow=True)
    )
    deal.refresh_from_db()
    assert deal.state == DealState.SETTLED


def test_both_sides_read_the_agreement_and_nobody_else(approved: Market) -> None:
    studio, lab, _, deal = approved
    for actor in (studio, lab):
        pdf = signed_in(actor).get(f"/deals/{deal.code}/agreement.pdf")
        content = b"".join(pdf.streaming_content)  # type: ignore[attr-defined]
        assert hashlib.sha256(content).hexdigest() == deal.agreement.pdf_sha256
        assert pdf.headers["Content-Disposition"].startswith("inline")
        policy = signed_in(actor).get(f"/deals/{deal.code}/agreement.jsonld")
        assert policy.headers["Content-Type"] == "application/ld+json"
        content = b"".join(policy.streaming_content)  # type: ignore[attr-defined]
        assert hashlib.sha256(content).hexdigest() == deal.agreement.odrl_sha256
    for path in ("", "agreement.pdf", "agreement.jsonld"):
        assert signed_in(factories.lab()).get(f"/deals/{deal.code}/{path}").status_code == 404


def test_there_is_no_agreement_before_the_licensor_agrees(lab: Actor, deal: Deal) -> None:
    assert signed_in(lab).get(f"/deals/{deal.code}/agreement.pdf").status_code == 404


def test_who_may_not_changes_nothing(studio: Actor, lab: Actor, deal: Deal) -> None:
    data = transfer(reason="No.", conditions_met="on")
    strangers = [signed_in(factories.studio()), signed_in(factories.lab())]
    for act in ("approve", "decline", "transfer", "retry", "pay"):
        address = f"/deals/{deal.code}/{act}/"
        owner, other = (lab, studio) if act == "pay" else (studio, lab)
        for client in (*strangers, signed_in(other)):
            assert client.post(address, data).status_code == 404, act
        assert signed_in(factories.member(owner)).post(address, data).status_code == 403, act
        assert Client().post(address, data).status_code == 302, act
        assert signed_in(owner).get(address).status_code == 405, act
        deal.refresh_from_db()
        assert deal.state == DealState.OPEN, act


def test_roles_see_only_the_buttons_they_may_press(studio: Actor, deal: Deal) -> None:
    editor = words(signed_in(factories.member(studio, Role.EDITOR)).get(f"/deals/{deal.code}/"))
    assert "A member with the role approver or owner decides." in editor
    assert "Approve 1 file" not in editor


def test_paying_leads_to_a_link_and_never_through_a_form(approved: Market) -> None:
    studio, lab, _, deal = approved
    client, address = signed_in(lab), f"/deals/{deal.code}/"
    assert "Transfer USD 1,000.00 to the account that Peach Pictures names" in words(
        client.get(address)
    )
    refused = client.post(f"{address}pay/", follow=True)
    assert "pay by bank transfer" in words(refused)
    Payment.objects.create(deal=deal, session_id="cs_1", url="https://checkout.stripe.example/1")
    page = text(client.get(address))
    assert 'href="https://checkout.stripe.example/1"' in page
    assert 'action="https:' not in page
    assert "checkout.stripe" not in text(signed_in(studio).get(address))


def test_an_open_payment_hides_what_would_be_refused_and_says_why(approved: Market) -> None:
    studio, lab, _, deal = approved
    ours, theirs, address = signed_in(studio), signed_in(lab), f"/deals/{deal.code}/"
    asked = f"/requests/{deal.request.code}/"
    paying = Payment.objects.create(
        deal=deal, session_id="cs_1", url="https://checkout.stripe.example/1"
    )
    page = words(ours.get(address))
    assert "no bank transfer can be recorded" in page
    assert "Record a bank transfer" not in page
    assert "A payment page that the lab has open at Stripe is closed." in page
    page = words(theirs.get(address))
    assert "Cancel this payment" in page
    assert "Withdraw from this deal" not in page
    assert "By bank transfer" not in page
    assert "Withdraw request" not in words(theirs.get(asked))
    assert "A deal of this request is being paid." in words(theirs.get(asked))
    editor = words(signed_in(factories.member(lab, Role.EDITOR)).get(address))
    assert "A member with the role finance or owner cancels it." in editor
    # What was typed before the payment began is not lost.
    refused = ours.post(f"{address}decline/", {"reason": "Changed our minds."})
    assert "Changed our minds." in text(refused)
    paying.status = "expired"
    paying.save()
    assert "Take the approval back" in words(ours.get(address))
    assert "Withdraw from this deal" in words(theirs.get(address))


def test_the_lab_cancels_its_payment_on_the_deals_page(approved: Market) -> None:
    studio, lab, _, deal = approved
    address = f"/deals/{deal.code}/pay/cancel/"
    assert "No payment of this deal is under way." in words(
        signed_in(lab).post(address, follow=True)
    )
    assert signed_in(studio).post(address).status_code == 404
    assert signed_in(factories.lab()).post(address).status_code == 404
    assert signed_in(factories.member(lab, Role.EDITOR)).post(address).status_code == 403


def test_the_licensor_never_reads_the_labs_name_for_its_request(
    studio: Actor, lab: Actor, deal: Deal
) -> None:
    for address in ("/deals/", f"/deals/{deal.code}/"):
        assert "Set one" not in text(signed_in(studio).get(address))
        assert "Set one" in text(signed_in(lab).get(address))


def test_the_list_counts_by_state_and_teaches_when_empty(
    studio: Actor, lab: Actor, deal: Deal, django_assert_max_num_queries: Any
) -> None:
    assert "No deals yet" in words(signed_in(factories.studio()).get("/deals/"))
    client = signed_in(studio)
    client.get("/deals/")
    with django_assert_max_num_queries(8):
        page = words(client.get("/deals/"))
    assert "Lumen Lab" in page
    assert "Awaiting the licensor 1" in page
    assert "Lumen Lab" not in words(client.get("/deals/", {"state": "granted"}))


def test_the_licensor_confirms_a_new_condition_on_the_deals_page(held: Market) -> None:
    studio, lab, _, deal = held
    client, address = signed_in(studio), f"/deals/{deal.code}/"
    page = words(client.get(address))
    assert "Clear on conditions that nobody has confirmed" in page
    assert "Pay a co-owner its share: Heir 1/2" in page
    assert "Ask for the grant again" not in page  # that alone would help nothing
    seen = words(signed_in(lab).get(address))
    assert "Peach Pictures has conditions to confirm." in seen
    assert "Heir" not in seen
    [item] = deal.items.all()
    named = {"clearance": item.clearances.latest("pk").code}
    refused = client.post(f"{address}confirm/", named)
    assert refused.status_code == 422
    assert "Tick this box." in words(refused)
    stale = client.post(f"{address}confirm/", {"confirmed": "on", "clearance": "7K3F2Q9D"})
    assert "Name verdicts of this deal" in words(stale)
    assert client.post(f"{address}confirm/", named | {"confirmed": "on"}).status_code == 303
    issue_pending()
    page = words(client.get(address))
    assert "The licence is granted." in page
    assert "Conditions confirmed" in page


def test_both_sides_cancel_and_finance_records_the_refund(held: Market) -> None:
    studio, lab, _, deal = held
    ours, theirs, address = signed_in(studio), signed_in(lab), f"/deals/{deal.code}/"
    assert "Reason: Fill this in." in words(theirs.post(f"{address}cancel/"))
    assert theirs.post(f"{address}cancel/", {"reason": "Too late."}).status_code == 303
    assert "Peach Pictures answers next." in words(theirs.get(address))
    page = words(ours.get(address))
    assert (
        "Lumen Lab proposes to cancel the deal and to return the price in full: Too late." in page
    )
    refused = theirs.post(f"{address}cancel/agree/", follow=True)
    assert "The other side has not proposed" in words(refused)
    assert "The deal is cancelled." in words(ours.post(f"{address}cancel/agree/", follow=True))
    assert "Peach Pictures sends USD 1,000.00 back to you" in words(theirs.get(address))
    assert "this agreement is not in force" in words(theirs.get(address))
    korean = {"accept-language": "ko"}
    refused = ours.post(f"{address}refund/", refund(amount_minor="10.00"), headers=korean)
    assert "전액일 때만 기록해 주세요." in words(refused)  # and nothing of money that arrives
    refused = ours.post(f"{address}refund/", refund(amount_minor="10.00"))
    assert "Record the price in full, or not yet." in words(refused)
    assert ours.post(f"{address}refund/", refund()).status_code == 303
    for client in (ours, theirs):
        page = words(client.get(address))
        assert "Lumen Lab has USD 1,000.00 back; nothing was granted." in page
        assert "Back 7" in page
        assert "Refund recorded" in page


def test_the_lab_gets_out_alone_when_the_licensor_never_answers(held: Market) -> None:
    studio, lab, _, deal = held
    address = f"/deals/{deal.code}/"
    with time_machine.travel("2027-01-01T09:30:00Z", tick=False) as clock:
        signed_in(lab).post(f"{address}cancel/", {"reason": "Too late."})
        page = words(signed_in(lab).get(address))
        assert "Without an answer you can cancel it alone from 15 Jan 2027, 09:30 UTC" in page
        assert "Cancel the deal alone" not in page
        page = words(signed_in(studio).get(address))
        assert "Lumen Lab can cancel the deal alone from 15 Jan 2027, 09:30 UTC" in page
        early = signed_in(lab).post(f"{address}cancel/alone/", follow=True)
        assert "until 2027-01-15 09:30:00 UTC to answer" in words(early)
        clock.move_to("2027-01-15T09:30:00Z")
        assert "Lumen Lab can cancel the deal alone now" in words(signed_in(studio).get(address))
        assert "Cancel the deal alone" in words(signed_in(lab).get(address))
        editor = signed_in(factories.member(lab, Role.EDITOR))
        assert "Cancel the deal alone" not in words(editor.get(address))
        assert editor.post(f"{address}cancel/alone/").status_code == 403
        done = signed_in(lab).post(f"{address}cancel/alone/", follow=True)
        assert "The deal is cancelled. The price is to be returned in full." in words(done)
        for actor in (studio, lab):
            page = words(signed_in(actor).get(address))
            assert "Lumen Lab cancelled the deal alone" in page
        assert "Record the refund" in words(signed_in(studio).get(address))


def test_only_who_binds_a_side_sees_the_ways_out(held: Market) -> None:
    studio, lab, _, deal = held
    for owner in (studio, lab):
        page = words(signed_in(factories.member(owner, Role.EDITOR)).get(f"/deals/{deal.code}/"))
        assert "Propose to cancel" not in page
    stranger, viewer = signed_in(factories.lab()), signed_in(factories.member(studio))
    for act in ("confirm", "cancel", "cancel/agree", "cancel/alone", "refund"):
        data = {"confirmed": "on", "clearance": "NONE", "reason": "No."}
        address = f"/deals/{deal.code}/{act}/"
        assert stranger.post(address, data).status_code == 404, act
        assert viewer.post(address, data | refund()).status_code == 403, act
    deal.refresh_from_db()
    assert deal.state == DealState.HELD


def test_an_unpaid_deal_is_left_by_either_side(studio: Actor, lab: Actor, deal: Deal) -> None:
    other = factories.deal(lab, [factories.offered_words(studio)])
    for each in (deal, other):
        approve_deal(actor=studio, code=each.code)
    page = signed_in(lab).post(f"/deals/{deal.code}/withdraw/", follow=True)
    assert "Lumen Lab withdrew. Nothing was granted." in words(page)
    client, address = signed_in(studio), f"/deals/{other.code}/"
    assert "Take the approval back" in words(client.get(address))
    client.post(f"{address}decline/", {"reason": "Never paid."})
    page = words(signed_in(lab).get(address))
    assert "Peach Pictures declined: Never paid." in page
    assert "this agreement is not in force" in page


def test_both_sides_see_the_offered_price_where_it_differs(studio: Actor, lab: Actor) -> None:
    same = factories.offered_words(studio, name="Same Price")
    film = factories.title(studio, name="Dear Film")
    dear = factories.words(studio, film)
    factories.ownership(studio, film)
    offer = factories.offer(studio, film, price_minor=150_000)
    asked = factories.draft(lab, [same, dear])
    line = "Offered at USD 1,500.00 per file, asked for at USD 1,000.00"
    draft = words(signed_in(lab).get(f"/requests/{asked.code}/"))
    assert line in draft
    assert "Dear Film: offered at USD 1,500.00 per file" in draft
    submit_request(actor=lab, code=asked.code)
    withdraw_offer(actor=studio, code=offer.code)  # the price that stood when it was asked for
    factories.offer(studio, film, price_minor=90_000)
    for actor in (studio, lab):
        page = words(signed_in(actor).get(f"/deals/{asked.deals.get().code}/"))
        assert page.count(line) == 1
        assert "Same Price: offered" not in page
    deal = approve_deal(actor=studio, code=asked.deals.get().code)
    agreed = words(signed_in(lab).get(f"/deals/{deal.code}/"))
    assert line.replace("asked for", "agreed on") in agreed
    assert "The price agreed on is not the one on offer" in agreed


def test_what_was_confirmed_opens_to_the_licensor_only(held: Market) -> None:
    studio, lab, _, deal = held
    named = [item.clearances.latest("pk").code for item in deal.items.all()]
    confirm_conditions(actor=studio, code=deal.code, clearances=named)
    event = Event.objects.get(kind="deal.conditions_confirmed")
    [seen] = sealed_facts(studio, event.facts())
    assert seen.opens
    assert "Heir" in seen.value
    [sealed] = sealed_facts(lab, event.facts())
    assert (sealed.value, sealed.salt) == ("", "")


def test_both_sides_read_until_when_the_files_are_kept(
    studio: Actor, lab: Actor, deal: Deal
) -> None:
    def page(side: Actor) -> str:
        return words(signed_in(side).get(f"/deals/{deal.code}/"))

    due = approve_deal(actor=studio, code=deal.code).pay_by
    assert due is not None
    for side in (studio, lab):
        assert "If the price has not arrived by then, the agreement lapses." in page(side)
    with time_machine.travel(due + timedelta(hours=1)):
        assert "Money that had arrived by then can be recorded until" in page(studio)
        assert "By bank transfer" not in page(lab)
    with time_machine.travel(due + timedelta(days=3)):
        lapse_pending()
        assert "had not paid by" in page(studio)
        assert "Submit a new request" in page(lab)
