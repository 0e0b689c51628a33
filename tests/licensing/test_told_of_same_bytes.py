"""What is told of the same bytes elsewhere counts, and settles nothing it was not said of."""

import pytest
from django.utils import timezone

from accounts.access import Actor
from accounts.errors import Conflict
from catalog.merging import merge_titles
from catalog.models import Asset, Fact, Likeness, Title
from catalog.same_bytes import MOST_WORKS
from licensing.counsel.opinions import record_opinion
from licensing.deals.requests import Clips, add_assets, submit_request
from licensing.deals.transitions import approve_deal
from licensing.models import Deal
from licensing.verdicts.clearances import evaluate
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]
BLOCKED = ("BLOCKED", ["EXCLUSIVE_CONFLICT"])
BEGIN, END = [[0, 1000]], [[2000, 3000]]


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def series(studio: Actor) -> Title:
    found = factories.title(studio, kind="series")
    factories.ownership(studio, found)
    return found


def part(studio: Actor, parent: Title, name: str, kind: str = "episode") -> Title:
    return factories.title(studio, kind=kind, name=name, parent=parent.code)


def words_of(studio: Actor, owner: Title | Likeness, text: str) -> Asset:
    file = factories.words(studio, owner, text)
    factories.offer(studio, owner)
    return file


def exclusively(*wanted: Clips | str) -> Deal:
    """Return the open deal of a new lab."""
    lab = factories.lab()
    request = factories.draft(lab, [], exclusivity="exclusive")
    add_assets(actor=lab, code=request.code, assets=wanted)
    submit_request(actor=lab, code=request.code)
    return request.deals.get()


def verdict(deal: Deal) -> tuple[str, list[str]]:
    result = evaluate(deal.items.get(), as_of=timezone.now())[1]
    return result["verdict"], result["reasons"]


def asked(file: Asset) -> tuple[str, list[str]]:
    return verdict(exclusively(file.code))


def sold(owner: Actor, file: Asset) -> None:
    factories.paid(owner, approve_deal(actor=owner, code=exclusively(file.code).code))


def refused(studio: Actor, deal: Deal) -> None:
    with pytest.raises(Conflict):
        approve_deal(actor=studio, code=deal.code)


def stock_in(studio: Actor, title: Title) -> Fact:
    said = {"element": "stock", "ai": "unknown", "modality": ["text"]}
    return factories.fact(studio, title, "element", **said)


def settled_but_for(studio: Actor, title: Title, stock: Fact, other: Title) -> None:
    body = {
        "resolves": "ELEMENT_UNKNOWN",
        "about": [stock.code],
        "by": "R. Han",
        "signed": "2026-01-01",
        "excludes": [other.code],
    }
    record_opinion(actor=studio, title=title, body=body, document="Counsel")


def test_an_opinion_that_leaves_an_episode_out_does_not_reach_it_by_the_bytes_of_its_edit(
    studio: Actor, series: Title
) -> None:
    stock = stock_in(studio, series)
    first, second = (part(studio, series, name) for name in "AB")
    words_of(studio, first, "One")
    words_of(studio, part(studio, second, "Short", "edit"), "One")
    main = words_of(studio, second, "Main")
    settled_but_for(studio, series, stock, second)
    assert asked(main) == ("REVIEW", ["ELEMENT_UNKNOWN"])


def test_an_opinion_on_one_of_two_titles_does_not_settle_what_a_third_with_their_bytes_is_told(
    studio: Actor, series: Title
) -> None:
    stock = stock_in(studio, series)
    first, second = (part(studio, series, name) for name in "AB")
    one, other = (words_of(studio, title, "One") for title in (first, second))
    film = factories.offered_words(studio, "One")
    settled_but_for(studio, series, stock, second)
    assert asked(one) == ("CLEAR", ["OK"])
    assert asked(other) == asked(film) == ("REVIEW", ["ELEMENT_UNKNOWN"])


def test_what_is_recorded_of_a_cut_counts_for_the_same_bytes_as_another_cut(studio: Actor) -> None:
    film = factories.title(studio)
    factories.ownership(studio, film)
    cuts = [part(studio, film, name, "edit") for name in "ABC"]
    one, other, apart = (
        words_of(studio, cut, text) for cut, text in zip(cuts, ("One", "One", "Two"), strict=True)
    )
    before = exclusively(one.code)
    assert other.title is not None
    factories.fact(studio, other.title, "restriction", uses=["train"])
    assert asked(one) == asked(other) == ("BLOCKED", ["CONTRACT_PROHIBITION"])
    assert asked(apart) == ("CLEAR", ["OK"])
    refused(studio, before)


