"""Certificates that are none: what the reader hands out is parsed only when looked at."""

import base64
from itertools import product

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from edgecode.verify.vouching import readable_certificate
from provenance.trust import pki
from provenance.verification import inspection


def answer(der: bytes) -> dict[str, object]:
    said = {"alg": "Es256", "issuer": "Anybody", "common_name": "Anybody"}
    return {
        "certificate": base64.b64encode(der).decode(),
        "inner": {},
        "state": "Trusted",
        "embedded": True,
        "time_authority": "",
        "report": {
            "active_manifest": "urn:c2pa:1",
            "manifests": {"urn:c2pa:1": {"signature_info": said}},
            "validation_results": {},
        },
    }


@pytest.fixture(scope="module")
def der() -> bytes:
    return pki.signing_chain().leaf.public_bytes(Encoding.DER)


@pytest.mark.filterwarnings("ignore:Parsed a serial number")  # below zero: the library warns only
def test_a_changed_certificate_is_a_finding_and_never_an_accident(der: bytes) -> None:
    for at, bit in product(range(len(der)), range(8)):
        changed = bytearray(der)
        changed[at] ^= 1 << bit
        found = inspection.judged(answer(bytes(changed)), "0" * 64, 1)
        assert found.trust == inspection.Trust.NOBODY
        certificate = readable_certificate(bytes(changed))
        assert (certificate is None) == (found.signer is None or not found.signer.issuer)
