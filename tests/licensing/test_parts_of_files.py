"""Parts of one file that do not meet are sold apart, but never what else was sold with them."""

import pytest

from accounts.access import Actor
from accounts.errors import Conflict
from catalog.merging import merge_titles
from catalog.models import Asset, Title
from licensing.deals.requests import Clips, add_assets, submit_request
from licensing.deals.transitions import approve_deal
from licensing.models import Deal
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]
BEGIN, END = [[0, 1000]], [[2000, 3000]]


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def series(studio: Actor) -> Title:
    found = factories.title(studio, kind="series")
    factories.ownership(studio, found)
    return found


@pytest.fixture
def whole(studio: Actor, series: Title) -> Asset:
    """The film of the series itself."""
    file = factories.asset(studio, series)
    factories.offer(studio, series)
    return file


def words_of(studio: Actor, title: Title) -> Asset:
    file = factories.words(studio, title, title.code)
    factories.offer(studio, title)
    return file


def part(studio: Actor, parent: Title, kind: str = "episode", number: int = 1) -> Title:
    name = f"{kind} {number}"
    return factories.title(studio, kind=kind, name=name, number=number, parent=parent.code)


def exclusively(*wanted: Clips | str) -> Deal:
    """Return the open deal of a new lab."""
    lab = factories.lab()
    request = factories.draft(lab, [], exclusivity="exclusive")
    add_assets(actor=lab, code=request.code, assets=wanted)
    submit_request(actor=lab, code=request.code)
    return request.deals.get()


def verdicts(deal: Deal) -> list[str]:
    items = deal.items.order_by("asset__code")
    return [item.clearances.latest("pk").verdict for item in items]


def agreed(studio: Actor, *wanted: Clips | str) -> Deal:
    return approve_deal(actor=studio, code=exclusively(*wanted).code)


@pytest.mark.parametrize("is_granted", [False, True])
def test_an_episode_that_was_sold_with_a_clip_of_its_series_is_not_sold_again(
    studio: Actor, series: Title, whole: Asset, is_granted: bool
) -> None:
    episode = words_of(studio, part(studio, series))
    deal = agreed(studio, Clips(whole.code, BEGIN), episode.code)
    if is_granted:
        factories.paid(studio, deal)
    other = exclusively(Clips(whole.code, END))
    assert verdicts(other) == verdicts(exclusively(whole.code)) == ["BLOCKED"]
    with pytest.raises(Conflict):
        approve_deal(actor=studio, code=other.code)


def test_an_edit_of_an_episode_that_was_sold_with_a_clip_is_not_sold_again(
    studio: Actor, series: Title, whole: Asset
) -> None:
    edit = words_of(studio, part(studio, part(studio, series), "edit"))
    agreed(studio, Clips(whole.code, BEGIN), edit.code)
    assert verdicts(exclusively(Clips(whole.code, END))) == ["BLOCKED"]


def test_a_season_that_holds_the_same_episode_was_sold_with_a_clip_of_the_other(
    studio: Actor, series: Title
) -> None:
    one, best = (part(studio, series, "season", number) for number in (1, 2))
    first, again = (part(studio, season) for season in (one, best))
    merge_titles(actor=studio, code=again.code, into=first.code, reason="One episode.")
    film, rest = factories.asset(studio, one), words_of(studio, best)
    factories.offer(studio, one)
    agreed(studio, Clips(film.code, BEGIN), rest.code)
    assert verdicts(exclusively(Clips(film.code, END))) == ["BLOCKED"]


def test_a_clip_that_was_sold_with_another_film_takes_nothing_of_the_rest(
    studio: Actor, series: Title, whole: Asset
) -> None:
    part(studio, series)
    other = factories.offered_words(studio)
    agreed(studio, Clips(whole.code, BEGIN), other.code)
    rest = exclusively(Clips(whole.code, END))
    assert verdicts(rest) == ["CLEAR"]
    assert verdicts(exclusively(Clips(whole.code, [[500, 2500]]))) == ["BLOCKED"]
    assert approve_deal(actor=studio, code=rest.code).state == "approved"


def test_another_file_of_the_title_sold_with_a_clip_is_not_sold_again(
    studio: Actor, series: Title, whole: Asset
) -> None:
    words = factories.words(studio, series)
    agreed(studio, Clips(whole.code, BEGIN), words.code)
    assert verdicts(exclusively(Clips(whole.code, END))) == ["BLOCKED"]


def test_the_bytes_of_an_episode_that_were_sold_with_a_clip_of_its_series_are_not_sold_again(
    studio: Actor, series: Title, whole: Asset
) -> None:
    episode = factories.words(studio, part(studio, series), "Pilot")
    film = factories.offered_words(studio, "Pilot")
    assert episode.sha256 == film.sha256
    agreed(studio, Clips(whole.code, BEGIN), film.code)
    other = exclusively(Clips(whole.code, END))
    assert verdicts(other) == ["BLOCKED"]
    with pytest.raises(Conflict):
        approve_deal(actor=studio, code=other.code)


def test_a_cap_counts_who_licenses_any_clip_of_the_same_bytes(studio: Actor) -> None:
    one, capped = factories.offered_film(studio), factories.offered_film(studio)
    assert capped.title is not None
    factories.fact(studio, capped.title, "cap", max_licensees=1)
    factories.paid(studio, agreed(studio, Clips(one.code, BEGIN)))
    other = exclusively(Clips(capped.code, END))
    assert verdicts(other) == verdicts(exclusively(capped.code)) == ["BLOCKED"]
    with pytest.raises(Conflict):
        approve_deal(actor=studio, code=other.code)
