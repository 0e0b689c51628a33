"""What a lab reports of its use of a grant: its form, and the list that both sides read."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

import web.addresses  # noqa: F401 - registers `<edge:code>`
from accounts.access import Permission, require
from accounts.errors import NotFound
from licensing.grants.usage import left_of, report_usage
from licensing.models import Exceeded, Grant, Usage
from web.acts import see
from web.entrance import actor_of, member
from web.forms.grants import UsageForm
from web.forms.verbs import REFUSED, attempt
from web.paging import page

_LISTED = 50  # files that the form names by itself


@require_http_methods(["GET", "POST"])
@member("studio", "talent", "lab")
def usage(request: HttpRequest, code: str) -> HttpResponse:
    """List the reports, newest first; take a new one from the licensee."""
    actor = actor_of(request)
    rows = Grant.objects.visible_to(actor).select_related("licensor", "licensee")
    found = rows.filter(code=code).first()
    if found is None:
        raise NotFound
    is_licensor = found.licensor == actor.organisation
    if request.method == "GET":
        return _show(request, found, None if is_licensor else _form(found))
    require(actor, Permission.EDIT_REQUESTS)
    form = UsageForm(request.POST)
    made = attempt(form, lambda: report_usage(actor=actor, code=code, **form.report()))
    if made is None:
        return _show(request, found, form, status=REFUSED)
    if made.exceeded:
        messages.warning(
            request, _("The use is recorded. It goes beyond the grant, and the licensor sees that.")
        )
    else:
        messages.success(request, _("The use is recorded. It is within the grant."))
    return see(reverse("usage", args=[code]))


def _form(found: Grant) -> UsageForm:
    names = found.granted_assets.order_by("asset__code").values_list("asset__code", flat=True)
    codes = list(names[: _LISTED + 1])
    return UsageForm(initial={"codes": "\n".join(codes) if len(codes) <= _LISTED else ""})


def _show(
    request: HttpRequest, found: Grant, form: UsageForm | None, *, status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    reports = Usage.objects.filter(grant=found)
    beyond = reports.exclude(exceeded=[])
    is_beyond = request.GET.get("state") == "beyond"
    shown = page(beyond if is_beyond else reports, cursor=request.GET.get("cursor", ""))
    context: dict[str, Any] = {
        "grant": found,
        "form": form if actor.may(Permission.EDIT_REQUESTS) else None,
        "is_licensor": found.licensor == actor.organisation,
        "page": shown,
        "rows": [(row, _beyond(row)) for row in shown.rows],
        "reports": reports.count(),
        "exceeded": beyond.count(),
        "left": left_of(found),
        "trail": [
            (_("Grants"), reverse("grants")),
            (found.display_code, reverse("grant", args=[found.code])),
        ],
    }
    return render(request, "web/grants/usage.html", context, status=status)


def _beyond(row: Usage) -> list[Any]:
    """Return in words in what a use goes beyond its grant."""
    return [Exceeded(code).label for code in row.exceeded]


urlpatterns: list[URLPattern] = [
    path("grants/<edge:code>/usage/", usage, name="usage"),
]
