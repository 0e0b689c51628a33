"""Readiness: what of the library is licensable today, and what stands in the way."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from licensing.library.readiness import USES
from web.entrance import actor_of, member
from web.readiness import GAPS, VERDICTS, blocked_titles, overview, size_of
from web.reasons import REASONS
from web.words import name_of


@require_safe
@member("studio")
def readiness(request: HttpRequest) -> HttpResponse:
    """The whole library."""
    actor = actor_of(request)
    counted, size = overview(actor), size_of(actor)
    context = {
        "overview": counted,
        "size": size,
        "waiting": max(size.works - counted.counted.titles, 0) if counted else 0,
        "verdicts": VERDICTS,
    }
    return render(request, "web/readiness/readiness.html", context)


@require_safe
@member("studio")
def readiness_titles(request: HttpRequest) -> HttpResponse:
    """The titles behind one number."""
    actor, filters = actor_of(request), request.GET
    context = {
        "is_counted": overview(actor) is not None,
        "page": blocked_titles(actor, filters),
        "reason": REASONS.get(filters.get("reason", ""), ""),
        "gap": GAPS.get(filters.get("gap", ""), ("", ""))[0],
        "use": name_of(filters["use"]) if filters.get("use") in USES else "",
        "verdict": filters.get("verdict") if filters.get("verdict") in VERDICTS else "",
        "trail": [(_("Readiness"), reverse("readiness"))],
    }
    return render(request, "web/readiness/titles.html", context)


urlpatterns: list[URLPattern] = [
    path("readiness/", readiness, name="readiness"),
    path("readiness/titles/", readiness_titles, name="readiness_titles"),
]
