"""Certificates: made and withdrawn by a side of a grant, read by whoever holds the paper."""

from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, re_path, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Permission
from accounts.errors import DomainError, NotFound
from catalog.objects import object_store
from licensing.models import Grant
from provenance.certificates import qr
from provenance.certificates.issuing import (
    certificate_at,
    certificate_of,
    issue_certificate,
    withdraw_certificate,
)
from provenance.certificates.pdf import LANGUAGES, address_of, document_of
from provenance.certificates.words import (
    LIMITS,
    count_words,
    lines_of,
    work_details,
    work_name,
)
from provenance.models import Certificate
from provenance.status import check_past, status_of
from web.acts import press, see
from web.entrance import View, actor_of, member
from web.forms.confirm import ConfirmForm
from web.forms.moments import MomentForm
from web.forms.verbs import REFUSED, attempt, place_error
from web.views.grants import standing_of, successor_in

HOUSES = ("studio", "talent", "lab")
_KEY = r"(?P<secret>[A-Za-z0-9_-]{22})"
# In their own words: nobody looks for a language in another.
_NAMES = {"en": "English", "ko": "한국어"}


def _unlisted(view: View) -> View:
    """Keep a page out of search engines, caches, and the addresses that other sites are told."""

    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, /, **parts: str | int) -> HttpResponseBase:
        try:
            response = view(request, **parts)
        except NotFound as error:
            raise Http404(str(error)) from None
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["Referrer-Policy"] = "no-referrer"
        return response

    return guarded


@require_safe
@member(*HOUSES)
def certificate(request: HttpRequest, code: str) -> HttpResponse:
    """Show a side of a grant its certificate, or what one is."""
    actor, grant = actor_of(request), _grant(request, code)
    found = certificate_of(actor, grant)
    context = {
        "grant": grant,
        "certificate": found,
        "may_make": actor.may(Permission.SHOW_CERTIFICATES),
        "trail": [(_("Grants"), reverse("grants")), (grant.display_code, _back(code))],
    }
    if found is not None:
        address = address_of(found)
        context |= _content(found) | {"address": address, "qr": _qr(address)}
    return render(request, "web/certificates/own.html", context)


@require_POST
@member(*HOUSES)
def make(request: HttpRequest, code: str) -> HttpResponse:
    """Have the certificate made."""
    return press(
        request,
        lambda: issue_certificate(actor=actor_of(request), grant=code),
        done=_("The certificate is made. Whoever has its address reads what it says."),
        back=reverse("certificate", args=[code]),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@member(*HOUSES)
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for a name to be typed, then withdraw the certificate."""
    actor, grant = actor_of(request), _grant(request, code)
    found = certificate_of(actor, grant)
    if found is None:
        raise NotFound
    form = ConfirmForm(request.POST if request.method == "POST" else None, name=found.code)
    own = reverse("certificate", args=[code])
    if form.is_bound:
        done = attempt(form, lambda: withdraw_certificate(actor=actor, grant=code))
        if done is not None:
            return see(own)
    context = {
        "heading": _("Withdraw the certificate %(code)s") % {"code": found.display_code},
        "effects": [
            _(
                "Its address, and the square code on every printed copy, then tell only whether the"
                " licence stands, and that the certificate was withdrawn."
            ),
            _("Copies of the PDF stay with those who have them. The licence itself goes on."),
        ],
        "button": _("Withdraw the certificate"),
        "form": form,
        "trail": [(grant.display_code, _back(code)), (pgettext("licence", "Certificate"), own)],
    }
    status = REFUSED if form.is_bound else 200
    return render(request, "web/confirm.html", context, status=status)


@require_safe
@member(*HOUSES)
def own_document(request: HttpRequest, code: str, language: str) -> FileResponse:
    """Give a side of the grant the PDF of its certificate."""
    found = certificate_of(actor_of(request), _grant(request, code))
    if found is None:
        raise NotFound
    return _pdf(found, language)


@require_safe
@_unlisted
def shown(request: HttpRequest, secret: str) -> HttpResponse:
    """Tell whoever holds the paper whether the licence stands, and what the paper must say."""
    found = certificate_at(secret)
    at, form = _moment(request)
    status = status_of(found.grant, at)
    context: dict[str, Any] = standing_of(status) | {
        "certificate": found,
        "successor": successor_in(found.grant) if status["superseded_by"] else None,
        "at": at,
        "checked_at": datetime.fromisoformat(status["checked_at"]),
        "form": form,
        "languages": _NAMES,
    }
    if found.withdrawn_at is None:
        context |= _content(found)
    code = REFUSED if form.errors else 200
    return render(request, "web/certificates/shown.html", context, status=code)


@require_safe
@_unlisted
def shown_document(request: HttpRequest, secret: str, language: str) -> FileResponse:
    """Give whoever holds the paper its PDF, as it was sealed."""
    found = certificate_at(secret)
    if found.withdrawn_at is not None:
        raise NotFound
    return _pdf(found, language)


def _moment(request: HttpRequest) -> tuple[datetime | None, MomentForm]:
    """Return the time that is asked about, None for now or where what was typed is none."""
    form = MomentForm(request.GET or None)
    if not form.is_bound or not form.is_valid():
        return None, form
    at: datetime | None = form.cleaned_data["at"]
    try:
        check_past(at)
    except DomainError as refusal:
        place_error(form, refusal)
        return None, form
    return at, form


def _content(found: Certificate) -> dict[str, Any]:
    """What both pages show of a certificate."""
    said = found.statement
    return {
        "said": said,
        "lines": lines_of(said),
        "files": count_words(said["files"]),
        "works": [
            (work["code"], work_name(work), work_details(work), work["files"])
            for work in said["works"]
        ],
        "more_works": said["works_count"] - len(said["works"]),
        "limits": LIMITS,
        "documents": [
            (name, _NAMES[name], found.documents.get(name, {}).get("sha256", ""))
            for name in LANGUAGES
        ],
        "issued_at": datetime.fromisoformat(said["issued_at"]).astimezone(UTC),
        "log_since": datetime.fromisoformat(said["ledger"]["since"]).astimezone(UTC),
    }


def _qr(address: str) -> SafeString:
    return mark_safe(qr.svg(address))  # noqa: S308 - black squares of an address of ours


def _pdf(found: Certificate, language: str) -> FileResponse:
    kept = document_of(found, language)
    return FileResponse(
        object_store().open(kept["key"]),
        content_type="application/pdf",
        filename=f"certificate-{found.code}-{language}.pdf",
        headers={"Cache-Control": "private, no-store"},
    )


def _grant(request: HttpRequest, code: str) -> Grant:
    grant = Grant.objects.visible_to(actor_of(request)).filter(code=code).first()
    if grant is None:
        raise NotFound
    return grant


def _back(code: str) -> str:
    return reverse("grant", args=[code])


urlpatterns: list[URLPattern] = [
    path("grants/<edge:code>/certificate/", certificate, name="certificate"),
    path("grants/<edge:code>/certificate/make/", make, name="certificate-make"),
    path("grants/<edge:code>/certificate/withdraw/", withdraw, name="certificate-withdraw"),
    re_path(
        r"^grants/(?P<code>[0-9A-Z]{8})/certificate\.(?P<language>en|ko)\.pdf$",
        own_document,
        name="certificate-document",
    ),
    re_path(rf"^c/{_KEY}/$", shown, name="certificate-shown"),
    re_path(
        rf"^c/{_KEY}/certificate\.(?P<language>en|ko)\.pdf$",
        shown_document,
        name="certificate-shown-document",
    ),
]
