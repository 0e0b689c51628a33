"""Consents drafted, offered and kept in order."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Permission, require
from accounts.errors import DomainError, NotFound
from catalog.authorities import Voice, voice_of
from catalog.closing import close_consent
from catalog.consent_form import LANGUAGES
from catalog.consent_form.words import estate_words, term_lines
from catalog.consent_scope import check_consent
from catalog.consenting import (
    change_draft,
    draft_consent,
    findings_of,
    is_replaceable,
    offer_consent,
    resume_consent,
    suspend_consent,
    take_back_consent,
)
from catalog.consents.findings import words_of
from catalog.consents.life import State
from catalog.likenesses import find_likeness
from catalog.models import (
    Consent,
    ConsentState,
    Likeness,
)
from catalog.offered_forms import offered_voice, voice_named, why_unbound
from catalog.signing import form_of, invite
from licensing.verdicts.resting import ended_with
from web.acts import press, see
from web.entrance import actor_of, member
from web.forms.consents import (
    DraftForm,
    SuspendForm,
)
from web.forms.verbs import REFUSED, attempt


@require_http_methods(["GET", "POST"])
@member("studio", "talent")
def new_draft(request: HttpRequest, code: str) -> HttpResponseBase:
    """Draft a consent to be signed; `check` shows what is wrong with it and keeps nothing."""
    actor = actor_of(request)
    require(actor, Permission.EDIT_LIKENESSES)
    found = find_likeness(actor, code)
    replaces = request.GET.get("replaces") or None
    alike = request.GET.get("like") or replaces
    return draft_page(
        request,
        found,
        None,
        lambda values: draft_consent(
            actor=actor, likeness_code=code, replaces_code=replaces, **values
        ),
        alike=alike,
        replaces=found.consents.filter(code=replaces).first() if replaces else None,
    )


@require_http_methods(["GET", "POST"])
@member("studio", "talent")
def draft(request: HttpRequest, code: str) -> HttpResponseBase:
    """Write a draft anew."""
    actor = actor_of(request)
    require(actor, Permission.EDIT_LIKENESSES)
    found = _own(request, code)
    if found.state != ConsentState.DRAFT:
        return see(_address(found))
    return draft_page(
        request,
        found.likeness,
        found,
        lambda values: change_draft(actor=actor, code=code, **values),
        replaces=found.replaces,
    )


def draft_page(
    request: HttpRequest,
    of: Likeness,
    known: Consent | None,
    verb: Callable[[dict[str, Any]], Consent],
    alike: str | None = None,
    *,
    replaces: Consent | None = None,
    is_signed: bool = False,
) -> HttpResponseBase:
    """The form of a consent with what is found against it; `verb` keeps what it says. `alike`: the
    code of the consent that a new draft begins as; `is_signed`: it was signed on paper already."""
    begins = known
    if known is None and alike:
        begins = of.consents.filter(code=alike).first()
    form = DraftForm(request.POST or None, attributes=of.attributes, begins=begins)
    findings: list[Any] | None = None
    if request.method == "POST" and "check" in request.POST:
        drafted = attempt(form, lambda: Consent(likeness=of, **check_consent(of, **form.values())))
        findings = _findings(drafted) if drafted else None
    elif request.method == "POST":
        made = attempt(form, lambda: verb(form.values()))
        if made is not None:
            messages.success(
                request,
                _("The consent is recorded.")
                if is_signed
                else _("The draft is kept. Nothing is agreed yet."),
            )
            return see(_address(made))
    context = {
        "form": form,
        "findings": findings,
        "replaced_grants": _grants_ended(replaces),
        "likeness": of,
        "is_signed": is_signed,
        "trail": [
            (_("Likenesses"), reverse("likenesses")),
            (str(of), reverse("likeness", args=[of.code])),
            (_("Consents"), reverse("consents", args=[of.code])),
        ],
    }
    # The browser checks while one writes: it gets the findings alone.
    part = request.headers.get("HX-Request") == "true"
    template = "web/consents/findings.html" if part else "web/consents/draft.html"
    status = REFUSED if form.errors and not part else 200
    return render(request, template, context, status=status)


def consent_context(request: HttpRequest, consent: Consent) -> dict[str, Any]:
    """Return what the page of a consent shows of its life."""
    now = timezone.now()
    state = consent.state_at(now)
    voice = _voice_shown(consent, state, now)
    changed = why_unbound(consent, now) if state is State.OFFERED else None
    signatures = list(consent.signatures.select_related("authority").order_by("pk"))
    signed = {each.authority_id for each in signatures}
    declined = consent.invitations.filter(declined_at__isnull=False)
    asked = voice.signers if consent.forms or state is State.DRAFT else ()
    resting = consent.suspensions.filter(ended_at__isnull=True).first()
    ended = consent.over_at is not None and consent.over_at <= now
    over = state in {State.WITHDRAWN, State.REPLACED}
    # Nobody is waited for once it was closed, or cannot be signed any more.
    asked = () if state is State.CLOSED or changed else asked
    return {
        "state": "expired" if ended and state is State.LIVE else state.value,
        "is_upcoming": state is State.LIVE and not ended and consent.starts_at > now,
        "may_replace": is_replaceable(consent),
        "is_over": over,
        "ends_on": None if over else consent.withdrawn_at,
        "replaced_grants": _grants_ended(consent.replaces),
        "terms": term_lines(consent.terms),
        "signatures": signatures,
        "unsigned": [each for each in asked if each.pk not in signed],
        "declined": set(declined.values_list("authority_id", flat=True)),
        "estate": estate_words(voice) if asked else None,
        "problem": voice.problem if state is State.DRAFT else changed,
        "changed": changed,
        "findings": _findings(consent) if state == "draft" else None,
        "resting": resting,
        # Beside the form to withdraw, which asks for a reason too.
        "suspend_form": SuspendForm(auto_id="suspend_%s"),
        "languages": LANGUAGES if consent.forms else (),
        "links": request.session.pop(_links_key(consent), None),
    }


def _grants_ended(replaced: Consent | None) -> int:
    """Return how many licences end with a consent once its next version is signed."""
    if replaced is None or replaced.withdrawn_at is not None:
        return 0
    return len(ended_with(replaced))


def _voice_shown(consent: Consent, state: State, now: datetime) -> Voice:
    """Return who must sign; of an offered form those whom it names, once it is in force those whom
    it named."""
    if state is State.OFFERED:
        return voice_named(consent, now)
    named = offered_voice(consent) if state is not State.DRAFT else None
    return named or voice_of(consent.likeness.performer, consent.signed_at or now)


def _findings(consent: Consent) -> list[Any]:
    now = timezone.now()
    voice = voice_of(consent.likeness.performer, now)
    found = findings_of(consent, voice, now)
    return [{"finding": each, "text": words_of(each)} for each in found]


@require_POST
@member("studio", "talent")
def act(request: HttpRequest, code: str, what: str) -> HttpResponseBase:
    """Do one thing with a consent: offer, invite, take-back, close, suspend or resume."""
    actor, found = actor_of(request), _own(request, code)
    if what == "invite":
        return _invite(request, found)
    if what == "close":
        return _close(request, found)
    form = SuspendForm(request.POST)
    form.full_clean()
    said = {name: form.cleaned_data.get(name, "") for name in form.fields}
    verbs: dict[str, tuple[Any, Any]] = {
        "offer": (
            lambda: offer_consent(actor=actor, code=code),
            _("The consent is offered. Send the links to those who sign."),
        ),
        "take-back": (
            lambda: take_back_consent(actor=actor, code=code),
            _("The offer is taken back; it is a draft again."),
        ),
        "suspend": (
            lambda: suspend_consent(actor=actor, code=code, **said),
            _("The consent is suspended: nothing new is cleared on it."),
        ),
        "resume": (
            lambda: resume_consent(actor=actor, code=code),
            _("The consent is in force again."),
        ),
    }
    if what not in verbs:
        raise NotFound
    verb, done = verbs[what]
    return press(request, verb, done=done, back=_address(found))


def _invite(request: HttpRequest, consent: Consent) -> HttpResponseBase:
    try:
        sent = invite(actor=actor_of(request), code=consent.code)
    except DomainError as refusal:
        messages.error(request, str(refusal.message))
        return see(_address(consent))
    mailed = sum(each.token is None for each in sent)
    if mailed:
        messages.success(request, _("%(count)d links were mailed.") % {"count": mailed})
    # Shown on the next page, once: they are kept nowhere else.
    request.session[_links_key(consent)] = [
        [each.authority.holder, f"{settings.BASE_URL}/sign/{each.token}/"]
        for each in sent
        if each.token
    ]
    return see(_address(consent))


def _close(request: HttpRequest, consent: Consent) -> HttpResponseBase:
    """Close the form, and say who of those who signed has to be told by hand."""
    reason = request.POST.get("reason", "")
    try:
        closed = close_consent(actor=actor_of(request), code=consent.code, reason=reason)
    except DomainError as refusal:
        messages.error(request, str(refusal.message))
        return see(_address(consent))
    messages.success(request, _("The form is closed. No signature of it has any effect."))
    if closed.told:
        names = ", ".join(each.name for each in closed.told)
        messages.success(request, _("A letter says so to: %(names)s.") % {"names": names})
    if closed.untold:
        names = ", ".join(each.name for each in closed.untold)
        messages.error(
            request, _("No letter could be sent; tell them yourself: %(names)s.") % {"names": names}
        )
    return see(_address(consent))


def _links_key(consent: Consent) -> str:
    return f"links:{consent.code}"


@never_cache
@require_safe
@member("studio", "talent")
def form_pdf(request: HttpRequest, code: str, language: str) -> HttpResponse:
    """The form that was offered."""
    pdf, _sha256 = form_of(_own(request, code), language)
    return HttpResponse(pdf, content_type="application/pdf")


def _own(request: HttpRequest, code: str) -> Consent:
    mine = Consent.objects.visible_to(actor_of(request))
    found = mine.select_related("likeness__performer", "grantee").filter(code=code).first()
    if found is None:
        raise NotFound
    return found


def _address(consent: Consent) -> str:
    return reverse("consent", args=[consent.likeness.code, consent.code])


urlpatterns: list[URLPattern] = [
    path("likenesses/<str:code>/drafts/new/", new_draft, name="new_draft"),
    path("consents/<str:code>/draft/", draft, name="draft"),
    path("consents/<str:code>/form-<str:language>.pdf", form_pdf, name="consent_form"),
    path("consents/<str:code>/<str:what>/", act, name="consent_act"),
]
