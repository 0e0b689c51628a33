"""An auditor in a real browser: let in, reads, downloads, and checks it with the own program."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from ledger.documents import publish_documents
from ledger.sequencer import advance
from licensing.models import AuditCase
from tests import factories
from tests.browser.conftest import Console, NewPage
from tests.browser.test_licensing import sign_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]


def test_an_auditor_is_let_in_checks_the_facts_and_is_shut_out(
    new_page: NewPage,
    axe: Callable[[Page], None],
    console: Console,
    live_server: LiveServer,
    tmp_path: Path,
) -> None:
    console.expect("status of 422")  # the typing error below
    cache.clear()
    studio, auditor = factories.studio("Peach Pictures"), factories.auditor("Han & Partners")
    publish_documents()
    deal = factories.grant(studio, factories.lab(), [factories.offered_words(studio)]).deal
    owner = new_page(viewport={"width": 1440, "height": 900})
    reader = new_page(viewport={"width": 390, "height": 844}, accept_downloads=True)
    sign_in(owner, studio, live_server.url)
    sign_in(reader, auditor, live_server.url)

    owner.goto(f"/deals/{deal.code}/")
    owner.get_by_text("Give an auditor access", exact=True).click()
    owner.get_by_label("The auditor’s edge code").fill("7K3F 2Q9X")
    owner.get_by_role("button", name="Give access").click()
    expect(owner.get_by_text("This is not an edge code").first).to_be_visible()
    assert auditor.organisation is not None
    owner.get_by_label("The auditor’s edge code").fill(auditor.organisation.display_code)
    owner.get_by_label("Note for the auditor").fill("The accounts of 2026.")
    owner.get_by_role("button", name="Give access").click()
    expect(owner.get_by_role("link", name="Han & Partners")).to_be_visible()
    axe(owner)
    advance()

    reader.goto("/home/")
    axe(reader)
    reader.get_by_role("link", name="Peach Pictures").click()
    expect(reader.get_by_role("heading", name="Grant issued")).to_be_visible()
    expect(reader.get_by_text("The accounts of 2026.")).to_be_visible()
    axe(reader)
    with reader.expect_download() as coming:
        reader.get_by_role("button", name="Download the openings").click()
    coming.value.save_as(tmp_path / coming.value.suggested_filename)
    advance()
    said = audit(reader, live_server.url, tmp_path)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "15 of " in said.stdout  # the lab keeps two facts of its request to itself

    owner.goto(f"/cases/{AuditCase.objects.get().code}/")
    expect(owner.get_by_text("2 times, last")).to_be_visible()
    owner.get_by_text("Close the case", exact=True).click()
    owner.get_by_role("button", name="Close this case").click()
    expect(owner.get_by_text("the auditor sees nothing of it any more").first).to_be_visible()
    axe(owner)
    reader.reload()
    expect(reader.get_by_text("Its facts are not open to you any more")).to_be_visible()
    expect(reader.get_by_role("heading", name="Grant issued")).to_have_count(0)
    axe(reader)


def audit(page: Page, site: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the command as the page shows it."""
    shown = page.locator("pre", has_text="edgecode audit").inner_text()
    assert f"{site}/ledger/" in shown
    program = "from edgecode.command import main; raise SystemExit(main())"
    command = shown.replace("edgecode audit", f"{sys.executable} -c '{program}' audit")
    return subprocess.run(  # noqa: S602 - what the page tells people to type
        f"set -e\n{command}",
        shell=True,
        cwd=folder,
        env={**os.environ, "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
