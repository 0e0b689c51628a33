"""What a lab could get of the files of a draft, and what it would cost: in the terms that it asks
for, and in others; and the same of a studio's whole library, for any lab. Nothing is kept, and
nobody is told.

What takes long, gathering what is recorded of thousands of files, is done once and used for some
minutes: so each change of the terms is answered at once. Submitting clears everything anew.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import MAXYEAR, datetime, timedelta
from threading import Lock
from typing import Any, Final, NamedTuple
from weakref import WeakValueDictionary

from django.db.models import Count, Max
from django.utils import timezone

from accounts.models import Organisation
from catalog.clip_ranges import lengths_of_files
from catalog.models import Asset
from catalog.rights import instant
from catalog.scope.ranges import Ranges, total_ms
from catalog.scope.territory import describe_territory, parse_territory
from licensing.counsel.tables import naming, tables_for
from licensing.deals.scopes import terms_of
from licensing.library.mends import Mend, mends_of
from licensing.library.readiness import ANY_LAB
from licensing.models import GRANTABLE, Exclusivity, Offer, Request, Scope, Verdict
from licensing.offers.market import standing_offers
from licensing.offers.pricing import Measure, counting_for, quote, read_modifiers
from licensing.offers.quotes import lines_of, measure
from licensing.verdicts.clearances import build_case, gather, items_to_clear
from licensing.verdicts.compiled_cases import CompiledCases, Told, compile_cases
from licensing.verdicts.discretion import NOT_AVAILABLE, Discreet, discreet
from licensing.verdicts.gathering import Written, for_any_lab, written_scope
from licensing.verdicts.parts import TitleCase, cases_of, licensed_or_agreed, of_works
from licensing.verdicts.reach import modalities
from licensing.verdicts.same_files import Elsewhere, facts_elsewhere, told_elsewhere

_FRESH: Final = timedelta(minutes=1)
_FRESH_LIBRARY: Final = timedelta(minutes=10)
_MOST_KEPT: Final = 4
# Of more files each change takes too long to be asked with the rest.
_MOST_CHANGED: Final = 10_000
_YEARS: Final = (1, 3)


class Part(NamedTuple):
    """Some of the files, and how long they are together."""

    files: int = 0
    ms: int = 0


class Cost(NamedTuple):
    """What files come to by the offers of their licensors, by currency; `unpriced` have no price:
    they are no longer on offer, or do not last and are offered by the minute."""

    amounts: dict[str, int]
    unpriced: int


@dataclass(frozen=True)
class Share:
    """What could be had of one licensor; two may have one name, but not one code."""

    licensor: str
    code: str
    asked: Part
    grantable: Part
    cost: Cost


@dataclass(frozen=True)
class Answer:
    """What could be had in some terms: `grantable` is what is clear, also on conditions."""

    grantable: Part
    cost: Cost
    verdicts: dict[str, Part]
    obstacles: list[tuple[str, Part]]
    mends: list[Mend]
    shares: list[Share]


@dataclass(frozen=True)
class Change:
    """The same with one term changed: which one, to what, and what could be had then."""

    term: str
    to: Any
    grantable: Part
    cost: Cost


@dataclass(frozen=True)
class Estimate:
    """What could be had of all `asked` files as the rights were known `as_of`; `changes` for up to
    10,000 files."""

    as_of: datetime
    asked: Part
    answer: Answer
    changes: list[Change]


class _File(NamedTuple):
    owner: Organisation
    offer: int | None  # the key of the offer that prices it
    ms: int
    measure: Measure


@dataclass(frozen=True)
class _Material:
    """All that is known of the files of a draft, to be asked again and again."""

    fingerprint: Any
    as_of: datetime
    cases: CompiledCases
    files: list[_File]
    offers: dict[int, Offer]
    cards: dict[str, list[int]]  # the places of files by what their offers say of prices
    common: frozenset[str]  # the countries that all offers have in common
    is_own: bool  # whether the licensor itself asks
    prices: dict[tuple[str, str], dict[int, int]] = field(default_factory=dict)
    """Of the files of alike offers, by place, as often as a scope changes them."""

    def ask(self, scope: Scope) -> Sequence[Told | Discreet]:
        """Return what is told of each file in these terms; a lab hears nothing of others' deals."""
        told = self.cases.ask(written_scope(scope))
        if self.is_own:
            return told
        known = {each: discreet(*each) for each in set(told)}
        return [known[each] for each in told]

    def of(self, places: Iterable[int]) -> list[_File]:
        return [self.files[place] for place in places]


