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
from provenance.models import Credential
from provenance.repository_models import Registration, StoredManifest

TYPE: Final = "org.c2pa.manifest-receipt"
PROOF: Final = "c2sp.org/tlog-proof@v1"
_KINDS: Final = (
    *("credential.signed", "credential.signed.v2", "credential.updated"),
    *("asset.identified", "manifest.stored"),
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
    index = _index_of(manifest_id)
    try:
        raw, proof = proofs.entry(index), proofs.receipt(index)
        shard, at = proofs.locate(index)
    except proofs.NotLogged:
        raise NotFound from None
    folder = f"{shard}/" if shard else ""
    return {
        "@type": TYPE,
        "repository": {"uri": endpoint(), "manifestId": manifest_id},
        "anchor": {
            "uri": f"{settings.BASE_URL}/ledger/{folder}proof/{at}.tlog-proof",
            "entry": base64.b64encode(raw).decode(),
            "proof": {"alg": PROOF, "value": base64.b64encode(proof.encode()).decode()},
        },
        "verified": True,
    }


def verified(manifest_id: str, receipt: Mapping[str, Any]) -> dict[str, Any]:
    """Return the receipt that somebody holds with `verified`, and `error` where it is not. Raises
    NotFound for a manifest that is not here."""
    _index_of(manifest_id)
    try:
        error = _fault(manifest_id, receipt)
    except (KeyError, TypeError, ValueError, binascii.Error, LookupError):
        error = "the receipt cannot be read, or its proof does not hold"
    checked = {name: receipt[name] for name in ("@type", "repository", "anchor") if name in receipt}
    return {**checked, "verified": not error, **({"error": error} if error else {})}


def _fault(manifest_id: str, receipt: Mapping[str, Any]) -> str:
    if receipt["repository"]["manifestId"] != manifest_id:
        return "the receipt is of another manifest"
    anchor = receipt["anchor"]
    if anchor["proof"]["alg"] != PROOF:
        return f"the proof is not {PROOF}"
    raw = base64.b64decode(anchor["entry"], validate=True)
    text = base64.b64decode(anchor["proof"]["value"], validate=True).decode()
    proofs.open_receipt(text, raw)  # ValueError where it does not hold
    leaf = parse(raw)
    if leaf.kind not in _KINDS or leaf.data.get("manifest") != manifest_id:
        return "the entry is about something else"
    return ""


def _index_of(manifest_id: str) -> int:
    """Return the index of the entry that names a manifest, or raise NotFound."""
    entries = Event.objects.filter(kind__in=_KINDS, entry__isnull=False)
    found = entries.filter(stream__in=_streams(manifest_id)).select_related("entry")
    for event in found.order_by("-pk"):  # one, or one more for each time it was updated
        if event.facts().data.get("manifest") == manifest_id:
            return event.entry.index
    raise NotFound


def _streams(manifest_id: str) -> list[str]:
    if not manifest_id:
        return []
    credential = Credential.objects.named([manifest_id]).first()
    stored = StoredManifest.objects.filter(manifest_id=manifest_id).first()
    rows = Registration.objects.filter(manifest_id=manifest_id).select_related("asset")
    registered = rows.first()
    found = [credential, stored, registered.asset if registered is not None else None]
    return [each.stream for each in found if each is not None]
