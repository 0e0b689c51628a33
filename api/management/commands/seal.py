"""`manage.py seal`: encrypt what shows performers and is not yet, and change the sealing key."""

from typing import Any

from django.core.management.base import BaseCommand

from catalog.models import Asset
from catalog.objects import object_store, wait_longer
from catalog.sealing import PREFIX, SealingStore
from provenance.models import Credential


class Command(BaseCommand):
    help = (
        "Seal the files of likenesses that were kept plain, and seal with the newest key what an"
        " older one sealed. Safe to stop and to run again."
    )
    requires_system_checks = ()  # they load every page and form, which nothing here needs

    def handle(self, *_args: Any, **_options: Any) -> None:
        wait_longer()
        store = object_store()
        if not isinstance(store, SealingStore):
            raise TypeError("the object store does not seal")
        moved = sum(
            _seal(store, row, name)
            for rows, names in (
                (
                    Asset.objects.filter(likeness__isnull=False),
                    ("object_key", "poster_key", "sheet_key", "preview_key"),
                ),
                (
                    Credential.objects.filter(granted_asset__asset__likeness__isnull=False),
                    ("file_key",),
                ),
            )
            for row in rows.iterator()
            for name in names
        )
        self.stdout.write(f"{moved} files sealed, {store.seal_anew()} sealed with the newest key")


def _seal(store: SealingStore, row: Asset | Credential, name: str) -> bool:
    """Move one object under the seal. Killed before the last line, the plain one stays, unused,
    until this runs again."""
    plain: str = getattr(row, name)
    if not plain or plain.startswith(PREFIX):
        if plain:
            store.delete(plain.removeprefix(PREFIX))
        return False
    if not store.exists(PREFIX + plain):  # a file delivered as it is has two rows
        store.copy(plain, PREFIX + plain)
    type(row)._base_manager.filter(pk=row.pk).update(**{name: PREFIX + plain})  # noqa: SLF001
    store.delete(plain)
    return True
