"""`manage.py reindex`: what search knows, made anew from what is recorded."""

from typing import Any

from django.core.management.base import BaseCommand

from catalog import search_snapshots
from licensing.search.indexing import index_pending, mark_all, pending


class Command(BaseCommand):
    help = "Look at every title again, correct what search says, write its snapshot."
    requires_system_checks = ()  # they load every page and form, which nothing here needs

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(f"{mark_all():,} titles to look at")
        # Another worker may take some of them, and some may be marked again meanwhile.
        while index_pending():
            self.stdout.write(f"{pending():,} left")
        self.stdout.write(f"snapshot {search_snapshots.write()}")
