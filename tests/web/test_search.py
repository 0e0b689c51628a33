"""What a lab finds among the offers, and how files get from there into a request."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import translation

from accounts.access import Actor
from catalog.models import Asset, BeginsWith, Cue, SavedSearch, Shot, Transcript
from catalog.search_live import NotReady
from licensing.models import Offer, Request
from licensing.offers.publishing import withdraw_offer
from licensing.search.indexing import index_pending, mark_all
from tests import factories
from tests.web.reading import signed_in, text, words
from tests.web.test_requests import FORM
from web.search_words import value_name
from web.work_words import country_name

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def studio() -> Actor:
    return factories.studio("Peach Pictures")


@pytest.fixture
def lab() -> Actor:
    return factories.lab("Lumen Lab")


@pytest.fixture
def film(studio: Actor) -> Asset:
    file = factories.offered_film(studio, names={"ko": "빅 벅 버니"})
    index_pending()
    return file


def indexed() -> None:
    mark_all()
    index_pending()


def test_an_offer_shows_what_it_is_and_what_it_costs(lab: Actor, film: Asset) -> None:
    page = words(signed_in(lab).get("/search/"))
    for said in ("Big Buck Bunny", "빅 벅 버니", "Peach Pictures", "2008", "1 file"):
        assert said in page
    assert "USD 1,000.00 per file" in page
    assert "1 title · less than a minute · USD 1,000.00" in page
    rows = text(signed_in(lab).get("/search/?view=list"))
    assert "<table" in rows
    assert "Big Buck Bunny" in rows


def test_a_price_that_factors_change_is_told_as_the_least_it_can_be(
    lab: Actor, studio: Actor
) -> None:
    factories.offered_words(studio, name="Plain")
    card = factories.title(studio, name="Carded")
    factories.words(studio, card, "Other")
    factories.offer(
        studio,
        card,
        modifiers=[
            {"by": "use", "of": "train", "times": "1/2"},
            {"by": "exclusivity", "of": "exclusive", "times": "3"},
        ],
    )
    indexed()
    page = words(signed_in(lab).get("/search/"))
    assert "from USD 500.00 per file" in page
    assert "from USD 1,000.00" not in page
    shown = words(signed_in(lab).get(f"/search/{card.code}/"))
    assert "Price USD 1,000.00 per file" in shown
    assert "Exclusivity: exclusive × 3" in shown


def test_who_asks_too_early_is_told_that_more_will_be_found(lab: Actor, studio: Actor) -> None:
    factories.title(studio, name="Not on offer")
    mark_all()
    assert "has just changed" not in text(signed_in(lab).get("/search/"))
    assert "1 title is being taken up" in words(signed_in(studio).get("/titles/"))
    factories.offered_film(studio)
    mark_all()
    assert "has just changed" in text(signed_in(lab).get("/search/"))
    index_pending()
    assert "has just changed" not in text(signed_in(lab).get("/search/"))


def test_words_find_titles_in_any_of_their_names(lab: Actor, film: Asset) -> None:
    client = signed_in(lab)
    for typed in ("bunny", "버니", "peach", "buck peach", "벅"):
        page = text(client.get("/search/", {"q": typed}))
        assert f"/search/{film.owner.code}/" in page, typed
        assert f'value="{typed}"' in page


def test_what_matches_nothing_says_what_to_do(lab: Actor, studio: Actor, film: Asset) -> None:
    page = text(signed_in(lab).get("/search/", {"q": "cathedral"}))
    assert "Nothing matches" in page
    assert film.owner.code not in page
    # Where nothing was typed, nothing is said of words.
    for reader, address in ((lab, "/search/"), (studio, "/titles/")):
        none = words(signed_in(reader).get(f"{address}?level=shot"))
        assert "No shots yet" in none
        assert "Nothing matches" not in none
        assert "prepared for search" not in none


def test_filters_follow_the_tree_of_uses_and_the_kind(lab: Actor, film: Asset) -> None:
    client = signed_in(lab)
    address = f"/search/{film.owner.code}/"
    assert address in text(client.get("/search/", {"use": "train.finetune"}))  # train covers it
    assert address not in text(client.get("/search/", {"use": "dub"}))
    assert address in text(client.get("/search/", {"kind": "film"}))
    assert address not in text(client.get("/search/", {"kind": "series"}))
    assert client.get("/search/", {"use": "nonsense", "cursor": "nonsense"}).status_code == 200


def test_a_filter_is_set_with_its_count_and_taken_away_again(lab: Actor, studio: Actor) -> None:
    for number, genre in enumerate(("drama", "drama", "crime")):
        factories.offered_words(studio, name=f"Film {number}", genres=[genre])
    index_pending()
    client = signed_in(lab)
    page = client.get("/search/")
    [genres] = [group for group in page.context["groups"] if group.name == "genre"]
    assert [(one.label, one.count) for one in genres.choices] == [("Drama", 2), ("Crime", 1)]
    narrowed = client.get(f"/search/{genres.choices[0].href}")
    assert narrowed.context["found"].total == 2
    assert "Genre: Drama" in words(narrowed)
    both = next(one for one in narrowed.context["groups"] if one.name == "genre").choices[1]
    assert client.get(f"/search/{both.href}").context["found"].total == 3
    [used] = narrowed.context["used"]
    assert client.get(f"/search/{used.href}").context["found"].total == 3


def test_a_lab_does_not_see_what_the_offer_does_not_say(lab: Actor, film: Asset) -> None:
    page = signed_in(lab).get("/search/?level=asset&view=list")
    assert film.filename not in text(page)
    assert "Licensable today" not in text(page)
    refused = signed_in(lab).get("/search/?rights=clear")
    assert refused.status_code == 422
    assert "Licensable today: This search cannot be answered" in words(refused)


def test_pages_are_walked(
    lab: Actor, studio: Actor, film: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.views.search.ROWS", 1)
    factories.offered_words(studio, name="Second film")
    indexed()
    client = signed_in(lab)
    first = client.get("/search/?order=name")
    assert "Big Buck Bunny" in text(first)
    assert "Second film" not in text(first)
    second = client.get(f"/search/{first.context['next_href']}")
    assert "Second film" in text(second)
    assert second.context["next_href"] == ""
    back = client.get(f"/search/{second.context['first_href']}")
    assert "Big Buck Bunny" in text(back)


def test_a_withdrawn_offer_and_other_houses_find_nothing(
    lab: Actor, studio: Actor, film: Asset, client: Client
) -> None:
    assert signed_in(studio).get("/search/").status_code == 404
    assert client.get("/search/").headers["Location"] == "/accounts/login/?next=/search/"
    withdraw_offer(actor=studio, code=Offer.objects.get().code)
    # At once on the page, and with the next round of the worker in the numbers.
    assert film.owner.code not in text(signed_in(lab).get("/search/"))
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=2)):
        index_pending()
    assert "No offers yet" in words(signed_in(lab).get("/search/"))
    assert signed_in(lab).get(f"/search/{film.owner.code}/").status_code == 404


def test_shots_and_lines_are_found_with_where_they_begin(
    lab: Actor, studio: Actor, film: Asset
) -> None:
    shot = Shot.objects.create(
        asset=film,
        number=7,
        start_us=61_000_000,
        end_us=63_000_000,
        first_frame=0,
        frames=50,
        begins_with=BeginsWith.CUT,
        brightness=90,
        motion=3,
    )
    shot.tags.create(tag="rabbit")
    plain = f"/assets/{film.code}/shots/7/thumbnail/"
    indexed()
    assert plain not in text(signed_in(lab).get("/search/?level=shot"))
    Shot.objects.update(thumbnail_key="shots/7.jpg")
    said = Transcript.objects.create(asset=film, language="ko", filename="a.srt", sha256="0")
    Cue.objects.create(
        transcript=said, number=1, start_ms=2_000, end_ms=2_900, text="안녕 토끼야", speaker="Frank"
    )
    indexed()
    for side, address in ((lab, "/search/"), (studio, "/titles/")):
        client = signed_in(side)
        for view in ("list", "sheet"):
            page = words(client.get(address, {"level": "shot", "q": "rabbit", "view": view}))
            assert "1 shot" in page
            assert "1:01" in page
            assert plain in text(client.get(address, {"level": "shot", "view": view}))
            if side is lab:
                assert f"Choose shot 7 of {film.code}, " in page
        lines = words(client.get(address, {"level": "line", "q": "토끼"}))
        assert "안녕 토끼야" in lines
        assert "Frank" in lines


def test_a_wrong_question_is_told_and_can_be_mended(lab: Actor, film: Asset) -> None:
    client = signed_in(lab)
    for question, said in (
        ("q=!!", "Search for a word"),
        ("years=1990-1999", "Years: Write a range"),
        ("years=1999..1990", "Years: The range begins after its end."),
        ("level=scene", "cannot be answered"),
        ("order=price", "cannot be answered"),
        ("price_minor=5..", "Price: Choose one currency first."),
    ):
        page = client.get(f"/search/?{question}")
        assert page.status_code == 422, question
        assert said in words(page)
        assert 'name="q"' in text(page), question


def test_a_holder_is_told_what_search_has_not_read_yet(
    lab: Actor, studio: Actor, film: Asset
) -> None:
    mark_all()
    told = "1 title is being taken up"
    assert told in words(signed_in(studio).get("/titles/"))
    assert told not in words(signed_in(lab).get("/search/"))  # it is another's
    index_pending()
    assert told not in words(signed_in(studio).get("/titles/"))


def test_while_the_index_is_made_the_page_says_so(
    lab: Actor, film: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_ready(*_arguments: Any, **_named: Any) -> None:
        raise NotReady("Try again in a few minutes.")

    monkeypatch.setattr("catalog.search_live.Live.search", not_ready)
    page = signed_in(lab).get("/search/")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert "Try again in a few minutes." in words(page)


def test_a_search_is_saved_opened_renamed_and_deleted(lab: Actor, film: Asset) -> None:
    client = signed_in(lab)
    asked = client.get("/search/?q=벅&kind=film")
    body = {"name": "Bunnies", "parameters": asked.context["parameters"]}
    answer = client.post("/searches/", body)
    assert answer.status_code == 303
    kept = client.get(answer.headers["Location"])
    assert "The search is saved." in words(kept)
    [(name, href)] = kept.context["saved"]
    assert name == "Bunnies"
    assert client.get(f"/search/{href}").context["found"].total == 1
    again = client.get(client.post("/searches/", body).headers["Location"])
    assert "There is a saved search of this name already." in words(again)
    saved = SavedSearch.objects.get()
    assert signed_in(factories.lab()).get("/searches/").context["rows"] == []
    other = signed_in(factories.lab()).post(f"/searches/{saved.code}/delete/")
    assert other.status_code == 404
    client.post(f"/searches/{saved.code}/rename/", {"name": "Rabbits"})
    listed = words(client.get("/searches/"))
    assert "Rabbits" in listed
    assert "Titles · “벅” · Kind: Film" in listed
    other = client.get("/search/?q=bunny")
    assert '<option value="' + saved.code in text(other)
    instead = {"code": saved.code, "parameters": other.context["parameters"]}
    changed = client.get(client.post("/searches/", instead).headers["Location"])
    assert "The search asks this now." in words(changed)
    assert "Rabbits Titles · “bunny”" in words(client.get("/searches/"))
    assert signed_in(factories.lab()).post("/searches/", instead).status_code == 404
    # One of another version of the program hides neither itself nor the page.
    SavedSearch.objects.update(query='{"format": 0}')
    assert "does not read it any more" in words(client.get("/searches/"))
    assert client.get("/search/").context["saved"] == [("Rabbits", "?")]
    client.post(f"/searches/{saved.code}/delete/")
    assert "No saved searches yet" in words(client.get("/searches/"))


def test_a_viewer_saves_nothing(lab: Actor, film: Asset) -> None:
    client = signed_in(factories.member(lab))
    assert "Save this search" not in text(client.get("/search/?q=bunny"))
    assert client.post("/searches/", {"name": "Mine", "parameters": ""}).status_code == 403


def test_likenesses_stand_on_a_page_of_their_own(lab: Actor) -> None:
    agency = factories.talent("Hanbit")
    person = factories.likeness(agency)
    factories.words(agency, person)
    factories.offer(agency, person)
    index_pending()
    client = signed_in(lab)
    assert 'href="/search/likenesses/"' in text(client.get("/search/"))
    assert "Kim Min · Reference set Hanbit · Likeness" in words(client.get("/search/likenesses/"))
    assert "Nothing matches" in words(client.get("/search/likenesses/?q=nobody"))
    assert signed_in(agency).get("/search/likenesses/").status_code == 404


def test_the_files_of_an_offer_show_their_film_facts(lab: Actor, film: Asset) -> None:
    page = text(signed_in(lab).get(f"/search/{film.owner.code}/"))
    assert "1280 × 720" in page
    assert "25 frames/s" in page
    assert "Add to a request" in page


def test_a_viewer_sees_files_but_adds_none(lab: Actor, film: Asset) -> None:
    viewer = factories.member(lab)
    draft = factories.draft(lab, [])
    client = signed_in(viewer)
    for address in (f"/search/{film.owner.code}/", "/search/?level=asset"):
        assert "Add to a request" not in text(client.get(address))
        answer = client.post(address, {"asset": film.code, "request": draft.code})
        assert answer.status_code == 403
    assert not draft.items.exists()


@pytest.mark.parametrize("address", ["/search/{}/", "/search/?level=asset&q=bunny"])
def test_chosen_files_join_a_draft(lab: Actor, film: Asset, address: str) -> None:
    draft = factories.draft(lab, [])
    answer = signed_in(lab).post(
        address.format(film.owner.code), {"asset": film.code, "request": draft.code}
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/requests/{draft.code}/")
    assert [item.asset for item in draft.items.all()] == [film]


@pytest.mark.parametrize("address", ["/search/{}/", "/search/?level=asset&q=bunny"])
def test_every_file_at_once_and_none_at_all(lab: Actor, film: Asset, address: str) -> None:
    draft = factories.draft(lab, [])
    client, address = signed_in(lab), address.format(film.owner.code)
    refused = client.post(address, {"request": draft.code})
    assert refused.status_code == 422
    assert "Choose at least one file." in text(refused)
    assert client.post(address, {"request": draft.code, "every": "on"}).status_code == 303
    assert draft.items.count() == 1


def test_every_file_found_is_of_what_was_asked(lab: Actor, studio: Actor, film: Asset) -> None:
    factories.offered_words(studio, name="Another")
    indexed()
    draft = factories.draft(lab, [])
    signed_in(lab).post("/search/?level=asset&kind=picture", {"request": draft.code, "every": "on"})
    assert [item.asset for item in draft.items.all()] == [film]


@pytest.mark.parametrize("address", ["/search/{}/", "/search/?level=asset"])
def test_a_new_request_begins_with_the_files_and_asks_no_price(
    lab: Actor, film: Asset, address: str
) -> None:
    client = signed_in(lab)
    answer = client.post(address.format(film.owner.code), {"asset": film.code, "request": "new"})
    begun = client.get(answer.headers["Location"])
    assert "It begins with 1 file." in words(begun)
    form = text(begun)
    price = re.search(r'<input[^>]*name="price_minor"[^>]*>', form)
    assert price  # left empty, it is what the rate cards say
    assert "value" not in price.group()
    assert f'name="asset" value="{film.code}"' in form
    assert not Request.objects.exists()


def test_a_new_request_begins_with_all_that_a_search_finds(
    lab: Actor, studio: Actor, film: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many: an address has room for a few only."""
    monkeypatch.setattr("web.views.search.MOST_IN_ADDRESS", 1)
    other = factories.offered_film(studio, name="Harbour")
    factories.offered_words(studio, name="Another")
    indexed()
    client = signed_in(lab)
    answer = client.post(
        "/search/?level=asset&kind=picture", {"every": "on", "request": "new", "asset": film.code}
    )
    begun = client.get(answer.headers["Location"])
    assert "It begins with 2 files." in words(begun)
    asked = re.findall(r'name="(of|found)" value="([^"]*)"', text(begun))
    body = {name: html.unescape(value) for name, value in asked}
    made = client.post("/requests/new/", FORM | body)
    assert made.status_code == 303, words(made)
    assert {item.asset for item in Request.objects.get().items.all()} == {film, other}
    none = client.post("/search/?level=asset&q=cathedral", {"every": "on", "request": "new"})
    assert "Nothing matches" in text(none)


@pytest.mark.parametrize("level", ["title", "asset"])
def test_the_list_takes_the_same_number_of_queries_however_long(
    lab: Actor, studio: Actor, film: Asset, level: str, django_assert_max_num_queries: object
) -> None:
    client = signed_in(lab)
    client.get("/search/", {"level": level})
    with django_assert_max_num_queries(20) as few:  # type: ignore[operator]
        client.get("/search/", {"level": level})
    asked = len(few)
    for number in range(3):
        factories.offered_words(studio, name=f"Film {number}")
    indexed()
    client.get("/search/", {"level": level})
    with django_assert_max_num_queries(asked):  # type: ignore[operator]
        client.get("/search/", {"level": level})


def test_genres_and_countries_are_called_as_on_the_page_of_a_title() -> None:
    assert value_name("genre", "drama") == "Drama"
    with translation.override("ko"):
        assert value_name("genre", "drama") == "드라마"
        assert value_name("country", "CSHH") == country_name("CSHH") != "CSHH"
    assert value_name("genre", "heist") == "heist"
