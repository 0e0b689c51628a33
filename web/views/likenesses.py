"""Performers, their likenesses, and the consents that each licence of a likeness rests on."""

from typing import Any

from django.contrib import messages
from django.db.models import Case, Count, Exists, OuterRef, Prefetch, Q, Sum, When
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import Permission, require
from accounts.errors import NotFound
from catalog.consents.ending import ground_of, rights_of
from catalog.likenesses import (
    find_likeness,
    record_consent,
    register_likeness,
)
from catalog.models import Consent, Likeness, Performer, Suspension
from catalog.models.consents import is_replaced
from catalog.performers import register_performer
from catalog.withdrawing import withdraw_consent
from licensing.models import Offer
from licensing.verdicts.resting import ended_with
from provenance.sightings.reading import sightings_of
from web.acts import see
from web.addresses import printable
from web.entrance import actor_of, member
from web.forms.likenesses import LikenessForm, PerformerForm, WithdrawForm
from web.forms.verbs import REFUSED, attempt
from web.history import history_of, proof
from web.owners import page_context
from web.paging import page
from web.reasons import reason_of
from web.views.consents import consent_context, draft_page
from web.views.sightings import SHOWN_ELSEWHERE, with_tones
from web.views.titles import picture_of

_OPINIONS_SHOWN = 50


@require_safe
@member("studio", "talent")
def likenesses(request: HttpRequest) -> HttpResponse:
    """Performers and their likenesses, newest performers first."""
    actor = actor_of(request)
    mine = Performer.objects.visible_to(actor)
    words = printable(request.GET.get("q", "").strip()).split()[:8]
    found = mine
    for word in words:
        found = found.filter(
            Q(name__icontains=word)
            | Q(pk__in=Likeness.objects.filter(description__icontains=word).values("performer"))
        )
    counted = Likeness.objects.annotate(
        files=Count("assets", distinct=True),
        live_consents=Count(
            "consents", Q(consents__in=Consent.objects.live(timezone.now())), distinct=True
        ),
    ).prefetch_related(Prefetch("offers", Offer.objects.published(), to_attr="published_offers"))
    shown = page(
        found.prefetch_related(Prefetch("likenesses", counted.order_by("pk"))),
        cursor=request.GET.get("cursor", ""),
    )
    total = mine.count()
    names = {each.name for each in shown.rows}
    twice = mine.filter(name__in=names).order_by().values("name").annotate(number=Count("pk"))
    context = {
        "page": shown,
        "twice": {each["name"] for each in twice if each["number"] > 1},
        "total": total,
        "found": found.count() if words else total,
        "words": " ".join(words),
        "may_edit": actor.may(Permission.EDIT_LIKENESSES),
    }
    return render(request, "web/likenesses/list.html", context)


@require_http_methods(["GET", "POST"])
@member("studio", "talent")
def new_performer(request: HttpRequest) -> HttpResponseBase:
    """Register a performer; a likeness comes next."""
    actor = actor_of(request)
    require(actor, Permission.EDIT_LIKENESSES)
    form = PerformerForm(request.POST or None)
    if request.method == "POST":
        made = attempt(form, lambda: register_performer(actor=actor, **form.cleaned_data))
        if made is not None:
            messages.success(request, _("The performer is registered. Add a likeness next."))
            return see(reverse("new_likeness", args=[made.code]))
    return _form_page(request, "web/likenesses/new_performer.html", form, [])


@require_http_methods(["GET", "POST"])
@member("studio", "talent")
def new_likeness(request: HttpRequest, code: str) -> HttpResponseBase:
    """Register a likeness of a performer."""
    actor = actor_of(request)
    require(actor, Permission.EDIT_LIKENESSES)
    performer = Performer.objects.visible_to(actor).filter(code=code).first()
    if performer is None:
        raise NotFound
    form = LikenessForm(request.POST or None)
    if request.method == "POST":
        made = attempt(
            form,
            lambda: register_likeness(actor=actor, performer_code=code, **form.cleaned_data),
        )
        if made is not None:
            messages.success(request, _("The likeness is registered. Add its files next."))
            return see(reverse("likeness", args=[made.code]))
    return _form_page(request, "web/likenesses/new_likeness.html", form, [], performer=performer)


@require_safe
@member("studio", "talent")
def likeness(request: HttpRequest, code: str) -> HttpResponse:
    """A likeness: whose, what of them, what to do next."""
    found = find_likeness(actor_of(request), code)
    context = page_context(
        request,
        found,
        picture=picture_of(found.assets.all()),
        size=found.assets.aggregate(bytes=Sum("size_bytes"))["bytes"],
        sightings=with_tones(sightings_of(found, SHOWN_ELSEWHERE)),
    )
    return render(request, "web/likenesses/likeness.html", context)


