"""Deals, from both sides: what was asked for, how it stands, and what can be done next."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.forms import Form
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.csp import CSP
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_safe

import web.addresses  # noqa: F401 - registers `<edge:code>`
from accounts.access import Actor, Permission
from accounts.errors import NotFound
from catalog.objects import object_store
from licensing.deals.assents import given_of, panel_to_show
from licensing.deals.conditions import hindrances_on_record, problem_of
from licensing.deals.counter_offers import Round, rounds
from licensing.deals.transitions import payments_under_way, side_of
from licensing.grants.duties import BINDING
from licensing.models import GRANTABLE, Deal, DealState, Scope
from licensing.payments import stripe_gateway
from licensing.verdicts.clearances import answers, items_to_clear
from licensing.verdicts.on_record import LIVE_LIMIT
from web import counts
from web.amendments import difference
from web.approvals import asks_for_approval
from web.boards import Board, live_board, stored_board
from web.entrance import actor_of, member, organisation_of
from web.forms.cases import CaseForm
from web.forms.deals import (
    ApproveForm,
    CancelForm,
    ConfirmForm,
    DeclineForm,
    RefundForm,
    RefuseForm,
    TransferForm,
)
from web.history import history_of
from web.paging import page
from web.reckoning import Reckoning, reckoned
from web.verdicts import Condition, read_condition

type Text = str | Promise
HOUSES = ("studio", "talent", "lab")
_CASES_SHOWN = 10
# A browser shows a PDF with parts of its own, which the pages' policy would forbid.
_PDF_POLICY = {
    "default-src": [CSP.NONE],
    "object-src": [CSP.SELF],
    "style-src": [CSP.UNSAFE_INLINE],
    "frame-ancestors": [CSP.NONE],
}


@dataclass(frozen=True)
class Step:
    """One step of a deal: `state` is done, now, next or stopped."""

    label: Text
    state: str
    at: datetime | None


@dataclass(frozen=True)
class Waiting:
    """A file whose conditions the reader's side has not confirmed."""

    asset: str
    clearance: str
    conditions: list[Condition]


@dataclass(frozen=True)
class Hold:
    """What keeps a grant back: the reader's word, the other side's, or the rights themselves."""

    problem: str
    waiting: list[Waiting]
    others_wait: bool
    needs_rights: bool


@dataclass(frozen=True)
class Preview:
    """How many files could be licensed in the terms proposed, and for how much."""

    files: int
    of: int
    amount_minor: int


@require_safe
@member(*HOUSES)
def deals(request: HttpRequest) -> HttpResponse:
    """List the deals of either side, newest first, by state."""
    mine = Deal.objects.visible_to(actor_of(request))
    numbers = counts.by_state(mine, DealState)
    state = request.GET.get("state", "")
    found = mine.filter(state=state) if state in DealState.values else mine
    rows = found.select_related("licensor", "request__organisation", "amends")
    shown = page(rows.annotate(files=Count("items")), cursor=request.GET.get("cursor", ""))
    context = {
        "counts": numbers,
        "every": counts.total(numbers),
        "page": shown,
        "is_lab": organisation_of(request).kind == "lab",
    }
    return render(request, "web/deals/list.html", context)


@require_safe
@member(*HOUSES)
def deal(request: HttpRequest, code: str) -> HttpResponse:
    """Show a deal to one of its two sides, with what that side can do next."""
    return show_deal(request, find_deal(actor_of(request), code))


@csp_override(_PDF_POLICY)
@require_safe
@member(*HOUSES)
def agreement(request: HttpRequest, code: str) -> HttpResponseBase:
    """Give the agreement as people read it; browsers show it in place."""
    found = _agreed(actor_of(request), code)
    return FileResponse(
        object_store().open(found.agreement.pdf_key),
        content_type="application/pdf",
        filename=f"agreement-{code}.pdf",
    )


@require_safe
@member(*HOUSES)
def policy(request: HttpRequest, code: str) -> HttpResponseBase:
    """Give the agreement as machines read it, as a download."""
    found = _agreed(actor_of(request), code)
    return FileResponse(
        object_store().open(found.agreement.odrl_key),
        content_type="application/ld+json",
        filename=f"agreement-{code}.jsonld",
        as_attachment=True,
    )


def find_deal(actor: Actor, code: str) -> Deal:
    """Return a deal with all that its page shows, or raise NotFound."""
    rows = Deal.objects.visible_to(actor).select_related(
        "licensor",
        "request__organisation",
        "request__amends__deal",
        "amends",
        "agreement",
        "settlement",
        "grant",
        "decided_by",
        "cancellation__proposed_by",
        "refund",
        "stripe_refund",
    )
    found = rows.filter(code=code).first()
    if found is None:
        raise NotFound
    return found


