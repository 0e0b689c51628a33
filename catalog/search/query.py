"""What is asked: words, filters, ranges and an order, checked and in one canonical form."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.search import words
from catalog.search.documents import FACETS, LEVELS, NUMBERS

MOST_WORDS = 20
MOST_TEXT = 500
MOST_VALUES = 100
LONGEST_VALUE = 60
ORDERS = ("name", "added", "duration", "year", "price")
# A parameter of the address, the number it narrows, and how many of that make one of its units.
RANGES = {"years": ("year", 1), "seconds": ("duration_ms", 1000), "price_minor": ("price_minor", 1)}
FORMAT = 1

type Range = tuple[int | None, int | None]


class QueryError(ValueError):
    """A question that cannot be answered. `field` is the parameter that is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


@dataclass(frozen=True)
class Query:
    """A question. Two that mean the same are equal.

    `filters` maps facets to the values of which a document has at least one; `ranges` maps names of
    RANGES to least and most, both included. `order` is one of ORDERS, with "-" for the reverse.
    """

    level: str = "asset"
    text: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ranges: Mapping[str, Range] = field(default_factory=dict)
    order: str = "name"

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise QueryError("level", f"one of {', '.join(LEVELS)}")
        if self.order.removeprefix("-") not in ORDERS:
            raise QueryError("order", f'one of {", ".join(ORDERS)}, or with "-" before it')
        object.__setattr__(self, "text", _check_text(self.text))
        object.__setattr__(self, "filters", _check_filters(self.filters))
        object.__setattr__(self, "ranges", _check_ranges(self.ranges))
        one_currency = len(self.filters.get("currency", ())) == 1
        if not one_currency and self.order.removeprefix("-") == "price":
            raise QueryError("order", "choose one currency: prices in two cannot be put in order")
        if not one_currency and "price_minor" in self.ranges:
            raise QueryError("price_minor", "choose one currency")

    @property
    def words(self) -> tuple[str, ...]:
        """The words that must all be found, each once, in a fixed order."""
        return tuple(sorted(set(words.split(self.text))))

    @property
    def descending(self) -> bool:
        return self.order.startswith("-")


def parse(parameters: Mapping[str, Sequence[str]]) -> Query:
    """Return the query that the parameters of an address ask for; others are not looked at.

    `q` holds words; `level` and `order` one value; each facet any number of values; each range
    `1990..1999`, `1990..`, `..1999` or `1999`. Empty values count as absent. Raises QueryError.
    """
    given = {name: [value for value in values if value] for name, values in parameters.items()}
    return Query(
        level=_only("level", given.get("level"), "asset"),
        text=_only("q", given.get("q"), ""),
        filters={name: tuple(given[name]) for name in FACETS[1:] if given.get(name)},
        ranges={
            name: _parse_range(name, _only(name, given[name], ""))
            for name in RANGES
            if given.get(name)
        },
        order=_only("order", given.get("order"), "name"),
    )


def parameters(query: Query) -> list[tuple[str, str]]:
    """Return the parameters that ask for this query, for an address; `parse` reads them."""
    wanted = [("level", query.level), ("q", query.text), ("order", query.order)]
    wanted += [(name, value) for name, values in query.filters.items() for value in values]
    for name, (least, most) in query.ranges.items():
        bounds = ("" if bound is None else str(bound) for bound in (least, most))
        wanted.append((name, "..".join(bounds)))
    return [(name, value) for name, value in wanted if value]


def to_json(query: Query) -> str:
    """Return the canonical form, as saved searches keep it: equal queries give equal text."""
    form = {
        "filters": query.filters,
        "format": FORMAT,
        "level": query.level,
        "order": query.order,
        "ranges": query.ranges,
        "text": query.text,
    }
    return json.dumps(form, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def from_json(text: str) -> Query:
    """Return the query of a saved search; raise QueryError when it is not one."""
    try:
        form = json.loads(text)
        if form.pop("format") != FORMAT:
            raise QueryError("format", f"this version reads format {FORMAT}")
        filters = {name: tuple(values) for name, values in form.pop("filters").items()}
        ranges = {name: (least, most) for name, (least, most) in form.pop("ranges").items()}
        return Query(filters=filters, ranges=ranges, **form)
    except QueryError:
        raise
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise QueryError("query", "not a saved search") from error


def _check_text(text: Any) -> str:
    if not isinstance(text, str) or len(text) > MOST_TEXT:
        raise QueryError("q", f"at most {MOST_TEXT} characters")
    found = words.split(text)
    if len(found) > MOST_WORDS:
        raise QueryError("q", f"at most {MOST_WORDS} words")
    if text.strip() and not found:
        raise QueryError("q", "needs a letter or a digit")
    return " ".join(found)


def _check_filters(filters: Mapping[str, Collection[str]]) -> dict[str, tuple[str, ...]]:
    for name, values in filters.items():
        if name not in FACETS[1:]:
            raise QueryError(str(name), "no such filter")
        if len(values) > MOST_VALUES:
            raise QueryError(name, f"at most {MOST_VALUES} values")
        if not all(isinstance(each, str) and 0 < len(each) <= LONGEST_VALUE for each in values):
            raise QueryError(name, f"values have 1 to {LONGEST_VALUE} characters")
    return {name: tuple(sorted(set(filters[name]))) for name in sorted(filters) if filters[name]}


def _check_ranges(ranges: Mapping[str, Range]) -> dict[str, Range]:
    checked = {}
    for name, (least, most) in sorted(ranges.items()):
        if name not in RANGES:
            raise QueryError(str(name), "no such range")
        number, units = RANGES[name]
        limit = (1 << NUMBERS[number]) // units
        for bound in (least, most):
            if bound is not None and (type(bound) is not int or not 0 <= bound < limit):
                raise QueryError(name, f"a whole number from 0 to {limit - 1}")
        if least is not None and most is not None and least > most:
            raise QueryError(name, "begins after its end")
        if (least, most) != (None, None):
            checked[name] = (least, most)
    return checked


def _only(name: str, values: Sequence[str] | None, otherwise: str) -> str:
    if values and len(values) > 1:
        raise QueryError(name, "given twice")
    return values[0] if values else otherwise


def _parse_range(name: str, text: str) -> Range:
    least, dots, most = text.partition("..")
    return _bound(name, least), _bound(name, most if dots else least)


def _bound(name: str, text: str) -> int | None:
    if not text.strip():
        return None
    if not (text.strip().isascii() and text.strip().isdigit() and len(text) <= 20):
        raise QueryError(name, "write 1990..1999, 1990.., ..1999 or 1999")
    return int(text)
