"""The job that makes files of finished uploads: hash, examine, register. It pulls what is due.

The file is read through once for its hash and once in the sandbox, from where the store keeps it.
Before the last step, one transaction, nothing of it is seen; after it the upload is an asset.
"""

import logging
import time

from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from accounts.errors import Conflict, Invalid, Text
from catalog.assets import choose_kind, master_key, register_verified, same_file
from catalog.hashing import hash_object
from catalog.leases import LEASE, kept, wait_after
from catalog.models import Asset, Upload, UploadState
from catalog.moved import is_astray, move
from catalog.objects import object_store
from catalog.probe import probe
from catalog.references import source_of
from catalog.sealing import PREFIX
from catalog.uploading import clear, clear_pending, end, put_together

log = logging.getLogger("edgecode.catalog")

# A day of tries; after that it is not the store's bad hour.
MAX_ATTEMPTS = 30
_SAY_EVERY_SECONDS = 2.0


class _Lost(Exception):
    """The upload was cancelled, or another worker has it."""


def check_uploads_pending(limit: int = 20) -> int:
    """Check uploads that are due; return how many were tried.

    A worker that dies leaves a lease that runs out; the next one begins the check again.
    """
    done = clear_pending()
    while done < limit and (upload := _lease()) is not None:
        _work(upload)
        done += 1
    return done


@transaction.atomic
def _lease() -> Upload | None:
    now = timezone.now()
    due = Upload.objects.filter(
        state__in=(UploadState.COMPLETING, UploadState.CHECKING), work_not_before__lte=now
    )
    upload = due.order_by("work_not_before").select_for_update(skip_locked=True).first()
    if upload is not None:
        Upload.objects.filter(pk=upload.pk).update(
            work_not_before=now + LEASE, work_attempts=F("work_attempts") + 1, checked_bytes=0
        )
        upload.refresh_from_db()
    return upload


def _work(upload: Upload) -> None:
    try:
        if upload.work_attempts > MAX_ATTEMPTS:
            raise Invalid("file", _("The file could not be checked. Ask whoever runs this site."))
        with kept(lambda: _hold(upload)):
            if upload.state == UploadState.COMPLETING:
                put_together(upload)
            else:
                _check(upload)
    except Invalid as refusal:
        _refuse(upload, refusal.message)
    except Conflict as refusal:
        # Parts are missing after all: the upload is open again. Or the file changed meanwhile.
        if upload.state == UploadState.CHECKING:
            _refuse(upload, refusal.message)
    except FileNotFoundError:
        _refuse(upload, _("The file is no longer where it was. Send it again."))
    except _Lost:
        log.info("upload %s: cancelled, or checked by another worker", upload.code)
    except Exception:
        _later(upload)
        raise


def _check(upload: Upload) -> None:
    """Find out what the file is and register it. Raises Invalid with what is wrong with it."""
    with translation.override(upload.language):
        told = time.monotonic()

        def progress(done: int, _size: int) -> None:
            nonlocal told
            if time.monotonic() - told >= _SAY_EVERY_SECONDS:
                told = time.monotonic()
                _renew(upload, checked_bytes=done)

        sha256 = hash_object(source_of(upload), upload.object_key, progress)
        _renew(upload, checked_bytes=upload.size_bytes)
        if upload.declared_sha256 not in {"", sha256}:
            raise Invalid(
                "sha256",
                _("The file received has SHA-256 %(sha256)s. Send it again, or correct the hash.")
                % {"sha256": sha256},
            )
        known = same_file(upload.owner, sha256)
        draft = None if known else _examined(upload, sha256)
        moves = known is not None and is_astray(known)
    _register(upload, known, draft, moves=moves)


def _examined(upload: Upload, sha256: str) -> Asset:
    """Return the unsaved row of the file, as the sandbox found it to be."""
    with source_of(upload).local_copy(upload.object_key) as path:
        facts = probe(path, upload.filename)
    object_key = upload.object_key
    if upload.likeness_id and not object_key.startswith(PREFIX):
        # Begun before parts were sealed: the plain file goes when the upload is cleared.
        object_key = master_key(upload.owner, sha256)
        object_store().copy(upload.object_key, object_key)
    return Asset(
        kind=choose_kind(facts, upload.kind),
        source_type=upload.source_type,
        filename=upload.filename,
        mime=facts["mime"],
        size_bytes=upload.size_bytes,
        sha256=sha256,
        object_key=object_key,
        external_bucket=upload.external_bucket,
        external_version=upload.external_version,
        external_etag=upload.external_etag,
        facts=facts,
    )


def _register(upload: Upload, asset: Asset | None, draft: Asset | None, *, moves: bool) -> None:
    with transaction.atomic():
        state = Upload.objects.select_for_update().values_list("state", flat=True)
        if state.get(pk=upload.pk) != UploadState.CHECKING:
            raise _Lost
        if draft is not None:
            actor_name = upload.organisation.stream
            asset, _is_new = register_verified(upload.owner, draft, actor_name=actor_name)
        elif moves and asset is not None:
            move(
                asset,
                key=upload.object_key,
                bucket=upload.external_bucket,
                version=upload.external_version,
                etag=upload.external_etag,
            )
        Upload.objects.filter(pk=upload.pk).update(
            state=UploadState.DONE, asset=asset, work_not_before=timezone.now()
        )
    # Killed before this line, a worker removes what another file made superfluous.
    clear(upload)


def _renew(upload: Upload, **changes: int) -> None:
    """Hold the lease for longer. Raises _Lost when the upload is no longer ours."""
    if not _hold(upload, **changes):
        raise _Lost


def _hold(upload: Upload, **changes: int) -> bool:
    mine = Upload.objects.filter(
        pk=upload.pk, state=upload.state, work_attempts=upload.work_attempts
    )
    return bool(mine.update(work_not_before=timezone.now() + LEASE, **changes))


def _refuse(upload: Upload, reason: Text) -> None:
    if end(upload, UploadState(upload.state), UploadState.REFUSED, reason):
        clear(upload)


def _later(upload: Upload) -> None:
    Upload.objects.filter(pk=upload.pk, work_attempts=upload.work_attempts).update(
        work_not_before=timezone.now() + wait_after(upload.work_attempts)
    )
