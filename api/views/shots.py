"""What is inside a film: shots, tags, the outline of its sound, transcripts."""

from collections import defaultdict
from functools import partial
from typing import Any

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import NotFound
from api.endpoint import Endpoint, actor_of, read, read_query
from api.idempotency import once, repeatable
from api.inputs import media as forms
from api.outputs import media as out
from api.paging import PageQuery, page
from api.schema import operation, pages_of
from api.shapes import one, rows
from api.views.assets import receive_body
from catalog.assets import require_upload
from catalog.models import Asset, Cue, MediaReading, ShotTag, Transcript
from catalog.objects import object_store
from catalog.spoken import MAX_BYTES, import_transcript, remove_transcript
from catalog.tagging import (
    Tagging,
    find_asset,
    shots_with_tag,
    tag_shots,
    thumbnail_key,
    untag_shot,
)
from licensing.offers.market import viewable_assets

described = partial(operation, tag="shots")


class Shots(Endpoint):
    @described(
        "shots_list",
        "The shots of a film, in their order",
        gives=pages_of(out.Shot),
        query=forms.ShotQuery,
    )
    def get(self, request: Request, code: str) -> Response:
        query = read_query(request, forms.ShotQuery)
        asset = _viewable(request, code)
        found = shots_with_tag(asset, query.get("tag", ""))
        shown = page(request, out.Shot, found, query, falling=False)
        tags = _tags(asset, [shot["number"] for shot in shown["results"]])
        for shot in shown["results"]:
            shot["tags"] = tags[shot["number"]]
        return Response(shown)


class Thumbnail(Endpoint):
    @described(
        "shots_thumbnail",
        "A small frame of the shot",
        gives=OpenApiTypes.BINARY,
        media="image/jpeg",
        waits=True,
    )
    def get(self, request: Request, code: str, number: int) -> FileResponse:
        assets = viewable_assets(actor_of(request)).filter(code=code)
        key = thumbnail_key(assets, number)
        return FileResponse(
            object_store().open(key),
            content_type="image/jpeg",
            headers={"Cache-Control": "private, max-age=86400"},
        )


class ShotTags(Endpoint):
    @described(
        "shot_tags_create",
        "Say what shots show, as a person or as a tagger",
        takes=forms.NewShotTags,
        gives=out.KeptTags,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data, actor = read(request, forms.NewShotTags), actor_of(request)
        asset = find_asset(actor, code)
        taggings = [Tagging(**tag) for tag in data["tags"]]

        def act() -> Response:
            kept = tag_shots(
                actor=actor, asset=asset, taggings=taggings, tagger=data.get("tagger", "")
            )
            return Response({"kept": kept})

        return once(request, request.data, act)


class TagsOfShot(Endpoint):
    @described("shot_tags_delete", "Take a tag back", query=forms.ShotTagQuery, status=(204,))
    def delete(self, request: Request, code: str, number: int) -> Response:
        query, actor = read_query(request, forms.ShotTagQuery), actor_of(request)
        untag_shot(actor=actor, asset=find_asset(actor, code), number=number, **query)
        return Response(status=204)


class ReadingView(Endpoint):
    @described("assets_reading", "What reading the whole file found", gives=out.Reading)
    def get(self, request: Request, code: str) -> Response:
        found = MediaReading.objects.filter(asset=_viewable(request, code))
        return Response(one(out.Reading, found))


class Transcripts(Endpoint):
    @described(
        "transcripts_list",
        "What is said in the file",
        gives=pages_of(out.Transcript),
        query=PageQuery,
    )
    def get(self, request: Request, code: str) -> Response:
        query = read_query(request, PageQuery)
        found = find_asset(actor_of(request), code).transcripts.all()
        return Response(page(request, out.Transcript, found, query))

    @described(
        "transcripts_create",
        "Import SubRip or WebVTT: the body is the file",
        takes={"application/octet-stream": OpenApiTypes.BINARY},
        query=forms.TranscriptQuery,
        gives=out.Transcript,
        status=(201,),
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        query, actor = read_query(request, forms.TranscriptQuery), actor_of(request)
        asset = find_asset(actor, code)
        require_upload(actor, asset.owner)
        with receive_body(request, max_bytes=MAX_BYTES) as intake:
            content = intake.path.read_bytes()

            def act() -> Response:
                kept = import_transcript(actor=actor, asset=asset, content=content, **query)
                shown = one(out.Transcript, Transcript.objects.filter(pk=kept.pk))
                return Response(shown, status=201)

            return repeatable(request, {"sha256": intake.sha256}, act)


class TranscriptView(Endpoint):
    @described(
        "transcripts_read",
        "The words of a transcript and when they are heard",
        gives=pages_of(out.Cue),
        query=PageQuery,
    )
    def get(self, request: Request, code: str, language: str) -> Response:
        query = read_query(request, PageQuery)
        asset = find_asset(actor_of(request), code)
        if not asset.transcripts.filter(language=language).exists():
            raise NotFound
        found = Cue.objects.filter(transcript__asset=asset, transcript__language=language)
        return Response(page(request, out.Cue, found, query, falling=False))

    @described("transcripts_delete", "Take a transcript away", status=(204,))
    def delete(self, request: Request, code: str, language: str) -> Response:
        actor = actor_of(request)
        remove_transcript(actor=actor, asset=find_asset(actor, code), language=language)
        return Response(status=204)


def _viewable(request: Request, code: str) -> Asset:
    asset = viewable_assets(actor_of(request)).filter(code=code).first()
    if asset is None:
        raise NotFound
    return asset


def _tags(asset: Asset, numbers: list[int]) -> dict[int, list[dict[str, Any]]]:
    found = ShotTag.objects.filter(shot__asset=asset, shot__number__in=numbers).order_by("tag")
    of = found.values_list("shot__number", flat=True)
    tags: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for number, tag in zip(of, rows(out.ShotTag, found), strict=True):
        tags[number].append(tag)
    return tags
