"""Deals, from both sides: deciding, paying, and what comes of it."""

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
from django.views.decorators.http import require_POST, require_safe

import web.addresses  # noqa: F401 - registers `<edge:code>`
from accounts.access import Actor, Permission
from accounts.errors import NotFound
from catalog.objects import object_store
from licensing import stripe_gateway
from licensing.deals import approve_deal, decline_deal
from licensing.holds import retry_held_deal
from licensing.models import Deal, DealState, Payment
from licensing.payments import start_payment
from licensing.settlements import record_bank_transfer
from web import counts
from web.acts import press, see
from web.boards import LIVE_LIMIT, Board, live_board, stored_board
from web.entrance import actor_of, member, organisation_of
from web.forms.deals import ApproveForm, DeclineForm, TransferForm
from web.forms.verbs import REFUSED, attempt
from web.history import history_of
from web.paging import page

type Text = str | Promise
HOUSES = ("studio", "talent", "lab")
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


@require_safe
@member(*HOUSES)
def deals(request: HttpRequest) -> HttpResponse:
    """List the deals of either side, newest first, by state."""
    mine = Deal.objects.visible_to(actor_of(request))
    numbers = counts.by_state(mine, DealState)
    state = request.GET.get("state", "")
    found = mine.filter(state=state) if state in DealState.values else mine
    rows = found.select_related("licensor", "request__organisation")
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
    return _show(request, _find(actor_of(request), code))


@require_POST
@member("studio", "talent")
def approve(request: HttpRequest, code: str) -> HttpResponse:
    """Agree to license the files that are clear."""
    form = ApproveForm(request.POST)
    return _decide(
        request,
        code,
        "approve",
        form,
        lambda actor: approve_deal(actor=actor, code=code, **form.cleaned_data),
    )


@require_POST
@member("studio", "talent")
def decline(request: HttpRequest, code: str) -> HttpResponse:
    """Decline, with a reason."""
    form = DeclineForm(request.POST)
    return _decide(
        request,
        code,
        "decline",
        form,
        lambda actor: decline_deal(actor=actor, code=code, **form.cleaned_data),
    )


@require_POST
@member("studio", "talent")
def transfer(request: HttpRequest, code: str) -> HttpResponse:
    """Record that the price has arrived by bank transfer."""
    form = TransferForm(_find(actor_of(request), code), request.POST)
    return _decide(
        request,
        code,
        "transfer",
        form,
        lambda actor: record_bank_transfer(actor=actor, deal_code=code, **form.cleaned_data),
    )


@require_POST
@member("studio", "talent")
def retry(request: HttpRequest, code: str) -> HttpResponse:
    """Try the grant of a held deal again."""
    _find(actor_of(request), code)
    return press(
        request,
        lambda: retry_held_deal(actor=actor_of(request), code=code),
        done=_("The files are being cleared again."),
        back=reverse("deal", args=[code]),
    )


