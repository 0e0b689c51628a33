"""`manage.py snapshot`: what a process of the search begins from, written beside the worker."""

import os
from typing import Any

from django.core.management.base import BaseCommand

from catalog import search_snapshots
from catalog.isolation import die_with_parent

_NICE = 10  # nobody waits for it


class Command(BaseCommand):
    help = "Write the snapshot of the search index. The worker calls this when one is due."
    requires_system_checks = ()  # they load every page and form, which nothing here needs

    def handle(self, *_args: Any, **_options: Any) -> None:
        die_with_parent()
        os.nice(_NICE)
        self.stdout.write(f"snapshot {search_snapshots.write()}")
