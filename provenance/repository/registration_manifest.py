"""What the manifest of a registered file says: who registered it, and that a licence is needed.

It is what the repository gives to whoever holds the content without a credential. It names no
licensee and no grant, and of the file neither title nor name. Pure.
"""

from dataclasses import dataclass
from typing import Any, Final

from provenance import manifests
from provenance.content_codes import to_text
from provenance.manifests import Party

REGISTRATION: Final = "com.edgecode.registration"
REGISTRATION_SCHEMA: Final = "com.edgecode.registration/1"


@dataclass(frozen=True)
class RegisteredFile:
    """A file: its edge code, media type, the IPTC name of how it came to be, its SHA-256."""

    code: str
    mime: str
    source_type: str
    sha256: str


def registration(
    asset: RegisteredFile, registrant: Party, units: dict[str, str], url: str
) -> dict[str, Any]:
    """Return the definition of a registered file's manifest.

    `units` are of its content code. `url` is where it is told what a file is: nothing there names
    the file.
    """
    source = f"http://cv.iptc.org/newscodes/digitalsourcetype/{asset.source_type}"
    actions = [{"action": "c2pa.created", "digitalSourceType": source}]
    said = {
        "schema": REGISTRATION_SCHEMA,
        "asset": {"code": asset.code, "sha256": asset.sha256},
        "registrant": {"code": registrant.code, "name": registrant.name},
        "repository": url,
    }
    return {
        "claim_generator_info": [
            {"name": "Edgecode", "version": "0.1.0", "specVersion": manifests.SPECIFICATION}
        ],
        "title": asset.code,
        "format": asset.mime,
        "assertions": [
            _said(manifests.ACTIONS, {"allActionsIncluded": True, "actions": actions}),
            _said(manifests.TRAINING_MINING, {"entries": manifests.training_entries((), url)}),
            manifests.soft_binding(to_text(units)),
            _said(REGISTRATION, said),
        ],
    }


def _said(label: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"label": label, "created": True, "data": data}
