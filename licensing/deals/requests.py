"""A lab's request, from draft to the licensors."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import Conflict, Invalid, NotFound
from accounts.models import Organisation
from accounts.text import check_name, check_note
from catalog.clip_ranges import check_ranges
from catalog.models import Asset
from catalog.scope.ranges import Ranges, together
from ledger.append import append
from licensing.deals.amended import (
    check_start,
    granted_items,
    lock_to_amend,
    refuse_unchanged,
)
from licensing.deals.scopes import check_scope, committed, terms_of
from licensing.deals.transitions import end_by_lab, refuse_while_paying
from licensing.models import (
    Deal,
    DealState,
    Exclusivity,
    Quote,
    Request,
    RequestItem,
    RequestState,
    ranges_by_file,
)
from licensing.money import MAX_MINOR
from licensing.offers.market import offered_assets
from licensing.offers.publishing import check_price_currency
from licensing.offers.quotes import Quoted, quote_items
from licensing.offers.quotes import committed as committed_cards
from licensing.verdicts.clearances import decide, items_to_clear
from licensing.verdicts.overlaps import refuse_overlaps

MAX_ITEMS = 10_000
MAX_CLIPS = 20_000  # ranges of all files together; each becomes a file of its own
UNPAID = frozenset({DealState.OPEN, DealState.COUNTERED, DealState.APPROVED})
PAID = frozenset({DealState.SETTLED, DealState.HELD, DealState.REFUNDING, DealState.GRANTED})


class Clips(NamedTuple):
    """Parts of a file: its code, and ranges of milliseconds, [from, to), in any order; without
    any the whole file."""

    asset: str
    ranges: Sequence[Sequence[int]]


# A file by its code is the whole of it.
type Wanted = str | Clips


@transaction.atomic
def create_request(
    *,
    actor: Actor,
    name: str,
    uses: Sequence[str],
    model_kinds: Sequence[str],
    starts_at: datetime,
    ends_at: datetime | None,
    currency: str,
    territory: Any = "WORLD",
    exclusivity: str = Exclusivity.NON_EXCLUSIVE,
    price_minor: int | None = None,
    purpose: str = "",
    assets: Sequence[Wanted] = (),
) -> Request:
    """Draft a request for a scope, at `price_minor` per file, or for None at what the rate cards on
    offer say; `assets` are codes of files, or parts of them.

    The term is half-open, aware UTC; `ends_at` None asks for a perpetual licence.
    Raises Invalid naming the field.
    """
    organisation = require(actor, Permission.EDIT_REQUESTS)
    request = Request.objects.create(
        code=allocate("request"),
        organisation=organisation,
        name=check_name("name", name, 200),
        purpose=check_note("purpose", purpose, 1000),
        currency=check_price_currency(currency),
        by_card=price_minor is None,
        **check_scope(
            uses=uses,
            model_kinds=model_kinds,
            territory=territory,
            starts_at=starts_at,
            ends_at=ends_at,
            exclusivity=exclusivity,
            price_minor=price_minor or 0,
        ),
    )
    if assets:
        _add(actor, request, assets)
    return request


@transaction.atomic
def change_scope(
    *,
    actor: Actor,
    code: str,
    uses: Sequence[str],
    model_kinds: Sequence[str],
    territory: Any,
    starts_at: datetime,
    ends_at: datetime | None,
    exclusivity: str,
) -> Request:
    """Let a draft ask for another scope, at the same price. Raises Invalid naming the field."""
    request = _lock_draft(actor, code)
    scope = check_scope(
        uses=uses,
        model_kinds=model_kinds,
        territory=territory,
        starts_at=starts_at,
        ends_at=ends_at,
        exclusivity=exclusivity,
        price_minor=request.price_minor,
    )
    if request.amends is not None:
        check_start(request.amends, starts_at)
    for name, value in scope.items():
        setattr(request, name, value)
    request.save(update_fields=list(scope))
    return request


@transaction.atomic
def add_assets(*, actor: Actor, code: str, assets: Sequence[Wanted]) -> Request:
    """Put offered files, or parts of them, into a draft; what is in it already stays once.

    Parts are added to the parts that are in it, and to a whole file nothing.
    """
    request = _lock_draft(actor, code)
    _add(actor, request, assets)
    return request


@transaction.atomic
def change_ranges(
    *, actor: Actor, code: str, asset: str, ranges: Sequence[Sequence[int]]
) -> Request:
    """Ask for these parts of a file in a draft instead of those asked for; [] for the whole."""
    request = _lock_draft(actor, code)
    if request.amends_id is not None:
        raise Conflict(_("An amendment keeps its files in the parts that are licensed."))
    item = request.items.select_related("asset").filter(asset__code=asset).first()
    if item is None:
        raise NotFound
    item.ranges = check_ranges("ranges", item.asset, ranges)
    item.save(update_fields=["ranges"])
    _check_clips(request)
    return request


@transaction.atomic
def remove_asset(*, actor: Actor, code: str, asset: str) -> Request:
    """Take a file out of a draft."""
    request = _lock_draft(actor, code)
    if not request.items.filter(asset__code=asset).delete()[0]:
        raise NotFound
    return request


@transaction.atomic
def submit_request(*, actor: Actor, code: str) -> Request:
    """Clear every file and open one deal per licensor.

    Raises Conflict for an empty draft, for a file of which the lab would hold two licences of which
    one is exclusive, and for one that the rate cards have no price for where they say the price.
    """
    require(actor, Permission.SUBMIT_REQUESTS)
    return submit(_lock_draft(actor, code), actor)


def submit(request: Request, actor: Actor) -> Request:
    """Submit a locked draft. Call inside a transaction."""
    items = items_to_clear(request, request.items.all())
    if not items:
        raise Conflict(_("Add at least one file before you submit the request."))
    if request.amends_id is not None:
        request.amends = lock_to_amend(request.amends_id)
        refuse_unchanged(request, len(items))
    now = timezone.now()
    refuse_overlaps(request.organisation, request, items)
    request.state, request.submitted_at = RequestState.SUBMITTED, now
    request.submitted_role = actor.role
    request.save(update_fields=["state", "submitted_at", "submitted_role"])
    _append_submitted(request, items, actor)
    by_licensor: dict[Organisation, list[RequestItem]] = defaultdict(list)
    for item in items:
        by_licensor[item.asset.organisation].append(item)
    for licensor, own in by_licensor.items():
        quoted = quoted_in_full(request, own) if request.by_card else None
        _open_deal(actor, request, licensor, own, quoted)
    decide(items, as_of=now, actor_name=actor.name)
    return request


def _append_submitted(request: Request, items: Sequence[RequestItem], actor: Actor) -> None:
    refs = {"organisation": request.organisation.stream}
    if request.amends is not None:
        refs["grant"] = request.amends.stream
    append(
        "request.submitted.v2" if request.amends is None else "amendment.proposed",
        stream=request.stream,
        actor=actor.name,
        refs=refs,
        private={
            "scope": committed(terms_of(request))
            | {"currency": request.currency}
            | ({"by_card": True} if request.by_card else {}),
            "assets": [item.asset.code for item in items],
            "ranges": ranges_by_file(items),
        },
    )


@transaction.atomic
def withdraw_request(*, actor: Actor, code: str) -> Request:
    """Withdraw a request and its deals, as long as none of them has been paid.

    From a single deal `licensing.deals.transitions.withdraw_deal` withdraws.
    """
    require(actor, Permission.EDIT_REQUESTS)
    request = _lock(actor, code)
    deals = list(request.deals.select_for_update().order_by("pk"))
    if not may_withdraw(request, deals):
        raise Conflict(_("The request can no longer be withdrawn."))
    refuse_while_paying(deals)
    was_submitted = request.state == RequestState.SUBMITTED
    request.state = RequestState.WITHDRAWN
    request.save(update_fields=["state"])
    if was_submitted:
        append("request.withdrawn", stream=request.stream, actor=actor.name)
    for deal in deals:
        if deal.state in UNPAID:
            end_by_lab(deal, actor)
    return request


def may_withdraw(request: Request, deals: Iterable[Deal]) -> bool:
    """Return whether a request can be withdrawn as a whole: none of its deals has been paid."""
    return request.state != RequestState.WITHDRAWN and not any(deal.state in PAID for deal in deals)


def _lock(actor: Actor, code: str) -> Request:
    rows = Request.objects.visible_to(actor).select_related("organisation")
    request = rows.select_for_update(of=("self",)).filter(code=code).first()
    if request is None:
        raise NotFound
    return request


def _lock_draft(actor: Actor, code: str) -> Request:
    require(actor, Permission.EDIT_REQUESTS)
    request = _lock(actor, code)
    if request.state == RequestState.WITHDRAWN:
        raise Conflict(_("The request was withdrawn; it can no longer be changed or submitted."))
    if request.state != RequestState.DRAFT:
        raise Conflict(_("The request has been submitted; it can no longer be changed."))
    return request


def _add(actor: Actor, request: Request, assets: Sequence[Wanted]) -> None:
    codes = {each if isinstance(each, str) else each.asset for each in assets}
    if len(codes) > MAX_ITEMS:
        raise _too_many()
    if request.amends_id is not None:
        # In the parts that were granted, whichever are named.
        held = set(request.items.values_list("asset__code", flat=True))
        RequestItem.objects.bulk_create(granted_items(request, codes - held))
        return
    found = {asset.code: asset for asset in offered_assets(actor).filter(code__among=codes)}
    if missing := sorted(codes - found.keys()):
        raise Invalid(
            "assets",
            _("Not offered, or no such file: %(codes)s.") % {"codes": ", ".join(missing[:10])},
        )
    wanted = wanted_parts(assets, found)
    there = {item.asset_id: item for item in request.items.filter(asset__code__among=codes)}
    new, wider = [], []
    for code, ranges in wanted.items():
        item = there.get(found[code].pk)
        if item is None:
            new.append(RequestItem(request=request, asset=found[code], ranges=ranges))
        elif (more := together(item.ranges, ranges)) != item.ranges:
            item.ranges = check_ranges("assets", found[code], more)
            wider.append(item)
    RequestItem.objects.bulk_create(new)
    RequestItem.objects.bulk_update(wider, ["ranges"])
    _check_clips(request)
    count = request.items.count()
    if count > MAX_ITEMS:
        raise _too_many()
    check_sum(request.price_minor, count)


def check_sum(price_minor: int, files: int) -> None:
    """Raise Invalid("price_minor") where files cost more together than an amount may be."""
    if price_minor * files > MAX_MINOR:
        raise Invalid(
            "price_minor",
            _("All files together may cost at most %(limit)d minor units.") % {"limit": MAX_MINOR},
        )


def wanted_parts(assets: Sequence[Wanted], found: Mapping[str, Asset]) -> dict[str, Ranges]:
    """Return what is wanted of each file, by its code; of one that is named twice all of it.

    `found` has all of these files by code. Raises Invalid("assets") for parts that are none.
    """
    wanted: dict[str, Ranges] = {}
    for each in assets:
        code, given = (each, ()) if isinstance(each, str) else each
        ranges = check_ranges("assets", found[code], given)
        wanted[code] = together(wanted[code], ranges) if code in wanted else ranges
    return {code: check_ranges("assets", found[code], ranges) for code, ranges in wanted.items()}


def _check_clips(request: Request) -> None:
    lists = request.items.exclude(ranges=[]).values_list("ranges", flat=True)
    if sum(map(len, lists)) > MAX_CLIPS:
        raise Invalid(
            "assets", _("A request holds at most %(limit)d ranges.") % {"limit": MAX_CLIPS}
        )


def _too_many() -> Invalid:
    return Invalid("assets", _("A request holds at most %(limit)d files.") % {"limit": MAX_ITEMS})


def quoted_in_full(request: Request, items: Sequence[RequestItem]) -> Quoted:
    """Return what the rate cards say of these files, or raise Conflict naming those of which they
    say nothing."""
    found = quote_items(request, items, request)
    if found.without:
        codes = ", ".join(found.without[:10]) + (" …" if len(found.without) > 10 else "")
        raise Conflict(
            _("The offers have no price in %(currency)s for: %(codes)s. Name a price per file.")
            % {"currency": request.currency, "codes": codes}
        )
    if found.total_minor > MAX_MINOR:
        raise Conflict(
            _("All files together may cost at most %(limit)d minor units.") % {"limit": MAX_MINOR}
        )
    return found


def _open_deal(
    actor: Actor,
    request: Request,
    licensor: Organisation,
    items: list[RequestItem],
    quoted: Quoted | None,
) -> Deal:
    amount = quoted.total_minor if quoted else request.price_minor * len(items)
    terms = terms_of(request)
    if quoted:
        terms["price_minor"] = -(-amount // len(items))
    deal = Deal.objects.create(
        code=allocate("deal"),
        request=request,
        licensor=licensor,
        by_card=request.by_card,
        amount_minor=amount,
        currency=request.currency,
        amends=request.amends,
        **terms,
    )
    if quoted:
        Quote.objects.create(deal=deal, body=quoted.body)
    request.items.filter(asset__organisation=licensor).update(deal=deal)
    append(
        "deal.opened",
        stream=deal.stream,
        actor=actor.name,
        refs={"request": request.stream, "licensor": licensor.stream},
        private={"terms": _opened(deal, quoted)},
    )
    return deal


def _opened(deal: Deal, quoted: Quoted | None) -> dict[str, Any]:
    said: dict[str, Any] = {"amount_minor": deal.amount_minor, "currency": deal.currency}
    return said | {"cards": committed_cards(quoted.body)} if quoted else said
