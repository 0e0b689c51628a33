"""Asking search: a page of what was found, with what stands beside each row of it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Count, Exists, Model, OuterRef, QuerySet
from django.utils import timezone

from accounts.access import Actor
from accounts.errors import Invalid
from catalog import search_live
from catalog.merging import rows_of_many
from catalog.models import Asset, Cue, Shot, Title, TitleName
from catalog.search.index import Found, Scope
from catalog.search.query import Query, QueryError, parse
from licensing.models import Offer, Readiness, StaleTitle

_AT_ONCE = 200


@dataclass(frozen=True)
class Result:
    """One row. `title` is the work, or for a lab the row of it that is offered, with what it is
    also called. `asset` is the file, or the file that a shot or line is in; `poster` the code of a
    file that has one, or "". `rights` is the engine's answer, for the holder alone."""

    title: Title
    names: Sequence[TitleName]
    offer: Offer | None
    rights: str = ""
    files: int = 1
    poster: str = ""
    asset: Asset | None = None
    shot: Shot | None = None
    line: Cue | None = None

    @property
    def start_ms(self) -> int | None:
        """Where in its file a shot or a line begins."""
        if self.shot is not None:
            return self.shot.start_us // 1000
        return self.line.start_ms if self.line is not None else None


@dataclass(frozen=True)
class Answer:
    """`found` is true of the whole result; `results` are one page of it, `next` its successor.
    `waiting` is how many titles of one's own changed and are not read yet, never how many of
    others; `is_behind` whether there are any among those of which search speaks.
    """

    found: Found
    results: Sequence[Result]
    next: str | None
    waiting: int
    is_behind: bool


def ask(parameters: Mapping[str, Sequence[str]]) -> Query:
    """Return the query that the parameters of an address ask for. Raises Invalid naming one."""
    try:
        return parse(parameters)
    except QueryError as error:
        raise Invalid(error.field, error.message) from None


def find(actor: Actor, query: Query, *, rows: int = 50, cursor: str = "") -> Answer:
    """Return a page of what an actor finds: its own, or for a lab what is on offer.

    `cursor` is an earlier page's `next`. Raises Invalid naming a parameter, NotReady.
    """
    scope = search_live.scope_of(actor)
    after = search_live.unseal(cursor) if cursor else None
    try:
        found = search_live.live.search(query, scope, rows=rows, after=after)
    except QueryError as error:
        raise Invalid(error.field, error.message) from None
    keys = search_live.targets(found, scope)
    results = _LEVELS[query.level](keys, scope)
    following = search_live.seal(found.next) if found.next else None
    if scope.organisation is None:
        return Answer(found, results, following, 0, _is_market_behind())
    waiting = StaleTitle.objects.filter(title__organisation=scope.organisation).count()
    return Answer(found, results, following, waiting, waiting > 0)


def _is_market_behind() -> bool:
    on_market = Offer.objects.on_market(timezone.now()).filter(title=OuterRef("title"))
    return StaleTitle.objects.filter(Exists(on_market)).exists()


def find_every(actor: Actor, query: Query) -> Iterator[Result]:
    """Return all that an actor finds, in its order, without holding it all. Raises at once what
    `find` does."""
    return _following(actor, query, find(actor, query, rows=_AT_ONCE))


def _following(actor: Actor, query: Query, answer: Answer) -> Iterator[Result]:
    yield from answer.results
    while answer.next is not None:
        answer = find(actor, query, rows=_AT_ONCE, cursor=answer.next)
        yield from answer.results


