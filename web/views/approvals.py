"""Approvals: the inbox of who speaks for performers, and what makers ask; the public question."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Permission, require
from accounts.errors import NotFound
from accounts.models import Organisation, OrganisationKind
from catalog.approvals import ask_approval, decide_approval, usable_by
from catalog.authorised import authorised
from catalog.models import Approval, Decision
from web.acts import press, see
from web.addresses import printable
from web.entrance import actor_of, member, organisation_of
from web.forms.approvals import AskForm, AuthorisedForm
from web.forms.verbs import REFUSED, attempt
from web.paging import page
from web.throttle import too_many

_PER_MINUTE = 30
_CONSENTS_SHOWN = 20


@require_safe
@member("studio", "talent", "lab")
def approvals(request: HttpRequest) -> HttpResponse:
    """What waits for an answer, the nearest deadline first; and what was answered, newest first."""
    actor, ours = actor_of(request), organisation_of(request)
    rows = Approval.objects.visible_to(actor).select_related(
        "asker", "consent__likeness__performer__organisation"
    )
    is_open = request.GET.get("state") != "decided"
    waiting, answered = rows.filter(decision=Decision.OPEN), rows.exclude(decision=Decision.OPEN)
    cursor = request.GET.get("cursor", "")
    shown = (
        page(waiting, cursor=cursor, order="deadline_at")
        if is_open
        else page(answered, cursor=cursor, order="-decided_at")
    )
    context = {
        "page": shown,
        "waiting": waiting.count(),
        "answered": answered.count(),
        "is_open": is_open,
        "ours": ours,
        "now": timezone.now(),
        "may_decide": actor.may(Permission.DECIDE_APPROVALS),
        "may_ask": actor.may(Permission.ASK_APPROVALS),
        "is_maker": ours.kind != OrganisationKind.TALENT,
    }
    return render(request, "web/consents/approvals.html", context)


@require_POST
@member("studio", "talent")
def decide(request: HttpRequest, code: str, answer: str) -> HttpResponseBase:
    """Approve or refuse."""
    if answer not in {"approve", "refuse"}:
        raise NotFound
    reason = request.POST.get("reason", "")
    return press(
        request,
        lambda: decide_approval(
            actor=actor_of(request), code=code, approved=answer == "approve", reason=reason
        ),
        done=_("Your answer is recorded."),
        back=reverse("approvals"),
    )


@require_http_methods(["GET", "POST"])
@member("studio", "lab")
def ask(request: HttpRequest) -> HttpResponseBase:
    """Ask for an approval under a consent one holds."""
    actor = actor_of(request)
    organisation = require(actor, Permission.ASK_APPROVALS)
    begins = {"consent_code": printable(request.GET.get("consent", ""))[:20]}
    form = AskForm(request.POST or None, initial=begins)
    if request.method == "POST" and _asked(form, actor):
        messages.success(request, _("The question is asked. It says until when to answer."))
        return see(reverse("approvals"))
    context = {
        "form": form,
        **consents_to_choose(request, organisation),
        "trail": [(_("Approvals"), reverse("approvals"))],
    }
    status = REFUSED if form.errors else 200
    return render(request, "web/consents/ask.html", context, status=status)


def consents_to_choose(request: HttpRequest, organisation: Organisation) -> dict[str, Any]:
    """Return the consents in force that name the organisation, or are of performers it represents:
    those that have every word of `q`, a page of them; and how many there are in all."""
    own = Q(grantee=organisation) | Q(likeness__performer__organisation=organisation)
    named = usable_by(organisation, timezone.now()).filter(own)
    found, words = named, printable(request.GET.get("q", "").strip()).split()[:8]
    for word in words:
        found = found.filter(
            Q(likeness__performer__name__icontains=word)
            | Q(description__icontains=word)
            | Q(code__istartswith=word)
        )
    return {
        "consents": page(
            found.select_related("likeness__performer"),
            cursor=request.GET.get("cursor", ""),
            size=_CONSENTS_SHOWN,
        ),
        "named": named.count(),
        "chosen": bool(request.GET.get("consent")),
        "words": " ".join(words),
    }


def _asked(form: AskForm, actor: Any) -> bool:
    def verb() -> Approval | None:
        try:
            return ask_approval(actor=actor, **form.values())
        except NotFound as refusal:
            form.add_error("consent_code", str(refusal.message))
            return None

    return attempt(form, verb) is not None


@never_cache
@require_safe
def public_answer(request: HttpRequest) -> HttpResponse:
    """Anybody asks whether a person allows a use: yes or no."""
    form = AuthorisedForm(request.GET if "person" in request.GET else None)
    answer = None
    if form.is_bound:
        # Counted together with the API's questions, under the name that its throttle has.
        wait = too_many(request, "authorised", limit=_PER_MINUTE, window_seconds=60)
        if wait is not None:
            return wait
        answer = attempt(form, lambda: authorised(**form.cleaned_data))
    context = {"form": form, "answer": answer.value if answer else None}
    status = REFUSED if form.errors else 200
    return render(request, "web/consents/authorised.html", context, status=status)


urlpatterns: list[URLPattern] = [
    path("approvals/", approvals, name="approvals"),
    path("approvals/new/", ask, name="approval_new"),
    path("approvals/<str:code>/<str:answer>/", decide, name="approval_decide"),
    path("authorised/", public_answer, name="authorised"),
]
