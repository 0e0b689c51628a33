"""What the owner of a likeness asks for: every use, every approval, the money; also as CSV."""

from collections.abc import Callable
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.access import Actor
from accounts.csv_download import Cell, csv_response
from catalog.models import Approval, ConsentUse, Performer
from catalog.performers import find_performer
from licensing.models import Refund, RequestItem, Settlement
from web import display
from web.entrance import actor_of, member
from web.paging import page

_LABELS = {"uses": _("Uses made"), "approvals": _("Approvals"), "money": _("Money received")}


def _uses(performer: Performer, _actor: Actor) -> QuerySet[Any]:
    found = ConsentUse.objects.filter(consent__likeness__performer=performer)
    return found.select_related("user", "consent__likeness", "approval")


def _approvals(performer: Performer, _actor: Actor) -> QuerySet[Any]:
    found = Approval.objects.filter(consent__likeness__performer=performer)
    return found.select_related("asker", "consent__likeness")


def _money(performer: Performer, actor: Actor) -> QuerySet[Any]:
    """Settlements of deals in which a file of the performer was agreed on, refunded ones too."""
    shown = RequestItem.objects.filter(agreed=True, asset__likeness__performer=performer)
    found = Settlement.objects.visible_to(actor).filter(deal__in=shown.values("deal"))
    refunds = Prefetch("deal__refund", Refund.objects.all())
    return found.select_related("deal__request__organisation").prefetch_related(refunds)


_ROWS: dict[str, Callable[[Performer, Actor], QuerySet[Any]]] = {
    "uses": _uses,
    "approvals": _approvals,
    "money": _money,
}


@require_safe
@member("studio", "talent")
def performer_list(request: HttpRequest, code: str, what: str) -> HttpResponse:
    """One of three lists, a page of it."""
    actor = actor_of(request)
    performer = find_performer(actor, code)
    shown = page(_ROWS[what](performer, actor), cursor=request.GET.get("cursor", ""))
    context = {
        "performer": performer,
        "what": what,
        "page": shown,
        "tabs": [
            {
                "label": _LABELS[name],
                "href": reverse(f"performer_{name}", args=[code]),
                "count": rows(performer, actor).count(),
            }
            for name, rows in _ROWS.items()
        ],
        "csv_href": reverse(f"performer_{what}_csv", args=[code]),
        "decisions": _decisions(performer) if what == "approvals" else None,
        "outputs": _uses(performer, actor).aggregate(sum=Sum("outputs"))["sum"] or 0,
        "totals": _totals(performer, actor) if what == "money" else (),
        "trail": [
            (_("Likenesses"), reverse("likenesses")),
            (performer.name, reverse("performer", args=[code])),
        ],
    }
    if what == "money":
        _count_files(shown.rows, performer)
    return render(request, "web/consents/uses.html", context)


def _decisions(performer: Performer) -> dict[str, int]:
    found = Approval.objects.filter(consent__likeness__performer=performer)
    return dict(found.order_by().values_list("decision").annotate(Count("pk")))


def _totals(performer: Performer, actor: Actor) -> list[tuple[int, str]]:
    """What was received and not given back, by currency."""
    kept = _money(performer, actor).filter(deal__refund__isnull=True).order_by()
    sums = kept.values("currency").annotate(sum=Sum("amount_minor"))
    return [(each["sum"], each["currency"]) for each in sums.order_by("currency")]


def _count_files(settlements: list[Any], performer: Performer) -> None:
    """Say of each how many files of its deal are of this performer: the price is of all of them."""
    deals = [each.deal_id for each in settlements]
    items = RequestItem.objects.filter(deal__in=deals, agreed=True).order_by()
    counted = items.values("deal").annotate(
        own=Count("pk", filter=Q(asset__likeness__performer=performer)), every=Count("pk")
    )
    counts = {each["deal"]: (each["own"], each["every"]) for each in counted}
    for each in settlements:
        each.own_files, each.files = counts.get(each.deal_id, (0, 0))


