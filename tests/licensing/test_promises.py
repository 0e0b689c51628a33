"""A price promised as the lowest reaches the clearance of the next deal."""

import json
from fractions import Fraction
from typing import NamedTuple

import pytest
from django.utils import timezone

from accounts.access import Actor
from catalog.clip_ranges import lengths_ms
from catalog.models import Asset
from catalog.objects import object_store
from licensing.deals.requests import submit_request
from licensing.deals.transitions import approve_deal
from licensing.grants.issuing import issue_pending
from licensing.models import Deal, Grant
from licensing.offers.promises import comparable, unit_price
from licensing.offers.publishing import withdraw_offer
from licensing.verdicts.clearances import answers, items_to_clear
from tests import factories
from tests.licensing.test_amendments import asked, concluded
from tests.worlds import kept

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def ask(lab: Actor, file: Asset, price: int | None) -> Deal:
    request = factories.draft(lab, [file], price_minor=price)
    submit_request(actor=lab, code=request.code)
    return request.deals.get()


def reasons(deal: Deal) -> list[str]:
    clearance = deal.items.get().clearances.latest("pk")
    return list(clearance.result["reasons"])


def test_a_lower_price_than_one_promised_is_cleared_on_condition() -> None:
    studio, first, second = factories.studio(), factories.lab(), factories.lab()
    title = factories.title(studio)
    file = factories.words(studio, title)
    factories.ownership(studio, title)
    factories.offer(studio, title, price_minor=1_000, most_favoured=True)
    factories.paid(studio, approve_deal(actor=studio, code=ask(first, file, None).code))
    assert "MFN_TRIGGER" in reasons(ask(second, file, 999))
    assert "MFN_TRIGGER" not in reasons(ask(second, file, 1_000))
    assert reasons(ask(second, file, None)) == ["OK"]  # the same card, the same price


class Promised(NamedTuple):
    studio: Actor
    file: Asset


@kept
def promised() -> Promised:
    """A file that a lab holds for a price promised as the lowest, and that is not on offer."""
    studio, first = factories.studio(), factories.lab()
    title = factories.title(studio)
    file = factories.words(studio, title)
    factories.ownership(studio, title)
    card = factories.offer(studio, title, price_minor=1_000, most_favoured=True)
    factories.paid(studio, approve_deal(actor=studio, code=ask(first, file, None).code))
    withdraw_offer(actor=studio, code=card.code)
    return Promised(studio, file)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"price_minor": 1_000}, "OK"),
        ({"price_minor": 999}, "MFN_TRIGGER"),
        (
            {
                "price_minor": 800,
                "modifiers": [{"by": "model_kind", "of": "foundation", "times": "5/4"}],
            },
            "OK",
        ),
        # A minimum makes no unit cheaper, nor dearer.
        ({"price_minor": 999, "minimum_minor": 50_000}, "MFN_TRIGGER"),
        # Units that differ, and a factor that no decimal says, are for a person.
        ({"price_minor": 5_000, "per": "segment"}, "MFN_UNCOMPARABLE"),
        (
            {
                "price_minor": 4_000,
                "modifiers": [{"by": "model_kind", "of": "foundation", "times": "1/3"}],
            },
            "MFN_UNCOMPARABLE",
        ),
    ],
)
def test_rate_cards_are_compared_with_a_promise_unit_by_unit(
    promised: Promised, changes: dict[str, object], reason: str
) -> None:
    studio, file = promised
    second = factories.lab()
    assert file.title is not None
    factories.offer(studio, file.title, **changes)
    assert reasons(ask(second, file, None)) == [reason]
    # A draft is compared by the card that is on offer.
    draft = factories.draft(second, [file], price_minor=None)
    live = answers(items_to_clear(draft, draft.items.all()), as_of=timezone.now())
    assert list(live[0].reasons) == [reason]


def test_a_files_resolution_counts_where_its_own_price_is_compared() -> None:
    card = {
        "price_minor": 100,
        "currency": "USD",
        "per": "file",
        "modifiers": [{"by": "resolution", "of": "uhd", "times": "2"}],
        "counting": [],
    }
    prices = [unit_price(card, each) for each in ("uhd", "hd", None)]
    assert [each and each["amount"] for each in prices] == ["2", "1", "1"]
    assert unit_price(card) is None


