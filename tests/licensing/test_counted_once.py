"""What a series and its episodes, or a film and its edits, both say counts once."""

from typing import Any

import pytest

from accounts.access import Actor
from catalog.models import Title
from catalog.rights import record_fact
from licensing.library.readiness import check_readiness_pending
from licensing.models import LibraryReadiness, Readiness, ReadyUse
from licensing.verdicts.gathering import facts_of
from tests import factories

pytestmark = pytest.mark.django_db
HOUR_MS = 3_600_000


@pytest.fixture
def studio() -> Actor:
    return factories.studio("Northgate")


@pytest.fixture
def series(studio: Actor) -> Title:
    return factories.title(studio, kind="series")


@pytest.fixture
def episode(studio: Actor, series: Title) -> Title:
    return factories.title(studio, kind="episode", parent=series.code, number=1, runtime_ms=HOUR_MS)


def owns(studio: Actor, title: Title, **said: Any) -> None:
    body = {"party": "Northgate", "share": "1/1", **said}
    record_fact(actor=studio, title=title, kind="ownership", body=body, document="Certificate")


def verdicts(title: Title) -> set[str]:
    return set(ReadyUse.objects.filter(title=title).values_list("verdict", flat=True))


@pytest.mark.parametrize(
    "narrow",
    [
        {},
        {"territory": ["KR", "JP"]},
        {"start": "2020-01-01T00:00:00Z"},
        {"uses": ["train"]},
        {"modality": ["video"]},
        {"tz": "Asia/Seoul"},
    ],
)
@pytest.mark.parametrize("is_wide_above", [True, False])
def test_a_whole_that_a_series_and_its_episode_own_is_one_whole(
    studio: Actor, series: Title, episode: Title, narrow: dict[str, Any], is_wide_above: bool
) -> None:
    owns(studio, series, **({} if is_wide_above else narrow))
    owns(studio, episode, **(narrow if is_wide_above else {}))
    check_readiness_pending()
    assert verdicts(episode) == {"CLEAR"}


def test_owners_that_disagree_are_still_for_people_to_decide(
    studio: Actor, series: Title, episode: Title
) -> None:
    owns(studio, series)
    owns(studio, episode, party="Somebody else")
    check_readiness_pending()
    assert verdicts(episode) == {"REVIEW"}


def test_shares_of_two_papers_of_one_title_both_count(studio: Actor, episode: Title) -> None:
    owns(studio, episode, share="1/2")
    owns(studio, episode, share="1/2", start="2020-01-01T00:00:00Z")
    assert len(facts_of([episode.pk])[episode.pk]) == 2


def test_neither_covers_the_other_where_both_reach_further(
    studio: Actor, series: Title, episode: Title
) -> None:
    owns(studio, series, territory=["KR", "JP"])
    owns(studio, episode, territory=["KR", "US"])
    assert len(facts_of([episode.pk])[episode.pk]) == 2


def test_a_series_that_excepts_an_episode_covers_nothing_there(
    studio: Actor, series: Title, episode: Title
) -> None:
    owns(studio, series, excludes=[episode.code])
    owns(studio, episode, territory=["KR"])
    (only,) = facts_of([episode.pk])[episode.pk]
    assert only["territory"] == ["KR"]


def test_an_hour_is_counted_at_one_title(studio: Actor, series: Title, episode: Title) -> None:
    Title.objects.filter(pk=series.pk).update(runtime_ms=HOUR_MS)
    film = factories.title(studio, kind="film", runtime_ms=HOUR_MS)
    edit = factories.title(studio, kind="edit", parent=film.code, runtime_ms=HOUR_MS)
    check_readiness_pending()
    assert LibraryReadiness.objects.get().runtime_ms == 2 * HOUR_MS
    hours = dict(Readiness.objects.values_list("title", "runtime_ms"))
    assert hours == {series.pk: 0, episode.pk: HOUR_MS, film.pk: HOUR_MS, edit.pk: 0}
    gaps = dict(Readiness.objects.values_list("title", "gaps"))
    assert "no_file" in gaps[film.pk]
    assert "no_file" not in gaps[edit.pk] + gaps[series.pk]


def test_the_edit_of_a_film_without_hours_keeps_its_own(studio: Actor) -> None:
    film = factories.title(studio, kind="film")
    edit = factories.title(studio, kind="edit", parent=film.code, runtime_ms=HOUR_MS)
    check_readiness_pending()
    assert Readiness.objects.get(title=edit).runtime_ms == HOUR_MS
