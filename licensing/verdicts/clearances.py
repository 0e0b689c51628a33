"""From the catalogue to the engine: clearing the files of a request, and keeping the verdicts."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import Any, Final, NamedTuple

import orjson
from django.db.models import QuerySet, prefetch_related_objects
from django.utils import timezone

from accounts.codes import allocate_many
from accounts.models import Organisation
from catalog.clip_ranges import lengths_ms
from catalog.models import Asset, Consent, Suspension
from catalog.rights import instant
from catalog.scope.ranges import Ranges, total_ms
from ledger.append import NewEvent, append_many
from ledger.inserting import insert_rows
from ledger.reading import give, read_rows
from licensing.clearance import Clearing, RuleTables, clear_recorded, compile_recorded
from licensing.clearance.verdict import ENGINE
from licensing.counsel.reviews import follow_deals
from licensing.counsel.tables import keep_tables, naming, tables_for
from licensing.deals.reservations import reserved_of_likenesses
from licensing.models import Clearance, Deal, Decision, Grant, Request, RequestItem, Scope
from licensing.offers.promises import comparable, price_asked, prices_by_card
from licensing.time_codes import facts_meeting
from licensing.verdicts.consent_facts import facts_of_likenesses
from licensing.verdicts.counted import caps_among
from licensing.verdicts.engine import publish_engine
from licensing.verdicts.gathering import (
    Written,
    grants_of_likenesses,
    written_scope,
)
from licensing.verdicts.overlaps import grants_apart
from licensing.verdicts.parts import TitleCase, cases_of, licensed_or_agreed, of_works
from licensing.verdicts.reach import modalities, reaches
from licensing.verdicts.same_files import (
    Elsewhere,
    facts_elsewhere,
    facts_of_all,
    told_elsewhere,
)

# What cases are built from. Of thousands, the other columns take long: where a file lies and how
# far its pictures are.
_ITEM: Final = ("id", "request_id", "asset_id", "deal_id", "agreed", "ranges")
_ASSET: Final = (
    "id",
    "code",
    "organisation_id",
    "title_id",
    "likeness_id",
    "number",
    "kind",
    "filename",
    "sha256",
    "facts",
)
# Facts of these kinds name others, or hang on when they were recorded.
_NAMING: Final = frozenset({"revocation", "counsel_opinion", "event"})
_TELLING: Final = frozenset({"id", "recorded", "source", "x_evidence"})


@dataclass(frozen=True)
class Answer:
    """What the engine says of a case. Files of a title that teach a model the same share one."""

    case: dict[str, Any]
    case_text: str
    case_sha256: str
    tables: RuleTables
    verdict: str
    reasons: tuple[str, ...]

    @cached_property
    def result(self) -> dict[str, Any]:
        """The engine's whole answer, which takes it a hundred times as long as the verdict."""
        return clear_recorded(self.case, self.tables)


class Known(NamedTuple):
    """What is recorded of the works and likenesses that a request's files are of, by their keys."""

    titles: dict[int, TitleCase]
    persons: dict[int, list[Written]]
    grants_of_persons: dict[int, list[Written]]
    # Of a unit by rate cards, by the file's code, where a promise of lower prices makes it matter.
    prices: Mapping[str, dict[str, str]]
    # How long the files are, by their keys, where it matters for such a promise.
    lengths: Mapping[int, int]
    # Of the same bytes under other titles and likenesses, by the file's key.
    elsewhere: Mapping[int, list[Elsewhere]]
    # What was asked of files before, with the scope that says so.
    asked: dict[tuple[Any, ...], tuple[Scope, Written]]


