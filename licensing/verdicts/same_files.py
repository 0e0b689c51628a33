"""The same bytes under titles that nobody has recorded as one work, or under likenesses: what is
licensed of one file is licensed of the other.

Of one organisation a title's whole case counts for the file as for its own, less who holds it, and
a likeness's licences of the file as if they were of the file itself. What another one has
licensed is its own business, and whether it may is not ours to say: there the case says only that
somebody else has given an exclusive licence of the same file, or any where exclusivity is asked
for. That is an adverse claim (contract, section 6): a person has to look at it, and it names the
other file.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Exists, OuterRef

from accounts.models import Organisation
from catalog.models import Asset, FactKind
from catalog.same_bytes import are_of_few
from catalog.scope.ranges import Ranges, meet
from ledger import edge_code
from ledger.reading import give, read_rows
from licensing.deals.reservations import written_deals
from licensing.models import RESERVING, Deal, Exclusivity, Grant, GrantedAsset, Request, RequestItem
from licensing.models.scopes import Scope
from licensing.time_codes import facts_meeting, in_time_of, record_of, without_time_codes
from licensing.verdicts.counted import caps_among
from licensing.verdicts.gathering import Written, written_grants
from licensing.verdicts.overlaps import grants_apart, scopes_meet
from licensing.verdicts.parts import TitleCase, cases_of, licensed_or_agreed


class Elsewhere(NamedTuple):
    """The same bytes elsewhere: under another title of the organisation (`twin`) what burdens it;
    else a licence of them or an agreed deal, as `facts` under a likeness of its own; of another's
    licence there is `given` to compare with."""

    file: str
    ranges: Ranges
    facts: list[Written]
    owner: str
    given: Grant | Deal | None
    twin: Asset | None = None


def told_elsewhere(
    assets: Sequence[Asset],
    cases: Mapping[int, TitleCase],
    request: Request | None,
    *,
    as_of: datetime,
) -> dict[int, list[Elsewhere]]:
    """Return, by primary key of the file, what its bytes are burdened with, or licensed for, that
    the case of its title does not tell; less what the deals of this request (None: of none) keep
    back. Of the bytes of what it is part of, or has as a part or a cut, who has licensed them
    under a likeness or another organisation. Some queries, however many files; one or two where
    no other file is the same."""
    twins, around = _twins(assets, cases), _around(cases)
    if not twins and not around:
        return {}
    keys = {twin.pk for some in (*twins.values(), *around.values()) for twin in some}
    rows = [*_granted(keys), *_agreed(keys, request)]
    by_file: dict[int, list[tuple[Ranges, Grant | Deal]]] = defaultdict(list)
    for file, ranges, given in rows:
        by_file[file].append((ranges, given))
    grants = written_grants({given.pk for *_rest, given in rows if isinstance(given, Grant)})
    deals = written_deals({given.pk for *_rest, given in rows if isinstance(given, Deal)})
    found: dict[int, list[Elsewhere]] = defaultdict(list)
    told = _burdens(assets, twins, request, as_of)
    for asset in assets:
        mine = twins.get(asset.pk, [])
        near = [twin for twin in around.get(asset.title_id or 0, ()) if twin not in mine]
        for twin in (*mine, *near):
            is_own = twin.organisation_id == asset.organisation_id
            if (asset.pk, twin.pk) in told:
                facts = told[asset.pk, twin.pk]
                if asset.title_id is not None and twin.title_id in cases[asset.title_id].cuts:
                    facts = _less_licences(facts)
                if facts:
                    owner = twin.organisation.code
                    found[asset.pk].append(Elsewhere(twin.code, [], facts, owner, None, twin))
                continue
            for ranges, given in by_file[twin.pk]:
                facts = grants[given.pk] if isinstance(given, Grant) else [deals[given.pk]]
                found[asset.pk].append(
                    Elsewhere(
                        twin.code,
                        ranges if twin in mine else [],
                        facts if is_own else [],
                        twin.organisation.code,
                        None if is_own else given,
                    )
                )
    return found


def facts_elsewhere(
    found: Iterable[Elsewhere],
    ranges: Ranges,
    scope: Scope | None,
    lab: int | None,
    *,
    beside: Collection[Written],
) -> list[Written]:
    """Return what of it counts for these parts of the file, beside facts that are there already:
    of claims those that this lab's scope meets, and none where no scope is said."""
    there = list(found)
    is_capped = bool(caps_among([*beside, *facts_of_all(there)]))
    facts = {
        str(fact["id"]): fact
        for each in there
        for fact in (*_meeting(each, ranges, is_capped), *_claims(each, ranges, scope, lab))
    }
    return _beside([facts[name] for name in sorted(facts)], beside)


