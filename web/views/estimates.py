"""What could I get, and what would it cost: the terms of a draft, tried before they are asked."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

import web.addresses  # noqa: F401 - registers `<edge:code>`
from accounts.access import Permission, require
from accounts.errors import NotFound
from licensing.estimates import estimate
from licensing.models import Request, RequestState, Scope
from licensing.requests import change_scope
from licensing.scopes import check_scope
from web.acts import see
from web.entrance import actor_of, member
from web.estimates import shown
from web.forms.scope import ScopeForm
from web.forms.verbs import REFUSED, attempt

# Of so many files an answer is there with the page; of more the page comes first.
_AT_ONCE = 300


@require_http_methods(["GET", "HEAD", "POST"])
@member("lab")
def terms(request: HttpRequest, code: str) -> HttpResponse:
    """Try terms for a draft; a POST without `check` lets the draft ask for them."""
    actor = actor_of(request)
    require(actor, Permission.EDIT_REQUESTS)
    asked = Request.objects.visible_to(actor).filter(code=code).first()
    if asked is None:
        raise NotFound
    if asked.state != RequestState.DRAFT:
        return see(reverse("request", args=[code]))
    form, status = ScopeForm(asked, request.POST or None), 200
    if request.method == "POST" and "check" not in request.POST:
        if attempt(form, lambda: change_scope(actor=actor, code=code, **form.values())):
            return see(reverse("request", args=[code]))
        status = REFUSED
    part = request.headers.get("HX-Request") == "true"
    tried = _tried(form, asked)
    files = asked.items.count()
    is_later = not (part or form.is_bound or "now" in request.GET) and files > _AT_ONCE
    context = {
        "asked": asked,
        "form": form,
        "is_later": is_later,
        "estimate": shown(estimate(asked, tried)) if tried and not is_later else None,
        "is_refused": tried is None,
        "files": files,
        "trail": [
            (_("Requests"), reverse("requests")),
            (asked.name, reverse("request", args=[code])),
        ],
    }
    name = "web/requests/estimate.html" if part else "web/requests/terms.html"
    return render(request, name, context, status=status)


def _tried(form: ScopeForm, asked: Request) -> Scope | None:
    """Return the terms in the form, those of the draft before anything was typed; None for what is
    none."""
    if not form.is_bound:
        return asked
    price = asked.price_minor
    return attempt(form, lambda: Request(**check_scope(**form.values(), price_minor=price)))


urlpatterns: list[URLPattern] = [
    path("requests/<edge:code>/terms/", terms, name="request-terms"),
]
