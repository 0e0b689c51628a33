"""The job that signs granted files for their licensees. It pulls what is missing."""

import hashlib
import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.access import SYSTEM
from accounts.codes import allocate
from accounts.models import Organisation
from catalog.clips import try_again, wanted
from catalog.models import Asset, Clip, Consent, WorkState
from catalog.models.clips import SUFFIX
from catalog.objects import object_store
from catalog.references import source_of
from catalog.sealing import PREFIX
from ledger import keys, proofs, shards
from ledger.append import append
from ledger.models import Event
from licensing.models import Grant, GrantedAsset
from licensing.verdicts.clearances import consents_reaching
from provenance import c2pa_sdk, pki, readings
from provenance.formats import embeddable
from provenance.inspection import inspect
from provenance.manifests import (
    AssetFacts,
    ClipFacts,
    ConsentFacts,
    GrantFacts,
    LedgerFacts,
    Party,
    definition,
)
from provenance.models import Credential, CredentialForm

log = logging.getLogger("edgecode.provenance")

LEASE = timedelta(minutes=10)
MAX_ATTEMPTS = 8  # before a file counts as failed; it is still tried every hour


@dataclass(frozen=True)
class SignedFile:
    """What signing leaves: the manifest's name, the file to deliver, the sidecar if any."""

    manifest_id: str
    file_key: str
    file_sha256: str
    file_size: int
    sidecar_key: str = ""


def sign_pending(limit: int = 20) -> int:
    """Sign granted files that have no credential yet; return how many were tried.

    A file waits until its grant's entry is under a published checkpoint, because the credential
    carries that proof. A worker that dies leaves a lease that runs out; what it had stored is
    overwritten under the same keys.
    """
    _open_missing(limit)
    tried = 0
    while tried < limit and (credential := _lease()) is not None:
        tried += 1
        for purpose, key in pki.keys_in_use():
            keys.publish(key, purpose=purpose)  # before its first use
        try:
            signed = _sign(credential)
        except (c2pa_sdk.SigningError, OSError, ValueError) as error:
            log.exception("credential %s was not signed", credential.code)
            _retry_later(credential, error)
        else:
            _record(credential, signed)
    return tried


def _open_missing(limit: int) -> None:
    """Give each granted file of a live grant the row that says it is due; one to each part."""
    missing = GrantedAsset.objects.filter(
        credentials__isnull=True,
        grant__revoked_at__isnull=True,
        grant__superseded_at__isnull=True,
    ).select_related("asset")[:limit]
    for granted in missing:
        with transaction.atomic():
            for part, clip in enumerate(wanted(granted.asset, granted.ranges), start=1):
                _open(granted, CredentialForm.EMBEDDED, part=part, clip=clip)
            if not granted.ranges:
                fits = embeddable(granted.asset.mime)
                _open(granted, CredentialForm.EMBEDDED if fits else CredentialForm.SIDECAR)


def _open(
    granted: GrantedAsset, form: CredentialForm, *, part: int = 0, clip: Clip | None = None
) -> None:
    Credential.objects.get_or_create(
        granted_asset=granted,
        part=part,
        defaults={"code": allocate("credential"), "form": form, "clip": clip},
    )


@transaction.atomic
def _lease() -> Credential | None:
    """Return the next due credential whose grant is proven by a published checkpoint."""
    size = proofs.size()
    now = timezone.now()
    due = Credential.objects.exclude(state=WorkState.DONE).filter(
        Q(clip__isnull=True) | ~Q(clip__state=WorkState.DUE),  # until it is cut
        not_before__lte=now,
        granted_asset__grant__revoked_at__isnull=True,
        granted_asset__grant__superseded_at__isnull=True,
    )
    ready = due.select_for_update(of=("self",), skip_locked=True).order_by("not_before")
    for credential in ready.select_related("granted_asset__grant")[:50]:
        index = grant_index(credential.granted_asset.grant)
        if index is not None and index < size:
            Credential.objects.filter(pk=credential.pk).update(
                not_before=now + LEASE, attempts=F("attempts") + 1
            )
            return Credential.objects.select_related(
                "clip",
                "granted_asset__asset__title",
                "granted_asset__asset__likeness",
                "granted_asset__clearance",
                "granted_asset__grant__licensor",
                "granted_asset__grant__licensee",
                "granted_asset__grant__deal__agreement",
            ).get(pk=credential.pk)
    return None


