"""A work of a licensee, declared in a real browser and seen to be signed."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from ledger import sequencer
from provenance.credentials.signing import sign_pending
from provenance.models import Output
from provenance.outputs.signing import sign_outputs_pending
from tests import factories
from tests.browser.test_uploads import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def picture() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (32, 32), "red").save(content, "PNG")
    return content.getvalue()


def test_a_lab_declares_a_work_and_sees_it_signed(
    page: Page, axe: Callable[[Page], None], var_dir: Path
) -> None:
    studio, lab = factories.studio(), factories.lab()
    grant = factories.grant(studio, lab, [factories.offered_words(studio)])
    sequencer.advance()
    sign_pending()
    sign_in(page, lab)
    page.goto(f"/grants/{grant.code}/")
    page.get_by_role("link", name="Declare an output").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("A poster")
    file = {"name": "poster.png", "mimeType": "image/png", "buffer": picture()}
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Declare it").click()
    expect(page.get_by_text("It is declared, and signed within a minute.")).to_be_visible()
    axe(page)
    assert Output.objects.get().filename == "poster.png"
    sequencer.advance()
    sign_outputs_pending()
    # The page asks again by itself.
    with page.expect_download() as caught:
        page.get_by_role("link", name="Signed file").click()
    assert len(Path(caught.value.path()).read_bytes()) > len(picture())
    expect(page.get_by_text("In the public log since")).to_be_visible()
    axe(page)