def facts_of_all(found: Iterable[Elsewhere]) -> Iterator[Written]:
    """Yield what is told of the other files, whichever parts it concerns."""
    return (fact for each in found for fact in each.facts)


def _beside(facts: list[Written], others: Collection[Written]) -> list[Written]:
    """Return the facts that do not stand among the others as they are; under another name what is
    said there of some works only, as these need not be what is asked for. What lessens a fact
    (an opinion, a revocation) lessens only what is told here."""
    of_works = {fact["id"] for fact in others if "work" in fact or "excludes" in fact}
    there = {fact["id"] for fact in others} - of_works
    names = {name: f"{name}.same" for name in of_works}
    kept = []
    for fact in facts:
        said = fact | {"id": names.get(fact["id"], fact["id"])}
        if "target" in fact:
            said["target"] = names.get(fact["target"], fact["target"])
        if "about" in fact:
            said["about"] = [names.get(each, each) for each in fact["about"] if each not in there]
        if fact["id"] not in there and fact.get("target") not in there and said.get("about") != []:
            kept.append(said)
    return kept


def _burdens(
    assets: Sequence[Asset],
    twins: Mapping[int, list[Asset]],
    request: Request | None,
    as_of: datetime,
) -> dict[tuple[int, int], list[Written]]:
    """Return, for each file and each of its twins under a title of its organisation, what burdens
    that title. Of a file of very many titles no title is told, only who licenses that file."""
    own = {
        asset.pk: {
            twin.pk: twin.title_id
            for twin in twins.get(asset.pk, ())
            if twin.organisation_id == asset.organisation_id and twin.title_id is not None
        }
        for asset in assets
    }
    held = [{*own[asset.pk].values(), *filter(None, [asset.title_id])} for asset in assets]
    telling = [
        asset.pk
        for asset, few in zip(assets, are_of_few(held), strict=True)
        if few and own[asset.pk]
    ]
    if not telling:
        return {}
    keys = {title for file in telling for title in own[file].values()}
    cases = cases_of(
        keys, lambda works: licensed_or_agreed(works, request), as_of=as_of, of_twins=True
    )
    burdens = {key: case.burdens() for key, case in cases.items()}
    timed = {key for key, facts in burdens.items() if any("timecode" in each for each in facts)}
    pairs = {(file, twin): title for file in telling for twin, title in own[file].items()}
    times = in_time_of(twin for (_file, twin), title in pairs.items() if title in timed)
    return {
        pair: _in_time(burdens[title], times.get(pair[1], set()))
        if title in timed
        else burdens[title]
        for pair, title in pairs.items()
    }


def _less_licences(facts: list[Written]) -> list[Written]:
    """What is told of another cut of the same work, less who licenses it: its case tells that."""
    given = {fact["id"] for fact in facts if fact["kind"] == FactKind.GRANT_OUT}
    kept = []
    for fact in facts:
        about = [code for code in fact.get("about", ()) if code not in given]
        if fact["id"] in given or fact.get("target") in given or ("about" in fact and not about):
            continue
        kept.append(fact | {"about": about} if about else fact)
    return kept


def _in_time(facts: list[Written], codes: set[str]) -> list[Written]:
    """The facts with the time codes of those elements alone that the file has: no moment of another
    work names a frame of it."""
    return [fact if record_of(fact) in codes else without_time_codes(fact) for fact in facts]


def _meeting(each: Elsewhere, ranges: Ranges, is_capped: bool) -> list[Written]:
    """What is told of the other file that concerns these parts of it; a cap counts the licensees
    of all of it."""
    if each.twin is None:
        return each.facts if is_capped or meet(ranges, each.ranges) else []
    if not ranges:
        return each.facts
    twin = Asset.objects.select_related("title").get(pk=each.twin.pk)
    facts = facts_meeting(each.facts, twin, ranges)
    if is_capped:
        return facts
    apart = grants_apart(twin, ranges)
    return [fact for fact in facts if not apart & {fact["id"], fact.get("target")}]


