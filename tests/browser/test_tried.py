"""Forms that answer while one types: terms tried for a draft, and the example of a rate card."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests import factories
from tests.browser.test_licensing import sign_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]


def test_the_answer_and_the_example_follow_what_is_typed(
    page: Page, live_server: LiveServer, axe: Callable[[Page], None]
) -> None:
    studio, lab = factories.studio("Pine"), factories.lab()
    file = factories.offered_words(studio)
    title = file.title
    assert title is not None
    factories.fact(studio, title, "restriction", territory=["JP"], uses=["train"])
    asked = factories.draft(lab, [file])

    sign_in(page, lab, live_server.url)
    page.goto(f"/requests/{asked.code}/terms/")
    answer = page.locator("#estimate")
    expect(answer).to_contain_text("0 of 1 file could be licensed")
    place = page.get_by_label("Territory")
    place.fill("Atlantis")
    place.press("Tab")
    expect(answer).to_contain_text("“Atlantis” is no country we know")
    expect(place).to_have_value("Atlantis")
    place.fill("US")
    place.press("Tab")
    expect(answer).to_contain_text("1 of 1 file could be licensed")
    axe(page)
    asked.refresh_from_db()
    assert asked.territory == "WORLD"  # nothing was asked for yet
    page.get_by_role("button", name="Ask for these terms").click()
    page.wait_for_url(f"**/requests/{asked.code}/")
    asked.refresh_from_db()
    assert asked.territory == ["US"]

    sign_in(page, studio, live_server.url)
    page.goto(f"/titles/{title.code}/offer/?change")
    example = page.locator("#example")
    page.get_by_label("Price", exact=True).fill("1,250.00")
    page.get_by_label("Price", exact=True).press("Tab")
    expect(example).to_contain_text("USD 1,250.00")
    factor = page.get_by_label("Pre-training")
    page.get_by_text("Rate card: factors").click()
    page.locator(".factor-group > summary", has_text="Use").first.click()
    factor.last.fill("3/2")
    factor.last.press("Tab")
    expect(example).to_contain_text("× 1.5")
    expect(example).to_contain_text("USD 1,875.00")
    factor.last.fill("much")
    factor.last.press("Tab")
    expect(example).to_contain_text("once the price and the factors are written in full")
