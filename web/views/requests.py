"""A lab's requests: the list, a new one, and the clearance board of one."""

from collections.abc import Sequence
from datetime import UTC
from itertools import islice
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Actor, Permission, require
from accounts.errors import Invalid, NotFound
from catalog.models import Asset
from catalog.search_live import NotReady
from licensing.comparable_deals import beside_request
from licensing.deals.requests import (
    MAX_CLIPS,
    MAX_ITEMS,
    Wanted,
    create_request,
    remove_asset,
    submit_request,
    withdraw_request,
)
from licensing.deals.requests import (
    may_withdraw as can_withdraw,
)
from licensing.deals.transitions import payments_under_way
from licensing.models import Deal, Offer, Request, RequestState
from licensing.offers.market import find_offered
from licensing.offers.quotes import items_to_price, quote_items
from licensing.search.results import ask, find_every
from licensing.verdicts.outside import Proposal, propose
from web import counts, search_page
from web.acts import press, see
from web.addresses import printable
from web.amendments import difference
from web.boards import Board, live_board, stored_board
from web.clips import from_address, in_address, price_per_minute
from web.entrance import actor_of, member
from web.forms.facts import place_text
from web.forms.requests import RequestForm
from web.forms.verbs import REFUSED, attempt
from web.history import history_of
from web.paging import page
from web.precedents import shown as comparable_shown
from web.reckoning import reckoned


