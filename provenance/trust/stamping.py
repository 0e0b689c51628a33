"""The job that stamps what was signed while no time stamp was to be had.

The stamp stands beside the signature, unsigned (countersign.py), so the manifest stays the same
one; what is delivered from then on holds other bytes in its place. What was delivered before stays
what it is, and is recognised: it is the new file without the stamp (credentials/files.py), by its
hash where that had been reckoned.
"""

import hashlib
import logging
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from accounts.access import SYSTEM
from catalog.models import WorkState
from ledger.append import append
from provenance import countersign
from provenance.credentials.files import placed
from provenance.models import Credential, CredentialForm, EarlierFile, Manifest
from provenance.trust import stamps

log = logging.getLogger("edgecode.provenance")

AT_ONCE: Final = 50


def stamp_pending(limit: int = AT_ONCE) -> int:
    """Stamp signed files that carry no time stamp; return of how many. Safe to kill and to run
    twice: a stamp that was not recorded was never delivered."""
    waiting = Credential.objects.filter(
        state=WorkState.DONE, stamped_at__isnull=True, problem=""
    ).order_by("pk")
    done = 0
    for pk, body in list(waiting.values_list("pk", "manifest__body")[:limit]):
        try:
            token = stamps.token(hashlib.sha256(countersign.to_stamp(bytes(body))).digest())
        except stamps.NoStamp:
            break
        done += _put(pk, token)
    return done


@transaction.atomic
def _put(pk: int, token: bytes) -> bool:
    """Put a token into a credential's manifest, unless another worker was faster."""
    rows = Credential.objects.select_for_update(of=("self",)).filter(pk=pk, stamped_at__isnull=True)
    credential = rows.select_related("manifest", "prepared", "granted_asset__asset").first()
    if credential is None:
        return False
    store = countersign.stamped(bytes(credential.manifest.body), token)
    earlier_sha256 = credential.file_sha256
    try:
        file = _file(credential, store)
    except ValueError as error:  # no room for so long a stamp
        log.exception("credential %s was not stamped", credential.code)
        Credential.objects.filter(pk=pk).update(problem=str(error)[:300])
        return False
    Manifest.objects.filter(pk=pk).update(body=store)
    if earlier_sha256 not in {"", credential.file_sha256}:
        EarlierFile.objects.create(credential=credential, sha256=earlier_sha256)
    credential.stamped_at = timezone.now()
    credential.save(update_fields=["stamped_at", "file_sha256"])
    append("credential.stamped", stream=credential.stream, actor=SYSTEM, private={"file": file})
    return True


def _file(credential: Credential, store: bytes) -> dict[str, Any]:
    """Return what the log commits to of the file with this manifest. Of the whole it is hashed anew
    by the job that does that (credentials/files.py)."""
    said: dict[str, Any] = {"size_bytes": credential.file_size}
    prepared = credential.prepared
    if credential.form == CredentialForm.SIDECAR or prepared is None:
        return said | {"sha256": credential.file_sha256}
    credential.file_sha256 = ""
    return said | {"placed": placed(prepared, store)}
