"""What an agreement keeps back for its lab until the grant.

Between approval and grant a deal is no licence yet, but what it covers must not be agreed with
another lab as well: of two that pay for the same exclusivity one would have paid for nothing. So
to every other deal its scope is as good as granted. Docs: docs/decisions/reservations.md.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db.models import Max

from catalog.models import Asset, Likeness, Title
from catalog.rights import instant
from catalog.same_bytes import rows_told
from licensing.models import Deal, Request, RequestItem, Reservation
from licensing.offers.promises import promises_of
from licensing.verdicts.gathering import Written, written_scope


def lock_material(items: Iterable[RequestItem]) -> None:
    """Lock what the files belong to, in one order, so that two deals on the same work are
    cleared one after the other: the second sees what the first took. A work is all rows recorded
    as the same one, what it is part of, what is part of it, and the cuts of these, whose facts and
    licences reach it; and every title and likeness that has the same bytes, or those of a part,
    whose licences count too. Call inside a transaction."""
    hashes = {item.asset.sha256 for item in items}
    same = list(Asset.objects.filter(sha256__among=hashes).values_list("title", "likeness"))
    likenesses = {key for _title, key in same if key is not None}
    list(Likeness.objects.filter(pk__among=likenesses).select_for_update().order_by("pk"))
    titles = {key for key, _likeness in same if key is not None}
    locked: set[int] = set()
    # Another look once they are locked: titles may have been merged since the first.
    while wanted := rows_told(titles) - locked:
        list(Title.objects.filter(pk__among=wanted).select_for_update().order_by("pk"))
        locked |= wanted


def reserve(deal: Deal, items: Iterable[RequestItem]) -> None:
    """Keep the files of a deal that is being agreed back for its lab. Call after their clearance,
    in the same transaction, with their material locked. Raises IntegrityError where somebody
    reserved the same work after it was looked at, which the locks prevent."""
    assets = [item.asset for item in items]
    titles = {asset.title_id for asset in assets if asset.title_id}
    named = Title.objects.filter(pk__among=titles).values_list("pk", "canonical")
    works = {canonical or key for key, canonical in named}
    likenesses = {asset.likeness_id for asset in assets if asset.likeness_id}
    Reservation.objects.bulk_create(
        [
            Reservation(deal=deal, **{f"{of}_id": key}, number=number + 1)
            for of, keys in (("title", works), ("likeness", likenesses))
            for key, number in _last(of, keys).items()
        ]
    )


def _last(of: str, keys: set[int]) -> dict[int, int]:
    found = Reservation.objects.filter(**{f"{of}__among": keys}).values_list(of)
    return dict.fromkeys(sorted(keys), 0) | dict(found.annotate(Max("number")).order_by(of))


def reserved_of_titles(
    works: Mapping[int, set[int]], request: Request | None
) -> dict[int, list[Written]]:
    """Return, for each title's key, what the deals of other requests (None: of all) keep back of
    files of the same material, in any of the rows that are given of it (`material_of`), as if it
    were granted. Some queries, however many."""
    found = _kept_back("title", {row for work in works.values() for row in work}, request)
    deals = written_deals(deal for some in found.values() for deal in some)
    return {
        key: _in_order({deal for row in work for deal in found[row]}, deals)
        for key, work in works.items()
    }


def reserved_of_likenesses(keys: Iterable[int], request: Request) -> dict[int, list[Written]]:
    """Return, for each likeness's key, what the deals of other requests keep back of its files."""
    found = _kept_back("likeness", set(keys), request)
    deals = written_deals(deal for some in found.values() for deal in some)
    return {key: _in_order(found[key], deals) for key in keys}


def _kept_back(of: str, keys: set[int], request: Request | None) -> dict[int, set[int]]:
    """By the files, not by what was reserved: a title that was merged when its deal was agreed on
    may have been split off since."""
    if not keys:
        return defaultdict(set)
    rows = RequestItem.objects.kept_back().filter(**{f"asset__{of}__among": keys})
    found: dict[int, set[int]] = defaultdict(set)
    others = rows if request is None else rows.exclude(request=request)
    for key, deal in others.values_list(f"asset__{of}", "deal").distinct():
        found[key].add(deal)
    return found


def written_deals(deals: Iterable[int]) -> dict[int, Written]:
    """Return what deals keep back as if it were granted, by primary key."""
    if not (wanted := set(deals)):
        return {}  # as most often: to put the question together takes longer than any answer
    rows = Deal.objects.filter(pk__in=wanted).select_related("licensor", "request__organisation")
    found = list(rows)
    # Agreed, the promise of a rate card that nobody pays less binds as much as the licence.
    promised = promises_of(found)
    return {deal.pk: _fact(deal, promised.get(deal.pk, {})) for deal in found}


def _in_order(deals: Iterable[int], facts: dict[int, Written]) -> list[Written]:
    return sorted((facts[deal] for deal in deals), key=lambda fact: str(fact["id"]))


def _fact(deal: Deal, promised: Written) -> Written:
    made = instant(deal.decided_at)
    return {
        "id": deal.code,
        "kind": "grant_out",
        "from": deal.licensor.name,
        "to": deal.request.organisation.code,
        **written_scope(deal),
        "executed": made,
        "recorded": made,
        **promised,
        "x_reserved_until": instant(deal.pay_by),
    }
