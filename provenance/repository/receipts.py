"""Receipts of the repository: the proof that a manifest's entry stands in the public log."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final, TypedDict

from django.conf import settings

from accounts.errors import NotFound
from edgecode.log.leaf import parse
from ledger import proofs
from ledger.models import Event
from provenance.models import Credential, Output, Registration, StoredManifest

TYPE: Final = "org.c2pa.manifest-receipt"
PROOF: Final = "c2sp.org/tlog-proof@v1"
_KINDS: Final = (
    *("credential.signed", "credential.signed.v2", "credential.updated"),
    *("asset.identified", "manifest.stored"),
    *("output.signed", "output.updated"),
)


class Receipt(TypedDict, total=False):
    """As the resolution API has it; `error` says why it was not verified."""

    repository: dict[str, str]
    anchor: dict[str, Any]
    verified: bool
    error: str


def endpoint() -> str:
    """Return the address that the resolution API is below."""
    return f"{settings.BASE_URL}/api/soft-binding"


def receipt_of(manifest_id: str) -> dict[str, Any]:
    """Return the receipt of a manifest: with the entry, the log's proof of it, offline for ever.

    Raises NotFound, also until the entry stands under a published checkpoint.
    """
    return _receipt(manifest_id, _index_of(manifest_id))


def _receipt(manifest_id: str, index: int) -> dict[str, Any]:
    try:
        raw, proof = proofs.entry(index), proofs.receipt(index)
        address = _address(index)
    except proofs.NotLogged:
        raise NotFound from None
    return {
        "@type": TYPE,
        "repository": {"uri": endpoint(), "manifestId": manifest_id},
        "anchor": {
            "uri": address,
            "entry": base64.b64encode(raw).decode(),
            "proof": {"alg": PROOF, "value": base64.b64encode(proof.encode()).decode()},
        },
        "verified": True,
    }


def _address(index: int) -> str:
    shard, at = proofs.locate(index)
    folder = f"{shard}/" if shard else ""
    return f"{settings.BASE_URL}/ledger/{folder}proof/{at}.tlog-proof"


class _Refused(ValueError):
    """Why a receipt is not verified."""


def verified(manifest_id: str, receipt: Mapping[str, Any]) -> dict[str, Any]:
    """Return whether the receipt that somebody holds is one of ours: our own of the same entry,
    which says nothing that was not checked, or theirs with an `error`. Raises NotFound for a
    manifest that is not here."""
    _index_of(manifest_id)
    try:
        return _receipt(manifest_id, _proven(manifest_id, receipt))
    except _Refused as refused:
        error = str(refused)
    except (KeyError, TypeError, ValueError, binascii.Error, LookupError):
        error = "the receipt cannot be read, or its proof does not hold"
    theirs = {name: receipt[name] for name in ("@type", "repository", "anchor") if name in receipt}
    return {**theirs, "verified": False, "error": error}


def _proven(manifest_id: str, receipt: Mapping[str, Any]) -> int:
    """Return the index of the entry that a receipt proves. Raises what tells why it does not."""
    if receipt["repository"]["manifestId"] != manifest_id:
        raise _Refused("the receipt is of another manifest")
    if receipt["repository"]["uri"] != endpoint():
        raise _Refused("the receipt is of another repository")
    anchor = receipt["anchor"]
    if anchor["proof"]["alg"] != PROOF:
        raise _Refused(f"the proof is not {PROOF}")
    raw = base64.b64decode(anchor["entry"], validate=True)
    text = base64.b64decode(anchor["proof"]["value"], validate=True).decode()
    at, checkpoint = proofs.open_receipt(text, raw)  # ValueError where it does not hold
    leaf = parse(raw)
    if leaf.kind not in _KINDS or leaf.data.get("manifest") != manifest_id:
        raise _Refused("the entry is about something else")
    index = proofs.index_named(checkpoint.origin, at)
    if anchor["uri"] != _address(index):
        raise _Refused("the anchor is at another address")
    return index


def _index_of(manifest_id: str) -> int:
    """Return the index of the entry that names a manifest, or raise NotFound."""
    entries = Event.objects.filter(kind__in=_KINDS, entry__isnull=False)
    found = entries.filter(stream__in=_streams(manifest_id)).select_related("entry")
    for event in found.order_by("-pk"):  # one, or one more for each time it was updated
        if event.facts().data.get("manifest") == manifest_id:
            return event.entry.index
    raise NotFound


def _streams(manifest_id: str) -> list[str]:
    if not manifest_id or "\0" in manifest_id:  # which no text of a database holds
        return []
    credential = Credential.objects.named([manifest_id]).first()
    stored = StoredManifest.objects.filter(manifest_id=manifest_id).first()
    rows = Registration.objects.filter(manifest_id=manifest_id).select_related("asset")
    registered = rows.first()
    output = Output.objects.named([manifest_id]).defer("manifest").first()
    found = [credential, stored, registered.asset if registered is not None else None, output]
    return [each.stream for each in found if each is not None]
