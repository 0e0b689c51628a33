"""What a manifest says that strikes assertions out of an earlier one. Pure."""

from collections.abc import Sequence
from typing import Any

from provenance import manifests


def update_definition(
    title: str, mime: str, store: bytes, manifest_id: str, labels: Sequence[str]
) -> dict[str, Any]:
    """Return the definition of the manifest that follows the newest one of `store`, and strikes
    these assertions out of `manifest_id`, the first of them. The file is not touched by it."""
    struck = [f"self#jumbf=/c2pa/{manifest_id}/c2pa.assertions/{label}" for label in labels]
    actions = [
        {
            "action": "c2pa.redacted",
            "reason": "c2pa.PII.present",
            "parameters": {"redacted": each},
        }
        for each in struck
    ]
    said = {"allActionsIncluded": True, "actions": actions}
    return {
        "claim_generator_info": [
            {"name": "Edgecode", "version": "0.1.0", "specVersion": manifests.SPECIFICATION}
        ],
        "title": title,
        "format": mime,
        "redactions": struck,
        "assertions": [{"label": manifests.ACTIONS, "created": True, "data": said}],
        "ingredients": [
            {"title": title, "format": mime, "relationship": "parentOf", "store": store}
        ],
    }
