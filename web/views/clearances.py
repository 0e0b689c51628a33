"""One verdict in full: what was decided, on which case, and its entry in the log."""

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

import web.addresses  # noqa: F401 - registers `<edge:code>`
from accounts.errors import NotFound
from licensing.models import Clearance
from licensing.verdicts.time_machine import reckon_again
from web.entrance import actor_of, member, organisation_of
from web.history import history_of, proof
from web.verdicts import read_verdict


@require_safe
@member()
def clearance(request: HttpRequest, code: str) -> HttpResponse:
    """Show a verdict to the lab that asked, or to the licensor of the file."""
    found = _find(request, code)
    item = found.item
    is_licensor = item.asset.organisation == organisation_of(request)
    newest = item.clearances.order_by("-pk").values_list("code", flat=True).first()
    context = {
        "clearance": found,
        "asset": item.asset,
        "asked": item.request,
        "verdict": read_verdict(found.case, found.result, licensor=is_licensor),
        "is_licensor": is_licensor,
        "newest": newest if newest != found.code else "",
        "proof": proof(found.stream),
        "events": history_of([found.stream]),
        "basis": found.result["basis"] if is_licensor else [],
        "tables": found.decision.tables_id,
        "again": reckon_again(found) if is_licensor and "again" in request.GET else None,
        "trail": _trail(found, is_licensor=is_licensor),
    }
    return render(request, "web/requests/clearance.html", context)


@require_safe
@member("studio", "talent")
def case(request: HttpRequest, code: str) -> HttpResponse:
    """Give the licensor the case and the engine's answer, to evaluate again elsewhere."""
    found = _find(request, code)
    if found.item.asset.organisation != organisation_of(request):
        raise NotFound
    content = {
        "clearance": found.code,
        "case": found.case,
        "case_sha256": found.case_sha256,
        "tables": found.decision.rule_tables().content(),
        "tables_sha256": found.decision.rule_tables().version,
        "result": found.result,
    }
    return HttpResponse(
        orjson.dumps(content, option=orjson.OPT_INDENT_2),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="clearance-{found.code}.json"'},
    )


def _find(request: HttpRequest, code: str) -> Clearance:
    rows = Clearance.objects.visible_to(actor_of(request)).select_related(
        "decision__tables",
        "item__request__organisation",
        "item__deal",
        "item__asset__organisation",
        "item__asset__title",
        "item__asset__likeness__performer",
    )
    found = rows.filter(code=code).first()
    if found is None:
        raise NotFound
    return found


def _trail(found: Clearance, *, is_licensor: bool) -> list[tuple[str, str]]:
    asked, deal = found.item.request, found.item.deal
    if not is_licensor:
        return [
            (_("Requests"), reverse("requests")),
            (asked.name, reverse("request", args=[asked.code])),
        ]
    trail = [(_("Deals"), reverse("deals"))]
    if deal is not None:
        trail.append((deal.display_code, reverse("deal", args=[deal.code])))
    return trail


urlpatterns: list[URLPattern] = [
    path("clearances/<edge:code>/", clearance, name="clearance"),
    path("clearances/<edge:code>/case.json", case, name="clearance-case"),
]
