"""Where files are kept: in a folder by default, or a bucket; and files in buckets of others."""

from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings

from catalog.object_interface import Facts, ObjectStore, Source
from catalog.objects_folder import LocalObjectStore
from catalog.sealing import SealingStore, keyring

if TYPE_CHECKING:
    from catalog.s3_external import ExternalSource


_waits_longer = False


def wait_longer() -> None:
    """Let this process wait minutes for a bucket that is slow: for workers and commands. Where
    somebody waits for an answer, a bucket that hangs is given up within seconds."""
    global _waits_longer  # noqa: PLW0603 - once, as the process begins
    _waits_longer = True


def object_store() -> ObjectStore:
    """Return the store that the settings name; what lies under `sealed/` is encrypted in it."""
    return SealingStore(_store(), keyring)


def _store() -> ObjectStore:
    if settings.ENV.object_store == "s3":
        return _bucket()
    return LocalObjectStore(settings.VAR_DIR / "objects")


def external_source(bucket: str, version: str, etag: str) -> Source:
    """Return where an object of this version and tag is read from, in the bucket of its holder."""
    return _external(bucket, version, etag)


def external_facts(bucket: str, key: str, version: str) -> tuple[Facts, str]:
    """Return what a bucket of others says of an object, and the id of its version, "" in a bucket
    without versions; of the current one where none is named."""
    source = _external(bucket, version, "")
    return source.facts(key), version or source.version(key)


# boto3 takes half a second to import; only who has something to do with a bucket waits for it.
def _external(bucket: str, version: str, etag: str) -> "ExternalSource":
    from catalog.s3_client import LONG, SHORT
    from catalog.s3_external import ExternalSource

    patience = LONG if _waits_longer else SHORT
    return ExternalSource.from_environment(settings.ENV, patience, bucket, version, etag)


@cache
def _bucket() -> ObjectStore:
    from catalog.objects_s3 import S3ObjectStore
    from catalog.s3_client import LONG, SHORT

    return S3ObjectStore.from_environment(settings.ENV, LONG if _waits_longer else SHORT)
