"""Where files are kept: in a folder by default, or a bucket; and files in buckets of others."""

from functools import cache

from django.conf import settings

from catalog.object_interface import Facts, ObjectStore, Source
from catalog.objects_folder import LocalObjectStore
from catalog.sealing import SealingStore, keyring


def object_store() -> ObjectStore:
    """Return the store that the settings name; what lies under `sealed/` is encrypted in it."""
    return SealingStore(_store(), keyring)


def _store() -> ObjectStore:
    if settings.ENV.object_store == "s3":
        return _bucket()
    return LocalObjectStore(settings.VAR_DIR / "objects")


def external_source(bucket: str, version: str, etag: str) -> Source:
    """Return where an object of this version and tag is read from, in the bucket of its holder."""
    # boto3 takes half a second to import; only who has something to do with a bucket waits for it.
    from catalog.objects_s3 import ExternalSource

    return ExternalSource.from_environment(settings.ENV, bucket, version, etag)


def external_facts(bucket: str, key: str, version: str) -> tuple[Facts, str]:
    """Return what a bucket of others says of an object, and the id of its version, "" in a bucket
    without versions; of the current one where none is named."""
    from catalog.objects_s3 import ExternalSource

    source = ExternalSource.from_environment(settings.ENV, bucket, version, "")
    return source.facts(key), version or source.version(key)


@cache
def _bucket() -> ObjectStore:
    from catalog.objects_s3 import S3ObjectStore

    return S3ObjectStore.from_environment(settings.ENV)
