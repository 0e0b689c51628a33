"""Signatures that were given on paper: the page that brings one in, and the file that shows it."""

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import Permission, require
from accounts.errors import NotFound
from catalog.models import Authority, Consent, Signature
from catalog.objects import object_store
from catalog.offered_forms import voice_named
from catalog.signing_on_paper import bring_signature
from catalog.uploads import streamed_upload, uploaded
from web.acts import see
from web.entrance import actor_of, member
from web.forms.consents import PaperForm
from web.forms.verbs import REFUSED, attempt


# The token is checked by `_receive`, once a place for the file is ready.
@csrf_exempt
@require_http_methods(["GET", "POST"])
@member("studio", "talent")
def new_paper(request: HttpRequest, code: str) -> HttpResponseBase:
    """Bring a signature that was given on the printed form."""
    require(actor_of(request), Permission.EDIT_LIKENESSES)
    consent = _own(request, code)
    if request.method == "POST":
        return _receive(request, consent)
    return _show(request, consent, PaperForm(_waiting(consent), list(consent.forms)))


@streamed_upload
def _receive(request: HttpRequest, consent: Consent) -> HttpResponseBase:
    form = PaperForm(_waiting(consent), list(consent.forms), request.POST, request.FILES)
    signed = attempt(
        form,
        lambda: bring_signature(
            actor=actor_of(request),
            code=consent.code,
            intake=uploaded(request, "file"),
            filename=form.cleaned_data["file"].name or "",
            **form.values(),
        ),
    )
    if signed is None:
        return _show(request, consent, form)
    messages.success(request, _("The signature is recorded, and the file kept encrypted."))
    return see(reverse("consent", args=[consent.likeness.code, consent.code]))


def _waiting(consent: Consent) -> list[Authority]:
    """Return those who can sign and have not."""
    done = set(consent.signatures.values_list("authority_id", flat=True))
    voice = voice_named(consent, timezone.now())
    return [each for each in voice.signers if each.pk not in done]


def _show(request: HttpRequest, consent: Consent, form: PaperForm) -> HttpResponse:
    likeness = consent.likeness
    context = {
        "form": form,
        "trail": [
            (_("Likenesses"), reverse("likenesses")),
            (str(likeness), reverse("likeness", args=[likeness.code])),
            (_("Consent"), reverse("consent", args=[likeness.code, consent.code])),
        ],
    }
    status = REFUSED if form.errors else 200
    return render(request, "web/consents/paper.html", context, status=status)


@never_cache
@require_safe
@member("studio", "talent")
def paper(request: HttpRequest, code: str, authority: str) -> HttpResponseBase:
    """The file that shows a signature given on paper."""
    of = Signature.objects.filter(consent=_own(request, code), authority__code=authority)
    found = of.first()
    if found is None or not found.document:
        raise NotFound
    return FileResponse(
        object_store().open(found.document["key"]),
        as_attachment=True,
        filename=found.document["filename"],
        content_type="application/octet-stream",
    )


def _own(request: HttpRequest, code: str) -> Consent:
    mine = Consent.objects.visible_to(actor_of(request)).select_related("likeness__performer")
    found = mine.filter(code=code).first()
    if found is None:
        raise NotFound
    return found


urlpatterns: list[URLPattern] = [
    path("consents/<str:code>/signatures/new/", new_paper, name="new_paper"),
    path("consents/<str:code>/signatures/<str:authority>/", paper, name="paper"),
]
