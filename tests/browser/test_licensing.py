"""The main job in a real browser: a lab finds film, asks, pays; a studio agrees, and revokes."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.access import Actor
from ledger.sequencer import advance
from licensing.grants.issuing import issue_pending
from licensing.models import Deal, Grant
from licensing.search.indexing import index_pending
from provenance.credentials.signing import sign_pending
from tests import factories
from tests.browser.conftest import Console, NewPage
from tests.web.reading import signed_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]


def sign_in(page: Page, actor: Actor, site: str) -> None:
    """Give the browser the session of a member."""
    cookie = signed_in(actor).cookies["sessionid"]
    page.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": site}])


@pytest.mark.long
def test_a_licence_from_search_to_signed_file_and_its_end(
    new_page: NewPage,
    axe: Callable[[Page], None],
    console: Console,
    live_server: LiveServer,
    tmp_path: Path,
) -> None:
    console.expect("status of 422")  # the typing error below
    studio, lab = factories.studio("Peach Pictures"), factories.lab("Lumen Lab")
    factories.offered_film(studio, names={"ko": "빅 벅 버니"})
    buyer = new_page(viewport={"width": 1440, "height": 900})
    seller = new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    sign_in(buyer, lab, live_server.url)
    sign_in(seller, studio, live_server.url)

    index_pending()
    buyer.goto("/search/")
    buyer.get_by_label("Words of a name, a person").fill("버니")
    buyer.keyboard.press("Enter")
    buyer.wait_for_url("**/search/?q=*")
    axe(buyer)
    buyer.get_by_role("link", name="Big Buck Bunny").click()
    expect(buyer.get_by_role("heading", name="Add to a request")).to_be_visible()
    axe(buyer)
    buyer.get_by_role("checkbox", name="Picture").check()
    buyer.get_by_role("button", name="Add files").click()

    expect(buyer.get_by_role("heading", name="New request")).to_be_visible()
    axe(buyer)
    buyer.get_by_label("Fine-tuning").check()
    buyer.get_by_label("Territory").fill("World except Atlantis")
    buyer.get_by_role("button", name="Create draft").click()
    expect(buyer.get_by_role("alert")).to_be_focused()
    expect(buyer.get_by_role("alert")).to_contain_text("“Atlantis” is no country we know")
    expect(buyer.get_by_label("Fine-tuning")).to_be_checked()
    axe(buyer)
    buyer.get_by_label("Territory").fill("World except KR, JP")
    buyer.get_by_role("button", name="Create draft").click()
    expect(buyer.get_by_text("Evaluated just now")).to_be_visible()
    axe(buyer)
    buyer.get_by_role("button", name="Submit 1 file").click()
    expect(buyer.get_by_text("The request has been submitted.")).to_be_visible()

    deal = Deal.objects.get()
    seller.goto(f"/deals/{deal.code}/")
    axe(seller)
    seller.get_by_role("button", name="Approve 1 file for USD 1,000.00").click()
    seller.get_by_text("Record a bank transfer", exact=True).click()
    seller.get_by_label("Bank reference").fill("Wire 7")
    axe(seller)
    seller.get_by_role("button", name="Record USD 1,000.00 as received").click()
    expect(seller.get_by_text("The price is paid.")).to_be_visible()
    issue_pending()
    expect(seller.get_by_role("link", name="Open the grant")).to_be_visible()  # by itself
    axe(seller)

    grant = Grant.objects.get()
    buyer.goto(f"/grants/{grant.code}/")
    expect(buyer.get_by_text("Waiting to be signed")).to_be_visible()
    advance()
    assert sign_pending() == 1
    buyer.get_by_role("button", name="Get download links").click()
    with buyer.expect_download() as download:
        buyer.get_by_role("link", name="Download file").click()
    download.value.save_as(tmp_path / "film.mp4")
    digest = hashlib.sha256((tmp_path / "film.mp4").read_bytes()).hexdigest()
    assert digest in buyer.content()
    axe(buyer)

    seller.get_by_role("link", name="Open the grant").click()
    seller.get_by_text("Revoke the grant", exact=True).click()
    seller.get_by_label("Reason").fill("Used outside the scope.")
    seller.get_by_label("Type the grant’s code to confirm").fill(grant.display_code)
    axe(seller)
    seller.get_by_role("button", name="Revoke grant: Lumen Lab loses access to 1 file now").click()
    expect(seller.get_by_text("Used outside the scope.")).to_be_visible()

    anybody = new_page(locale="en-US")
    anybody.goto(f"/grants/{grant.code}/")
    expect(anybody.get_by_role("heading", name="This grant has been revoked")).to_be_visible()
    axe(anybody)
