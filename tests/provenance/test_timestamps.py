import hashlib
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms, core, tsp
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from provenance import stamp_form
from provenance.trust import pki, timestamps, tokens


def request(**changes: Any) -> bytes:
    imprint = {
        "hash_algorithm": {"algorithm": "sha256"},
        "hashed_message": hashlib.sha256(b"frame").digest(),
    }
    fields = {"version": "v1", "message_imprint": imprint, "nonce": 4711, "cert_req": True}
    der: bytes = tsp.TimeStampReq({**fields, **changes}).dump()
    return der


def granted(request_der: bytes) -> tsp.TSTInfo:
    response = tsp.TimeStampResp.load(timestamps.respond(request_der))
    assert response["status"]["status"].native == "granted"
    return response["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed


def refused(request_der: bytes) -> set[str]:
    response = core.Sequence.load(timestamps.respond(request_der), strict=True)
    assert len(response) == 1  # no token
    status = tsp.PKIStatusInfo.load(response[0].dump())
    assert status["status"].native == "rejection"
    failures: set[str] = status["fail_info"].native
    return failures


def test_the_token_says_what_was_asked_and_the_time() -> None:
    info = granted(request()).native

    assert info["message_imprint"]["hashed_message"] == hashlib.sha256(b"frame").digest()
    assert info["nonce"] == 4711
    assert info["policy"] == timestamps.POLICY
    assert info["accuracy"]["seconds"] == 1
    assert timedelta(0) <= datetime.now(UTC) - info["gen_time"] < timedelta(seconds=5)


def test_without_a_nonce_there_is_none() -> None:
    assert granted(request(nonce=None))["nonce"].native is None


def test_every_token_has_its_own_number() -> None:
    assert len({granted(request())["serial_number"].native for _ in range(20)}) == 20


@pytest.mark.parametrize("wanted", [True, False])
def test_the_certificate_comes_only_when_asked_for(*, wanted: bool) -> None:
    response = tsp.TimeStampResp.load(timestamps.respond(request(cert_req=wanted)))
    certificates = response["time_stamp_token"]["content"]["certificates"]

    assert (len(certificates) == 1) if wanted else (certificates.native is None)


def imprint(algorithm: str, digest: bytes) -> dict[str, Any]:
    return {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": digest}


@pytest.mark.parametrize(
    ("request_der", "failure"),
    [
        (b"", "bad_data_format"),
        (b"GET / HTTP/1.1", "bad_data_format"),
        (request()[:-3], "bad_data_format"),
        (request() + b"\0", "bad_data_format"),
        (request(message_imprint=imprint("sha1", bytes(20))), "bad_alg"),
        (request(message_imprint=imprint("sha256", bytes(20))), "bad_data_format"),
        (request(req_policy="1.2.3.4"), "unaccepted_policy"),
        (
            request(extensions=[{"extn_id": "1.2.3", "critical": True, "extn_value": b"x"}]),
            "unaccepted_extensions",
        ),
    ],
)
def test_a_bad_request_is_refused_with_its_reason(request_der: bytes, failure: str) -> None:
    assert refused(request_der) == {failure}


@given(st.binary(max_size=200))
def test_no_request_is_an_accident(noise: bytes) -> None:
    assert refused(noise)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_openssl_verifies_a_token_with_the_published_anchors(
    tmp_path: Path, algorithm: str
) -> None:
    (tmp_path / "data").write_bytes(b"a frame")
    (tmp_path / "anchors.pem").write_text(pki.trust_anchors_pem())
    query = ["openssl", "ts", "-query", "-data", "data", f"-{algorithm}", "-cert", "-out", "q"]
    subprocess.run(query, cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "r").write_bytes(timestamps.respond((tmp_path / "q").read_bytes()))
    verify = ["openssl", "ts", "-verify", "-in", "r", "-queryfile", "q", "-CAfile", "anchors.pem"]
    result = subprocess.run(verify, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (result.returncode, "Verification: OK" in result.stdout) == (0, True), result.stderr


JUNK = b"PK\x03\x04 free for every use " * 200


def filled(token: bytes, how: str) -> bytes:
    """Return a token with a document where nobody signs."""
    said = cms.ContentInfo.load(token)
    signed = said["content"]
    signer = signed["signer_infos"][0]
    if how == "behind it":
        return token + JUNK
    if how == "an attribute":
        signer["unsigned_attrs"] = cms.CMSAttributes(
            [{"type": "1.2.3.4", "values": [core.OctetString(JUNK)]}]
        )
    elif how == "a revocation":
        other = {"other_rev_info_format": "1.2.3.4", "other_rev_info": core.OctetString(JUNK)}
        signed["crls"] = [cms.RevocationInfoChoice("other", other)]
    elif how == "a certificate":
        stranger = pki.issue_root(JUNK[:60].decode("latin1"), path_length=0).leaf
        der = stranger.public_bytes(serialization.Encoding.DER)
        signed["certificates"].append(cms.CertificateChoices.load(der))
    elif how == "a version":
        signed["version"] = int.from_bytes(JUNK)
    changed: bytes = said.dump(force=True)
    assert changed != token
    return changed


@pytest.mark.parametrize("certified", [True, False])
def test_a_token_of_ours_holds_what_was_signed_alone(*, certified: bool) -> None:
    token = tokens.token(bytes(32), certified=certified)
    for roots in (pki.time_anchor_pem(), ""):
        assert stamp_form.bare(token, roots) == token


@pytest.mark.parametrize("how", ["an attribute", "a revocation", "a certificate"])
def test_what_nobody_signed_is_taken_out_of_a_token(how: str) -> None:
    token = tokens.token(bytes(32))
    assert stamp_form.bare(filled(token, how), pki.time_anchor_pem()) == token


@pytest.mark.parametrize("how", ["behind it", "a version"])
def test_a_token_with_more_in_it_is_none(how: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        stamp_form.bare(filled(tokens.token(bytes(32)), how), pki.time_anchor_pem())


@given(st.binary(max_size=60) | st.integers(0, 1100).map(lambda at: tokens.token(bytes(32))[:at]))
def test_bytes_that_are_no_token_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        stamp_form.bare(data, "")
