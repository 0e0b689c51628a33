"""Signing a consent by a link, without an account."""

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.errors import DomainError, NotAllowed, NotFound
from catalog.authorities import voice_of
from catalog.consent_form import LANGUAGES, form_words, marks_of
from catalog.models import Invitation
from catalog.offered_forms import offered_voice
from catalog.signing import (
    decline_consent,
    form_of,
    open_invitation,
    readable_invitation,
    sign_consent,
)
from web.forms.consents import SignForm
from web.forms.verbs import REFUSED, attempt
from web.throttle import too_many

_PER_MINUTE = 30


@never_cache
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: HttpRequest, token: str) -> HttpResponseBase:
    """The consent to read, and the form to sign it; a POST signs."""
    if (wait := too_many(request, "sign", limit=_PER_MINUTE, window_seconds=60)) is not None:
        return wait
    try:
        invitation = _open(token)
    except NotAllowed as refusal:
        return _closed(request, refusal)
    consent, language = invitation.consent, _language()
    marks = marks_of(consent)
    begins = {"form_sha256": consent.forms[language]["sha256"]}
    form = SignForm(request.POST or None, marks=marks, initial=begins)
    if request.method == "POST":
        signed = attempt(
            form, lambda: sign_consent(token=token, language=language, **form.values())
        )
        if signed is not None:
            kept = {"consent": signed, "token": token, "language": language}
            return render(request, "web/consents/signed.html", kept)
    return _shown(request, invitation, token, form)


@never_cache
@require_POST
def decline(request: HttpRequest, token: str) -> HttpResponseBase:
    """Refuse to sign."""
    try:
        _open(token)
        consent = decline_consent(token=token, reason=request.POST.get("reason", "")[:500])
    except DomainError as refusal:
        return _closed(request, refusal)
    return render(request, "web/consents/signed.html", {"consent": consent, "declined": True})


@never_cache
@require_safe
def form_file(request: HttpRequest, token: str, language: str) -> HttpResponseBase:
    """The form as it will be signed."""
    try:
        pdf, _sha256 = form_of(readable_invitation(token).consent, language)
    except NotAllowed as refusal:
        return _closed(request, refusal)
    except NotFound:
        raise Http404 from None
    return HttpResponse(pdf, content_type="application/pdf")


def _open(token: str) -> Invitation:
    try:
        return open_invitation(token)
    except NotFound:
        raise Http404 from None


def _shown(
    request: HttpRequest, invitation: Invitation, token: str, form: SignForm
) -> HttpResponse:
    consent, language = invitation.consent, _language()
    dated = consent.offered_at or invitation.made_at
    voice = offered_voice(consent) or voice_of(consent.likeness.performer, dated)
    context = {
        "consent": consent,
        "authority": invitation.authority,
        "words": form_words(consent, voice, language=language, dated=dated),
        "language": language,
        "token": token,
        "form": form,
        "sha256": consent.forms[language]["sha256"],
    }
    status = REFUSED if form.errors else 200
    return render(request, "web/consents/sign.html", context, status=status)


def _closed(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    return render(request, "web/consents/closed.html", {"message": refusal.message}, status=403)


def _language() -> str:
    language = (get_language() or "en")[:2]
    return language if language in LANGUAGES else "en"


urlpatterns: list[URLPattern] = [
    path("sign/<str:token>/", sign, name="sign"),
    path("sign/<str:token>/decline/", decline, name="sign_decline"),
    path("sign/<str:token>/form-<str:language>.pdf", form_file, name="sign_form"),
]
