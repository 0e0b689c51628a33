"""The job that signs granted files for their licensees. It pulls what is missing.

A credential costs the same however long its file is: a file that carries its manifest was given a
place for it once (`preparing.py`), and one that does not has it beside it. Those are signed many
at a time; a file that has no place yet, and one that carries a manifest of its own, which has to
be kept, take as long as reading them, and come one at a time.
"""

import hashlib
import logging
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, lru_cache, partial
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Concat
from django.utils import timezone

from accounts.access import SYSTEM
from accounts.codes import allocate_many
from accounts.models import Organisation
from catalog.clips import try_again, wanted
from catalog.leases import kept as held
from catalog.leases import wait_after
from catalog.models import Asset, Clip, Consent, WorkState
from catalog.models.clips import SUFFIX
from catalog.objects import object_store
from catalog.references import source_of
from catalog.sealing import PREFIX
from ledger import keys, proofs
from ledger.append import NewEvent, append_many
from ledger.inserting import insert_rows, update_rows
from ledger.models import Event
from licensing.models import Grant, GrantedAsset
from provenance import jumbf
from provenance.c2pa_sdk.embedding import sign_embedded
from provenance.c2pa_sdk.signed import Signed, SigningError, problem_of
from provenance.c2pa_sdk.signing import NoRoomError, Signing
from provenance.credentials import preparing
from provenance.credentials.facts import Definitions
from provenance.credentials.files import placed
from provenance.formats import embeddable
from provenance.manifests import CONSENT
from provenance.models import Credential, CredentialConsent, CredentialForm, Manifest, PreparedFile
from provenance.trust import pki
from provenance.verification.inspection import inspect

log = logging.getLogger("edgecode.provenance")

LEASE: Final = timedelta(minutes=10)
_FOR_CODE: Final = timedelta(minutes=1)  # how long after the grant a file's content code is awaited
MAX_ATTEMPTS: Final = 8  # before a file counts as failed; it is still tried every hour
AT_ONCE: Final = 500
# The hash of what is delivered is reckoned at once for shorter files, and later for longer ones.
_HASHED_AT_ONCE: Final = 2 * 2**20


@dataclass(frozen=True)
class SignedFile:
    """What signing leaves: the manifest, and the file to deliver, where it is one of its own.

    `sha256` is "" where nobody has read the file as it will be delivered; `placed` says how it is
    checked where its manifest stands in the place of a prepared file.
    """

    signed: Signed
    size: int
    sha256: str = ""
    file_key: str = ""
    placed: Mapping[str, Any] | None = None

    @cached_property
    def signer_sha256(self) -> str:
        """The SHA-256 of the certificate that it was signed under: it may have been renewed since,
        while the rest of a batch was signed."""
        return hashlib.sha256(jumbf.signer_certificate(self.signed.manifest)).hexdigest()


def sign_pending(limit: int = AT_ONCE) -> int:
    """Sign granted files that have no credential yet; return how many were tried.

    A file waits until its grant's entry is under a published checkpoint, because the credential
    carries that proof, and for a minute at most until its content code is reckoned. A worker that
    dies leaves a lease that runs out; what it had stored is overwritten under the same keys.
    """
    _open_missing(limit)
    if not _due().exists():
        return 0  # no other writer is held up for nothing
    for purpose, key in pki.keys_in_use():
        keys.publish(key, purpose=purpose)  # before its first use
    tried, found = 0, AT_ONCE
    while tried < limit and found == AT_ONCE:
        some = _lease(_placed().filter(_LIGHT), min(AT_ONCE, limit - tried))
        found = len(some)
        if some:
            _sign_all(some)
        tried += found
    # One long film does not keep the short ones waiting.
    if tried < limit and (some := _lease(_placed().exclude(_LIGHT), 1)):
        _sign_all(some)
        tried += 1
    return tried


def _open_missing(limit: int) -> None:
    """Give granted files that nobody has taken up the rows that say they are due."""
    while _take_up(limit):
        pass