@require_POST
@member("lab")
def pay(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for a payment page; the deal's page then links to it."""
    _find(actor_of(request), code)
    return press(
        request,
        lambda: start_payment(actor=actor_of(request), deal_code=code),
        done=_("The payment page is ready."),
        back=reverse("deal", args=[code]) + "#next",
    )


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


def _decide(request: HttpRequest, code: str, name: str, form: Form, verb: Any) -> HttpResponse:
    """Run a licensor's verb; show the deal again, with the form's errors, when it refuses."""
    if attempt(form, lambda: verb(actor_of(request))) is not None:
        return see(reverse("deal", args=[code]))
    return _show(request, _find(actor_of(request), code), {name: form}, status=REFUSED)


def _find(actor: Actor, code: str) -> Deal:
    rows = Deal.objects.visible_to(actor).select_related(
        "licensor", "request__organisation", "agreement", "settlement", "grant", "decided_by"
    )
    found = rows.filter(code=code).first()
    if found is None:
        raise NotFound
    return found


def _agreed(actor: Actor, code: str) -> Deal:
    found = _find(actor, code)
    if not hasattr(found, "agreement"):
        raise NotFound
    return found


def _show(
    request: HttpRequest,
    found: Deal,
    refused: dict[str, Form] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    actor = actor_of(request)
    is_licensor = found.licensor == actor.organisation
    board = _board(request, found, is_licensor=is_licensor)
    usual = {
        "approve": ApproveForm(),
        "decline": DeclineForm(),
        "transfer": TransferForm(found),
    }
    context = {
        "deal": found,
        "asked": found.request,
        "is_licensor": is_licensor,
        "other": found.request.organisation if is_licensor else found.licensor,
        "board": board,
        "steps": _steps(found),
        "since": _since(found),
        "forms": usual | (refused or {}),
        "refused": next(iter((refused or {}).values()), None),
        "approved_amount": found.request.price_minor * board.grantable,
        "may": {permission.value: actor.may(permission) for permission in Permission},
        "payment": None if is_licensor else _open_payment(found),
        "has_stripe": stripe_gateway.configured(),
        "events": history_of(_streams(found), without=("asset.granted",)),
        "trail": [(_("Deals"), reverse("deals"))],
    }
    return render(request, "web/deals/deal.html", context, status=status)


def _board(request: HttpRequest, found: Deal, *, is_licensor: bool) -> Board:
    """A licensor who can still decide sees what the engine would say now; else the record."""
    items = found.items.all()
    if is_licensor and found.state == DealState.OPEN and items.count() <= LIVE_LIMIT:
        return live_board(request, items, as_of=timezone.now(), licensor=True)
    return stored_board(request, items, licensor=is_licensor)


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
    stopped = {DealState.WITHDRAWN: _("Withdrawn"), DealState.HELD: _("On hold")}
    if found.state in stopped:
        done = [step for step in shown if step.at]
        return [*done, Step(stopped[DealState(found.state)], "stopped", None)]
    waiting = next((place for place, step in enumerate(shown) if step.at is None), None)
    if waiting is not None:
        shown[waiting] = Step(shown[waiting].label, "now", None)
    return shown


def _since(found: Deal) -> datetime | None:
    """Return since when the deal is in its state, where a row says so."""
    settlement, grant = _one(found, "settlement"), _one(found, "grant")
    return {
        DealState.OPEN: found.created_at,
        DealState.APPROVED: found.decided_at,
        DealState.DECLINED: found.decided_at,
        DealState.SETTLED: settlement.recorded_at if settlement else None,
        DealState.GRANTED: grant.issued_at if grant else None,
    }.get(DealState(found.state))


def _one(found: Deal, name: str) -> Any:
    """Return what hangs on the deal by a one-to-one relation, or None."""
    return getattr(found, name, None)


def _open_payment(found: Deal) -> Payment | None:
    if found.state != DealState.APPROVED:
        return None
    return found.payments.filter(status__in=["open", "processing"]).order_by("-attempt").first()


def _streams(found: Deal) -> list[str]:
    parts = [_one(found, name) for name in ("agreement", "settlement", "grant")]
    return [found.stream, *(part.stream for part in parts if part is not None)]


urlpatterns: list[URLPattern] = [
    path("deals/", deals, name="deals"),
    path("deals/<edge:code>/", deal, name="deal"),
    path("deals/<edge:code>/approve/", approve, name="deal-approve"),
    path("deals/<edge:code>/decline/", decline, name="deal-decline"),
    path("deals/<edge:code>/transfer/", transfer, name="deal-transfer"),
    path("deals/<edge:code>/retry/", retry, name="deal-retry"),
    path("deals/<edge:code>/pay/", pay, name="deal-pay"),
    path("deals/<edge:code>/agreement.pdf", agreement, name="deal-agreement"),
    path("deals/<edge:code>/agreement.jsonld", policy, name="deal-policy"),
]
