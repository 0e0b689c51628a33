"""What is recorded is found: by whom, under which words, and until when."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection

from accounts.access import Actor
from catalog.merging import merge_titles, split_title
from catalog.models import BeginsWith, Cue, SearchDocument, Shot, Title, Transcript
from catalog.parties import credit, register_party
from catalog.rights import record_fact
from catalog.search.documents import Document
from catalog.search.query import Query, QueryError
from catalog.search_live import live, scope_of, targets
from catalog.search_table import document_of
from catalog.titles import change_title, identify_title, name_title, unname_title
from licensing.library.readiness import check_readiness_pending
from licensing.models import Offer, StaleTitle
from licensing.offers.market import offered_assets, search_offers
from licensing.offers.publishing import withdraw_offer
from licensing.search import indexing as search_indexing
from licensing.search.indexing import index_pending, mark_all
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def studio() -> Actor:
    return factories.studio("Peach Pictures")


@pytest.fixture
def lab() -> Actor:
    return factories.lab("Lumen Lab")


def later(seconds: int = 2) -> AbstractContextManager[object]:
    return time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds))


def found(actor: Actor, text: str = "", level: str = "title", **filters: str) -> list[int]:
    """Return the keys of what an actor finds."""
    scope = scope_of(actor)
    wanted = {name: (value,) for name, value in filters.items()}
    return targets(live.search(Query(level, text, wanted), scope), scope)


def document(level: str, target: int) -> Document:
    return document_of(SearchDocument.objects.get(level=level, target=target))


def test_a_title_is_found_by_all_it_is_called_and_by_whom_it_was_made(studio: Actor) -> None:
    title = factories.title(
        studio, name="괴물", language="ko", names={"en": "The Host"}, eidr=factories.EIDR
    )
    bong = register_party(actor=studio, kind="person", name="봉준호", names={"en": "Bong Joon Ho"})
    credit(actor=studio, title_code=title.code, party_code=bong.code, role="director")
    identify_title(actor=studio, code=title.code, scheme="imdb", value="tt0468492")
    identify_title(actor=studio, code=title.code, scheme="own", value="PEACH-7")
    index_pending()
    for typed in (
        "괴물",
        "물",
        "host",
        "봉준호",
        "joon",
        "tt0468492",
        "7791",
        title.code,
        "peach-7",
    ):
        assert found(studio, typed) == [title.pk], typed
    assert found(studio, "parasite") == []
    assert found(factories.studio(), "괴물") == []


def test_a_new_name_is_found_and_one_taken_back_is_not(studio: Actor) -> None:
    title = factories.title(studio)
    index_pending()
    name_title(actor=studio, code=title.code, language="ko", name="빅 벅 버니")
    with later():
        index_pending()
    assert found(studio, "버니") == [title.pk]
    unname_title(actor=studio, code=title.code, language="ko", name="빅 벅 버니")
    change_title(actor=studio, code=title.code, changes={"name": "Sintel"})
    with later(4):
        index_pending()
    assert found(studio, "버니") == found(studio, "bunny") == []
    assert found(studio, "sintel") == [title.pk]


def test_an_offer_is_found_with_its_price_until_it_is_withdrawn(studio: Actor, lab: Actor) -> None:
    file = factories.offered_film(studio)
    title = file.title
    assert title is not None
    other = factories.words(studio, factories.title(studio, name="Not on offer"))
    index_pending()
    assert found(lab) == [title.pk]
    assert found(lab, level="asset") == [file.pk]
    assert found(studio, level="asset") == [file.pk, other.pk]
    seen = document("asset", file.pk)
    assert (seen.price_minor, seen.currency, seen.duration_ms) == (100_000, "USD", 5312)
    assert seen.all_facets()["resolution"] == ("720p",)
    assert (seen.facets["frame_rate"], seen.facets["kind"]) == (["25"], ["picture"])
    assert found(lab, use="train.finetune") == [title.pk]
    assert found(lab, use="dub") == []
    withdraw_offer(actor=studio, code=Offer.objects.get().code)
    with later():
        index_pending()
    assert found(lab) == found(lab, level="asset") == []
    assert document("asset", file.pk).price_minor is None


def test_an_offer_is_found_until_its_window_ends(studio: Actor, lab: Actor) -> None:
    ends_at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    file = factories.offered_film(studio)
    assert file.title is not None
    withdraw_offer(actor=studio, code=Offer.objects.get().code)
    factories.offer(studio, file.title, ends_at=ends_at)
    index_pending()
    assert found(lab, level="asset") == [file.pk]
    with time_machine.travel(ends_at - timedelta(hours=1)):
        index_pending()
        assert found(lab, level="asset") == [file.pk]
    with time_machine.travel(ends_at):
        # Asked of the rows it is gone at once, and from the index by itself.
        assert not offered_assets(lab).exists()
        assert search_offers(lab).count() == 0
        index_pending()
        assert found(lab) == found(lab, level="asset") == []
        assert found(studio, level="asset", offer="published") == []
        assert found(studio, level="asset", offer="none") == [file.pk]


def test_a_lab_finds_by_nothing_that_an_offer_does_not_disclose(studio: Actor, lab: Actor) -> None:
    file = factories.offered_film(studio)
    identify_title(actor=studio, code=file.owner.code, scheme="own", value="PEACH-7")
    index_pending()
    for typed in ("bigbuckbunny", "peach-7"):
        assert len(found(studio, typed, "asset")) == 1
        assert found(lab, typed, "asset") == []
    shown = live.search(Query("asset"), scope_of(lab))
    assert not {"rights", "offer"} & shown.counts.keys()
    for name in ("rights", "offer"):
        with pytest.raises(QueryError, match=name):
            found(lab, **{name: "clear"})


def test_an_offer_discloses_its_own_files_and_no_others_of_the_work(
    studio: Actor, lab: Actor
) -> None:
    offered = factories.offered_words(studio)
    hidden = factories.asset(studio, factories.title(studio))
    merge_titles(actor=studio, code=hidden.owner.code, into=offered.owner.code, reason="One film")
    index_pending()
    assert found(lab, level="asset") == [offered.pk]
    assert found(lab) == [offered.owner.pk]
    assert document("title", offered.owner.pk).duration_ms is None
    assert document("title", offered.owner.pk).lines is None


def test_the_price_of_a_title_is_that_of_its_offered_files(studio: Actor) -> None:
    file = factories.offered_words(studio)
    factories.words(studio, file.owner, "More")
    index_pending()
    assert document("title", file.owner.pk).price_minor == 200_000


def test_the_engine_s_answer_is_a_filter_of_its_holder(studio: Actor) -> None:
    title = factories.title(studio)
    index_pending()
    assert found(studio, rights="unchecked") == [title.pk]
    factories.ownership(studio, title)
    check_readiness_pending()
    with later():
        index_pending()
    assert found(studio, rights="clear") == [title.pk]
    record_fact(actor=studio, title=title, kind="restriction", body={"uses": ["ai.all"]})
    with later(20):
        check_readiness_pending()
        index_pending()
    assert found(studio, rights="blocked") == [title.pk]


def test_an_episode_is_found_by_its_series_and_described_by_it(studio: Actor) -> None:
    series = factories.title(
        studio, kind="series", name="Signal", names={"ko": "시그널"}, genres=["crime"]
    )
    season = factories.title(studio, kind="season", name="Season 1", parent=series.code)
    episode = factories.title(studio, kind="episode", name="Episode 1", parent=season.code)
    index_pending()
    assert set(found(studio, "시그널")) == {series.pk, season.pk, episode.pk}
    assert episode.pk in found(studio, genre="crime")
    change_title(actor=studio, code=series.code, changes={"genres": ["thriller"]})
    with later():
        index_pending()
    assert episode.pk in found(studio, genre="thriller")
    assert found(studio, genre="crime") == []


def test_a_duplicate_is_found_in_the_title_that_speaks_for_it(studio: Actor) -> None:
    kept, other = factories.title(studio, name="The Host"), factories.title(studio, name="괴물")
    file = factories.words(studio, other)
    index_pending()
    merge_titles(actor=studio, code=other.code, into=kept.code, reason="The same film")
    with later():
        index_pending()
    assert found(studio) == found(studio, "괴물") == [kept.pk]
    assert found(studio, "host", "asset") == [file.pk]
    split_title(actor=studio, code=other.code, reason="Not the same")
    with later(4):
        index_pending()
    assert found(studio, "괴물") == [other.pk]
    assert found(studio, "host") == [kept.pk]
    assert found(studio, "host", "asset") == []


def test_shots_and_spoken_lines_are_found_with_their_film(studio: Actor, lab: Actor) -> None:
    file = factories.offered_film(studio)
    shot = Shot.objects.create(
        asset=file,
        number=1,
        start_us=0,
        end_us=2_000_000,
        first_frame=0,
        frames=50,
        begins_with=BeginsWith.START,
        brightness=90,
        motion=3,
    )
    shot.tags.create(tag="rabbit")
    text = Transcript.objects.create(asset=file, language="ko-KR", filename="a.srt", sha256="0")
    line = Cue.objects.create(transcript=text, number=1, start_ms=0, end_ms=900, text="안녕 토끼야")
    index_pending()
    assert found(lab, "rabbit", "shot") == found(lab, "bunny", "shot") == [shot.pk]
    assert found(lab, "토끼", "line") == [line.pk]
    assert document("line", line.pk).facets["language"] == ["ko"]
    assert document("shot", shot.pk).duration_ms == 2000
    line.delete()
    mark_all()
    index_pending()
    assert found(lab, "토끼", "line") == []


def test_files_of_a_likeness_are_not_found(lab: Actor) -> None:
    talent = factories.talent()
    likeness = factories.likeness(talent)
    factories.words(talent, likeness)
    factories.offer(talent, likeness)
    index_pending()
    assert not SearchDocument.objects.exists()


def test_what_says_the_same_is_not_written_again(studio: Actor) -> None:
    factories.offered_words(studio)
    index_pending()
    versions = list(SearchDocument.objects.values_list("version", flat=True))
    mark_all()
    assert index_pending() == 1
    assert list(SearchDocument.objects.values_list("version", flat=True)) == versions


def test_what_was_not_kept_is_done_again(studio: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    title = factories.title(studio)

    def killed(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("catalog.search_table.keep", killed)
        with pytest.raises(KeyboardInterrupt):
            index_pending()
    assert StaleTitle.objects.get().title == title
    index_pending()
    assert found(studio) == [title.pk]
    assert not StaleTitle.objects.exists()


def test_what_is_committed_late_is_found_by_a_second_look(studio: Actor) -> None:
    factories.title(studio)
    index_pending()
    late = factories.title(studio, name="Late")
    Title.objects.filter(pk=late.pk).update(changed_at=late.changed_at - timedelta(seconds=50))
    with later(90):
        index_pending()
    assert found(studio, "late") == [late.pk]


def test_a_large_film_does_not_wait_for_others(
    studio: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_indexing, "_MOST_DOCUMENTS", 1)
    for number in range(3):
        file = factories.words(studio, factories.title(studio, name=f"Film {number}"))
        text = Transcript.objects.create(asset=file, language="en", filename="a.srt", sha256="0")
        for place in range(2):
            Cue.objects.create(transcript=text, number=place, start_ms=0, end_ms=9, text="Hello")
    assert index_pending(limit=1) == 1
    assert len(found(studio)) == 1
    index_pending()
    assert len(found(studio, "hello", "line")) == 6


def test_reindexing_repairs_what_the_table_says(
    studio: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    file = factories.words(studio, factories.title(studio))
    index_pending()
    SearchDocument.objects.filter(level="title").update(name="Wrong")
    SearchDocument.objects.filter(level="asset").update(target=file.pk + 1)
    call_command("reindex")
    assert document("title", file.owner.pk).name == "Big Buck Bunny"
    assert found(studio, level="asset") == [file.pk]
    assert "1 titles to look at" in capsys.readouterr().out


def test_the_queries_do_not_grow_with_the_library(
    studio: Actor, django_assert_max_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    for number in range(2):
        factories.offered_words(studio, name=f"Film {number}")
    index_pending()
    for number in range(20):
        factories.words(studio, factories.title(studio, name=f"Reel {number}"))
    mark_all()
    with django_assert_max_num_queries(60):
        assert index_pending() == 22


def test_more_may_change_at_once_than_a_question_can_name(
    studio: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.merging._AT_ONCE", 2)
    series = factories.title(studio, kind="series", name="Signal")
    for number in range(5):
        factories.title(studio, kind="episode", name=f"Part {number}", parent=series.code)
    index_pending()
    assert len(found(studio, "signal")) == 6


@pytest.mark.django_db(transaction=True)
def test_all_can_be_marked_while_others_write(
    studio: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_indexing, "_MARKED_AT_ONCE", 1_000)
    organisation = factories.title(studio).organisation
    Title.objects.bulk_create(
        Title(code=f"{number}", organisation=organisation, kind="film", name="Film", language="en")
        for number in range(10_000_000, 10_002_500)
    )

    def write() -> None:
        Title.objects.filter(code="10000000").update(year=2008)
        connection.close()

    def meanwhile(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("INSERT"):
            with ThreadPoolExecutor(1) as other:
                other.submit(write).result()
        return execute(sql, *rest)

    with connection.execute_wrapper(meanwhile):
        assert mark_all() == 2_501