@require_safe
@member("studio", "talent")
def performer_csv(request: HttpRequest, code: str, what: str) -> HttpResponseBase:
    """The whole of one list, oldest first."""
    actor = actor_of(request)
    performer = find_performer(actor, code)
    header, cells = _COLUMNS[what]
    rows = _ROWS[what](performer, actor).order_by("pk")
    lines = (cells(row, request) for row in rows.iterator(chunk_size=500))
    return csv_response(f"{code}-{what}.csv", [str(name) for name in header], lines)


def _use_cells(use: Any, request: HttpRequest) -> list[Cell]:
    return [
        display.utc_text(use.used_at),
        display.utc_text(use.recorded_at),
        use.code,
        use.description,
        use.user.name,
        use.user.code,
        use.platform,
        use.url,
        use.outputs,
        use.sha256,
        use.consent.code,
        use.approval.code if use.approval else "",
        _consent_link(use.consent, request),
    ]


def _approval_cells(approval: Any, request: HttpRequest) -> list[Cell]:
    return [
        display.utc_text(approval.asked_at),
        display.utc_text(approval.deadline_at),
        approval.code,
        approval.get_stage_display(),
        approval.description,
        approval.asker.name,
        approval.asker.code,
        approval.get_decision_display(),
        display.utc_text(approval.decided_at) if approval.decided_at else "",
        __("by silence") if approval.by_silence else "",
        approval.reason,
        approval.sha256,
        approval.consent.code,
        _consent_link(approval.consent, request),
    ]


def _money_cells(settlement: Any, request: HttpRequest) -> list[Cell]:
    refund = getattr(settlement.deal, "refund", None)
    return [
        display.utc_text(settlement.settled_at),
        settlement.code,
        settlement.amount_minor,
        settlement.currency,
        settlement.deal.request.organisation.name,
        settlement.get_method_display(),
        settlement.reference,
        display.utc_text(refund.refunded_at) if refund else "",
        settlement.deal.code,
        request.build_absolute_uri(reverse("deal", args=[settlement.deal.code])),
    ]


def _consent_link(consent: Any, request: HttpRequest) -> str:
    return request.build_absolute_uri(
        reverse("consent", args=[consent.likeness.code, consent.code])
    )


type _Cells = Callable[[Any, HttpRequest], list[Cell]]
_COLUMNS: dict[str, tuple[list[Any], _Cells]] = {
    "uses": (
        [
            *(_("Used at (UTC)"), _("Recorded at (UTC)"), _("Use"), _("What was made")),
            *(_("By whom"), _("Organisation"), _("Where"), _("Address"), _("Outputs")),
            *(_("SHA-256"), _("Consent"), _("Approval"), _("Link")),
        ],
        _use_cells,
    ),
    "approvals": (
        [
            *(_("Asked at (UTC)"), _("Answer until (UTC)"), _("Approval"), _("Stage")),
            *(_("What was shown"), _("By whom"), _("Organisation"), _("Answer")),
            *(_("Answered at (UTC)"), _("How"), _("Reason"), _("SHA-256"), _("Consent")),
            _("Link"),
        ],
        _approval_cells,
    ),
    "money": (
        [
            *(_("Received at (UTC)"), _("Settlement"), _("Amount (minor units)")),
            *(_("Currency"), _("Paid by"), _("Way"), _("Reference"), _("Returned at (UTC)")),
            *(_("Deal"), _("Link")),
        ],
        _money_cells,
    ),
}

urlpatterns: list[URLPattern] = [
    each
    for what in _ROWS
    for each in (
        path(f"performers/<str:code>/{what}/", performer_list, {"what": what}, f"performer_{what}"),
        path(
            f"performers/<str:code>/{what}.csv",
            performer_csv,
            {"what": what},
            f"performer_{what}_csv",
        ),
    )
]
