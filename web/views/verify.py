"""Anyone drops a file and reads what may be believed of it. Nothing of the file is kept;
of a declared work it is noted what it was made from."""

from collections.abc import Container
from datetime import datetime
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from accounts.errors import DomainError, Invalid
from catalog.intake import Intake, too_large
from catalog.uploads import ReceivedFile, StreamingUploadHandler, sent_file, uploaded
from provenance import formats
from provenance.slots import max_bytes_for
from provenance.verification.report import Report, verify_file
from web.entrance import actor_of
from web.forms.verbs import REFUSED, ask_again, place_error
from web.forms.verify import VerifyForm
from web.throttle import too_many
from web.verification_page import page_of

STRANGERS_PER_MINUTE = 10
# What the form holds beside its files.
_FORM_BYTES = 2**20


@csrf_exempt  # `_answer` checks the token, once files have a place to stream to
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponseBase:
    """Show the form; on POST the report, as the same page."""
    max_bytes = max_bytes_for(actor_of(request))
    if request.method != "POST":
        return _shown(request, _form(None, max_bytes))
    if (wait := _too_many(request)) is not None:
        return wait
    if int(request.META.get("CONTENT_LENGTH") or 0) > max_bytes + _FORM_BYTES:
        return _refused(request, _form({}, max_bytes), too_large(max_bytes), sent=())
    handler = StreamingUploadHandler(request, max_bytes=max_bytes)
    request.upload_handlers = [handler]
    try:
        return _answer(request, max_bytes)
    finally:
        handler.close()


@csrf_protect
def _answer(request: HttpRequest, max_bytes: int) -> HttpResponse:
    form = _form(request.POST, max_bytes)
    try:
        file, sidecar = uploaded(request, "file"), _sidecar(request)
        if not form.is_valid():
            ask_again(form, request.FILES, "file", "sidecar")
            return _shown(request, form, REFUSED)
        report = _report(request, file, sidecar, form.cleaned_data["at"])
    except DomainError as refusal:
        return _refused(request, form, refusal, sent=request.FILES)
    context = {
        "page": page_of(report),
        "base": settings.BASE_URL,
        "form": _form(None, max_bytes),
        "media_type": _media_type(file),
    }
    return render(request, "web/verify/report.html", context)


def _media_type(file: Intake) -> str:
    """Return under which type the C2PA library reads a file with a credential beside it."""
    with file.path.open("rb") as content:
        return formats.told(content.read(formats.START_BYTES)) or "application/octet-stream"


def _report(
    request: HttpRequest, file: Intake, sidecar: Intake | None, at: datetime | None
) -> Report:
    sent = cast("ReceivedFile", request.FILES["file"])
    return verify_file(
        file.path,
        filename=sent.name or "",
        mime=sent.content_type or "",
        actor=actor_of(request),
        sidecar=sidecar.path if sidecar else None,
        sha256=file.sha256,
        at=at,
        crjson=True,
    )


def _sidecar(request: HttpRequest) -> Intake | None:
    sent = sent_file(request, "sidecar")
    if sent is None:
        return None
    try:
        return sent.intake
    except DomainError as refusal:
        raise Invalid("sidecar", refusal.message) from None


def _too_many(request: HttpRequest) -> HttpResponse | None:
    """Members may check as often as they like."""
    if actor_of(request).organisation is not None:
        return None
    return too_many(request, "verify", limit=STRANGERS_PER_MINUTE, window_seconds=60)


def _form(data: object, max_bytes: int) -> VerifyForm:
    text = _("This file is too large to be checked here.")
    return VerifyForm(data, max_bytes=max_bytes, too_large=text)


def _refused(
    request: HttpRequest, form: VerifyForm, refusal: DomainError, *, sent: Container[str]
) -> HttpResponse:
    """Say what is wrong. `sent` has the names of the files that arrived."""
    form.is_valid()
    place_error(form, refusal)
    ask_again(form, sent, "file", "sidecar")
    status = refusal.status if refusal.status in {413, 503} else REFUSED
    answer = _shown(request, form, status)
    if refusal.retry_after_s is not None:
        answer["Retry-After"] = str(refusal.retry_after_s)
    return answer


def _shown(request: HttpRequest, form: VerifyForm, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "base": settings.BASE_URL,
        "max_bytes": max_bytes_for(actor_of(request)),
    }
    return render(request, "web/verify/form.html", context, status=status)


urlpatterns: list[URLPattern] = [path("verify/", verify, name="verify")]
