"""What our own reader finds in a file under our roots."""

import io

from provenance import c2pa_sdk, pki
from tests.provenance.emitted import Emitted


def read(file: Emitted) -> c2pa_sdk.Reading | None:
    """Return what is found, None where there is no manifest that can be read."""
    anchors = c2pa_sdk.Anchors(
        pki.claim_anchor_pem(), pki.time_anchor_pem(), pki.identity_anchor_pem()
    )
    content = io.BytesIO(file.content)
    try:
        return c2pa_sdk.read(content, file.mime, anchors=anchors, manifest_data=file.sidecar)
    except (c2pa_sdk.NoManifestError, c2pa_sdk.UnreadableError):
        return None


def ours(file: Emitted) -> tuple[str, str]:
    """Return state and newest manifest of a file, each "" where there is none."""
    reading = read(file)
    return (reading.state, reading.report["active_manifest"]) if reading else ("", "")
