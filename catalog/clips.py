"""The job that cuts what was licensed out of films and sounds. It pulls what is due."""

import hashlib
import logging
import tempfile
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from accounts.errors import Conflict
from catalog.cutting import Cut, cut
from catalog.leases import LEASE, kept, wait_after
from catalog.models import Asset, Clip, WorkState
from catalog.models.clips import SUFFIX
from catalog.objects import object_store
from catalog.references import source_of
from catalog.sandbox import Refused
from catalog.scope.ranges import Ranges
from catalog.sealing import PREFIX

log = logging.getLogger("edgecode.catalog")

MAX_ATTEMPTS = 6  # before a clip counts as failed; who waits for it may ask again
# Part of the keys, so that what is cut in another way never lies under the same.
_WAY = "1"
# A file is fetched once for so many of its clips.
_AT_ONCE = 50


def wanted(asset: Asset, ranges: Ranges) -> list[Clip]:
    """Return the clips of these ranges of a file, in their order; those that there are not yet are
    due from now on. Made once, whoever asks for them."""
    if not ranges:
        return []
    rows = [Clip(asset=asset, from_ms=start, to_ms=end) for start, end in ranges]
    Clip.objects.bulk_create(rows, ignore_conflicts=True)
    found = {(clip.from_ms, clip.to_ms): clip for clip in Clip.objects.filter(asset=asset)}
    return [found[start, end] for start, end in ranges]


def try_again(clip: Clip) -> None:
    """Let a clip that failed be due once more."""
    failed = Clip.objects.filter(pk=clip.pk, state=WorkState.FAILED)
    failed.update(state=WorkState.DUE, attempts=0, not_before=timezone.now())


def cut_pending(limit: int = 1) -> int:
    """Cut clips that are due, those of one file together; return how many files were tried.

    A worker that dies leaves a lease that runs out. What it had cut stays; the next one cuts the
    others, and stores them under the keys that they would have had.
    """
    done = 0
    while done < limit and (clips := _lease()):
        asset = clips[0].asset
        try:
            with (
                kept(lambda clips=clips: _hold(clips)),  # type: ignore[misc]
                source_of(asset).local_copy(asset.object_key) as source,
            ):
                for clip in clips:
                    _cut(clip, source)
        except (OSError, Conflict) as problem:
            log.warning("asset %s: not cut: %s", asset.code, problem)
            for clip in clips:
                _give_up_or_retry(clip, "the stored file could not be read")
        done += 1
    return done


@transaction.atomic
def _lease() -> list[Clip]:
    now = timezone.now()
    due = Clip.objects.filter(state=WorkState.DUE, not_before__lte=now)
    first = due.order_by("not_before", "pk").select_for_update(skip_locked=True).first()
    if first is None:
        return []
    of_file = due.filter(asset=first.asset_id).order_by("pk").select_for_update(skip_locked=True)
    keys = [clip.pk for clip in of_file[:_AT_ONCE]]
    Clip.objects.filter(pk__in=keys).update(not_before=now + LEASE, attempts=F("attempts") + 1)
    clips = Clip.objects.select_related("asset__title", "asset__likeness__performer")
    return list(clips.filter(pk__in=keys).order_by("from_ms"))


def _hold(clips: Iterable[Clip]) -> None:
    for clip in clips:
        _mine(clip).update(not_before=timezone.now() + LEASE)


def _mine(clip: Clip) -> models.QuerySet[Clip]:
    """Return the row, where no other worker has taken it since."""
    return Clip.objects.filter(pk=clip.pk, state=WorkState.DUE, attempts=clip.attempts)


def _cut(clip: Clip, source: Path) -> None:
    if not _mine(clip).exists():
        return
    facts = clip.asset.facts
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        out = Path(folder) / "clip"
        try:
            made = cut(
                source,
                out,
                from_ms=clip.from_ms,
                to_ms=clip.to_ms,
                pixels=(facts.get("width") or 0) * (facts.get("height") or 0),
            )
        except Refused as problem:
            log.warning("clip %s of %s: %s", clip.pk, clip.asset.code, problem)
            _give_up_or_retry(clip, "this part of the file could not be cut out")
            return
        _keep(clip, out, made)


def _keep(clip: Clip, out: Path, made: Cut) -> None:
    asset = clip.asset
    with out.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    size = out.stat().st_size
    # What shows a performer is sealed. The hash is part of the key: encoders differ from worker to
    # worker, and a second one must not put its bytes under the hash of the first.
    sealed = PREFIX if asset.likeness_id else ""
    folder = f"{sealed}clips/{asset.owner.code}/{asset.sha256[:32]}/{_WAY}"
    key = f"{folder}/{clip.from_ms}-{clip.to_ms}-{sha256[:16]}{SUFFIX[made.mime]}"
    object_store().adopt(out, key)
    # Killed before this line, the object lies there unused, and the next attempt makes it anew.
    _mine(clip).update(
        state=WorkState.DONE,
        problem="",
        object_key=key,
        mime=made.mime,
        sha256=sha256,
        size_bytes=size,
        frames=made.frames,
        duration_us=made.duration_us,
    )


def _give_up_or_retry(clip: Clip, problem: str) -> None:
    state = WorkState.FAILED if clip.attempts >= MAX_ATTEMPTS else WorkState.DUE
    wait = wait_after(clip.attempts)
    _mine(clip).update(state=state, problem=problem, not_before=timezone.now() + wait)
