"""`manage.py flush` empties every table, the append-only ones too.

The published files stay, and the sequencer then refuses to sign a shorter log over them.
"""

from typing import Any

from django.core.management.commands import flush
from django.db import connections

from ledger import append_only


class Command(flush.Command):
    def handle(self, **options: Any) -> None:
        connection = connections[options["database"]]
        with append_only.lifted(connection):
            super().handle(**options)
