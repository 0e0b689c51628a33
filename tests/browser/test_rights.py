"""A title's facts, chain and description in a real browser, wide and narrow, in two languages."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from accounts.access import Actor
from catalog.models import Title
from catalog.parties import credit, register_party
from catalog.rights import correct_fact, record_fact
from tests import factories
from tests.browser.conftest import Console, NewPage
from tests.web.reading import signed_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]

type Axe = Callable[[Page], None]

NAME = "빅 벅 버니 — 숲속의 거대한 토끼와 세 악당의 아주 길고 긴 이야기, 감독판"


def sign_in(page: Page, actor: Actor) -> None:
    session = signed_in(actor).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": settings.BASE_URL}])


@pytest.fixture
def studio() -> Actor:
    return factories.studio("Northgate Pictures")


@pytest.fixture
def title(studio: Actor) -> Title:
    """A film with thirty facts: a long chain, a broken line, and one of each other kind."""
    title = factories.title(studio, name=NAME, language="ko")
    told: list[tuple[str, dict[str, Any]]] = [
        ("ownership", {"party": f"Author {number}", "share": "1/10"}) for number in range(10)
    ]
    told += [
        ("assignment", {"from": f"Author {number}", "to": "Harbour Publishing", "share": "1/10"})
        for number in range(9)
    ]
    told += [
        ("grant_in", {"from": "Harbour Publishing", "to": "Northgate Pictures", "uses": ["train"],
                      "start": "2001-05-03", "end": {"duration": "P30Y"}, "sublicensable": True}),
        ("grant_in", {"from": "Stranger", "to": "Northgate Pictures", "uses": ["dub"]}),
        ("grant_out", {"to": "Lumen", "uses": ["index"], "start": "2024-01-01"}),
        ("restriction", {"uses": ["generate"], "territory": ["KR", "JP"]}),
        ("holdback", {"beneficiary": "Broadcaster", "end": {"event": "premiere", "lag": "P6M"}}),
        ("cap", {"max_licensees": 3, "start": "2025-01-01", "end": {"through": "2027-12-31"}}),
        ("option", {"holder": "Lumen", "type": "rofr", "notice": "P30D"}),
        ("element", {"element": "music", "ai": "unknown", "ref": "Song of the sea"}),
        ("guild", {"guild": "SAG-AFTRA", "agreement": "TV/Theatrical 2023"}),
        ("performer", {"person": "Kim Min"}),
        ("event", {"name": "premiere", "date": "2026-02-01"}),
    ]  # fmt: skip
    for kind, body in told:
        record_fact(actor=studio, title=title, kind=kind, body=body, document="Deed of 1999")
    return title


def looked_at(page: Page, name: str) -> None:
    """Nothing sticks out sideways."""
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{name} is {wide} px too wide"


def test_a_right_is_recorded_corrected_and_explained(
    page: Page, console: Console, axe: Axe, studio: Actor
) -> None:
    console.expect("status of 422")
    title = factories.title(studio)
    sign_in(page, studio)
    page.goto(f"/titles/{title.code}/rights/")
    page.get_by_role("link", name="Record a fact").click()
    axe(page)
    looked_at(page, "kinds")
    page.get_by_role("link", name="Licence in").click()
    axe(page)
    looked_at(page, "grant_in")
    page.get_by_label("Who gave it").fill("Author")
    page.get_by_label("Who holds it").fill("Northgate Pictures")
    page.get_by_role("button", name="Record it").click()
    expect(page.get_by_text("Uses: Choose at least one.")).to_be_visible()
    axe(page)
    page.get_by_label("Training", exact=True).check()
    page.get_by_label("From (optional)", exact=True).fill("2020-01-01")
    page.get_by_label("How it ends").select_option(label="Through a day, which is included")
    page.get_by_label("Day of the end (optional)", exact=True).fill("2029-12-31")
    page.get_by_role("button", name="Record it").click()
    expect(page.get_by_text("Clearance counts it from now on.")).to_be_visible()
    expect(page.get_by_text("The line is broken at Author")).to_be_visible()
    axe(page)
    looked_at(page, "rights_one")
    page.locator("tbody").get_by_role("link", name="Northgate Pictures").first.click()
    axe(page)
    page.get_by_role("link", name="Correct it").click()
    expect(page.get_by_label("Day of the end (optional)", exact=True)).to_have_value("2029-12-31")
    page.get_by_role("checkbox", name="May be licensed on").check()
    page.get_by_label("Why it is corrected").fill("Read again")
    page.get_by_role("button", name="Record the correction").click()
    expect(page.get_by_text("The correction is recorded")).to_be_visible()


@pytest.mark.long
@pytest.mark.parametrize(
    "look",
    [
        {"locale": "en-US", "viewport": {"width": 1440, "height": 900}},
        {"locale": "ko-KR", "viewport": {"width": 390, "height": 844}},
        {"locale": "en-US", "viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
    ],
)
def test_the_pages_of_a_title_read_well_at_every_width(
    new_page: NewPage, axe: Axe, studio: Actor, title: Title, look: dict[str, Any]
) -> None:
    who = register_party(actor=studio, kind="person", name="Kim Min", names={"ko": "김민"})
    register_party(actor=studio, kind="person", name="Kim Min")
    credit(actor=studio, title_code=title.code, party_code=who.code, role="director")
    twin = factories.title(studio, name=NAME, language="ko")
    paper = factories.evidence(studio)
    wrong = title.facts.order_by("pk")[0]
    right = {"party": "Author 0", "share": "1/5"}
    correct_fact(actor=studio, code=wrong.code, body=right, reason="x", evidence=paper.code)
    page = new_page(**look)
    sign_in(page, studio)
    name_of_look = f"{look['locale']}-{look['viewport']['width']}"
    base = f"/titles/{title.code}/"
    for name, path in {
        "overview": base,
        "edit": f"{base}edit/",
        "names": f"{base}names/",
        "credits": f"{base}credits/?q=Kim",
        "credit": f"{base}credits/{who.code}/",
        "parts": f"{base}parts/",
        "same": f"{base}same/",
        "merge": f"{base}same/{twin.code}/",
        "rights": f"{base}rights/",
        "fact": f"{base}rights/{wrong.code}/",
        "parties": "/parties/",
        "party": f"/parties/{who.code}/",
        "documents": "/documents/",
        "document": f"/documents/{paper.code}/",
    }.items():
        page.goto(path)
        axe(page)
        looked_at(page, f"{name}-{name_of_look}")
