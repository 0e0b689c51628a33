"""Files that are no longer where they were registered, in a bucket of their holder's: the same
content, verified anew elsewhere, takes their place."""

from django.db import transaction
from django.utils import timezone

from accounts.errors import Conflict
from catalog.models import Asset, MediaReading, ReferenceLook, WorkState
from catalog.objects import external_source


def is_astray(asset: Asset) -> bool:
    """Return whether a file in its holder's bucket is gone, changed or out of reach. Asks the
    bucket; a file in our own store is never astray."""
    if not asset.external_bucket:
        return False
    source = external_source(asset.external_bucket, asset.external_version, asset.external_etag)
    try:
        source.facts(asset.object_key)
    except (Conflict, OSError):
        return True
    return False


@transaction.atomic
def move(asset: Asset, *, key: str, bucket: str = "", version: str = "", etag: str = "") -> None:
    """Read the file from where its content was found again from now on: in our store, or in a
    bucket. What could not be made of it meanwhile is tried again."""
    now = timezone.now()
    mine = Asset.objects.filter(pk=asset.pk)
    mine.update(
        object_key=key,
        external_bucket=bucket,
        external_version=version,
        external_etag=etag,
        changed_at=now,
    )
    mine.filter(pictures_state=WorkState.FAILED).update(
        pictures_state=WorkState.DUE, pictures_attempts=0, pictures_not_before=now
    )
    MediaReading.objects.filter(asset=asset, state=WorkState.FAILED).update(
        state=WorkState.DUE, attempts=0, not_before=now
    )
    ReferenceLook.objects.filter(asset=asset).delete()
    asset.refresh_from_db()
