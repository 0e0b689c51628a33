"""Comparable deals: what was published, month by month, and how it is made."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ledger.models import Event
from licensing.comparable_deals import get_release, releases
from licensing.precedents.batches import LICENSEES, LICENSORS
from web.entrance import actor_of, member
from web.precedents import lines_of


@require_safe
@member()
def precedents(request: HttpRequest) -> HttpResponse:
    """The release of a month, the newest where none is named."""
    found = dict(releases())
    month = request.GET.get("month", "") or next(iter(found), "")
    if month and month not in found:
        raise Http404(_("Nothing was published for that month."))
    release = get_release(actor_of(request), month) if month else None
    context = {
        "months": list(found),
        "month": month,
        "release": release,
        "lines": lines_of([(month, cell) for cell in found.get(month, [])]),
        "entry": Event.objects.filter(stream=release.stream).first() if release else None,
        "licensors": LICENSORS,
        "licensees": LICENSEES,
    }
    return render(request, "web/precedents/precedents.html", context)


@require_safe
@member()
def document(request: HttpRequest, month: str) -> HttpResponse:
    """A release word for word: its SHA-256 is the one in the log."""
    release = get_release(actor_of(request), month)
    headers = {"Content-Disposition": f'attachment; filename="precedents-{month}.json"'}
    return HttpResponse(release.text, content_type="application/json", headers=headers)


urlpatterns: list[URLPattern] = [
    path("precedents/", precedents, name="precedents"),
    path("precedents/<str:month>.json", document, name="precedents-document"),
]
