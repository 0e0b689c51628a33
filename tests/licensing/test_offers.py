"""Publishing what may be licensed: one offer at a time, by who may bind the organisation."""

from typing import Any

import pytest

from accounts.access import Permission
from accounts.errors import Conflict, Invalid, NotFound
from catalog.models import Title
from licensing.models import Offer
from licensing.money import MAX_MINOR
from licensing.offers.publishing import withdraw_offer
from tests import factories
from tests.accounts.witness import at_once, facts, last, only_with, refs, refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def film(studio: Any) -> Title:
    title = factories.title(studio)
    factories.words(studio, title)
    return title


def test_an_offer_is_published_and_its_price_is_committed_not_shown() -> None:
    studio = factories.studio()
    title = film(studio)
    offer = factories.offer(studio, title, territory=["US", "KR"], uses=["train", "train", "index"])
    event = last("offer.published")
    assert refs(event) == {"of": title.stream}
    assert facts(event) == {
        "terms": {
            "uses": ["train", "index"],
            "model_kinds": ["foundation"],
            "territory": ["KR", "US"],
            "price_minor": 100_000,
            "currency": "USD",
            "per": "file",
            "starts_at": None,
            "ends_at": None,
            "modifiers": [],
            "minimum_minor": 0,
            "most_favoured": False,
        }
    }
    assert b"100000" not in bytes(event.leaf)
    assert offer.title == title


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"uses": []}, "uses"),
        ({"uses": ["dream"]}, "uses"),
        ({"model_kinds": []}, "model_kinds"),
        ({"model_kinds": ["huge"]}, "model_kinds"),
        ({"territory": ["Atlantis"]}, "territory"),
        ({"price_minor": -1}, "price_minor"),
        ({"price_minor": MAX_MINOR + 1}, "price_minor"),
        ({"price_minor": True}, "price_minor"),
        ({"price_minor": 12.5}, "price_minor"),
        ({"currency": "XXY"}, "currency"),
        ({"currency": "usd"}, "currency"),
        ({"currency": ""}, "currency"),
    ],
)
def test_terms_that_make_no_sense_publish_nothing(change: dict[str, Any], field: str) -> None:
    studio = factories.studio()
    title = film(studio)
    with refused(Invalid, field):
        factories.offer(studio, title, **change)
    assert not Offer.objects.exists()


def test_there_is_something_to_license_and_one_offer_of_it() -> None:
    studio = factories.studio()
    empty, title = factories.title(studio), film(studio)
    with refused(Conflict):
        factories.offer(studio, empty)
    first = factories.offer(studio, title)
    with refused(Conflict):
        factories.offer(studio, title)
    withdraw_offer(actor=studio, code=first.code)
    assert last("offer.withdrawn").version == 2
    with refused(Conflict):
        withdraw_offer(actor=studio, code=first.code)
    second = factories.offer(studio, title, price_minor=0)
    assert list(Offer.objects.published()) == [second]


def test_only_the_owner_offers_and_withdraws() -> None:
    studio, rival = factories.studio(), factories.studio()
    title = film(studio)
    only_with(Permission.PUBLISH_OFFERS, studio, lambda who: factories.offer(who, title))
    with refused(NotFound):
        factories.offer(rival, title)
    offer = factories.offer(studio, title)
    only_with(
        Permission.PUBLISH_OFFERS, studio, lambda who: withdraw_offer(actor=who, code=offer.code)
    )
    with refused(NotFound):
        withdraw_offer(actor=rival, code=offer.code)
    assert list(Offer.objects.visible_to(studio)) == [offer]
    assert list(Offer.objects.visible_to(factories.lab())) == [offer]
    assert not Offer.objects.visible_to(rival).exists()


@pytest.mark.django_db(transaction=True)
def test_of_offers_published_at_once_one_stands() -> None:
    studio = factories.studio()
    title = film(studio)
    raised = at_once(*[lambda: factories.offer(studio, title)] * 4)
    assert sorted(type(error).__name__ for error in raised) == ["Conflict"] * 3 + ["NoneType"]
    assert Offer.objects.count() == 1
