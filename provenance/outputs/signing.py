"""The job that signs outputs. It pulls what is declared, in the published log, and not signed.

The maker signs what is said of it, too: an identity assertion inside the claim that we sign.
"""

import logging
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Concat
from django.utils import timezone

from accounts.access import SYSTEM
from catalog.leases import LEASE, kept, wait_after
from catalog.models import WorkState
from catalog.objects import object_store
from catalog.sealing import PREFIX
from edgecode.verify import codes
from ledger import keys, proofs, shards
from ledger.append import append
from ledger.models import Event
from licensing.models import GrantedAsset
from provenance.c2pa_sdk.embedding import sign_embedded
from provenance.c2pa_sdk.signed import Signed, SigningError, problem_of
from provenance.c2pa_sdk.signing import Signing
from provenance.credentials.facts import consent_facts
from provenance.formats import embeddable
from provenance.manifests import LedgerFacts, Party
from provenance.models import Credential, Output, OutputForm, OutputSource
from provenance.outputs import label_duties
from provenance.outputs.manifests import (
    INGREDIENTS_MAX,
    OutputFacts,
    SourceFacts,
    output_definition,
)
from provenance.outputs.members import ingredients_of
from provenance.outputs.past import Past, keep_past, past_of
from provenance.status_lists import status_entry
from provenance.trust import pki
from provenance.verification.inspection import Inspection, Integrity, Trust, inspect

log = logging.getLogger("edgecode.provenance")

MAX_ATTEMPTS: Final = 8
_UNKNOWN: Final = "application/octet-stream"


@dataclass(frozen=True)
class _SignedOutput:
    signed: Signed
    form: OutputForm
    sha256: str
    size: int = 0
    key: str = ""
    past: Past | None = None


def sign_outputs_pending(limit: int = 20) -> int:
    """Sign declared outputs; return how many were tried.

    One waits until its entry is under a published checkpoint, because the manifest carries that
    proof. A worker that dies leaves a lease that runs out; what it had stored is overwritten.
    """
    tried = 0
    while tried < limit and (output := _lease()) is not None:
        tried += 1
        try:
            with kept(partial(_hold, output)):
                _record(output, _sign(output))
        except Exception as error:  # one that cannot be signed keeps no other waiting
            log.exception("output %s was not signed", output.code)
            _retry_later(output, error)
    return tried


def _due() -> QuerySet[Output]:
    declared = Event.objects.filter(stream=Concat(Value("output:"), OuterRef("code")), version=1)
    return (
        Output.objects.exclude(state=WorkState.DONE)
        .filter(not_before__lte=timezone.now())
        .annotate(index=Subquery(declared.values("entry__index")[:1]))
        .filter(Q(index__lt=proofs.size()))
    )


@transaction.atomic
def _lease() -> Output | None:
    rows = _due().select_for_update(of=("self",), skip_locked=True).order_by("not_before", "pk")
    key = rows.values_list("pk", flat=True).first()
    if key is None:
        return None
    Output.objects.filter(pk=key).update(
        not_before=timezone.now() + LEASE, attempts=F("attempts") + 1
    )
    return Output.objects.select_related("organisation", "file").get(pk=key)


def _hold(output: Output) -> None:
    mine = Output.objects.filter(pk=output.pk, attempts=output.attempts)
    mine.exclude(state=WorkState.DONE).update(not_before=timezone.now() + LEASE)


def _sign(output: Output) -> _SignedOutput:
    for purpose, key in pki.keys_in_use():
        keys.publish(key, purpose=purpose)  # before its first use
    maker = pki.licensor_identity(output.organisation.code, output.organisation.name)
    if output.file is None or not embeddable(output.file.mime):
        signed = Signing().beside(definition_of(output), output.file_sha256, maker)
        if not signed.is_stamped:
            raise SigningError("no time stamp is to be had now")
        if (file := output.file) is None:  # what it carries is found when somebody shows it
            return _SignedOutput(signed, OutputForm.SIDECAR, output.file_sha256)
        with object_store().local_copy(file.object_key) as source:
            seen = _read(source, file.mime, output)
        return _SignedOutput(
            signed, OutputForm.SIDECAR, output.file_sha256, file.size_bytes, file.object_key,
            past_of(seen, output),
        )  # fmt: skip
    return _sign_inside(output, output.file.mime, output.file.object_key, maker)


def _read(source: Path, mime: str, output: Output) -> Inspection:
    seen = inspect(source, mime=mime, sha256=output.file_sha256)
    if seen.was_stopped:  # what it was made from would be lost
        raise SigningError("reading the file took more time or memory than is allowed")
    return seen


