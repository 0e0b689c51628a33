"""`manage.py offers drafts|publish|export --organisation WHO`: what the page of drafts does.

Exit codes: 0 done; 1 some drafts were refused; 2 nothing was done, and the message says why.
"""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.access import Actor, Permission
from catalog.management.commands.catalog import studio_named
from catalog.rights import instant
from ledger import edge_code
from licensing.models import DraftState, OfferDraft
from licensing.offers.drafting import draft_pending
from licensing.offers.drafts import Outcome, drafts_of, publish_ready
from licensing.offers.export import export_offers

SOME_REFUSED, NOTHING_DONE = 1, 2


class Command(BaseCommand):
    help = "Draft offers of Avails-AI sheets: list them, publish what is ready, export all."
    requires_system_checks = ()  # they load every page and form, which nothing here needs

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        for verb, said in (
            ("drafts", "list the drafts, a JSON object a line"),
            ("publish", "publish every draft that is ready, 1,000 at a time"),
            ("export", "write offers and facts as an Avails-AI sheet"),
        ):
            command = verbs.add_parser(verb, help=said)
            command.add_argument(
                "--organisation", required=True, help="the studio's edge code, or its exact name"
            )
            if verb == "export":
                command.add_argument("file", type=Path)

    def handle(self, *_args: Any, verb: str, organisation: str, **options: Any) -> None:
        rights = {Permission.EDIT_TITLES, Permission.PUBLISH_OFFERS}
        actor = Actor(organisation=studio_named(organisation), permissions=frozenset(rights))
        while draft_pending():
            pass
        if verb == "drafts":
            for draft in drafts_of(actor).order_by("pk").iterator(chunk_size=1_000):
                self.stdout.write(json.dumps(_said(draft), ensure_ascii=False))
        elif verb == "publish":
            self._publish(actor)
        else:
            self._export(actor, options["file"])

    def _publish(self, actor: Actor) -> None:
        """Publish thousand by thousand; what is refused once is not asked again."""
        seen_at, published, refused = timezone.now(), 0, 0
        while True:
            outcome = publish_ready(actor=actor, seen_at=seen_at)
            published += len(outcome.published)
            refused = len(outcome.refused)
            if not outcome.published or not outcome.left:
                break
        self._tell(outcome)
        self.stdout.write(f"{published} published, {refused} refused.")
        if refused:
            sys.exit(SOME_REFUSED)

    def _tell(self, outcome: Outcome) -> None:
        for each in outcome.refused:
            self.stderr.write(f"{edge_code.display(each.code)}: {each.reason}")

    def _export(self, actor: Actor, path: Path) -> None:
        try:
            written = export_offers(actor, path)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}", returncode=NOTHING_DONE) from None
        self.stdout.write(f"{path}: {written.rows} rows.")
        if written.unsaid:
            self.stderr.write(f"{written.unsaid} uses have no name in Avails-AI; left out.")


def _said(draft: OfferDraft) -> dict[str, Any]:
    return {
        "code": draft.code,
        "title": draft.title.code,
        "name": draft.title.name,
        "state": DraftState(draft.state).value,
        "uses": draft.uses,
        "model_kinds": draft.model_kinds,
        "territory": draft.territory,
        "price_minor": draft.price_minor,
        "currency": draft.currency,
        "per": draft.per,
        "starts_at": instant(draft.starts_at),
        "ends_at": instant(draft.ends_at),
        "waits_for": draft.waits_for,
        "edited": draft.is_edited,
        "rows": draft.rows,
    }
