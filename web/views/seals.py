"""The sealed agreement of a deal, and what a reader of PDFs will say of it."""

import hashlib

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.errors import NotFound
from catalog.objects import object_store
from licensing.agreement.annex import read_annex
from licensing.models import Agreement
from provenance.seals import read_seal, sealed
from provenance.trust.pki import is_development
from web.entrance import actor_of, member

HOUSES = ("studio", "talent", "lab")


@require_safe
@member(*HOUSES)
def signed(request: HttpRequest, code: str) -> HttpResponseBase:
    """Give the agreement with this installation's signature behind it, as a download."""
    return FileResponse(
        object_store().open(sealed(_find(request, code))),
        content_type="application/pdf",
        filename=f"agreement-{code}-signed.pdf",
        as_attachment=True,
    )


@require_safe
@member(*HOUSES)
def schedule(request: HttpRequest, code: str) -> HttpResponse:
    """Give the list of files that the agreement carries, as the file whose hash it names."""
    with object_store().open(_find(request, code).pdf_key) as file:
        table = read_annex(file.read())
    if table is None:
        raise NotFound
    name = f'attachment; filename="agreement-{code}-schedule-a.csv"'
    return HttpResponse(
        table, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": name}
    )


@require_safe
@member(*HOUSES)
def signature(request: HttpRequest, code: str) -> HttpResponse:
    """Show what a reader of PDFs finds in the sealed agreement, read anew."""
    agreement = _find(request, code)
    with object_store().open(sealed(agreement)) as file:
        document = file.read()
    reading, table = read_seal(document), read_annex(document)
    context = {
        "deal": agreement.deal,
        "agreement": agreement,
        "reading": reading,
        "is_ours": reading.begins_with_sha256 == agreement.pdf_sha256,
        "table_sha256": hashlib.sha256(table).hexdigest() if table else "",
        "is_development": is_development(),
        "file": f"agreement-{code}-signed.pdf",
        "base_url": settings.BASE_URL,
        "trail": [
            (_("Deals"), reverse("deals")),
            (agreement.deal.display_code, reverse("deal", args=[code])),
        ],
    }
    return render(request, "web/deals/signature.html", context)


def _find(request: HttpRequest, code: str) -> Agreement:
    rows = Agreement.objects.visible_to(actor_of(request))
    found = rows.select_related("deal__licensor", "deal__request__organisation")
    agreement = found.filter(deal__code=code).first()
    if agreement is None:
        raise NotFound
    return agreement


urlpatterns: list[URLPattern] = [
    path("deals/<edge:code>/agreement-signed.pdf", signed, name="deal-agreement-signed"),
    path("deals/<edge:code>/schedule-a.csv", schedule, name="deal-schedule"),
    path("deals/<edge:code>/signature/", signature, name="deal-signature"),
]