@pytest.mark.parametrize(
    ("changes", "amount"),
    [
        ({}, "12.5"),
        ({"counting": [{"by": "exclusivity", "of": "sole", "times": "3/2"}]}, "18.75"),
        ({"counting": [{"by": "exclusivity", "of": "sole", "times": "1/3"}]}, None),
        ({"per": "segment"}, None),
        # The contract takes 20 digits before the point, and 20 behind it.
        ({"counting": [{"by": "use", "of": "train", "times": "1/1024"}] * 2}, None),
        ({"counting": [{"by": "use", "of": "train", "times": "1000"}] * 7}, None),
        ({"modifiers": [{"by": "resolution", "of": "uhd", "times": "2"}]}, None),
    ],
)
def test_a_unit_has_a_price_where_a_decimal_says_it(
    changes: dict[str, object], amount: str | None
) -> None:
    card = {
        "price_minor": 1250,
        "currency": "USD",
        "per": "minute",
        "modifiers": [],
        "counting": [],
    }
    price = unit_price(card | changes)
    assert price == (amount and {"amount": amount, "currency": "USD", "per": "min"})


def usd(amount: str, per: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD", "per": per}


@pytest.mark.parametrize(
    ("price", "promised", "ms", "told"),
    [
        # 90 minutes at 10.00 are 900.00; a cent less is less than 10.00 a minute.
        (usd("900.00", "asset"), usd("10", "min"), 5_400_000, usd("10", "min")),
        (usd("899.99", "asset"), usd("10", "min"), 5_400_000,
         usd("9.99988888888888888888", "min")),
        (usd("10", "min"), usd("900", "asset"), 5_400_000, usd("900", "asset")),
        (usd("10", "min"), usd("600", "hour"), 0, usd("10", "min")),  # it does not last
        (usd("10", "min"), usd("600", "hour"), 1, usd("600", "hour")),
        (usd("10", "min"), usd("600", "flat"), 60_000, usd("10", "min")),
        (usd("10", "min"), usd("600", "hour") | {"currency": "EUR"}, 60_000, usd("10", "min")),
    ],
)  # fmt: skip
def test_a_price_is_compared_by_the_unit_of_the_promise(
    price: dict[str, str], promised: dict[str, str], ms: int, told: dict[str, str]
) -> None:
    assert comparable(price, [promised, promised], ms) == told
    other = promised | {"per": "asset" if promised["per"] != "asset" else "hour"}
    assert comparable(price, [promised, other], ms) == price  # one price, two units


def test_a_price_per_file_stands_beside_a_promise_per_minute() -> None:
    studio, first, second = factories.studio(), factories.lab(), factories.lab()
    title = factories.title(studio)
    film = factories.asset(studio, title)
    factories.ownership(studio, title)
    factories.offer(studio, title, price_minor=600_000, per="minute", most_favoured=True)
    factories.paid(studio, approve_deal(actor=studio, code=ask(first, film, None).code))
    exact = Fraction(600_000 * lengths_ms([film])[film.pk], 60_000)
    least = -(-exact.numerator // exact.denominator)
    assert reasons(ask(second, film, least)) == ["OK"]
    assert reasons(ask(second, film, least - 1)) == ["MFN_TRIGGER"]


def by_card(*labs: Actor) -> tuple[Actor, Asset, list[Grant]]:
    """Return a studio and its file with what these labs hold of it by a card that promises 10.00 as
    the lowest price."""
    studio = factories.studio()
    title = factories.title(studio)
    file = factories.words(studio, title)
    factories.ownership(studio, title)
    factories.offer(studio, title, price_minor=1_000, most_favoured=True)
    for lab in labs:
        factories.paid(studio, approve_deal(actor=studio, code=ask(lab, file, None).code))
    issue_pending()
    return studio, file, list(Grant.objects.order_by("pk"))


def test_an_amendment_keeps_the_promise_as_it_was() -> None:
    """What one lab adds for a country locks no other lab out, and binds at the card's price."""
    first, second = factories.lab(), factories.lab()
    studio, file, [grant] = by_card(first)
    new = concluded(studio, asked(first, grant, ends_at=None, price_minor=1))
    assert reasons(ask(second, file, 1_000)) == ["OK"]
    assert reasons(ask(second, file, None)) == ["OK"]  # the same card
    assert reasons(ask(second, file, 999)) == ["MFN_TRIGGER"]
    for agreement in (grant.deal.agreement, new.deal.agreement):
        with object_store().open(agreement.odrl_key) as kept:
            policy = json.load(kept)
        assert any(each.startswith("fee.lowest_price ") for each in policy["edgecode:clauses"])
        duties = policy["obligation"]
        [promise] = [each for each in duties if each["action"] == "edgecode:keepLowestPrice"]
        assert promise["edgecode:unitPrice"]["payAmount"] == "10.00"
        assert promise["edgecode:of"] == file.code.partition("+")[0]


def test_who_pays_by_the_same_card_can_amend_beside_the_promise() -> None:
    first, second = factories.lab(), factories.lab()
    studio, _file, grants = by_card(first, second)
    for lab, grant in zip((first, second), grants, strict=True):
        deal = asked(lab, grant, ends_at=None, price_minor=1)
        assert reasons(deal) == ["OK"]
        assert concluded(studio, deal).ends_at is None
