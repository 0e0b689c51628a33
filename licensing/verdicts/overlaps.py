"""Grants of one lab that would cover the same work twice where either is exclusive.

The same bytes under two titles of one studio count as one file, so what is exclusive is not sold
again under the other.

The engine asks whether a licence takes anything from somebody else; a lab's own grants do not.
But nobody should pay twice for what it alone may do, so an exclusive grant stands by itself.
"""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext_lazy as _

from accounts.errors import Conflict
from accounts.models import Organisation
from catalog.models import Asset
from catalog.same_bytes import rows_told
from catalog.scope.ranges import Ranges, meet
from catalog.scope.territory import parse_territory
from catalog.scope.uses import expand_uses
from licensing.models import (
    Exclusivity,
    Grant,
    GrantedAsset,
    RequestItem,
    Scope,
    lineage,
)


def overlapping(lab: Organisation, scope: Scope, items: Iterable[RequestItem]) -> dict[int, str]:
    """Return, by primary key of the file, the code of a grant of the lab that a scope overlaps.

    A grant counts for the file itself and for the same bytes under another title of its studio,
    and where the parts of it that are granted and asked for meet. Two scopes overlap where use,
    kind of model, country and instant meet; only pairs of which one is exclusive or sole count. A
    grant that ended early reaches to its end. What an amendment takes the place of does not count.
    """
    asked = list(items)
    amended = {item.request.amends_id for item in asked}
    before = lineage(key for key in amended if key is not None)
    rows = GrantedAsset.objects.filter(grant__licensee=lab).exclude(grant__in=before)
    if scope.exclusivity == Exclusivity.NON_EXCLUSIVE:
        rows = rows.exclude(grant__exclusivity=Exclusivity.NON_EXCLUSIVE)
    if not rows.exists():
        return {}
    wanted = {item.asset_id: item.ranges for item in asked}
    same = _same(list(wanted))
    rows = rows.filter(asset__among=same)
    found: dict[int, str] = {}
    meets: dict[int, bool] = {}
    for row in rows.select_related("grant").order_by("-pk"):
        if row.grant_id not in meets:
            meets[row.grant_id] = scopes_meet(scope, row.grant)
        if meets[row.grant_id]:
            for file in same[row.asset_id]:
                if meet(wanted[file], row.ranges):
                    found[file] = row.grant.code
    return found


def grants_apart(asset: Asset, ranges: Ranges) -> set[str]:
    """Return the codes of the licences of a title, and of deals agreed on, that take nothing of
    these parts of a file: those of other parts of this file, and of no other file that counts for
    the title."""
    assert asset.title_id is not None  # noqa: S101 - the caller has asked
    granted = GrantedAsset.objects.all()
    agreed = RequestItem.objects.kept_back()
    here = [
        *granted.filter(asset=asset).values_list("grant__code", "ranges"),
        *agreed.filter(asset=asset).values_list("deal__code", "ranges"),
    ]
    apart = {code for code, theirs in here if not meet(ranges, theirs)}
    if not apart:
        return apart
    others = Asset.objects.filter(title__among=rows_told({asset.title_id})).exclude(pk=asset.pk)
    beside = (
        *granted.filter(grant__code__in=apart, asset__in=others).values_list("grant__code"),
        *agreed.filter(deal__code__in=apart, asset__in=others).values_list("deal__code"),
    )
    return apart - {code for (code,) in beside}


def refuse_overlaps(lab: Organisation, scope: Scope, items: Sequence[RequestItem]) -> None:
    """Raise Conflict, naming files and a grant, when the lab would hold a file twice."""
    found = overlapping(lab, scope, items)
    if not found:
        return
    files = [item.asset.code for item in items if item.asset_id in found]
    raise Conflict(
        _(
            "The lab holds %(files)s already, under grant %(grant)s, for a part of this scope, and"
            " one of the two licences is exclusive. Leave these files out, or ask for what does"
            " not overlap."
        )
        % {"files": ", ".join(files[:10]), "grant": next(iter(found.values()))}
    )


def scopes_meet(scope: Scope, other: Scope | Grant) -> bool:
    """Return whether use, kind of model, country and instant meet; a grant reaches to its end."""
    early = other.ended_early_at if isinstance(other, Grant) else None
    ends = [end for end in (other.ends_at, early) if end is not None]
    begins = max(scope.starts_at, other.starts_at)
    if any(begins >= end for end in [*ends, scope.ends_at] if end is not None):
        return False
    return bool(
        expand_uses(scope.uses) & expand_uses(other.uses)
        and set(scope.model_kinds) & set(other.model_kinds)
        and parse_territory(scope.territory) & parse_territory(other.territory)
    )


def _same(files: Sequence[int]) -> dict[int, set[int]]:
    """Return the keys of all files that are one of `files`, each with those it is: itself, and the
    same bytes under any title of the same organisation. Not under a likeness: what a person
    consents to is another licence."""
    rows = Asset.objects.filter(pk__among=files, title__isnull=False)
    wanted: dict[tuple[int, str], set[int]] = {}
    for file, owner, sha256 in rows.values_list("pk", "organisation", "sha256"):
        wanted.setdefault((owner, sha256), set()).add(file)
    same = {file: {file} for file in files}
    hashes = {sha256 for _owner, sha256 in wanted}
    twins = Asset.objects.filter(sha256__among=hashes, title__isnull=False)
    for pk, owner, sha256 in twins.values_list("pk", "organisation", "sha256"):
        if (owner, sha256) in wanted:
            same.setdefault(pk, set()).update(wanted[owner, sha256])
    return same
