"""Manifests put together box by box, as who has a key can: with any word for what is inside."""

import hashlib
import os
import zlib
from typing import Any

from provenance import jumbf, manifest_writer
from provenance.c2pa_sdk.signers import key_of
from provenance.trust import pki
from tests.provenance.test_signing import DEFINITION

type Manifest = tuple[str, bytes]

_ACTIONS = next(each for each in DEFINITION["assertions"] if each["label"] == "c2pa.actions.v2")


def stranger() -> pki.Identity:
    return pki.issue_claim_signer(pki.issue_root("A stranger's root", path_length=0))


def manifests_in(store: bytes) -> list[Manifest]:
    """Return the manifests of a store by name, the newest last."""
    return list(jumbf.manifests(store).items())


def store_of(*manifests: Manifest) -> bytes:
    return manifest_writer._superbox(b"c2pa", "c2pa", *(box for _name, box in manifests))


def written(signer: pki.Identity, *assertions: dict[str, Any]) -> Manifest:
    """Return a manifest that states this."""
    definition = {"claim_generator_info": [{"name": "Editor", "specVersion": "2.4.0"}]}
    binding = {"alg": "sha256", "hash": [0] * 32, "pad": [], "name": "file"}
    made = manifest_writer.written(
        {**definition, "title": "x", "assertions": [_ACTIONS, *assertions]},
        ("c2pa.hash.data", binding),
        key_of(os.getpid(), signer),
        None,
        rights=(),
        stamp=lambda _digest: b"",
    )
    return manifests_in(made.store)[0]


def stated(label: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"label": label, "created": True, "data": data}


def ingredient(manifest: Manifest, found: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return an assertion that something with this manifest went in; `found` is what is said to
    have been found in it then."""
    name, box = manifest
    (sealed,) = (body for kind, body in _inside(box) if kind == "c2pa.signature")
    told = {"success": [], "informational": [], "failure": []} | (found or {})
    data = {
        "dc:title": "in.png",
        "dc:format": "image/png",
        "relationship": "componentOf",
        "activeManifest": {"url": f"self#jumbf=/c2pa/{name}", "hash": _sha256(box[8:])},
        "claimSignature": {
            "url": f"self#jumbf=/c2pa/{name}/c2pa.signature",
            "hash": _sha256(sealed),
        },
        "validationResults": {"activeManifest": told},
    }
    return stated("c2pa.ingredient.v3", data)


def in_png(png: bytes, store: bytes) -> bytes:
    """Return a picture with these manifests in place of those that it has."""
    chunks, at = [png[:8]], 8
    while at < len(png):
        end = at + 12 + int.from_bytes(png[at : at + 4])
        kind = png[at + 4 : at + 8]
        chunks += [png[at:end]] if kind != b"caBX" else []
        if kind == b"IHDR":
            body = b"caBX" + store
            chunks.append(len(store).to_bytes(4) + body + zlib.crc32(body).to_bytes(4))
        at = end
    return b"".join(chunks)


def _inside(box: bytes) -> list[tuple[str, bytes]]:
    inner = [body for kind, body in jumbf._boxes(box[8:]) if kind == b"jumb"]
    return [(jumbf._described(body)[0], body) for body in inner]


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
