"""Grants of one lab that would cover the same file twice where either is exclusive.

The engine asks whether a licence takes anything from somebody else; a lab's own grants do not.
But nobody should pay twice for what it alone may do, so an exclusive grant stands by itself.
"""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext_lazy as _

from accounts.errors import Conflict
from catalog.scope.territory import parse_territory
from catalog.scope.uses import expand_uses
from licensing.models import Exclusivity, Grant, GrantedAsset, Request, RequestItem


def overlapping(request: Request, items: Iterable[RequestItem]) -> dict[int, str]:
    """Return, by primary key of the file, the code of a grant of the same lab that overlaps.

    Two scopes overlap where use, kind of model, country and instant meet; only pairs of which
    one is exclusive or sole count. A revoked grant reaches to its revocation. One query.
    """
    rows = GrantedAsset.objects.filter(
        asset__in=[item.asset_id for item in items], grant__licensee=request.organisation
    )
    if request.exclusivity == Exclusivity.NON_EXCLUSIVE:
        rows = rows.exclude(grant__exclusivity=Exclusivity.NON_EXCLUSIVE)
    found: dict[int, str] = {}
    meets: dict[int, bool] = {}
    for row in rows.select_related("grant").order_by("-pk"):
        if row.grant_id not in meets:
            meets[row.grant_id] = _meet(request, row.grant)
        if meets[row.grant_id]:
            found[row.asset_id] = row.grant.code
    return found


def refuse_overlaps(request: Request, items: Sequence[RequestItem]) -> None:
    """Raise Conflict, naming files and a grant, when the lab would hold a file twice."""
    found = overlapping(request, items)
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


def _meet(request: Request, grant: Grant) -> bool:
    ends = [end for end in (grant.ends_at, grant.revoked_at) if end is not None]
    begins = max(request.starts_at, grant.starts_at)
    if any(begins >= end for end in [*ends, request.ends_at] if end is not None):
        return False
    return bool(
        expand_uses(request.uses) & expand_uses(grant.uses)
        and set(request.model_kinds) & set(grant.model_kinds)
        and parse_territory(request.territory) & parse_territory(grant.territory)
    )
