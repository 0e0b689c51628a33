"""Questions: what is understood, what is refused, and that equal ones are written alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.search.query import Query, QueryError, from_json, parse, to_json
from catalog.search.words import matches, plain, split
from tests.catalog.search.worlds import queries


def test_an_address_becomes_a_query() -> None:
    query = parse(
        {
            "q": ["  Bong Joon-ho,  감독 "],
            "level": ["shot"],
            "genre": ["drama", "crime", "drama"],
            "currency": ["USD"],
            "years": ["1990..1999"],
            "seconds": ["5.."],
            "price_minor": ["..100000"],
            "order": ["-price"],
            "kind": [""],
            "page": ["7"],
        }
    )
    assert query == Query(
        level="shot",
        text="bong joon ho 감독",
        filters={"genre": ("crime", "drama"), "currency": ("USD",)},
        ranges={"years": (1990, 1999), "seconds": (5, None), "price_minor": (None, 100_000)},
        order="-price",
    )
    assert query.words == ("bong", "ho", "joon", "감독")


@pytest.mark.parametrize(
    ("field", "parameters"),
    [
        ("level", {"level": ["clip"]}),
        ("level", {"level": ["shot", "asset"]}),
        ("order", {"order": ["size"]}),
        ("order", {"order": ["price"]}),
        ("order", {"order": ["price"], "currency": ["USD", "KRW"]}),
        ("price_minor", {"price_minor": ["1..2"]}),
        ("years", {"years": ["1999..1990"]}),
        ("years", {"years": ["-5"]}),
        ("years", {"years": ["99999"]}),
        ("years", {"years": ["1990..1991..1992"]}),
        ("seconds", {"seconds": ["9" * 5000]}),
        ("seconds", {"seconds": ["²"]}),
        ("q", {"q": ["a " * 21]}),
        ("q", {"q": ["x" * 501]}),
        ("q", {"q": ["?!"]}),
        ("genre", {"genre": [str(number) for number in range(101)]}),
        ("genre", {"genre": ["x" * 61]}),
    ],
)
def test_what_cannot_be_answered_names_the_parameter(
    field: str, parameters: dict[str, list[str]]
) -> None:
    with pytest.raises(QueryError) as refused:
        parse(parameters)
    assert refused.value.field == field


@given(queries())
def test_a_saved_search_is_read_back_as_itself(query: Query) -> None:
    assert from_json(to_json(query)) == query


def test_searches_that_mean_the_same_are_saved_alike() -> None:
    one = parse({"q": ["Été"], "genre": ["drama", "crime"], "years": ["1999"]})
    two = parse({"years": ["1999..1999"], "genre": ["crime", "drama"], "q": [" ete "]})
    assert to_json(one) == to_json(two)
    assert to_json(one) == (
        '{"filters":{"genre":["crime","drama"]},"format":1,"level":"asset","order":"name",'
        '"ranges":{"years":[1999,1999]},"text":"ete"}'
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"format":2}',
        '{"format":1,"filters":[],"ranges":{}}',
        '{"format":1,"filters":{},"ranges":{},"level":7}',
        '{"format":1,"filters":{},"ranges":{},"order":7}',
        '{"format":1,"filters":{},"ranges":{},"text":7}',
        '{"format":1,"filters":{},"ranges":{"years":[1]}}',
        '{"format":1,"filters":{},"ranges":{"years":[true,null]}}',
        '{"format":1,"filters":{"genre":[1]},"ranges":{}}',
        '{"format":1,"filters":{"level":["asset"]},"ranges":{}}',
        '{"format":1,"filters":{},"ranges":{},"more":1}',
        "[" * 100_000,
    ],
)
def test_what_is_no_saved_search_is_refused(text: str) -> None:
    with pytest.raises(QueryError):
        from_json(text)


@given(st.text())
def test_words_of_words_are_the_same_words(text: str) -> None:
    assert split(" ".join(split(text))) == split(text)
    assert plain(plain(text)) == plain(text)


@given(st.text())
def test_a_text_is_found_by_each_of_its_words(text: str) -> None:
    assert all(matches(text, word) for word in split(text))
