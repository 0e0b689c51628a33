"""Offers in the words of public standards: the documents, their pages, and how they are found.

What stands here is what an offer tells everybody: codes and terms, no name and no price. A title
that is not on offer has no page and no document, and so is licensed to nobody.
"""

import json
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, NamedTuple

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.errors import NotFound
from catalog.scope.territory import describe_territory
from catalog.scope.uses import LEAVES, MODEL_KINDS
from ledger.middleware import in_no_language
from licensing.models import Offer
from licensing.offers.published import studios_on_offer, terms_of_studio, terms_of_title
from licensing.standards import rsl, tdmrep
from licensing.standards.offered import Offered
from provenance import training_mining
from web.entrance import actor_of, member, organisation_of
from web.paging import page
from web.standard_words import Lost, told
from web.throttle import too_many

# A withdrawn offer is still read for as long as that from caches.
_CACHED = "public, max-age=3600"
_PER_MINUTE = 30


class Document(NamedTuple):
    """One document of a title: its name, where it is, its text, and what it does not say."""

    name: str
    address: str
    text: str
    lost: list[Lost]


type _View = Callable[..., HttpResponseBase]


def _of_title(view: Callable[[Offered, datetime], HttpResponse]) -> _View:
    """Make the view of a document from what gives it for a title that is on offer."""

    @require_safe
    @wraps(view)
    def found(_request: HttpRequest, code: str) -> HttpResponse:
        now = timezone.now()
        return _public(view(_on_offer(code, now), now))

    return found


@_of_title
def title_rsl(offered: Offered, now: datetime) -> HttpResponse:
    """The licence of one title, RSL 1.0."""
    return HttpResponse("".join(rsl.document([offered], now)), content_type=rsl.MEDIA_TYPE)


@_of_title
def title_tdm_policy(offered: Offered, _now: datetime) -> HttpResponse:
    """How consent to mining of one title is had, TDMRep."""
    return HttpResponse(_json(tdmrep.policy(offered)), content_type=tdmrep.MEDIA_TYPE)


@_of_title
def title_training_mining(offered: Offered, _now: datetime) -> HttpResponse:
    """The entries on training and mining of one title, CAWG."""
    return HttpResponse(_json(_assertion(offered)), content_type="application/json")


@require_safe
def title_terms(request: HttpRequest, code: str) -> HttpResponse:
    """What a title's offer says to everybody, with each document and what it cannot say."""
    now = timezone.now()
    offered = _on_offer(code, now)
    documents = [
        Document(
            "RSL 1.0",
            f"{offered.subject}/rsl.xml",
            "".join(rsl.document([offered], now)),
            told(rsl.losses(offered, now)),
        ),
        Document(
            "TDMRep",
            tdmrep.address(offered),
            _json(tdmrep.policy(offered)),
            told(tdmrep.losses(offered)),
        ),
        Document(
            "CAWG 1.1",
            f"{offered.subject}/training-mining.json",
            _json(_assertion(offered)),
            told(training_mining.losses(offered)),
        ),
    ]
    context = {
        "offered": offered,
        "uses": [leaf for leaf in LEAVES if leaf in offered.uses],
        "kinds": [kind for kind in MODEL_KINDS if kind in offered.model_kinds],
        "territory": describe_territory(offered.territory),
        "documents": documents,
    }
    response = render(request, "web/standards/title.html", context)
    response["Link"] = f'<{offered.subject}/rsl.xml>; rel="license"; type="{rsl.MEDIA_TYPE}"'
    for name, value in tdmrep.headers(offered).items():
        response[name] = value
    return response


@require_safe
def studio_rsl(request: HttpRequest, code: str) -> HttpResponseBase:
    """The licences of all titles that one organisation has on offer, RSL 1.0."""
    refusal = too_many(request, "rsl", limit=_PER_MINUTE, window_seconds=60)
    if refusal is not None:
        return refusal
    now = timezone.now()
    try:
        offers = terms_of_studio(code, now)
    except NotFound as error:
        raise Http404(str(error)) from None
    text = rsl.document(offers, now)
    return _public(StreamingHttpResponse(text, content_type=rsl.MEDIA_TYPE))


