"""The frame and the parts in a real browser: readable by all, usable by keyboard, honest."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Console, NewPage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.web.urls")]

HASH = "5f2b8c0d" + "0" * 50 + "7c3a1d"
WIDE = {"viewport": {"width": 1440, "height": 900}, "locale": "en-US"}
NARROW = {"viewport": {"width": 390, "height": 844}, "locale": "ko-KR"}
DRESSES: dict[str, dict[str, Any]] = {
    "wide, English, light": {**WIDE, "color_scheme": "light"},
    "wide, English, dark": {**WIDE, "color_scheme": "dark"},
    "narrow, Korean, light": {**NARROW, "color_scheme": "light"},
    "narrow, Korean, dark": {**NARROW, "color_scheme": "dark"},
}
OPPOSITE = ("wide, English, light", "narrow, Korean, dark")
"""For pages that add nothing to what the frame does in the other two."""


@pytest.mark.parametrize("dress", DRESSES, ids=DRESSES.keys())
def test_pages_are_readable_in_every_dress(
    new_page: NewPage, axe: Callable[[Page], None], dress: str
) -> None:
    options = DRESSES[dress]
    page = new_page(**options)
    for address in ("/", "/accounts/login/", "/titles/", "/form/"):
        page.goto(address)
        assert page.locator("html").get_attribute("lang") == options["locale"][:2], address
        axe(page)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= options["viewport"]["width"], f"{address} scrolls sideways"


def test_rows_search_and_help_answer_to_keys(page: Page) -> None:
    page.goto("/titles/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="reel-2.mp4")).to_be_focused()
    page.keyboard.press("k")
    expect(page.get_by_role("link", name="reel-1.mp4")).to_be_focused()
    page.keyboard.press("?")
    help_box = page.get_by_role("dialog", name="Keyboard")
    expect(help_box).to_be_visible()
    page.keyboard.press("Escape")
    expect(help_box).to_be_hidden()


def test_a_hash_is_copied_whole(new_page: NewPage) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto("/titles/")
    page.get_by_role("button", name="Copy SHA-256").first.click()
    expect(page.locator("#status")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == HASH


def test_the_chosen_theme_stays(page: Page) -> None:
    page.goto("/")
    switch = page.get_by_role("button", name="Light or dark: Auto")
    switch.click()
    page.get_by_role("button", name="Light or dark: Light").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("button", name="Light or dark: Dark")).to_be_visible()


def test_an_uploaded_form_with_an_error_comes_back_with_what_was_typed(
    page: Page, tmp_path: Path
) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(b"0" * 3_000_000)
    page.goto("/form/")
    page.get_by_label("Name").evaluate("box => box.removeAttribute('maxlength')")
    page.get_by_label("Name").fill("A name that is far too long")
    page.get_by_label("Drop a file here").set_input_files(film)
    expect(page.get_by_text("film.mp4, 3 MB")).to_be_visible()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("One thing to correct")
    expect(page.get_by_label("Name")).to_have_value("A name that is far too long")


def test_reading_works_without_scripts(new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    page.goto("/titles/")
    expect(page.get_by_role("heading", name="Harbour Lights")).to_be_visible()
    expect(page.get_by_role("button", name="Copy SHA-256").first).to_be_hidden()


def test_a_missing_page_is_a_whole_page(
    page: Page, console: Console, axe: Callable[[Page], None]
) -> None:
    console.expect("status of 404")
    page.goto("/nothing/here/")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    axe(page)