def grant_index(grant: Grant) -> int | None:
    """Return the ledger index of the grant's issue, or None while it has none."""
    event = Event.objects.filter(stream=grant.stream, version=1)
    return event.values_list("entry__index", flat=True).first()


def _sign(credential: Credential) -> SignedFile:
    granted = credential.granted_asset
    asset, store = granted.asset, object_store()
    sealed = PREFIX if asset.likeness_id else ""
    folder = f"{sealed}credentials/{granted.grant.code}/{credential.code}"
    if credential.clip is not None:
        return _sign_clip(credential, credential.clip, folder)
    if credential.form == CredentialForm.SIDECAR:
        signed = c2pa_sdk.sign_sidecar(_definition(granted), asset.sha256)
        sidecar_key = f"{folder}.c2pa"
        store.put_bytes(sidecar_key, signed.manifest)
        file_key = asset.object_key
        if asset.external_bucket:  # what is delivered is ours to keep
            file_key = f"{folder}{Path(asset.filename).suffix.lower()}"
            with _workspace(asset) as (source, dest):
                shutil.copyfile(source, dest)
                store.adopt(dest, file_key)
        return SignedFile(signed.manifest_id, file_key, asset.sha256, asset.size_bytes, sidecar_key)
    with _workspace(asset) as (source, dest):
        # What a file says of its own past is kept: read in the limited process, as any stranger's.
        continues = inspect(source, mime=asset.mime, sha256=asset.sha256).has_manifest
        manifest = _definition(granted, continues=continues)
        signed = c2pa_sdk.sign_embedded(manifest, asset.mime, source, dest, continues=continues)
        file_key = f"{folder}{Path(asset.filename).suffix.lower()}"
        return _keep(credential, signed, dest, file_key)


def _sign_clip(credential: Credential, clip: Clip, folder: str) -> SignedFile:
    """Sign a part of a file; what it was cut out of is its parent."""
    if clip.state != WorkState.DONE:
        try_again(clip)
        raise ValueError(clip.problem)
    granted = credential.granted_asset
    manifest = _definition(granted, clip=clip)
    with (
        tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as name,
        object_store().local_copy(clip.object_key) as source,
    ):
        dest = Path(name) / "signed"
        if _has_past(granted.asset.pk, granted.asset.sha256):
            with source_of(granted.asset).local_copy(granted.asset.object_key) as parent:
                signed = c2pa_sdk.sign_embedded(
                    manifest, clip.mime, source, dest, parent=(parent, granted.asset.mime)
                )
        else:
            signed = c2pa_sdk.sign_embedded(manifest, clip.mime, source, dest)
        return _keep(credential, signed, dest, f"{folder}{SUFFIX[clip.mime]}")


@lru_cache(maxsize=1024)  # by its bytes: a long film is read once for all of its parts
def _has_past(key: int, sha256: str) -> bool:
    """Return whether a file carries a manifest, read in the limited process."""
    asset = Asset.objects.get(pk=key)
    with source_of(asset).local_copy(asset.object_key) as path:
        return inspect(path, mime=asset.mime, sha256=sha256).has_manifest


def _keep(credential: Credential, signed: c2pa_sdk.Signed, dest: Path, file_key: str) -> SignedFile:
    """Take the signed file in, with what a reader says of it."""
    readings.keep(dest, mime=credential.mime, key=readings.key_of(credential))
    with dest.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    size = dest.stat().st_size
    object_store().adopt(dest, file_key)
    return SignedFile(signed.manifest_id, file_key, sha256, size)


def _definition(
    granted: GrantedAsset, *, continues: bool = False, clip: Clip | None = None
) -> dict[str, Any]:
    facts = _asset_facts(granted), _grant_facts(granted.grant), _consents(granted)
    part = ClipFacts(clip.from_ms, clip.to_ms, clip.mime) if clip is not None else None
    return definition(*facts, continues=continues, part=part)


@contextmanager
def _workspace(asset: Asset) -> Iterator[tuple[Path, Path]]:
    with (
        tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder,
        source_of(asset).local_copy(asset.object_key) as source,
    ):
        yield source, Path(folder) / "signed"