def _take_up(limit: int) -> bool:
    """Take up the next granted files; return whether there were some and none has to be signed.

    Each is taken up once, and by one worker: what is here for good costs the next look nothing.
    A grant that has been revoked or superseded stays so, and what is signed already is not signed
    again.
    """
    waiting = GrantedAsset.objects.filter(awaits_credential=True).order_by("pk")
    if not waiting.exists():
        return False  # as nearly always: nobody waits until it is told so
    with transaction.atomic():
        taken = waiting.select_for_update(skip_locked=True).values_list("pk", flat=True)
        if not (keys := set(taken[:limit])):
            return False
        of_ours = GrantedAsset.objects.filter(pk__among=keys)
        of_ours.update(awaits_credential=False)
        missing = of_ours.filter(
            credentials__isnull=True,
            grant__revoked_at__isnull=True,
            grant__superseded_at__isnull=True,
        ).select_related("asset")
        return not _open(missing.order_by("pk"))


def _open(missing: Iterable[GrantedAsset]) -> int:
    """Give each file the row that says it is due, one to each part; return how many."""
    rows: list[Credential] = []
    for granted in missing:
        parts: list[Clip | None] = list(wanted(granted.asset, granted.ranges)) or [None]
        for number, clip in enumerate(parts):
            fits = clip is not None or embeddable(granted.asset.mime)
            rows.append(
                Credential(
                    granted_asset=granted,
                    form=CredentialForm.EMBEDDED if fits else CredentialForm.SIDECAR,
                    part=number + 1 if clip is not None else 0,
                    clip=clip,
                )
            )
    if rows:
        for row, code in zip(rows, allocate_many("credential", len(rows)), strict=True):
            row.code = code
        insert_rows(Credential, _NEW, map(_new, rows), known=True)
    return len(rows)


_NEW: Final = tuple(
    each.attname
    for each in Credential._meta.concrete_fields  # noqa: SLF001 - Django's documented way to it
    if not each.primary_key
)
_new: Final = attrgetter(*_NEW)


def _due() -> QuerySet[Credential]:
    """The credentials whose grant is proven by a published checkpoint and stands; not those whose
    file's content code is being reckoned, for a moment."""
    now = timezone.now()
    issued = Event.objects.filter(
        stream=Concat(Value("grant:"), OuterRef("granted_asset__grant__code")), version=1
    )
    return (
        Credential.objects.exclude(state=WorkState.DONE)
        .filter(
            Q(clip__isnull=True) | ~Q(clip__state=WorkState.DUE),  # until it is cut
            _HAS_CODE | Q(granted_asset__grant__issued_at__lt=now - _FOR_CODE),
            not_before__lte=now,
            granted_asset__grant__revoked_at__isnull=True,
            granted_asset__grant__superseded_at__isnull=True,
        )
        .annotate(index=Subquery(issued.values("entry__index")[:1]))
        .filter(index__lt=proofs.size())
    )


# A part says no code, and of a file that nobody has taken up none is awaited.
_HAS_CODE: Final = Q(clip__isnull=False) | ~Q(
    granted_asset__asset__content_code__state=WorkState.DUE
)


def _placed() -> QuerySet[Credential]:
    """The due ones, each with what is prepared of its file or part, if anything is."""
    of_clip = PreparedFile.objects.filter(clip=OuterRef("clip")).values("pk")[:1]
    of_file = PreparedFile.objects.filter(
        asset=OuterRef("granted_asset__asset"), clip__isnull=True
    ).values("pk")[:1]
    return _due().annotate(of_clip=Subquery(of_clip), of_file=Subquery(of_file))


# What is signed without reading a file.
_LIGHT: Final = (
    Q(form=CredentialForm.SIDECAR, granted_asset__asset__external_bucket="")
    | Q(clip__isnull=True, of_file__isnull=False)
    | Q(of_clip__isnull=False)
)


