"""Every answer is the one that looking at each document would give."""

import dataclasses
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.search import snapshot
from catalog.search.documents import Document
from catalog.search.index import Index, Scope
from catalog.search.postings import Damaged
from catalog.search.query import Query, QueryError
from tests.catalog.search.worlds import answer, documents, queries, scopes

ONE, TWO, LAB = Scope(1), Scope(2), Scope(None)


def index_of(*found: Document) -> Index:
    index = Index()
    for each in found:
        index.put(each)
    return index


def film(number: int, name: str = "Parasite", **facts: object) -> Document:
    return dataclasses.replace(
        Document(number=number, organisation=1, level="asset", name=name), **facts
    )


@given(st.lists(documents(), max_size=12), st.lists(st.integers(1, 30)), queries(), scopes())
def test_the_answer_is_that_of_looking_at_each_document(
    put: list[Document], removed: list[int], query: Query, scope: Scope
) -> None:
    index = index_of(*put)
    world = {each.number: each for each in put}
    for number in removed:
        index.remove(number)
        world.pop(number, None)
    assert index.search(query, scope, rows=200) == answer(world.values(), query, scope)


@given(
    st.lists(documents(), min_size=1, max_size=12),
    st.sampled_from(["name", "added", "duration", "year"]),
    st.sampled_from(["", "-"]),
    st.integers(1, 4),
)
def test_the_pages_one_after_the_other_are_the_whole_result(
    put: list[Document], order: str, reverse: str, rows: int
) -> None:
    world = {each.number: dataclasses.replace(each, level="asset", offered=True) for each in put}
    index, query = index_of(*world.values()), Query(order=reverse + order)
    seen: list[int] = []
    after = None
    for _ in world:
        page = index.search(query, LAB, rows=rows, after=after)
        assert len(page.rows) <= rows
        seen += page.rows
        after = page.next
        if after is None:
            break
    assert tuple(seen) == answer(world.values(), query, LAB).rows


@given(
    st.lists(documents(), max_size=12, unique_by=lambda each: each.number),
    st.lists(documents(), max_size=10),
    st.lists(st.integers(1, 30)),
    queries(),
    scopes(),
)
def test_a_snapshot_and_what_came_since_answer_alike(
    before: list[Document],
    since: list[Document],
    removed: list[int],
    query: Query,
    scope: Scope,
) -> None:
    with TemporaryDirectory() as parent:
        folder = Path(parent) / "7"
        snapshot.build(folder, before, version=7)
        index = snapshot.load(folder)
    assert index.version == 7
    world = {each.number: each for each in before}
    for each in since:
        index.put(each)
        world[each.number] = each
    for number in removed:
        index.remove(number)
        world.pop(number, None)
    assert index.search(query, scope, rows=200) == answer(world.values(), query, scope)


def test_a_studio_finds_its_own_and_a_lab_what_is_offered() -> None:
    index = index_of(film(1), film(2, organisation=2), film(3, organisation=2, offered=True))
    assert index.search(Query(), ONE).rows == (1,)
    assert index.search(Query(), TWO).rows == (2, 3)
    assert index.search(Query(), LAB).rows == (3,)
    assert index.search(Query(), Scope(9)).total == 0


def test_what_others_hold_shows_in_no_count() -> None:
    index = index_of(film(1), film(2, organisation=2, facets={"genre": ("secret",)}))
    assert index.search(Query(), ONE).counts["genre"] == {}


def test_a_lab_finds_by_nothing_that_the_offer_does_not_say() -> None:
    facets = {"rights": ("blocked",), "genre": ("drama",)}
    index = index_of(film(1, offered=True, own_text="PROJECT-7", facets=facets))
    assert index.search(Query(text="project"), ONE).rows == (1,)
    assert index.search(Query(text="project"), LAB).total == 0
    assert index.search(Query(), ONE).counts["rights"] == {"blocked": 1}
    assert "rights" not in index.search(Query(), LAB).counts
    with pytest.raises(QueryError, match="rights"):
        index.search(Query(filters={"rights": ("blocked",)}), LAB)


def test_a_lab_no_longer_finds_what_was_withdrawn() -> None:
    index = index_of(film(1, offered=True, price_minor=500, currency="USD"))
    assert index.search(Query(), LAB).prices == {"USD": 500}
    index.put(film(1))
    found = index.search(Query(), LAB)
    assert (found.total, found.prices, found.counts["level"]) == (0, {}, {})


@pytest.mark.parametrize("word", ["감독", "기생충", "생충", "기", "PARASITE", "para", "amelie"])
def test_words_are_found_in_either_language(word: str) -> None:
    other = film(2, "Oldboy", text="올드보이")
    text = "기생충은 봉준호감독의 영화, neé Amélie"
    assert index_of(film(1, text=text), other).search(Query(text=word), ONE).rows == (1,)


@pytest.mark.parametrize("word", ["arasite", "충기", "독감", "p"])
def test_what_is_not_the_beginning_of_a_word_is_not_found(word: str) -> None:
    assert index_of(film(1, text="기생충 감독")).search(Query(text=word), ONE).total == 0


def test_a_count_says_what_one_more_value_of_the_same_filter_would_find() -> None:
    index = index_of(
        film(1, facets={"genre": ("drama",), "country": ("KR",)}),
        film(2, facets={"genre": ("crime",), "country": ("US",)}),
    )
    found = index.search(Query(filters={"genre": ("drama",)}), ONE)
    assert found.total == 1
    assert found.counts["genre"] == {"crime": 1, "drama": 1}
    assert found.counts["country"] == {"KR": 1}


def test_sums_are_exact_beyond_what_fits_a_machine_word() -> None:
    most = 2**50 - 1
    index = Index()
    for number in range(1, 20_001):
        index.put_facts(film(number, price_minor=most, currency="KRW"))
    assert index.search(Query(), ONE).prices == {"KRW": 20_000 * most}
    assert 20_000 * most > 2**63


def test_a_damaged_snapshot_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "1"
    snapshot.build(folder, [film(number) for number in range(100)], version=1)
    for name in ("sets", "terms"):
        path = folder / name
        whole = path.read_bytes()
        for damaged in (whole[:-1], whole[: len(whole) // 2], whole + b"\0", whole[:20]):
            path.write_bytes(damaged)
            with pytest.raises(Damaged):
                snapshot.load(folder)
        path.write_bytes(whole)
    assert snapshot.load(folder).search(Query(), ONE).total == 100