_kept: dict[tuple[str, int], _Material] = {}
_keeping = Lock()
# Each lasts as long as somebody holds it or waits for it.
_turns: WeakValueDictionary[tuple[str, int], Lock] = WeakValueDictionary()


def estimate(request: Request, scope: Scope) -> Estimate | None:
    """Return what could be had of a draft's files in these terms; None for a draft without any."""
    items = request.items.order_by("pk").values_list("asset", "ranges")
    files = [(asset, str(ranges) if ranges else "") for asset, ranges in items]
    key = ("request", request.pk)
    with _turn(key):
        known = _found(key, files, _FRESH) or _keep(key, _gathered(request, files))
    return _estimate(known, scope)


def estimate_library(organisation: Organisation, scope: Scope) -> Estimate | None:
    """Return what any lab could be licensed of an organisation's titles in these terms; None where
    there are no files. Its own offers say what that is worth."""
    mine = Asset.objects.filter(organisation=organisation, title__isnull=False)
    files = mine.aggregate(files=Count("pk"), last=Max("pk"))
    key = ("library", organisation.pk)
    with _turn(key):
        known = _found(key, files, _FRESH_LIBRARY)
        known = known or _keep(key, _of_library(organisation, files))
    return _estimate(known, scope)


def _turn(key: tuple[str, int]) -> Lock:
    """Return the lock under which these files are gathered: who asks meanwhile waits and then uses
    what was found, whatever the number of those who ask."""
    with _keeping:
        return _turns.setdefault(key, Lock())


def _estimate(material: _Material, scope: Scope) -> Estimate | None:
    if not material.files:
        return None
    asked = _part(material.files)
    answer = _answer(material, scope)
    changes = list(_changes(material, scope)) if asked.files <= _MOST_CHANGED else []
    return Estimate(material.as_of, asked, answer, changes)


def _found(key: tuple[str, int], files: Any, fresh: timedelta) -> _Material | None:
    """Return what was gathered lately, if the files are the same."""
    with _keeping:
        known = _kept.get(key)
    if known is None or known.fingerprint != files:
        return None
    return known if timedelta() <= timezone.now() - known.as_of < fresh else None


def _keep(key: tuple[str, int], material: _Material) -> _Material:
    with _keeping:
        _kept.pop(key, None)
        _kept[key] = material
        while len(_kept) > _MOST_KEPT:
            del _kept[next(iter(_kept))]
    return material


def _gathered(request: Request, fingerprint: Any) -> _Material:
    now = timezone.now()
    items = items_to_clear(request, request.items.all())
    known = gather(request, items, as_of=now)
    tables = tables_for({item.asset.organisation_id for item in items}, at=now)
    cases = (
        naming(
            build_case(item, for_scope=request, as_of=now, known=known),
            tables[item.asset.organisation_id],
        )
        for item in items
    )
    compiled = compile_cases(cases, {each.version: each for each in tables.values()})
    lengths = lengths_of_files(request.items.order_by().values("asset"))
    offers = standing_offers(request, request.items.all())
    wanted = ((item.asset, item.ranges, lengths[item.asset_id]) for item in items)
    return _priced(fingerprint, now, compiled, wanted, offers, is_own=False)


