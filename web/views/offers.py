"""What is on the market: an organisation's offers, and the offer of one title or likeness."""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Permission, require
from accounts.errors import Invalid
from catalog.assets import Owner
from catalog.models import Likeness, Title
from licensing.comparable_deals import beside_offer
from licensing.models import Offer, OfferDraft, PriceUnit
from licensing.offers.modifiers import check_modifiers
from licensing.offers.pricing import read_modifiers
from licensing.offers.publishing import publish_offer, terms_of, withdraw_offer
from licensing.offers.quotes import Priced, quote_files
from web.acts import press, see
from web.entrance import actor_of, member
from web.forms.fields import untouched
from web.forms.offers import ExampleForm, OfferForm, typed_offer
from web.forms.verbs import REFUSED, attempt
from web.owners import owner_of, page_context
from web.paging import page
from web.precedents import shown as comparable_shown

_EXAMPLE_FILES: Final = 20


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
    """The offer of a title or likeness; a POST publishes one, or puts it in another's place."""
    actor = actor_of(request)
    owner = owner_of(request, section, code)
    published = owner.offers.published().first()
    changes = published is not None and ("change" in request.GET or bool(request.POST))
    first = typed_offer(published) if published and changes else None
    has_documents = section == "titles" and owner.offers.on_market(timezone.now()).exists()
    form = OfferForm(request.POST or None, initial=first)
    asked = ExampleForm(request.POST if "example_use" in request.POST else None)
    is_example = "example" in request.POST
    if is_example and request.headers.get("HX-Request"):
        context = {"example": _example(owner, form, asked)}
        return render(request, "web/owner/example.html", context)
    if request.method == "POST" and not is_example:
        require(actor, Permission.PUBLISH_OFFERS)
        made = attempt(
            form,
            lambda: publish_offer(actor=actor, owner_code=owner.code, **_values(form, published)),
        )
        if made is not None:
            messages.success(request, _("The offer is published: AI labs find it from now on."))
            return see(request.path)
    context = page_context(
        request,
        owner,
        form=form,
        asked=asked,
        changes=changes,
        has_documents=has_documents,
        comparable=comparable_shown(beside_offer(owner, published)),
        card=read_modifiers(published.modifiers) if published else [],
        example=_example(owner, form, asked)
        if request.POST or published is None
        else _example_of(owner, published, asked),
        earlier=_withdrawn(owner),
    )
    status = REFUSED if form.errors else 200
    return render(request, "web/owner/offer.html", context, status=status)


def _values(form: OfferForm, published: Offer | None) -> dict[str, Any]:
    """Return what was typed; of an offer that is changed, exactly what nobody touched."""
    values = form.values()
    if published is None or values["replaces"] != published.code:
        return values
    return untouched(form, values, terms_of(published))


def _example(owner: Owner, form: OfferForm, asked: ExampleForm) -> Priced | None:
    """Return what the first files come to by the card as typed; None while it is not whole."""
    form.is_valid()
    data = form.cleaned_data if form.is_bound else {}
    if form.errors.keys() & {"price", "currency", "minimum"} or data.get("price_minor") is None:
        return None
    try:
        modifiers = check_modifiers(data["modifiers"])
    except Invalid:
        return None
    typed = Offer(
        price_minor=data["price_minor"],
        currency=data["currency"],
        per=data.get("per") or PriceUnit.FILE,
        modifiers=modifiers,
        minimum_minor=data["minimum_minor"],
        most_favoured=data.get("most_favoured", False),
        title=owner if isinstance(owner, Title) else None,
        likeness=owner if isinstance(owner, Likeness) else None,
    )
    return _example_of(owner, typed, asked)


def _example_of(owner: Owner, offer: Offer, asked: ExampleForm) -> Priced | None:
    files = list(owner.assets.order_by("code")[:_EXAMPLE_FILES])
    try:
        return quote_files(offer, files, asked.scope()) if files else None
    except ValueError:  # one does not last
        return None


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
