"""Importing a list of titles in a real browser: dropped, mapped, tried, taken in, read."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from catalog.importing.pending import import_pending
from catalog.models import Import, ImportState
from tests.browser.test_studio import sign_up

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]

type Axe = Callable[[Page], None]
LONG = "빅 벅 버니 — 숲속의 거대한 토끼와 세 악당의 아주 길고 긴 이야기 감독판 완전 복원본"
TABLE = f"제목,연도,상영 시간,비고\n{LONG},2008,10,\nMother,2009,abc,x\nMother,2009,129,y\n"


def test_a_list_is_brought_in(page: Page, axe: Axe, tmp_path: Path) -> None:
    (tmp_path / "films.csv").write_text(TABLE)
    sign_up(page, "Studio: licenses", "Northgate Pictures")
    page.goto("/imports/")
    axe(page)
    page.get_by_role("link", name="Import a file").first.click()
    axe(page)
    page.get_by_label("Drop a file here").set_input_files(tmp_path / "films.csv")
    page.get_by_role("button", name="Send file").click()
    expect(page.get_by_role("heading", name="What the columns mean")).to_be_visible()
    expect(page.get_by_label("상영 시간")).to_have_value("TotalRunTime")
    axe(page)
    page.get_by_role("button", name="Dry run").click()
    expect(page.get_by_text("Waiting")).to_be_visible()
    import_pending()
    expect(page.get_by_role("heading", name="What the file would do")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Import now").click()
    expect(page.get_by_text("Waiting")).to_be_visible()
    axe(page)
    # As if it were under way, and the page loaded anew.
    Import.objects.filter(is_dry_run=False).update(state=ImportState.READING)
    page.reload()
    expect(page.get_by_text("Reading the file")).to_be_visible()
    import_pending()
    expect(page.get_by_role("heading", name="What the file did")).to_be_visible()
    page.get_by_role("link", name="Kept, with a warning 2").click()
    expect(page.get_by_text("csv!C3")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="Mother").first.click()
    expect(page.get_by_role("heading", level=1, name="Mother")).to_be_visible()


def test_a_source_is_kept(page: Page, axe: Axe) -> None:
    sign_up(page, "Studio: licenses", "Northgate Pictures")
    page.goto("/imports/sources/")
    page.get_by_label("Name of the source").fill("Rights desk")
    page.get_by_label("What an end date means").select_option("inclusive")
    page.get_by_role("button", name="Keep source").click()
    expect(page.get_by_role("link", name="Rights desk")).to_be_visible()
    axe(page)
