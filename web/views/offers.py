"""What is on the market: an organisation's offers, and the offer of one title or likeness."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Permission, require
from catalog.assets import Owner
from licensing.comparable_deals import beside_offer
from licensing.models import Offer, OfferDraft
from licensing.offers import publish_offer, withdraw_offer
from web.acts import press, see
from web.entrance import actor_of, member
from web.forms.offers import OfferForm
from web.forms.verbs import REFUSED, attempt
from web.owners import owner_of, page_context
from web.paging import page
from web.precedents import shown as comparable_shown


@require_safe
@member("studio", "talent")
def offers(request: HttpRequest) -> HttpResponse:
    """The organisation's offers: published, withdrawn or all."""
    mine = Offer.objects.visible_to(actor_of(request))
    published = mine.filter(withdrawn_at__isnull=True)
    withdrawn = mine.filter(withdrawn_at__isnull=False)
    state = request.GET.get("state", "")
    found = {"published": published, "withdrawn": withdrawn}.get(state, mine)
    shown = page(
        found.select_related("title", "likeness__performer"), cursor=request.GET.get("cursor", "")
    )
    counts = {"published": published.count(), "withdrawn": withdrawn.count()}
    total = sum(counts.values())
    context = {
        "page": shown,
        "counts": counts,
        "total": total,
        "drafts": OfferDraft.objects.visible_to(actor_of(request)).count(),
        "found": counts.get(state, total),
        "owners_href": "/titles/" if _is_studio(request) else "/likenesses/",
        "is_studio": _is_studio(request),
    }
    return render(request, "web/offers/list.html", context)


@require_http_methods(["GET", "POST"])
@member("studio", "talent")
def offer(request: HttpRequest, section: str, code: str) -> HttpResponseBase:
    """The offer of a title or likeness; a POST publishes one."""
    actor = actor_of(request)
    owner = owner_of(request, section, code)
    form = OfferForm(request.POST or None)
    if request.method == "POST":
        require(actor, Permission.PUBLISH_OFFERS)
        made = attempt(
            form, lambda: publish_offer(actor=actor, owner_code=owner.code, **form.values())
        )
        if made is not None:
            messages.success(request, _("The offer is published: AI labs find it from now on."))
            return see(request.path)
    has_documents = section == "titles" and owner.offers.on_market(timezone.now()).exists()
    published = owner.offers.published().first()
    context = page_context(
        request,
        owner,
        form=form,
        earlier=_withdrawn(owner),
        has_documents=has_documents,
        comparable=comparable_shown(beside_offer(owner, published)),
    )
    status = REFUSED if form.errors else 200
    return render(request, "web/owner/offer.html", context, status=status)


@require_POST
@member("studio", "talent")
def withdraw(request: HttpRequest, section: str, code: str, offer_code: str) -> HttpResponseBase:
    """Take an offer off the market."""
    owner = owner_of(request, section, code)
    return press(
        request,
        lambda: withdraw_offer(actor=actor_of(request), code=offer_code),
        done=_("The offer is withdrawn. Running requests and grants are not touched."),
        back=f"/{section}/{owner.code}/offer/",
    )


def _withdrawn(owner: Owner) -> list[Offer]:
    return list(owner.offers.filter(withdrawn_at__isnull=False).order_by("-pk")[:20])


def _is_studio(request: HttpRequest) -> bool:
    organisation = actor_of(request).organisation
    return organisation is not None and organisation.kind == "studio"


urlpatterns: list[URLPattern] = [
    path("offers/", offers, name="offers"),
    *(
        pattern
        for section in ("titles", "likenesses")
        for pattern in (
            path(f"{section}/<str:code>/offer/", offer, {"section": section}),
            path(
                f"{section}/<str:code>/offer/<str:offer_code>/withdraw/",
                withdraw,
                {"section": section},
            ),
        )
    ),
]
