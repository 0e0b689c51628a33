"""The search page in a real browser: both houses, both languages, small and large, by keyboard."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.access import Actor
from licensing.search.indexing import index_pending
from tests import factories
from tests.browser.conftest import NewPage
from tests.browser.test_licensing import sign_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]

type Axe = Callable[[Page], None]
LONG = "아주 긴 제목의 영화, 한 줄에 다 들어가지 않을 만큼 길고 또 길어서 어떻게 되는지 보는 이야기"


@pytest.fixture
def studio() -> Actor:
    studio = factories.studio("Peach Pictures")
    factories.offered_words(
        studio, name="괴물", language="ko", names={"en": "The Host"}, genres=["drama"]
    )
    factories.offered_words(studio, name="Oldboy", genres=["crime"], year=2003)
    factories.title(studio, name=LONG, language="ko", genres=["drama"])
    index_pending()
    return studio


def test_a_studio_narrows_its_library_and_keeps_the_question(
    new_page: NewPage, axe: Axe, live_server: LiveServer, studio: Actor
) -> None:
    page = new_page(viewport={"width": 1440, "height": 900})
    sign_in(page, studio, live_server.url)
    page.goto("/titles/")
    expect(page.locator(".search-summary")).to_contain_text("3 titles")
    axe(page)
    page.get_by_role("link", name="Drama 2").click()
    expect(page.locator(".search-summary")).to_contain_text("2 titles")
    page.get_by_role("link", name="Contact sheet").click()
    axe(page)
    page.get_by_text("Save this search").click()
    page.get_by_label("Name of the search").fill("Dramas")
    axe(page)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The search is saved.")).to_be_visible()
    page.get_by_role("link", name="Take all away").click()
    expect(page.locator(".search-summary")).to_contain_text("3 titles")
    page.get_by_role("link", name="Dramas").click()
    expect(page.locator(".search-summary")).to_contain_text("2 titles")
    page.get_by_role("link", name="All saved searches").click()
    page.get_by_text("Change").click()
    axe(page)
    page.get_by_role("button", name="Delete “Dramas”").click()
    expect(page.get_by_text("No saved searches yet")).to_be_visible()
    axe(page)


def test_a_lab_finds_by_keyboard_and_adds_what_it_found(
    new_page: NewPage, axe: Axe, live_server: LiveServer, studio: Actor
) -> None:
    lab = factories.lab("Lumen Lab")
    page = new_page(viewport={"width": 1440, "height": 900})
    sign_in(page, lab, live_server.url)
    page.goto("/search/")
    expect(page.get_by_text(LONG)).not_to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("host")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=host")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="괴물")).to_be_focused()
    page.get_by_role("link", name="Files 1").click()
    axe(page)
    page.get_by_label("Every file found").check()
    page.get_by_role("button", name="Add files").click()
    expect(page.get_by_text("It begins with 1 file.")).to_be_visible()


def test_the_page_fits_a_telephone_in_korean(
    new_page: NewPage, axe: Axe, live_server: LiveServer, studio: Actor
) -> None:
    page = new_page(viewport={"width": 390, "height": 844}, color_scheme="dark", locale="ko-KR")
    sign_in(page, studio, live_server.url)
    for view in ("list", "sheet"):
        page.goto(f"/titles/?view={view}")
        expect(page.locator(".search-summary")).to_contain_text("작품 3편")
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_text("필터").click()
    page.get_by_role("link", name="드라마 2").click()
    expect(page.locator(".search-summary")).to_contain_text("작품 2편")


def test_the_page_works_without_scripts(
    new_page: NewPage, live_server: LiveServer, studio: Actor
) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, studio, live_server.url)
    page.goto("/titles/")
    page.get_by_label("Words of a name, a person").fill("올드보이 oldboy")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_text("Nothing matches")).to_be_visible()
    page.goto("/titles/?q=oldboy")
    page.locator(".search-order > summary").click()
    page.get_by_role("link", name="Latest year").click()
    expect(page.locator(".search-summary")).to_contain_text("1 title")
