"""What could I get, and what would it cost: the terms of a draft, tried before they are asked; and
what a studio could license today, in any terms."""

from datetime import UTC, datetime, time, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

import web.addresses  # noqa: F401 - registers `<edge:code>`
from accounts.access import Permission, require
from accounts.errors import NotFound
from catalog.models import Asset
from licensing.deals.requests import change_scope
from licensing.deals.scopes import check_scope
from licensing.library.estimates import estimate, estimate_library
from licensing.library.readiness import USES
from licensing.models import ModelKind, Request, RequestState, Scope
from web.acts import see
from web.entrance import actor_of, member, organisation_of
from web.estimates import shown
from web.forms.scope import TriedForm
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
    form, status = TriedForm(asked, request.POST or None), 200
    if request.method == "POST" and "check" not in request.POST:
        if attempt(form, lambda: change_scope(actor=actor, code=code, **form.values())):
            return see(reverse("request", args=[code]))
        status = REFUSED
    part, tried, files = _is_part(request), _tried(form, asked), asked.items.count()
    is_later = _is_later(request, files)
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


@require_http_methods(["GET", "HEAD", "POST"])
@member("studio")
def library(request: HttpRequest) -> HttpResponse:
    """What any lab could be licensed of the library, in the terms that the form says."""
    organisation = organisation_of(request)
    standard = _standard()
    form = TriedForm(standard, request.POST or None)
    tried = _tried(form, standard)
    files = Asset.objects.filter(organisation=organisation, title__isnull=False).count()
    is_later = _is_later(request, files)
    found = estimate_library(organisation, tried) if tried and not is_later else None
    context = {
        "form": form,
        "is_later": is_later,
        "is_library": True,
        "estimate": shown(found),
        "is_refused": tried is None,
        "files": files,
        "trail": [(_("Readiness"), reverse("readiness"))],
    }
    name = "web/requests/estimate.html" if _is_part(request) else "web/readiness/terms.html"
    refused = tried is None and not _is_part(request)
    return render(request, name, context, status=REFUSED if refused else 200)


def _is_part(request: HttpRequest) -> bool:
    """Whether a script asks for the answer alone."""
    return request.headers.get("HX-Request") == "true"


def _is_later(request: HttpRequest, files: int) -> bool:
    """Whether the page comes without an answer, for which a script or a link asks then."""
    is_asked = _is_part(request) or request.method == "POST" or "now" in request.GET
    return not is_asked and files > _AT_ONCE


def _standard() -> Scope:
    """The question that readiness asks of each title."""
    today = datetime.combine(timezone.now().astimezone(UTC).date(), time(), UTC)
    return Request(
        uses=list(USES),
        model_kinds=ModelKind.values,
        territory="WORLD",
        starts_at=today,
        ends_at=today + timedelta(days=3 * 365),
        exclusivity="non_exclusive",
        price_minor=0,
    )


def _tried(form: TriedForm, asked: Scope) -> Scope | None:
    """Return the terms in the form, those of the draft before anything was typed; None for what is
    none."""
    if not form.is_bound:
        return asked
    price = asked.price_minor
    return attempt(form, lambda: Request(**check_scope(**form.values(), price_minor=price)))


urlpatterns: list[URLPattern] = [
    path("requests/<edge:code>/terms/", terms, name="request-terms"),
    path("readiness/terms/", library, name="readiness-terms"),
]
