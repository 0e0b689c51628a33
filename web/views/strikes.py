"""A strike of a guild: the consents that rest while it lasts."""

from collections import defaultdict

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.access import Actor, Permission
from accounts.errors import Conflict, Invalid
from catalog.consenting import Struck, resume_after_strike, struck_by, suspend_for_strike
from catalog.models import SuspensionReason
from web.acts import see
from web.addresses import printable
from web.display import number_text
from web.entrance import actor_of, member


@require_http_methods(["GET", "POST"])
@member("studio", "talent")
def strike(request: HttpRequest) -> HttpResponseBase:
    """The consents that a strike suspends, by guild; a POST suspends those of one, or lets them go
    on."""
    actor = actor_of(request)
    if request.method == "POST":
        guild = printable(request.POST.get("guild", ""))[:200]
        return _strike(request, actor, guild, ends="end" in request.POST)
    guilds: dict[str, list[Struck]] = defaultdict(list)
    spelt: dict[str, str] = {}
    for each in struck_by(actor):
        for name in each.guilds:
            guilds[spelt.setdefault(name.casefold(), name)].append(each)
    context = {
        "guilds": [
            (
                name,
                sum(each.resting is None for each in found),
                sum(each.resting == SuspensionReason.STRIKE for each in found),
            )
            for name, found in sorted(guilds.items())
        ],
        "may_edit": actor.may(Permission.EDIT_LIKENESSES),
        "trail": [(_("Likenesses"), reverse("likenesses"))],
    }
    return render(request, "web/consents/strike.html", context)


def _strike(request: HttpRequest, actor: Actor, guild: str, *, ends: bool) -> HttpResponseBase:
    note = request.POST.get("note", "")
    try:
        if ends:
            found = resume_after_strike(actor=actor, guild=guild)
        else:
            found = suspend_for_strike(actor=actor, guild=guild, note=note)
    except (Conflict, Invalid) as refusal:
        messages.error(request, str(refusal.message))
        return see(request.path)
    messages.success(request, _said(len(found), ends=ends))
    return see(request.path)


def _said(count: int, *, ends: bool) -> str:
    said = (
        ngettext("%(count)s consent goes on.", "%(count)s consents go on.", count)
        if ends
        else ngettext("%(count)s consent is suspended.", "%(count)s consents are suspended.", count)
    )
    return said % {"count": number_text(count)}


urlpatterns: list[URLPattern] = [path("likenesses/strike/", strike, name="strike")]
