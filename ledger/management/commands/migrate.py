"""`manage.py migrate` also begins the log of a new database and publishes the kinds of entries.

Only as a command by itself: a program that calls it, as the tests do, gets empty tables.
"""

from django.core.checks import Tags
from django.core.management.commands import migrate

from ledger.documents import publish_kinds


class Command(migrate.Command):
    requires_system_checks = (Tags.database,)  # the others load every page and form

    def run_from_argv(self, argv: list[str]) -> None:
        super().run_from_argv(argv)
        asked = self.create_parser(argv[0], argv[1]).parse_args(argv[2:])
        if not (asked.app_label or asked.plan or asked.check_unapplied):
            publish_kinds()
