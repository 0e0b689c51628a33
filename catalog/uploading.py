"""Files that come in parts: begun, linked, completed, cancelled, and swept up.

The row is the truth, the store holds the bytes. Each verb changes the row first and the store
after it; whatever is killed in between is found by its row and done again, or by the sweep.
Nothing is recorded in the ledger before the file is verified (catalog.upload_checks).
"""

import logging
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor
from accounts.errors import Conflict, Invalid, NotFound, Text
from catalog.assets import Owner, check_filename, check_source_type, require_upload
from catalog.intake import too_large
from catalog.media_formats import ACCEPTED_ENDINGS, by_ending, ending
from catalog.models import AssetKind, Title, Upload, UploadPart, UploadState
from catalog.models.uploads import ENDED, LIVE
from catalog.object_interface import Link, UploadGone, check_sizes, check_whole, not_the_part
from catalog.object_links import checked_sha256
from catalog.objects import object_store
from catalog.sealing import PREFIX

log = logging.getLogger("edgecode.catalog")

# Parts are small enough to be sent again without grief, and never too many to list.
PART_BYTES = 8 * 2**20
_MANY_PARTS = 1024
LINK_SECONDS = 3600
MAX_LINKS = 100
# An upload that is forgotten for so long is given up.
LIFE = timedelta(days=7)
MAX_LIVE = 1000
# Longer than any store takes to put the parts together.
COMPLETING = timedelta(minutes=10)
_CLEARED_AT_ONCE = 100


@dataclass(frozen=True)
class PartState:
    """A part that a link was given for, and whether it is in."""

    number: int
    sha256: str
    is_in: bool


def part_bytes_for(size_bytes: int) -> int:
    """Return how long the parts of a file of this size are."""
    part = PART_BYTES
    while part * _MANY_PARTS < size_bytes:
        part *= 2
    return part


def begin_upload(
    *,
    actor: Actor,
    owner: Owner,
    filename: str,
    size_bytes: int,
    source_type: str,
    kind: str = "",
    sha256: str = "",
) -> Upload:
    """Open an upload of a file of the title or likeness.

    `sha256` is the hash of the whole file where the sender knows it: another content is refused.
    Raises NotAllowed, Invalid, TooLarge; Conflict when too many uploads are open.
    """
    require_upload(actor, owner)
    upload = draft(owner, filename=filename, source_type=source_type, kind=kind, sha256=sha256)
    if size_bytes > settings.ENV.upload_max_bytes:
        raise too_large(settings.ENV.upload_max_bytes, "size_bytes")
    upload.size_bytes, upload.part_bytes = size_bytes, part_bytes_for(size_bytes)
    check_sizes(size_bytes, upload.part_bytes)
    # Killed after this line, parts are open that no row knows: the sweep gives them up.
    begun = object_store().begin_upload(
        upload.object_key, size_bytes=size_bytes, part_bytes=upload.part_bytes
    )
    upload.store_id = begun.id
    upload.save(force_insert=True)
    return upload


def draft(owner: Owner, *, filename: str, source_type: str, kind: str, sha256: str) -> Upload:
    """Return an unsaved upload of the owner, checked but for its size."""
    filename = check_filename(filename)
    if by_ending(ending(filename)) is None:
        raise Invalid(
            "filename",
            _("The file name's ending is not one we accept. Accepted: %(accepted)s.")
            % {"accepted": ", ".join(ACCEPTED_ENDINGS)},
        )
    check_source_type(source_type)
    if kind and kind not in AssetKind.values:
        raise Invalid(
            "kind", _("The file can be: %(kinds)s.") % {"kinds": ", ".join(AssetKind.values)}
        )
    if isinstance(owner, Title):
        title, likeness, organisation = owner, None, owner.organisation
    else:
        title, likeness, organisation = None, owner, owner.performer.organisation
    if Upload.objects.filter(organisation=organisation, state__in=LIVE).count() >= MAX_LIVE:
        raise Conflict(
            _("%(most)s uploads are under way. Finish or cancel some of them first.")
            % {"most": MAX_LIVE}
        )
    return Upload(
        organisation=organisation,
        title=title,
        likeness=likeness,
        filename=filename,
        source_type=source_type,
        kind=kind,
        declared_sha256=checked_sha256(sha256) if sha256 else "",
        # What shows a performer is sealed part by part, as it arrives.
        object_key=f"{PREFIX if likeness else ''}masters/{owner.code}/{secrets.token_hex(16)}",
        language=get_language() or "en",
        expires_at=timezone.now() + LIFE,
    )


