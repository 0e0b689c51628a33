"""Uploads of a title or likeness: what is under way, and cancelling it."""

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from catalog.assets import Owner
from catalog.models import Title, UploadState
from catalog.models.uploads import LIVE
from catalog.uploading import abort_upload, get_upload
from web import paging
from web.acts import press
from web.entrance import actor_of, member
from web.owners import owner_of, page_context

_SHOWN = 20
_REFUSED_SHOWN_FOR = timedelta(days=2)
_ENDED_BADLY = {UploadState.REFUSED, UploadState.ABORTED}
_CHECKED = {UploadState.COMPLETING, UploadState.CHECKING}


def under_way(owner: Owner, cursor: str = "") -> dict[str, Any]:
    """Return what a page shows of the owner's uploads: the live ones, and what was refused or
    given up lately, with why; what somebody cancelled has no reason. The newest, or of very many
    those that `cursor` asks for.

    How much of them is there only the store knows, which is not asked for a list.
    """
    lately = timezone.now() - _REFUSED_SHOWN_FOR
    shown = owner.uploads.filter(
        Q(state__in=LIVE) | Q(state__in=_ENDED_BADLY, work_not_before__gte=lately) & ~Q(reason="")
    )
    page = paging.page(shown, cursor=cursor, size=_SHOWN)
    uploads = page.rows
    rows = [
        {
            "code": each.code,
            "filename": each.filename,
            "state": each.state,
            "get_state_display": each.get_state_display(),
            "size_bytes": each.size_bytes,
            "reason": each.reason,
            "expires_at": each.expires_at,
            "is_live": each.state in LIVE,
        }
        for each in uploads
    ]
    return {
        "uploads": rows,
        "uploads_page": page,
        "uploads_total": shown.count(),
        "uploads_cursor": cursor if page.previous else "",
        "is_checking": any(each.state in _CHECKED for each in uploads),
    }


@require_safe
@member("studio", "talent")
def uploads(request: HttpRequest, section: str, code: str) -> HttpResponse:
    """The uploads under way as a part of a page that waits for them."""
    owner = owner_of(request, section, code)
    context = page_context(request, owner, **under_way(owner, request.GET.get("uploads", "")))
    return render(request, "web/owner/uploads.html", context)


@require_POST
@member("studio", "talent")
def cancel(request: HttpRequest, code: str) -> HttpResponseBase:
    """Cancel an upload and go back to the files that it would have joined."""
    actor = actor_of(request)
    owner = get_upload(actor, code).owner
    page = "title" if isinstance(owner, Title) else "likeness"
    return press(
        request,
        lambda: abort_upload(actor=actor, code=code),
        done=_("The upload is cancelled."),
        back=f"{reverse(page, args=[owner.code])}files/",
    )


urlpatterns: list[URLPattern] = [
    *(
        path(f"{section}/<str:code>/files/uploads/", uploads, {"section": section})
        for section in ("titles", "likenesses")
    ),
    path("uploads/<str:code>/cancel/", cancel, name="upload-cancel"),
]
