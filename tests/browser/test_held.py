"""A held deal in the browser: read, confirmed by one side, cancelled by both, refunded."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from licensing.models import Deal
from tests import factories
from tests.browser.conftest import NewPage
from tests.browser.test_licensing import sign_in
from tests.licensing.law import american_law, held_for_a_condition

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]


def test_both_sides_cancel_what_cannot_be_granted(
    new_page: NewPage, live_server: LiveServer, axe: Callable[[Page], None]
) -> None:
    studio, lab = factories.studio("Peach Pictures"), factories.lab("Lumen Lab")
    with american_law():
        deal: Deal = held_for_a_condition(studio, lab)
    buyer = new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    seller = new_page(viewport={"width": 1440, "height": 900})
    sign_in(buyer, lab, live_server.url)
    sign_in(seller, studio, live_server.url)

    seller.goto(f"/deals/{deal.code}/")
    expect(seller.get_by_text("Pay a co-owner its share: Heir 1/2").first).to_be_visible()
    axe(seller)
    buyer.goto(f"/deals/{deal.code}/")
    buyer.get_by_text("Propose to cancel", exact=True).click()
    buyer.get_by_role("textbox", name="Reason").fill("It comes too late for us.")
    axe(buyer)
    buyer.get_by_role("button", name="Propose to cancel this deal").click()
    expect(buyer.get_by_text("You proposed to cancel the deal.")).to_be_visible()

    seller.reload()
    expect(seller.get_by_text("It comes too late for us.")).to_be_visible()
    axe(seller)
    seller.get_by_role("button", name="Agree and cancel the deal").click()
    seller.get_by_text("Record the refund", exact=True).click()
    seller.get_by_label("Bank reference").fill("Back 7")
    axe(seller)
    seller.get_by_role("button", name="Record USD 1,000.00 as returned").click()
    expect(seller.get_by_text("Lumen Lab has USD 1,000.00 back")).to_be_visible()
    axe(seller)
    buyer.reload()
    axe(buyer)
