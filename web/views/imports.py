"""Imports: send a file, say how it is read, watch it come in, read what became of each row."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import get_language, gettext, override
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Permission, require
from accounts.csv_download import Cell, csv_response
from accounts.errors import TooLarge
from catalog.importing.report import progress_of
from catalog.importing.starting import (
    cancel_import,
    get_import,
    import_again,
    preview_import,
    proposed_mapping,
    save_source,
    start_import,
    take_file,
)
from catalog.importing.words import say, say_refusal
from catalog.imports.reading import Preview
from catalog.imports.rows import Unreadable
from catalog.imports.tables import repeats
from catalog.imports.workbook import column_letters
from catalog.models import Import, ImportRow, ImportSource, ImportState, RowOutcome
from catalog.uploads import streamed_upload, uploaded
from licensing.offers.export import export_offers
from web.acts import press, see
from web.entrance import actor_of, member
from web.forms.imports import SendForm, SourceForm, StartForm, column_choices
from web.forms.verbs import REFUSED, attempt, refused_unread
from web.paging import page

_TRAIL = (_("Imports"), "imports")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
@member("studio")
def imports(request: HttpRequest) -> HttpResponse:
    """All imports, the newest first."""
    actor = actor_of(request)
    shown = page(
        Import.objects.visible_to(actor).select_related("source"),
        cursor=request.GET.get("cursor", ""),
    )
    context = {"page": shown, "may_edit": actor.may(Permission.EDIT_TITLES)}
    return render(request, "web/imports/list.html", context)


# The token is checked by `_receive`, once a place for the file is ready.
@csrf_exempt
@require_http_methods(["GET", "POST"])
@member("studio")
def new_import(request: HttpRequest) -> HttpResponseBase:
    """Send a file; what it is and how to read it is asked next."""
    require(actor_of(request), Permission.EDIT_TITLES)
    if request.method != "POST":
        return _show_new(request, SendForm())
    try:
        return _receive(request)
    except TooLarge as refusal:  # announced as too large, and not read
        form = refused_unread(SendForm({}), refusal)
        return _show_new(request, form, status=refusal.status)


@streamed_upload
def _receive(request: HttpRequest) -> HttpResponseBase:
    form = SendForm(request.POST, request.FILES)
    job = attempt(
        form,
        lambda: take_file(
            actor=actor_of(request),
            intake=uploaded(request, "file"),
            filename=form.cleaned_data["file"].name or "",
            format=form.cleaned_data["format"],
        ),
    )
    if job is None:
        return _show_new(request, form, status=REFUSED)
    return see(reverse("import", args=[job.code]))


def _show_new(request: HttpRequest, form: SendForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "trail": _trail()}
    return render(request, "web/imports/new.html", context, status=status)


@require_http_methods(["GET", "POST"])
@member("studio")
def import_(request: HttpRequest, code: str) -> HttpResponseBase:
    """One import: its questions while it is a draft, then its progress, then its report."""
    job = get_import(actor_of(request), code)
    if job.state == ImportState.DRAFT:
        return _draft(request, job)
    if request.method == "POST":
        return _again(request, job)
    return _show(request, job, StartForm(actor_of(request), job))


def _draft(request: HttpRequest, job: Import) -> HttpResponseBase:
    """Ask how to read the file. For a table, show its first rows and what each header means."""
    actor = actor_of(request)
    require(actor, Permission.EDIT_TITLES)
    form = StartForm(actor, job, request.POST or None)
    sheet, sheets, refused = _preview(job, request)
    if request.method == "POST":
        decided: dict[str, Any] = {"mapping": _mapping(request, sheet)} if sheet else {}
        if sheet:
            decided["sheet"] = sheet.sheet
        is_dry = "now" not in request.POST
        started = attempt(
            form,
            lambda: start_import(
                actor=actor, code=job.code, dry_run=is_dry, **form.cleaned_data, **decided
            ),
        )
        if started is not None:
            return see(reverse("import", args=[job.code]))
    context = {
        "job": job,
        "form": form,
        "sheets": sheets,
        "columns": _columns(request, sheet),
        "choices": column_choices(),
        "rows": sheet.rows if sheet else [],
        "sheet": sheet.sheet if sheet else "",
        "refused": say_refusal(refused) if refused else "",
        "trail": _trail(),
    }
    status = REFUSED if form.errors else 200
    return render(request, "web/imports/draft.html", context, status=status)


def _preview(
    job: Import, request: HttpRequest
) -> tuple[Preview | None, list[Preview], dict[str, Any] | None]:
    """Return the sheet to map, all sheets, and why there is none."""
    try:
        sheets = preview_import(job)
    except Unreadable as error:
        said = {"code": error.code, "message": error.message, "params": error.params}
        return None, [], said
    wanted = request.POST.get("sheet") or request.GET.get("sheet", "")
    chosen = next((each for each in sheets if each.sheet == wanted), None)
    return chosen or (sheets[0] if sheets else None), sheets, None


def _columns(request: HttpRequest, sheet: Preview | None) -> list[tuple[str, str, str, str]]:
    """Return (field, header, meaning, letters of the column with that header which is read instead)
    of each column of a table."""
    if sheet is None:
        return []
    twice = repeats(dict(enumerate(sheet.headers)))
    proposed = _mapping(request, sheet) if request.method == "POST" else proposed_mapping(sheet)
    return [
        (
            f"column{number}",
            header,
            proposed.get(header, ""),
            column_letters(twice[number]) if number in twice else "",
        )
        for number, header in enumerate(sheet.headers)
    ]


def _mapping(request: HttpRequest, sheet: Preview) -> dict[str, str]:
    twice = repeats(dict(enumerate(sheet.headers)))
    return {
        header: request.POST.get(f"column{number}", "")
        for number, header in enumerate(sheet.headers)
        if header and number not in twice
    }


def _again(request: HttpRequest, job: Import) -> HttpResponseBase:
    """Import the same file once more: for good, after a dry run."""
    actor = actor_of(request)
    form = StartForm(actor, job, request.POST)
    started = attempt(
        form,
        lambda: import_again(
            actor=actor, code=job.code, dry_run="now" not in request.POST, **form.cleaned_data
        ),
    )
    if started is None:
        return _show(request, job, form, status=REFUSED)
    return see(reverse("import", args=[started.code]))


def _show(request: HttpRequest, job: Import, form: StartForm, status: int = 200) -> HttpResponse:
    wanted = request.GET.get("outcome", "")
    rows = job.rows.select_related("title")
    if wanted in RowOutcome.values:
        rows = rows.filter(outcome=wanted)
    shown = page(rows, cursor=request.GET.get("cursor", ""), order="pk", code="pk")
    context = _state(job) | {
        "form": form,
        "page": shown,
        "lines": [(row, [(each, say(each)) for each in row.findings]) for row in shown.rows],
        "chips": [(outcome, outcome.label, getattr(job, outcome)) for outcome in RowOutcome],
        "notes": [(each, say(each)) for each in job.report.get("findings", [])],
        "may_edit": actor_of(request).may(Permission.EDIT_TITLES),
        "trail": _trail(),
    }
    return render(request, "web/imports/import.html", context, status=status)


def _state(job: Import) -> dict[str, Any]:
    refused = job.report.get("refused")
    return {
        "job": job,
        "progress": progress_of(job),
        "refused": say_refusal(refused) if refused else "",
    }


@require_safe
@member("studio")
def import_progress(request: HttpRequest, code: str) -> HttpResponse:
    """The progress as a part of the page; once the import has ended, the page loads anew."""
    job = get_import(actor_of(request), code)
    response = render(request, "web/imports/progress.html", _state(job))
    if not job.is_live:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@member("studio")
def import_cancel(request: HttpRequest, code: str) -> HttpResponse:
    """Stop an import; what is in stays in."""
    return press(
        request,
        lambda: cancel_import(actor=actor_of(request), code=code),
        done=_("The import stops. Rows that are in stay in."),
        back=reverse("import", args=[code]),
    )


@require_safe
@member("studio")
def import_csv(request: HttpRequest, code: str) -> HttpResponseBase:
    """The report as a file: a line for each finding, and for each row without any."""
    job = get_import(actor_of(request), code)
    header = [
        gettext("Sheet"), gettext("Row"), gettext("Title"), gettext("Outcome"),
        gettext("Edge code"), gettext("Cell"), gettext("What and why"),
    ]  # fmt: skip
    outcomes = {outcome.value: str(outcome.label) for outcome in RowOutcome}
    rows = job.rows.select_related("title").order_by("pk").iterator(chunk_size=2_000)
    lines = _csv_lines(rows, outcomes, get_language() or "en")
    return csv_response(f"import-{job.code}.csv", header, lines)


def _csv_lines(
    rows: Iterator[ImportRow], outcomes: dict[str, str], language: str
) -> Iterator[list[Cell]]:
    """Yield the lines in this language: they are sent when the view has returned."""
    for row in rows:
        start: list[Cell] = [
            row.sheet, row.number, row.name, outcomes[row.outcome],
            row.title.code if row.title else None,
        ]  # fmt: skip
        with override(language):
            said = [[each["cell"], say(each)] for each in row.findings] or [[None, None]]
        for found in said:
            yield [*start, *found]


@require_http_methods(["GET", "POST"])
@member("studio")
def import_sources(request: HttpRequest) -> HttpResponseBase:
    """Who sends files, and what is decided for each."""
    actor = actor_of(request)
    sources = ImportSource.objects.visible_to(actor).order_by("name")
    edited = sources.filter(code=request.GET.get("source", "")[:8]).first()
    names = ("name", "end_policy", "day_order", "zone")
    initial = {name: getattr(edited, name) for name in names} if edited else None
    form = SourceForm(request.POST or None, initial=initial)
    if request.method == "POST":
        saved = attempt(form, lambda: save_source(actor=actor, **form.cleaned_data))
        if saved is not None:
            messages.success(request, _("Kept. It holds for the next files of this source."))
            return see(reverse("import_sources"))
    context = {
        "sources": sources,
        "form": form,
        "may_edit": actor.may(Permission.EDIT_TITLES),
        "trail": _trail(),
    }
    status = REFUSED if form.errors else 200
    return render(request, "web/imports/sources.html", context, status=status)


@require_safe
@member("studio")
def avails_ai(request: HttpRequest) -> HttpResponse:
    """The offers and AI terms of the library as an Avails-AI sheet."""
    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=settings.VAR_DIR, prefix="export-") as folder:
        file = Path(folder) / "avails-ai.xlsx"
        export_offers(actor_of(request), file)
        response = HttpResponse(file.read_bytes(), content_type=_XLSX)
    response["Content-Disposition"] = 'attachment; filename="avails-ai.xlsx"'
    return response


def _trail() -> list[tuple[Any, str]]:
    return [(_("Library"), reverse("titles")), (_TRAIL[0], reverse(_TRAIL[1]))]


urlpatterns: list[URLPattern] = [
    path("imports/", imports, name="imports"),
    path("imports/new/", new_import, name="new_import"),
    path("imports/sources/", import_sources, name="import_sources"),
    path("imports/avails-ai.xlsx", avails_ai, name="avails_ai"),
    path("imports/<str:code>/", import_, name="import"),
    path("imports/<str:code>/progress/", import_progress, name="import_progress"),
    path("imports/<str:code>/cancel/", import_cancel, name="import_cancel"),
    path("imports/<str:code>/report.csv", import_csv, name="import_csv"),
]
