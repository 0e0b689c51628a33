"""`manage.py ledger`: what an operator does with the log."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError

from edgecode import witness_server
from edgecode.log.verify import Report
from ledger import (
    agreement,
    building,
    elsewhere,
    keys,
    kinds,
    mirror,
    proofs,
    sequencer,
    shards,
    witnesses,
)
from ledger.append import erase
from ledger.documents import publish_documents
from ledger.export import export_log
from ledger.models import Opening
from ledger.simulation.writer import simulate
from ledger.verifying import verify_all


class Command(BaseCommand):
    help = "Advance, verify or export the transparency log."
    requires_system_checks = ()  # they load every page and form, which nothing here needs

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        advance = verbs.add_parser("advance", help="put every committed event under a checkpoint")
        advance.set_defaults(act=self._advance)
        verify = verbs.add_parser("verify", help="re-check the log from bytes; exit 1 if it fails")
        verify.set_defaults(act=self._verify)
        verify.add_argument("--folder", type=Path, help="an export or mirror, without the database")
        verify.add_argument("--vkey", help="the key you trust; default: the folder's log.vkey")
        copy = verbs.add_parser("mirror", help="bring the bucket's copy up to the checkpoint")
        copy.set_defaults(act=self._mirror)
        close = verbs.add_parser("close-shard", help="end this year's log and begin the next one")
        close.set_defaults(act=self._close_shard)
        close.add_argument("year", help="the name of the next one, such as 2027")
        rotate = verbs.add_parser("rotate-key", help="sign with a new key beside the present one")
        rotate.set_defaults(act=self._rotate_key)
        retire = verbs.add_parser("retire-key", help="end a rotation: destroy the old key")
        retire.set_defaults(act=self._retire_key)
        export = verbs.add_parser("export", help="copy the published log to a new folder")
        export.set_defaults(act=self._export)
        export.add_argument("dir", type=Path)
        erase = verbs.add_parser("erase", help="destroy what opens the sealed facts of a stream")
        erase.set_defaults(act=self._erase)
        erase.add_argument("stream", help="such as performer:7K3F2Q9D")
        erase.add_argument("--yes", action="store_true", help="do it; without, only say what goes")
        run = verbs.add_parser("witness", help="be a witness of logs; needs no database")
        run.set_defaults(act=self._witness)
        witness_server.add_arguments(run)
        made_up = verbs.add_parser("simulate", help="write the log of a made-up market")
        made_up.set_defaults(act=self._simulate)
        made_up.add_argument("dir", type=Path)
        made_up.add_argument("--entries", type=int, default=20_000)
        made_up.add_argument("--seed", type=int, default=1, help="one seed always gives one log")
        made_up.add_argument("--shards", type=int, default=1, help="cut it into so many logs")
        made_up.add_argument("--openings", type=Path, help="write the facts to this file, too")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            options["act"](**options)
        except (ValueError, sequencer.Diverged, mirror.MirrorBroken) as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            told = f"{error.filename}: {error.strerror}" if error.filename else str(error)
            raise CommandError(told) from None
        except (OperationalError, ProgrammingError) as error:
            reason = f"{error}".strip().partition("\n")[0]
            raise CommandError(
                f"the database: {reason}: is it there, and up to date (`manage.py migrate`)?"
            ) from None

    def _advance(self, **_options: Any) -> None:
        publish_documents()
        checkpoint = sequencer.advance()
        if checkpoint is not None:  # the log says at least that it was opened
            self._mend_tiles()
            self.stdout.write(f"{checkpoint.size} entries, root {checkpoint.root.hex()}")
        if elsewhere.policy().witnesses:
            self.stdout.write(f"Cosignatures of witnesses: {witnesses.turn()}")

    def _mend_tiles(self) -> None:
        """Build lost tiles again also while the log rests: only what grows looks at them."""
        state, signer = agreement.agreeing_state()
        signed = signer.open(state.checkpoint) if state.checkpoint else None
        building.right_edge(shards.folder(state.shard), signed, state.first)

    def _erase(self, stream: str, yes: bool, **_options: Any) -> None:
        if kinds.is_evidence(stream):
            raise CommandError(f"{stream} is evidence between parties: it is not erased by hand")
        found = Opening.objects.filter(event__stream=stream).order_by("event", "name")
        rows = found.values_list("event__version", "event__kind", "name")
        for version, kind, name in rows:
            self.stdout.write(f"step {version}, {kind}: {name}")
        if not rows:
            raise CommandError(f"{stream:.100}: there is no such stream, or nothing to erase in it")
        if not yes:
            raise CommandError(
                "nothing was erased. What is listed can never be found out again from the log; "
                "say --yes if that is wanted"
            )
        count = erase(stream, actor="system:operator").facts().data["openings"]
        self.stdout.write(f"{count} facts erased. Backups of the database must expire as well.")

    def _close_shard(self, year: str, **_options: Any) -> None:
        is_closed = sequencer.close(year)
        sequencer.advance()
        publish_documents()  # the policy names the new log
        sequencer.advance()
        witnesses.turn()  # of the closed log, too; one that does not answer is asked again
        if not is_closed:
            self.stdout.write(f"The shard {year} is open already: nothing was closed.")
            return
        closed, opened = shards.listed()[-2:]
        count = closed.closed.size if closed.closed else 0
        self.stdout.write(
            f"{closed.origin} is closed with {count} entries; {opened.origin} goes on at"
            f" {settings.BASE_URL}/ledger/{year}/. Witnesses are to follow that one too: send them"
            f" its key {proofs.vkey()}"
        )

    def _rotate_key(self, **_options: Any) -> None:
        key = keys.rotate()
        publish_documents()  # the policy names the new key beside the old
        sequencer.advance()
        self.stdout.write(
            f"Checkpoints now carry this key's signature too, and readers are to use it:\n"
            f"{key}\nGive them 90 days, then: manage.py ledger retire-key"
        )

    def _retire_key(self, **_options: Any) -> None:
        key = keys.end_rotation()
        publish_documents()
        sequencer.advance()
        witnesses.turn()  # receipts are made under what they cosigned: not by the old key for long
        self.stdout.write(f"Signs no more, and its private half is gone:\n{key}")
        if keys.is_unwitnessed():
            self.stdout.write(
                "The witnesses have not cosigned a checkpoint of the new key yet. Until they do,"
                " receipts verify by the old one alone (earlier.vkeys): run `ledger advance`."
            )

    def _mirror(self, **_options: Any) -> None:
        bucket = mirror.bucket()
        if bucket is None:
            raise CommandError("there is no mirror: set EDGECODE_LEDGER_MIRROR_BUCKET")
        size = mirror.update(bucket)
        self.stdout.write(f"{size} entries in {bucket.name}")

    def _verify(self, folder: Path | None, vkey: str | None, **_options: Any) -> None:
        path, problems = folder or shards.folder("").path, 0
        for shard in verify_all(path, vkey, with_database=folder is None):
            self._show(shard.report, shard.path, with_database=folder is None)
            problems += shard.report.problem_count
        if problems:
            raise CommandError(f"the log does not verify: {problems} problems")
        self.stdout.write(self.style.SUCCESS("Verified"))

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

    def _simulate(self, **options: Any) -> None:
        checkpoint = simulate(
            options["dir"],
            entries=options["entries"],
            seed=options["seed"],
            shards=options["shards"],
            openings=options["openings"],
        )
        self.stdout.write(
            f"{options['entries']} entries, {checkpoint.size} of them in {checkpoint.origin},"
            f" root {checkpoint.root.hex()}\n"
            f"Audit it with: edgecode audit {options['dir']} --policy {options['dir']}/policy"
        )

    def _witness(self, **options: Any) -> None:
        names = ("listen", "policy", "key", "state", "name")
        witness_server.serve(**{name: options[name] for name in names})

    def _export(self, **options: Any) -> None:
        target: Path = options["dir"]
        count = export_log(shards.folder("").path, shards.listed(), target)
        self.stdout.write(
            f"{count} entries copied to {target}\n"
            f"Verify it with: manage.py ledger verify --folder {target}"
        )