@require_safe
def site_rsl(_request: HttpRequest) -> HttpResponseBase:
    """What holds where no other document does: nothing is licensed."""
    return _public(HttpResponse(rsl.reserved(), content_type=rsl.MEDIA_TYPE))


@require_safe
def tdm_reservation(_request: HttpRequest) -> HttpResponseBase:
    """That all rights of text and data mining are reserved, for the whole site."""
    return _public(HttpResponse(_json(tdmrep.RESERVATION), content_type="application/json"))


@require_safe
def robots(request: HttpRequest) -> HttpResponseBase:
    """Where crawlers find the licences. The lines stand before any group, so they hold for all."""
    refusal = too_many(request, "robots", limit=_PER_MINUTE, window_seconds=60)
    if refusal is not None:
        return refusal
    site = settings.BASE_URL
    addresses = [f"{site}/rsl.xml", *map(_studio_address, studios_on_offer(timezone.now()))]
    lines = [*(f"License: {address}" for address in addresses), "", "User-agent: *", "Allow: /", ""]
    return _public(HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8"))


@require_safe
@member("studio")
def addresses(request: HttpRequest) -> HttpResponse:
    """Where an organisation's own offers stand in each standard, to copy."""
    studio = _studio_address(organisation_of(request).code)
    on_market = Offer.objects.visible_to(actor_of(request)).on_market(timezone.now())
    shown = page(
        on_market.filter(title__isnull=False).select_related("title"),
        cursor=request.GET.get("cursor", ""),
    )
    site = settings.BASE_URL
    own = [
        (_("All your titles on offer (RSL 1.0)"), studio),
        (_("The line for the robots.txt of your own site"), f"License: {studio}"),
    ]
    context = {
        "page": shown,
        "rows": [
            (offer.title, reverse("title-terms", args=[offer.title.code]))
            for offer in shown.rows
            if offer.title is not None
        ],
        "addresses": [
            # Where nothing is on offer, there is no such document.
            *(own if shown.rows else []),
            (_("What is reserved on this site (TDMRep)"), f"{site}{reverse('tdm-reservation')}"),
            (_("What is not licensed on this site (RSL 1.0)"), f"{site}{reverse('site-rsl')}"),
        ],
        "trail": [(_("Offers"), reverse("offers"))],
    }
    return render(request, "web/standards/addresses.html", context)


def _on_offer(code: str, now: datetime) -> Offered:
    try:
        return terms_of_title(code, now)
    except NotFound as error:
        raise Http404(str(error)) from None


def _assertion(offered: Offered) -> dict[str, Any]:
    lost = [tdmrep.listed(loss) for loss in training_mining.losses(offered)]
    return {**training_mining.assertion(offered), "cannot_say": lost}


def _studio_address(code: str) -> str:
    return f"{settings.BASE_URL}{reverse('studio-rsl', args=[code])}"


def _json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _public[R: HttpResponseBase](response: R) -> R:
    response["Cache-Control"] = _CACHED
    in_no_language(response)
    return response


urlpatterns: list[URLPattern] = [
    path("robots.txt", robots, name="robots"),
    path("rsl.xml", site_rsl, name="site-rsl"),
    path(".well-known/tdmrep.json", tdm_reservation, name="tdm-reservation"),
    path("id/organisation/<edge:code>/rsl.xml", studio_rsl, name="studio-rsl"),
    path("id/title/<edge:code>/", title_terms, name="title-terms"),
    path("id/title/<edge:code>/rsl.xml", title_rsl, name="title-rsl"),
    path("id/title/<edge:code>/tdm-policy.json", title_tdm_policy, name="title-tdm-policy"),
    path(
        "id/title/<edge:code>/training-mining.json",
        title_training_mining,
        name="title-training-mining",
    ),
    path("offers/standards/", addresses, name="standards"),
]
