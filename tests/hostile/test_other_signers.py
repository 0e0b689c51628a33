"""Somebody else whom a reader trusts, too: a signer under one of its roots who is not us."""

import hashlib
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from edgecode.verify import Name, Reader
from provenance import c2pa_sdk, countersign, jumbf, pki, tokens
from provenance.inspection import Trust
from tests.hostile.test_mutants import OCTETS, beside, seen
from tests.hostile.test_other_roots import WORDS, signed_by
from tests.provenance.test_signing import DEFINITION

CONTENT = b"other words"


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as kept:
        yield kept


def striking(signed: c2pa_sdk.Signed) -> dict[str, Any]:
    """Return a definition that strikes a consent out of a manifest, and opens what that is of."""
    struck = f"self#jumbf=/c2pa/{signed.manifest_id}/c2pa.assertions/com.edgecode.consent"
    actions = [
        {"action": "c2pa.opened", "parameters": {"ingredientIds": ["before"]}},
        {"action": "c2pa.redacted", "parameters": {"redacted": struck}},
    ]
    parent = {"title": "w", "format": OCTETS, "relationship": "parentOf", "label": "before"}
    return {
        "claim_generator_info": [{"name": "Camera", "specVersion": "2.4.0"}],
        "redactions": [struck],
        "assertions": [
            {
                "label": "c2pa.actions.v2",
                "created": True,
                "data": {"allActionsIncluded": True, "actions": actions},
            }
        ],
        "ingredients": [{**parent, "store": signed.manifest}],
    }


def test_what_is_bound_to_other_content_is_no_newer_credential_of_ours(
    reader: Reader, tmp_path: Path
) -> None:
    """Another signer of claims strikes a word out of our credential, as an update does, in a
    manifest that is bound to a file of his."""
    ours = c2pa_sdk.sign_sidecar(DEFINITION, WORDS, pki.licensor_identity("7K3F2Q9D", "Halcyon"))
    other = pki.issue_claim_signer(pki._claim_intermediate(), name="Somebody Else")
    engine = c2pa_sdk._Engine(other, c2pa_sdk.Anchors(pki.claim_anchor_pem(), ""))
    file, sidecar = tmp_path / "w.srt", tmp_path / "w.c2pa"
    file.write_bytes(CONTENT)
    forged = engine.sign(
        striking(ours), OCTETS, io.BytesIO(CONTENT), io.BytesIO(), embed=False
    ).manifest
    sidecar.write_bytes(forged)
    now = seen(reader, file, sidecar)
    assert (now.verdict.name, now.verdict.grant) == (Name.NO_GRANT, None)
    assert ours.manifest_id not in now.said
    assert "Halcyon" not in str(now.verdict.checks)


def ders(chain_pem: str) -> bytes:
    chain = x509.load_pem_x509_certificates(chain_pem.encode())
    each = [countersign._bytes(one.public_bytes(Encoding.DER)) for one in chain]
    return countersign._head(4, len(each)) + b"".join(each)


def with_chains(store: bytes, key: ec.EllipticCurvePrivateKey, *, protected: bool) -> bytes:
    """Return the store signed by this key, under the chain that it names and ours behind that."""
    cose = jumbf.cbor(jumbf.signature(store))
    theirs = jumbf.cbor(cose[0])[33]
    named = countersign._head(4, len(theirs)) + b"".join(map(countersign._bytes, theirs))
    ours = ders(pki.signing_chain().chain_pem)
    chains = countersign._text("x5chain") + named + b"\x18\x21" + ours
    es256 = b"\x01\x26"
    signed = b"\xa3" + es256 + chains if protected else b"\xa1" + es256
    open_ = b"\xa0" if protected else b"\xa2" + chains
    claim = next(
        next(data for kind, data in jumbf._boxes(inner) if kind == b"cbor")
        for label, inner in jumbf._superboxes(jumbf._active(store)[1])
        if label.startswith("c2pa.claim")
    )
    sealed = b"\x84" + countersign._text("Signature1")
    sealed += countersign._bytes(signed) + b"\x40" + countersign._bytes(claim)
    r, s = decode_dss_signature(key.sign(sealed, ec.ECDSA(hashes.SHA256())))
    signature = countersign._bytes(r.to_bytes(32) + s.to_bytes(32))
    made = b"\xd2\x84" + countersign._bytes(signed) + open_ + b"\xf6" + signature
    return jumbf.with_signature(store, made)


@pytest.mark.parametrize("protected", [True, False], ids=["protected", "open"])
def test_a_second_chain_of_certificates_lends_nobody_our_name(
    reader: Reader, tmp_path: Path, protected: bool
) -> None:
    """The reader checks the chain that stands first: of somebody with a certificate for e-mail
    under the same authority."""
    issuer = pki._claim_intermediate()
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
    leaf = pki._issue(issuer, "Somebody Else", pki._SIGNER_LIFE, usage=usage)
    other = pki.Identity(leaf.key_pem, leaf.chain_pem + issuer.chain_pem)
    file, sidecar = beside(tmp_path, signed_by(other, DEFINITION))
    sidecar.write_bytes(with_chains(sidecar.read_bytes(), other.key, protected=protected))
    now = seen(reader, file, sidecar)
    assert (now.verdict.name, now.trust) == (Name.STRANGER, Trust.NOBODY)
    assert "Edgecode" not in str(now.verdict.checks)


@pytest.mark.parametrize("root", ["times", "claims", "identities"])
def test_only_a_root_of_times_says_that_a_certificate_had_not_expired(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: str
) -> None:
    """The reader believes a time stamp under any root that it was given."""
    issuer = {
        "times": pki._time_root,
        "claims": pki._claim_root,
        "identities": pki._identity_root,
    }[root]()
    stamper = pki.issue_time_stamper(issuer)
    monkeypatch.setattr(pki, "time_stamper", lambda: stamper)
    signer = pki.issue_claim_signer(pki._claim_intermediate(), timedelta(minutes=1))
    store = signed_by(signer, DEFINITION)
    token = tokens.token(hashlib.sha256(countersign.to_stamp(store)).digest())
    file, sidecar = beside(tmp_path, countersign.stamped(store, token))
    assert seen(reader, file, sidecar).is_believed
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=2)):
        now = seen(reader, file, sidecar)
        assert now.is_believed is (root == "times")
        assert (now.verdict.checks[1].said == "signer.expired") is (root != "times")