def test_the_bytes_of_another_season_are_told_of_the_episode_that_both_have(
    studio: Actor, series: Title
) -> None:
    one, best = (part(studio, series, name, "season") for name in ("One", "Best of"))
    first, again = (part(studio, season, "Pilot") for season in (one, best))
    merge_titles(actor=studio, code=again.code, into=first.code, reason="One episode.")
    whole = words_of(studio, one, "Season one")
    words_of(studio, best, "Best of")
    before = exclusively(whole.code)
    assert verdict(before) == ("CLEAR", ["OK"])
    sold(studio, factories.offered_words(studio, "Best of"))
    assert asked(whole) == ("PARTIAL", ["EXCLUSIVE_CONFLICT"])
    refused(studio, before)


def words_in_person(owner: Actor, text: str) -> Asset:
    person = factories.likeness(owner, ("face", "voice", "name"))
    factories.consent(owner, person, uses=["train", "generate.likeness"], attributes=["name"])
    return words_of(owner, person, text)


def test_a_series_is_not_sold_after_the_bytes_of_its_episode_under_a_likeness(
    studio: Actor, series: Title
) -> None:
    one = words_of(studio, part(studio, series, "Pilot"), "One")
    whole = words_of(studio, series, "All of it")
    person = words_in_person(studio, "One")
    before = exclusively(whole.code)
    assert verdict(before) == ("CLEAR", ["OK"])
    sold(studio, person)
    assert asked(one) == asked(whole) == BLOCKED
    refused(studio, before)


def test_a_clip_of_a_series_sold_with_its_episode_under_a_likeness_leaves_no_other_clip(
    studio: Actor, series: Title
) -> None:
    words_of(studio, part(studio, series, "Pilot"), "One")
    film = factories.asset(studio, series)
    factories.offer(studio, series)
    person = words_in_person(studio, "One")
    deal = exclusively(Clips(film.code, BEGIN), person.code)
    approve_deal(actor=studio, code=deal.code)
    assert verdict(exclusively(Clips(film.code, END))) == BLOCKED


def test_the_bytes_of_an_episode_that_another_studio_sold_are_for_a_person_to_look_at(
    studio: Actor, series: Title
) -> None:
    words_of(studio, part(studio, series, "Pilot"), "One")
    whole = words_of(studio, series, "All of it")
    other = factories.studio()
    before = exclusively(whole.code)
    sold(other, factories.offered_words(other, "One"))
    assert asked(whole) == ("REVIEW", ["CHAIN_BREAK"])
    refused(studio, before)


def test_a_film_with_many_versions_of_the_same_bytes_is_no_logo(studio: Actor) -> None:
    film = factories.title(studio)
    factories.ownership(studio, film)
    for name in range(MOST_WORKS):
        factories.words(studio, part(studio, film, f"{name}", "version"), "Picture")
    words_of(studio, film, "Picture")
    again = factories.offered_words(studio, "Picture")
    factories.fact(studio, film, "restriction", uses=["train"])
    assert asked(again) == ("BLOCKED", ["CONTRACT_PROHIBITION"])


def test_time_codes_of_a_longer_work_cut_nothing_out_of_the_same_bytes(studio: Actor) -> None:
    long, short = (factories.offered_film(studio) for _ in range(2))
    assert long.title is not None
    at = {"from": "00:00:01", "to": "00:00:02"}
    factories.fact(studio, long.title, "element", element="stock", ai="prohibited", timecode=at)
    assert asked(short)[0] == "CONDITIONAL"
    long.title.runtime_ms = 3_600_000
    long.title.save()
    assert asked(short)[0] == "PARTIAL"
    refused(studio, exclusively(short.code))


def test_time_codes_of_another_cut_cut_nothing_out_of_the_same_bytes(studio: Actor) -> None:
    film = factories.title(studio)
    factories.ownership(studio, film)
    one, other = (part(studio, film, name, "edit") for name in "AB")
    file = factories.asset(studio, one)
    factories.offer(studio, one)
    factories.asset(studio, other)
    at = {"from": "00:00:01", "to": "00:00:02"}
    factories.fact(studio, other, "element", element="stock", ai="prohibited", timecode=at)
    assert verdict(exclusively(Clips(file.code, [[1000, 2000]])))[0] == "PARTIAL"
