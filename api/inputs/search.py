"""What callers ask of search."""

from rest_framework import serializers

from api.fields import Input, Text
from api.paging import PageQuery
from catalog.search.documents import FACETS, LEVELS
from catalog.search.query import LONGEST_VALUE, MOST_TEXT, MOST_VALUES, ORDERS

_RANGE = "`1990..1999`, `1990..`, `..1999` or `1999`, both ends included."


class _Question(PageQuery):
    level = Text(
        max_length=10,
        required=False,
        help_text=f"What to find: {', '.join(LEVELS)} (default: asset).",
    )
    q = Text(
        max_length=MOST_TEXT,
        required=False,
        allow_blank=True,
        help_text="Words that must all occur; the beginning of one is enough.",
    )
    order = Text(
        max_length=20,
        required=False,
        help_text=f"{', '.join(ORDERS)}, or with `-` before it (default: name). By price: choose"
        " one currency.",
    )
    years = Text(max_length=50, required=False, help_text=_RANGE)
    seconds = Text(max_length=50, required=False, help_text=f"Duration. {_RANGE}")
    price_minor = Text(
        max_length=50,
        required=False,
        help_text=f"In minor units of the one currency chosen. {_RANGE}",
    )


def _values(name: str) -> serializers.ListField:
    return serializers.ListField(
        child=Text(max_length=LONGEST_VALUE),
        max_length=MOST_VALUES,
        required=False,
        help_text=f"Only with one of these values of `counts.{name}`.",
    )


# A parameter for each facet; given several times, its values are alternatives.
SearchQuery: type[Input] = type("SearchQuery", (_Question,), {n: _values(n) for n in FACETS[1:]})


class SearchParameters(Input):
    parameters = Text(
        max_length=10_000,
        allow_blank=True,
        help_text="What stands behind the `?` of a search: `q=host&kind=picture`.",
    )


class NewSavedSearch(SearchParameters):
    name = Text(max_length=100)


class SearchName(Input):
    name = Text(max_length=100)
