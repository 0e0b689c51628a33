"""Rows that a job takes one by one: leased while it works, tried again later where it fails."""

from typing import Final

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from catalog.leases import LEASE, wait_after
from catalog.models import WorkState
from catalog.sandbox import Refused
from provenance.models import ContentCode, Registration

MAX_ATTEMPTS: Final = 6  # before a file that cannot be read is given up


@transaction.atomic
def take[Row: (ContentCode, Registration)](model: type[Row]) -> Row | None:
    """Return the row that is due for longest, leased, as it was before; None where none is due."""
    now = timezone.now()
    due = model.objects.filter(state=WorkState.DUE, not_before__lte=now)
    row = due.order_by("not_before").select_for_update(skip_locked=True).first()
    if row is not None:
        model.objects.filter(pk=row.pk).update(not_before=now + LEASE, attempts=F("attempts") + 1)
    return row


def hold(row: ContentCode | Registration) -> None:
    """Renew the lease of a row that was taken, unless another has taken it since."""
    mine = type(row).objects.filter(pk=row.pk, state=WorkState.DUE, attempts=row.attempts + 1)
    mine.update(not_before=timezone.now() + LEASE)


def retry_later(row: ContentCode | Registration, error: Exception) -> None:
    """Let the job try a row that was taken again later; a file that cannot be read is given up at
    last."""
    attempts = row.attempts + 1
    # A bucket or a key service answers again some day; the file stays as it is.
    is_given_up = isinstance(error, Refused) and attempts >= MAX_ATTEMPTS
    type(row).objects.filter(pk=row.pk, state=WorkState.DUE).update(
        not_before=timezone.now() + wait_after(attempts),
        state=WorkState.FAILED if is_given_up else WorkState.DUE,
    )
