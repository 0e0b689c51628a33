"""Performers, and who speaks for them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Case, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import Actor, Permission, require
from accounts.errors import NotFound, TooLarge
from catalog.authorities import end_authority, record_authority, voice_of
from catalog.consents.speaking import Standing, of_age_on
from catalog.evidence import hand_in_evidence
from catalog.models import Authority, Consent, ConsentState, Performer, PerformerName
from catalog.performers import change_performer, find_performer
from catalog.uploads import streamed_upload, uploaded
from web.acts import see
from web.display import number_text, place_name
from web.entrance import actor_of, member
from web.forms.confirm import ConfirmForm
from web.forms.consents import AuthorityForm, PerformerForm
from web.forms.verbs import REFUSED, attempt, refused_unread
from web.history import history_of, proof
from web.paging import page

# Of the likenesses and of those who sign, so many stand on the page of a performer at a time.
_BESIDE = 20
_STREAMS = 500
_NAMESAKES = 5


@require_safe
@member("studio", "talent")
def performer(request: HttpRequest, code: str) -> HttpResponse:
    """A performer: who speaks for them, and what of them can be licensed."""
    actor = actor_of(request)
    found, now = find_performer(actor, code), timezone.now()
    voice = voice_of(found, now)
    is_minor = voice.standing is Standing.MINOR
    newest = found.authorities.order_by("-pk")[:_STREAMS]
    streams = [found.stream, *(each.stream for each in newest)]
    # Those that have ended stand below all others.
    authorities = found.authorities.select_related("evidence").annotate(
        ended=Case(When(ended_at__isnull=False, then=1), default=0)
    )
    context = {
        "performer": found,
        "domicile": _place(found.domicile),
        "voice": voice,
        "of_age_on": of_age_on(found.born) if found.born and is_minor else None,
        "namesakes": _namesakes(actor, found),
        "signers": {each.pk for each in voice.signers},
        "authorities": _some(request, authorities, "signers", "ended"),
        "likenesses": _some(request, found.likenesses.all(), "likenesses", "pk"),
        "may_edit": actor.may(Permission.EDIT_LIKENESSES),
        "history": history_of(streams),
        "proof": proof(found.stream, "performer.registered"),
        "trail": [(_("Likenesses"), reverse("likenesses"))],
    }
    return render(request, "web/consents/performer.html", context)


def _namesakes(actor: Actor, found: Performer) -> list[Performer]:
    """Return others of the actor's performers who are asked for by a name of this one."""
    same = PerformerName.objects.filter(digest__in=found.name_keys.values("digest"))
    others = Performer.objects.visible_to(actor).filter(pk__in=same.values("performer"))
    return list(others.exclude(pk=found.pk).order_by("pk")[:_NAMESAKES])


@dataclass(frozen=True)
class _Some:
    """A page of one of several lists of a page, with the addresses of the pages beside it."""

    rows: list[Any]
    total: int
    next: str
    previous: str


def _some(request: HttpRequest, found: QuerySet[Any], name: str, order: str) -> _Some:
    """Return the page of a list that the parameter `name` asks for; other lists stay where they
    are."""
    shown = page(found, cursor=request.GET.get(name, ""), order=order, size=_BESIDE)

    def address(cursor: str | None) -> str:
        query = request.GET.copy()
        query[name] = cursor or ""
        return f"?{query.urlencode()}#{name}" if cursor else ""

    return _Some(shown.rows, found.count(), address(shown.next), address(shown.previous))


def _place(code: str) -> str:
    """Return a country by its name, and a state within it by its code: United States, CA."""
    country, _dash, state = code.partition("-")
    return ", ".join(filter(None, (place_name(country), state)))


@require_http_methods(["GET", "POST"])
@member("studio", "talent")
def performer_change(request: HttpRequest, code: str) -> HttpResponseBase:
    """Correct or complete what is said of a performer."""
    actor = actor_of(request)
    require(actor, Permission.EDIT_LIKENESSES)
    found = find_performer(actor, code)
    known = {name: getattr(found, name) for name in PerformerForm.base_fields}
    lists = {name: "\n".join(known[name]) for name in ("stage_names", "guilds")}
    form = PerformerForm(request.POST or None, initial=known | lists)
    if request.method == "POST" and _done(
        form, lambda: change_performer(actor=actor, code=code, **form.values())
    ):
        messages.success(request, _("What is said of the performer is recorded."))
        return see(reverse("performer", args=[code]))
    return _form(request, form, _performer_trail(found), heading=_("Change the performer"))


