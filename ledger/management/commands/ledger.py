"""`manage.py ledger advance | verify | export DIR`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from edgecode.log.verify import Report, verify_log
from ledger import proofs, sequencer
from ledger.compare import compare_with_database
from ledger.export import export_log


class Command(BaseCommand):
    help = "Advance, verify or export the transparency log."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("advance", help="put every committed event under a new checkpoint")
        verify = verbs.add_parser("verify", help="re-check the log from bytes; exit 1 if it fails")
        verify.add_argument("--folder", type=Path, help="an export or mirror, without the database")
        verify.add_argument("--vkey", help="the key you trust; default: the folder's log.vkey")
        export = verbs.add_parser("export", help="copy the published log to a new folder")
        export.add_argument("dir", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["verb"] == "advance":
                self._advance()
            elif options["verb"] == "verify":
                self._verify(options["folder"], options["vkey"])
            else:
                self._export(options["dir"])
        except (ValueError, OSError, sequencer.Diverged) as error:
            raise CommandError(str(error)) from None

    def _advance(self) -> None:
        checkpoint = sequencer.advance()
        if checkpoint is None:
            self.stdout.write("The log has no entries yet.")
        else:
            self.stdout.write(f"{checkpoint.size} entries, root {checkpoint.root.hex()}")

    def _verify(self, folder: Path | None, vkey: str | None) -> None:
        log = proofs.folder()
        path = folder or log.path
        if vkey is None:
            try:
                vkey = (path / "log.vkey").read_text("utf-8")
            except FileNotFoundError:
                raise CommandError(f"{path} holds no log: it has no log.vkey") from None
        report = verify_log(path, vkey)
        if folder is None:
            compare_with_database(log, report)
        self._show(report, path, with_database=folder is None)

    def _show(self, report: Report, path: Path, *, with_database: bool) -> None:
        self.stdout.write(f"Log        {path}")
        if report.checkpoint is not None:
            self.stdout.write(f"Origin     {report.checkpoint.origin}")
            self.stdout.write(f"Root       {report.checkpoint.root.hex()}")
        self.stdout.write(
            f"Checked    {report.entries} entries in {report.streams} streams,"
            f" {report.tiles} tiles, {report.kept_checkpoints} earlier checkpoints"
            + (", the database" if with_database else "")
        )
        for problem in report.problems:
            self.stdout.write(self.style.ERROR(f"Problem    {problem}"))
        if not report.ok:
            raise CommandError(f"the log does not verify: {report.problem_count} problems")
        self.stdout.write(self.style.SUCCESS("Verified"))

    def _export(self, target: Path) -> None:
        checkpoint = export_log(proofs.folder(), target)
        self.stdout.write(
            f"{checkpoint.size} entries copied to {target}\n"
            f"Verify it with: manage.py ledger verify --folder {target}"
        )
