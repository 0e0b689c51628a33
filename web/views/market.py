"""What a lab sees of an offer: its files, and the likenesses that are on offer."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import BigIntegerField, Count, Min, Q, QuerySet, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import Actor, Permission
from catalog.models import Asset
from licensing.deals.requests import MAX_ITEMS, add_assets
from licensing.models import Offer, Request, RequestState
from licensing.offers.market import find_offered, search_offers, viewable_assets
from licensing.offers.pricing import read_modifiers
from web.acts import see
from web.addresses import printable
from web.entrance import actor_of, member
from web.forms.search import NEW, AddForm
from web.forms.verbs import REFUSED, attempt
from web.paging import page

CARDS = 24
FILES = 48


@dataclass(frozen=True)
class Material:
    """What stands behind an offer: how many files, how long in all, one file with a poster."""

    files: int
    duration_ms: int | None
    poster: str


@dataclass(frozen=True)
class Card:
    """A likeness on offer."""

    offer: Offer
    material: Material


@require_safe
@member("lab")
def likenesses(request: HttpRequest) -> HttpResponse:
    """List the likenesses on offer. Their files are seen by those who hold a consent only, so
    they stand in no search of files."""
    words = printable(request.GET.get("q", "").strip())[:200]
    actor = actor_of(request)
    found = search_offers(actor, words, kind="likeness")
    shown = page(found, cursor=request.GET.get("cursor", ""), size=CARDS)
    material = _material(shown.rows)
    posters = {each.poster for each in material.values() if each.poster}
    context = {
        "words": words,
        "total": found.count(),
        "cards": [Card(offer, material[_owner_key(offer)]) for offer in shown.rows],
        "seen": set(_seen(actor, posters)),
        "page": shown,
    }
    return render(request, "web/search/likenesses.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member("lab")
def offered(request: HttpRequest, code: str) -> HttpResponse:
    """Show an offer's files, and put those chosen into a request."""
    actor = actor_of(request)
    offer = find_offered(actor, code)
    drafts = drafts_of(actor)
    chosen = [printable(code) for code in request.POST.getlist("asset")[:MAX_ITEMS]]
    form = AddForm(request.POST or None, drafts=drafts, assets=chosen)
    status = 200
    if request.method == "POST":
        answer = attempt(form, lambda: _add(request, offer, chosen, form.cleaned_data))
        if answer is not None:
            return answer
        status = REFUSED
    files = _files(offer)
    shown = page(files, cursor=request.GET.get("cursor", ""), order="code", size=FILES)
    context = {
        "offer": offer,
        "card": read_modifiers(offer.modifiers),
        "owner": offer.title or offer.likeness,
        "kind": offer.title.get_kind_display() if offer.title else _("Likeness"),
        "material": _material([offer])[_owner_key(offer)],
        "names": offer.title.names.order_by("language") if offer.title else [],
        "form": form,
        "chosen": chosen,
        "page": shown,
        "seen": set(_seen(actor, [file.code for file in shown.rows])),
        "may_add": actor.may(Permission.EDIT_REQUESTS),
        "trail": [(_("Search"), reverse("search"))],
    }
    return render(request, "web/search/offered.html", context, status=status)


def _add(
    request: HttpRequest, offer: Offer, chosen: list[str], data: dict[str, Any]
) -> HttpResponse:
    owner = offer.title or offer.likeness
    assert owner is not None  # noqa: S101 - the check constraint says so
    if data["request"] == NEW:
        asked = [("of", owner.code)]
        if not data["every"]:
            asked += [("asset", code) for code in chosen]
        return see(f"{reverse('request-new')}?{urlencode(asked)}")
    codes = chosen
    if data["every"]:
        codes = list(_files(offer).values_list("code", flat=True)[: MAX_ITEMS + 1])
    draft = add_assets(actor=actor_of(request), code=data["request"], assets=codes)
    done = ngettext(
        "%(count)s file is now in the request.",
        "%(count)s files are now in the request.",
        len(codes),
    )
    messages.success(request, done % {"count": len(codes)})
    return see(reverse("request", args=[draft.code]))


def drafts_of(actor: Actor) -> list[Request]:
    """Return the newest drafts of a lab, to add files to."""
    mine = Request.objects.visible_to(actor).filter(state=RequestState.DRAFT)
    return list(mine.order_by("-pk")[:20])


def _seen(actor: Actor, codes: Collection[str]) -> QuerySet[Asset, str]:
    """Return the codes of those of these files whose pictures one may see."""
    return viewable_assets(actor).filter(code__in=codes).values_list("code", flat=True)


def _files(offer: Offer) -> QuerySet[Asset]:
    return Asset.objects.filter(title=offer.title, likeness=offer.likeness).order_by("code")


def _owner_key(offer: Offer) -> tuple[int | None, int | None]:
    return offer.title_id, offer.likeness_id


def _material(offers: list[Offer]) -> dict[tuple[int | None, int | None], Material]:
    """Return what stands behind these offers. One query."""
    owned = Q(title__in=[offer.title_id for offer in offers if offer.title_id])
    owned |= Q(likeness__in=[offer.likeness_id for offer in offers if offer.likeness_id])
    rows = Asset.objects.filter(owned).values("title_id", "likeness_id").order_by()
    sums = rows.annotate(
        files=Count("pk"),
        duration=Sum(Cast(KT("facts__duration_ms"), BigIntegerField())),
        poster=Min("code", filter=~Q(poster_key="")),
    )
    return {
        (row["title_id"], row["likeness_id"]): Material(
            row["files"], row["duration"] or None, row["poster"] or ""
        )
        for row in sums
    }


urlpatterns: list[URLPattern] = [
    path("search/likenesses/", likenesses, name="offered_likenesses"),
    path("search/<edge:code>/", offered, name="offered"),
]
