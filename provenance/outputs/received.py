"""Files that were sent to be declared, and how long one that nobody declares is kept.

It is somebody's unreleased work, which we have no reason to keep. After `KEPT` nobody can declare
it any more; a day later the worker removes it, so that the two never meet. Whoever sends the same
bytes again begins anew, under a key of its own: what is removed at that moment is the older one.
"""

import secrets
from datetime import timedelta
from functools import partial
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.models import Organisation
from catalog.intake import Intake
from catalog.objects import object_store
from catalog.sealing import PREFIX
from provenance.models import Output, OutputFile, OutputFileQuerySet

KEPT: Final = timedelta(days=30)
_REMOVED_AFTER: Final = KEPT + timedelta(days=1)
_REMOVED_AT_ONCE: Final = 1_000


def declarable(organisation: Organisation, sha256: str) -> OutputFile | None:
    """Return the file of that hash which the organisation sent and can declare now."""
    kept = OutputFile.objects.filter(received_at__gt=timezone.now() - KEPT)
    return kept.filter(organisation=organisation, sha256=sha256).first()


def sent_before(organisation: Organisation, sha256: str) -> OutputFile | None:
    """Return the file where it need not be kept anew; its time begins again."""
    rows = OutputFile.objects.filter(organisation=organisation, sha256=sha256)
    now = timezone.now()
    if rows.filter(received_at__gt=now - KEPT).update(received_at=now):
        return rows.get()
    return rows.filter(_is_declared()).first()


def keep(organisation: Organisation, intake: Intake, *, filename: str, mime: str) -> OutputFile:
    """Keep a file that was examined, in the place of one that is over; of two senders at once the
    first one's."""
    key = f"{PREFIX}outputs/{organisation.code}/{intake.sha256}-{secrets.token_hex(8)}"
    intake.adopt(object_store(), key)
    said = {"filename": filename, "mime": mime, "size_bytes": intake.size_bytes}
    with transaction.atomic():
        found, is_new = OutputFile.objects.select_for_update().get_or_create(
            organisation=organisation, sha256=intake.sha256, defaults={**said, "object_key": key}
        )
        unused = "" if is_new else key
        if not is_new and sent_before(organisation, intake.sha256) is None:
            unused = found.object_key
            rows = OutputFile.objects.filter(pk=found.pk)
            rows.update(**said, object_key=key, received_at=timezone.now())
        if unused:
            transaction.on_commit(partial(object_store().delete, unused))
    found.refresh_from_db()
    return found


def remove_undeclared() -> int:
    """Remove files that were sent and never declared; return how many. The worker's. Killed
    anywhere it does the rest the next time: the row goes last."""
    over = _undeclared().filter(received_at__lt=timezone.now() - _REMOVED_AFTER)
    removed = 0
    for file in over.order_by("received_at")[:_REMOVED_AT_ONCE]:
        object_store().delete(file.object_key)
        removed += _forget(file)
    return removed


@transaction.atomic
def _forget(file: OutputFile) -> int:
    """Remove the row, but where the file was sent again meanwhile, and is under another key."""
    same = OutputFile.objects.filter(pk=file.pk, object_key=file.object_key)
    found = same.select_for_update().first()
    return found.delete()[0] if found is not None else 0


def _undeclared() -> OutputFileQuerySet:
    return OutputFile.objects.exclude(_is_declared())


def _is_declared() -> Exists:
    return Exists(Output.objects.filter(file=OuterRef("pk")))
