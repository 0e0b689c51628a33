"""The public log in a real browser, which proves an entry by itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect

from ledger import proofs, sequencer
from tests import factories
from tests.browser.conftest import NewPage
from tests.browser.test_frame import DRESSES

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("story")]


@pytest.fixture
def story(var_dir: Path) -> None:
    cache.clear()
    studio = factories.studio("Peach Pictures")
    for _ in range(5):
        factories.title(studio)
    sequencer.advance()


def test_a_reader_walks_from_the_log_to_a_proof_computed_here(
    page: Page, axe: Callable[[Page], None]
) -> None:
    page.goto("/ledger/")
    axe(page)
    page.get_by_role("link", name="Title registered 5").click()
    page.wait_for_url("**/?kind=title.registered")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Title registered")).to_be_visible()
    steps = page.locator("[data-step]")
    expect(steps).to_have_count(5)
    for number in range(5):
        expect(steps.nth(number)).to_have_attribute("data-state", "ok")
    latest = proofs.latest()
    assert latest is not None
    expect(page.locator("[data-step=root]")).to_contain_text(latest.root.hex())
    axe(page)
    page.get_by_role("link", name="Previous entry").click()
    page.wait_for_url("**/ledger/entries/3/")


def test_every_entry_of_every_size_of_tree_is_proven(page: Page) -> None:
    for index in range(proofs.folder().size()):
        page.goto(f"/ledger/entries/{index}/")
        expect(page.locator("[data-step][data-state=ok]")).to_have_count(5)


def test_a_page_that_shows_something_else_than_the_log_is_found_out(page: Page) -> None:
    def forge(route: Any) -> None:
        answer = route.fetch()
        body = answer.text().replace("&quot;film&quot;", "&quot;series&quot;")
        route.fulfill(response=answer, body=body)

    page.route("**/ledger/entries/3/", forge)
    page.goto("/ledger/entries/3/")
    expect(page.locator("[data-step=bytes]")).to_have_attribute("data-state", "failed")
    expect(page.locator("[data-step=signature]")).to_have_attribute("data-state", "ok")


def test_a_checkpoint_that_the_key_did_not_sign_is_found_out(page: Page) -> None:
    def forge(route: Any) -> None:
        answer = route.fetch()
        head, _, mark = answer.text().rpartition(" ")
        forged = mark[:20] + ("A" if mark[20] != "A" else "B") + mark[21:]
        route.fulfill(response=answer, body=f"{head} {forged}")

    page.route("**/*.tlog-proof", forge)
    page.goto("/ledger/entries/3/")
    expect(page.locator("[data-step=root]")).to_have_attribute("data-state", "ok")
    expect(page.locator("[data-step=signature]")).to_have_attribute("data-state", "failed")


@pytest.mark.parametrize("dress", DRESSES, ids=DRESSES.keys())
def test_the_log_is_readable_in_every_dress(
    new_page: NewPage, axe: Callable[[Page], None], dress: str
) -> None:
    options = DRESSES[dress]
    page = new_page(**options)
    for address in ("/ledger/", "/ledger/entries/2/", "/ledger/audit/", "/find/"):
        page.goto(address)
        axe(page)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= options["viewport"]["width"], f"{address} scrolls sideways"


def test_an_entry_reads_without_scripts(new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    page.goto("/ledger/entries/3/")
    expect(page.get_by_text("Checked just now by the server")).to_be_visible()
    expect(page.get_by_text("Commands that do the same")).to_be_visible()
    expect(page.locator("[data-step]").first).to_be_hidden()
