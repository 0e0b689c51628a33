"""A certificate in a real browser: made by a side, scanned by a stranger with a telephone."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.access import Actor
from catalog.models import Title
from ledger import sequencer
from licensing.models import Grant
from tests import factories
from tests.browser.conftest import NewPage
from tests.browser.test_licensing import sign_in

pytestmark = pytest.mark.django_db(transaction=True)

NARROW = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture
def lab() -> Actor:
    return factories.lab("Lumen Lab")


@pytest.fixture
def grant(var_dir: Path, lab: Actor) -> Grant:
    cache.clear()
    studio = factories.studio("Peach Pictures")
    file = factories.offered_words(studio)
    Title.objects.filter(pk=file.title_id).update(name="밤의 나룻배 " * 40 + "W" * 20)
    grant = factories.grant(studio, lab, [file])
    sequencer.advance()
    return grant


def test_a_side_makes_it_and_a_stranger_scans_it(
    new_page: NewPage,
    live_server: LiveServer,
    axe: Callable[[Page], None],
    lab: Actor,
    grant: Grant,
) -> None:
    page = new_page()
    sign_in(page, lab, live_server.url)
    page.goto(f"/grants/{grant.code}/certificate/")
    axe(page)
    page.get_by_role("button", name="Make the certificate").click()
    expect(page.get_by_role("img", name="Square code of the address")).to_be_visible()
    axe(page)
    address = page.locator(".certificate-address a").get_attribute("href") or ""

    for language in ("en-US", "ko-KR"):
        stranger = new_page(locale=language, **NARROW)
        stranger.goto(address)
        heading = stranger.get_by_role("heading", level=1)
        expect(heading).to_have_text(re.compile("This licence is in force|유효한 이용 허락입니다"))
        axe(stranger)
        assert (
            stranger.evaluate("document.documentElement.scrollWidth") == NARROW["viewport"]["width"]
        )
        with stranger.expect_download() as caught:
            stranger.get_by_role("link", name="PDF, English").click()
        assert Path(caught.value.path()).read_bytes().startswith(b"%PDF")
