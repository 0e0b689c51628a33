"""The licence that an amendment is of: whether it can be amended, and what is kept of it.

Docs: docs/decisions/amendments.md.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.errors import Conflict, Invalid
from licensing.deals.conditions import Duty, duties_of
from licensing.deals.scopes import changes
from licensing.models import AMENDING, Deal, Grant, GrantedAsset, Request, RequestItem, Verdict

# What an amendment may change; its start only says from when on what it changes holds.
AMENDABLE: Final = ("uses", "model_kinds", "territory", "ends_at", "exclusivity")


def lock_to_amend(key: int) -> Grant:
    """Return a grant, locked, that an amendment may be asked of now. Raises Conflict where it has
    ended, or another amendment of it is under way."""
    rows = Grant.objects.select_related("deal", "licensor", "licensee")
    grant = rows.select_for_update(of=("self",)).get(pk=key)
    refuse_ended(grant)
    if other := under_way(grant):
        raise Conflict(
            _("Another amendment of this licence is under way, in deal %(code)s; end it first.")
            % {"code": other.display_code}
        )
    return grant


def under_way(grant: Grant) -> Deal | None:
    """Return the deal of the amendment that may still take the place of a grant."""
    return Deal.objects.filter(amends=grant, state__in=AMENDING).first()


def refuse_ended(grant: Grant | None) -> None:
    """Raise Conflict where the licence that is amended, if one is, does not stand."""
    if grant is not None and not grant.stands:
        raise Conflict(_("The licence that this amends has ended; it can no longer be amended."))


def first_start(grant: Grant) -> datetime:
    """Return from when an amendment holds, as far as its term says: the start of this day, or of
    the licence where that is later."""
    today = datetime.combine(timezone.now().astimezone(UTC).date(), time(), UTC)
    return max(today, grant.starts_at)


def check_start(grant: Grant, starts_at: datetime) -> None:
    """Raise Invalid where the amended term begins before the licence did, or leaves a gap: the
    licence ends when it is amended."""
    if starts_at < grant.starts_at:
        raise Invalid("starts_at", _("The licence that is amended begins later."))
    if starts_at > max(timezone.now(), grant.starts_at):
        raise Invalid(
            "starts_at", _("An amendment holds from its grant on; its term cannot begin later.")
        )


def refuse_unchanged(request: Request, files: int) -> None:
    """Raise Conflict where an amendment changes neither terms nor files."""
    assert request.amends is not None  # noqa: S101 - the caller has asked
    is_less = files < request.amends.granted_assets.count()
    if not (is_less or changes(request.amends, request, AMENDABLE)):
        raise Conflict(_("This amendment changes nothing; change a term or leave a file out."))


def granted_items(request: Request, codes: Iterable[str] | None = None) -> list[RequestItem]:
    """Return the files of the licence that a draft amends, or of those the ones named, in the parts
    that were granted. Raises Invalid("assets") for one that it does not cover."""
    rows = GrantedAsset.objects.filter(grant=request.amends_id).select_related("asset")
    found = {row.asset.code: row for row in rows.order_by("asset__code")}
    wanted = set(found) if codes is None else set(codes)
    if missing := sorted(wanted - found.keys()):
        raise Invalid(
            "assets",
            _("Not in the licence that is amended: %(codes)s. Ask for other files anew.")
            % {"codes": ", ".join(missing[:10])},
        )
    return [
        RequestItem(request=request, asset=row.asset, ranges=row.ranges)
        for code, row in found.items()
        if code in wanted
    ]


def refuse_partial(deal: Deal, left: Iterable[RequestItem]) -> None:
    """Raise Conflict, naming the files, where an amendment cannot have all that it is about: they
    would drop out of the licence, and nobody has agreed to that."""
    codes = [item.asset.code for item in left]
    if deal.amends_id is not None and codes:
        raise Conflict(
            _(
                "Not clear in the amended terms, and so they would be lost: %(codes)s. Propose"
                " terms in which they are clear, or end the amendment."
            )
            % {"codes": ", ".join(codes[:10])}
        )


def conditions_kept(deal: Deal) -> dict[int, frozenset[Duty]]:
    """Return, by the key of the file, the conditions under which a deal's licence was granted
    before: somebody has confirmed those already."""
    rows = GrantedAsset.objects.filter(
        grant=deal.amends_id, clearance__verdict=Verdict.CONDITIONAL
    ).select_related("clearance__decision")
    return {row.asset_id: duties_of(row.clearance.result) for row in rows}


def are_new(result: Mapping[str, Any], file: int, kept: Mapping[int, frozenset[Duty]]) -> bool:
    """Return whether a verdict has conditions that nobody has confirmed for this file."""
    return not duties_of(result) <= kept.get(file, frozenset())
