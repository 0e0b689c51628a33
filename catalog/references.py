"""Files that stay where they are: in a bucket of the studio's own, registered by reference.

The operator says which buckets belong to which organisation (EDGECODE_EXTERNAL_BUCKETS); what
lies there is only ever read. A worker hashes the file once; from then on version and tag say that
it is still this one.
"""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor
from accounts.errors import Invalid
from catalog.assets import Owner, require_upload
from catalog.external_keys import check_key, not_found, spellings
from catalog.intake import too_large
from catalog.models import Asset, Title, Upload, UploadState
from catalog.object_interface import Facts, Source
from catalog.objects import external_facts, external_source, object_store
from catalog.uploading import draft


def source_of(file: Asset | Upload) -> Source:
    """Return where the file's content is read from, under its `object_key`."""
    if file.external_bucket:
        return external_source(file.external_bucket, file.external_version, file.external_etag)
    return object_store()


def register_reference(
    *,
    actor: Actor,
    owner: Owner,
    bucket: str,
    key: str,
    source_type: str,
    version: str = "",
    filename: str = "",
    kind: str = "",
    sha256: str = "",
) -> Upload:
    """Have a file of a title checked where it lies; return the upload that says how that goes.

    Without `version` it is the object's current one. Raises Invalid("title") for a likeness, whose
    files are kept sealed and so are sent; Invalid("bucket") for one that the operator has not given
    to the organisation, Invalid("key") where nothing can be read, StoreSilent.
    """
    require_upload(actor, owner)
    if not isinstance(owner, Title):
        raise Invalid("title", _("What shows a performer is kept sealed, here: send the file."))
    title = owner
    if settings.ENV.external_buckets.get(bucket) != title.organisation.code:
        raise Invalid("bucket", _("This bucket is not set up for your organisation."))
    check_key(key)
    upload = draft(
        title,
        filename=filename or key.rsplit("/", 1)[-1],
        source_type=source_type,
        kind=kind,
        sha256=sha256,
    )
    key, facts, version = _found(bucket, key, version)
    if facts.size_bytes > settings.ENV.upload_max_bytes:
        raise too_large(settings.ENV.upload_max_bytes, "key")
    upload.object_key, upload.external_bucket = key, bucket
    upload.external_version, upload.external_etag = version, facts.etag
    upload.size_bytes = upload.part_bytes = max(1, facts.size_bytes)
    upload.state = UploadState.CHECKING
    upload.save(force_insert=True)
    return upload


def _found(bucket: str, key: str, version: str) -> tuple[str, Facts, str]:
    """Return the key in the spelling that the bucket has it in, its facts, and its version."""
    for spelt in spellings(key):
        try:
            return spelt, *external_facts(bucket, spelt, version)
        except FileNotFoundError:
            continue
    raise Invalid("key", not_found(key))
