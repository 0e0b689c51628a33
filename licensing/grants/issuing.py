"""Grants: issued by a job once a deal is paid, and revoked by the licensor."""

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import SYSTEM, Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import Conflict, Invalid, NotFound
from accounts.text import check_name
from ledger.append import NewEvent, append, append_many
from licensing.deals.conditions import Hindrance, hindrances, problem_of
from licensing.deals.reservations import lock_material
from licensing.deals.transitions import (
    TRANSITIONS,
    end_by_licensor,
    move,
    payments_under_way,
)
from licensing.grants.duties import Demand, check_demands, demand_of_lab, with_stop
from licensing.grants.returning import owe_return
from licensing.grants.superseding import supersede
from licensing.models import (
    AMENDING,
    Cancellation,
    Clearance,
    Deal,
    DealState,
    Grant,
    GrantedAsset,
    Ground,
    RequestItem,
    ranges_by_file,
)
from licensing.verdicts.clearances import consents_reaching, decide, items_to_clear
from licensing.verdicts.on_record import newest_clearances

log = logging.getLogger("edgecode.licensing")


def issue_pending(limit: int = 50) -> int:
    """Issue the grants of paid deals; return how many deals were handled.

    Safe to kill and to run in many processes: each deal is one transaction on a locked row. A
    deal that fails is logged and left for the next round; it does not hold up the others.
    """
    paid = Deal.objects.filter(state=DealState.SETTLED).order_by("pk")
    done = 0
    for pk in list(paid.values_list("pk", flat=True)[:limit]):
        try:
            done += _issue_if_due(pk)
        except Exception:
            log.exception("deal %s: the grant was not issued", pk)
    return done


@transaction.atomic
def _issue_if_due(pk: int) -> bool:
    rows = Deal.objects.filter(state=DealState.SETTLED).select_related(
        "licensor", "request__organisation", "settlement", "agreement"
    )
    deal = rows.select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
    if deal is None:
        return False
    agreed = items_to_clear(deal.request, deal.items.filter(agreed=True))
    lock_material(agreed)
    decide(agreed, as_of=timezone.now(), actor_name=SYSTEM)
    kept = newest_clearances(deal.items.filter(agreed=True)).select_related("decision")
    verdicts = {clearance.item_id: clearance for clearance in kept}
    cleared = [(item, verdicts[item.pk]) for item in agreed]
    found = hindrances(deal, cleared)
    if found or (deal.amends is not None and not deal.amends.stands):
        _hold(deal, found)
    else:
        _issue(deal, cleared)
    return True


def _issue(deal: Deal, cleared: list[tuple[RequestItem, Clearance]]) -> Grant:
    request = deal.request
    grant = Grant.objects.create(
        code=allocate("grant"),
        deal=deal,
        licensor=deal.licensor,
        licensee=request.organisation,
        uses=deal.uses,
        model_kinds=deal.model_kinds,
        territory=deal.territory,
        exclusivity=deal.exclusivity,
        starts_at=deal.starts_at,
        ends_at=deal.ends_at,
    )
    GrantedAsset.objects.bulk_create(
        GrantedAsset(grant=grant, asset=item.asset, clearance=clearance, ranges=item.ranges)
        for item, clearance in cleared
    )
    move(deal, DealState.GRANTED)
    deal.save(update_fields=["state"])
    Cancellation.objects.filter(deal=deal).delete()
    append(
        "grant.issued.v2",
        stream=grant.stream,
        actor=SYSTEM,
        refs={
            "request": request.stream,
            "agreement": deal.agreement.stream,
            "settlement": deal.settlement.stream,
        },
        private={
            "scope": grant_scope(grant),
            "ranges": ranges_by_file(item for item, _clearance in cleared),
        },
    )
    if deal.amends is not None:
        supersede(deal.amends, grant)
    append_many([_granted(grant, item, clearance) for item, clearance in cleared])
    return grant


def _granted(grant: Grant, item: RequestItem, clearance: Clearance) -> NewEvent:
    refs: dict[str, str | list[str]] = {
        "asset": item.asset.stream,
        "clearance": clearance.stream,
    }
    # Of a likeness, anyone shall see that what its file is granted on had not been withdrawn.
    if item.asset.likeness_id:
        refs["consents"] = [each.stream for each in consents_reaching(item.asset, grant)]
    return NewEvent(kind="asset.granted.v2", stream=grant.stream, actor=SYSTEM, refs=refs)


def _hold(deal: Deal, found: list[Hindrance]) -> None:
    move(deal, DealState.HELD)
    deal.problem = problem_of(deal, found)
    deal.save(update_fields=["state", "problem"])
    log.warning("deal %s is held: %s", deal.code, deal.problem)
    append(
        "deal.held",
        stream=deal.stream,
        actor=SYSTEM,
        refs={"settlement": deal.settlement.stream},
        private={"problem": deal.problem},
    )


