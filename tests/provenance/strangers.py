"""Manifests that are not ours."""

import io

import c2pa

from provenance import jumbf, pki


def foreign(content: bytes = b"-") -> tuple[str, bytes]:
    """A manifest that a stranger signed for a file."""
    identity = pki.issue_claim_signer(pki.issue_root("A stranger's root", path_length=0))
    info = c2pa.C2paSignerInfo(
        "es256", identity.chain_pem.encode(), identity.key_pem.encode(), None
    )
    action = {
        "action": "c2pa.created",
        "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
    }
    actions = {"allActionsIncluded": True, "actions": [action]}
    definition = {
        "claim_generator_info": [{"name": "Camera", "specVersion": "2.4.0"}],
        "assertions": [{"label": "c2pa.actions.v2", "created": True, "data": actions}],
    }
    context = c2pa.Context.from_dict({"verify": {"remote_manifest_fetch": False}})
    with c2pa.Builder(definition, context) as builder:
        builder.set_no_embed()
        signer = c2pa.Signer.from_info(info)
        media = "application/octet-stream"
        store = builder.sign(signer, media, io.BytesIO(content), io.BytesIO())
    return jumbf.active_manifest_id(store), store
