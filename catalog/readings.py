"""The job that finds the shots of films and the outline of their sound. It pulls what is due."""

import logging
import tempfile
from pathlib import Path

from django.conf import settings
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from accounts.errors import Conflict
from catalog.assets import touch_file
from catalog.leases import LEASE, kept, wait_after
from catalog.models import Asset, MediaReading, Shot, WorkState
from catalog.objects import object_store
from catalog.references import source_of
from catalog.sandbox import Refused
from catalog.sealing import PREFIX
from catalog.shots import finding

log = logging.getLogger("edgecode.catalog")

# Part of the thumbnails' keys, so that another detector's shots never show these pictures.
DETECTOR = "edgecode-1"
MAX_ATTEMPTS = 4
_BATCH = 1000


class _Lost(Exception):
    """Another worker has it."""


def find_shots_pending(limit: int = 1) -> int:
    """Read films that are due, once each, and keep their shots; return how many were tried.

    A worker that dies leaves a lease that runs out; the next one begins the reading again and
    stores the same thumbnails under the same keys.
    """
    done = 0
    while done < limit and (reading := _lease()) is not None:
        try:
            with kept(lambda: _hold(reading)):
                _read(reading)
        except (Refused, OSError, Conflict) as problem:
            log.warning("asset %s: no shots: %s", reading.asset.code, problem)
            _give_up_or_retry(reading)
        except _Lost:
            log.info("asset %s: read by another worker", reading.asset.code)
        done += 1
    return done


@transaction.atomic
def _lease() -> MediaReading | None:
    now = timezone.now()
    due = MediaReading.objects.filter(state=WorkState.DUE, not_before__lte=now)
    reading = due.order_by("not_before").select_for_update(skip_locked=True).first()
    if reading is None:
        return None
    MediaReading.objects.filter(pk=reading.pk).update(
        not_before=now + LEASE, attempts=F("attempts") + 1
    )
    return MediaReading.objects.select_related("asset__title", "asset__likeness__performer").get(
        pk=reading.pk
    )


def _hold(reading: MediaReading) -> bool:
    return bool(_mine(reading).update(not_before=timezone.now() + LEASE))


def _mine(reading: MediaReading) -> models.QuerySet[MediaReading]:
    return MediaReading.objects.filter(
        pk=reading.pk, state=WorkState.DUE, attempts=reading.attempts
    )


def _read(reading: MediaReading) -> None:
    asset, store = reading.asset, object_store()
    facts = asset.facts
    with (
        tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as name,
        source_of(asset).local_copy(asset.object_key) as source,
    ):
        found = finding.take_apart(
            source,
            Path(name),
            duration_ms=facts["duration_ms"] or 0,
            pixels=(facts["width"] or 0) * (facts["height"] or 0),
        )
        shots = [_row(asset, number, shot) for number, shot in enumerate(found.shots, start=1)]
        for row, shot in zip(shots, found.shots, strict=True):
            if shot.thumbnail is not None:
                store.adopt(shot.thumbnail, row.thumbnail_key)
    # Killed before this line, the thumbnails lie where the next reading puts them.
    _keep(reading, found, shots)


def _row(asset: Asset, number: int, shot: finding.Shot) -> Shot:
    sealed = PREFIX if asset.likeness_id else ""
    folder = f"{sealed}shots/{asset.owner.code}/{asset.sha256}/{DETECTOR}"
    return Shot(
        asset=asset,
        number=number,
        start_us=shot.start_us,
        end_us=shot.end_us,
        first_frame=shot.first_frame,
        frames=shot.frames,
        begins_with=shot.begins_with,
        brightness=shot.brightness,
        motion=min(shot.motion, 2**15 - 1),
        loudness_tenths=shot.loudness_tenths,
        has_speech=shot.has_speech,
        thumbnail_key=f"{folder}/{number}.jpg" if shot.thumbnail else "",
    )


@transaction.atomic
def _keep(reading: MediaReading, found: finding.TakenApart, shots: list[Shot]) -> None:
    kept_rows = _mine(reading).update(
        state=WorkState.DONE,
        detector=DETECTOR,
        duration_us=found.duration_us,
        is_whole=found.is_whole,
        peaks=found.peaks,
        shot_count=len(shots),
    )
    if not kept_rows:
        raise _Lost
    Shot.objects.bulk_create(shots, batch_size=_BATCH)
    touch_file(reading.asset)


def _give_up_or_retry(reading: MediaReading) -> None:
    if reading.attempts >= MAX_ATTEMPTS:
        _mine(reading).update(state=WorkState.FAILED)
        return
    _mine(reading).update(not_before=timezone.now() + wait_after(reading.attempts))
