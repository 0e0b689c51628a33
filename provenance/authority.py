"""The authority that the settings name: under whose certificates this installation signs.

    EDGECODE_SIGNING_CERTIFICATES   a PEM file: the certificate of the key, what is above it, a root
    EDGECODE_SIGNING_KEY            its key: a PEM file, or kms:ID

The first certificate says how the key is used. An issuer's signs certificates for short-lived keys
that each process makes for itself and keeps in its memory: one call of KMS in days, not one for
each signature. A signer's, as a recognised authority issues them, signs each manifest itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config.env import Environment
from provenance.kms import KeyUnavailable, kms_key

__all__ = [
    "CLAIM_SIGNING",
    "KMS",
    "Authority",
    "KeyUnavailable",
    "certificates_in",
    "earlier_roots_pem",
    "key_of",
    "named",
    "time_roots_pem",
]

KMS: Final = "kms:"
# What the C2PA certificate policy asks of a claim signer; e-mail protection beside it, because
# readers without a trust configuration accept no certificate that has the first one only.
CLAIM_SIGNING: Final = x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")


@dataclass(frozen=True)
class Authority:
    """`key` is the private key's PEM, or kms:ID; `chain_pem` begins with its certificate and leaves
    out the root."""

    key: str
    chain_pem: str
    root_pem: str
    is_issuer: bool


def named() -> Authority | None:
    """Return the authority of the settings; None where they name none, and a development one
    signs. Raises ImproperlyConfigured with all that is wrong, in one line."""
    env: Environment = settings.ENV
    if env.signing_certificates is None or env.signing_key is None:
        return None
    return _read(env.signing_certificates, env.signing_key)


def earlier_roots_pem() -> str:
    """Return the roots under which this installation signed before; "" for none."""
    path: Path | None = settings.ENV.signing_earlier_roots
    return _roots_in(path) if path is not None else ""


def time_roots_pem() -> str:
    """Return the roots of the time-stamping authority that the settings name; "" for none."""
    path: Path | None = settings.ENV.timestamp_roots
    return _roots_in(path) if path is not None else ""


@lru_cache(maxsize=4)  # each reading of a file asks for them
def _roots_in(path: Path) -> str:
    return _pem_of(certificates_in(path))


def key_of(text: str) -> ec.EllipticCurvePrivateKey:
    """Return a private key by its PEM, or where it lies. Raises KeyUnavailable, ValueError."""
    if text.startswith(KMS):
        env: Environment = settings.ENV
        return kms_key(
            text.removeprefix(KMS), region=env.kms_region, endpoint_url=env.kms_endpoint_url
        )
    key = load_pem_private_key(text.encode(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("must be a key on P-256")  # noqa: TRY004 - a file holds it
    return key


def certificates_in(path: Path) -> list[x509.Certificate]:
    """Return the certificates of a PEM file. Raises ImproperlyConfigured."""
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError, x509.InvalidVersion) as error:
        raise ImproperlyConfigured(f"{path}: no certificates in PEM: {error}") from error


@lru_cache(maxsize=2)
def _read(path: Path, key: str) -> Authority:
    chain = certificates_in(path)
    wrong = "; ".join(_wrong(chain, datetime.now(UTC)))
    if wrong:
        raise ImproperlyConfigured(f"{path}: {wrong}")
    text = key
    try:
        if not key.startswith(KMS):
            text = Path(key).read_text(encoding="ascii")
        if key_of(text).public_key() != chain[0].public_key():
            raise ValueError("is not the key of the first certificate")
    except (OSError, ValueError, TypeError) as error:
        raise ImproperlyConfigured(f"EDGECODE_SIGNING_KEY {key}: {error}") from error
    return Authority(text, _pem_of(chain[:-1]), _pem_of(chain[-1:]), _is_issuer(chain[0]))


def _wrong(chain: list[x509.Certificate], now: datetime) -> Iterator[str]:
    """Yield what keeps a chain from being used: readers say of none of it why."""
    if len(chain) < 2:
        yield "holds a certificate alone; those above it belong there too, the root last"
        return
    for below, above in pairwise(chain):
        try:
            below.verify_directly_issued_by(above)
        except (InvalidSignature, ValueError, TypeError):
            yield f"{_name(below)} is not issued by the next one, {_name(above)}"
    if chain[-1].issuer != chain[-1].subject:
        yield f"the last one, {_name(chain[-1])}, is no root"
    for each in chain:
        if not each.not_valid_before_utc <= now < each.not_valid_after_utc:
            yield f"{_name(each)} is not valid now"
    key = chain[0].public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        yield f"{_name(chain[0])} has no key on P-256"
    if not _is_issuer(chain[0]):
        yield from _wrong_signer(chain[0])


def _wrong_signer(certificate: x509.Certificate) -> Iterator[str]:
    try:
        usages = set(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        usages = set()
    if CLAIM_SIGNING not in usages or ExtendedKeyUsageOID.EMAIL_PROTECTION not in usages:
        yield f"{_name(certificate)} is not for signing claims and protecting e-mail"


def _is_issuer(certificate: x509.Certificate) -> bool:
    try:
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return basic.ca and usage.key_cert_sign


def _name(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string()


def _pem_of(certificates: list[x509.Certificate]) -> str:
    return "".join(each.public_bytes(Encoding.PEM).decode() for each in certificates)
