"""The public log in a real browser, which proves an entry by itself."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Page, expect

from ledger import keys, proofs, sequencer, shards
from tests import factories
from tests.browser.conftest import Console, NewPage
from tests.browser.test_frame import DRESSES, OPPOSITE
from tests.web.cosigning import cosign, cosign_with_ml_dsa, show_witnessed, write_policy
from tests.worlds import kept

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("story")]


@pytest.fixture(autouse=True)
def _own_counters() -> None:
    cache.clear()


@kept
def story() -> None:
    studio = factories.studio("Peach Pictures")
    for _ in range(5):
        factories.title(studio)
    sequencer.advance()


def test_a_reader_walks_from_the_log_to_a_proof_computed_here(
    page: Page, axe: Callable[[Page], None]
) -> None:
    page.goto("/ledger/")
    axe(page)
    page.get_by_role("link", name="Title registered 5").click()
    page.wait_for_url("**/?kind=title.registered")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Title registered")).to_be_visible()
    steps = page.locator("[data-step]")
    expect(steps).to_have_count(7)
    for number in range(6):
        expect(steps.nth(number)).to_have_attribute("data-state", "ok")
    expect(steps.nth(6)).to_have_attribute("data-state", "waiting")  # nobody cosigned
    expect(steps.nth(6)).to_contain_text("no witness of the policy has cosigned")
    latest = proofs.latest()
    assert latest is not None
    expect(page.locator("[data-step=root]")).to_contain_text(latest.root.hex())
    axe(page)
    page.get_by_role("link", name="Previous entry").click()
    page.wait_for_url("**/ledger/entries/3/")


def test_every_entry_of_every_size_of_tree_is_proven(page: Page) -> None:
    for index in range(proofs.folder().size()):
        page.goto(f"/ledger/entries/{index}/")
        expect(page.locator("[data-step][data-state=ok]")).to_have_count(6)
        expect(page.locator("[data-step=cosignatures][data-state=waiting]")).to_have_count(1)


def test_a_page_that_shows_something_else_than_the_log_is_found_out(page: Page) -> None:
    def forge(route: Any) -> None:
        answer = route.fetch()
        body = answer.text().replace("&quot;film&quot;", "&quot;series&quot;")
        route.fulfill(response=answer, body=body)

    page.route("**/ledger/entries/3/", forge)
    page.goto("/ledger/entries/3/")
    expect(page.locator("[data-step=bytes]")).to_have_attribute("data-state", "failed")
    expect(page.locator("[data-step=signature]")).to_have_attribute("data-state", "ok")


def test_a_checkpoint_that_the_key_did_not_sign_is_found_out(page: Page) -> None:
    def forge(route: Any) -> None:
        answer = route.fetch()
        head, _, mark = answer.text().rpartition(" ")
        forged = mark[:20] + ("A" if mark[20] != "A" else "B") + mark[21:]
        route.fulfill(response=answer, body=f"{head} {forged}")

    page.route("**/*.tlog-proof", forge)
    page.goto("/ledger/entries/3/")
    expect(page.locator("[data-step=root]")).to_have_attribute("data-state", "ok")
    expect(page.locator("[data-step=signature]")).to_have_attribute("data-state", "failed")


NAMES = ("archive.example/w1", "guild.example")


def test_cosignatures_are_checked_here_and_those_of_a_kind_unknown_here_are_named(
    page: Page,
) -> None:
    cosign(*NAMES)
    key = cosign_with_ml_dsa("late.example")
    write_policy(*NAMES, others=(("late.example", key),))
    page.goto("/ledger/entries/3/")
    step = page.locator("[data-step=cosignatures]")
    expect(step).to_have_attribute("data-state", "ok")
    for name in NAMES:
        expect(step).to_contain_text(f"cosigned by {name}")
    expect(step).to_contain_text("of a kind that browsers cannot check: late.example")


def test_a_cosignature_that_the_witness_did_not_make_is_found_out(page: Page) -> None:
    note = cosign(*NAMES)
    write_policy(*NAMES)
    head, _, mark = note.rpartition(" ")
    forged = mark[:40] + ("A" if mark[40] != "A" else "B") + mark[41:]
    proofs.folder().write("checkpoint", f"{head} {forged}".encode())
    page.goto("/ledger/entries/3/")
    step = page.locator("[data-step=cosignatures]")
    expect(step).to_have_attribute("data-state", "failed")
    expect(step).to_contain_text(f"cosigned by {NAMES[0]}")
    expect(step).to_contain_text(f"does not hold: {NAMES[1]}")
    expect(page.locator("[data-step=signature]")).to_have_attribute("data-state", "ok")


def test_a_receipt_under_an_older_checkpoint_is_tied_to_the_newest(page: Page) -> None:
    show_witnessed(cosign(*NAMES))
    write_policy(*NAMES)
    size = proofs.folder().size()
    for more in (1, 4, 11):  # trees of several shapes begin with it
        for _ in range(more):
            factories.title(factories.studio())
        sequencer.advance()
        page.goto(f"/ledger/entries/{size - 1}/")
        step = page.locator("[data-step=newest]")
        expect(step).to_have_attribute("data-state", "ok")
        expect(step).to_contain_text(f"{size} → {proofs.folder().size()}")
        expect(page.locator("[data-step=cosignatures]")).to_have_attribute("data-state", "ok")
    page.goto(f"/ledger/entries/{size}/")
    expect(page.locator("[data-step=newest]")).to_have_attribute("data-state", "ok")
    expect(page.locator("[data-step=cosignatures]")).to_have_attribute("data-state", "waiting")


def test_a_log_that_does_not_begin_with_what_was_witnessed_is_found_out(page: Page) -> None:
    show_witnessed(cosign(*NAMES))
    write_policy(*NAMES)
    factories.title(factories.studio())
    sequencer.advance()

    def forge(route: Any) -> None:
        lines = route.fetch().text().split("\n")
        lines[0] = lines[0][:10] + ("A" if lines[0][10] != "A" else "B") + lines[0][11:]
        route.fulfill(status=200, body="\n".join(lines))

    page.route("**/consistency/**", forge)
    page.goto("/ledger/entries/2/")
    expect(page.locator("[data-step=newest]")).to_have_attribute("data-state", "failed")
    expect(page.locator("[data-step=cosignatures]")).to_have_attribute("data-state", "ok")


def test_receipts_of_a_key_that_is_gone_are_proven_by_it(page: Page) -> None:
    show_witnessed(cosign(*NAMES))
    write_policy(*NAMES)
    keys.rotate()
    keys.end_rotation()
    page.goto("/ledger/entries/2/")
    expect(page.locator("[data-step][data-state=ok]")).to_have_count(7)


def test_a_browser_without_ed25519_says_what_it_could_not_check(new_page: NewPage) -> None:
    page = new_page()
    page.add_init_script(
        "crypto.subtle.importKey = async () => {"
        " throw new DOMException('none here', 'NotSupportedError'); };"
    )
    page.goto("/ledger/entries/3/")
    expect(page.locator("[data-step=root]")).to_have_attribute("data-state", "ok")
    expect(page.get_by_text("This browser cannot check Ed25519 signatures")).to_be_visible()
    expect(page.locator("[data-step=signature]")).to_have_attribute("data-state", "waiting")


def test_the_exact_rules_open_from_the_page_of_a_kind(page: Page) -> None:
    page.goto("/ledger/kinds/grant.issued/")
    page.get_by_role("link", name="All rules of the auditor").click()
    page.wait_for_url("**/ledger/audit/#rules")
    expect(page.get_by_text("A grant covers a file at least.")).to_be_visible()


@pytest.mark.parametrize("dress", OPPOSITE)
def test_the_log_is_readable_in_opposite_dresses(
    new_page: NewPage, console: Console, axe: Callable[[Page], None], dress: str
) -> None:
    options = DRESSES[dress]
    page = new_page(**options)
    cosign(*NAMES)
    write_policy(*NAMES, "silent.example")
    for address in (
        "/ledger/",
        "/ledger/?kind=title.registered",
        "/ledger/?q=nothing",
        "/ledger/entries/2/",
        "/ledger/entries/99/",
        "/ledger/about/",
        "/ledger/audit/",
        "/ledger/kinds/",
        "/ledger/kinds/clearance.decided/",
        "/find/",
    ):
        if address == "/ledger/entries/99/":
            console.expect("404")
        page.goto(address)
        axe(page)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= options["viewport"]["width"], f"{address} scrolls sideways"


def test_an_entry_reads_without_scripts(new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    page.goto("/ledger/entries/3/")
    expect(page.get_by_text("Checked just now by the server")).to_be_visible()
    expect(page.get_by_text("Commands that do the same")).to_be_visible()
    expect(page.locator("[data-step]").first).to_be_hidden()


def test_entries_of_every_shard_are_proven(page: Page) -> None:
    sequencer.close(f"{timezone.now().year + 1}")
    sequencer.advance()
    factories.title(factories.studio())
    sequencer.advance()
    first = shards.live().first
    for index in (0, first - 1, first, proofs.size() - 1):
        page.goto(f"/ledger/entries/{index}/")
        expect(page.locator("[data-step][data-state=ok]")).to_have_count(6)
