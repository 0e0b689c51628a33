"""Credentials that our own key signed and that say what we never recorded."""

import hashlib
from pathlib import Path
from typing import Any

from provenance.c2pa_sdk.signing import Signing
from provenance.credentials import facts
from provenance.manifests import GRANT, definition
from tests.provenance.delivered import Delivered


def forged_sidecar(delivered: Delivered, change: dict[str, Any]) -> Path:
    """Return a sidecar for a delivered file whose grant says something else."""
    made = definition_of(delivered, change)
    digest = hashlib.sha256(delivered.file.read_bytes()).hexdigest()
    path = delivered.folder / "forged.c2pa"
    path.write_bytes(Signing().beside(made, digest).manifest)
    return path


def definition_of(delivered: Delivered, change: dict[str, Any]) -> dict[str, Any]:
    """Return what a delivered file's credential says, with some of its grant's words changed."""
    granted = delivered.credential.granted_asset
    made = definition(facts.asset_facts(granted), facts.grant_facts(granted.grant))
    for assertion in made["assertions"]:
        if assertion["label"] == GRANT:
            assertion["data"] |= _said(assertion["data"], change)
    return made


def _said(data: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    ledger = change.get("ledger")
    if ledger and "from" in ledger:
        theirs = facts.grant_facts(ledger["from"].granted_asset.grant).ledger
        ours = {"receipt": theirs.receipt, "entry": theirs.entry, "index": theirs.index}
        return {"ledger": data["ledger"] | ours}
    if ledger:
        return {"ledger": data["ledger"] | ledger}
    return change