# The token is checked by `_receive_authority`, once a place for the file is ready.
@csrf_exempt
@require_http_methods(["GET", "POST"])
@member("studio", "talent")
def new_authority(request: HttpRequest, code: str) -> HttpResponseBase:
    """Record that somebody may sign for a performer."""
    actor = actor_of(request)
    require(actor, Permission.EDIT_LIKENESSES)
    found = find_performer(actor, code)
    if request.method != "POST":
        return _authority_form(request, AuthorityForm(), found)
    try:
        return _receive_authority(request, found)
    except TooLarge as refusal:
        form = refused_unread(AuthorityForm({}), refusal)
        return _authority_form(request, form, found)


@streamed_upload
def _receive_authority(request: HttpRequest, found: Performer) -> HttpResponseBase:
    form = AuthorityForm(request.POST, request.FILES)
    if not _done(form, lambda: _record_authority(request, found, form.cleaned_data)):
        return _authority_form(request, form, found)
    messages.success(request, _("The authority to sign is recorded."))
    return see(reverse("performer", args=[found.code]))


def _record_authority(request: HttpRequest, found: Performer, said: dict[str, Any]) -> Authority:
    actor, file = actor_of(request), said.pop("file")
    if file:
        paper, _is_new = hand_in_evidence(
            actor=actor, intake=uploaded(request, "file"), filename=file.name or ""
        )
        said["evidence"] = paper.code
    return record_authority(actor=actor, performer_code=found.code, **said)


def _authority_form(request: HttpRequest, form: AuthorityForm, found: Performer) -> HttpResponse:
    return _form(request, form, _performer_trail(found), heading=_("Who may sign"))


@require_http_methods(["GET", "POST"])
@member("studio", "talent")
def authority_end(request: HttpRequest, code: str, authority: str) -> HttpResponseBase:
    """What ends with an authority to sign; a POST with its holder typed ends it now."""
    actor, back = actor_of(request), reverse("performer", args=[code])
    require(actor, Permission.EDIT_LIKENESSES)
    of = find_performer(actor, code)
    found = of.authorities.filter(code=authority).first()
    if found is None:
        raise NotFound
    form = ConfirmForm(request.POST if request.method == "POST" else None, name=found.holder)
    if form.is_bound and _done(form, lambda: end_authority(actor=actor, code=authority)):
        messages.success(request, _("The authority has ended."))
        return see(back)
    context = {
        "heading": _("End the authority of %(name)s") % {"name": found.holder},
        "effects": _effects(of, found),
        "button": _("End it: %(name)s signs nothing from now on") % {"name": found.holder},
        "form": form,
        "trail": _performer_trail(of),
    }
    status = REFUSED if form.errors else 200
    return render(request, "web/confirm.html", context, status=status)


def _effects(of: Performer, authority: Authority) -> list[str]:
    """Return in words what ends with an authority."""
    offered = Consent.objects.filter(likeness__performer=of, state=ConsentState.OFFERED)
    waiting = [each for each in offered if authority.code in each.asked.get("authorities", ())]
    words = {"name": authority.holder, "performer": of.name}
    said = [
        _("%(name)s can sign nothing for %(performer)s from now on. What was signed stays signed.")
        % words
    ]
    if waiting:
        forms = ngettext(
            "%(count)s form that waits for signatures names this authority, and may have to be"
            " offered anew.",
            "%(count)s forms that wait for signatures name this authority, and may have to be"
            " offered anew.",
            len(waiting),
        )
        said.append(forms % {"count": number_text(len(waiting))})
    return said


def _done(form: Any, verb: Callable[[], object]) -> bool:
    return attempt(form, verb) is not None


def _performer_trail(found: Any) -> list[tuple[Any, str]]:
    return [
        (_("Likenesses"), reverse("likenesses")),
        (found.name, reverse("performer", args=[found.code])),
    ]


def _form(
    request: HttpRequest, form: Any, trail: list[tuple[Any, str]], *, heading: Any
) -> HttpResponse:
    context = {"form": form, "trail": trail, "heading": heading}
    status = REFUSED if form.errors else 200
    return render(request, "web/consents/form.html", context, status=status)


urlpatterns: list[URLPattern] = [
    path("performers/<str:code>/", performer, name="performer"),
    path("performers/<str:code>/change/", performer_change, name="performer_change"),
    path("performers/<str:code>/authorities/new/", new_authority, name="new_authority"),
    path(
        "performers/<str:code>/authorities/<str:authority>/end/",
        authority_end,
        name="authority_end",
    ),
]
