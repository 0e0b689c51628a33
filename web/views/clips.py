"""Choosing parts of an offered film: its shots, or stretches of it that are typed."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import Actor, Permission
from accounts.errors import Conflict, NotFound
from catalog.clip_ranges import check_ranges, length_ms, ranges_of_shots
from catalog.models import Asset
from licensing.deals.requests import Clips, Wanted, add_assets, change_ranges
from licensing.offers.market import find_offered, offered_assets, viewable_assets
from web.acts import press, see
from web.addresses import printable
from web.clips import chosen_shots, in_address
from web.entrance import actor_of, member
from web.forms.clips import RangesForm
from web.forms.search import NEW, ShotsForm
from web.forms.verbs import REFUSED, attempt
from web.paging import page
from web.views.market import drafts_of

SHOTS = 96
# A new request begins with parts that its address names.
MOST_IN_ADDRESS = 50


@require_http_methods(["GET", "HEAD", "POST"])
@member("lab")
def clips(request: HttpRequest, code: str) -> HttpResponse:
    """Show the shots of an offered film; a POST puts those chosen into a request."""
    actor = actor_of(request)
    asset = offered_assets(actor).filter(code=printable(code)).first()
    if asset is None or not length_ms(asset):
        raise NotFound
    ticked = [printable(text) for text in request.POST.getlist("shot")]
    form = ShotsForm(request.POST or None, drafts=drafts_of(actor), assets=ticked)
    status = 200
    if request.method == "POST":
        answer = attempt(form, lambda: _add(actor, request, asset, ticked, form.cleaned_data))
        if answer is not None:
            return answer
        status = REFUSED
    shots = asset.shots.order_by("number").prefetch_related("tags")
    shown = page(
        shots, cursor=request.GET.get("cursor", ""), order="number", size=SHOTS, code="number"
    )
    context = {
        "asset": asset,
        "owner": asset.owner,
        "offer": find_offered(actor, asset.owner.code),
        "length_ms": length_ms(asset),
        "count": asset.shots.count(),
        "may_see": viewable_assets(actor).filter(pk=asset.pk).exists(),
        "form": form,
        "ticked": ticked,
        "page": shown,
        "may_add": actor.may(Permission.EDIT_REQUESTS),
        "trail": [
            (_("Search"), reverse("search")),
            (str(asset.owner), reverse("offered", args=[asset.owner.code])),
        ],
    }
    return render(request, "web/search/clips.html", context, status=status)


def _add(
    actor: Actor, request: HttpRequest, asset: Asset, ticked: list[str], data: dict[str, Any]
) -> HttpResponse:
    of_shots = ranges_of_shots("", {asset.code: asset}, chosen_shots(ticked))
    typed = check_ranges("ranges", asset, data["ranges"])
    ranges = [*typed, *of_shots.get(asset.code, [])]
    wanted: Wanted = asset.code if data["every"] else Clips(asset.code, ranges)
    return put_into(request, actor, data["request"], asset.owner.code, [wanted])


def put_into(
    request: HttpRequest, actor: Actor, code: str, owner: str, wanted: list[Wanted]
) -> HttpResponse:
    """Put files and parts into the draft of that code, or begin a new request with them; `owner`
    is the code of the title whose offer its form begins with. Raises what `add_assets` does."""
    if code == NEW:
        parts = in_address(each for each in wanted if isinstance(each, Clips))
        files = [each for each in wanted if isinstance(each, str)]
        if len(parts) + len(files) > MOST_IN_ADDRESS:
            raise Conflict(
                _("A new request begins with up to %(count)d files. Make it first, then add these.")
                % {"count": MOST_IN_ADDRESS}
            )
        asked = [("of", owner), *(("asset", each) for each in files)]
        asked += [("part", each) for each in parts]
        return see(f"{reverse('request-new')}?{urlencode(asked)}")
    draft = add_assets(actor=actor, code=code, assets=wanted)
    messages.success(request, _("What you chose is now in the request."))
    return see(reverse("request", args=[draft.code]))


@require_POST
@member("lab")
def change(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for other parts of a file in a draft."""
    asset, form = printable(request.POST.get("asset", "")), RangesForm(request.POST)
    back = reverse("request", args=[code])
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["ranges"])))
        return see(back)
    return press(
        request,
        lambda: change_ranges(
            actor=actor_of(request), code=code, asset=asset, ranges=form.cleaned_data["ranges"]
        ),
        done=_("The ranges are changed."),
        back=back,
    )


urlpatterns: list[URLPattern] = [
    path("assets/<str:code>/clips/", clips, name="clips"),
    path("requests/<edge:code>/ranges/", change, name="request-ranges"),
]