@transaction.atomic
def _lease(due: QuerySet[Credential], limit: int) -> list[Credential]:
    rows = due.select_for_update(of=("self",), skip_locked=True).order_by("not_before", "pk")
    found = set(rows.values_list("pk", flat=True)[:limit])
    if not found:
        return []
    Credential.objects.filter(pk__among=found).update(
        not_before=timezone.now() + LEASE, attempts=F("attempts") + 1
    )
    of_ours = Credential.objects.filter(pk__among=found).select_related(
        "clip",
        "granted_asset__asset__title",
        "granted_asset__asset__likeness",
        "granted_asset__asset__content_code",
        "granted_asset__clearance",
    )
    leased = list(of_ours.order_by("pk"))
    _know_grants([credential.granted_asset for credential in leased])
    return leased


def _know_grants(granted: Sequence[GrantedAsset]) -> None:
    """Give the files of one grant the same object: most of a batch are of few grants."""
    rows = Grant.objects.filter(pk__among={each.grant_id for each in granted})
    rows = rows.select_related("licensor", "licensee", "deal__agreement")
    # The grant says its scope; that of the deal is not asked for.
    known = {
        each.pk: each for each in rows.defer("deal__uses", "deal__model_kinds", "deal__territory")
    }
    for each in granted:
        each.grant = known[each.grant_id]


def _sign_all(credentials: Sequence[Credential]) -> None:
    definitions = Definitions(credential.granted_asset.grant for credential in credentials)
    places = _places(credentials)
    signing = Signing()
    licensors: dict[int, pki.Identity] = {}
    done: list[tuple[Credential, SignedFile]] = []
    with held(lambda: _hold(credentials)):
        for credential in credentials:
            try:
                licensor = _licensor(credential.granted_asset.grant.licensor, licensors)
                file = _sign(credential, signing, definitions, places, licensor)
                done.append((credential, file))
            except Exception as error:  # one that cannot be signed keeps no other waiting
                log.exception("credential %s was not signed", credential.code)
                _retry_later(credential, error)
        if done:
            _record(done)


def _hold(credentials: Sequence[Credential]) -> None:
    """Renew the lease on those that are still ours to sign."""
    for attempts in {credential.attempts for credential in credentials}:
        mine = [each.pk for each in credentials if each.attempts == attempts]
        rows = Credential.objects.filter(pk__in=mine, attempts=attempts)
        rows.exclude(state=WorkState.DONE).update(not_before=timezone.now() + LEASE)


def _licensor(licensor: Organisation, known: dict[int, pki.Identity]) -> pki.Identity:
    """Return under which identity a licensor signs what is said of its rights."""
    if licensor.pk not in known:
        try:
            known[licensor.pk] = pki.licensor_identity(licensor.code, licensor.name)
        except ImproperlyConfigured as error:  # it names a path of ours
            problem = "the licensor's own certificate cannot be used"
            raise SigningError(problem) from error
    return known[licensor.pk]


type Places = dict[tuple[int, int | None], PreparedFile]


def _places(credentials: Sequence[Credential]) -> Places:
    """Return what is prepared of these files, by the keys of file and part."""
    files = {credential.granted_asset.asset_id for credential in credentials}
    rows = PreparedFile.objects.filter(asset__in=files).select_related("clip", "asset")
    return {(row.asset_id, row.clip_id): row for row in rows}


def _sign(
    credential: Credential,
    signing: Signing,
    definitions: Definitions,
    places: Places,
    licensor: pki.Identity,
) -> SignedFile:
    granted, clip = credential.granted_asset, credential.clip
    if clip is not None and clip.state != WorkState.DONE:
        try_again(clip)
        raise ValueError(clip.problem)
    if credential.form == CredentialForm.SIDECAR:
        return _sign_beside(credential, signing, definitions.of(granted), licensor)
    key = (granted.asset_id, credential.clip_id)
    if key not in places:
        if _has_past(granted.asset_id, granted.asset.sha256):
            definition = definitions.of(granted, clip=clip, continues=not clip)
            return _sign_whole(credential, definition, licensor, continues=not clip)
        with _source(credential) as source:
            places[key] = preparing.prepare(granted.asset, clip, source)
    prepared = credential.prepared = places[key]
    definition = definitions.of(granted, clip=clip)
    try:
        signed = signing.inside(preparing.place_of(prepared), definition, licensor)
    except NoRoomError:  # hundreds of passages are kept back, or dozens of consents given
        credential.prepared = None
        return _sign_whole(credential, definition, licensor)
    sha256 = ""
    if prepared.size_bytes <= _HASHED_AT_ONCE:
        sha256 = preparing.sha256_of(prepared, signed.manifest)
    # Here and not where it is recorded, which holds other writers up.
    said = placed(prepared, signed.manifest)
    return SignedFile(signed, prepared.size_bytes, sha256, placed=said)


