"""What an organisation makes under consents that it holds: recorded, and listed."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import Actor, Permission, require
from accounts.errors import NotFound
from catalog.consent_uses import record_use
from catalog.models import ConsentUse
from web.acts import see
from web.addresses import printable
from web.entrance import actor_of, member, organisation_of
from web.forms.approvals import UseForm
from web.forms.verbs import REFUSED, attempt
from web.paging import page
from web.views.approvals import consents_to_choose


@require_safe
@member("studio", "lab")
def uses(request: HttpRequest) -> HttpResponse:
    """What was made under consents by the organisation, newest first."""
    actor = actor_of(request)
    made = ConsentUse.objects.filter(user=organisation_of(request)).select_related(
        "approval", "consent__likeness__performer"
    )
    context = {
        "page": page(made, cursor=request.GET.get("cursor", "")),
        "may_ask": actor.may(Permission.ASK_APPROVALS),
        "trail": [(_("Approvals"), reverse("approvals"))],
    }
    return render(request, "web/consents/made.html", context)


@require_http_methods(["GET", "POST"])
@member("studio", "lab")
def use_new(request: HttpRequest) -> HttpResponseBase:
    """Record a use; its outputs are taken from the agreed number."""
    actor = actor_of(request)
    organisation = require(actor, Permission.ASK_APPROVALS)
    begins = {name: printable(request.GET.get(name, ""))[:20] for name in ("consent", "approval")}
    form = UseForm(request.POST or None, initial=begins)
    if request.method == "POST" and _recorded(form, actor):
        messages.success(request, _("The use is recorded."))
        return see(reverse("uses"))
    context = {
        "form": form,
        **consents_to_choose(request, organisation),
        "trail": [(_("Approvals"), reverse("approvals")), (_("Uses made"), reverse("uses"))],
    }
    status = REFUSED if form.errors else 200
    return render(request, "web/consents/use.html", context, status=status)


def _recorded(form: UseForm, actor: Actor) -> bool:
    def verb() -> ConsentUse | None:
        try:
            return record_use(actor=actor, **form.values())
        except NotFound as refusal:
            form.add_error("consent", str(refusal.message))
            return None

    return attempt(form, verb) is not None


urlpatterns: list[URLPattern] = [
    path("approvals/uses/", uses, name="uses"),
    path("approvals/uses/new/", use_new, name="use_new"),
]