def _sign_inside(output: Output, mime: str, key: str, maker: pki.Identity) -> _SignedOutput:
    with object_store().local_copy(key) as source, _workspace() as dest:
        seen = _read(source, mime, output)
        carried = list(codes.as_map((seen.raw or {}).get("manifests")))
        signed = sign_embedded(
            definition_of(output, carried), mime, source, dest,
            parent=(source, mime) if seen.has_manifest else None, licensor=maker,
        )  # fmt: skip
        # The signer does not read what it made of others' manifests: that is done where hostile
        # files are read.
        found = inspect(dest, mime=mime)
        if found.integrity != Integrity.INTACT or found.trust == Trust.NOBODY:
            failed = ", ".join(finding.code for finding in found.findings)
            raise SigningError(f"the signed file does not verify: {failed}"[:200])
        if not found.store_sha256:  # who reads it offline would take it for smuggled in
            raise SigningError("the file carries more than the manifests it was made from")
        # Of this try alone: a worker whose lease has run out may write yet.
        place = f"{PREFIX}outputs/{output.organisation.code}/{output.code}"
        signed_key = f"{place}-{output.attempts}"
        object_store().adopt(dest, signed_key)
    return _SignedOutput(
        signed,
        OutputForm.EMBEDDED,
        found.file_sha256,
        found.file_size,
        signed_key,
        past_of(found, output),
    )


@contextmanager
def _workspace() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        yield Path(folder) / "signed"


def definition_of(output: Output, carried: Collection[str] = ()) -> dict[str, Any]:
    """Return the definition of an output's manifest; its file carries manifests of these names.
    ValueError while the log has not numbered its declaration."""
    sources = list(output.sources.select_related("grant").order_by("pk"))
    # All one by one, or each source as a data set.
    one_by_one = sum(len(source.members) for source in sources) <= INGREDIENTS_MAX
    rows = output.consents.select_related("consent").order_by("pk")
    facts = OutputFacts(
        code=output.code,
        kind=output.kind,
        title=output.filename or output.code,
        format=output.file.mime if output.file is not None else _UNKNOWN,
        made_by=output.made_by,
        maker=Party(output.organisation.code, output.organisation.name),
        use=output.use,
        model_kind=output.model_kind,
        territory=output.territory,
        made_at=output.made_at,
        status_url=f"{settings.BASE_URL}/api/v1/status/outputs/{output.code}/",
        ledger=_ledger_facts(output),
    )
    return output_definition(
        facts,
        [
            # A manifest stands in a file once: what it was edited from is its parent's already.
            _source_facts(source, one_by_one=one_by_one and not _is_among(source, carried))
            for source in sources
        ],
        [consent_facts(row.consent) for row in rows],
        label_duties.rows_of(output.label_duties),
        continues=bool(carried),
    )


def _is_among(source: OutputSource, carried: Collection[str]) -> bool:
    """Return whether one of these manifests is of a file that was used."""
    return Credential.objects.named(carried).filter(pk__in=source.members).exists()


def _source_facts(source: OutputSource, *, one_by_one: bool) -> SourceFacts:
    base, grant = settings.BASE_URL, source.grant.code
    members = GrantedAsset.objects.filter(credentials__pk__among=set(source.members))
    return SourceFacts(
        grant=grant,
        status_url=f"{base}/api/v1/status/{grant}/",
        status_list=status_entry(source.grant),
        on_consent=members.filter(asset__likeness__isnull=False).exists(),
        relation=source.relation,
        members=len(source.members),
        root=source.root,
        proof_url=f"{base}/api/v1/outputs/{source.output.code}/members/{grant}/",
        ingredients=ingredients_of(source) if one_by_one else (),
    )


def _ledger_facts(output: Output) -> LedgerFacts:
    event = Event.objects.filter(stream=output.stream, version=1)
    index = event.values_list("entry__index", flat=True).first()
    if index is None:
        raise ValueError(f"output {output.code} has no ledger index yet")
    shard, at = proofs.locate(index)
    return LedgerFacts(
        shards.origin(shard), at, proofs.receipt(index), proofs.entry(index).decode()
    )


@transaction.atomic
def _record(output: Output, made: _SignedOutput) -> None:
    # Another worker may have been first, after our lease had run out: that stands.
    waiting = Output.objects.filter(pk=output.pk).exclude(state=WorkState.DONE)
    if waiting.select_for_update().first() is None:
        if made.form == OutputForm.EMBEDDED:
            transaction.on_commit(partial(object_store().delete, made.key))
        return
    waiting.update(
        state=WorkState.DONE,
        problem="",
        form=made.form,
        manifest_id=made.signed.manifest_id,
        manifest=made.signed.manifest,
        signed_key=made.key,
        signed_sha256=made.sha256,
        signed_size=made.size,
        signed_at=timezone.now(),
    )
    if made.past is not None:
        keep_past(output, made.past)
    append(
        "output.signed",
        stream=output.stream,
        actor=SYSTEM,
        data={"form": made.form, "manifest": made.signed.manifest_id},
        private={"file": {"sha256": made.sha256, "size_bytes": made.size}},
    )


def _retry_later(output: Output, error: Exception) -> None:
    attempts = output.attempts
    wait = wait_after(attempts)
    Output.objects.filter(pk=output.pk).exclude(state=WorkState.DONE).update(
        problem=problem_of(error),
        not_before=timezone.now() + wait,
        state=WorkState.FAILED if attempts >= MAX_ATTEMPTS else WorkState.DUE,
    )
