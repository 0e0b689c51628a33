"""The job that strikes consents that have ended out of the credentials of granted files.

What was delivered cannot be called back, and a manifest cannot be revoked. But a credential gets a
newer manifest that binds to the same file and no longer says what the performer had allowed: where
the file is still delivered, because another consent stands, it carries that one from then on; where
it is not, whoever holds a copy gets it from the repository (docs/decisions/struck-consents.md).
"""

import logging
from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from accounts.access import SYSTEM, Actor
from accounts.errors import NotFound
from catalog.leases import wait_after
from catalog.models import WorkState
from ledger import keys
from ledger.append import append
from provenance.c2pa_sdk.signed import Signed, SigningError
from provenance.c2pa_sdk.signing import sign_update
from provenance.credentials import preparing
from provenance.credentials.delivery import Download, sidecar_of
from provenance.credentials.files import placed
from provenance.models import (
    Credential,
    CredentialConsent,
    CredentialForm,
    CredentialUpdate,
    Manifest,
)
from provenance.trust import pki
from provenance.update_manifests import update_definition

log = logging.getLogger("edgecode.provenance")

AT_ONCE: Final = 50


def update_pending(limit: int = AT_ONCE) -> int:
    """Sign newer manifests for credentials that name a consent that has ended; return how many
    were tried.

    It waits until the log says that the consent has ended, and for the credential's own time stamp.
    Safe to kill and to run in many processes: the first that records its manifest counts.
    """
    due = _named().filter(not_before__lte=timezone.now()).values_list("credential", flat=True)
    found = list(due.order_by("credential").distinct()[:limit])
    if found:
        for purpose, key in pki.keys_in_use():
            keys.publish(key, purpose=purpose)  # before its first use
    for pk in found:
        try:
            _update(pk)
        except Exception:  # one that cannot be updated keeps no other waiting
            log.exception("credential %s was not updated", pk)
            _retry_later(pk)
    return len(found)


def newest_manifest(actor: Actor, code: str) -> Download:
    """Return the newest manifest of a credential, as it stands beside the file, to both sides of
    its grant; also once the file is no longer delivered. Raises NotFound."""
    rows = Credential.objects.visible_to(actor).filter(code=code, state=WorkState.DONE)
    credential = rows.select_related("manifest", "granted_asset__asset", "clip").first()
    if credential is None:
        raise NotFound
    return sidecar_of(credential)


def _named() -> QuerySet[CredentialConsent]:
    """The consents that have ended, wherever a credential's newest manifest still names them."""
    return CredentialConsent.objects.filter(
        struck_by__isnull=True,
        consent__withdrawn_at__lte=timezone.now(),
        consent__is_notice_running=False,  # the log says so
        credential__stamped_at__isnull=False,
    )


def _update(pk: int) -> None:
    credential = Credential.objects.select_related(
        "manifest", "prepared", "granted_asset__asset", "clip"
    ).get(pk=pk)
    ended = list(_named().filter(credential=pk).select_related("consent").order_by("pk"))
    if not ended:
        return
    asset, store = credential.granted_asset.asset, bytes(credential.manifest.body)
    signed = sign_update(
        update_definition(
            asset.code, credential.mime, store, credential.manifest_id, [row.label for row in ended]
        )
    )
    if not signed.is_stamped:
        raise SigningError("no time stamp is to be had now")
    _record(credential, ended, store, signed)


@transaction.atomic
def _record(
    credential: Credential, ended: list[CredentialConsent], store: bytes, signed: Signed
) -> None:
    """Put a newer manifest in the place of `store`, unless another worker was faster."""
    rows = Credential.objects.select_for_update(of=("self",)).filter(pk=credential.pk)
    locked = rows.get()
    if not Manifest.objects.filter(credential=locked, body=store).exists():
        return
    prepared = credential.prepared
    fits = prepared is not None and not locked.is_beside and _fits(credential, signed.manifest)
    update = CredentialUpdate.objects.create(
        credential=locked,
        number=locked.updates.count() + 1,
        manifest_id=signed.manifest_id,
        earlier=store,
        earlier_sha256=locked.file_sha256 if fits else "",
        is_beside=not fits,
    )
    CredentialConsent.objects.filter(pk__in=[row.pk for row in ended]).update(struck_by=update)
    Manifest.objects.filter(credential=locked).update(body=signed.manifest)
    locked.newest_id = signed.manifest_id
    said: dict[str, Any] = {"size_bytes": locked.file_size}
    if fits and prepared is not None:
        locked.file_sha256 = ""  # of the whole it is reckoned anew (credentials/files.py)
        said["placed"] = placed(prepared, signed.manifest)
    else:
        locked.is_beside = locked.form != CredentialForm.SIDECAR
        said["sha256"] = locked.file_sha256
    locked.save(update_fields=["newest_id", "file_sha256", "is_beside"])
    append(
        "credential.updated",
        stream=locked.stream,
        actor=SYSTEM,
        refs={"consents": [row.consent.stream for row in ended]},
        data={"manifest": signed.manifest_id},
        private={"file": said},
    )


def _fits(credential: Credential, store: bytes) -> bool:
    assert credential.prepared is not None  # noqa: S101 - asked by the caller
    try:
        preparing.place_of(credential.prepared).encoded(store)
    except ValueError:
        return False
    return True


def _retry_later(pk: int) -> None:
    rows = CredentialConsent.objects.filter(credential=pk, struck_by__isnull=True)
    attempts = rows.values_list("attempts", flat=True).order_by("-attempts").first() or 0
    wait: timedelta = wait_after(attempts + 1)
    rows.update(attempts=F("attempts") + 1, not_before=timezone.now() + wait)
