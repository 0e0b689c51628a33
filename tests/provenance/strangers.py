"""Manifests that are not ours."""

import io
import zlib
from typing import Any

import c2pa

from provenance import countersign, jumbf
from provenance.c2pa_sdk.engine import Engine
from provenance.c2pa_sdk.settings import Anchors
from provenance.trust import pki


def foreign(content: bytes = b"-") -> tuple[str, bytes]:
    """A manifest that a stranger signed for a file."""
    with _builder() as builder:
        builder.set_no_embed()
        media = "application/octet-stream"
        store = builder.sign(_signer(), media, io.BytesIO(content), io.BytesIO())
    return jumbf.active_manifest_id(store), store


def signed_by_stranger(mime: str, content: bytes, **said: Any) -> bytes:
    """A file with a stranger's manifest inside, that states this, by label."""
    made = io.BytesIO()
    with _builder(said) as builder:
        builder.sign(_signer(), mime, io.BytesIO(content), made)
    return made.getvalue()


def edited_by_stranger(mime: str, content: bytes) -> bytes:
    """A file that a stranger opened and signed once more, with its manifests kept; by a tool that
    knows no roots of ours, and writes down that it trusts nobody who signed before."""
    made = io.BytesIO()
    identity = pki.issue_claim_signer(pki.issue_root("A stranger's root", path_length=0))
    engine = Engine(identity, Anchors("", ""))
    actions = {"allActionsIncluded": True, "actions": []}
    definition = {
        "claim_generator_info": [{"name": "Editor", "specVersion": "2.4.0"}],
        "assertions": [{"label": "c2pa.actions.v2", "created": True, "data": actions}],
    }
    engine.inside(definition, mime, io.BytesIO(content), made, continues=True)
    return made.getvalue()


def with_orphan(png: bytes, size: int = 0) -> bytes:
    """A picture whose manifest has another one beside it, of so many bytes, that nothing refers to:
    as a tool leaves it that struck the reference out."""
    at = png.index(b"caBX")
    end = at + 4 + int.from_bytes(png[at - 4 : at])
    orphan = foreign()[1]
    store = with_another(png[at + 4 : end], countersign.filled(orphan, size) if size else orphan)
    chunk = b"caBX" + store
    written = len(store).to_bytes(4) + chunk + zlib.crc32(chunk).to_bytes(4)
    return png[: at - 4] + written + png[end + 4 :]


def with_another(store: bytes, other: bytes) -> bytes:
    """Return a store with a manifest before its newest that is no part of it."""
    outer, *_ = jumbf._placed(store, 0)
    head, *manifests = (jumbf._whole(box) for box in jumbf._placed(outer.body, 8))
    _head, *others = jumbf._placed(jumbf._placed(other, 0)[0].body, 8)
    body = head + jumbf._whole(others[-1]) + b"".join(manifests)
    return jumbf._whole(outer._replace(body=body))


def _signer() -> c2pa.Signer:
    identity = pki.issue_claim_signer(pki.issue_root("A stranger's root", path_length=0))
    info = c2pa.C2paSignerInfo(
        "es256", identity.chain_pem.encode(), identity.key_pem.encode(), None
    )
    return c2pa.Signer.from_info(info)


def _builder(said: dict[str, Any] | None = None) -> c2pa.Builder:
    action = {
        "action": "c2pa.created",
        "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
    }
    actions = {"allActionsIncluded": True, "actions": [action]}
    stated = {"c2pa.actions.v2": actions} | (said or {})
    definition = {
        "claim_generator_info": [{"name": "Camera", "specVersion": "2.4.0"}],
        "assertions": [
            {"label": label, "created": True, "data": data} for label, data in stated.items()
        ],
    }
    context = c2pa.Context.from_dict({"verify": {"remote_manifest_fetch": False}})
    return c2pa.Builder(definition, context)
