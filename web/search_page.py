"""The search page: what was asked, what was found, and an address for every next question."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.search.index import Found
from catalog.search.query import RANGES, Query, parameters
from catalog.search_live import NotReady
from web import display, search_words

type Text = str | Promise

# So many values of a filter are shown, the rest behind one more click, up to a limit.
_SHOWN = 6
_MOST = 60
# These filters stand open; the others open where they are used.
_OPEN = ("kind", "rights", "use", "language", "genre")
_HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Choice:
    """One value of a filter: following `href` sets it, or takes it away where it is `active`."""

    label: Text
    href: str
    count: int | None = None
    active: bool = False


@dataclass(frozen=True)
class Group:
    """A filter with the values that find something; `more` are the rarer ones."""

    name: str
    label: Text
    choices: Sequence[Choice]
    more: Sequence[Choice]
    is_open: bool


class Addresses:
    """The addresses of the questions that stand one click away from this one."""

    def __init__(self, given: QueryDict) -> None:
        self._given = given.copy()
        self._given.pop("cursor", None)

    def with_value(self, name: str, value: str) -> str:
        """Return the address with this value as the only one of its parameter; "" for none."""
        query = self._given.copy()
        query.pop(name, None)
        if value:
            query[name] = value
        return _address(query)

    def first(self) -> str:
        """Return the address of the first page."""
        return _address(self._given)

    def toggled(self, name: str, value: str) -> str:
        """Return the address with this value added to its parameter, or taken from it."""
        query = self._given.copy()
        values = query.getlist(name)
        values = [each for each in values if each != value] + [value] * (value not in values)
        query.setlist(name, values)
        return _address(query)

    def with_values(self, **values: str) -> str:
        """Return the address with each of these parameters set."""
        query = self._given.copy()
        for name, value in values.items():
            query[name] = value
        return _address(query)

    def kept(self, without: Sequence[str]) -> list[tuple[str, str]]:
        """Return the parameters of the address but these, for a form's hidden fields."""
        return [
            (name, value)
            for name, values in self._given.lists()
            if name not in without
            for value in values
            if value
        ]


def _address(query: QueryDict) -> str:
    return f"?{query.urlencode()}" if query else "?"


def levels(found: Found, query: Query, addresses: Addresses) -> list[Choice]:
    """Return what can be found, titles to spoken lines, with how many there are of each."""
    counts = found.counts["level"]
    return [
        Choice(label, addresses.with_value("level", level), counts.get(level, 0), True)
        if level == query.level
        else Choice(label, _at_level(addresses, level), counts.get(level, 0))
        for level, label in search_words.LEVELS.items()
    ]


def _at_level(addresses: Addresses, level: str) -> str:
    # A kind of file is no kind of title: such a filter would only find nothing.
    query = QueryDict(addresses.with_value("level", level).removeprefix("?"), mutable=True)
    query.pop("kind", None)
    return _address(query)


def groups(found: Found, query: Query, addresses: Addresses) -> Iterator[Group]:
    """Yield the filters that divide what was found, or that were used."""
    for name, label in search_words.FILTERS.items():
        chosen = query.filters.get(name, ())
        counts = {**dict.fromkeys(chosen, 0), **found.counts.get(name, {})}
        if len(counts) < 2 and not chosen:
            continue
        choices = [
            Choice(
                search_words.value_name(name, value),
                addresses.toggled(name, value),
                counts[value],
                value in chosen,
            )
            for value in _in_order(name, counts, chosen)
        ]
        yield Group(
            name,
            label,
            choices[:_SHOWN],
            choices[_SHOWN:_MOST],
            bool(chosen) or name in _OPEN,
        )


def _in_order(name: str, counts: Mapping[str, int], chosen: Sequence[str]) -> list[str]:
    if name in search_words.ORDERED:
        order = search_words.ORDERED[name]
        return sorted(
            counts,
            key=lambda value: (value not in order, order.index(value) if value in order else 0),
        )
    if name == "year":
        return sorted(
            counts, key=lambda value: (value not in chosen, -int(value) if value.isdigit() else 0)
        )
    if name == "price":
        return sorted(counts, key=lambda value: (value[:4], len(value), value))
    return sorted(counts, key=lambda value: (value not in chosen, -counts[value], value))


def used(query: Query, addresses: Addresses) -> list[Choice]:
    """Return everything that narrows the question, each with the address without it."""
    words = [Choice(f"“{query.text}”", addresses.with_value("q", ""))] if query.text else []
    values = [
        Choice(
            f"{search_words.FILTERS[name]}: {search_words.value_name(name, value)}",
            addresses.toggled(name, value),
        )
        for name, chosen in query.filters.items()
        for value in chosen
    ]
    ranges = [
        Choice(
            f"{search_words.RANGES[name]}: {'' if least is None else least}–"
            f"{'' if most is None else most}",
            addresses.with_value(name, ""),
        )
        for name, (least, most) in query.ranges.items()
    ]
    return words + values + ranges


def orders(found: Found, query: Query, addresses: Addresses) -> Iterator[Choice]:
    """Yield the orders; by price where one currency is chosen, or there is only one."""
    chosen = query.filters.get("currency", ()) or tuple(found.counts["currency"])
    for order, label in search_words.ORDERS.items():
        values = {"order": order}
        if order.removeprefix("-") == "price":
            if len(chosen) != 1:
                continue
            values["currency"] = chosen[0]
        yield Choice(label, addresses.with_values(**values), None, order == query.order)


def summary(found: Found, level: str) -> dict[str, Any]:
    """Return what is true of the whole result in words: how many, how long, at what price."""
    number = {"total": display.number_text(found.total)}
    count = {
        "title": ngettext("%(total)s title", "%(total)s titles", found.total),
        "asset": ngettext("%(total)s file", "%(total)s files", found.total),
        "shot": ngettext("%(total)s shot", "%(total)s shots", found.total),
        "line": ngettext("%(total)s spoken line", "%(total)s spoken lines", found.total),
    }[level]
    return {
        "count": count % number,
        "length": _length(found.duration_ms),
        "prices": list(found.prices.items()),
        "unpriced": found.unpriced if found.prices else 0,
    }


def _length(duration_ms: int) -> str:
    hours = duration_ms // _HOUR_MS
    if hours:
        text = ngettext("%(count)s hour", "%(count)s hours", hours)
        return text % {"count": display.number_text(hours)}
    minutes = duration_ms // 60_000
    if minutes:
        text = ngettext("%(count)s minute", "%(count)s minutes", minutes)
        return text % {"count": display.number_text(minutes)}
    return _("less than a minute") if duration_ms else ""


def canonical(query: Query) -> QueryDict:
    """Return the parameters of a query, for an address or a form."""
    made = QueryDict(mutable=True)
    for name, value in parameters(query):
        made.appendlist(name, value)
    return made


def not_ready(request: HttpRequest, error: NotReady) -> HttpResponse:
    """Return the page that asks to wait until the index is made."""
    response = render(request, "web/search/not_ready.html", {"said": error}, status=503)
    response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def range_text(query: Query, name: str) -> str:
    """Return a range as it is typed: `1990..1999`."""
    if name not in RANGES or name not in query.ranges:
        return ""
    least, most = query.ranges[name]
    if least == most:
        return str(least)
    return f"{'' if least is None else least}..{'' if most is None else most}"