def answers(
    items: Sequence[RequestItem], *, as_of: datetime, scope: Scope | None = None
) -> list[Answer]:
    """Clear files of one request, in their order, for `scope` or what stands for each. Nothing is
    kept.

    The number of queries does not grow with them, but for those of which only parts are asked.
    """
    if not items:
        return []
    request = items[0].request
    known = gather(request, items, as_of=as_of)
    tables = tables_for({item.asset.organisation_id for item in items}, at=as_of)
    cases: dict[tuple[Any, ...], dict[str, Any]] = {}
    keys = []
    for item in items:
        asset = item.asset
        pk = asset.pk
        twin = pk if pk in known.elsewhere else 0
        price = str(known.prices.get(asset.code)), known.lengths.get(pk)
        keys.append(key := (*_same_case(asset, item.ranges), *price, twin))
        if key not in cases:
            case = build_case(item, for_scope=scope or item.scope, as_of=as_of, known=known)
            cases[key] = naming(case, tables[asset.organisation_id])
    editions = {each.version: each for each in tables.values()}
    answered = dict(zip(cases, _answered(list(cases.values()), editions), strict=True))
    return [answered[key] for key in keys]


def items_to_clear(request: Request, items: QuerySet[RequestItem]) -> list[RequestItem]:
    """Return these files of a request by code, with all that their cases are built from. A few
    queries; what files have in common is one object."""
    found = read_rows(items.order_by("asset__code"), _ITEM, asset=_ASSET)
    assets = [item.asset for item in found]
    give(found, "request", {request.pk: request})
    give(assets, "organisation", Organisation.objects.in_bulk({a.organisation_id for a in assets}))
    # Only where there is one: of thousands, asking each of them takes long.
    of_persons = [asset for asset in assets if asset.likeness_id is not None]
    prefetch_related_objects(of_persons, "likeness__performer")
    prefetch_related_objects([item for item in found if item.deal_id is not None], "deal")
    prefetch_related_objects([item for item in found if item.ranges], "asset__title")
    return found


