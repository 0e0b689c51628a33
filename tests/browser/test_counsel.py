"""Counsel's day in a browser: a question answered, a rule of one's own, the library asked."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from licensing.library.readiness import check_readiness_pending
from licensing.library.surveys import survey_pending
from licensing.models import Deal, DealState
from licensing.verdicts.clearing_again import clear_again_pending
from tests import factories
from tests.browser.conftest import NewPage
from tests.browser.test_licensing import sign_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]


def test_a_rule_of_ones_own_reaches_the_queue_and_the_library_is_asked(
    new_page: NewPage, live_server: LiveServer, axe: Callable[[Page], None], tmp_path: Path
) -> None:
    studio = factories.studio("Northgate")
    film = factories.title(studio, name="Harbour")
    file = factories.words(studio, film)
    for party in ("Northgate", "Bruma"):
        factories.ownership(studio, film, party=party, share="1/2", law="US")
    factories.offer(studio, film)
    deal: Deal = factories.deal(factories.lab("Quill"), [file])
    check_readiness_pending()
    counsel = new_page(viewport={"width": 390, "height": 844}, accept_downloads=True)
    sign_in(counsel, studio, live_server.url)

    counsel.goto("/counsel/")
    expect(counsel.get_by_text("No question is open")).to_be_visible()
    counsel.goto("/rules/?table=co_owners")
    axe(counsel)
    counsel.get_by_role("link", name="United States").first.click()
    counsel.get_by_label("There shall be no such row").check()
    counsel.get_by_label("Source").fill("Memo of 1 May")
    counsel.get_by_role("button", name="Record the row").click()
    expect(counsel.get_by_text("Memo of 1 May").first).to_be_visible()
    axe(counsel)

    # The worker does it, and nobody had to approve.
    clear_again_pending()
    check_readiness_pending()
    counsel.goto("/counsel/")
    counsel.get_by_role("link", name="Harbour").first.click()
    expect(counsel.get_by_role("heading", name="Record counsel’s opinion")).to_be_visible()
    axe(counsel)
    assert Deal.objects.get(pk=deal.pk).state == DealState.OPEN

    counsel.goto("/readiness/questions/")
    counsel.get_by_role("link", name="Ask a question").first.click()
    counsel.get_by_label("Fine-tuning").check()
    counsel.get_by_label("Foundation model").check()
    counsel.get_by_label("From", exact=True).fill("2027-01-01")
    axe(counsel)
    counsel.get_by_role("button", name="Ask of the whole library").click()
    expect(counsel.get_by_text("0 of 1")).to_be_visible()
    axe(counsel)
    survey_pending()
    with counsel.expect_download() as coming:  # the page has loaded anew by itself
        counsel.get_by_role("link", name="Download all as CSV").click()
    coming.value.save_as(tmp_path / "library.csv")
    assert "GOVERNING_LAW_UNKNOWN" in (tmp_path / "library.csv").read_text("utf-8-sig")
    axe(counsel)
