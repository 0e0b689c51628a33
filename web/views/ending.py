"""What ends when: licences by their term, and consents that an organisation speaks for."""

from datetime import timedelta
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from licensing.grants.ending import SOON, consents_ending, grants_ending
from web.entrance import actor_of, member, organisation_of
from web.paging import page

_WITHIN: Final = (
    ("30", _("30 days"), timedelta(days=30)),
    ("", _("90 days"), SOON),
    ("365", _("A year"), timedelta(days=365)),
)


@require_safe
@member("studio", "talent", "lab")
def ending(request: HttpRequest) -> HttpResponse:
    """List what ends within some days, the first to end first."""
    actor, cursor = actor_of(request), request.GET.get("cursor", "")
    asked = request.GET.get("within", "")
    within = next((each for name, _label, each in _WITHIN if name == asked), SOON)
    grants, consents = grants_ending(actor, within=within), consents_ending(actor, within=within)
    of_consents = request.GET.get("what") == "consents"
    context = {
        "of_consents": of_consents,
        "grants": grants.count(),
        "consents": consents.count(),
        "has_consents": organisation_of(request).kind in {"studio", "talent"},
        "within": [(name, label) for name, label, _days in _WITHIN],
        "page": page(
            consents.select_related("likeness__performer", "grantee"),
            cursor=cursor,
            order="ends_at",
        )
        if of_consents
        else page(
            grants.select_related("licensor", "licensee"),
            cursor=cursor,
            order="ends_at",
        ),
        "is_lab": organisation_of(request).kind == "lab",
    }
    return render(request, "web/ending/list.html", context)


urlpatterns: list[URLPattern] = [path("ending/", ending, name="ending")]
