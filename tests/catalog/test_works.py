"""What is said of a work, what it is part of, and by which numbers it is known."""

from datetime import date
from typing import Any

import pytest

from accounts.access import Actor
from accounts.errors import Conflict, Invalid, NotFound
from catalog.models import Title, TitleIdentifier, TitleKind
from catalog.titles import (
    PARENTS,
    change_title,
    identify_title,
    name_title,
    register_many,
    unname_title,
)
from tests import factories
from tests.accounts.witness import facts, last, refused

EIDR = "10.5240/7791-8534-2C23-9030-8610-5"
OTHER_EIDR = "10.5240/1489-49A2-3956-4B2D-FE16-5"


@pytest.fixture
def studio(db: None) -> Actor:
    return factories.studio()


def test_a_work_says_where_it_was_made_and_how_long_it_runs(studio: Actor) -> None:
    title = factories.title(
        studio,
        name="Война и мир",
        language="ru",
        countries=["su", "SU"],
        spoken=["RU", "fr"],
        genres=["Drama", "drama", "WAR"],
        runtime_ms=431 * 60_000,
        released_on=date(1966, 3, 14),
        technique="live_action",
        certifications=[{"country": "GB", "system": "BBFC", "rating": "PG"}],
    )
    title.refresh_from_db()
    assert title.countries == ["SU"]
    assert title.spoken == ["ru", "fr"]
    assert title.genres == ["drama", "war"]
    assert title.runtime_ms == 25_860_000
    assert title.certifications == [{"country": "GB", "system": "BBFC", "rating": "PG"}]


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("countries", ["KR", "UK"], "countries[1]"),
        ("spoken", ["klingonese"], "spoken[0]"),
        ("runtime_ms", 0, "runtime_ms"),
        ("runtime_ms", 2**31, "runtime_ms"),
        ("released_on", date(1700, 1, 1), "released_on"),
        ("technique", "puppets", "technique"),
        ("genres", [" "], "genres[0]"),
        ("genres", [str(each) for each in range(41)], "genres"),
        (
            "certifications",
            [{"country": "ZZ", "system": "x", "rating": "y"}],
            "certifications[0].country",
        ),
    ],
)
def test_what_cannot_be_true_of_a_work_is_refused(
    studio: Actor, field: str, value: Any, named: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        factories.title(studio, **{field: value})
    assert refusal.value.field == named
    assert not Title.objects.exists()


@pytest.mark.parametrize(
    ("written", "kept"),
    [("pt-br", "pt-BR"), ("ARZ", "arz"), ("hak-hant-tw", "hak-Hant-TW"), ("und", "und")],
)
def test_a_language_is_kept_as_the_register_writes_it(
    studio: Actor, written: str, kept: str
) -> None:
    assert factories.title(studio, language=written, spoken=[written]).language == kept


def test_a_series_has_seasons_and_these_have_episodes(studio: Actor) -> None:
    series = factories.title(studio, kind="series")
    season = factories.title(studio, kind="season", parent=series.code, number=1)
    episode = factories.title(studio, kind="episode", parent=season.code, number=3)
    assert episode.parent is not None
    assert episode.parent.parent == series
    with pytest.raises(Invalid, match="cannot be part of") as refusal:
        factories.title(studio, kind="series", parent=episode.code)
    assert refusal.value.field == "parent"


def test_a_season_of_nothing_is_refused_as_an_episode_is(studio: Actor) -> None:
    for kind in ("season", "episode"):
        with refused(Invalid, "parent"):
            factories.title(studio, kind=kind)
        rows: list[Any] = [{"kind": kind, "name": "Second", "language": "en"}]
        with refused(Invalid, "titles[0].parent"):
            register_many(actor=studio, rows=rows)
    series = factories.title(studio, kind="series")
    season = factories.title(studio, kind="season", parent=series.code)
    with refused(Invalid, "parent"):
        change_title(actor=studio, code=season.code, changes={"parent": None})


def test_nothing_can_be_part_of_itself_by_any_way() -> None:
    """Whatever a kind may be part of stands before it in one order, so there is no circle."""
    left = dict(PARENTS)
    while left:
        free = [kind for kind, parents in left.items() if not parents & left.keys()]
        assert free
        for kind in free:
            del left[kind]
    assert set(PARENTS) == set(TitleKind)


def test_a_title_of_another_studio_is_no_parent(studio: Actor) -> None:
    foreign = factories.title(factories.studio(), kind="series")
    with pytest.raises(Invalid) as refusal:
        factories.title(studio, kind="season", parent=foreign.code)
    assert refusal.value.field == "parent"


def test_a_correction_keeps_in_the_log_what_was_said_before(studio: Actor) -> None:
    title = factories.title(studio, year=2008)
    change_title(actor=studio, code=title.code, changes={"year": 2009, "genres": ["comedy"]})
    title.refresh_from_db()
    assert (title.year, title.genres) == (2009, ["comedy"])
    entry = last("title.changed")
    assert entry.facts().data["fields"] == ["genres", "year"]
    assert facts(entry)["change"] == {
        "from": {"genres": [], "year": 2008},
        "to": {"genres": ["comedy"], "year": 2009},
    }


def test_a_correction_that_corrects_nothing_is_not_recorded(studio: Actor) -> None:
    title = factories.title(studio, year=2008)
    change_title(actor=studio, code=title.code, changes={"year": 2008})
    last("title.registered")


def test_a_kind_changes_only_where_it_fits_its_parts(studio: Actor) -> None:
    series = factories.title(studio, kind="series")
    factories.title(studio, kind="season", parent=series.code, number=1)
    with pytest.raises(Invalid) as refusal:
        change_title(actor=studio, code=series.code, changes={"kind": "film"})
    assert refusal.value.field == "kind"


def test_a_name_is_kept_once_until_it_is_taken_back(studio: Actor) -> None:
    title = factories.title(studio, name="The Host", language="en")
    name_title(actor=studio, code=title.code, language="ko", name="괴물")
    name_title(actor=studio, code=title.code, language="KO", name=" 괴물 ")
    assert title.names.count() == 1
    unname_title(actor=studio, code=title.code, language="ko", name="괴물")
    assert not title.names.exists()
    with pytest.raises(NotFound):
        unname_title(actor=studio, code=title.code, language="ko", name="괴물")


@pytest.mark.parametrize(
    ("scheme", "written", "kept"),
    [
        ("imdb", "https://www.imdb.com/title/tt0468492/", "tt0468492"),
        ("isan", "0000-0000-D07A-0090-Q", "0000-0000-D07A-0090-Q"),
        ("own", " WB-1002/A ", "WB-1002/A"),
    ],
)
def test_a_work_is_known_by_the_numbers_of_others(
    studio: Actor, scheme: str, written: str, kept: str
) -> None:
    title = factories.title(studio)
    identify_title(actor=studio, code=title.code, scheme=scheme, value=written)
    identify_title(actor=studio, code=title.code, scheme=scheme, value=written)
    assert list(title.identifiers.values_list("scheme", "value", "verified")) == [
        (scheme, kept, True)
    ]


@pytest.mark.parametrize(
    ("scheme", "value"),
    [
        ("imdb", "0468492"),
        ("isan", "0000-0000-D07A-0090-R"),
        ("eidr", EIDR[:-1] + "6"),
        ("doi", "x"),
        ("own", ""),
    ],
)
def test_a_number_that_fails_its_check_is_refused(studio: Actor, scheme: str, value: str) -> None:
    title = factories.title(studio)
    with pytest.raises(Invalid):
        identify_title(actor=studio, code=title.code, scheme=scheme, value=value)
    assert not TitleIdentifier.objects.exists()


def test_a_number_names_one_title_only(studio: Actor) -> None:
    first, second = factories.title(studio, eidr=EIDR), factories.title(studio)
    with pytest.raises(Conflict):
        identify_title(actor=studio, code=second.code, scheme="eidr", value=EIDR)
    identify_title(actor=studio, code=first.code, scheme="imdb", value="tt0468492")
    with pytest.raises(Conflict):
        identify_title(actor=studio, code=second.code, scheme="imdb", value="tt0468492")
    # Another studio's library is its own.
    factories.title(factories.studio(), eidr=EIDR)


def test_a_first_eidr_is_the_titles_own_and_a_second_an_alias(studio: Actor) -> None:
    title = factories.title(studio)
    identify_title(actor=studio, code=title.code, scheme="eidr", value=EIDR)
    identify_title(actor=studio, code=title.code, scheme="eidr", value=f"doi:{OTHER_EIDR}")
    title.refresh_from_db()
    assert title.eidr == EIDR
    assert [each.value for each in title.identifiers.all()] == [OTHER_EIDR]
    with pytest.raises(Conflict):
        factories.title(studio, eidr=OTHER_EIDR)
