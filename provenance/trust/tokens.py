"""Time-stamp tokens (RFC 3161) of our own authority, written as DER by hand.

A credential takes one token each, and a general ASN.1 library spends ten times as long on it as
on all the rest. A token is always the same but for five values; what never changes is encoded
once per certificate.
"""

import hashlib
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NamedTuple

from asn1crypto import algos, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from provenance.trust import pki

# Our policy, under the number that RFC 5612 keeps for examples, as is right for a development
# authority. None under 2.25, where anybody may number: some readers take no more than 32 bits.
POLICY: Final = "1.3.6.1.4.1.32473.1.1"
DIGEST_BYTES: Final = {"sha256": 32, "sha384": 48, "sha512": 64}

_INTEGER, _OCTETS, _TIME, _SEQUENCE, _SET, _CONTEXT = 0x02, 0x04, 0x18, 0x30, 0x31, 0xA0
_ACCURACY_SECONDS: Final = 1


def _der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    width = (size.bit_length() + 7) // 8
    return bytes((tag, 0x80 | width)) + size.to_bytes(width) + body


def _integer(number: int) -> bytes:
    return _der(_INTEGER, number.to_bytes(number.bit_length() // 8 + 1, signed=True))


def _oid(dotted: str) -> bytes:
    encoded: bytes = core.ObjectIdentifier(dotted).dump()
    return encoded


def _digest_algorithm(name: str) -> bytes:
    encoded: bytes = algos.DigestAlgorithm({"algorithm": name}).dump()
    return encoded


_VERSION_1: Final = _integer(1)
_ALGORITHMS: Final = {name: _digest_algorithm(name) for name in DIGEST_BYTES}
_POLICY: Final = _oid(POLICY)
_ACCURACY: Final = _der(_SEQUENCE, _integer(_ACCURACY_SECONDS))
_SIGNED_DATA: Final = _oid("1.2.840.113549.1.7.2")
_TST_INFO: Final = _oid("1.2.840.113549.1.9.16.1.4")
_MESSAGE_DIGEST: Final = _oid("1.2.840.113549.1.9.4")
# CMS signs the attributes as a SET and carries them as a context tag.
_CONTENT_TYPE: Final = _der(_SEQUENCE, _oid("1.2.840.113549.1.9.3"), _der(_SET, _TST_INFO))


class _Stamper(NamedTuple):
    """What every token of one certificate has in common."""

    certificate: bytes  # SET OF, as context tag 0
    signer: bytes  # version and name
    reference: bytes  # the attribute that names the certificate by its hash
    sign: Callable[[bytes], bytes]


def token(
    digest: bytes, algorithm: str = "sha256", *, nonce: int | None = None, certified: bool = True
) -> bytes:
    """Return a TimeStampToken, DER: that something of this digest existed now (UTC, to a second).

    `certified` puts our certificate into it. ValueError for a digest of another length than its
    algorithm's, one of DIGEST_BYTES.
    """
    if len(digest) != DIGEST_BYTES[algorithm]:
        raise ValueError(f"a digest of {len(digest)} bytes is not {algorithm}")
    stamper = _prepared(pki.time_stamper())
    content = _der(
        _SEQUENCE,
        _VERSION_1,
        _POLICY,
        _der(_SEQUENCE, _ALGORITHMS[algorithm], _der(_OCTETS, digest)),
        _integer(secrets.randbits(127) | 1),
        _der(_TIME, datetime.now(UTC).strftime("%Y%m%d%H%M%SZ").encode()),
        _ACCURACY,
        _integer(nonce) if nonce is not None else b"",
    )
    hashed = _der(_OCTETS, hashlib.sha256(content).digest())
    message_digest = _der(_SEQUENCE, _MESSAGE_DIGEST, _der(_SET, hashed))
    attributes = sorted((_CONTENT_TYPE, message_digest, stamper.reference))
    signature = stamper.sign(_der(_SET, *attributes))
    signer_info = _der(
        _SEQUENCE,
        stamper.signer,
        _ALGORITHMS["sha256"],
        _der(_CONTEXT, *attributes),
        _SIGNED_WITH,
        _der(_OCTETS, signature),
    )
    signed = _der(
        _SEQUENCE,
        _integer(3),
        _der(_SET, _ALGORITHMS["sha256"]),
        _der(_SEQUENCE, _TST_INFO, _der(_CONTEXT, _der(_OCTETS, content))),
        stamper.certificate if certified else b"",
        _der(_SET, signer_info),
    )
    return _der(_SEQUENCE, _SIGNED_DATA, _der(_CONTEXT, signed))


_SIGNED_WITH: Final[bytes] = algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}).dump()


@lru_cache(maxsize=2)
def _prepared(identity: pki.Identity) -> _Stamper:
    der = identity.leaf.public_bytes(serialization.Encoding.DER)
    certificate = asn1_x509.Certificate.load(der)
    name = _der(
        _SEQUENCE, certificate.issuer.dump(), core.Integer(certificate.serial_number).dump()
    )
    signing = tsp.SigningCertificateV2({"certs": [{"cert_hash": hashlib.sha256(der).digest()}]})
    reference = _der(_SEQUENCE, _oid("1.2.840.113549.1.9.16.2.47"), _der(_SET, signing.dump()))
    key, scheme = identity.key, ec.ECDSA(hashes.SHA256())
    return _Stamper(
        certificate=_der(_CONTEXT, der),
        signer=_VERSION_1 + name,
        reference=reference,
        sign=lambda data: key.sign(data, scheme),
    )
