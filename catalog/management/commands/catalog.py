"""`manage.py catalog import FILE --organisation WHO`: what the import page does, on a terminal.

Exit codes: 0 all rows are in; 1 the import is done, and some rows were rejected; 2 nothing was
imported: the file cannot be read, or the command says something that does not exist.
"""

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.access import Actor, Permission
from accounts.errors import DomainError
from accounts.models import Organisation, OrganisationKind
from catalog.importing.pending import run_import
from catalog.importing.report import report_of
from catalog.importing.starting import (
    cancel_import,
    check_decisions,
    save_source,
    start_import,
    take_file,
)
from catalog.intake import receive
from catalog.models import Import, ImportFormat, ImportSource, RowOutcome
from catalog.objects import wait_longer
from ledger import edge_code

_FORMATS = {
    "avails": ImportFormat.AVAILS,
    "avails-xml": ImportFormat.AVAILS_XML,
    "csv": ImportFormat.TABLE,
    "jsonl": ImportFormat.JSON_LINES,
}
_OF_FILE = ("language", "sheet", "columns")
SOME_REJECTED, NOTHING_IMPORTED = 1, 2
_LOOK_SECONDS = 0.5
_MOST_ROWS = 20


class Command(BaseCommand):
    help = "Import titles and their terms from a file. Exit code 1: some rows were rejected."
    requires_system_checks = ()  # they load every page and form, which nothing here needs

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        command = verbs.add_parser("import", help="import a file")
        command.add_argument("file", type=Path)
        command.add_argument(
            "--organisation", required=True, help="the studio's edge code, or its exact name"
        )
        command.add_argument("--format", choices=_FORMATS, default="", help="guessed if left out")
        command.add_argument("--source", default="", help="who sent it; made if it is new")
        command.add_argument("--end-policy", choices=["inclusive", "exclusive"], default=None)
        command.add_argument("--day-order", choices=["mdy", "dmy"], default=None)
        command.add_argument("--zone", default=None, help="of dates without one; UTC if left out")
        command.add_argument("--language", default=None, help="of names that do not say theirs")
        command.add_argument("--sheet", default=None, help="the one to read of several")
        command.add_argument(
            "--column", action="append", dest="columns", metavar="HEADER=COLUMN",
            help="what a header of a table means; guessed if left out",
        )  # fmt: skip
        command.add_argument("--dry-run", action="store_true", help="keep nothing but the report")
        command.add_argument("--report", choices=["json"], default="", help="print all of it")

    def handle(self, *_args: Any, **options: Any) -> None:
        path: Path = options["file"]
        wait_longer()
        actor = Actor(
            organisation=studio_named(options["organisation"]),
            permissions=frozenset({Permission.EDIT_TITLES}),
        )
        try:
            with path.open("rb") as file, receive(file, max_bytes=2**40) as intake:
                reading = {name: options[name] for name in ("end_policy", "day_order", "zone")}
                decided = reading | {name: options[name] for name in _OF_FILE}
                if options["source"]:
                    decided["source"] = _source(actor, options["source"], reading)
                check_decisions(actor=actor, **decided)
                job = take_file(
                    actor=actor, intake=intake, filename=path.name,
                    format=_FORMATS.get(options["format"], ""),
                )  # fmt: skip
            start_import(actor=actor, code=job.code, dry_run=options["dry_run"], **decided)
        except DomainError as error:
            raise CommandError(str(error.message), returncode=NOTHING_IMPORTED) from None
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}", returncode=NOTHING_IMPORTED) from None
        self._run(actor, job, as_json=bool(options["report"]))

    def _to_the_end(self, job: Import) -> None:
        """Do the import, or wait for whoever has taken it before."""
        is_told = False
        job.refresh_from_db()
        while job.is_live:
            if not run_import(job.code):
                if not is_told:
                    self.stderr.write("A worker has this import in hand; waiting for its end.")
                    is_told = True
                time.sleep(_LOOK_SECONDS)
            job.refresh_from_db()

    def _run(self, actor: Actor, job: Import, *, as_json: bool) -> None:
        try:
            self._to_the_end(job)
        except KeyboardInterrupt:
            cancel_import(actor=actor, code=job.code)
            raise
        if as_json:
            for line in report_of(job):
                self.stdout.write(json.dumps(line, ensure_ascii=False))
        else:
            self._tell(job)
        if job.state != "done":
            raise CommandError(job.reason or "not finished", returncode=NOTHING_IMPORTED)
        if job.rejected:
            sys.exit(SOME_REJECTED)

    def _tell(self, job: Import) -> None:
        """Print the counts, and what there is to look at, as far as a screen holds it."""
        self.stdout.write(
            f"{job.filename}: {job.get_state_display()}. {job.accepted} new,"
            f" {job.changed} changed, {job.unchanged} unchanged,"
            f" {job.warned} kept with a warning, {job.rejected} rejected."
        )
        if withdrawn := job.report.get("withdrawn"):
            self.stdout.write(f"Earlier terms that are no longer in the file: {withdrawn}.")
        notes = [each for each in job.report.get("findings", []) if each["level"] == "warning"]
        looked_at = job.rows.filter(outcome__in=[RowOutcome.REJECTED, RowOutcome.WARNED])
        rows = list(looked_at.order_by("outcome", "pk")[: _MOST_ROWS + 1])
        for row in rows[:_MOST_ROWS]:
            notes += [each for each in row.findings if each["level"] != "info"]
        for each in notes:
            place = f"{each['cell']}: " if each["cell"] else ""
            self.stdout.write(f"{place}{each['message']}")
        if len(rows) > _MOST_ROWS:
            self.stdout.write("There is more: --report json prints all of it.")


def studio_named(named: str) -> Organisation:
    """Return the studio of this edge code or exact name, or end the command saying why not."""
    try:
        found = Organisation.objects.filter(code=edge_code.parse(named))
    except ValueError:
        found = Organisation.objects.filter(name=named)
    studios = list(found.filter(kind=OrganisationKind.STUDIO)[:2])
    if len(studios) != 1:
        why = "more than one studio has this name: use the edge code" if studios else "no studio"
        raise CommandError(f"--organisation {named}: {why}", returncode=NOTHING_IMPORTED)
    return studios[0]


def _source(actor: Actor, name: str, decided: Mapping[str, str | None]) -> str:
    """Return the code of the source of this name; a new one writes time as is decided now."""
    found = ImportSource.objects.visible_to(actor).filter(name=name).first()
    given = {field: value for field, value in decided.items() if value is not None}
    return (found or save_source(actor=actor, name=name, **given)).code