def get_upload(actor: Actor, code: str) -> Upload:
    """Return an upload of the actor's organisation, or raise NotFound."""
    mine = Upload.objects.visible_to(actor).select_related("asset", "title", "likeness__performer")
    upload = mine.filter(code=code).first()
    if upload is None:
        raise NotFound
    return upload


def parts_of(upload: Upload) -> list[PartState]:
    """Return the parts that links were given for, by number; what is not among them is missing."""
    announced = dict(upload.announced.values_list("number", "sha256"))
    if upload.state != UploadState.OPEN:
        is_whole = upload.state not in {UploadState.ABORTED, UploadState.REFUSED}
        return [PartState(number, announced[number], is_whole) for number in sorted(announced)]
    try:
        there = {part.number for part in object_store().parts(upload.parts_of_it)}
    except UploadGone:
        gone = _("The store gave this upload up. Begin it again.")
        end(upload, UploadState.OPEN, UploadState.ABORTED, gone)
        there = set()
    return [PartState(number, announced[number], number in there) for number in sorted(announced)]


def link_parts(*, actor: Actor, code: str, sha256s: Mapping[int, str]) -> list[tuple[int, Link]]:
    """Return a link for each part, by its number and the SHA-256 (hex) of its content.

    The hash of a part stands once a link was given: raises Conflict for another one, and when
    the upload is no longer open; Invalid for a number or hash that cannot be.
    """
    upload = get_upload(actor, code)
    require_upload(actor, upload.owner)
    if not 1 <= len(sha256s) <= MAX_LINKS:
        raise Invalid("parts", _("Ask for 1 to %(most)s parts at a time.") % {"most": MAX_LINKS})
    hashes = {}
    for number, sha256 in sha256s.items():
        upload.parts_of_it.bytes_of(number)
        hashes[number] = checked_sha256(sha256)
    _announce(upload, hashes)
    store = object_store()
    return [
        (number, store.part_link(upload.parts_of_it, number, sha256, seconds=LINK_SECONDS))
        for number, sha256 in sorted(hashes.items())
    ]


@transaction.atomic
def _announce(upload: Upload, sha256s: Mapping[int, str]) -> None:
    locked = Upload.objects.select_for_update().get(pk=upload.pk)
    if locked.state != UploadState.OPEN:
        raise _not_open(locked)
    known = dict(locked.announced.filter(number__in=sha256s).values_list("number", "sha256"))
    for number, sha256 in known.items():
        if sha256 != sha256s[number]:
            raise not_the_part(number)
    UploadPart.objects.bulk_create(
        UploadPart(upload=locked, number=number, sha256=sha256)
        for number, sha256 in sha256s.items()
        if number not in known
    )
    now = timezone.now()
    Upload.objects.filter(pk=locked.pk).update(last_part_at=now, expires_at=now + LIFE)


def complete_upload(*, actor: Actor, code: str) -> Upload:
    """Put the parts together and have the file checked; return the upload as it is then.

    Completing twice is no error. Raises Conflict while parts are missing, and for an upload that
    was cancelled or refused.
    """
    upload = get_upload(actor, code)
    require_upload(actor, upload.owner)
    sealed = upload.object_key.startswith(PREFIX)
    if sealed and upload.state == UploadState.OPEN:
        _check_all_in(upload)
    if _claim(upload, for_worker=sealed) and not sealed:
        put_together(upload)
    return get_upload(actor, code)


def _check_all_in(upload: Upload) -> None:
    """Say at once what is missing of a file that a worker puts together: sealing it anew takes
    as long as it is large. Raises Conflict."""
    announced = dict(upload.announced.values_list("number", "sha256"))
    with suppress(UploadGone):  # completed this moment, by another call
        check_whole(upload.parts_of_it, object_store().parts(upload.parts_of_it), announced)


@transaction.atomic
def _claim(upload: Upload, *, for_worker: bool) -> bool:
    """Make an open upload one that is being put together, by the caller or by a worker; False
    where that happened before."""
    locked = Upload.objects.select_for_update().get(pk=upload.pk)
    if locked.state in {UploadState.ABORTED, UploadState.REFUSED}:
        raise _not_open(locked)
    if locked.state != UploadState.OPEN:
        return False
    Upload.objects.filter(pk=locked.pk).update(
        state=UploadState.COMPLETING,
        work_not_before=timezone.now() + (timedelta() if for_worker else COMPLETING),
    )
    return True


