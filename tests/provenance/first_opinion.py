"""What our own reader finds in a file under our roots."""

import io

from provenance.c2pa_sdk import reading
from provenance.c2pa_sdk.reading import NoManifestError, Reading
from provenance.c2pa_sdk.reports import UnreadableError
from provenance.c2pa_sdk.settings import Anchors
from provenance.trust import pki
from tests.provenance.emitted import Emitted


def read(file: Emitted) -> Reading | None:
    """Return what is found, None where there is no manifest that can be read."""
    anchors = Anchors(pki.claim_anchor_pem(), pki.time_anchor_pem(), pki.identity_anchor_pem())
    content = io.BytesIO(file.content)
    try:
        return reading.read(content, file.mime, anchors=anchors, manifest_data=file.sidecar)
    except (NoManifestError, UnreadableError):
        return None


def ours(file: Emitted) -> tuple[str, str]:
    """Return state and newest manifest of a file, each "" where there is none."""
    found = read(file)
    return (found.state, found.report["active_manifest"]) if found else ("", "")