@require_safe
@member("studio", "talent")
def consents(request: HttpRequest, code: str) -> HttpResponse:
    """What the performer allows of this likeness."""
    found = find_likeness(actor_of(request), code)
    resting = Suspension.objects.standing(timezone.now()).filter(consent=OuterRef("pk"))
    every = found.consents.select_related("grantee").annotate(resting=Exists(resting))
    now = timezone.now()
    # What is withdrawn stands below all others.
    every = every.annotate(stands=Case(When(withdrawn_at__lte=now, then=0), default=1))
    every = every.annotate(is_replaced=is_replaced())
    shown = page(every, cursor=request.GET.get("cursor", ""), order="-stands")
    opinions = [
        {"opinion": each, "question": reason_of(each.body["resolves"])}
        for each in found.opinions.order_by("-pk")[:_OPINIONS_SHOWN]
    ]
    context = page_context(request, found, page=shown, now=now, opinions=opinions)
    return render(request, "web/likenesses/consents.html", context)


@require_http_methods(["GET", "POST"])
@member("studio", "talent")
def new_consent(request: HttpRequest, code: str) -> HttpResponseBase:
    """Record a consent that was signed on paper, with all its terms."""
    actor = actor_of(request)
    require(actor, Permission.EDIT_LIKENESSES)
    return draft_page(
        request,
        find_likeness(actor, code),
        None,
        lambda values: record_consent(actor=actor, likeness_code=code, **values),
        is_signed=True,
    )


@require_http_methods(["GET", "POST"])
@member("studio", "talent")
def consent(request: HttpRequest, code: str, consent_code: str) -> HttpResponseBase:
    """One consent, whole; a POST with the performer's name typed withdraws it."""
    actor = actor_of(request)
    found = find_likeness(actor, code)
    shown = Consent.objects.select_related("grantee", "likeness__performer").filter(
        likeness=found, code=consent_code
    )
    row = shown.first()
    if row is None:
        raise NotFound
    form = WithdrawForm(
        request.POST or None,
        name=found.performer.name,
        # While notice runs, only a law can end it any sooner.
        own=None if row.withdrawn_at else ground_of(row.terms),
        rights=rights_of(row.terms, found.performer.standing_at(timezone.now())),
    )
    if request.method == "POST":
        require(actor, Permission.EDIT_LIKENESSES)
        ended = attempt(
            form, lambda: withdraw_consent(actor=actor, code=consent_code, **form.values())
        )
        if ended is not None:
            messages.success(
                request,
                _("Notice is given. The page says when the consent ends.")
                if ended.is_notice_running
                else _("The consent is withdrawn from now on."),
            )
            return see(request.path)
    context = {
        "consent": row,
        "likeness": found,
        "form": form,
        "notice_days": 0
        if row.withdrawn_at
        else row.terms.get("revocable", {}).get("notice_days", 0),
        "grants": len(ended_with(row)),
        "may_edit": actor.may(Permission.EDIT_LIKENESSES),
        "history": history_of([row.stream, row.form_stream]),
        "proof": proof(row.stream) or proof(row.form_stream),
        **consent_context(request, row),
        "trail": [
            (_("Likenesses"), reverse("likenesses")),
            (str(found), reverse("likeness", args=[code])),
            (_("Consents"), reverse("consents", args=[code])),
        ],
    }
    status = REFUSED if form.errors else 200
    return render(request, "web/likenesses/consent.html", context, status=status)


def _form_page(
    request: HttpRequest, template: str, form: Any, trail: list[tuple[Any, str]], **more: Any
) -> HttpResponse:
    context = {"form": form, "trail": [(_("Likenesses"), reverse("likenesses")), *trail], **more}
    return render(request, template, context, status=REFUSED if form.errors else 200)


urlpatterns: list[URLPattern] = [
    path("likenesses/", likenesses, name="likenesses"),
    path("likenesses/new/", new_performer, name="new_performer"),
    path("likenesses/of/<str:code>/new/", new_likeness, name="new_likeness"),
    path("likenesses/<str:code>/", likeness, name="likeness"),
    path("likenesses/<str:code>/consents/", consents, name="consents"),
    path("likenesses/<str:code>/consents/new/", new_consent, name="new_consent"),
    path("likenesses/<str:code>/consents/<str:consent_code>/", consent, name="consent"),
]
