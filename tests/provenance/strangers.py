"""Manifests that are not ours."""

import io

import c2pa

from provenance import jumbf, pki


def foreign(content: bytes = b"-") -> tuple[str, bytes]:
    """A manifest that a stranger signed for a file."""
    with _builder() as builder:
        builder.set_no_embed()
        media = "application/octet-stream"
        store = builder.sign(_signer(), media, io.BytesIO(content), io.BytesIO())
    return jumbf.active_manifest_id(store), store


def signed_by_stranger(mime: str, content: bytes) -> bytes:
    """A file with a stranger's manifest inside."""
    made = io.BytesIO()
    with _builder() as builder:
        builder.sign(_signer(), mime, io.BytesIO(content), made)
    return made.getvalue()


def _signer() -> c2pa.Signer:
    identity = pki.issue_claim_signer(pki.issue_root("A stranger's root", path_length=0))
    info = c2pa.C2paSignerInfo(
        "es256", identity.chain_pem.encode(), identity.key_pem.encode(), None
    )
    return c2pa.Signer.from_info(info)


def _builder() -> c2pa.Builder:
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
    return c2pa.Builder(definition, context)