def evaluate(item: RequestItem, *, as_of: datetime) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the case of one requested file (`clearance-case/1`) and the engine's verdict, as its
    plain form gives it."""
    known = gather(item.request, [item], as_of=as_of)
    case = build_case(item, for_scope=item.scope, as_of=as_of, known=known)
    owner = item.asset.organisation_id
    tables = tables_for([owner], at=as_of)[owner]
    return naming(case, tables), clear_recorded(case, tables)


def decide(items: Sequence[RequestItem], *, as_of: datetime, actor_name: str) -> None:
    """Clear files of one request and keep the verdicts, as `keep` does."""
    keep(items, answers(items, as_of=as_of), as_of=as_of, actor_name=actor_name)


def keep(
    items: Sequence[RequestItem], found: Sequence[Answer], *, as_of: datetime, actor_name: str
) -> None:
    """Keep the verdicts on these files and append them to the log. Call inside a transaction,
    after every read and lock they rest on."""
    by_case = {answer.case_sha256: answer for answer in found}
    keep_tables(answer.tables for answer in by_case.values())
    insert_rows(
        Decision,
        ("case_sha256", "case_text", "tables_id", "reasons", "engine"),
        [
            (sha256, answer.case_text, answer.tables.version, " ".join(answer.reasons), ENGINE)
            for sha256, answer in sorted(by_case.items())
        ],
        known=True,  # what was asked before in the same second: the case says the moment
    )
    codes = allocate_many("clearance", len(found))
    judged = list(zip(codes, items, found, strict=True))
    request = items[0].request.stream if items else ""
    insert_rows(
        Clearance,
        ("code", "item_id", "verdict", "decision_id", "engine", "evaluated_at"),
        [
            (code, item.pk, answer.verdict, answer.case_sha256, ENGINE, as_of)
            for code, item, answer in judged
        ],
    )
    follow_deals([(item, answer.reasons) for item, answer in zip(items, found, strict=True)])
    publish_engine()
    # What entries have in common is one object, which is written once.
    cases = {
        sha256: {"sha256": sha256, "tables": answer.tables.version}
        for sha256, answer in by_case.items()
    }
    results = {answer.reasons: {"reasons": list(answer.reasons)} for answer in by_case.values()}
    append_many(
        [
            NewEvent(
                kind="clearance.decided",
                stream=f"clearance:{code}",
                actor=actor_name,
                refs={"request": request, "asset": item.asset.stream},
                data={"verdict": answer.verdict, "engine": ENGINE},
                private={"case": cases[answer.case_sha256], "result": results[answer.reasons]},
            )
            for code, item, answer in judged
        ]
    )


def gather(request: Request, items: Sequence[RequestItem], *, as_of: datetime) -> Known:
    """Return what is recorded at `as_of` of what these files of a request are of. Few queries."""
    assets = [item.asset for item in items]
    titles = {asset.title_id for asset in assets if asset.title_id is not None}
    of_likenesses = (asset.likeness for asset in assets if asset.likeness_id is not None)
    likenesses = {each.pk: each for each in of_likenesses if each is not None}
    persons = facts_of_likenesses(list(likenesses.values()), request.organisation, as_of)
    cases = cases_of(titles, lambda works: licensed_or_agreed(works, request), as_of=as_of)
    granted, agreed = grants_of_likenesses(persons), reserved_of_likenesses(persons, request)
    of_persons = {key: [*facts, *agreed[key]] for key, facts in granted.items()}
    of_titles = (some for case in cases.values() for some in (case.facts, case.grants))
    elsewhere = told_elsewhere(assets, cases, request, as_of=as_of)
    of_twins = (each.facts for some in elsewhere.values() for each in some)
    told = chain(of_titles, persons.values(), of_persons.values(), of_twins)
    # Only a promise of lower prices makes the price matter.
    is_promised = any("mfn" in fact for some in told for fact in some)
    prices = prices_by_card(request, items) if is_promised else {}
    lengths = lengths_ms(assets) if is_promised else {}
    return Known(cases, persons, of_persons, prices, lengths, elsewhere, {})


def build_case(
    item: RequestItem, *, for_scope: Scope, as_of: datetime, known: Known
) -> dict[str, Any]:
    """Return the clearance case of one file of a request, from what was `known` at `as_of`.

    Of the parts asked for ([]: of all), which the case keeps for whoever evaluates it again.
    """
    asset, ranges = item.asset, item.ranges
    wanted = _wanted(item, for_scope, known)
    if ranges:
        # For the engine nothing: the facts are those that meet them.
        wanted = wanted | {"x_ranges_ms": ranges}
    if asset.title_id is not None:
        of_title = known.titles[asset.title_id]
        works = of_title.works
        facts, grants = facts_meeting(of_title.facts, asset, ranges), of_title.grants
        # Where licensees are counted, of these bytes under any title, every licence counts.
        if ranges and not caps_among([*facts, *facts_of_all(known.elsewhere.get(asset.pk, ()))]):
            grants = _less_apart(grants, asset, ranges)
    else:
        assert asset.likeness is not None  # noqa: S101 - a file is of a title or of a likeness
        works = []
        facts = known.persons[asset.likeness.pk]
        grants = known.grants_of_persons[asset.likeness.pk]
        wanted = wanted | {"subject": [asset.likeness.performer.code]}
    if found := known.elsewhere.get(asset.pk):
        lab = item.request.organisation_id
        grants = [
            *grants,
            *facts_elsewhere(found, ranges, for_scope, lab, beside=[*facts, *grants]),
        ]
    if promised := [fact for fact in [*facts, *grants] if "mfn" in fact]:
        price = price_asked(for_scope, item.request) or known.prices.get(asset.code)
        ms = total_ms(ranges) if ranges else known.lengths.get(asset.pk, 0)
        told = [fact["price"] for fact in promised if "price" in fact]
        wanted = wanted | ({"price": comparable(price, told, ms)} if price else {})
    return {
        "schema": "clearance-case/1",
        "as_of": instant(as_of),
        "facts": [*facts, *grants],
        **of_works(works, wanted),
    }


def _wanted(item: RequestItem, scope: Scope, known: Known) -> Written:
    """Return what is asked of a file whatever is recorded of it: one object for all files of which
    the same is asked, which nobody may change."""
    asset = item.asset
    taught = modalities(asset)
    key = (id(scope), item.request_id, asset.organisation_id, *taught)
    if key not in known.asked:
        said = {
            "licensor": asset.organisation.name,
            "licensee": item.request.organisation.code,
            "modality": taught,
            **written_scope(scope),
        }
        # With the scope, so that it stays, and no other object takes its place.
        known.asked[key] = scope, said
    return known.asked[key][1]


def _same_case(asset: Asset, ranges: Ranges) -> tuple[Any, ...]:
    """Equal for the files of one request that have the same case."""
    parts = (asset.pk, str(ranges)) if ranges else ()
    return asset.title_id, asset.likeness_id, asset.organisation_id, *modalities(asset), *parts


def _answered(cases: Sequence[dict[str, Any]], editions: Mapping[str, RuleTables]) -> list[Answer]:
    """Ask the engine, all files at once of which the same is asked under the same tables."""
    alike: dict[bytes, list[int]] = defaultdict(list)
    told: dict[int, tuple[str, tuple[str, ...]]] = {}
    asked: dict[tuple[str, int], bytes] = {}  # most cases have one object for what they ask
    for place, case in enumerate(cases):
        if "works" in case:
            told[place] = verdict_of(case, editions[case["x_tables"]])
            continue
        key = case["x_tables"], id(case["request"])
        if key not in asked:
            asked[key] = orjson.dumps([case["x_tables"], _question(case)])
        alike[asked[key]].append(place)
    for places in alike.values():
        first = cases[places[0]]
        same: dict[bytes, list[int]] = defaultdict(list)
        for place in places:
            same[plain(cases[place])].append(place)
        compiled = compile_recorded(
            {str(some[0]): cases[some[0]]["facts"] for some in same.values()},
            first["as_of"],
            editions[first["x_tables"]],
        )
        shared = {str(some[0]): some for some in same.values()}
        for name, verdict, reasons in Clearing(compiled, _question(first)).answers():
            told |= dict.fromkeys(shared[name], (verdict, reasons))
    found = []
    for place, case in enumerate(cases):
        text = _canonical(case)
        sha256 = hashlib.sha256(text).hexdigest()
        found.append(Answer(case, text.decode(), sha256, editions[case["x_tables"]], *told[place]))
    return found


def verdict_of(case: dict[str, Any], tables: RuleTables) -> tuple[str, tuple[str, ...]]:
    """Return the verdict and reasons of a case of several works: the compiled form knows of one."""
    answer = clear_recorded(case, tables)
    return answer["verdict"], tuple(answer["reasons"])


def plain(case: dict[str, Any]) -> bytes:
    """Return a case's facts less what they are called and where they were read; equal for cases
    with the same verdict and reasons. Most works of a library rest on the same words."""
    facts, as_of = sorted(case["facts"], key=itemgetter("id")), case["as_of"]
    if "works" in case:
        return _canonical([facts, case["works"]])
    kinds = {fact["kind"] for fact in facts}
    if (
        not _NAMING.isdisjoint(kinds)
        or max([f.get("recorded", "") for f in facts], default="") > as_of
    ):
        return _canonical(facts)
    return _canonical(
        [{name: said for name, said in fact.items() if name not in _TELLING} for fact in facts]
    )


def _question(case: dict[str, Any]) -> dict[str, Any]:
    """What is asked, less what decides nothing."""
    return {name: said for name, said in case["request"].items() if not name.startswith("x_")}


def _less_apart(grants: list[dict[str, Any]], asset: Asset, ranges: Ranges) -> list[dict[str, Any]]:
    """Return the licences granted in the work less those of other parts of the same file."""
    apart = grants_apart(asset, ranges)
    return [fact for fact in grants if not apart & {fact["id"], fact.get("target")}]


def consents_reaching(asset: Asset, scope: Request | Deal | Grant) -> list[Consent]:
    """Return the live consents that allow any part of `scope` for a likeness's file, by code.

    Which of them exist beside these (for other uses, for other licensees) is nobody's business
    in this deal.
    """
    licensee = scope.organisation if isinstance(scope, Request) else scope.licensee
    consents = (
        Consent.objects.for_licensee(licensee)
        .not_withdrawn(timezone.now())
        .filter(likeness=asset.likeness_id)
        .exclude(pk__in=Suspension.objects.standing(timezone.now()).values("consent"))
    )
    taught = modalities(asset)
    return [
        consent
        for consent in consents.select_related("likeness__performer").order_by("code")
        if reaches(consent, taught, scope)
        and (consent.over_at is None or scope.starts_at < consent.over_at)
    ]


def _canonical(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
