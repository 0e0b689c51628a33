"""The auditor's part: everything delivered is checked, by the site and without it."""

import io
from pathlib import Path
from typing import Any

import c2pa

from demo.calls import Caller
from demo.progress import Progress
from demo.site import Site, SiteError


def verify(facts: dict[str, Any], site: Site, auditor: Caller, progress: Progress) -> None:
    """Raise SiteError at the first thing that does not hold."""
    trust = _trust(site.folder)
    for delivered in facts["files"]:
        progress.detail(delivered["file"])
        file = site.folder / delivered["file"]
        sidecar = site.folder / delivered["sidecar"] if delivered["sidecar"] else None
        _read_independently(file, sidecar, trust)
        report = auditor.verify(file, sidecar)
        _expect(report["verdict"] == "authorised", f"{file.name} is {report['verdict']}")
    stranger = auditor.verify(_stranger(site.folder))
    _expect(stranger["verdict"] == "unsigned", f"a stranger's file is {stranger['verdict']}")
    status = auditor.get(f"status/{facts['revoked']['grant']}/")
    _expect(status["state"] == "revoked", "the revoked grant does not say so")
    progress.detail("replaying the log")
    site.manage("ledger", "verify")
    progress.detail(f"{len(facts['files'])} files trusted, the log holds")


def _trust(folder: Path) -> dict[str, Any]:
    """Return whom a reader trusts: our roots, each for what it is there for."""
    identities = (folder / "identity-anchors.pem").read_text()
    return {
        "user_anchors": (folder / "trust-anchors.pem").read_text(),
        "anchors": [
            {"trust_anchors": identities, "trust_kind": "cawg", "trust_uri": "urn:demo:identities"}
        ],
    }


def _read_independently(file: Path, sidecar: Path | None, trust: dict[str, Any]) -> None:
    """Read with the SDK and nothing of ours but the published anchors; then flip one byte."""
    manifest = sidecar.read_bytes() if sidecar else None
    content = file.read_bytes()
    state = _state(content, manifest, trust)
    _expect(state == "Trusted", f"{file.name} reads as {state}, not Trusted")
    changed = bytearray(content)
    changed[len(changed) // 2] ^= 1  # media data in every format used here
    state = _state(bytes(changed), manifest, trust)
    _expect(state == "Invalid", f"{file.name} with one byte flipped reads as {state}")


def _state(content: bytes, manifest: bytes | None, trust: dict[str, Any]) -> str:
    context = c2pa.Context.from_dict({"trust": trust, "verify": {"remote_manifest_fetch": False}})
    kind = "application/octet-stream" if manifest else None
    with c2pa.Reader(kind, io.BytesIO(content), manifest_data=manifest, context=context) as reader:
        return str(reader.get_validation_state())


def _stranger(folder: Path) -> Path:
    path = folder / "stranger.txt"
    path.write_text("Nobody signed this.\n")
    return path


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise SiteError(f"verification failed: {otherwise}")
