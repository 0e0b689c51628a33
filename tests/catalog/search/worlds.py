"""Random documents and questions, and the slow, plain answer to them."""

from collections import Counter
from collections.abc import Collection, Iterable

from hypothesis import strategies as st

from catalog.search import words
from catalog.search.documents import FACETS, OWN_FACETS, Document
from catalog.search.index import Found, Scope, name_key
from catalog.search.query import ORDERS, Query

WORDS = ("parasite", "para", "part", "기생충", "감독", "영화감독은", "부산행", "기생", "a", "1917")
VALUES = {
    "kind": ("picture", "audio"),
    "language": ("en", "ko", "fr"),
    "genre": ("drama", "crime", "horror"),
    "country": ("KR", "US"),
}
OWN_VALUES = {"rights": ("clear", "blocked")}
CURRENCIES = ("KRW", "USD")


def texts(most: int) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(WORDS), max_size=most).map(" ".join)


def facets(more: dict[str, tuple[str, ...]]) -> st.SearchStrategy[dict[str, Collection[str]]]:
    return st.fixed_dictionaries(
        {},
        optional={name: st.sets(st.sampled_from(each)) for name, each in (VALUES | more).items()},
    )


# What is drawn from is made once: a strategy looks itself through before its first use.
_NUMBERS = st.integers(1, 30)
_OWN_FACETS = facets(OWN_VALUES)
_SOME_FACETS = facets({})
_TEXTS = {most: texts(most) for most in (1, 2, 3, 4)}
_PRICES = st.none() | st.integers(0, 40) | st.integers(0, 10**15)
_LEVELS = st.sampled_from(("asset", "asset", "asset", "title"))
_CURRENCIES = st.sampled_from(CURRENCIES)
_ORGANISATIONS = st.integers(1, 2)
_DURATIONS = st.none() | st.integers(0, 30_000)
_LINES = st.none() | st.integers(1, 5000)
_YEARS = st.none() | st.integers(1888, 1900)
_SECONDS = st.integers(0, 5)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    price = draw(_PRICES)
    return Document(
        number=draw(_NUMBERS),
        organisation=draw(_ORGANISATIONS),
        level=draw(_LEVELS),
        name=draw(_TEXTS[3]),
        text=draw(_TEXTS[4]),
        offered=draw(st.booleans()),
        own_text=draw(_TEXTS[1]),
        facets=draw(_OWN_FACETS),
        duration_ms=draw(_DURATIONS),
        lines=draw(_LINES),
        year=draw(_YEARS),
        price_minor=price,
        currency=None if price is None else draw(_CURRENCIES),
        added_s=draw(_SECONDS),
    )


# Half of them narrow nothing, and find a lot.
_WANTED = st.just({}) | _SOME_FACETS
_BETWEEN_YEARS = st.tuples(st.none() | st.integers(1888, 1892), st.just(None) | st.just(1895))
_BETWEEN_SECONDS = st.tuples(st.none() | st.just(3), st.none() | st.integers(3, 20))
_BETWEEN_PRICES = st.tuples(st.none() | st.just(7), st.none() | st.just(10**6))
_ASKED = st.just("") | _TEXTS[2]
_DIRECTIONS = st.sampled_from(("", "-"))
_PRICED_ORDERS = st.sampled_from(sorted(ORDERS))
_OTHER_ORDERS = st.sampled_from(sorted(set(ORDERS) - {"price"}))


@st.composite
def queries(draw: st.DrawFn) -> Query:
    filters = {name: tuple(values) for name, values in draw(_WANTED).items()}
    ranges = {}
    if draw(st.booleans()):
        ranges["years"] = draw(_BETWEEN_YEARS)
    if draw(st.booleans()):
        ranges["seconds"] = draw(_BETWEEN_SECONDS)
    orders = _OTHER_ORDERS
    if draw(st.booleans()):
        filters["currency"] = (draw(_CURRENCIES),)
        ranges["price_minor"] = draw(_BETWEEN_PRICES)
        orders = _PRICED_ORDERS
    order = draw(orders)
    return Query(
        level=draw(_LEVELS),
        text=draw(_ASKED),
        filters=filters,
        ranges=ranges,
        order=draw(_DIRECTIONS) + order,
    )


def scopes() -> st.SearchStrategy[Scope]:
    return st.builds(Scope, st.none() | st.integers(1, 2))


def answer(world: Iterable[Document], query: Query, scope: Scope) -> Found:
    """Return the whole result on one page, from the documents one by one."""
    base = [each for each in world if _is_seen(each, scope) and _is_narrowed(each, query, scope)]
    chosen = {"level": (query.level,), **query.filters}
    found = [each for each in base if _passes(each, chosen)]
    counts = {}
    for name in FACETS:
        if scope.organisation is None and name in OWN_FACETS:
            continue
        others = {other: values for other, values in chosen.items() if other != name}
        among = [each for each in base if _passes(each, others)]
        counts[name] = dict(
            Counter(v for each in among for v in set(each.all_facets().get(name, ())))
        )
    prices: Counter[str] = Counter()
    for each in found:
        if each.currency is not None:
            prices[each.currency] += each.price_minor or 0
    return Found(
        rows=tuple(each.number for each in sorted(found, key=lambda each: _place(each, query))),
        next=None,
        total=len(found),
        counts=counts,
        duration_ms=sum(each.duration_ms or 0 for each in found),
        prices=dict(prices),
        unpriced=sum(each.price_minor is None for each in found),
    )


def _is_seen(document: Document, scope: Scope) -> bool:
    if scope.organisation is None:
        return document.offered
    return document.organisation == scope.organisation


def _is_narrowed(document: Document, query: Query, scope: Scope) -> bool:
    text = f"{document.name} {document.text}"
    own = "" if scope.organisation is None else document.own_text
    bounds = (
        (query.ranges.get("years"), document.year),
        (query.ranges.get("price_minor"), document.price_minor),
        (query.ranges.get("seconds"), _whole_seconds(document)),
    )
    for wanted, value in bounds:
        if wanted is None:
            continue
        least, most = wanted
        if value is None or not (least or 0) <= value <= (value if most is None else most):
            return False
    return all(words.matches(text, word) or words.matches(own, word) for word in query.words)


def _whole_seconds(document: Document) -> int | None:
    return None if document.duration_ms is None else document.duration_ms // 1000


def _passes(document: Document, chosen: dict[str, tuple[str, ...]]) -> bool:
    has = document.all_facets()
    return all(set(has.get(name, ())) & set(values) for name, values in chosen.items())


def _place(document: Document, query: Query) -> tuple[bool, int, int]:
    value = {
        "name": name_key(document.name),
        "added": document.added_s,
        "duration": document.duration_ms,
        "year": document.year,
        "price": document.price_minor,
    }[query.order.removeprefix("-")]
    signed = -(value or 0) if query.descending else (value or 0)
    return value is None, signed, document.number
