"""The engine that signs for us, once it has proven itself.

The SDK ignores a setting it does not know. So before a process signs, a probe under our root must
read as trusted, and one under a stranger's root must not.
"""

import io
import os
from functools import lru_cache
from importlib.metadata import version
from typing import Any, Final

from provenance.c2pa_sdk.engine import Engine
from provenance.c2pa_sdk.reading import Reading, read
from provenance.c2pa_sdk.settings import ANY_TYPE, CLAIMS_LIST, Anchors
from provenance.c2pa_sdk.signed import NOTHING_DONE, SigningError
from provenance.trust import pki, tokens

# Another version may read the same settings otherwise, and says nothing of those that it ignores.
_MEASURED: Final = "0.38.1"


def proven_engine() -> Engine:
    """Return the engine of who signs now, under the roots that are published. Raises
    SigningError."""
    anchors = Anchors(pki.claim_anchor_pem(), pki.time_anchor_pem(), pki.identity_anchor_pem())
    return _proven(os.getpid(), pki.signing_chain(), anchors)


@lru_cache(maxsize=2)  # two: the signer before and after its renewal
def _proven(pid: int, identity: pki.Identity, anchors: Anchors) -> Engine:
    if version("c2pa-python") != _MEASURED:
        raise SigningError(f"self-test: all was measured with c2pa-python {_MEASURED}, not this")
    engine = Engine(identity, anchors)
    ours = _probe(engine, anchors, licensor=pki.passing_licensor())
    codes = {item["code"] for item in _results(ours)["success"]}
    trusted = ours.state == "Trusted" and _list_of(ours) == CLAIMS_LIST
    if not trusted or not {"timeStamp.trusted", "cawg.x509.credential.trusted"} <= codes:
        raise SigningError(
            f"self-test: a probe signed by {identity!r} and a licensor reads as {ours.state}, not"
            " as trusted and time-stamped under the published roots; until that is repaired"
            " nothing is signed"
        )
    stranger = pki.issue_claim_signer(pki.issue_root("A stranger's root", path_length=0))
    theirs = _probe(Engine(stranger, anchors), anchors)
    if theirs.state == "Trusted":
        raise SigningError("self-test: a stranger's probe reads as trusted; nothing is signed")
    # The reader calls it trusted; that it names the list is what tells us.
    stamper = _probe(Engine(pki.stray_claim_signer(), anchors), anchors)
    if _list_of(stamper) == CLAIMS_LIST:
        raise SigningError("self-test: a root of times vouches for a claim; nothing is signed")
    return engine


def _probe(engine: Engine, anchors: Anchors, licensor: pki.Identity | None = None) -> Reading:
    definition = {
        "claim_generator_info": [{"name": "Edgecode self-test", "specVersion": "2.4.0"}],
        "assertions": [NOTHING_DONE],
    }
    content = b"self-test"
    signed = engine.beside(definition, content, licensor)
    # By our own authority, which is always there: what another says is verified before it is used.
    signed = signed.with_stamp(tokens.token(signed.digest_to_stamp()))
    return read(io.BytesIO(content), ANY_TYPE, anchors=anchors, manifest_data=signed.manifest)


def _results(reading: Reading) -> dict[str, Any]:
    active: dict[str, Any] = reading.report["validation_results"]["activeManifest"]
    return active


def _list_of(reading: Reading) -> str:
    return str(reading.report["validation_results"].get("trustListUri", ""))
