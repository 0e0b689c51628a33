"""What an agreement keeps back for its lab until the price is paid: nobody buys it besides."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.access import Actor
from accounts.errors import Conflict, Invalid
from catalog.merging import merge_titles, split_title
from catalog.models import Asset
from ledger.models import Event
from licensing.deals.lapsing import lapse_pending
from licensing.deals.requests import Clips, add_assets, submit_request
from licensing.deals.transitions import (
    approve_deal,
    approve_prepared,
    decline_deal,
    prepare_approval,
)
from licensing.grants.issuing import issue_pending
from licensing.models import Deal, Grant, Reservation, Settlement
from licensing.payments.settlements import record_bank_transfer
from licensing.verdicts.clearances import evaluate
from tests import factories
from tests.accounts.witness import refs, refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]
BUYERS = 200
THREADS = 32  # of the server


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def file(studio: Actor) -> Asset:
    return factories.offered_words(studio)


@pytest.fixture
def film(studio: Actor) -> Asset:
    return factories.offered_film(studio)


def wanted(file: Asset, lab: Actor | None = None, **scope: Any) -> Deal:
    """Return the open deal of a lab, a new one if not said, that asks for a file, exclusively if
    not said either."""
    lab = lab or factories.lab()
    request = factories.draft(lab, [file], **({"exclusivity": "exclusive"} | scope))
    submit_request(actor=lab, code=request.code)
    return request.deals.get()


def pay(studio: Actor, deal: Deal, settled_at: datetime) -> Settlement:
    deal.refresh_from_db()
    return record_bank_transfer(
        actor=studio,
        deal_code=deal.code,
        amount_minor=deal.amount_minor,
        currency=deal.currency,
        reference="Wire 1",
        settled_at=settled_at,
    )


def verdict(deal: Deal) -> str:
    return str(evaluate(deal.items.get(), as_of=timezone.now())[1]["verdict"])


def test_what_is_agreed_with_one_lab_is_agreed_with_no_other(studio: Actor, file: Asset) -> None:
    first, second = wanted(file), wanted(file)
    approve_deal(actor=studio, code=first.code)
    case, result = evaluate(second.items.get(), as_of=timezone.now())
    assert result["verdict"] == "BLOCKED"
    assert first.code in {fact["id"] for fact in case["facts"]}
    with refused(Conflict):
        approve_deal(actor=studio, code=second.code)
    decline_deal(actor=studio, code=first.code, reason="Not them.")
    assert approve_deal(actor=studio, code=second.code).state == "approved"


@pytest.mark.parametrize(
    "other",
    [
        {"exclusivity": "non_exclusive"},
        {"exclusivity": "exclusive", "territory": ["FR"]},
        {"exclusivity": "exclusive", "uses": ["evaluate"]},
        {"exclusivity": "exclusive", "model_kinds": ["customer_private"]},
    ],
)
def test_what_does_not_stand_in_the_way_is_agreed_as_well(
    studio: Actor, file: Asset, other: dict[str, Any]
) -> None:
    mine = {"exclusivity": other["exclusivity"], "territory": ["KR", "JP"]}
    first, second = wanted(file, **mine), wanted(file, **other)
    for deal in (first, second):
        approve_deal(actor=studio, code=deal.code)
        pay(studio, deal, timezone.now())
    issue_pending()
    assert Grant.objects.count() == 2


def test_a_plain_licence_that_is_agreed_stands_in_the_way_of_an_exclusive_one(
    studio: Actor, file: Asset
) -> None:
    plain, exclusive = wanted(file, exclusivity="non_exclusive"), wanted(file)
    approve_deal(actor=studio, code=plain.code)
    with refused(Conflict):
        approve_deal(actor=studio, code=exclusive.code)


def test_two_rows_of_one_work_are_kept_back_together(studio: Actor, file: Asset) -> None:
    other = factories.offered_words(studio)
    merge(studio, other, file)
    first, second = wanted(file), wanted(other)
    approve_deal(actor=studio, code=first.code)
    assert verdict(second) == "BLOCKED"


def test_a_title_that_is_split_off_keeps_what_was_agreed_of_its_files(studio: Actor) -> None:
    kept, other = two_films(studio)
    merge(studio, other, kept)
    deal = approve_deal(actor=studio, code=wanted(other).code)
    assert [verdict(wanted(file)) for file in (kept, other)] == ["BLOCKED", "BLOCKED"]
    assert other.title is not None
    split_title(actor=studio, code=other.title.code, reason="Two films.")
    free, taken = wanted(kept), wanted(other)
    assert (verdict(free), verdict(taken)) == ("CLEAR", "BLOCKED")
    with refused(Conflict):
        approve_deal(actor=studio, code=taken.code)
    # Nor is the film that stays kept back for nothing, and both are granted.
    approve_deal(actor=studio, code=free.code)
    for each in (deal, free):
        pay(studio, each, timezone.now())
    issue_pending()
    assert {grant.deal for grant in Grant.objects.all()} == {deal, free}


def test_what_was_agreed_of_two_films_is_kept_back_of_the_one_they_are(studio: Actor) -> None:
    kept, other = two_films(studio)
    approve_deal(actor=studio, code=wanted(other).code)
    deal = wanted(kept)
    assert verdict(deal) == "CLEAR"
    merge(studio, other, kept)
    assert verdict(deal) == "BLOCKED"


def two_films(studio: Actor) -> list[Asset]:
    """Return a file of each of two titles."""
    files = []
    for title in (factories.title(studio) for _ in range(2)):
        factories.ownership(studio, title)
        files.append(factories.words(studio, title, title.code))
        factories.offer(studio, title)
    return files


def merge(studio: Actor, other: Asset, kept: Asset) -> None:
    assert kept.title is not None
    assert other.title is not None
    merge_titles(actor=studio, code=other.title.code, into=kept.title.code, reason="One film.")


def test_other_parts_of_a_file_are_not_kept_back(studio: Actor, film: Asset) -> None:
    first, second, third = (
        clips(film, ranges) for ranges in ([[0, 1000]], [[2000, 3000]], [[500, 2500]])
    )
    approve_deal(actor=studio, code=first.code)
    assert (verdict(second), verdict(third)) == ("CLEAR", "BLOCKED")


def clips(film: Asset, ranges: Sequence[Sequence[int]]) -> Deal:
    lab = factories.lab()
    request = factories.draft(lab, [], exclusivity="exclusive")
    add_assets(actor=lab, code=request.code, assets=[Clips(film.code, ranges)])
    submit_request(actor=lab, code=request.code)
    return request.deals.get()


def test_the_grant_takes_the_place_of_what_was_kept_back(studio: Actor, file: Asset) -> None:
    deal, other = wanted(file), wanted(file)
    approve_deal(actor=studio, code=deal.code)
    pay(studio, deal, timezone.now())
    issue_pending()
    ids = {fact["id"] for fact in evaluate(other.items.get(), as_of=timezone.now())[0]["facts"]}
    assert Grant.objects.get().code in ids
    assert deal.code not in ids


def test_who_does_not_pay_in_time_loses_it(studio: Actor, file: Asset) -> None:
    first, second = wanted(file), wanted(file)
    made = approve_deal(actor=studio, code=first.code)
    assert made.pay_by is not None
    with time_machine.travel(made.pay_by + timedelta(days=2)):
        assert lapse_pending() == 0
        assert verdict(second) == "BLOCKED"
        with refused(Invalid, "settled_at"):
            pay(studio, first, made.pay_by + timedelta(days=1))
    with time_machine.travel(made.pay_by + timedelta(days=3)):
        assert lapse_pending() == 1
        assert lapse_pending() == 0
        first.refresh_from_db()
        assert first.state == "lapsed"
        assert verdict(second) == "CLEAR"
        with refused(Conflict):
            pay(studio, first, made.pay_by)
    (entry,) = Event.objects.filter(kind="deal.lapsed")
    assert (entry.stream_id, refs(entry)["request"]) == (first.stream, first.request.stream)


def test_money_that_arrived_in_time_may_be_recorded_later(studio: Actor, file: Asset) -> None:
    deal = wanted(file)
    made = approve_deal(actor=studio, code=deal.code)
    assert made.pay_by is not None
    with time_machine.travel(made.pay_by + timedelta(days=2)):
        pay(studio, deal, made.pay_by - timedelta(hours=1))
        issue_pending()
    assert Grant.objects.filter(deal=deal).exists()


def test_the_database_takes_one_reservation_of_two_that_saw_the_same(
    studio: Actor, file: Asset
) -> None:
    first, second = wanted(file), wanted(file)
    Reservation.objects.create(deal=first, title=file.title, number=1)
    with pytest.raises(IntegrityError, match=r"reserved_in_turn|UNIQUE"):
        Reservation.objects.create(deal=second, title=file.title, number=1)


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_of_two_hundred_who_buy_the_same_exclusivity_one_gets_it(
    studio: Actor, file: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a slow machine the last waits longer than anybody would for an answer.
    monkeypatch.setattr("ledger.sqlite.base.MOST_SECONDS", 300.0)
    with transaction.atomic():
        deals = [wanted(file) for _ in range(BUYERS)]
    prepared = prepare_approval(actor=studio, code=deals[0].code)

    def refusal(deal: Deal) -> str:
        try:
            # The text of another agreement: to set two hundred of them is not what is tried here.
            approve_prepared(actor=studio, code=deal.code, approval=prepared)
        except Conflict as error:
            return str(error)
        else:
            return ""
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as threads:
        refusals = list(threads.map(refusal, deals))
    assert refusals.count("") == 1
    assert len(set(refusals)) == 2
    (won,) = Deal.objects.filter(state="approved")
    pay(studio, won, timezone.now())
    issue_pending()
    assert Grant.objects.get().licensee == won.request.organisation
    assert Reservation.objects.count() == 1


def test_a_promise_of_lower_prices_is_kept_from_the_agreement_on(studio: Actor) -> None:
    film = factories.title(studio)
    file = factories.words(studio, film)
    factories.ownership(studio, film)
    factories.offer(studio, film, price_minor=1_000, most_favoured=True)
    first = wanted(file, exclusivity="non_exclusive", price_minor=None)
    second = wanted(file, exclusivity="non_exclusive", price_minor=1)
    assert verdict(second) == "CLEAR"
    approve_deal(actor=studio, code=first.code)
    # Neither paid nor granted yet, and promised all the same.
    _case, result = evaluate(second.items.get(), as_of=timezone.now())
    assert (result["verdict"], result["reasons"]) == ("CONDITIONAL", ["MFN_TRIGGER"])
    decline_deal(actor=studio, code=first.code, reason="Not them.")
    assert verdict(second) == "CLEAR"
