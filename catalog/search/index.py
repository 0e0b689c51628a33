"""Every document in memory, as sets: asking one question costs the same for many as for few."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from pyroaring import BitMap

from catalog.search import words
from catalog.search.bits import Sliced
from catalog.search.documents import FACETS, NUMBERS, OWN, OWN_FACETS, Document
from catalog.search.postings import Postings
from catalog.search.query import RANGES, Query, QueryError

# Names are put in order by so many bytes: 24 Latin letters, 8 syllables of Hangul.
NAME_BYTES = 24
MOST_ROWS = 200
_ORDERED_BY = {
    "added": "added_s",
    "duration": "duration_ms",
    "year": "year",
    "price": "price_minor",
}


@dataclass(frozen=True)
class Scope:
    """What a caller may find: what its organisation holds, or, with None, what is on offer."""

    organisation: int | None


@dataclass(frozen=True)
class Cursor:
    """Where a page ended: the last row's number, and its value in the order (None: unknown)."""

    value: int | None
    number: int


@dataclass(frozen=True)
class Found:
    """The answer: one page of document numbers, and what is true of the whole result.

    `counts` says for each value of each facet how many would be found with it, the other filters
    standing. `prices` maps currencies to sums in minor units; `unpriced` have no price.
    """

    rows: tuple[int, ...]
    next: Cursor | None
    total: int
    counts: Mapping[str, Mapping[str, int]]
    duration_ms: int
    prices: Mapping[str, int]
    unpriced: int


class Index:
    """The documents as they stood at `version` of their table."""

    def __init__(self, postings: Postings | None = None) -> None:
        self.version = 0
        self.documents = BitMap()
        self.offered = BitMap()
        self.held: defaultdict[int, BitMap] = defaultdict(BitMap)
        self.facets: dict[str, defaultdict[str, BitMap]] = {
            name: defaultdict(BitMap) for name in FACETS
        }
        self.numbers = {name: Sliced(width) for name, width in NUMBERS.items()}
        self.names = Sliced(8 * NAME_BYTES)
        self.postings = Postings() if postings is None else postings

    def put(self, document: Document) -> None:
        """Add a document, or replace the one with its number."""
        self.remove(document.number)
        self.put_facts(document)
        self.postings.put(document.number, document.terms())

    def put_facts(self, document: Document) -> None:
        """Add a new document without its words; `snapshot.Draft` keeps those elsewhere."""
        number = document.number
        self.documents.add(number)
        self.held[document.organisation].add(number)
        if document.offered:
            self.offered.add(number)
        for name, values in document.all_facets().items():
            for value in values:
                self.facets[name][value].add(number)
        for name, sliced in self.numbers.items():
            if (value := getattr(document, name)) is not None:
                sliced.put(number, value)
        self.names.put(number, name_key(document.name))

    def remove(self, number: int) -> None:
        """Forget a document, if there is one with this number."""
        if number not in self.documents:
            return
        for each in (self.documents, self.offered, *self.held.values()):
            each.discard(number)
        for values in self.facets.values():
            for each in values.values():
                each.discard(number)
        for sliced in (*self.numbers.values(), self.names):
            sliced.remove(number)
        self.postings.remove(number)

    def search(
        self, query: Query, scope: Scope, *, rows: int = 50, after: Cursor | None = None
    ) -> Found:
        """Return a page of at most `rows` documents and what is true of all that were found.

        On offer there are no OWN_FACETS: they are not counted, and QueryError names one asked for.
        """
        if not 0 <= rows <= MOST_ROWS:
            raise ValueError(f"a page has 0 to {MOST_ROWS} rows, not {rows}")
        hidden = OWN_FACETS if scope.organisation is None else frozenset()
        for name in hidden.intersection(query.filters):
            raise QueryError(name, "no such filter")
        base = self._narrowed(scope, query)
        chosen = self._chosen(query)
        found = base.intersection(*chosen.values())
        page, following = self._page(found, query, rows, after)
        prices = self._prices(found)
        return Found(
            rows=tuple(page),
            next=following,
            total=len(found),
            counts=self._counts(base, found, chosen, hidden),
            duration_ms=self.numbers["duration_ms"].total(found),
            prices=prices,
            unpriced=len(found - self.numbers["price_minor"].known),
        )

    def _seen(self, scope: Scope) -> BitMap:
        if scope.organisation is None:
            return self.offered
        return self.held.get(scope.organisation, BitMap())

    def _narrowed(self, scope: Scope, query: Query) -> BitMap:
        """Return which documents hold every word and are in every range."""
        seen = self._seen(scope)
        for word in query.words:
            whole = not words.is_prefix(word)
            having = self.postings.find(word, whole=whole)
            if scope.organisation is not None:
                having |= self.postings.find(OWN + word, whole=whole)
            seen = seen & having
        for name, (least, most) in query.ranges.items():
            number, units = RANGES[name]
            seen = self.numbers[number].between(
                seen,
                None if least is None else least * units,
                # Up to 600 seconds means up to 600,999 milliseconds.
                None if most is None else most * units + units - 1,
            )
        return seen

    def _chosen(self, query: Query) -> dict[str, BitMap]:
        """Return for each filter the documents that pass it; a level is always chosen."""
        wanted: dict[str, Iterable[str]] = {"level": (query.level,), **query.filters}
        return {
            name: BitMap().union(*(self.facets[name].get(value, BitMap()) for value in values))
            for name, values in wanted.items()
        }

    def _counts(
        self,
        base: BitMap,
        found: BitMap,
        chosen: Mapping[str, BitMap],
        hidden: Collection[str],
    ) -> dict[str, dict[str, int]]:
        counts = {}
        for name, values in self.facets.items():
            if name in hidden:
                continue
            # What other values of a filter would add: so its own choice is left out.
            others = [passed for other, passed in chosen.items() if other != name]
            among = base.intersection(*others) if name in chosen else found
            counted = {
                value: among.intersection_cardinality(documents)
                for value, documents in values.items()
            }
            counts[name] = {value: count for value, count in sorted(counted.items()) if count}
        return counts

    def _prices(self, found: BitMap) -> dict[str, int]:
        sums = {}
        for currency, documents in sorted(self.facets["currency"].items()):
            if among := found & documents:
                sums[currency] = self.numbers["price_minor"].total(among)
        return sums

    def _page(
        self, found: BitMap, query: Query, rows: int, after: Cursor | None
    ) -> tuple[list[int], Cursor | None]:
        order = query.order.removeprefix("-")
        keys = self.names if order == "name" else self.numbers[_ORDERED_BY[order]]
        left = found
        if after is not None:
            left = keys.after(found, after.value, after.number, descending=query.descending)
        page = keys.first(left, rows, descending=query.descending)
        if not page or len(left) == len(page):
            return page, None
        return page, Cursor(keys.value(page[-1]), page[-1])


def name_key(name: str) -> int:
    """Return the number by which a name is put in order; names that begin alike may share one."""
    return int.from_bytes(words.plain(name).strip().encode()[:NAME_BYTES].ljust(NAME_BYTES, b"\0"))