@require_safe
@member("lab")
def requests(request: HttpRequest) -> HttpResponse:
    """List the lab's requests, newest first, by state."""
    actor = actor_of(request)
    mine = Request.objects.visible_to(actor)
    numbers = counts.by_state(mine, RequestState)
    state = request.GET.get("state", "")
    found = mine.filter(state=state) if state in RequestState.values else mine
    found = found.select_related("amends")
    shown = page(found.annotate(files=Count("items")), cursor=request.GET.get("cursor", ""))
    context = {
        "counts": numbers,
        "every": counts.total(numbers),
        "page": shown,
        "may_edit": actor.may(Permission.EDIT_REQUESTS),
    }
    return render(request, "web/requests/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member("lab")
def new(request: HttpRequest) -> HttpResponse:
    """Ask for the scope; `?of=`, `?asset=` and `?part=` name the files to begin with, or `?found=`
    the search that finds them."""
    actor = actor_of(request)
    require(actor, Permission.EDIT_REQUESTS)
    asked = request.POST if request.method == "POST" else request.GET
    owner = printable(asked.get("of", ""))
    assets = [printable(code) for code in asked.getlist("asset")[:MAX_ITEMS]]
    parts = from_address(asked.getlist("part")[:MAX_CLIPS])
    offer = find_offered(actor, owner) if owner else None
    files: list[Wanted] = [*assets]
    found = printable(asked.get("found", ""))
    try:
        files = [*files, *parts, *_found(actor, found)] or _every_file(offer)
    except NotReady as error:
        return search_page.not_ready(request, error)
    proposal = _proposal(actor, files)
    form = RequestForm(request.POST or None, initial=_initial(offer, proposal))
    status = 200
    if request.method == "POST":
        made = attempt(form, lambda: create_request(actor=actor, assets=files, **form.cleaned_data))
        if made is not None:
            return see(reverse("request", args=[made.code]))
        status = REFUSED
    context = {
        "form": form,
        "offer": offer,
        "owner": owner,
        "assets": assets,
        "parts": in_address(parts),
        "found": found,
        "files": len({each if isinstance(each, str) else each.asset for each in files}),
        "most": MAX_ITEMS,
        "proposal": proposal,
        "trail": [(_("Requests"), reverse("requests"))],
    }
    return render(request, "web/requests/new.html", context, status=status)


@require_safe
@member("lab")
def board(request: HttpRequest, code: str) -> HttpResponse:
    """Show a request: what is asked for, and the verdict on every file."""
    asked = _find(request, code)
    actor = actor_of(request)
    is_draft = asked.state == RequestState.DRAFT
    shown = _board(request, asked)
    deals = list(asked.deals.select_related("licensor").order_by("pk"))
    streams = [asked.stream, *(deal.stream for deal in deals)]
    may_withdraw = actor.may(Permission.EDIT_REQUESTS) and can_withdraw(asked, deals)
    context = {
        "asked": asked,
        "amends": difference(asked, asked),
        "is_draft": is_draft,
        "since": asked.submitted_at or asked.created_at,
        "board": shown,
        **_price(asked, shown, deals),
        "comparable": comparable_shown(beside_request(asked)) if _is_new(asked) else None,
        "deals": deals,
        "may_edit": is_draft and actor.may(Permission.EDIT_REQUESTS),
        "may_submit": is_draft and actor.may(Permission.SUBMIT_REQUESTS),
        "may_withdraw": may_withdraw,
        "is_being_paid": may_withdraw and payments_under_way(deals).exists(),
        "events": history_of(streams),
        "trail": [(_("Requests"), reverse("requests"))],
    }
    return render(request, "web/requests/board.html", context)


@require_POST
@member("lab")
def submit(request: HttpRequest, code: str) -> HttpResponse:
    """Submit a draft to the licensors of its files."""
    return press(
        request,
        lambda: submit_request(actor=actor_of(request), code=code),
        done=_(
            "The request has been submitted. Every file was cleared; the licensors decide next."
        ),
        back=reverse("request", args=[code]),
    )


@require_POST
@member("lab")
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Withdraw a request and its deals."""
    return press(
        request,
        lambda: withdraw_request(actor=actor_of(request), code=code),
        done=_("The request has been withdrawn."),
        back=reverse("request", args=[code]),
    )


@require_POST
@member("lab")
def remove(request: HttpRequest, code: str) -> HttpResponse:
    """Take a file out of a draft."""
    asset = printable(request.POST.get("asset", ""))
    return press(
        request,
        lambda: remove_asset(actor=actor_of(request), code=code, asset=asset),
        done=_("The file is no longer in the request."),
        back=reverse("request", args=[code]),
    )


def _find(request: HttpRequest, code: str) -> Request:
    rows = Request.objects.visible_to(actor_of(request)).select_related(
        "organisation", "amends__deal"
    )
    found = rows.filter(code=code).first()
    if found is None:
        raise NotFound
    return found


def _is_new(asked: Request) -> bool:
    """Whether it is a draft of a new licence, whose price compares with that of others."""
    return asked.state == RequestState.DRAFT and asked.amends_id is None


def _price(asked: Request, shown: Board, deals: Sequence[Deal]) -> dict[str, Any]:
    """Return what a request comes to, how, and what a minute of it comes to."""
    whole = sum(each.ms for each in shown.lengths)
    told: dict[str, Any] = {
        "asked_ms": whole,
        "clips": sum(each.parts for each in shown.lengths),
    }
    if not asked.by_card:
        # What does not last has no price per minute.
        price = asked.price_minor * sum(1 for each in shown.lengths if each.ms)
        return told | {
            "price_total": asked.price_minor * shown.total,
            "minute_price": price_per_minute(price, whole),
        }
    if deals:
        return told | {"price_total": sum(deal.amount_minor for deal in deals)}
    quoted = quote_items(asked, items_to_price(asked), asked)
    return told | {
        "price_total": quoted.total_minor,
        "reckoning": reckoned(quoted.body),
        "without_price": quoted.without,
    }


def _board(request: HttpRequest, asked: Request) -> Board:
    if asked.state == RequestState.DRAFT:
        return live_board(request, asked.items.all(), as_of=timezone.now(), licensor=False)
    return stored_board(request, asked.items.all(), licensor=False)


def _every_file(offer: Offer | None) -> list[Wanted]:
    if offer is None:
        return []
    files = Asset.objects.filter(title=offer.title, likeness=offer.likeness).order_by("code")
    return list(files.values_list("code", flat=True)[: MAX_ITEMS + 1])


def _found(actor: Actor, parameters: str) -> list[str]:
    """Return the files that a search finds, one more than a request holds at most; none where it
    is no search."""
    if not parameters:
        return []
    try:
        query = ask(dict(QueryDict(parameters).lists()) | {"level": ["asset"]})
    except Invalid:
        return []
    results = islice(find_every(actor, query), MAX_ITEMS + 1)
    return [result.asset.code for result in results if result.asset]


def _proposal(actor: Actor, files: list[Wanted]) -> Proposal | None:
    """Return what may be asked of these files within their offers; None where there is nothing, or
    the address names parts that there are not."""
    try:
        return propose(actor, files, at=timezone.now()) if files else None
    except Invalid:
        return None


def _initial(offer: Offer | None, proposal: Proposal | None) -> dict[str, Any]:
    """Begin with the scope that is on offer; without a price of its own, the rate cards say it."""
    first: dict[str, Any] = {"starts_at": timezone.now().date()}
    if offer is not None:
        name = str(offer.title or offer.likeness)[:200]
        first |= {"name": name, "currency": offer.currency, "model_kinds": offer.model_kinds}
    if proposal is not None:
        first |= {
            "uses": proposal.uses,
            "model_kinds": proposal.model_kinds,
            "territory": place_text(proposal.territory),
            "starts_at": proposal.starts_at.date(),
            # The start of that day, UTC: never later than the offer ends.
            "ends_at": proposal.ends_at.astimezone(UTC).date() if proposal.ends_at else None,
            "currency": proposal.currency,
        }
    return first


urlpatterns: list[URLPattern] = [
    path("requests/", requests, name="requests"),
    path("requests/new/", new, name="request-new"),
    path("requests/<edge:code>/", board, name="request"),
    path("requests/<edge:code>/submit/", submit, name="request-submit"),
    path("requests/<edge:code>/withdraw/", withdraw, name="request-withdraw"),
    path("requests/<edge:code>/remove/", remove, name="request-remove"),
]