def _of_library(organisation: Organisation, fingerprint: Any) -> _Material:
    now = timezone.now()
    mine = Asset.objects.filter(organisation=organisation, title__isnull=False)
    every = list(mine.prefetch_related("organisation").order_by("pk"))
    titles = {asset.title_id for asset in every if asset.title_id is not None}
    told = cases_of(titles, licensed_or_agreed, as_of=now)
    tables = tables_for([organisation.pk], at=now)[organisation.pk]
    elsewhere = told_elsewhere(every, told, None, as_of=now)
    cases = (
        {
            "schema": "clearance-case/1",
            "as_of": instant(now),
            "x_tables": tables.version,
            "facts": _of_library_file(told[asset.title_id or 0], elsewhere.get(asset.pk, ())),
            **of_works(
                told[asset.title_id or 0].works,
                {
                    "licensor": organisation.name,
                    "licensee": ANY_LAB,
                    "modality": modalities(asset),
                },
            ),
        }
        for asset in every
    )
    compiled = compile_cases(cases, {tables.version: tables})
    lengths = lengths_of_files(mine.order_by().values("pk"))
    offers = Offer.objects.on_market(now).filter(organisation=organisation)
    whole: Ranges = []
    wanted = ((asset, whole, lengths[asset.pk]) for asset in every)
    return _priced(fingerprint, now, compiled, wanted, offers, is_own=True)


def _of_library_file(told: TitleCase, elsewhere: Iterable[Elsewhere]) -> list[Written]:
    facts = [*told.facts, *told.grants]
    return for_any_lab([*facts, *facts_elsewhere(elsewhere, [], None, None, beside=facts)])


def _priced(
    fingerprint: Any,
    now: datetime,
    compiled: CompiledCases,
    wanted: Iterable[tuple[Asset, Ranges, int]],
    standing: Iterable[Offer],
    *,
    is_own: bool,
) -> _Material:
    offers = {_key(offer): offer for offer in standing}
    by_key = {each.pk: each for each in offers.values()}
    files = [
        _file(asset, ranges, offers.get(_key(asset)), length) for asset, ranges, length in wanted
    ]
    return _Material(
        fingerprint,
        now,
        compiled,
        files,
        by_key,
        _cards(files, by_key),
        _in_common(by_key.values()),
        is_own=is_own,
    )


def _in_common(offers: Iterable[Offer]) -> frozenset[str]:
    territories = {str(offer.territory): offer.territory for offer in offers}
    every = [parse_territory(each) for each in territories.values()]
    return frozenset.intersection(*every) if every else frozenset()


def _file(asset: Asset, ranges: Ranges, offer: Offer | None, length: int) -> _File:
    ms = total_ms(ranges) if ranges else length
    priced = measure(ranges, length or None, lines_of(asset.facts))
    return _File(asset.organisation, offer.pk if offer else None, ms, priced)


def _answer(material: _Material, scope: Scope) -> Answer:
    told = material.ask(scope)
    verdicts: dict[str, list[int]] = defaultdict(list)
    asked: dict[str, list[int]] = defaultdict(list)
    had: dict[str, list[int]] = defaultdict(list)
    for place, (file, each) in enumerate(zip(material.files, told, strict=True)):
        verdicts[each.verdict].append(place)
        asked[file.owner.code].append(place)
        if each.verdict in GRANTABLE:
            had[file.owner.code].append(place)
    shares = [
        Share(
            material.files[some[0]].owner.name,
            code,
            _part(material.of(some)),
            _part(material.of(had[code])),
            _cost(material, had[code], scope),
        )
        for code, some in asked.items()
    ]
    every = [place for some in had.values() for place in some]
    return Answer(
        _part(material.of(every)),
        _cost(material, every, scope),
        {name: _part(material.of(verdicts[name])) for name in Verdict.values if name in verdicts},
        _obstacles(material.files, told),
        mends_of(
            (each.reasons, file.ms)
            for file, each in zip(material.files, told, strict=True)
            if each.verdict not in GRANTABLE and NOT_AVAILABLE not in each.reasons
        ),
        sorted(
            shares,
            key=lambda each: (-each.grantable.ms, -each.grantable.files, each.licensor, each.code),
        ),
    )


def _changes(material: _Material, scope: Scope) -> Iterable[Change]:
    """Answer the same with one term after the other changed."""
    for term, to, other in _others(material, scope):
        told = material.ask(other)
        had = [place for place, each in enumerate(told) if each.verdict in GRANTABLE]
        yield Change(term, to, _part(material.of(had)), _cost(material, had, other))


