"""Counsel's queue: what a person must decide before works clear, and the opinions that do."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

import web.addresses  # noqa: F401 - registers `<edge:code>`
from accounts.access import Permission, require
from accounts.errors import NotFound, TooLarge
from accounts.models import OrganisationKind
from catalog.evidence import hand_in_evidence
from catalog.likenesses import find_likeness
from catalog.models import Fact, Likeness, Title
from catalog.titles import get_title
from catalog.uploads import streamed_upload, uploaded
from licensing.counsel.likeness_opinions import record_likeness_opinion
from licensing.counsel.opinions import record_opinion
from licensing.models import LikenessOpinion
from web.acts import see
from web.counsel import Question, question_of, queue_of
from web.entrance import actor_of, member, organisation_of
from web.forms.counsel import LikenessOpinionForm, OpinionForm
from web.forms.verbs import REFUSED, attempt, refused_unread


@require_safe
@member("studio", "talent")
def counsel(request: HttpRequest) -> HttpResponse:
    """The questions of the whole library and of open deals, the oldest first."""
    found = queue_of(actor_of(request), request.GET.dict())
    context = {
        "queue": found,
        "is_studio": organisation_of(request).kind == OrganisationKind.STUDIO,
        "words": request.GET.get("q", ""),
        "is_narrowed": any(request.GET.get(name) for name in ("q", "reason", "of")),
    }
    return render(request, "web/counsel/queue.html", context)


# The token is checked by `_receive`, once a place for the file is ready.
@csrf_exempt
@require_http_methods(["GET", "POST"])
@member("studio", "talent")
def question(request: HttpRequest, code: str, reason: str) -> HttpResponseBase:
    """One question of a title or a likeness; a POST records counsel's opinion on it."""
    actor = actor_of(request)
    found = question_of(actor, _owner(request, code), reason)
    if found is None:
        messages.info(request, _("This question is settled, or has never been open."))
        return see(reverse("counsel"))
    if request.method != "POST" or not found.takes_opinion:
        return _show(request, found, _form(request, found))
    require(actor, _permission(found))
    try:
        return _receive(request, found)
    except TooLarge as refusal:
        form = refused_unread(_form(request, found, data={}), refusal)
        return _show(request, found, form, status=refusal.status)


@streamed_upload
def _receive(request: HttpRequest, found: Question) -> HttpResponseBase:
    form = _form(request, found, data=request.POST, files=request.FILES)
    fact = attempt(form, lambda: _record(request, found, form))
    if fact is None:
        return _show(request, found, form, status=REFUSED)
    code, reason = found.code, found.reason
    if question_of(actor_of(request), found.owner, reason) is None:
        messages.success(
            request, _("The opinion is recorded. What it concerns was cleared again with it.")
        )
        return see(reverse("counsel"))
    messages.warning(
        request,
        _(
            "The opinion is recorded, and what it concerns was cleared again. The question stays"
            " open where the opinion does not reach."
        ),
    )
    return see(reverse("question", args=[code, reason]))


def _record(request: HttpRequest, found: Question, form: OpinionForm) -> Fact | LikenessOpinion:
    actor, source = actor_of(request), form.source()
    if form.cleaned_data.get("file"):
        file = form.cleaned_data["file"]
        evidence, _is_new = hand_in_evidence(
            actor=actor, intake=uploaded(request, "file"), filename=file.name or ""
        )
        source["evidence"] = evidence.code
    about = _about(found)
    if isinstance(about, Likeness):
        return record_likeness_opinion(
            actor=actor, likeness_code=about.code, body=form.body(), **source
        )
    return record_opinion(actor=actor, title=about, body=form.body(), **source)


def _form(
    request: HttpRequest, found: Question, data: Any = None, files: Any = None
) -> OpinionForm:
    about = _about(found)
    zone = "Asia/Seoul" if (get_language() or "").startswith("ko") else "UTC"
    records = [cause.record for cause in found.causes]
    kind: type[OpinionForm] = OpinionForm
    if isinstance(about, Likeness):
        kind = LikenessOpinionForm
    else:
        records = [each for each in records if isinstance(each, Fact) and each.title == about]
    return kind(about, found.reason, records, data=data, files=files, tz=zone, uses=found.uses)


def _owner(request: HttpRequest, code: str) -> Title | Likeness:
    actor = actor_of(request)
    try:
        return get_title(actor, code)
    except NotFound:
        return find_likeness(actor, code)


def _about(found: Question) -> Title | Likeness:
    """Return what the records in question were made for: an episode inherits those of its series,
    and an opinion stands where they do."""
    records = (cause.record for cause in found.causes)
    titles = (record.title for record in records if isinstance(record, Fact))
    return next(titles, found.owner)


def _permission(found: Question) -> Permission:
    of_title = isinstance(found.owner, Title)
    return Permission.EDIT_TITLES if of_title else Permission.EDIT_LIKENESSES


def _show(
    request: HttpRequest, found: Question, form: OpinionForm, status: int = 200
) -> HttpResponse:
    context = {
        "question": found,
        "about_name": str(_about(found)),
        "form": form,
        "may_edit": actor_of(request).may(_permission(found)),
        "trail": [(_("Counsel"), reverse("counsel"))],
    }
    return render(request, "web/counsel/question.html", context, status=status)


urlpatterns: list[URLPattern] = [
    path("counsel/", counsel, name="counsel"),
    path("counsel/<edge:code>/<slug:reason>/", question, name="question"),
]
