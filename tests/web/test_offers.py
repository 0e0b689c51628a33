"""Publishing and withdrawing what is on the market."""

import pytest
from django.test import Client

from accounts.access import Actor
from accounts.models import Role
from catalog.models import Asset
from licensing.models import Offer
from tests import factories
from tests.web.reading import signed_in, text, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]

OFFER = {
    "uses": ["train", "evaluate"],
    "model_kinds": ["foundation"],
    "territory": "World except KR",
    "price": "1250.00",
    "currency": "USD",
}


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def film(studio: Actor) -> Asset:
    return factories.words(studio, factories.title(studio))


@pytest.fixture
def client(studio: Actor) -> Client:
    return signed_in(studio)


def test_an_offer_is_published_and_withdrawn(client: Client, film: Asset) -> None:
    tab = f"/titles/{film.owner.code}/offer/"
    assert client.post(tab, OFFER).status_code == 303
    offer = Offer.objects.get()
    assert (offer.price_minor, offer.currency) == (125_000, "USD")
    for address in (tab, "/offers/"):
        page = words(client.get(address))
        assert "USD 1,250.00" in page
        assert "training and evaluation" in page
        assert "World except South Korea" in page
    assert "Published by Ada" in words(client.get(tab))
    assert client.post(f"{tab}{offer.code}/withdraw/").status_code == 303
    offer.refresh_from_db()
    assert offer.withdrawn_at is not None
    assert "Earlier offers" in words(client.get(tab))
    assert "Withdrawn 1" in words(client.get("/offers/"))
    assert "No such offer" in words(client.get("/offers/?state=published"))
    again = client.post(f"{tab}{offer.code}/withdraw/", follow=True)
    assert "This offer has already been withdrawn." in words(again)


def test_an_offer_that_a_program_made_names_the_key_and_who_made_it(
    client: Client, studio: Actor, film: Asset
) -> None:
    factories.offer(factories.key_actor(studio), film.owner)
    page = words(client.get(f"/titles/{film.owner.code}/offer/"))
    assert "Published by Ada" in page
    assert "with the API key “tests”" in page


def test_a_price_is_exact_or_refused(client: Client, film: Asset) -> None:
    refused: list[tuple[dict[str, object], str]] = [
        ({"price": "12.505"}, "Write digits with at most 2 decimals in USD, such as 1,250.50."),
        ({"price": "12,50"}, "A comma only groups thousands and a point begins the decimals"),
        ({"price": "1.250,00"}, "A comma only groups thousands"),
        ({"price": "1,250", "currency": "BHD"}, "at most 3 in BHD, such as 1,250.500."),
        ({"price": "1,25 0"}, "A comma only groups thousands"),
        ({"price": "-5"}, "at most 2 decimals"),
        ({"price": "12.5", "currency": "KRW"}, "Write whole digits, without decimals, for KRW"),
        ({"price": ""}, "Price: Fill this in."),
        ({"currency": "XXX"}, "XXX” is not in the list"),
        ({"uses": []}, "Uses on offer: Choose at least one."),
        ({"territory": "Mars"}, "“Mars” is no country we know."),
    ]
    for changes, said in refused:
        response = client.post(f"/titles/{film.owner.code}/offer/", OFFER | changes)
        assert response.status_code == 422, changes
        assert said in words(response)
    assert not Offer.objects.exists()


@pytest.mark.parametrize(
    ("price", "currency", "minor"),
    [
        ("1,250.00", "USD", 125_000),
        ("1 250", "USD", 125_000),
        ("1\N{NO-BREAK SPACE}250\N{NO-BREAK SPACE}000.5", "USD", 125_000_050),
        ("1,250,000", "KRW", 1_250_000),
        ("1,250.500", "BHD", 1_250_500),
    ],
)
def test_a_price_may_be_grouped(
    client: Client, film: Asset, price: str, currency: str, minor: int
) -> None:
    form = OFFER | {"price": price, "currency": currency}
    assert client.post(f"/titles/{film.owner.code}/offer/", form).status_code == 303
    offer = Offer.objects.get()
    assert (offer.price_minor, offer.currency) == (minor, currency)


