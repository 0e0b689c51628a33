"""What people do with files to import: send, look into, decide how to read, start, cancel."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import Conflict, Invalid, NotFound
from accounts.text import check_name
from catalog.descriptions import check_language
from catalog.imports.columns import COLUMNS, match_headers, propose_mapping
from catalog.imports.limited import preview_upload
from catalog.imports.reading import Preview, is_zip
from catalog.imports.recognising import check_kind, ending_of, kind_of
from catalog.imports.rows import Unreadable
from catalog.imports.tables import is_avails_header
from catalog.intake import Intake
from catalog.models import (
    DayOrder,
    EndPolicy,
    Import,
    ImportFormat,
    ImportSource,
    ImportState,
)
from catalog.objects import object_store
from catalog.scope.errors import CaseError
from catalog.scope.instants import read_zone
from catalog.scope_words import sentence_of

_BY_KIND: Final = {"xml": ImportFormat.AVAILS_XML, "json": ImportFormat.JSON_LINES}
_BY_ENDING: Final = {
    "xml": ImportFormat.AVAILS_XML,
    "jsonl": ImportFormat.JSON_LINES,
    "ndjson": ImportFormat.JSON_LINES,
}
_READING: Final = ("source", "zone", "day_order", "end_policy")


@transaction.atomic
def save_source(
    *, actor: Actor, name: str, zone: str = "UTC", day_order: str = "", end_policy: str = ""
) -> ImportSource:
    """Make a source, or decide anew how the one of this name writes time. Raises Invalid."""
    organisation = require(actor, Permission.EDIT_TITLES)
    decided = _check_reading({"zone": zone, "day_order": day_order, "end_policy": end_policy})
    name = check_name("name", name, 200)
    source = ImportSource.objects.filter(organisation=organisation, name=name).first()
    if source is None:
        source = ImportSource(code=allocate("import_source"), organisation=organisation, name=name)
    for field, value in decided.items():
        setattr(source, field, value)
    source.save()
    return source


def take_file(*, actor: Actor, intake: Intake, filename: str, format: str = "") -> Import:  # noqa: A002
    """Keep a received file as an import that is not started, its format guessed unless given.

    Raises Invalid for a format that is none. A file nobody can read is kept, too: it is the
    import that then says why.
    """
    organisation = require(actor, Permission.EDIT_TITLES)
    if format and format not in ImportFormat.values:
        raise Invalid(
            "format", _("Choose one of: %(kinds)s.") % {"kinds": ", ".join(ImportFormat.values)}
        )
    filename = check_name("filename", Path(filename.replace("\\", "/")).name, 255)
    format = format or guess_format(intake.path, ending_of(filename))  # noqa: A001
    with transaction.atomic():
        code = allocate("import")
        job = Import.objects.create(
            code=code,
            organisation=organisation,
            filename=filename,
            object_key=f"imports/{code}",
            sha256=intake.sha256,
            size_bytes=intake.size_bytes,
            format=format,
        )
        # A crash after this leaves an object that no row names; before it, neither.
        intake.adopt(object_store(), job.object_key)
    return job


def check_decisions(*, actor: Actor, **decided: Any) -> None:
    """Raise Invalid, naming the field, where `start_import` would refuse what is `decided`: for
    callers that send the file along, before it is kept."""
    require(actor, Permission.EDIT_TITLES)
    _checked(actor, decided)


@transaction.atomic
def start_import(*, actor: Actor, code: str, dry_run: bool, **decided: Any) -> Import:
    """Let the worker begin. `decided`: `source` (a code), `zone`, `day_order`, `end_policy`,
    `mapping`, `sheet`, `language`; what is not given is the source's, or stays. `columns`, lines
    HEADER=COLUMN, say what some headers of a table mean; of the others it is guessed.

    Raises Invalid naming the field, Conflict where it was started before, NotFound.
    """
    require(actor, Permission.EDIT_TITLES)
    job = lock_import(actor, code)
    if job.state != ImportState.DRAFT:
        raise Conflict(_("This import was started before."))
    _decide(actor, job, decided)
    job.is_dry_run = dry_run
    job.state = ImportState.DUE
    job.save()
    return job


@transaction.atomic
def import_again(*, actor: Actor, code: str, dry_run: bool, **decided: Any) -> Import:
    """Import the file of an earlier import once more, as after a dry run; `decided` as above."""
    organisation = require(actor, Permission.EDIT_TITLES)
    earlier = get_import(actor, code)
    copied = ("source", "filename", "object_key", "sha256", "size_bytes", "format", "mapping",
              "sheet", "language", "zone", "day_order", "end_policy")  # fmt: skip
    job = Import(
        code=allocate("import"),
        organisation=organisation,
        state=ImportState.DUE,
        is_dry_run=dry_run,
        **{name: getattr(earlier, name) for name in copied},
    )
    _decide(actor, job, decided)
    job.save()
    return job


@transaction.atomic
def cancel_import(*, actor: Actor, code: str) -> Import:
    """Stop an import; rows that are in stay in. Raises Conflict where it has ended, NotFound."""
    require(actor, Permission.EDIT_TITLES)
    job = lock_import(actor, code)
    if job.state in (ImportState.DRAFT, ImportState.DUE):
        job.state = ImportState.CANCELLED
    elif job.is_live:
        job.is_cancelling = True  # the worker ends it after the rows that it has in hand
    else:
        raise Conflict(_("This import has ended already."))
    job.save(update_fields=["state", "is_cancelling"])
    return job


def get_import(actor: Actor, code: str) -> Import:
    """Return an import of the actor's organisation, or raise NotFound."""
    job = Import.objects.visible_to(actor).select_related("source").filter(code=code).first()
    if job is None:
        raise NotFound
    return job


