"""A time-stamping authority after RFC 3161: it signs "these bytes existed at this time".

`respond` is the whole protocol, bytes in and bytes out; `local_authority` serves it on loopback
to the signing library, which speaks HTTP only. What this authority says proves nothing against
the operator of this installation; it keeps credentials readable after their signer has expired.
"""

import hashlib
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from provenance import pki

# Our policy: UUID-based, so that it belongs to nobody else and needs no registration.
POLICY = "2.25.76536725707398893289298987442220756076"
_DIGEST_BYTES = {"sha256": 32, "sha384": 48, "sha512": 64}
_REQUEST_BYTES_MAX = 16 * 1024
_ACCURACY_SECONDS = 1


class _RefusedError(Exception):
    """A request that gets a rejection: the PKIFailureInfo bit, and the sentence beside it."""

    def __init__(self, failure: str, message: str) -> None:
        super().__init__(message)
        self.failure = failure


class _Rejection(core.Sequence):  # type: ignore[misc] # the library has no types
    """A TimeStampResp without a token, which asn1crypto's own does not allow."""

    _fields = [("status", tsp.PKIStatusInfo)]


def respond(request_der: bytes) -> bytes:
    """Return the DER TimeStampResp to the DER TimeStampReq; a bad request gets a rejection."""
    try:
        request = _checked(request_der)
    except _RefusedError as refusal:
        status = {
            "status": "rejection",
            "status_string": [str(refusal)],
            "fail_info": {refusal.failure},
        }
        rejection: bytes = _Rejection({"status": status}).dump()
        return rejection
    token = _token(request, pki.time_stamper())
    response: bytes = tsp.TimeStampResp(
        {"status": {"status": "granted"}, "time_stamp_token": token}
    ).dump()
    return response


@contextmanager
def local_authority() -> Iterator[str]:
    """Serve `respond` on a free loopback port from a thread; yield its URL until the block ends."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(
            target=server.serve_forever,
            kwargs={"poll_interval": 0.05},
            name="time-stamps",
            daemon=True,
        )
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    timeout = 10  # seconds a silent client may hold its thread

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _REQUEST_BYTES_MAX:
            self.send_error(413, "a time-stamp request has at most 16 KB, its length given")
            return
        answer = respond(self.rfile.read(int(length)))
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base's name
        """Say nothing: one line per signature on stderr helps nobody."""


def _checked(request_der: bytes) -> tsp.TimeStampReq:
    try:
        request = tsp.TimeStampReq.load(request_der, strict=True)
        native = request.native  # parses every field
    except (ValueError, TypeError, OverflowError, KeyError) as error:
        raise _RefusedError("bad_data_format", "not a DER TimeStampReq") from error
    if native["version"] != "v1":
        raise _RefusedError("bad_request", "only version 1 is known")
    imprint = native["message_imprint"]
    expected = _DIGEST_BYTES.get(imprint["hash_algorithm"]["algorithm"])
    if expected is None:
        raise _RefusedError("bad_alg", "the imprint must be SHA-256, SHA-384 or SHA-512")
    if len(imprint["hashed_message"]) != expected:
        raise _RefusedError("bad_data_format", "the imprint's length is not its algorithm's")
    policy = request["req_policy"]
    if native["req_policy"] is not None and policy.dotted != POLICY:
        raise _RefusedError("unaccepted_policy", f"only policy {POLICY} is offered")
    if native["extensions"]:
        raise _RefusedError("unaccepted_extensions", "extensions are not supported")
    return request


def _token(request: tsp.TimeStampReq, stamper: pki.Identity) -> cms.ContentInfo:
    certificate, key = _prepared(stamper)
    info = {
        "version": "v1",
        "policy": POLICY,
        "message_imprint": request["message_imprint"],
        "serial_number": secrets.randbits(127) | 1,
        "gen_time": datetime.now(UTC).replace(microsecond=0),
        "accuracy": {"seconds": _ACCURACY_SECONDS},
        "ordering": False,
    }
    if request["nonce"].native is not None:
        info["nonce"] = request["nonce"]
    content = tsp.TSTInfo(info).dump()
    attributes = _signed_attributes(content, certificate)
    sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})
    signer = {
        "version": "v1",
        "sid": {
            "issuer_and_serial_number": {
                "issuer": certificate.issuer,
                "serial_number": certificate.serial_number,
            }
        },
        "digest_algorithm": sha256,
        "signed_attrs": attributes,
        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
        "signature": key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256())),
    }
    signed = {
        "version": "v3",
        "digest_algorithms": [sha256],
        "encap_content_info": {
            "content_type": "tst_info",
            "content": core.ParsableOctetString(content),
        },
        "signer_infos": [signer],
    }
    if request["cert_req"].native:
        signed["certificates"] = [certificate]
    return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(signed)})


def _signed_attributes(content: bytes, certificate: asn1_x509.Certificate) -> cms.CMSAttributes:
    reference = tsp.SigningCertificateV2(
        {"certs": [{"cert_hash": hashlib.sha256(certificate.dump()).digest()}]}
    )
    return cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["tst_info"]},
            {"type": "message_digest", "values": [hashlib.sha256(content).digest()]},
            {"type": "signing_certificate_v2", "values": [reference]},
        ]
    )


@lru_cache(maxsize=2)
def _prepared(
    stamper: pki.Identity,
) -> tuple[asn1_x509.Certificate, ec.EllipticCurvePrivateKey]:
    der = stamper.leaf.public_bytes(serialization.Encoding.DER)
    return asn1_x509.Certificate.load(der), stamper.key