def grant_scope(grant: Grant) -> dict[str, Any]:
    """Return the scope of a grant as it is committed, shown and signed."""
    return {
        "uses": grant.uses,
        "model_kinds": grant.model_kinds,
        "territory": grant.territory,
        "exclusivity": grant.exclusivity,
        "starts_at": grant.starts_at.isoformat(),
        "ends_at": grant.ends_at.isoformat() if grant.ends_at else None,
    }


@transaction.atomic
def revoke_grant(
    *,
    actor: Actor,
    code: str,
    reason: str,
    ground: str = Ground.OTHER,
    demands: Sequence[Demand] = (),
) -> Grant:
    """End a grant from now on: no further download, and its public status says so.

    What was trained before stays licensed; the reason is the licensor's, read by the licensee. It
    owes from now on to train nothing new, and what else is demanded; without its fault the licensor
    owes it what was paid for the rest of the term. Raises NotFound, Conflict,
    Invalid naming the field.
    """
    amending = _lock_amending(code)
    grant = _lock_given(actor, code)
    if not grant.stands:
        raise Conflict(_("The grant has already ended."))
    if set(_amending(code).values_list("pk", flat=True)) != {deal.pk for deal in amending}:
        raise Conflict(_("An amendment was proposed or ended a moment ago; look at it again."))
    wanted = with_stop(check_demands(demands, ground))
    grant.revoked_at = timezone.now()
    grant.revocation_reason = check_name("reason", reason, 500)
    grant.save(update_fields=["revoked_at", "revocation_reason"])
    append(
        "grant.revoked",
        stream=grant.stream,
        actor=actor.name,
        private={"reason": grant.revocation_reason},
    )
    _demand(grant, wanted, ground, grant.revocation_reason, actor)
    files = grant.granted_assets.values_list("asset__code", flat=True)
    owe_return(grant, set(files), ground=ground, actor=actor)
    for deal in amending:
        # What is being paid for is held when it is paid, and comes back.
        if TRANSITIONS[DealState(deal.state)] & {DealState.DECLINED} and not (
            payments_under_way([deal]).exists()
        ):
            end_by_licensor(deal, actor, grant.revocation_reason)
    return grant


def _amending(code: str) -> QuerySet[Deal]:
    return Deal.objects.filter(amends__code=code, state__in=AMENDING)


def _lock_amending(code: str) -> list[Deal]:
    """Return the amendments of a grant that are under way, locked. Before the grant itself, as
    where one is issued: two locks in one order never wait in a circle."""
    rows = _amending(code).select_related("licensor", "request__organisation")
    return list(rows.select_for_update(of=("self",)).order_by("pk"))


@transaction.atomic
def demand_more(
    *,
    actor: Actor,
    code: str,
    reason: str,
    ground: str = Ground.OTHER,
    demands: Sequence[Demand],
) -> Grant:
    """Demand more of the lab, for the licensor of a grant that was revoked or of which a consent
    ended. Raises NotFound, Conflict where it stands or the same is owed, Invalid naming the field.
    """
    grant = _lock_given(actor, code)
    if not may_demand(grant):
        raise Conflict(_("The grant stands: revoke it first."))
    wanted = check_demands(demands, ground)
    if not wanted:
        raise Invalid("demands", _("Choose what the lab shall do."))
    asked = {each.kind for each in wanted}
    if grant.duties.owed().filter(kind__in=asked, consent__isnull=True).exists():
        raise Conflict(_("The lab owes this already."))
    _demand(grant, wanted, ground, check_name("reason", reason, 500), actor)
    return grant


def may_demand(grant: Grant) -> bool:
    """Return whether a licence ended early, in whole or for what rested on a consent."""
    return grant.revoked_at is not None or grant.duties.filter(consent__isnull=False).exists()


def _lock_given(actor: Actor, code: str) -> Grant:
    organisation = require(actor, Permission.REVOKE_GRANTS)
    rows = Grant.objects.filter(licensor=organisation).select_related(
        "deal__licensor", "deal__request__organisation"
    )
    grant = rows.select_for_update(of=("self",)).filter(code=code).first()
    if grant is None:
        raise NotFound
    return grant


def _demand(grant: Grant, wanted: Sequence[Demand], ground: str, reason: str, actor: Actor) -> None:
    files: Iterable[str] = grant.granted_assets.values_list("asset__code", flat=True)
    if grant.revoked_at is None:
        resting = grant.duties.filter(consent__isnull=False).values_list("files", flat=True)
        files = {code for codes in resting for code in codes}
    demand_of_lab(grant, wanted, ground=ground, reason=reason, files=list(files), actor=actor)
