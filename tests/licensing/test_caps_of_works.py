"""A cap counts everybody who licenses any of what it is recorded for, under whatever title."""

import pytest
from django.utils import timezone

from accounts.access import Actor
from accounts.errors import Conflict
from catalog.merging import merge_titles
from catalog.models import Asset, Title
from licensing.deals.requests import Clips, add_assets, submit_request
from licensing.deals.transitions import approve_deal
from licensing.models import Deal
from licensing.verdicts.clearances import evaluate
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]
BEGIN, END = [[0, 1000]], [[2000, 3000]]
REACHED = ["CAP_REACHED"]


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


def series_of(studio: Actor) -> Title:
    series = factories.title(studio, kind="series")
    factories.ownership(studio, series)
    return series


def capped_series(studio: Actor) -> Title:
    series = series_of(studio)
    factories.fact(studio, series, "cap", max_licensees=1)
    return series


def part(studio: Actor, parent: Title, name: str, kind: str = "episode") -> Title:
    return factories.title(studio, kind=kind, name=name, parent=parent.code)


def words_of(studio: Actor, title: Title, text: str = "") -> Asset:
    file = factories.words(studio, title, text or title.code)
    factories.offer(studio, title)
    return file


def asked(*wanted: Clips | str) -> Deal:
    """Return the open deal of a new lab, which asks for no exclusivity."""
    lab = factories.lab()
    request = factories.draft(lab, [])
    add_assets(actor=lab, code=request.code, assets=wanted)
    submit_request(actor=lab, code=request.code)
    return request.deals.get()


def agreed(studio: Actor, *wanted: Clips | str) -> Deal:
    return approve_deal(actor=studio, code=asked(*wanted).code)


def reasons(*wanted: Clips | str) -> list[str]:
    result = evaluate(asked(*wanted).items.get(), as_of=timezone.now())[1]
    return result["reasons"]


def refused(studio: Actor, deal: Deal) -> None:
    with pytest.raises(Conflict):
        approve_deal(actor=studio, code=deal.code)


@pytest.mark.parametrize("is_granted", [False, True])
def test_who_licenses_another_series_with_an_episode_is_counted_at_the_others(
    studio: Actor, is_granted: bool
) -> None:
    series, other = capped_series(studio), series_of(studio)
    first, second = (part(studio, series, name) for name in "AB")
    again = part(studio, other, "A")
    merge_titles(actor=studio, code=again.code, into=first.code, reason="One episode.")
    one, two, whole = (words_of(studio, title) for title in (first, second, other))
    before = asked(two.code)
    deal = agreed(studio, whole.code)
    if is_granted:
        factories.paid(studio, deal)
    assert reasons(one.code) == reasons(two.code) == REACHED
    refused(studio, before)


def test_who_licenses_a_series_with_the_bytes_of_an_episode_is_counted_at_the_others(
    studio: Actor,
) -> None:
    series, other = capped_series(studio), series_of(studio)
    words_of(studio, part(studio, series, "A"), "One")
    words_of(studio, part(studio, other, "A"), "One")
    two, whole = words_of(studio, part(studio, series, "B")), words_of(studio, other)
    before = asked(two.code)
    agreed(studio, whole.code)
    assert reasons(two.code) == REACHED
    refused(studio, before)


def test_who_licenses_the_bytes_of_one_file_is_counted_at_the_others_of_its_title(
    studio: Actor,
) -> None:
    film = factories.title(studio)
    factories.ownership(studio, film)
    factories.fact(studio, film, "cap", max_licensees=1)
    one, two = words_of(studio, film, "One"), factories.words(studio, film, "Two")
    before = asked(two.code)
    agreed(studio, factories.offered_words(studio, "One").code)
    assert reasons(one.code) == reasons(two.code) == REACHED
    refused(studio, before)


def test_a_licence_of_what_a_cap_leaves_out_is_counted_for_what_it_does_not(studio: Actor) -> None:
    series = series_of(studio)
    one, two = (part(studio, series, name, "season") for name in ("One", "Two"))
    left, kept = (part(studio, one, name) for name in ("Left out", "Kept"))
    far = part(studio, two, "Far")
    factories.fact(studio, series, "cap", max_licensees=1, excludes=[left.code])
    season, free, near, other = (words_of(studio, title) for title in (one, left, kept, far))
    before = asked(season.code)
    agreed(studio, free.code, other.code)
    assert reasons(near.code) == reasons(season.code) == REACHED
    assert reasons(free.code) == ["OK"]
    refused(studio, before)


@pytest.mark.parametrize("most", [1, 2])
def test_a_cap_that_ends_for_each_episode_by_itself_counts_them_together(
    studio: Actor, most: int
) -> None:
    series = series_of(studio)
    season = part(studio, series, "One", "season")
    end = {"event": "premiere", "lag": "P40Y"}
    factories.fact(studio, series, "cap", max_licensees=most, end=end)
    files = []
    for name in "ABC":
        episode = part(studio, season, name)
        factories.fact(studio, episode, "event", name="premiere", date=f"2020-01-0{len(files) + 1}")
        files.append(words_of(studio, episode))
    *others, last = files
    for file in others[:most]:
        agreed(studio, file.code)
    assert reasons(last.code) == REACHED


def test_a_cap_on_the_same_bytes_counts_the_other_clips_of_a_file(studio: Actor) -> None:
    one, again, capped = (factories.offered_film(studio) for _ in range(3))
    assert capped.title is not None
    factories.fact(studio, capped.title, "cap", max_licensees=1)
    before = asked(Clips(one.code, END))
    agreed(studio, Clips(one.code, BEGIN))
    for file in (one, again, capped):
        assert reasons(Clips(file.code, END)) == reasons(file.code) == REACHED
    refused(studio, before)
