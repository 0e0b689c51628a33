"""Dropping a file in a real browser, with its progress and its report."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect

from ledger import sequencer
from provenance.credentials.signing import sign_pending
from provenance.models import Credential
from tests import factories
from tests.browser.conftest import Console, NewPage
from tests.provenance.delivered import saved
from tests.worlds import kept

pytestmark = pytest.mark.django_db(transaction=True)

NARROW = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}


@pytest.fixture(autouse=True)
def _own_counters() -> None:
    cache.clear()


@kept
def signed() -> Credential:
    """A film that was signed for its licensee."""
    studio, lab = factories.studio("Peach Pictures"), factories.lab("Lumen Lab")
    factories.grant(studio, lab, [factories.offered_film(studio)])
    sequencer.advance()
    sign_pending()
    sequencer.advance()
    return Credential.objects.get()


@pytest.fixture
def film(signed: Credential, tmp_path: Path) -> Path:
    """The film as its licensee has it."""
    return saved(signed, tmp_path / "film.mp4")


def test_a_dropped_film_is_told_of_and_an_altered_one_too(
    page: Page, axe: Callable[[Page], None], film: Path
) -> None:
    page.goto("/verify/")
    axe(page)
    page.get_by_label("Drop a file here").set_input_files(film)
    page.get_by_role("button", name="Verify").click()
    verdict = page.get_by_role("heading", name="authentic, and its licence is in force")
    expect(verdict).to_be_visible()
    axe(page)
    with page.expect_download() as caught:
        page.get_by_role("link", name="Report for machines").click()
    assert '"verdict": "authorised"' in Path(caught.value.path()).read_text()
    altered = bytearray(film.read_bytes())
    altered[len(altered) // 2] ^= 1
    film.write_bytes(altered)
    page.get_by_role("link", name="Verify another file").click()
    page.get_by_label("Drop a file here").set_input_files(film)
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("heading", name="changed after it was signed")).to_be_visible()
    axe(page)


def test_the_log_entry_of_a_licence_is_one_click_away(page: Page, film: Path) -> None:
    page.goto("/verify/")
    page.get_by_label("Drop a file here").set_input_files(film)
    page.get_by_role("button", name="Verify").click()
    page.get_by_role("link", name="In the public log since").click()
    expect(page.get_by_role("heading", name="Grant issued")).to_be_visible()
    # All but the cosignatures, which this log has none of.
    expect(page.locator("[data-step][data-state=ok]")).to_have_count(6)


@pytest.mark.usefixtures("var_dir")
def test_an_empty_file_is_an_error_beside_the_field(
    page: Page, console: Console, axe: Callable[[Page], None], tmp_path: Path
) -> None:
    console.expect("status of 422")
    empty = tmp_path / "empty.mp4"
    empty.touch()
    page.goto("/verify/")
    page.get_by_label("Drop a file here").set_input_files(empty)
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("alert")).to_contain_text("The file is empty")
    expect(page.get_by_role("alert")).to_be_focused()
    axe(page)


@pytest.mark.usefixtures("var_dir")
def test_a_file_that_is_too_large_is_not_even_sent(page: Page, tmp_path: Path) -> None:
    page.goto("/verify/")
    box = page.get_by_label("Drop a file here")
    box.evaluate("box => { box.dataset.maxBytes = '10'; }")
    large = tmp_path / "large.mp4"
    large.write_bytes(bytes(11))
    box.set_input_files(large)
    assert box.evaluate("box => box.validationMessage") == (
        "This file is too large to be checked here."
    )


def test_the_report_works_without_scripts_and_on_a_telephone(new_page: NewPage, film: Path) -> None:
    page = new_page(java_script_enabled=False, **NARROW)
    page.goto("/verify/")
    page.get_by_label("Drop a file here").set_input_files(film)
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("Authentic and licensed")).to_be_visible()