def _agreed(actor: Actor, code: str) -> Deal:
    found = find_deal(actor, code)
    if not hasattr(found, "agreement"):
        raise NotFound
    return found


def show_deal(
    request: HttpRequest,
    found: Deal,
    refused: dict[str, Form] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """Render a deal for one of its two sides, with the form that was refused in its place."""
    actor = actor_of(request)
    is_licensor = found.licensor == actor.organisation
    board = _board(request, found, is_licensor=is_licensor)
    usual = {
        "approve": ApproveForm(initial={"terms": found.terms_number}),
        "refuse": RefuseForm(),
        "decline": DeclineForm(),
        "transfer": TransferForm(found),
        "confirm": ConfirmForm(licensor=is_licensor),
        "cancel": CancelForm(),
        "refund": RefundForm(found),
        "case": CaseForm(),
    }
    told = rounds(found)
    waiting = next((each for each in told if each.waits), None)
    payment = payments_under_way([found]).first() if found.state == DealState.APPROVED else None
    context = {
        "deal": found,
        "asked": found.request,
        "is_licensor": is_licensor,
        "amends": difference(found.request, _on_the_table(found, waiting)),
        "other": found.request.organisation if is_licensor else found.licensor,
        "board": board,
        "steps": _steps(found),
        "waiting": waiting,
        "preview": _preview(waiting, found) if waiting else None,
        "rounds": [each for each in reversed(told) if each is not waiting],
        "since": _since(found),
        "forms": usual | (refused or {}),
        "refused": next(iter((refused or {}).values()), None),
        "binds": actor.may(BINDING[side_of(actor, found)]),
        "hold": _hold(found, is_licensor=is_licensor),
        "proposal": _one(found, "cancellation"),
        "now": timezone.now(),
        "stripe_refund": _one(found, "stripe_refund"),
        **_approvals(found, actor, board),
        "reckoning": _reckoning(found),
        "may": {permission.value: actor.may(permission) for permission in Permission},
        # The address leads to the lab's own page at Stripe.
        "payment": None if is_licensor else payment,
        "is_being_paid": payment is not None,
        "has_stripe": stripe_gateway.configured(),
        "duties": found.duties.select_related(
            "grant", "deal__licensor", "deal__request__organisation"
        ).order_by("due_at"),
        "cases": page(
            found.cases.select_related("opened_by", "auditor"),
            cursor=request.GET.get("cases", ""),
            size=_CASES_SHOWN,
        ),
        "cases_total": found.cases.count(),
        "events": history_of(_streams(found), without=("asset.granted", "asset.granted.v2")),
        "trail": [(_("Deals"), reverse("deals"))],
    }
    return render(request, "web/deals/deal.html", context, status=status)


def _reckoning(found: Deal) -> Reckoning | None:
    """Return how a deal that is priced by rate cards comes to its price: once it is agreed on, for
    the files of the agreement."""
    if not found.by_card:
        return None
    agreed = set(found.items.filter(agreed=True).values_list("asset__code", flat=True))
    return reckoned(found.quote.body, agreed)


def _on_the_table(found: Deal, waiting: Round | None) -> Scope:
    """Return the terms of an amendment that are talked of: what stands, or where nothing does yet
    what waits."""
    return waiting.offer if waiting and found.lacks_terms else found


def _approvals(found: Deal, actor: Actor, board: Board) -> dict[str, Any]:
    """Return who has to approve the deal and for how much, as far as this side may know."""
    is_licensor = found.licensor == actor.organisation
    shown: dict[str, Any] = {
        "performers": asks_for_approval(found),
        "assents": found.assents.count(),
        "approved_amount": 0,
    }
    if not is_licensor:
        return shown
    if found.state == DealState.OPEN and board.grantable:
        panel, amount = panel_to_show(found)
        return shown | {
            "panel": panel,
            "approved_amount": amount,
            "obstacle": panel.obstacle(actor),
            "is_last": panel.is_last(actor),
        }
    return shown | {"given": given_of(found)}


def _board(request: HttpRequest, found: Deal, *, is_licensor: bool) -> Board:
    """A licensor who can still decide sees what the engine would say now; else the record."""
    items = found.items.all()
    can_decide = found.state in {DealState.OPEN, DealState.COUNTERED}
    if is_licensor and can_decide and items.count() <= LIVE_LIMIT:
        return live_board(request, items, as_of=timezone.now(), licensor=True)
    return stored_board(request, items, licensor=is_licensor)


def _preview(waiting: Round, found: Deal) -> Preview | None:
    """Of many files it is not counted: every file is cleared when the terms are accepted."""
    items = found.items.all()
    if items.count() > LIVE_LIMIT:
        return None
    every = items_to_clear(found.request, items)
    told = answers(every, as_of=timezone.now(), scope=waiting.offer)
    files = sum(each.verdict in GRANTABLE for each in told)
    return Preview(files, len(every), files * waiting.offer.price_minor)


def _hold(found: Deal, *, is_licensor: bool) -> Hold | None:
    if found.state != DealState.HELD:
        return None
    mine, theirs = ("licensor", "licensee") if is_licensor else ("licensee", "licensor")
    hindrances = hindrances_on_record(found)
    is_lost = found.amends is not None and not found.amends.stands
    waiting = [
        Waiting(
            each.item.asset.code,
            each.clearance.code,
            # What the lab is asked to accept it must be able to read; the rest is not asked of it.
            [read_condition(item, licensor=True) for item in each.conditions(mine)],
        )
        for each in hindrances
        if each.is_conditional and each.conditions(mine)
    ]
    return Hold(
        # Said anew, in the reader's language; the deal keeps what the worker said.
        problem_of(found, hindrances) or found.problem,
        waiting,
        others_wait=any(each.is_conditional and each.conditions(theirs) for each in hindrances),
        needs_rights=not is_lost
        and (not all(each.is_conditional for each in hindrances) or not hindrances),
    )


def _steps(found: Deal) -> list[Step]:
    settlement, grant = _one(found, "settlement"), _one(found, "grant")
    decided = found.decided_at if found.state != DealState.WITHDRAWN else None
    steps: list[tuple[Text, datetime | None]] = [
        (gettext_lazy("Request"), found.created_at),
        (gettext_lazy("Agreement"), decided),
        (gettext_lazy("Payment"), settlement.settled_at if settlement else None),
        (gettext_lazy("Grant"), grant.issued_at if grant else None),
    ]
    if found.state == DealState.DECLINED:
        return [
            Step(steps[0][0], "done", found.created_at),
            Step(gettext_lazy("Declined"), "stopped", found.decided_at),
        ]
    shown = [Step(label, "done" if at else "next", at) for label, at in steps]
    stopped = {
        DealState.WITHDRAWN: _("Withdrawn"),
        DealState.LAPSED: _("Not paid in time"),
        DealState.HELD: _("On hold"),
        DealState.REFUNDING: _("Cancelled"),
        DealState.CANCELLED: _("Cancelled"),
    }
    if found.state in stopped:
        done = [step for step in shown if step.at]
        over = _since(found) if found.state != DealState.WITHDRAWN else None
        return [*done, Step(stopped[DealState(found.state)], "stopped", over)]
    waiting = next((place for place, step in enumerate(shown) if step.at is None), None)
    if waiting is not None:
        shown[waiting] = Step(shown[waiting].label, "now", None)
    return shown


def _since(found: Deal) -> datetime | None:
    """Return since when the deal is in its state, where a row says so."""
    settlement, grant, refund = (_one(found, name) for name in ("settlement", "grant", "refund"))
    proposal = _one(found, "cancellation")
    return {
        DealState.OPEN: _opened(found),
        DealState.COUNTERED: _newest_terms(found, "made_at"),
        DealState.APPROVED: found.decided_at,
        DealState.DECLINED: found.decided_at,
        DealState.LAPSED: found.lapses_at,
        DealState.SETTLED: settlement.recorded_at if settlement else None,
        DealState.GRANTED: grant.issued_at if grant else None,
        DealState.REFUNDING: proposal.cancelled_at if proposal else None,
        DealState.CANCELLED: refund.recorded_at if refund else None,
    }.get(DealState(found.state))


def _opened(found: Deal) -> datetime:
    return _newest_terms(found, "answered_at") or found.created_at


def _newest_terms(found: Deal, name: str) -> datetime | None:
    """Return when other terms were last proposed or answered, if they ever were."""
    at: datetime | None = (
        found.counter_offers.order_by("-number").values_list(name, flat=True).first()
    )
    return at


def _one(found: Deal, name: str) -> Any:
    """Return what hangs on the deal by a one-to-one relation, or None."""
    return getattr(found, name, None)


def _streams(found: Deal) -> list[str]:
    parts = [_one(found, name) for name in ("agreement", "settlement", "refund", "grant")]
    asked = [found.request.stream] if found.amends_id else []  # says who proposed the amendment
    return [*asked, found.stream, *(part.stream for part in parts if part is not None)]


urlpatterns: list[URLPattern] = [
    path("deals/", deals, name="deals"),
    path("deals/<edge:code>/", deal, name="deal"),
    path("deals/<edge:code>/agreement.pdf", agreement, name="deal-agreement"),
    path("deals/<edge:code>/agreement.jsonld", policy, name="deal-policy"),
]
