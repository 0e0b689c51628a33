"""A new title, and a title's overview and licences."""

from django.contrib import messages
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import Permission, require
from catalog.models import Asset, Likeness, WorkState
from catalog.titles import get_title, register_title
from licensing.verdicts.resting import ended_by_consents
from provenance.sightings.reading import sightings_of
from web.acts import see
from web.entrance import actor_of, member
from web.forms.titles import TitleForm
from web.forms.verbs import REFUSED, attempt
from web.owners import grants_of, language_name, live_grants_of, owner_of, page_context
from web.views.sightings import SHOWN_ELSEWHERE, with_tones
from web.works import described, trail_of

# Of a licence's list only the newest are shown on the tab; the grants' own list has them all.
_GRANTS_SHOWN = 100


@require_http_methods(["GET", "POST"])
@member("studio")
def new_title(request: HttpRequest) -> HttpResponseBase:
    """Register a title."""
    actor = actor_of(request)
    require(actor, Permission.EDIT_TITLES)
    form = TitleForm(request.POST or None)
    if request.method == "POST":
        title = attempt(form, lambda: register_title(actor=actor, **form.values()))
        if title is not None:
            messages.success(request, _("The title is registered. Add its files next."))
            return see(reverse("title", args=[title.code]))
    context = {"form": form, "trail": [(_("Library"), reverse("titles"))]}
    return render(request, "web/titles/new.html", context, status=REFUSED if form.errors else 200)


@require_safe
@member("studio")
def title(request: HttpRequest, code: str) -> HttpResponse:
    """A title: what it is, what to do next, its picture."""
    found = get_title(actor_of(request), code)
    names = [(language_name(name.language), name.name) for name in found.names.order_by("language")]
    context = page_context(
        request,
        found,
        original_language=language_name(found.language),
        names=names,
        size=found.assets.aggregate(bytes=Sum("size_bytes"))["bytes"],
        picture=picture_of(found.assets.all()),
        described=described(found),
        parts=found.children.count(),
        apart=found.identifiers.apart().count(),
        sightings=with_tones(sightings_of(found, SHOWN_ELSEWHERE)),
        kept=found.canonical,
        trail=trail_of(found, itself=False)[1:],
    )
    return render(request, "web/titles/title.html", context)


@require_safe
@member("studio", "talent")
def licences(request: HttpRequest, section: str, code: str) -> HttpResponse:
    """The grants that cover files of a title or likeness."""
    owner = owner_of(request, section, code)
    grants = list(grants_of(owner)[:_GRANTS_SHOWN])
    ended = ended_by_consents(live_grants_of(owner)) if isinstance(owner, Likeness) else set()
    context = page_context(request, owner, grants=grants, ended=ended)
    return render(request, "web/owner/licences.html", context)


def picture_of(assets: QuerySet[Asset]) -> Asset | None:
    """Return the file to show first: one that plays, else one with a poster, else one in work."""
    for condition in ({"preview_key__gt": ""}, {"poster_key__gt": ""}):
        if found := assets.filter(**condition).order_by("number").first():
            return found
    return assets.filter(pictures_state=WorkState.DUE).order_by("number").first()


urlpatterns: list[URLPattern] = [
    path("titles/new/", new_title, name="new_title"),
    path("titles/<str:code>/", title, name="title"),
    *(
        path(f"{section}/<str:code>/licences/", licences, {"section": section})
        for section in ("titles", "likenesses")
    ),
]