def _claims(
    each: Elsewhere, ranges: Ranges, scope: Scope | None, lab: int | None
) -> Iterator[Written]:
    given = each.given
    if given is None or scope is None or not meet(ranges, each.ranges):
        return
    licensee = given.licensee_id if isinstance(given, Grant) else given.request.organisation_id
    is_exclusive = {given.exclusivity, scope.exclusivity} != {Exclusivity.NON_EXCLUSIVE}
    if licensee != lab and is_exclusive and scopes_meet(scope, given):
        # No word of what was licensed to whom: only that, and of which file.
        yield {
            "id": f"{each.file}.claim",
            "kind": "grant_out",
            "from": each.owner,
            "to": f"{each.file}.licensee",
            "uses": "ALL",
            "new_uses": "express",
            "source": {"doc": edge_code.display(each.file), "clause": "-"},
            "x_same_file": each.file,
        }


def _twins(assets: Sequence[Asset], cases: Mapping[int, TitleCase]) -> dict[int, list[Asset]]:
    # Few files are there more than once.
    files = Asset.objects.filter(sha256__among={asset.sha256 for asset in assets}).order_by()
    shared = files.values("sha256").annotate(times=Count("pk")).filter(times__gt=1)
    same = _of_bytes(set(shared.values_list("sha256", flat=True)))
    if not same:
        return {}
    twins = {
        asset.pk: [twin for twin in same[asset.sha256] if not _is_known(twin, asset, cases)]
        for asset in assets
        if asset.sha256 in same
    }
    _with_owners(twin for some in twins.values() for twin in some)
    return {key: some for key, some in twins.items() if some}


def _is_known(twin: Asset, asset: Asset, cases: Mapping[int, TitleCase]) -> bool:
    """Whether what is licensed of a file is in the case of the other, as of the same material."""
    if asset.title_id is None:
        return twin.likeness_id == asset.likeness_id
    case = cases[asset.title_id]
    return twin.title_id in case.material - case.cuts


def _around(cases: Mapping[int, TitleCase]) -> dict[int, list[Asset]]:
    """Return, for each title's key, the files of likenesses and of other organisations with bytes
    of what it is part of, or has as a part or a cut; less logos and the like."""
    near = {row for case in cases.values() for row in case.near}
    if not near:
        return {}
    again = Asset.objects.filter(sha256=OuterRef("sha256")).exclude(
        title__isnull=False, organisation=OuterRef("organisation")
    )
    files = Asset.objects.filter(Exists(again), title__among=near)
    held = list(files.order_by().values_list("title", "organisation", "sha256"))
    if not held:
        return {}
    same = _of_bytes({sha256 for *_rest, sha256 in held})
    shared = {
        (owner, sha256): {
            t.title_id for t in same[sha256] if t.organisation_id == owner and t.title_id
        }
        for _title, owner, sha256 in held
    }
    telling = dict(zip(shared, are_of_few(shared.values()), strict=True))
    found: dict[int, list[Asset]] = defaultdict(list)
    for title, owner, sha256 in held:
        if telling[owner, sha256]:
            others = (t for t in same[sha256] if t.title_id is None or t.organisation_id != owner)
            found[title or 0] += others
    _with_owners(twin for some in found.values() for twin in some)
    return {
        key: list({twin.pk: twin for row in rows for twin in found[row]}.values())
        for key, case in cases.items()
        if (rows := sorted(case.near & found.keys()))
    }


def _of_bytes(hashes: set[str]) -> dict[str, list[Asset]]:
    same: dict[str, list[Asset]] = defaultdict(list)
    if not hashes:
        return same
    columns = ("id", "code", "sha256", "title_id", "likeness_id", "organisation_id")
    for twin in read_rows(Asset.objects.filter(sha256__among=hashes).order_by("pk"), columns):
        same[twin.sha256].append(twin)
    return same


def _with_owners(files: Iterable[Asset]) -> None:
    given = list(files)
    give(given, "organisation", Organisation.objects.in_bulk({t.organisation_id for t in given}))


def _granted(keys: set[int]) -> Iterator[tuple[int, Ranges, Grant | Deal]]:
    rows = GrantedAsset.objects.filter(asset__among=keys).select_related("grant")
    for row in rows.order_by("pk"):
        yield row.asset_id, row.ranges, row.grant


def _agreed(keys: set[int], request: Request | None) -> Iterator[tuple[int, Ranges, Grant | Deal]]:
    rows = RequestItem.objects.filter(
        asset__among=keys, agreed=True, deal__state__in=RESERVING
    ).select_related("deal__request")
    others = rows if request is None else rows.exclude(request=request)
    for row in others.order_by("pk"):
        if row.deal is not None:
            yield row.asset_id, row.ranges, row.deal
