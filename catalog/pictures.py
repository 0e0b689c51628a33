"""The job that makes each file's poster, contact sheet and preview. It pulls what is due."""

import logging
import tempfile
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.errors import Conflict
from catalog.derivatives import contact_sheet, poster, preview
from catalog.leases import LEASE, kept
from catalog.models import Asset, AssetKind, WorkState
from catalog.objects import object_store
from catalog.references import source_of
from catalog.sandbox import Refused
from catalog.sealing import PREFIX

log = logging.getLogger("edgecode.catalog")

MAX_ATTEMPTS = 4
_VISUAL = {AssetKind.PICTURE, AssetKind.STILL}
_PLAYABLE = {AssetKind.PICTURE, AssetKind.AUDIO}


def make_pictures_pending(limit: int = 20) -> int:
    """Make the pictures of due files; return how many were tried.

    A worker that dies leaves a lease that runs out; the next one makes the same pictures again
    under the same keys.
    """
    done = 0
    while done < limit and (asset := _lease()) is not None:
        try:
            with kept(lambda: _hold(asset)):
                keys = _make(asset)
        except (Refused, OSError, Conflict) as problem:
            log.warning("asset %s: no pictures: %s", asset.code, problem)
            _give_up_or_retry(asset)
        else:
            Asset.objects.filter(pk=asset.pk).update(pictures_state=WorkState.DONE, **keys)
        done += 1
    return done


@transaction.atomic
def _lease() -> Asset | None:
    now = timezone.now()
    due = Asset.objects.filter(pictures_state=WorkState.DUE, pictures_not_before__lte=now)
    asset = due.order_by("pictures_not_before").select_for_update(skip_locked=True).first()
    if asset is not None:
        Asset.objects.filter(pk=asset.pk).update(
            pictures_not_before=now + LEASE, pictures_attempts=F("pictures_attempts") + 1
        )
    return asset


def _hold(asset: Asset) -> None:
    attempt = asset.pictures_attempts + 1
    mine = Asset.objects.filter(
        pk=asset.pk, pictures_state=WorkState.DUE, pictures_attempts=attempt
    )
    mine.update(pictures_not_before=timezone.now() + LEASE)


def _make(asset: Asset) -> dict[str, str]:
    keys: dict[str, str] = {}
    store = object_store()
    # What shows a performer is sealed, pictures too, and half-done ones lie in a private folder.
    sealed = PREFIX if asset.likeness_id else ""
    with (
        tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder,
        source_of(asset).local_copy(asset.object_key) as source,
    ):
        if asset.kind in _VISUAL:
            picture = Path(folder) / "poster.jpg"
            poster(source, picture)
            keys["poster_key"] = f"{sealed}posters/{asset.owner.code}/{asset.sha256}.jpg"
            store.adopt(picture, keys["poster_key"])
        if asset.kind == AssetKind.PICTURE:
            sheet = Path(folder) / "sheet.jpg"
            contact_sheet(source, sheet)
            keys["sheet_key"] = f"{sealed}sheets/{asset.owner.code}/{asset.sha256}.jpg"
            store.adopt(sheet, keys["sheet_key"])
        if asset.kind in _PLAYABLE:
            clip = Path(folder) / "preview.mp4"
            preview(source, clip)
            keys["preview_key"] = f"{sealed}previews/{asset.owner.code}/{asset.sha256}.mp4"
            store.adopt(clip, keys["preview_key"])
    return keys


def _give_up_or_retry(asset: Asset) -> None:
    attempts = asset.pictures_attempts + 1
    # Another worker may have made them after our lease ran out: that stands.
    due = Asset.objects.filter(pk=asset.pk, pictures_state=WorkState.DUE)
    if attempts >= MAX_ATTEMPTS:
        due.update(pictures_state=WorkState.FAILED)
        return
    wait = timedelta(seconds=10 * 4**attempts)
    due.update(pictures_not_before=timezone.now() + wait)
