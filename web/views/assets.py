"""Files of a title or likeness: the tab with its upload, a file's own page, its pictures."""

from typing import cast

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts.errors import NotFound, TooLarge
from catalog.assets import Owner, register_asset, require_upload
from catalog.models import Asset, Title, WorkState
from catalog.probe import MediaFacts
from catalog.uploads import streamed_upload, uploaded
from licensing.offers.market import viewable_assets
from licensing.verdicts.resting import footings_of
from web.acts import see
from web.entrance import actor_of, member
from web.files import send_object
from web.forms.assets import UploadForm
from web.forms.verbs import REFUSED, attempt, refused_unread
from web.history import history_of, proof
from web.owners import owner_of, page_context
from web.paging import page
from web.views.uploads import under_way

_GRANTS_SHOWN = 100


# The token is checked by `_receive`, once a place for the file is ready: Django reads the whole
# body to find it.
@csrf_exempt
@require_http_methods(["GET", "POST"])
@member("studio", "talent")
def files(request: HttpRequest, section: str, code: str) -> HttpResponseBase:
    """The files of a title or likeness; a POST brings another one."""
    owner = owner_of(request, section, code)
    if request.method != "POST":
        return _show_files(request, owner, UploadForm())
    require_upload(actor_of(request), owner)
    try:
        return _receive(request, owner)
    except TooLarge as refusal:  # announced as too large, and not read
        form = refused_unread(UploadForm({}), refusal)
        return _show_files(request, owner, form, status=refusal.status)


@streamed_upload
def _receive(request: HttpRequest, owner: Owner) -> HttpResponseBase:
    form = UploadForm(request.POST, request.FILES)
    taken = attempt(form, lambda: _take(request, owner, **form.cleaned_data))
    if taken is None:
        return _show_files(request, owner, form, status=REFUSED)
    asset, is_new = taken
    if is_new:
        messages.success(request, _("The file is registered."))
    else:
        here = _("This file is already here, to the last byte: %(name)s.")
        messages.info(request, here % {"name": asset.filename})
    address = reverse("asset", args=[asset.code])
    if request.headers.get("X-Requested-With") == "XMLHttpRequest":
        # A script follows a redirect unseen: the message would be shown to nobody.
        return HttpResponse(status=201, headers={"Location": address})
    return see(address)


def _take(
    request: HttpRequest, owner: Owner, *, source_type: str, file: "UploadedFile[bytes]"
) -> tuple[Asset, bool]:
    return register_asset(
        actor=actor_of(request),
        owner=owner,
        intake=uploaded(request, "file"),
        filename=file.name or "",
        source_type=source_type,
    )


def _show_files(
    request: HttpRequest, owner: Owner, form: UploadForm, status: int = 200
) -> HttpResponse:
    shown = page(owner.assets.all(), cursor=request.GET.get("cursor", ""), order="number")
    uploads = under_way(owner, request.GET.get("uploads", ""))
    context = page_context(request, owner, form=form, page=shown, **uploads)
    return render(request, "web/owner/files.html", context, status=status)


@require_safe
@member("studio", "talent")
def asset(request: HttpRequest, code: str) -> HttpResponse:
    """A file: what was found in it, its hash, its pictures, and where it was granted."""
    found = _own(request, code)
    owner = found.owner
    section = "titles" if isinstance(owner, Title) else "likenesses"
    base = reverse("title" if section == "titles" else "likeness", args=[owner.code])
    rows = found.granted_assets.select_related("asset", "clearance", "grant__licensee")
    granted = list(rows.order_by("-pk")[:_GRANTS_SHOWN])
    footings = footings_of(granted)
    context = {
        "asset": found,
        "facts": cast("MediaFacts", found.facts),
        "trail": [
            (_("Library") if section == "titles" else _("Likenesses"), reverse(section)),
            (str(owner), base),
            (_("Files"), f"{base}files/"),
        ],
        "owner_name": str(owner),
        "owner_href": base,
        "granted": granted,
        "ended": {
            each.grant_id
            for each in granted
            if each.grant.stands and footings[each.pk].rest.is_over
        },
        "history": history_of([found.stream]),
        "proof": proof(found.stream, "asset.registered"),
    }
    return render(request, "web/assets/asset.html", context)


@require_safe
@member("studio", "talent")
def screen(request: HttpRequest, code: str) -> HttpResponse:
    """The picture of a file as a part of a page that waits for it: 204 until it is made."""
    found = _own(request, code)
    if found.pictures_state == WorkState.DUE:
        return HttpResponse(status=204)
    return render(request, "web/owner/screen.html", {"picture": found})


@require_safe
@member()
def poster(request: HttpRequest, code: str) -> HttpResponseBase:
    """A frame of the file, for who may see it."""
    return _picture(request, code, "poster_key", "image/jpeg")


@require_safe
@member()
def contact_sheet(request: HttpRequest, code: str) -> HttpResponseBase:
    """Twelve frames of the film in one picture, for who may see it."""
    return _picture(request, code, "sheet_key", "image/jpeg")


@require_safe
@member()
def preview(request: HttpRequest, code: str) -> HttpResponseBase:
    """A short small clip of the file, for who may see it."""
    return _picture(request, code, "preview_key", "video/mp4")


def _picture(request: HttpRequest, code: str, column: str, mime: str) -> HttpResponseBase:
    found = viewable_assets(actor_of(request)).filter(code=code)
    key = found.values_list(column, flat=True).first()
    if not key:
        raise Http404
    return send_object(request, key, mime)


def _own(request: HttpRequest, code: str) -> Asset:
    mine = Asset.objects.visible_to(actor_of(request))
    found = mine.select_related("title", "likeness__performer").filter(code=code).first()
    if found is None:
        raise NotFound
    return found


urlpatterns: list[URLPattern] = [
    *(
        path(f"{section}/<str:code>/files/", files, {"section": section})
        for section in ("titles", "likenesses")
    ),
    path("assets/<str:code>/", asset, name="asset"),
    path("assets/<str:code>/screen/", screen, name="screen"),
    path("assets/<str:code>/poster/", poster, name="poster"),
    path("assets/<str:code>/contact-sheet/", contact_sheet, name="contact_sheet"),
    path("assets/<str:code>/preview/", preview, name="preview"),
]
