"""Files: sending them, reading what was found in them, looking at them."""

import re
from functools import partial

from django.conf import settings
from django.http import FileResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import Invalid, NotFound
from api.endpoint import Endpoint, actor_of, read_query
from api.idempotency import repeatable
from api.inputs.catalog import FileQuery
from api.outputs import catalog as out
from api.paging import PageQuery, page
from api.schema import operation, pages_of
from api.shapes import one
from catalog.assets import Owner, register_asset, require_upload
from catalog.intake import Intake, receive
from catalog.likenesses import find_likeness
from catalog.models import Asset
from catalog.objects import object_store
from catalog.titles import get_title
from licensing.offers.market import viewable_assets

HASH_HEADER = "X-Content-SHA256"
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")

described = partial(operation, tag="catalogue")
sends_file = partial(
    described,
    takes={"application/octet-stream": OpenApiTypes.BINARY},
    query=FileQuery,
    gives=out.Asset,
    status=(200, 201),
    post=True,
    extra=(
        OpenApiParameter(
            HASH_HEADER,
            OpenApiTypes.STR,
            OpenApiParameter.HEADER,
            description="SHA-256 of the file in hex; what arrives must have it.",
        ),
    ),
)


class TitleAssets(Endpoint):
    @described("title_assets_list", "Files of a title", gives=pages_of(out.Asset), query=PageQuery)
    def get(self, request: Request, code: str) -> Response:
        return _list(request, get_title(actor_of(request), code))

    @sends_file("title_assets_create", "Send a file of a title: the body is the file")
    def post(self, request: Request, code: str) -> Response:
        return _take(request, get_title(actor_of(request), code))


class LikenessAssets(Endpoint):
    @described(
        "likeness_assets_list",
        "Reference files of a likeness",
        gives=pages_of(out.Asset),
        query=PageQuery,
    )
    def get(self, request: Request, code: str) -> Response:
        return _list(request, find_likeness(actor_of(request), code))

    @sends_file("likeness_assets_create", "Send a reference file: the body is the file")
    def post(self, request: Request, code: str) -> Response:
        return _take(request, find_likeness(actor_of(request), code))


class AssetView(Endpoint):
    @described("assets_read", "One file of the organisation", gives=out.Asset)
    def get(self, request: Request, code: str) -> Response:
        found = Asset.objects.visible_to(actor_of(request)).filter(code=code)
        return Response(one(out.Asset, found))


class Poster(Endpoint):
    @described(
        "assets_poster",
        "A frame of the file",
        gives=OpenApiTypes.BINARY,
        media="image/jpeg",
        waits=True,
    )
    def get(self, request: Request, code: str) -> FileResponse:
        return _picture(request, code, "poster_key", "image/jpeg")


class ContactSheet(Endpoint):
    @described(
        "assets_contact_sheet",
        "Twelve frames of the film in one picture",
        gives=OpenApiTypes.BINARY,
        media="image/jpeg",
        waits=True,
    )
    def get(self, request: Request, code: str) -> FileResponse:
        return _picture(request, code, "sheet_key", "image/jpeg")


class Preview(Endpoint):
    @described(
        "assets_preview",
        "A short small clip",
        gives=OpenApiTypes.BINARY,
        media="video/mp4",
        waits=True,
    )
    def get(self, request: Request, code: str) -> FileResponse:
        return _picture(request, code, "preview_key", "video/mp4")


def receive_body(request: Request, *, max_bytes: int) -> Intake:
    """Stream the body to disk; the hash and the length announced in headers must come true. A form
    is refused: its bytes are those of no file."""
    kind = (request.content_type or "").lower()
    if kind.startswith("multipart/"):
        told = _("Send the file itself as the body, not as part of a form.")
        raise UnsupportedMediaType(kind, detail=told)
    expected = request.headers.get(HASH_HEADER)
    if expected is not None and not _SHA256.fullmatch(expected):
        raise Invalid(HASH_HEADER, _("Give the SHA-256 as 64 hexadecimal digits."))
    length = request.headers.get("Content-Length", "")
    return receive(
        request._request,  # noqa: SLF001 - the stream itself, before any parser
        max_bytes=max_bytes,
        expected_sha256=expected,
        expected_bytes=int(length) if length.isdecimal() else None,
    )


def _list(request: Request, owner: Owner) -> Response:
    query = read_query(request, PageQuery)
    return Response(page(request, out.Asset, owner.assets.all(), query))


def _take(request: Request, owner: Owner) -> Response:
    query = read_query(request, FileQuery)
    actor = actor_of(request)
    require_upload(actor, owner)
    with receive_body(request, max_bytes=settings.ENV.upload_max_bytes) as intake:

        def act() -> Response:
            asset, is_new = register_asset(actor=actor, owner=owner, intake=intake, **query)
            shown = one(out.Asset, Asset.objects.filter(pk=asset.pk))
            return Response(shown, status=201 if is_new else 200)

        return repeatable(request, {"sha256": intake.sha256}, act)


def _picture(request: Request, code: str, column: str, mime: str) -> FileResponse:
    found = viewable_assets(actor_of(request)).filter(code=code).values_list(column, flat=True)
    key = found.first()
    if not key:
        raise NotFound
    # The key holds the hash of what it shows: it never changes.
    return FileResponse(
        object_store().open(key),
        content_type=mime,
        headers={"Cache-Control": "private, max-age=86400"},
    )