@transaction.atomic
def _record(credential: Credential, signed: SignedFile) -> None:
    locked = Credential.objects.select_for_update().get(pk=credential.pk)
    if locked.state == WorkState.DONE:
        return  # another worker took over after our lease ran out, and was first
    granted = credential.granted_asset
    # The grant is locked, so its early end comes wholly before this or wholly after.
    if Grant.objects.select_for_update().get(pk=granted.grant_id).ended_early_at is not None:
        return
    locked.state, locked.problem = WorkState.DONE, ""
    locked.manifest_id = signed.manifest_id
    locked.file_key, locked.sidecar_key = signed.file_key, signed.sidecar_key
    locked.file_sha256, locked.file_size = signed.file_sha256, signed.file_size
    locked.signer_sha256 = pki.fingerprints()["claim_signer"]
    locked.signed_at = timezone.now()
    locked.save()
    append(
        "credential.signed.v2",
        stream=locked.stream,
        actor=SYSTEM,
        refs={"grant": granted.grant.stream, "asset": granted.asset.stream},
        data={"form": locked.form, "manifest": locked.manifest_id, "part": locked.part},
        private={"file": _signed_file(locked, credential.clip)},
    )


def _signed_file(credential: Credential, clip: Clip | None) -> dict[str, Any]:
    file: dict[str, Any] = {
        "sha256": credential.file_sha256,
        "size_bytes": credential.file_size,
    }
    return file | {"range_ms": [clip.from_ms, clip.to_ms]} if clip is not None else file


def _retry_later(credential: Credential, error: Exception) -> None:
    """Try again later and ever less often; from MAX_ATTEMPTS on the parties see it as failed."""
    attempts = credential.attempts
    wait = timedelta(seconds=min(3600, 5 * 3**attempts))
    # Licensor and licensee read this: no path of ours, which an OSError names.
    problem = "the stored file could not be read" if isinstance(error, OSError) else str(error)
    Credential.objects.filter(pk=credential.pk).exclude(state=WorkState.DONE).update(
        problem=problem[:300],
        not_before=timezone.now() + wait,
        state=WorkState.FAILED if attempts >= MAX_ATTEMPTS else WorkState.DUE,
    )


def _asset_facts(granted: GrantedAsset) -> AssetFacts:
    asset = granted.asset
    return AssetFacts(
        code=asset.code,
        # A likeness's files are often called by the performer's name; their codes are not.
        title=asset.filename if asset.likeness_id is None else asset.code,
        format=asset.mime,
        source_type=asset.source_type,
        sha256=asset.sha256,
    )


def _party(organisation: Organisation) -> Party:
    return Party(organisation.code, organisation.name)


def _grant_facts(grant: Grant) -> GrantFacts:
    index = grant_index(grant)
    if index is None:
        raise ValueError(f"grant {grant.code} has no ledger index yet")
    shard, at = proofs.locate(index)
    return GrantFacts(
        code=grant.code,
        licensor=_party(grant.licensor),
        licensee=_party(grant.licensee),
        uses=grant.uses,
        model_kinds=grant.model_kinds,
        territory=grant.territory,
        start=grant.starts_at,
        end=grant.ends_at,
        exclusivity=grant.exclusivity,
        agreement_sha256=grant.deal.agreement.pdf_sha256,
        status_url=f"{settings.BASE_URL}/api/v1/status/{grant.code}/",
        url=f"{settings.BASE_URL}/grants/{grant.code}/",
        ledger=LedgerFacts(shards.origin(shard), at, proofs.receipt(index)),
    )


def _consents(granted: GrantedAsset) -> list[ConsentFacts]:
    return [_consent_facts(consent) for consent in consents_standing(granted)]


def consents_standing(granted: GrantedAsset) -> list[Consent]:
    """Return the consents that the file's clearance rests on and that were not withdrawn; none for
    a title's file."""
    if granted.asset.likeness is None:
        return []
    # One that rested then is in the case, as a draft: nothing was granted on it.
    known = {
        fact["id"]
        for fact in granted.clearance.case["facts"]
        if fact["kind"] == "consent" and fact.get("status") != "draft"
    }
    consents = consents_reaching(granted.asset, granted.grant)
    return [consent for consent in consents if consent.code in known]


def _consent_facts(consent: Consent) -> ConsentFacts:
    recorded = Event.objects.get(stream=consent.stream, kind="consent.recorded")
    return ConsentFacts(
        code=consent.code,
        attributes=consent.attributes,
        uses=consent.uses,
        start=consent.starts_at,
        end=consent.ends_at,
        record_sha256=recorded.facts().commitments["consent"],
    )
