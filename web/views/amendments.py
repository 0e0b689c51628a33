"""Amending a grant: the form, from either of its two sides."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

import web.addresses  # noqa: F401 - registers `<edge:code>`
from accounts.access import Permission, require
from accounts.errors import NotFound
from licensing.deals.amended import under_way
from licensing.deals.amendments import draft_amendment, propose_amendment
from licensing.models import Grant
from web.acts import see
from web.entrance import actor_of, member
from web.forms.amendments import AmendForm
from web.forms.verbs import REFUSED, attempt
from web.views.grants import HOUSES


@require_http_methods(["GET", "HEAD", "POST"])
@member(*HOUSES)
def amend(request: HttpRequest, code: str) -> HttpResponse:
    """Draft an amendment of the lab's, or propose one of the licensor's."""
    actor = actor_of(request)
    rows = Grant.objects.visible_to(actor).select_related("deal__request", "licensor", "licensee")
    found = rows.filter(code=code).first()
    if found is None:
        raise NotFound
    is_licensor = found.licensor == actor.organisation
    require(actor, Permission.DECIDE_DEALS if is_licensor else Permission.EDIT_REQUESTS)
    form = AmendForm(found, request.POST or None, licensor=is_licensor)
    status = 200
    if request.method == "POST":
        made = attempt(form, lambda: _made(request, found, form, is_licensor=is_licensor))
        if made is not None:
            return see(made)
        status = REFUSED
    context = {
        "form": form,
        "grant": found,
        "is_licensor": is_licensor,
        "under_way": under_way(found),
        "files": found.granted_assets.count(),
        "trail": [
            (_("Grants"), reverse("grants")),
            (found.display_code, reverse("grant", args=[code])),
        ],
    }
    return render(request, "web/grants/amend.html", context, status=status)


def _made(request: HttpRequest, grant: Grant, form: AmendForm, *, is_licensor: bool) -> str:
    """Make the amendment and return the address of its page."""
    given: dict[str, Any] = {
        "actor": actor_of(request),
        "code": grant.code,
        "amended": form.amended(),
    }
    message = form.cleaned_data["message"]
    if is_licensor:
        days = form.cleaned_data["days"]
        deal = propose_amendment(**given, days=days, message=message)
        return reverse("deal", args=[deal.code])
    return reverse("request", args=[draft_amendment(**given, purpose=message).code])


urlpatterns: list[URLPattern] = [
    path("grants/<edge:code>/amend/", amend, name="grant-amend"),
]
