"""A price promised as the lowest reaches the clearance of the next deal."""

import pytest

from accounts.access import Actor
from catalog.models import Asset
from licensing.deals.requests import submit_request
from licensing.deals.transitions import approve_deal
from licensing.grants.issuing import issue_pending
from licensing.models import Deal
from licensing.offers.promises import unit_price
from licensing.payments.settlements import record_bank_transfer
from tests import factories

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
    deal = ask(first, file, None)
    approve_deal(actor=studio, code=deal.code)
    deal.refresh_from_db()
    record_bank_transfer(
        actor=studio, deal_code=deal.code, amount_minor=1_000, currency="USD",
        reference="Wire 1", settled_at=deal.decided_at,
    )  # fmt: skip
    issue_pending()
    assert "MFN_TRIGGER" in reasons(ask(second, file, 999))
    assert "MFN_TRIGGER" not in reasons(ask(second, file, 1_000))
    # What rate cards say is compared by a person.
    assert "MFN_UNCOMPARABLE" in reasons(ask(second, file, None))


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
