"""Tables of the licensing pages in a narrow window: what they list stays readable."""

import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.keys import create_api_key
from licensing.models import Grant, OfferDraft, Request
from tests import factories
from tests.browser.conftest import NewPage
from tests.browser.test_licensing import sign_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]

FITS = "wrap => wrap.scrollWidth <= wrap.clientWidth"
USES = ["train.pretrain", "train.finetune", "train.discriminative"]


def test_uses_stand_in_few_lines(new_page: NewPage, live_server: LiveServer) -> None:
    studio, lab = factories.studio("Peach Pictures"), factories.lab("Lumen Lab")
    film = factories.offered_words(studio)
    factories.grant(studio, lab, [film])
    assert film.title is not None
    for model in (Request, Grant):
        model._default_manager.update(uses=USES)
    seller = new_page(viewport={"width": 390, "height": 844})
    buyer = new_page(viewport={"width": 390, "height": 844}, locale="ko-KR")
    sign_in(seller, studio, live_server.url)
    sign_in(buyer, lab, live_server.url)
    licences = f"/titles/{film.title.code}/licences/"
    sold = [(seller, address) for address in ("/deals/", "/grants/", licences)]
    for page, address in [*sold, *((buyer, each) for each in ("/requests/", "/deals/"))]:
        page.goto(address)
        cell = page.locator("td.uses").first
        lines = cell.evaluate(
            "cell => { const text = document.createRange(); text.selectNodeContents(cell);"
            " return new Set(Array.from(text.getClientRects(), box => box.top)).size }"
        )
        assert lines <= 4, (address, cell.inner_text())
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        if address != licences:  # each row is a card: nothing of it has to be scrolled to
            assert page.locator(".table-wrap").evaluate(FITS), address
    # Eight columns: each row is a card there, and nothing of it has to be scrolled to.
    OfferDraft.objects.create(
        code="ABCDEFGH",
        organisation=film.organisation,
        title=film.title,
        rows=[["a", "b", "c"]],
        proposed={},
        uses=USES,
        model_kinds=["foundation", "customer_private"],
        territory={"include": ["WORLD"], "except": ["CN", "RU"]},
        currency="USD",
        per="minute",
        price_minor=150,
        state="differs",
    )
    seller.goto("/offers/drafts/")
    wrap = seller.locator(".table-wrap")
    assert wrap.evaluate(FITS)
    row = seller.get_by_role("row").filter(has=seller.get_by_role("rowheader"))
    assert row.get_by_role("cell").filter(has_text="USD 1.50 per minute").is_visible()


def test_no_table_reaches_over_what_stands_beside_it(
    new_page: NewPage, live_server: LiveServer
) -> None:
    studio = factories.studio("Peach Pictures")
    create_api_key(actor=studio, name="Importer of the whole library", scopes=["read", "catalog"])
    page = new_page(locale="ko-KR")
    sign_in(page, studio, live_server.url)
    for address in ("/organisation/members/", "/organisation/keys/"):
        page.goto(address)
        for width in (1110, 1300, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            wrap = page.locator(".columns .table-wrap")
            scrolls = wrap.evaluate("wrap => getComputedStyle(wrap).overflowX === 'auto'")
            assert scrolls or wrap.evaluate(FITS), (address, width)
    assert wrap.evaluate(FITS), "the button that ends a key has to be scrolled to"
