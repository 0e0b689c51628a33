"""Large files: begun, sent in parts to where they are kept, completed, checked, or cancelled."""

from functools import partial
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Actor
from api.endpoint import Endpoint, actor_of, read, read_query
from api.fields import Nothing
from api.idempotency import once, repeatable
from api.inputs import media as forms
from api.outputs import media as out
from api.paging import page
from api.schema import operation, pages_of
from api.shapes import one
from catalog.assets import find_owner
from catalog.models import Title, Upload
from catalog.reference_list import registrations_of
from catalog.references import register_reference
from catalog.titles import get_title
from catalog.uploading import (
    abort_upload,
    begin_upload,
    complete_upload,
    get_upload,
    link_parts,
    parts_of,
)

described = partial(operation, tag="uploads")


class Uploads(Endpoint):
    @described(
        "uploads_list", "Files on their way in", gives=pages_of(out.Upload), query=forms.UploadQuery
    )
    def get(self, request: Request) -> Response:
        query, actor = read_query(request, forms.UploadQuery), actor_of(request)
        found = Upload.objects.visible_to(actor)
        if code := query.get("of"):
            owner = find_owner(actor, code)
            column = "title" if isinstance(owner, Title) else "likeness"
            found = found.filter(**{column: owner})
        if state := query.get("state"):
            found = found.filter(state=state)
        return Response(page(request, out.Upload, found, query))

    @described(
        "uploads_create",
        "Begin to send a file in parts",
        takes=forms.NewUpload,
        gives=out.UploadDetail,
        status=(201,),
        post=True,
        waits=True,
    )
    def post(self, request: Request) -> Response:
        data, actor = read(request, forms.NewUpload), actor_of(request)
        owner = find_owner(actor, data.pop("of"))

        def act() -> Response:
            upload = begin_upload(actor=actor, owner=owner, **data)
            return Response(_detail(actor, upload.code), status=201)

        return once(request, request.data, act)


class References(Endpoint):
    @described(
        "references_list",
        "Files in buckets of one's own: on their way in, refused, or as they were last found",
        gives=pages_of(out.Reference),
        query=forms.ReferenceQuery,
    )
    def get(self, request: Request) -> Response:
        query, actor = read_query(request, forms.ReferenceQuery), actor_of(request)
        found = registrations_of(actor, query.get("state", ""))
        if code := query.get("title"):
            found = found.filter(title=get_title(actor, code))
        if bucket := query.get("bucket"):
            found = found.filter(external_bucket=bucket)
        return Response(page(request, out.Reference, found, query))

    @described(
        "references_create",
        "Register a file that stays in a bucket of one's own; it is checked there",
        takes=forms.NewReference,
        gives=out.UploadDetail,
        status=(201,),
        post=True,
        waits=True,
    )
    def post(self, request: Request) -> Response:
        data, actor = read(request, forms.NewReference), actor_of(request)
        owner = find_owner(actor, data.pop("title"))

        def act() -> Response:
            upload = register_reference(actor=actor, owner=owner, **data)
            return Response(_detail(actor, upload.code), status=201)

        return once(request, request.data, act)


class ReferenceView(Endpoint):
    @described("references_read", "One file in a bucket of one's own", gives=out.Reference)
    def get(self, request: Request, code: str) -> Response:
        found = registrations_of(actor_of(request)).filter(code=code)
        return Response(one(out.Reference, found))


class UploadView(Endpoint):
    @described(
        "uploads_read", "What is there, and what is missing", gives=out.UploadDetail, waits=True
    )
    def get(self, request: Request, code: str) -> Response:
        return Response(_detail(actor_of(request), code))

    @described("uploads_cancel", "Cancel, and remove what was sent", status=(204,), waits=True)
    def delete(self, request: Request, code: str) -> Response:
        abort_upload(actor=actor_of(request), code=code)
        return Response(status=204)


class UploadParts(Endpoint):
    @described(
        "uploads_parts",
        "Links that take the parts with these hashes",
        takes=forms.PartsAsked,
        gives=out.PartLinks,
        post=True,
        waits=True,
    )
    def post(self, request: Request, code: str) -> Response:
        asked = read(request, forms.PartsAsked)["parts"]

        def act() -> Response:
            sha256s = {part["number"]: part["sha256"] for part in asked}
            links = link_parts(actor=actor_of(request), code=code, sha256s=sha256s)
            shown = [
                {
                    "number": number,
                    "method": link.method,
                    "url": _absolute(request, link.url),
                    "headers": dict(link.headers),
                }
                for number, link in links
            ]
            return Response({"parts": shown})

        return once(request, request.data, act)


class CompleteUpload(Endpoint):
    @described(
        "uploads_complete",
        "Say that all parts are sent: the file is put together, checked and registered",
        takes=Nothing,
        gives=out.UploadDetail,
        post=True,
        waits=True,
    )
    def post(self, request: Request, code: str) -> Response:
        read(request, Nothing)
        actor = actor_of(request)

        def act() -> Response:
            complete_upload(actor=actor, code=code)
            return Response(_detail(actor, code))

        return repeatable(request, request.data, act)


def _absolute(request: Request, url: str) -> str:
    """Return a bucket's link as it is, and one of this site under the name it was called by."""
    return request.build_absolute_uri(url) if url.startswith("/") else url


def _detail(actor: Actor, code: str) -> dict[str, Any]:
    # The parts first: asking the store may find that it has given the upload up.
    parts = [vars(part) for part in parts_of(get_upload(actor, code))]
    shown = one(out.UploadDetail, Upload.objects.visible_to(actor).filter(code=code))
    return shown | {"parts": parts}
