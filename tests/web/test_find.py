"""The search box: codes open what is the reader's own, and tell nothing of what is not."""

from typing import NamedTuple

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.access import Actor
from catalog.models import Asset, Fact
from ledger import edge_code
from licensing.models import Clearance, Grant, Offer
from tests import factories
from tests.worlds import kept

pytestmark = pytest.mark.django_db


class Story(NamedTuple):
    studio: Actor
    lab: Actor
    film: Asset
    grant: Grant


@kept
def story() -> Story:
    studio, lab = factories.studio(), factories.lab()
    film = factories.offered_film(studio)
    return Story(studio, lab, film, factories.grant(studio, lab, [film]))


def find(actor: Actor | None, typed: str) -> HttpResponse:
    client = Client()
    if actor is not None:
        assert actor.user is not None
        client.force_login(actor.user)
    response: HttpResponse = client.get("/find/", {"q": typed})
    return response


def text(response: HttpResponse) -> str:
    return response.content.decode()


def opened(actor: Actor | None, typed: str) -> str:
    response = find(actor, typed)
    assert response.status_code == 302, text(response)
    return response.headers["Location"]


def test_a_code_opens_the_object_in_any_spelling(story: Story) -> None:
    code = story.film.owner.code
    for typed in (code, f"EC {code[:4]} {code[4:]}", f"ec{code.lower()}", f"{code[:4]}-{code[4:]}"):
        assert opened(story.studio, typed) == f"/titles/{code}/"
    assert opened(story.studio, story.film.code) == f"/assets/{story.film.code}/"


def test_every_kind_of_object_has_its_page(story: Story) -> None:
    deal = story.grant.deal
    clearance = Clearance.objects.first()
    holding, offer = Fact.objects.get(), Offer.objects.get()
    assert clearance is not None
    for both in (story.studio, story.lab):
        assert opened(both, story.grant.code) == f"/grants/{story.grant.code}/"
        assert opened(both, deal.settlement.code) == f"/deals/{deal.code}/"
        assert opened(both, clearance.code) == f"/clearances/{clearance.code}/"
    assert opened(story.lab, deal.request.code) == f"/requests/{deal.request.code}/"
    rights = f"/titles/{story.film.owner.code}/rights/"
    assert opened(story.studio, holding.code) == f"{rights}{holding.code}/"
    assert opened(story.studio, offer.code) == "/offers/"
    assert story.studio.organisation is not None
    assert opened(story.studio, story.studio.organisation.code) == "/organisation/"


def test_likenesses_and_consents_open_for_their_agency() -> None:
    talent = factories.talent()
    likeness = factories.likeness(talent)
    consent = factories.consent(talent, likeness)
    assert opened(talent, likeness.code) == f"/likenesses/{likeness.code}/"
    assert opened(talent, consent.code) == f"/likenesses/{likeness.code}/consents/{consent.code}/"


def test_a_lab_opens_what_is_offered_where_it_is_offered(story: Story) -> None:
    code = story.film.owner.code
    assert opened(story.lab, code) == f"/search/{code}/"
    assert opened(story.lab, story.film.code) == f"/search/{code}/"


def test_a_foreign_code_reads_like_one_that_nobody_has(story: Story) -> None:
    other = factories.studio()
    title = factories.title(story.studio)
    for actor, foreign in (
        (other, title.code),
        (other, story.film.code),
        (story.lab, title.code),
        (story.studio, story.grant.deal.request.code),
        (None, title.code),
    ):
        theirs, nobodys = find(actor, foreign), find(actor, edge_code.new())
        assert theirs.status_code == nobodys.status_code == 404
        assert "Nothing of yours has this code" in text(theirs)
        assert text(theirs).count("<h1>") == text(nobodys).count("<h1>")


def test_a_grant_opens_for_everybody_and_the_log_answers_for_any_code(story: Story) -> None:
    code, other = story.grant.code, factories.studio("Other Pictures")
    for anybody in (other, None):
        assert opened(anybody, code) == f"/grants/{code}/"
        assert f'href="/ledger/?q={story.film.owner.code}"' in text(
            find(anybody, story.film.owner.code)
        )


def test_a_typing_error_is_named(story: Story) -> None:
    code = story.film.owner.code
    wrong = ("2" if code[0] != "2" else "3") + code[1:]
    response = find(story.studio, wrong)
    assert response.status_code == 404
    assert "There is a typing error in this code" in text(response)
    assert wrong in text(response)


def test_numbers_open_the_log_for_everybody() -> None:
    for typed in ("#123", "entry 123", edge_code.for_entry(123)):
        assert opened(None, typed) == "/ledger/entries/123/"


def test_words_are_searched_where_the_reader_searches(story: Story) -> None:
    assert opened(story.studio, "big bunny") == "/titles/?q=big+bunny"
    assert opened(story.lab, "토끼 & bunny") == "/search/?q=%ED%86%A0%EB%81%BC+%26+bunny"
    assert opened(factories.talent(), "Kim Min") == "/likenesses/?q=Kim+Min"
    # Eight letters are a word, even where they would make a code.
    assert opened(story.studio, "elephant") == "/titles/?q=elephant"


def test_a_stranger_reads_what_can_be_found() -> None:
    response = find(None, "casablanca film")
    assert response.status_code == 200
    assert "Open to everybody" in text(response)
    assert 'href="/ledger/"' in text(response)
    assert find(None, "").status_code == 200
    assert find(None, "<script>alert(1)</script>").status_code == 200
    assert "<script>alert" not in text(find(None, "<script>alert(1)</script>"))
