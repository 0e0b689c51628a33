"""What a lab finds, and what nobody else does."""

from pathlib import Path
from typing import Any

import pytest

from accounts.access import Permission
from accounts.errors import Invalid, NotAllowed, NotFound
from licensing.offers.market import (
    MAX_WORDS,
    find_offered,
    offered_assets,
    search_offers,
    viewable_assets,
)
from licensing.offers.publishing import withdraw_offer
from tests import factories
from tests.accounts.witness import only_with
from tests.catalog.media import picture, write_sound

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def codes(lab: Any, words: str = "", **narrow: str) -> list[str]:
    owners = [offer.title or offer.likeness for offer in search_offers(lab, words, **narrow)]
    return sorted(owner.code for owner in owners if owner is not None)


def test_a_title_is_found_by_any_of_its_names_and_once() -> None:
    studio, lab = factories.studio("Peach Pictures"), factories.lab()
    names = {"de": "Der große Hase", "ko": "빅 벅 버니", "fr": "Le gros lapin"}
    bunny = factories.offered_words(studio, names=names, eidr=factories.EIDR).title
    other = factories.offered_words(studio, name="Sintel 100%_real").title
    assert bunny is not None
    assert other is not None
    for words in ("bunny", "BIG buck", "große", "버니", "lapin peach", factories.EIDR.lower()):
        assert codes(lab, words) == [bunny.code], words
    assert codes(lab, "100%_") == [other.code]
    assert codes(lab, "%") == [other.code]
    assert codes(lab, "peach") == sorted([bunny.code, other.code])
    assert codes(lab, "bunny sintel") == []
    assert codes(lab, "' OR 1=1 --") == codes(lab, "\0bunny\0x") == []
    assert codes(lab, "bunny", kind="film", use="train") == [bunny.code]
    assert codes(lab, "bunny", use="train.finetune") == [bunny.code]  # train stands for it
    assert codes(lab, use="tr%") == codes(lab, kind="series") == codes(lab, kind="likeness") == []


def test_a_search_takes_as_many_words_as_it_says() -> None:
    lab = factories.lab()
    bunny = factories.offered_words(factories.studio()).title
    assert bunny is not None
    assert codes(lab, "b " * MAX_WORDS) == [bunny.code]
    with pytest.raises(Invalid):
        search_offers(lab, "b " * (MAX_WORDS + 1))


def test_a_likeness_is_found_by_the_performer() -> None:
    agency, lab = factories.talent(), factories.lab()
    likeness = factories.likeness(agency)
    factories.words(agency, likeness)
    factories.offer(agency, likeness)
    assert codes(lab, "kim reference") == codes(lab, kind="likeness") == [likeness.code]
    assert find_offered(lab, likeness.code).likeness == likeness


def test_what_is_withdrawn_or_never_offered_is_not_there() -> None:
    studio, lab = factories.studio(), factories.lab()
    factories.words(studio, factories.title(studio))
    file = factories.offered_words(studio)
    assert file.title is not None
    for _ in range(2):  # an earlier offer doubles nothing
        withdraw_offer(actor=studio, code=find_offered(lab, file.title.code).code)
        assert (codes(lab), list(offered_assets(lab))) == ([], [])
        with pytest.raises(NotFound):
            find_offered(lab, file.title.code)
        factories.offer(studio, file.title)
    assert list(offered_assets(lab)) == [file]
    assert codes(lab) == [file.title.code]


def test_only_labs_search() -> None:
    lab = factories.lab()
    code = "7K3F2Q9D"
    only_with(Permission.SEARCH_MARKET, lab, search_offers)
    only_with(Permission.SEARCH_MARKET, lab, offered_assets)
    only_with(Permission.SEARCH_MARKET, lab, lambda who: find_offered(who, code))
    with pytest.raises(NotAllowed):
        search_offers(factories.studio())


def test_who_may_see_a_picture_is_asked_of_that_file_alone() -> None:
    studio, lab = factories.studio(), factories.lab()
    film = factories.title(studio)
    file, other = factories.words(studio, film), factories.words(studio, factories.title(studio))
    asked_for = factories.offered_words(studio)
    assert asked_for.title is not None
    factories.draft(lab, [asked_for])
    withdraw_offer(actor=studio, code=find_offered(lab, asked_for.title.code).code)
    factories.ownership(studio, film)
    factories.offer(studio, film)
    assert set(viewable_assets(lab)) == {file, asked_for}
    assert set(viewable_assets(studio)) == {file, asked_for, other}
    plan = viewable_assets(lab).filter(code=file.code).explain()
    assert plan.count("SCAN ") <= 2, plan  # of the consents that rest now, which are few


def test_who_may_have_the_voice_does_not_see_the_face(tmp_path: Path) -> None:
    talent, lab = factories.talent(), factories.lab()
    likeness = factories.likeness(talent)
    picture(1).save(tmp_path / "face.png")
    write_sound(tmp_path / "voice.wav", "pcm_s16le", seconds=1)
    face, voice, film = (
        factories.asset(talent, likeness, path)
        for path in (tmp_path / "face.png", tmp_path / "voice.wav", factories.film_path())
    )
    assert film.facts["audio_tracks"]
    factories.offer(talent, likeness)
    assert set(viewable_assets(lab)) == set()
    assert lab.organisation is not None
    named = lab.organisation.code
    factories.consent(talent, likeness, grantee_code=named)
    assert set(viewable_assets(lab)) == {voice}
    factories.consent(talent, likeness, grantee_code=named, attributes=["face"])
    assert set(viewable_assets(lab)) == {voice, face, film}
