"""A Korean rights manager enters a chain of title by keyboard and browser, in one go."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from catalog.models import Fact, Title
from tests import factories
from tests.browser.conftest import Console, NewPage
from tests.browser.test_rights import Axe, looked_at, sign_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]


def begin(page: Page, kind: str) -> None:
    page.get_by_role("link", name=kind).first.click()
    expect(page.locator("form.form")).to_be_visible()


def fill(page: Page, **said: str) -> None:
    for name, value in said.items():
        field = page.locator(f"#id_{name.rstrip('_')}")
        if name == "end_by":
            field.select_option(value)
        else:
            field.fill(value)


def another(page: Page) -> None:
    page.locator("button[name=another]").click()
    expect(page.locator("ul.choices").first).to_be_visible()


def test_a_chain_of_five_instruments_is_entered_in_one_go(
    new_page: NewPage, console: Console, axe: Axe
) -> None:
    console.expect("status of 422")
    studio = factories.studio("노스게이트 픽처스")
    title = factories.title(studio, name="밤의 항구", language="ko")
    page = new_page(locale="ko-KR")
    sign_in(page, studio)
    page.goto(f"/titles/{title.code}/rights/new/")
    begin(page, "소유")
    fill(page, party="김작가", share="1/2", law="KR", document="저작권 등록증 제7호")
    another(page)
    begin(page, "소유")
    expect(page.locator("#id_share")).to_have_value("1/2")  # what is left
    expect(page.locator("#id_tz")).to_have_value("Asia/Seoul")
    expect(page.locator("#id_document")).to_have_value("저작권 등록증 제7호")
    fill(page, party="이작가")
    another(page)
    begin(page, "양도")
    expect(page.locator("#id_end")).to_be_hidden()  # it does not end
    fill(page, from_="김작가", to="항구출판", share="1/2", reversion_to="김작가")
    fill(page, start="2020-01-01", end_by="through", end="2019-12-31")
    axe(page)
    page.locator("button[name=another]").click()
    expect(page.locator(".field-error")).to_have_count(1)
    expect(page.locator("#id_end")).to_be_visible()
    fill(page, end="2034-12-31")
    another(page)
    begin(page, "양도")
    expect(page.locator("#id_from")).to_have_value("항구출판")  # who holds it by now
    fill(page, from_="이작가", to="노스게이트 픽처스", share="1/2")
    another(page)
    begin(page, "이용 허락을 받음")
    fill(page, from_="항구출판", to="노스게이트 픽처스", start="2025-01-01", end_by="duration",
         end_length="5년")  # fmt: skip
    page.locator("input[name=uses][value=train]").check()
    page.locator("#id_sublicensable").check()
    another(page)
    begin(page, "홀드백")
    fill(page, beneficiary="한빛방송", end_by="event", end_event="첫 방송", end_length="6개월")
    page.locator("form.form button.button-main").click()
    expect(page.locator(".chain")).to_be_visible()
    looked_at(page, "rights")
    assert "끊" not in page.locator(".chain").inner_text()
    check(title)


def check(title: Title) -> None:
    told: list[Any] = list(Fact.objects.filter(title=title).order_by("pk"))
    assert [fact.kind for fact in told] == [
        "ownership", "ownership", "assignment", "assignment", "grant_in", "holdback",
    ]  # fmt: skip
    deed = told[2].body
    assert (deed["share"], deed["reversion_to"], deed["end"]) == (
        "1/2", "김작가", {"through": "2034-12-31"},
    )  # fmt: skip
    assert told[2].ends_at.isoformat() == "2034-12-31T15:00:00+00:00"  # midnight in Seoul
    assert told[5].body["end"] == {"event": "첫 방송", "lag": "P6M"}