def _titles(keys: Sequence[int], scope: Scope) -> list[Result]:
    works = rows_of_many(keys)
    every = {row for work in works.values() for row in work}
    offers = _offers(every)
    # What is shown of an offered work is the row that is offered.
    shown = {
        key: next((row for row in sorted(works[key]) if row in offers), key)
        if scope.organisation is None
        else key
        for key in keys
        if key in works
    }
    titles = _titles_of(shown.values())
    names, rights = _names(titles), _rights(titles, scope)
    files = _files(every)
    results = []
    for key, row in shown.items():
        own = works[key]
        of_it = own & offers.keys() if scope.organisation is None else own
        offer = next((offers[each] for each in sorted(own) if each in offers), None)
        if scope.organisation is None and offer is None:
            continue  # withdrawn a moment ago
        results.append(
            Result(
                titles[row],
                names[row],
                offer,
                rights[row],
                sum(files[each].number for each in of_it),
                next((files[each].poster for each in sorted(of_it) if files[each].poster), ""),
            )
        )
    return results


def _assets(keys: Sequence[int], scope: Scope) -> list[Result]:
    return list(
        _of_files([(asset, None, None) for asset in _in_order(Asset.objects.all(), keys)], scope)
    )


def _shots(keys: Sequence[int], scope: Scope) -> list[Result]:
    shots = _in_order(Shot.objects.select_related("asset").prefetch_related("tags"), keys)
    return list(_of_files([(shot.asset, shot, None) for shot in shots], scope))


def _lines(keys: Sequence[int], scope: Scope) -> list[Result]:
    cues = _in_order(Cue.objects.select_related("transcript__asset"), keys)
    return list(_of_files([(cue.transcript.asset, None, cue) for cue in cues], scope))


_LEVELS = {"title": _titles, "asset": _assets, "shot": _shots, "line": _lines}


def _of_files(
    parts: Sequence[tuple[Asset, Shot | None, Cue | None]], scope: Scope
) -> Iterator[Result]:
    titles = _titles_of(asset.title_id for asset, _shot, _line in parts if asset.title_id)
    names, offers, rights = _names(titles), _offers(titles), _rights(titles, scope)
    for asset, shot, line in parts:
        key = asset.title_id or 0
        if scope.organisation is None and key not in offers:
            continue  # withdrawn a moment ago
        yield Result(
            titles[key],
            names[key],
            offers.get(key),
            rights[key],
            poster=asset.code if asset.poster_key else "",
            asset=asset,
            shot=shot,
            line=line,
        )


def _in_order[Row: Model](rows: QuerySet[Row], keys: Sequence[int]) -> list[Row]:
    known = {row.pk: row for row in rows.filter(pk__in=keys)}
    return [known[key] for key in keys if key in known]


def _titles_of(keys: Iterable[int]) -> dict[int, Title]:
    return Title.objects.select_related("organisation").in_bulk(set(keys))


def _names(titles: Collection[int]) -> dict[int, list[TitleName]]:
    found: dict[int, list[TitleName]] = defaultdict(list)
    for name in TitleName.objects.filter(title__in=titles).order_by("language", "pk"):
        found[name.title_id].append(name)
    return found


def _rights(titles: Collection[int], scope: Scope) -> dict[int, str]:
    if scope.organisation is None:
        return dict.fromkeys(titles, "")
    known = Readiness.objects.filter(title__in=titles).values_list("title", "verdict")
    return dict.fromkeys(titles, "UNCHECKED") | dict(known)


def _offers(titles: Collection[int]) -> dict[int, Offer]:
    found = Offer.objects.on_market(timezone.now()).filter(title__in=titles)
    return {offer.title_id or 0: offer for offer in found}


class _Files(NamedTuple):
    number: int = 0
    poster: str = ""


def _files(titles: Collection[int]) -> dict[int, _Files]:
    """Return how many files each row has, and the first with a poster."""
    rows = Asset.objects.filter(title__in=titles)
    posters = dict(rows.exclude(poster_key="").order_by("-number").values_list("title_id", "code"))
    numbers = rows.order_by().values_list("title_id").annotate(Count("pk"))
    found: dict[int, _Files] = defaultdict(_Files)
    for key, number in numbers:
        found[key or 0] = _Files(number, posters.get(key, ""))
    return found
