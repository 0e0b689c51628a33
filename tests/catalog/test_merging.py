"""Titles that turn out to be one work, and back."""

import pytest

from accounts.access import Actor
from accounts.errors import Conflict, Invalid, NotFound
from catalog.merging import merge_titles, rows_of, rows_of_many, split_title
from catalog.models import Merger, Title
from tests import factories
from tests.accounts.witness import last, refs


@pytest.fixture
def studio(db: None) -> Actor:
    return factories.studio()


def speaks_for(title: Title) -> Title:
    title.refresh_from_db()
    return title.canonical or title


def test_a_duplicate_leads_to_the_title_that_speaks_for_both(studio: Actor) -> None:
    kept, twice = factories.title(studio), factories.title(studio)
    merge_titles(actor=studio, code=twice.code, into=kept.code, reason="Same EIDR in the contract")
    assert speaks_for(twice) == kept
    assert speaks_for(kept) == kept
    assert rows_of(twice) == rows_of(kept) == [kept.pk, twice.pk]
    assert refs(last("title.merged")) == {"into": kept.stream}


def test_duplicates_of_a_duplicate_follow(studio: Actor) -> None:
    one, two, three, apart = (factories.title(studio) for _ in range(4))
    merge_titles(actor=studio, code=two.code, into=one.code, reason="twice")
    # Into a duplicate means into the title that speaks for it.
    merge_titles(actor=studio, code=three.code, into=two.code, reason="thrice")
    assert speaks_for(three) == one
    newest = factories.title(studio)
    merge_titles(actor=studio, code=one.code, into=newest.code, reason="all of them")
    works = rows_of_many([two.pk, apart.pk])
    assert works[two.pk] == {one.pk, two.pk, three.pk, newest.pk}
    assert works[apart.pk] == {apart.pk}


def test_what_was_merged_by_mistake_is_split_again(studio: Actor) -> None:
    kept, twice = factories.title(studio), factories.title(studio)
    merge_titles(actor=studio, code=twice.code, into=kept.code, reason="looked alike")
    split_title(actor=studio, code=twice.code, reason="A remake of 2009")
    assert speaks_for(twice) == twice
    assert rows_of(kept) == [kept.pk]
    with pytest.raises(Conflict):
        split_title(actor=studio, code=twice.code, reason="again")


def test_what_was_merged_into_a_duplicate_goes_with_it(studio: Actor) -> None:
    """Nobody said that `second` is `kept`: only that it is `first`."""
    kept, first, second, third, apart = (factories.title(studio) for _ in range(5))
    merge_titles(actor=studio, code=second.code, into=first.code, reason="same cut")
    merge_titles(actor=studio, code=third.code, into=second.code, reason="same cut")
    merge_titles(actor=studio, code=first.code, into=kept.code, reason="looked alike")
    merge_titles(actor=studio, code=apart.code, into=kept.code, reason="the same")
    split_title(actor=studio, code=first.code, reason="A remake of 2009")
    assert rows_of(second) == [first.pk, second.pk, third.pk]
    assert rows_of(kept) == [kept.pk, apart.pk]
    assert refs(last("title.merged")) == {"into": first.stream}
    # What left once stays apart, whatever becomes of what it was once the same as.
    split_title(actor=studio, code=second.code, reason="Another cut")
    merge_titles(actor=studio, code=second.code, into=kept.code, reason="this one it is")
    merge_titles(actor=studio, code=first.code, into=kept.code, reason="after all")
    split_title(actor=studio, code=first.code, reason="no")
    assert rows_of(kept) == sorted([kept.pk, apart.pk, second.pk])
    assert not Merger.objects.filter(title=first, split_at=None)


def test_what_cannot_be_one_work_is_not_merged(studio: Actor) -> None:
    film, series = factories.title(studio), factories.title(studio, kind="series")
    with pytest.raises(Invalid):
        merge_titles(actor=studio, code=film.code, into=series.code, reason="no")
    with pytest.raises(Invalid):
        merge_titles(actor=studio, code=film.code, into=film.code, reason="no")
    with pytest.raises(NotFound):
        merge_titles(
            actor=studio, code=film.code, into=factories.title(factories.studio()).code, reason="no"
        )
    other = factories.title(studio)
    merge_titles(actor=studio, code=other.code, into=film.code, reason="same")
    with pytest.raises(Invalid):  # it would speak for itself
        merge_titles(actor=studio, code=film.code, into=other.code, reason="back")
    with pytest.raises(Conflict):
        merge_titles(
            actor=studio, code=other.code, into=factories.title(studio).code, reason="twice"
        )