def put_together(upload: Upload) -> None:
    """Complete a claimed upload in the store; killed anywhere, it can be done again.

    Raises Conflict, with the upload open again, while parts are missing.
    """
    sha256s = dict(upload.announced.values_list("number", "sha256"))
    try:
        object_store().complete_upload(upload.parts_of_it, sha256s)
    except UploadGone:
        # Whoever completed it before us was killed, or its answer was lost: the key is its own.
        if not _is_whole(upload):
            lost = _("The store lost the parts of this file. Send it again.")
            end(upload, UploadState.COMPLETING, UploadState.REFUSED, lost)
            return
    except Conflict:
        _completing(upload).update(state=UploadState.OPEN)
        raise
    # Killed before this line, a worker finds it under its key and goes on here.
    checking = {"state": UploadState.CHECKING, "work_not_before": timezone.now()}
    if not _completing(upload).update(**checking, work_attempts=0):
        clear(upload)  # cancelled meanwhile


def abort_upload(*, actor: Actor, code: str) -> Upload:
    """Cancel an upload, whatever of it is there; twice is no error.

    Raises Conflict for a file that is registered already.
    """
    upload = get_upload(actor, code)
    require_upload(actor, upload.owner)
    with transaction.atomic():
        locked = Upload.objects.select_for_update().get(pk=upload.pk)
        if locked.state == UploadState.DONE:
            raise Conflict(_("The file is registered already; it is no upload any more."))
        if locked.state not in LIVE:
            return upload
        # Who puts it together this moment may finish after us: cleared when that is over.
        is_busy = locked.state == UploadState.COMPLETING
        not_before = timezone.now() + (COMPLETING if is_busy else timedelta())
        Upload.objects.filter(pk=locked.pk).update(
            state=UploadState.ABORTED, work_not_before=not_before
        )
    if not is_busy:
        # Killed before this line, a worker clears it.
        clear(upload)
    return get_upload(actor, code)


def clear(upload: Upload) -> None:
    """Remove from the store what an ended upload left there."""
    row = Upload.objects.select_related("asset").get(pk=upload.pk)
    is_kept = row.asset is not None and row.asset.object_key == row.object_key
    if not row.external_bucket and not is_kept and row.state in ENDED:
        object_store().abort_upload(row.parts_of_it)
        object_store().delete(row.object_key)
    Upload.objects.filter(pk=upload.pk, state__in=ENDED).update(is_cleared=True)


def clear_pending() -> int:
    """Clear what ended and was not cleared; return how many. The worker's."""
    due = Upload.objects.filter(
        state__in=ENDED, is_cleared=False, work_not_before__lte=timezone.now()
    )
    found = list(due.order_by("work_not_before")[:_CLEARED_AT_ONCE])
    for upload in found:
        clear(upload)
    return len(found)


def sweep() -> int:
    """Give up uploads that nobody has gone on with for a week; return how many."""
    late = Upload.objects.filter(state=UploadState.OPEN, expires_at__lt=timezone.now())
    why = _("Nothing came for a week, so it was given up.")
    given_up = sum(
        end(upload, UploadState.OPEN, UploadState.ABORTED, why) for upload in late[:MAX_LIVE]
    )
    # What no row knows: a link is given for an hour, and a row with it for a week.
    given_up += object_store().abandon_uploads(timezone.now() - 2 * LIFE)
    return given_up


def end(upload: Upload, from_state: UploadState, state: UploadState, reason: Text) -> bool:
    """End an upload, if it still is in `from_state`, and say why in its sender's language."""
    with translation.override(upload.language):
        why = str(reason)
    ended = Upload.objects.filter(pk=upload.pk, state=from_state).update(
        state=state, reason=why, work_not_before=timezone.now()
    )
    upload.refresh_from_db()
    return bool(ended)


def _completing(upload: Upload) -> models.QuerySet[Upload]:
    return Upload.objects.filter(pk=upload.pk, state=UploadState.COMPLETING)


def _is_whole(upload: Upload) -> bool:
    try:
        return object_store().size(upload.object_key) == upload.size_bytes
    except FileNotFoundError:
        return False


def _not_open(upload: Upload) -> Conflict:
    if upload.reason:
        return Conflict(upload.reason)
    return Conflict(
        _("This upload takes no parts any more: %(state)s.") % {"state": upload.get_state_display()}
    )
