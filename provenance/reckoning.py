"""The job that reckons the content codes of titles' files. It pulls what is missing.

A file's code is there soon after the file is, so that its first licensee finds it in the
credential; whoever signs reads no file for it. Nobody finds a file by its code before it was
granted, which `repository/registrations.py` sees to. Files of likenesses have none: that a person's
voice is here is nobody's to find out.
"""

import json
import logging
from pathlib import Path
from typing import Final

from django.db import transaction

from catalog.leases import kept
from catalog.models import Asset, WorkState
from catalog.references import source_of
from catalog.sandbox import run
from provenance.leased_rows import hold, retry_later, take
from provenance.models import ContentCode, Registration

log = logging.getLogger("edgecode.provenance")

_MEMORY_BYTES: Final = 2**30
_CPU_SECONDS: Final = 20
_BYTES_PER_SECOND: Final = 50 * 2**20


def content_units(path: Path, mime: str) -> dict[str, str]:
    """Return the units of a file's content code. The file is read in a limited process. Raises
    Refused where it cannot be read within the limits."""
    seconds = _CPU_SECONDS + path.stat().st_size // _BYTES_PER_SECOND
    answer = run(
        "provenance.content_child",
        [str(path.absolute()), mime],
        cpu_seconds=seconds,
        memory_bytes=_MEMORY_BYTES,
        wall_seconds=2.0 * seconds,
        output_limit=2**14,
        reads=[path],
    )
    units: dict[str, str] = json.loads(answer)
    return units


def units_of(asset: Asset) -> dict[str, str]:
    """Return the units of the content code of a title's file, reckoned now where they are not
    known yet. Raises Refused, OSError."""
    rows = ContentCode.objects.filter(pk=asset.pk, state=WorkState.DONE)
    known: dict[str, str] | None = rows.values_list("units", flat=True).first()
    if known is not None:
        return known
    with source_of(asset).local_copy(asset.object_key) as path:
        units = content_units(path, asset.mime)
    done = {"state": WorkState.DONE, "units": units}
    ContentCode.objects.update_or_create(asset=asset, defaults=done)
    return units


def reckon_pending(limit: int = 200) -> int:
    """Reckon the content codes of files that have none; return how many were tried.

    A worker that dies leaves a lease that runs out, and the next one reckons the same. What no
    limited process can read is given up: its credentials say no code.
    """
    _open_missing(limit)
    tried = 0
    while tried < limit and (row := take(ContentCode)) is not None:
        tried += 1
        try:
            with kept(lambda row=row: hold(row)):  # type: ignore[misc]
                units_of(row.asset)
        except Exception as error:  # one that cannot be read keeps no other waiting
            log.exception("asset %s has no content code", row.asset.code)
            retry_later(row, error)
    return tried


def _open_missing(limit: int) -> None:
    """Give files that nobody has taken up the rows that say they are due: the newest first, so that
    what was here before codes were reckoned ahead keeps no new file waiting."""
    waiting = Asset.objects.filter(awaits_content_code=True).order_by("-pk")
    if not waiting.exists():
        return  # no other writer is held up for nothing
    with transaction.atomic():
        taken = waiting.select_for_update(skip_locked=True)
        found = Asset.objects.filter(pk__in=list(taken.values_list("pk", flat=True)[:limit]))
        of_titles = found.filter(likeness__isnull=True).select_related("registration")
        ContentCode.objects.bulk_create(map(_opened, of_titles), ignore_conflicts=True)
        found.update(awaits_content_code=False)


def _opened(asset: Asset) -> ContentCode:
    """Return the row of a file: done, where it was registered before codes were reckoned ahead."""
    registered: Registration | None = getattr(asset, "registration", None)
    if registered is not None and registered.units:
        return ContentCode(asset=asset, state=WorkState.DONE, units=registered.units)
    return ContentCode(asset=asset)
