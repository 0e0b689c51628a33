"""Comparable deals beside an offer and a request, and the page that tells how they are made."""

import hashlib
from collections.abc import Iterator

import pytest
from django.test import Client
from time_machine import travel

from accounts.access import Actor
from licensing.comparable_deals import publish_precedents_pending
from tests import closed_deals, factories
from tests.web.reading import signed_in, words

pytestmark = pytest.mark.django_db
SAID = (
    "12 deals of 7 licensors: median USD 4.00 per minute, the middle half USD 3.20 to USD 5.00."
    " Published Nov 2026."
)
NOT_ENOUGH = "Not enough comparable deals have been published."


@pytest.fixture(autouse=True)
def in_november() -> Iterator[None]:
    with travel(closed_deals.NOVEMBER):
        yield


def page(actor: Actor, path: str) -> str:
    return words(signed_in(actor).get(path))


def test_deals_are_told_beside_an_offer_and_a_request_and_on_a_page_of_their_own() -> None:
    studio, lab = factories.studio(), factories.lab()
    film = factories.title(studio)
    factories.asset(studio, film)
    offer, book = f"/titles/{film.code}/offer/", "/precedents/"
    assert NOT_ENOUGH in page(studio, offer)
    assert "Nothing has been published yet" in page(studio, book)
    closed_deals.twelve()
    publish_precedents_pending()
    assert SAID in page(studio, offer)  # before a price is set
    factories.ownership(studio, film)
    factories.offer(studio, film)
    assert SAID in page(studio, offer)
    asked = factories.draft(lab, [film.assets.get()])
    assert SAID in page(lab, f"/requests/{asked.code}/")
    sole = factories.draft(lab, [film.assets.get()], exclusivity="sole")
    assert NOT_ENOUGH in page(lab, f"/requests/{sole.code}/")
    told = page(factories.auditor(), book)
    assert "picture · training generative models · non-exclusive · more than three years" in told
    assert Client().get(book).status_code == 302
    client = signed_in(lab)
    document = client.get("/precedents/2026-11.json").content
    assert hashlib.sha256(document).hexdigest() in client.get(book).content.decode()
    assert client.get("/precedents/2026-12.json").status_code == 404
    assert client.get(book, {"month": "2026-12"}).status_code == 404