def test_a_title_without_files_is_sent_to_its_files_first(client: Client, studio: Actor) -> None:
    title = factories.title(studio)
    tab = f"/titles/{title.code}/offer/"
    assert "Nothing to offer yet" in words(client.get(tab))
    assert "Add a file first" in words(client.post(tab, OFFER))
    assert not Offer.objects.exists()


def test_an_editor_may_not_publish_nor_withdraw(studio: Actor, film: Asset) -> None:
    client = signed_in(factories.member(studio, Role.EDITOR))
    tab = f"/titles/{film.owner.code}/offer/"
    assert "An approver of your organisation can publish" in words(client.get(tab))
    assert client.post(tab, OFFER).status_code == 403
    assert not Offer.objects.exists()
    offer = factories.offer(studio, film.owner)
    assert client.post(f"{tab}{offer.code}/withdraw/").status_code == 403
    assert signed_in(factories.studio()).post(f"{tab}{offer.code}/withdraw/").status_code == 404
    offer.refresh_from_db()
    assert offer.withdrawn_at is None


def test_a_likeness_is_offered_the_same_way() -> None:
    talent = factories.talent()
    likeness = factories.likeness(talent)
    factories.asset(talent, likeness)
    client = signed_in(talent)
    assert client.post(f"/likenesses/{likeness.code}/offer/", OFFER).status_code == 303
    assert f"/likenesses/{likeness.code}/offer/" in text(client.get("/offers/"))
    assert client.get("/titles/").status_code == 404


def test_the_market_is_no_page_of_a_lab() -> None:
    assert signed_in(factories.lab()).get("/offers/").status_code == 404
    assert "Nothing is on offer" in words(signed_in(factories.studio()).get("/offers/"))


def test_a_rate_card_is_typed_shown_by_an_example_and_changed(client: Client, film: Asset) -> None:
    tab = f"/titles/{film.owner.code}/offer/"
    card = OFFER | {
        "price": "10.00", "times_exclusivity_exclusive": "250%", "times_use_train_finetune": "3/2",
        "times_territory": "KR, JP: 1/2", "minimum": "40.00",
    }  # fmt: skip
    asked = {
        "example_use": "train.finetune", "example_kind": "foundation",
        "example_exclusivity": "exclusive", "example_territory": "World",
    }  # fmt: skip
    live = client.post(tab, card | asked | {"example": "1"}, headers={"HX-Request": "true"})
    shown = words(live)
    assert "Use: fine-tuning × 1.5" in shown
    assert "Exclusivity: exclusive × 2.5" in shown
    assert "Comes to USD 37.50" in shown
    assert "Minimum guarantee USD 40.00 In all USD 40.00" in shown
    assert "<html" not in live.text
    assert not Offer.objects.exists()
    assert "Comes to USD 37.50" in words(client.post(tab, card | asked | {"example": "1"}))
    wrong = client.post(tab, card | {"times_use_train": "x", "times_territory": "KR 2"})
    assert wrong.status_code == 422
    assert "Write a factor, such as 1.5, 3/2 or 150%." in words(wrong)
    assert "Write countries, a colon and a factor" in words(wrong)
    assert client.post(tab, card).status_code == 303
    before = Offer.objects.get()
    page = words(client.get(tab))
    assert "Territory: Japan and South Korea × 0.5" in page
    form = client.get(f"{tab}?change")
    assert 'value="2.5"' in form.text
    changed = card | {"replaces": before.code, "price": "20.00"}
    assert client.post(tab, changed).status_code == 303
    after = Offer.objects.published().get()
    assert (after.price_minor, after.modifiers, after.minimum_minor) == (
        2000, before.modifiers, 4000,
    )  # fmt: skip
    assert client.post(tab, changed).status_code == 422  # somebody else was first
