"""A studio's main path in a real browser: sign up, register, send a film, record, offer."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from catalog.pictures import make_pictures_pending
from catalog.upload_checks import check_uploads_pending
from tests import factories
from tests.browser.conftest import Console, NewPage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]

type Axe = Callable[[Page], None]


def sign_up(page: Page, kind: str, name: str) -> None:
    page.goto("/signup/")
    page.get_by_label(kind).check()
    page.get_by_label("Name of the organisation").fill(name)
    page.get_by_label("Your name").fill("Mira Olsen")
    page.get_by_label("E-mail").fill(f"mira@{name.split(maxsplit=1)[0].lower()}.example")
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Create organisation").click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()


@pytest.mark.long
def test_from_signing_up_to_an_offer(page: Page, axe: Axe) -> None:
    sign_up(page, "Studio: licenses", "Northgate Pictures")
    axe(page)
    page.get_by_role("link", name="Register a title").click()
    page.get_by_label("Original name").fill("빅 벅 버니 — 숲속의 거대한 토끼와 세 악당의 긴 이야기")
    page.get_by_label("Language of that name").fill("ko")
    axe(page)
    page.get_by_role("button", name="Register title").click()

    page.locator(".object-head").get_by_role("link", name="Add a file").click()
    axe(page)
    page.get_by_label("Drop a file here").set_input_files(factories.film_path())
    expect(page.get_by_text("bigbuckbunny.mp4, 1.1 MB")).to_be_visible()
    page.get_by_role("button", name="Send file").click()
    expect(page.get_by_text("Sent. Checking the file now.")).to_be_visible()
    check_uploads_pending()
    expect(page.get_by_text("What was found in the file")).to_be_visible()
    expect(page.get_by_text("1280 × 720, h264")).to_be_visible()
    expect(page.get_by_text("They appear here by themselves.")).to_be_visible()
    axe(page)
    make_pictures_pending()
    expect(page.locator("video")).to_be_visible()

    page.get_by_role("link", name="Files", exact=True).first.click()
    page.get_by_label("Drop a file here").set_input_files(factories.film_path())
    page.get_by_role("button", name="Send file").click()
    expect(page.get_by_text("Sent. Checking the file now.")).to_be_visible()
    check_uploads_pending()
    expect(page.get_by_text("This file is already here, to the last byte")).to_be_visible()
    page.get_by_role("link", name="Open the file").click()

    page.get_by_role("link", name="빅 벅 버니").first.click()
    expect(page.locator("video")).to_be_visible()
    page.locator(".object-head").get_by_role("link", name="Record who holds").click()
    page.get_by_role("link", name="Record a fact").click()
    page.get_by_role("link", name="Ownership").click()
    page.get_by_label("Territory").fill("World except KR, JP")
    axe(page)
    page.get_by_role("button", name="Record it").click()
    rights = page.get_by_role("region", name="Rights and restrictions")
    expect(rights.get_by_text("World except Japan and South Korea")).to_be_visible()
    axe(page)

    page.locator(".object-head").get_by_role("link", name="Publish an offer").click()
    page.get_by_label("Training", exact=True).check()
    page.get_by_role("checkbox", name="Foundation model").check()
    page.get_by_label("Price", exact=True).fill("1250.00")
    page.get_by_role("button", name="Publish offer").click()
    expect(page.get_by_text("AI labs find it from now on")).to_be_visible()
    axe(page)


def test_a_refused_film_is_told_of_where_it_was_sent(page: Page, axe: Axe, tmp_path: Path) -> None:
    sign_up(page, "Studio: licenses", "Northgate Pictures")
    page.get_by_role("link", name="Register a title").click()
    page.get_by_label("Original name").fill("Reel")
    page.get_by_role("button", name="Register title").click()
    page.locator(".object-head").get_by_role("link", name="Add a file").click()
    broken = tmp_path / "film.mp4"
    broken.write_bytes(b"no film at all " * 1000)
    page.get_by_label("Drop a file here").set_input_files(broken)
    page.get_by_role("button", name="Send file").click()
    expect(page.get_by_text("Sent. Checking the file now.")).to_be_visible()
    check_uploads_pending()
    expect(page.locator("[data-sending] .upload")).to_contain_text("The name says")
    axe(page)


def test_a_form_keeps_what_was_typed_and_shows_its_errors(
    page: Page, console: Console, axe: Axe
) -> None:
    console.expect("status of 422")
    sign_up(page, "Studio: licenses", "Northgate Pictures")
    page.goto("/titles/new/")
    page.get_by_label("Original name").fill("Kept")
    page.get_by_label("EIDR").fill("10.5240/0000")
    page.get_by_role("button", name="Register title").click()
    expect(page.get_by_role("alert")).to_contain_text("One thing to correct")
    page.get_by_role("link", name="EIDR:").click()
    expect(page.get_by_label("EIDR")).to_be_focused()
    expect(page.get_by_label("EIDR")).to_have_value("10.5240/0000")
    expect(page.get_by_label("Original name")).to_have_value("Kept")
    axe(page)


def test_a_consent_on_a_telephone_in_the_dark(new_page: NewPage, axe: Axe) -> None:
    page = new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    sign_up(page, "Talent: licenses", "Hanbit Agency")
    page.get_by_role("link", name="Register a performer").click()
    page.get_by_label("Name").fill("김하늘")
    page.get_by_role("button", name="Register performer").click()
    page.get_by_label("Voice").check()
    page.get_by_label("Description").fill("Session B")
    page.get_by_role("button", name="Register likeness").click()
    page.get_by_role("link", name="Record a consent").first.click()
    page.get_by_role("link", name="Record a consent").last.click()
    page.get_by_label("Dubbing").check()
    page.get_by_label("Voice").check()
    page.get_by_label("From").fill("2026-01-01")
    page.get_by_label("The consent in one sentence").fill("My voice may be dubbed.")
    axe(page)
    page.get_by_role("button", name="Record consent").click()
    page.get_by_label("Type 김하늘 to confirm").fill("김하늘")
    axe(page)
    page.get_by_role("button", name="Withdraw: new requests").click()
    expect(page.get_by_text("The consent is withdrawn from now on.")).to_be_visible()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390


def test_the_secret_of_a_key_is_copied(new_page: NewPage, axe: Axe) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    sign_up(page, "AI lab: takes", "Lumen Lab")
    page.goto("/organisation/keys/")
    page.get_by_label("Name").fill("Importer")
    page.get_by_role("button", name="Create key").click()
    secret = page.locator(".secret code").inner_text()
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.locator("[data-copied].button")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    axe(page)
    for tab in ("", "members/", "roles/"):
        page.goto(f"/organisation/{tab}")
        axe(page)
