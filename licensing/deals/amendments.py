"""Amendments of a granted licence: other terms, or fewer files, from either of its two sides.

An amendment is a request with one deal, and goes the way of every deal. Its grant takes the place
of the one that it amends. Docs: docs/decisions/amendments.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.access import Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import NotFound
from accounts.text import check_name, check_note
from licensing.deals.amended import check_start, first_start, granted_items, refuse_ended
from licensing.deals.counter_offers import propose_terms
from licensing.deals.requests import check_sum, submit
from licensing.deals.scopes import check_scope, terms_of
from licensing.models import Deal, Grant, Request, RequestItem

ANSWER_DAYS: Final = 14  # that the lab usually has


@dataclass(frozen=True)
class Amended:
    """What shall hold instead of the present terms of a grant, at `price_minor` more per file.

    `starts_at` None: from this day on. `assets` None: all files of the grant, in the parts that
    were granted.
    """

    uses: Sequence[str]
    model_kinds: Sequence[str]
    territory: Any
    ends_at: datetime | None
    exclusivity: str
    price_minor: int
    starts_at: datetime | None = None
    assets: Sequence[str] | None = None


@transaction.atomic
def draft_amendment(
    *, actor: Actor, code: str, amended: Amended, name: str = "", purpose: str = ""
) -> Request:
    """Draft a request of the licensee's to amend a grant, for `submit_request` to submit.

    Raises NotFound, Conflict where the grant has ended, Invalid naming the field.
    """
    organisation = require(actor, Permission.EDIT_REQUESTS)
    grant = _find(Grant.objects.filter(licensee=organisation), code)
    return _draft(grant, amended, name=name, purpose=purpose)


@transaction.atomic
def propose_amendment(
    *, actor: Actor, code: str, amended: Amended, days: int, message: str = ""
) -> Deal:
    """Propose to the licensee, for the licensor of a grant, to amend it; it answers within `days`.

    The request is the lab's as every request is, and nothing in it is the lab's word: its deal has
    the terms as the licensor's counter-offer, which the lab accepts, counters, refuses, or lets
    lapse. Raises NotFound, Conflict where the grant has ended or another amendment is under way,
    Invalid naming the field.
    """
    organisation = require(actor, Permission.DECIDE_DEALS)
    grant = _find(Grant.objects.filter(licensor=organisation), code)
    request = _draft(grant, amended, name="", purpose="")
    request.proposed_by = organisation
    request.save(update_fields=["proposed_by"])
    deal = submit(request, actor).deals.get()
    propose_terms(
        actor=actor, code=deal.code, answers=0, days=days, message=message, **terms_of(request)
    )
    deal.refresh_from_db()
    return deal


def amendments_of(actor: Actor, grant: Grant) -> QuerySet[Request]:
    """Return the requests to amend a grant, as far as a side of it may see them: a draft is the
    lab's alone."""
    found = Request.objects.filter(amends=grant)
    if actor.organisation == grant.licensee:
        return found
    return found.filter(deals__licensor=actor.organisation)


def _find(rows: Any, code: str) -> Grant:
    found = rows.select_related("deal__request", "licensee").filter(code=code).first()
    if found is None:
        raise NotFound
    refuse_ended(found)
    grant: Grant = found
    return grant


def _draft(grant: Grant, amended: Amended, *, name: str, purpose: str) -> Request:
    starts_at = amended.starts_at or first_start(grant)
    scope = check_scope(
        uses=amended.uses,
        model_kinds=amended.model_kinds,
        territory=amended.territory,
        starts_at=starts_at,
        ends_at=amended.ends_at,
        exclusivity=amended.exclusivity,
        price_minor=amended.price_minor,
    )
    check_start(grant, starts_at)
    request = Request.objects.create(
        code=allocate("request"),
        organisation=grant.licensee,
        name=check_name("name", name, 200)
        if name
        else _("Amendment of grant %(code)s") % {"code": grant.display_code},
        purpose=check_note("purpose", purpose, 1000),
        currency=grant.deal.currency,
        amends=grant,
        paid_minor=_paid(grant),
        **scope,
    )
    items = granted_items(request, amended.assets)
    check_sum(request.price_minor, len(items))
    RequestItem.objects.bulk_create(items)
    return request


def _paid(grant: Grant) -> int | None:
    """Return what was paid per file for a grant, amendments included; None where rate cards said
    it, which price files differently."""
    deal = grant.deal
    if deal.by_card:
        return None
    if deal.amends_id is None:
        return deal.price_minor
    before = deal.request.paid_minor
    return None if before is None else before + deal.price_minor
