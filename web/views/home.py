"""Home: what waits for this member, and the way to everything else."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from web.desk import desk_of
from web.entrance import actor_of, member, organisation_of
from web.readiness import overview


@require_safe
@member()
def home(request: HttpRequest) -> HttpResponse:
    """What waits, counts that open lists, and first steps where there is nothing yet."""
    actor = actor_of(request)
    context = {
        "desk": desk_of(actor),
        "organisation": organisation_of(request),
        "overview": overview(actor),
    }
    return render(request, "web/home/home.html", context)


urlpatterns: list[URLPattern] = [path("home/", home, name="home")]
