"""Putting a manifest of one's own into the repository, and what it is found by.

Nothing is replaced and nothing taken out: the log says that it was here.
"""

import hashlib
import tempfile
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import Conflict, Invalid, NotFound, TooLarge
from ledger.append import append
from provenance.content_codes import ISCC, SHA256, NotACode, from_base64, from_bytes
from provenance.jumbf import active_manifest_id, is_one_box
from provenance.models import StoredBinding, StoredManifest
from provenance.repository.finding import ALGORITHMS, is_known
from provenance.verification.inspection import answer_about

STORE_BYTES_MAX: Final = 4 * 2**20
_ID_LENGTH_MAX: Final = 120
BINDINGS_MAX: Final = 100
# What a reader that has the manifest without its file must find, and what a stranger's signer is.
_NO_FILE: Final = ("assertion.dataHash", "assertion.bmffHash", "assertion.boxesHash")
_SIGNER: Final = "signingCredential.untrusted"


def store_manifest(*, actor: Actor, store: bytes) -> str:
    """Keep a manifest store for whoever looks for it, and return its newest manifest's name.

    Only what verifies: the signature holds, and all that was signed is there. Who signed it is for
    its readers to judge. What was stored already stays as it is. Raises Invalid, TooLarge, and
    Conflict for a name that is another manifest's, or of one that was signed here.
    """
    organisation = require(actor, Permission.STORE_MANIFESTS)
    if len(store) > STORE_BYTES_MAX:
        raise TooLarge(_("The manifest store is too large."))
    manifest_id = _verified(store, organisation.stream)
    if is_known(manifest_id):
        return _known(manifest_id, store)
    try:
        with transaction.atomic():
            row = StoredManifest.objects.create(
                code=allocate("manifest"),
                organisation=organisation,
                manifest_id=manifest_id,
                body=store,
            )
            append(
                "manifest.stored",
                stream=row.stream,
                actor=actor.name,
                data={"manifest": manifest_id},
                private={"store": {"sha256": hashlib.sha256(store).hexdigest()}},
            )
    except IntegrityError:  # somebody else was faster
        return _known(manifest_id, store)
    return manifest_id


def store_binding(*, actor: Actor, manifest_id: str, alg: str, value: str) -> None:
    """Let a manifest that the actor's organisation stored be found by a value, in base64.

    Raises NotFound, Invalid("alg"), Invalid("bindingValue"), Conflict.
    """
    require(actor, Permission.STORE_MANIFESTS)
    if alg not in ALGORITHMS:
        raise Invalid("alg", _("This repository does not know the algorithm."))
    digest = hashlib.sha256(_value(alg, value)).hexdigest()
    with transaction.atomic():
        mine = StoredManifest.objects.visible_to(actor).filter(manifest_id=manifest_id)
        row = mine.select_for_update().first()
        if row is None:
            raise NotFound
        if row.bindings.filter(alg=alg, value_sha256=digest).exists():
            return
        if row.bindings.count() >= BINDINGS_MAX:
            raise Conflict(_("The manifest has as many bindings as are kept."))
        StoredBinding.objects.create(manifest=row, alg=alg, value_sha256=digest)
        append(
            "manifest.bound",
            stream=row.stream,
            actor=actor.name,
            data={"algorithm": alg},
            private={"value": value},
        )


def _value(alg: str, value: str) -> bytes:
    try:
        raw = from_base64(value)
        if alg == ISCC:
            from_bytes(raw)
    except NotACode as error:
        raise Invalid("bindingValue", str(error)) from None
    if alg == SHA256 and len(raw) != hashlib.sha256().digest_size:
        raise Invalid("bindingValue", _("A SHA-256 has 32 bytes."))
    return raw


def _known(manifest_id: str, store: bytes) -> str:
    """Return the name of what was stored; it may not be something else."""
    kept = StoredManifest.objects.filter(manifest_id=manifest_id).first()
    if kept is None:
        raise Conflict(
            _("A manifest of this name was signed here. It is not stored again, for all to read.")
        )
    if bytes(kept.body) != store:
        raise Conflict(_("Another manifest is stored under this name."))
    return manifest_id


def _verified(store: bytes, caller: str) -> str:
    """Return the name of the newest manifest, once the limited process has checked the store."""
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        nothing, sidecar = Path(folder) / "nothing", Path(folder) / "store.c2pa"
        nothing.write_bytes(b"-")
        sidecar.write_bytes(store)
        answer = answer_about(
            nothing, mime="application/octet-stream", sidecar=sidecar, caller=caller
        )
    if answer is None or answer["outcome"] != "read":
        raise Invalid("", _("This is not a manifest store that can be read."))
    report = answer["report"]
    manifest_id = str(report.get("active_manifest", ""))
    if not manifest_id.startswith("urn:") or len(manifest_id) > _ID_LENGTH_MAX:
        raise Invalid("", _("The manifest has no name that it could be found by."))
    if not _is_nothing_else(store, manifest_id):
        raise Invalid("", _("This is not a manifest store that can be read."))
    if not _is_sound(report):
        raise Invalid("", _("The manifest's signature does not hold, or parts of it are missing."))
    return manifest_id


def _is_nothing_else(store: bytes, manifest_id: str) -> bool:
    """Return whether the store is all that was sent, and we read in it what the library did: that
    reads its first box alone, and we would give out to everybody what stands behind it."""
    try:
        return is_one_box(store) and active_manifest_id(store) == manifest_id
    except ValueError:
        return False


def _is_sound(report: dict[str, Any]) -> bool:
    results = report.get("validation_results", {})
    active = results.get("activeManifest", {})
    good = {item["code"] for item in active.get("success", [])}
    deltas = [item.get("validationDeltas", {}) for item in results.get("ingredientDeltas", [])]
    bad = {item["code"] for part in (active, *deltas) for item in part.get("failure", [])}
    rest = {code for code in bad if not code.startswith(_NO_FILE) and code != _SIGNER}
    return "claimSignature.validated" in good and not rest
