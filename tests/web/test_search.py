"""What a lab finds among the offers, and how files get from there into a request."""

import pytest
from django.test import Client

from accounts.access import Actor
from catalog.models import Asset
from licensing.models import Offer, Request
from licensing.offers import withdraw_offer
from tests import factories
from tests.web.reading import signed_in, text, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def studio() -> Actor:
    return factories.studio("Peach Pictures")


@pytest.fixture
def lab() -> Actor:
    return factories.lab("Lumen Lab")


@pytest.fixture
def film(studio: Actor) -> Asset:
    return factories.offered_film(studio, names={"ko": "빅 벅 버니"})


def test_an_offer_shows_what_it_is_and_what_it_costs(lab: Actor, film: Asset) -> None:
    page = words(signed_in(lab).get("/search/"))
    for said in ("Big Buck Bunny", "빅 벅 버니", "Peach Pictures", "2008", "1 file", "0:05.3"):
        assert said in page
    assert "USD 1,000.00 per file" in page
    rows = text(signed_in(lab).get("/search/?view=list"))
    assert "<table" in rows
    assert "Big Buck Bunny" in rows


@pytest.mark.parametrize("typed", ["bunny", "버니", "peach", "buck peach", "벅"])
def test_words_find_titles_in_any_of_their_names(lab: Actor, film: Asset, typed: str) -> None:
    page = text(signed_in(lab).get("/search/", {"q": typed}))
    assert f"/search/{film.owner.code}/" in page
    assert f'value="{typed}"' in page


def test_what_matches_nothing_says_what_to_do(lab: Actor, film: Asset) -> None:
    page = text(signed_in(lab).get("/search/", {"q": "cathedral"}))
    assert "Nothing matches" in page
    assert film.owner.code not in page


def test_filters_follow_the_tree_of_uses_and_the_kind(lab: Actor, film: Asset) -> None:
    client = signed_in(lab)
    address = f"/search/{film.owner.code}/"
    assert address in text(client.get("/search/", {"use": "train.finetune"}))  # train covers it
    assert address not in text(client.get("/search/", {"use": "dub"}))
    assert address in text(client.get("/search/", {"kind": "film"}))
    assert address not in text(client.get("/search/", {"kind": "series"}))
    assert client.get("/search/", {"use": "nonsense", "cursor": "nonsense"}).status_code == 200


def test_pages_are_walked_there_and_back(
    lab: Actor, studio: Actor, film: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.views.search.CARDS", 1)
    other = factories.title(studio, name="Second film")
    factories.asset(studio, other)
    factories.offer(studio, other)
    client = signed_in(lab)
    first = client.get("/search/")
    assert "Second film" in text(first)
    assert "Big Buck Bunny" not in text(first)
    page = first.context["page"]
    second = client.get("/search/", {"cursor": page.next})
    assert "Big Buck Bunny" in text(second)
    assert second.context["page"].next is None
    back = client.get("/search/", {"cursor": second.context["page"].previous})
    assert "Second film" in text(back)


def test_a_withdrawn_offer_and_other_houses_find_nothing(
    lab: Actor, studio: Actor, film: Asset, client: Client
) -> None:
    assert signed_in(studio).get("/search/").status_code == 404
    assert client.get("/search/").headers["Location"] == "/accounts/login/?next=/search/"
    withdraw_offer(actor=studio, code=Offer.objects.get().code)
    assert film.owner.code not in text(signed_in(lab).get("/search/"))
    assert signed_in(lab).get(f"/search/{film.owner.code}/").status_code == 404


def test_the_files_of_an_offer_show_their_film_facts(lab: Actor, film: Asset) -> None:
    page = text(signed_in(lab).get(f"/search/{film.owner.code}/"))
    assert "1280 × 720" in page
    assert "25 frames/s" in page
    assert "Add to a request" in page


def test_a_viewer_sees_files_but_adds_none(lab: Actor, film: Asset) -> None:
    viewer = factories.member(lab)
    draft = factories.draft(lab, [])
    client = signed_in(viewer)
    address = f"/search/{film.owner.code}/"
    assert "Add to a request" not in text(client.get(address))
    answer = client.post(address, {"asset": film.code, "request": draft.code})
    assert answer.status_code == 403
    assert not draft.items.exists()


def test_chosen_files_join_a_draft(lab: Actor, film: Asset) -> None:
    draft = factories.draft(lab, [])
    answer = signed_in(lab).post(
        f"/search/{film.owner.code}/", {"asset": film.code, "request": draft.code}
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/requests/{draft.code}/")
    assert [item.asset for item in draft.items.all()] == [film]


def test_every_file_at_once_and_none_at_all(lab: Actor, film: Asset) -> None:
    draft = factories.draft(lab, [])
    client, address = signed_in(lab), f"/search/{film.owner.code}/"
    refused = client.post(address, {"request": draft.code})
    assert refused.status_code == 422
    assert "Choose at least one file." in text(refused)
    assert client.post(address, {"request": draft.code, "every": "on"}).status_code == 303
    assert draft.items.count() == 1


def test_a_new_request_begins_with_the_files_and_the_asked_price(lab: Actor, film: Asset) -> None:
    client = signed_in(lab)
    answer = client.post(f"/search/{film.owner.code}/", {"asset": film.code, "request": "new"})
    begun = client.get(answer.headers["Location"])
    assert "It begins with 1 file." in words(begun)
    form = text(begun)
    assert 'value="1000.00"' in form
    assert f'name="asset" value="{film.code}"' in form
    assert not Request.objects.exists()


def test_the_list_takes_the_same_number_of_queries_however_long(
    lab: Actor, studio: Actor, film: Asset, django_assert_max_num_queries: object
) -> None:
    client = signed_in(lab)
    client.get("/search/")
    with django_assert_max_num_queries(12) as few:  # type: ignore[operator]
        client.get("/search/")
    for number in range(3):
        other = factories.title(studio, name=f"Film {number}")
        factories.asset(studio, other)
        factories.offer(studio, other)
    with django_assert_max_num_queries(len(few)):  # type: ignore[operator]
        client.get("/search/")
