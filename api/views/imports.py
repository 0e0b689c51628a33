"""Files with many titles: sent, followed, cancelled, reported."""

from functools import partial

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Actor
from api.endpoint import Endpoint, actor_of, read, read_query, read_repeated
from api.idempotency import once, repeatable
from api.inputs import imports as forms
from api.outputs import imports as out
from api.paging import PageQuery, page
from api.schema import operation, pages_of
from api.shapes import one
from api.views.assets import receive_body
from catalog.importing.report import with_rows_done
from catalog.importing.starting import (
    cancel_import,
    check_decisions,
    get_import,
    save_source,
    start_import,
    take_file,
)
from catalog.models import Import, ImportSource

described = partial(operation, tag="catalogue")


class Imports(Endpoint):
    @described(
        "imports_list", "Imports of the organisation", gives=pages_of(out.Import), query=PageQuery
    )
    def get(self, request: Request) -> Response:
        found = with_rows_done(Import.objects.visible_to(actor_of(request)))
        return Response(page(request, out.Import, found, read_query(request, PageQuery)))

    @described(
        "imports_create",
        "Import a file: the body is the file, or a JSON object of one title on each line",
        takes={
            "application/octet-stream": OpenApiTypes.BINARY,
            "application/x-ndjson": OpenApiTypes.BINARY,
        },
        query=forms.ImportQuery,
        gives=out.Import,
        status=(201,),
        post=True,
        waits=True,
    )
    def post(self, request: Request) -> Response:
        query = read_repeated(request, forms.ImportQuery, {"column"})
        actor = actor_of(request)
        dry_run = query.pop("dry_run")
        filename, form = query.pop("filename"), query.pop("format", "")
        if columns := query.pop("column", None):
            query["columns"] = columns
        check_decisions(actor=actor, **query)
        with receive_body(request, max_bytes=settings.ENV.upload_max_bytes) as intake:

            def act() -> Response:
                job = take_file(actor=actor, intake=intake, filename=filename, format=form)
                start_import(actor=actor, code=job.code, dry_run=dry_run, **query)
                return Response(_shown(actor, job.code), status=201)

            return repeatable(request, {"sha256": intake.sha256}, act)


class ImportView(Endpoint):
    @described("imports_read", "One import, and how far it is", gives=out.Import)
    def get(self, request: Request, code: str) -> Response:
        return Response(_shown(actor_of(request), code))


class ImportRows(Endpoint):
    @described(
        "import_rows_list",
        "What became of each row, in the order of the file",
        gives=pages_of(out.ImportRow),
        query=forms.ImportRowQuery,
    )
    def get(self, request: Request, code: str) -> Response:
        query = read_query(request, forms.ImportRowQuery)
        rows = get_import(actor_of(request), code).rows.all()
        if outcome := query.get("outcome"):
            rows = rows.filter(outcome=outcome)
        return Response(page(request, out.ImportRow, rows, query, falling=False))


class CancelImport(Endpoint):
    @described(
        "imports_cancel",
        "Stop an import; rows that are in stay in",
        gives=out.Import,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        actor = actor_of(request)

        def act() -> Response:
            cancel_import(actor=actor, code=code)
            return Response(_shown(actor, code))

        return once(request, request.data, act)


class ImportSources(Endpoint):
    @described(
        "import_sources_list",
        "Who sends files, and how they write time",
        gives=pages_of(out.ImportSource),
        query=PageQuery,
    )
    def get(self, request: Request) -> Response:
        found = ImportSource.objects.visible_to(actor_of(request))
        return Response(page(request, out.ImportSource, found, read_query(request, PageQuery)))

    @described(
        "import_sources_create",
        "Say how a source writes time; the same name again decides anew",
        takes=forms.NewImportSource,
        gives=out.ImportSource,
        status=(201,),
        post=True,
    )
    def post(self, request: Request) -> Response:
        data = read(request, forms.NewImportSource)
        actor = actor_of(request)

        def act() -> Response:
            source = save_source(actor=actor, **data)
            found = ImportSource.objects.filter(pk=source.pk)
            return Response(one(out.ImportSource, found), status=201)

        return once(request, request.data, act)


def _shown(actor: Actor, code: str) -> dict[str, object]:
    return one(out.Import, with_rows_done(Import.objects.visible_to(actor).filter(code=code)))
