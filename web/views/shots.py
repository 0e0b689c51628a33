"""A film's shots as a contact sheet, with tags, the outline of its sound and what is said in it."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Permission
from accounts.errors import NotFound
from catalog.intake import too_large
from catalog.models import Asset, Cue, MediaReading, Shot, ShotTag, Title, Transcript
from catalog.spoken import MAX_BYTES, import_transcript, remove_transcript
from catalog.tagging import (
    Tagging,
    find_asset,
    shots_with_tag,
    tag_shots,
    thumbnail_key,
    untag_shot,
)
from catalog.uploads import streamed_upload, uploaded
from licensing.offers.market import viewable_assets
from web.acts import press, see
from web.entrance import actor_of, member
from web.files import send_object
from web.forms.shots import TranscriptForm
from web.forms.verbs import REFUSED, attempt
from web.history import history_of, proof
from web.paging import page
from web.waveform import outline

_SHOTS_SHOWN = 48
_CUES_SHOWN = 300


@csrf_exempt  # the token is checked by `_receive`, once a place for the file is ready
@require_http_methods(["GET", "POST"])
@member("studio", "talent")
def shots(request: HttpRequest, code: str) -> HttpResponseBase:
    """The contact sheet of a film; a POST brings a transcript."""
    asset = find_asset(actor_of(request), code)
    if request.method == "POST":
        return _receive(request, asset)
    return _show(request, asset, TranscriptForm())


@streamed_upload
def _receive(request: HttpRequest, asset: Asset) -> HttpResponseBase:
    form = TranscriptForm(request.POST, request.FILES)

    def take() -> Transcript:
        intake = uploaded(request, "file")
        if intake.size_bytes > MAX_BYTES:
            raise too_large(MAX_BYTES)
        return import_transcript(
            actor=actor_of(request),
            asset=asset,
            content=intake.path.read_bytes(),
            filename=form.cleaned_data["file"].name or "",
            language=form.cleaned_data["language"],
        )

    taken = attempt(form, take)
    if taken is None:
        return _show(request, asset, form, status=REFUSED)
    messages.success(request, _("The transcript is imported."))
    return see(reverse("shots", args=[asset.code]))


def _show(
    request: HttpRequest, asset: Asset, form: TranscriptForm, status: int = 200
) -> HttpResponse:
    reading = MediaReading.objects.filter(asset=asset).first()
    if reading is None:
        raise NotFound
    tag = request.GET.get("tag", "").replace("\0", "")
    tags = Prefetch("tags", ShotTag.objects.select_related("person").order_by("tag", "tagger"))
    found = shots_with_tag(asset, tag).prefetch_related(tags)
    cursor = request.GET.get("cursor", "")
    cursor = cursor if cursor.removeprefix("-").isdecimal() and len(cursor) < 10 else ""
    shown = page(found, cursor=cursor, order="number", size=_SHOTS_SHOWN, code="number")
    owner = asset.owner
    section = "titles" if isinstance(owner, Title) else "likenesses"
    base = reverse("title" if section == "titles" else "likeness", args=[owner.code])
    right = Permission.EDIT_TITLES if section == "titles" else Permission.EDIT_LIKENESSES
    context = {
        "asset": asset,
        "reading": reading,
        "outline": outline(bytes(reading.peaks)) if reading.peaks else "",
        "duration_ms": (reading.duration_us or 0) // 1000,
        "page": shown,
        "tag": tag,
        "form": form,
        "may_edit": actor_of(request).may(right),
        "trail": [
            (_("Library") if section == "titles" else _("Likenesses"), reverse(section)),
            (str(owner), base),
            (_("Files"), f"{base}files/"),
            (asset.filename, reverse("asset", args=[asset.code])),
        ],
        "history": history_of([asset.stream]),
        "proof": proof(asset.stream, "asset.registered"),
        **_spoken(request, asset, shown.rows),
    }
    return render(request, "web/assets/shots.html", context, status=status)


def _spoken(request: HttpRequest, asset: Asset, rows: list[Shot]) -> dict[str, Any]:
    """Return the file's transcripts and what the chosen one says while the shown shots last."""
    transcripts = list(asset.transcripts.order_by("language"))
    wanted = request.GET.get("language", "")
    chosen = next((each for each in transcripts if each.language == wanted), None)
    chosen = chosen or next(iter(transcripts), None)
    cues = Cue.objects.filter(transcript=chosen).order_by("start_ms", "number")
    if rows:
        cues = cues.filter(
            start_ms__lt=-(-rows[-1].end_us // 1000), end_ms__gt=rows[0].start_us // 1000
        )
    said = list(cues[: _CUES_SHOWN + 1]) if chosen else []
    return {
        "transcripts": transcripts,
        "transcript": chosen,
        "cues": said[:_CUES_SHOWN],
        "has_more_cues": len(said) > _CUES_SHOWN,
    }


@require_POST
@member("studio", "talent")
def tag_shot(request: HttpRequest, code: str, number: int) -> HttpResponseBase:
    """Add a tag to a shot, or take one back."""
    actor, tag = actor_of(request), request.POST.get("tag", "")
    asset = find_asset(actor, code)
    back = f"{reverse('shots', args=[asset.code])}{_query(request)}#shot-{number}"
    if "remove" in request.POST:
        tagger = request.POST.get("tagger", "")
        return press(
            request,
            lambda: untag_shot(actor=actor, asset=asset, number=number, tag=tag, tagger=tagger),
            done=_("The tag is taken back."),
            back=back,
        )
    return press(
        request,
        lambda: tag_shots(actor=actor, asset=asset, taggings=[Tagging(number, tag)]),
        done=_("The shot is tagged."),
        back=back,
    )


@require_POST
@member("studio", "talent")
def drop_transcript(request: HttpRequest, code: str, language: str) -> HttpResponseBase:
    """Take a transcript away."""
    actor = actor_of(request)
    asset = find_asset(actor, code)
    return press(
        request,
        lambda: remove_transcript(actor=actor, asset=asset, language=language),
        done=_("The transcript is removed."),
        back=reverse("shots", args=[asset.code]),
    )


@require_safe
@member()
def thumbnail(request: HttpRequest, code: str, number: int) -> HttpResponseBase:
    """A small frame of a shot, for who may see the file's pictures."""
    assets = viewable_assets(actor_of(request)).filter(code=code)
    return send_object(request, thumbnail_key(assets, number), "image/jpeg")


def _query(request: HttpRequest) -> str:
    """Return which page of which tag the form stood on."""
    kept = {name: request.GET[name] for name in ("tag", "cursor") if request.GET.get(name)}
    return f"?{urlencode(kept)}" if kept else ""


urlpatterns: list[URLPattern] = [
    path("assets/<str:code>/shots/", shots, name="shots"),
    path("assets/<str:code>/shots/<int:number>/thumbnail/", thumbnail, name="thumbnail"),
    path("assets/<str:code>/shots/<int:number>/tag/", tag_shot, name="tag-shot"),
    path(
        "assets/<str:code>/transcripts/<str:language>/remove/",
        drop_transcript,
        name="transcript-remove",
    ),
]