def _others(material: _Material, scope: Scope) -> Iterable[tuple[str, Any, Scope]]:
    """The terms next to those asked for: a use or a kind of model less, another end, another
    territory, another exclusivity."""
    for name in ("uses", "model_kinds"):
        values = getattr(scope, name)
        for value in values if len(values) > 1 else ():
            yield name, value, _with(scope, name, [each for each in values if each != value])
    for years in _YEARS:
        end = _years_after(scope.starts_at, years)
        if end not in {None, scope.ends_at}:
            yield "ends_at", years, _with(scope, "ends_at", end)
    if scope.ends_at is not None:
        yield "ends_at", None, _with(scope, "ends_at", None)
    places = parse_territory(scope.territory)
    if material.common and material.common < places:
        to = describe_territory(material.common)
        yield "territory", to, _with(scope, "territory", to)
    if places != parse_territory("WORLD"):
        yield "territory", "WORLD", _with(scope, "territory", "WORLD")
    for exclusivity in (Exclusivity.NON_EXCLUSIVE, Exclusivity.EXCLUSIVE):
        if exclusivity != scope.exclusivity:
            yield "exclusivity", exclusivity, _with(scope, "exclusivity", exclusivity)


def _with(scope: Scope, term: str, to: Any) -> Scope:
    return Request(**(terms_of(scope) | {term: to}))  # not kept


def _years_after(start: datetime, years: int) -> datetime | None:
    """Return the end of so many years, None beyond the calendar."""
    if start.year + years > MAXYEAR:
        return None
    try:
        return start.replace(year=start.year + years)
    except ValueError:  # 29 February
        return start.replace(year=start.year + years, day=28)


def _part(files: Sequence[_File]) -> Part:
    return Part(len(files), sum(file.ms for file in files))


def _obstacles(files: Sequence[_File], told: Sequence[Told | Discreet]) -> list[tuple[str, Part]]:
    """What stands in the way of files, or is to be done for them; the longest first."""
    counts: Counter[str] = Counter()
    ms: Counter[str] = Counter()
    for file, each in zip(files, told, strict=True):
        for code in set(each.reasons) - {"OK"}:
            counts[code] += 1
            ms[code] += file.ms
    found = [(code, Part(counts[code], ms[code])) for code in counts]
    return sorted(found, key=lambda each: (-each[1].ms, -each[1].files, each[0]))


def _cost(material: _Material, places: Sequence[int], scope: Scope) -> Cost:
    """Return what files come to: of each offer the sum of its files, or its minimum where that is
    more."""
    prices = _prices(material, scope)
    sums: Counter[int] = Counter()
    unpriced = 0
    for place in places:
        amount = prices.get(place)
        if amount is None:
            unpriced += 1
        else:
            sums[material.files[place].offer or 0] += amount
    amounts: Counter[str] = Counter()
    for key, amount in sums.items():
        offer = material.offers[key]
        amounts[offer.currency] += max(amount, offer.minimum_minor)
    return Cost(dict(sorted(amounts.items())), unpriced)


def _prices(material: _Material, scope: Scope) -> dict[int, int]:
    """Return what each file comes to by its offer, by its place. Reckoned once for all scopes that
    the same modifiers of a card count for."""
    found: dict[int, int] = {}
    for card, places in material.cards.items():
        offer = material.offers[material.files[places[0]].offer or 0]
        key = (card, str(counting_for(read_modifiers(offer.modifiers), scope)))
        if key not in material.prices:
            told = quote(offer, scope, [file.measure for file in material.of(places)])
            material.prices[key] = dict(zip(places, told.amounts, strict=True))
        found |= material.prices[key]
    return found


def _cards(files: Sequence[_File], offers: Mapping[int, Offer]) -> dict[str, list[int]]:
    """Return the places of the files that have a price, by what their offers say of it."""
    alike: dict[str, list[int]] = defaultdict(list)
    for place, file in enumerate(files):
        offer = offers.get(file.offer or 0)
        if offer and (file.ms or offer.per not in {"minute", "hour"}):
            alike[f"{offer.price_minor} {offer.per} {offer.modifiers}"].append(place)
    return alike


def _key(of: Asset | Offer) -> tuple[int | None, int | None]:
    return of.title_id, of.likeness_id