def _sign_beside(
    credential: Credential,
    signing: Signing,
    definition: dict[str, Any],
    licensor: pki.Identity,
) -> SignedFile:
    asset, store = credential.granted_asset.asset, object_store()
    signed = signing.beside(definition, asset.sha256, licensor)
    file_key = asset.object_key
    if asset.external_bucket:  # what is delivered is ours to keep
        file_key = f"{_folder(credential)}{Path(asset.filename).suffix.lower()}"
        with _source(credential) as source, _workspace() as dest:
            shutil.copyfile(source, dest)
            store.adopt(dest, file_key)
    return SignedFile(signed, asset.size_bytes, asset.sha256, file_key)


def _sign_whole(
    credential: Credential,
    definition: dict[str, Any],
    licensor: pki.Identity,
    *,
    continues: bool = False,
) -> SignedFile:
    """Sign a file, or a part of one, as a copy of its own; what `continues` and what a part was cut
    out of keep the manifests that they carry."""
    asset, clip = credential.granted_asset.asset, credential.clip
    suffix = SUFFIX[clip.mime] if clip is not None else Path(asset.filename).suffix.lower()
    with _source(credential) as source, _workspace() as dest:
        if clip is None:
            signed = sign_embedded(
                definition, asset.mime, source, dest, continues=continues, licensor=licensor
            )
        else:
            with source_of(asset).local_copy(asset.object_key) as parent:
                signed = sign_embedded(
                    definition, clip.mime, source, dest,
                    parent=(parent, asset.mime), licensor=licensor,
                )  # fmt: skip
        with dest.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        # Of this try alone: a worker whose lease has run out may write yet.
        size, file_key = dest.stat().st_size, f"{_folder(credential)}-{credential.attempts}{suffix}"
        object_store().adopt(dest, file_key)
    return SignedFile(signed, size, sha256, file_key)


def _folder(credential: Credential) -> str:
    granted = credential.granted_asset
    sealed = PREFIX if granted.asset.likeness_id else ""
    return f"{sealed}credentials/{granted.grant.code}/{credential.code}"


@contextmanager
def _source(credential: Credential) -> Iterator[Path]:
    """Give the content to be signed as a local file."""
    asset, clip = credential.granted_asset.asset, credential.clip
    if clip is not None:
        with object_store().local_copy(clip.object_key) as path:
            yield path
    else:
        with source_of(asset).local_copy(asset.object_key) as path:
            yield path


@contextmanager
def _workspace() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        yield Path(folder) / "signed"


@lru_cache(maxsize=1024)  # by its bytes: a long film is read once for all of its parts
def _has_past(key: int, sha256: str) -> bool:
    """Return whether a file carries a manifest, read in the limited process. SigningError where
    that ran into a limit: nobody is told later what it was made from."""
    asset = Asset.objects.get(pk=key)
    with source_of(asset).local_copy(asset.object_key) as path:
        found = inspect(path, mime=asset.mime, sha256=sha256)
    if found.was_stopped:
        raise SigningError("reading the file took more time or memory than is allowed")
    return found.has_manifest


