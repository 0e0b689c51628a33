"""Two shots of a film in a real browser: ticked, asked for, agreed on, received as two files."""

from collections.abc import Callable
from pathlib import Path

import av
import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.access import for_membership
from accounts.models import Membership
from catalog.clips import cut_pending
from catalog.models import Asset
from catalog.readings import find_shots_pending
from ledger.sequencer import advance
from licensing.grants.issuing import issue_pending
from licensing.models import Deal, Grant
from licensing.search.indexing import index_pending
from provenance.credentials.signing import sign_pending
from tests import factories
from tests.browser.conftest import NewPage
from tests.browser.test_licensing import sign_in
from tests.catalog.media import picture, write_film
from tests.licensing.law import paid

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]

type Axe = Callable[[Page], None]


@pytest.fixture
def film(tmp_path: Path) -> Asset:
    """Four shots of a second each."""
    studio = factories.studio("Peach Pictures")
    path = write_film(tmp_path / "film.mp4", [picture(seed) for seed in (0, 3, 6, 9)])
    owner = factories.title(studio, names={"ko": "큰 토끼"})
    file = factories.asset(studio, owner, path)
    factories.ownership(studio, owner)
    factories.offer(studio, owner)
    assert find_shots_pending() == 1
    assert file.shots.count() == 4
    index_pending()
    return file


@pytest.mark.long
def test_two_shots_are_chosen_and_received(
    new_page: NewPage, axe: Axe, live_server: LiveServer, tmp_path: Path, film: Asset
) -> None:
    studio = for_membership(Membership.objects.get(organisation=film.organisation))
    lab = factories.lab("Lumen Lab")
    buyer = new_page(viewport={"width": 1440, "height": 900})
    seller = new_page(viewport={"width": 390, "height": 844}, locale="ko-KR")
    sign_in(buyer, lab, live_server.url)
    sign_in(seller, studio, live_server.url)

    # One from the search, begun as a new request ...
    buyer.goto("/search/?level=shot&order=-added")
    expect(buyer.locator(".search-summary")).to_contain_text("4 shots")
    axe(buyer)
    buyer.locator(f"input[name=shot][value='{film.code}:1']").check()
    buyer.get_by_role("button", name="Add shots").click()
    expect(buyer.get_by_role("heading", name="New request")).to_be_visible()
    buyer.get_by_label("Fine-tuning").check()
    buyer.get_by_label("Territory").fill("World")
    buyer.get_by_role("button", name="Create draft").click()
    expect(buyer.get_by_text("1 range", exact=False).first).to_be_visible()
    axe(buyer)

    # ... and one from the film's own page.
    buyer.get_by_text("Change ranges").click()
    buyer.get_by_role("link", name="Choose shots").click()
    expect(buyer.get_by_role("heading", name="4 shots")).to_be_visible()
    axe(buyer)
    buyer.get_by_role("checkbox", name="Shot 3").check()
    buyer.get_by_label("Add to", exact=True).select_option(index=0)
    buyer.get_by_role("button", name="Add to the request").click()
    expect(buyer.get_by_text("2 ranges, 0:02.0 in all")).to_be_visible()
    expect(buyer.get_by_role("heading", name="How the price comes about")).to_be_visible()
    axe(buyer)

    # What is typed wrong is said; the ranges stay.
    buyer.get_by_text("Change ranges").click()
    buyer.locator("textarea[name=ranges]").fill("0:00:03 - 0:00:09")
    buyer.get_by_role("button", name="Save").click()
    expect(buyer.get_by_text("a range reaches to 00:00:09.000")).to_be_visible()
    expect(buyer.get_by_text("2 ranges, 0:02.0 in all")).to_be_visible()
    buyer.get_by_role("button", name="Submit 1 file").click()
    expect(buyer.get_by_text("The request has been submitted.")).to_be_visible()

    deal = Deal.objects.get()
    seller.goto(f"/deals/{deal.code}/")
    expect(seller.locator(".clip")).to_have_count(2)
    axe(seller)
    paid(studio, deal)
    issue_pending()

    grant = Grant.objects.get()
    buyer.goto(f"/grants/{grant.code}/")
    expect(buyer.get_by_text("Waiting to be cut and signed")).to_have_count(2)
    axe(buyer)
    advance()
    assert [sign_pending(), cut_pending(), sign_pending(), sign_pending()] == [0, 1, 1, 1]
    for number, shot in enumerate((0, 2)):
        buyer.get_by_role("button", name="Get download links").first.click()
        link = buyer.get_by_role("link", name="Download file").nth(number)
        with buyer.expect_download() as download:
            link.click()
        name = download.value.suggested_filename
        assert name == f"film.00.00.0{shot}.000-00.00.0{shot + 1}.000.mp4"
        download.value.save_as(tmp_path / name)
        with av.open(str(tmp_path / name)) as container:
            assert sum(1 for _ in container.decode(video=0)) == 10
    axe(buyer)

    anybody = new_page(locale="en-US")
    anybody.goto("/verify/")
    anybody.locator("input[type=file]").first.set_input_files(tmp_path / name)
    anybody.get_by_role("button", name="Verify").first.click()
    expect(
        anybody.get_by_text("A part of a licensed file: 00:00:02.000 to 00:00:03.000.")
    ).to_be_visible()