def lock_import(actor: Actor, code: str) -> Import:
    """Return the actor's own import, locked until the transaction ends, or raise NotFound."""
    job = Import.objects.visible_to(actor).select_for_update().filter(code=code).first()
    if job is None:
        raise NotFound
    return job


def guess_format(path: Path, ending: str = "") -> str:
    """Return the format that a file seems to have; what is none of them, by its name's ending."""
    kind = kind_of(path)
    if kind in _BY_KIND:
        return _BY_KIND[kind]
    if kind != "workbook" and ending in _BY_ENDING:
        return _BY_ENDING[ending]
    try:
        sheets = preview_path(path, ending)
    except Unreadable:
        return ImportFormat.AVAILS if is_zip(path) else ImportFormat.TABLE
    is_avails = any(
        is_avails_header(match_headers(dict(enumerate(line))))
        for sheet in sheets
        for line in [sheet.headers, *sheet.rows]
    )
    return ImportFormat.AVAILS if is_avails else ImportFormat.TABLE


def preview_path(path: Path, ending: str = "") -> list[Preview]:
    """Return headers and first rows of a local table; raise Unreadable."""
    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=settings.VAR_DIR, prefix="preview-") as folder:
        return preview_upload(path, Path(folder), ending)


def preview_import(job: Import) -> list[Preview]:
    """Return headers and first rows of an import's table, none of what is not a table; raise
    Unreadable, also for a file of another kind than its name or format says."""
    ending = ending_of(job.filename)
    with object_store().local_copy(job.object_key) as path:
        if job.format == ImportFormat.TABLE:
            return preview_path(path, ending)
        check_kind(path, job.format, ending)
        return []


def proposed_mapping(preview: Preview) -> dict[str, str]:
    """Return what the headers of a table seem to mean."""
    return propose_mapping([header for header in preview.headers if header])


def _decide(actor: Actor, job: Import, decided: Mapping[str, Any]) -> None:
    for field, value in _checked(actor, decided).items():
        setattr(job, field, value)
    if job.format == ImportFormat.TABLE and not job.mapping:
        job.mapping = _propose(job)
    if columns := decided.get("columns"):
        said = _read_columns(columns)
        guessed = job.mapping.items()
        others = {head: name for head, name in guessed if name not in said.values()}
        job.mapping = check_mapping(others | said, "column")


def _checked(actor: Actor, decided: Mapping[str, Any]) -> dict[str, Any]:
    """Return what these decisions make of the fields of an import. Raises Invalid."""
    fields: dict[str, Any] = {}
    if source_code := decided.get("source"):
        source = ImportSource.objects.visible_to(actor).filter(code=source_code).first()
        if source is None:
            raise Invalid("source", _("You have no source of this code."))
        fields = {"source": source} | {name: getattr(source, name) for name in _READING[1:]}
    given = {name: value for name, value in decided.items() if value is not None}
    fields |= _check_reading(given)
    if "language" in given:
        fields["language"] = check_language("language", given["language"])
    if "sheet" in given:
        fields["sheet"] = str(given["sheet"])[:100]
    if "columns" in given:
        check_mapping(_read_columns(given["columns"]), "column")
    if "mapping" in given:
        fields["mapping"] = check_mapping(given["mapping"])
    return fields


def _propose(job: Import) -> dict[str, str]:
    """Return the mapping of a table that nobody has mapped; nothing where it cannot be read:
    the import then says why."""
    try:
        sheets = preview_import(job)
    except Unreadable:
        return {}
    chosen = [sheet for sheet in sheets if job.sheet in ("", sheet.sheet)]
    return proposed_mapping(chosen[0]) if chosen else {}


def _read_columns(lines: Iterable[str]) -> dict[str, str]:
    """Return {header: column} of lines HEADER=COLUMN; an empty column leaves the header out."""
    columns = {}
    for line in lines:
        header, equals, column = line.rpartition("=")
        if not (equals and header.strip()):
            raise Invalid("column", _("Write HEADER=COLUMN, not %(line)s.") % {"line": line[:60]})
        columns[header.strip()] = column.strip()
    return columns


def check_mapping(mapping: Mapping[str, str], field: str = "mapping") -> dict[str, str]:
    """Return a mapping from headers to columns, or raise Invalid naming the field."""
    kept = {header.strip(): column for header, column in mapping.items() if column}
    for column in kept.values():
        if column not in COLUMNS:
            raise Invalid(field, _("There is no column %(name)s.") % {"name": column[:60]})
    if len(set(kept.values())) < len(kept):
        raise Invalid(field, _("Two headers are given the same meaning; choose one of them."))
    return kept


def _check_reading(given: Mapping[str, Any]) -> dict[str, str]:
    checked = {name: str(given[name]) for name in _READING[1:] if name in given}
    if "zone" in checked:
        try:
            read_zone(checked["zone"], "zone")
        except CaseError as error:
            raise Invalid("zone", sentence_of(error)) from None
    for name, values in (("day_order", DayOrder.values), ("end_policy", EndPolicy.values)):
        if checked.get(name, "") not in values:
            raise Invalid(name, _("Choose one of: %(kinds)s.") % {"kinds": ", ".join(values)})
    return checked