@transaction.atomic
def _record(done: Sequence[tuple[Credential, SignedFile]]) -> None:
    keys_of = [credential.pk for credential, _file in done]
    waiting = Credential.objects.filter(pk__in=keys_of).exclude(state=WorkState.DONE)
    # What another worker was first with, after our lease had run out, stays as it is.
    open_ = set(waiting.select_for_update().values_list("pk", flat=True))
    grants = {credential.granted_asset.grant_id for credential, _file in done}
    # The grants are locked, so the early end of one comes wholly before this or wholly after.
    locked = Grant.objects.select_for_update().filter(pk__among=grants).order_by("pk")
    ends = locked.only("revoked_at", "superseded_at")
    standing = {grant.pk for grant in ends if grant.ended_early_at is None}
    kept = [
        (credential, file)
        for credential, file in done
        if credential.pk in open_ and credential.granted_asset.grant_id in standing
    ]
    lost = {id(credential) for credential, _file in done} - {id(each) for each, _file in kept}
    for credential, file in done:
        # What is nobody's copy; the original of a sidecar is not ours to delete.
        if id(credential) in lost and file.file_key.startswith(f"{_folder(credential)}-"):
            transaction.on_commit(partial(object_store().delete, file.file_key))
    now = timezone.now()
    for credential, file in kept:
        credential.state, credential.problem = WorkState.DONE, ""
        credential.manifest_id = file.signed.manifest_id
        credential.file_key, credential.file_sha256 = file.file_key, file.sha256
        credential.file_size, credential.signer_sha256 = file.size, file.signer_sha256
        credential.signed_at = now
        credential.stamped_at = now if file.signed.is_stamped else None
    update_rows(
        Credential,
        _SET_WHEN_SIGNED,
        [(credential.pk, *_set_when_signed(credential)) for credential, _file in kept],
    )
    insert_rows(
        Manifest,
        ("credential_id", "body"),
        [(credential.pk, file.signed.manifest) for credential, file in kept],
    )
    _record_consents(kept)
    append_many([_signed(credential, file) for credential, file in kept])


def _record_consents(kept: Sequence[tuple[Credential, SignedFile]]) -> None:
    """Note which consents the credentials of a likeness's files name, as their manifests do."""
    named = [
        (credential, label, str(said["consent"]))
        for credential, file in kept
        if credential.granted_asset.asset.likeness_id
        for label, said in jumbf.stated(file.signed.manifest, CONSENT)
    ]
    codes = {code for _credential, _label, code in named}
    consents = dict(Consent.objects.filter(code__in=codes).values_list("code", "pk"))
    CredentialConsent.objects.bulk_create(
        CredentialConsent(credential=credential, consent_id=consents[code], label=label)
        for credential, label, code in named
    )


_SET_WHEN_SIGNED: Final = (
    "state", "problem", "manifest_id", "file_key", "prepared_id", "file_sha256", "file_size",
    "signer_sha256", "signed_at", "stamped_at",
)  # fmt: skip
_set_when_signed: Final = attrgetter(*_SET_WHEN_SIGNED)


def _signed(credential: Credential, file: SignedFile) -> NewEvent:
    granted, clip = credential.granted_asset, credential.clip
    said: dict[str, Any] = {"size_bytes": file.size}
    if file.placed is not None:
        said["placed"] = file.placed
    else:
        said["sha256"] = file.sha256
    if clip is not None:
        said["range_ms"] = [clip.from_ms, clip.to_ms]
    return NewEvent(
        kind="credential.signed.v2",
        stream=credential.stream,
        actor=SYSTEM,
        refs={"grant": granted.grant.stream, "asset": granted.asset.stream},
        data={
            "form": credential.form,
            "manifest": credential.manifest_id,
            "part": credential.part,
        },
        private={"file": said},
    )


def _retry_later(credential: Credential, error: Exception) -> None:
    """Try again later and ever less often; from MAX_ATTEMPTS on the parties see it as failed."""
    attempts = credential.attempts
    wait = wait_after(attempts)
    Credential.objects.filter(pk=credential.pk).exclude(state=WorkState.DONE).update(
        problem=problem_of(error),
        not_before=timezone.now() + wait,
        state=WorkState.FAILED if attempts >= MAX_ATTEMPTS else WorkState.DUE,
    )
