"""The authority that the settings name: under whose certificates this installation signs.

    EDGECODE_SIGNING_CERTIFICATES   a PEM file: the certificate of the key, what is above it, a root
    EDGECODE_SIGNING_KEY            its key: a PEM file, or kms:ID

The first certificate says how the key is used. An issuer's signs certificates for short-lived keys
that each process makes for itself and keeps in its memory: one call of KMS in days, not one for
each signature. A signer's, as a recognised authority issues them, signs each manifest itself.
"""

import re
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
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config.env import Environment
from provenance.trust.kms import KeyUnavailable, kms_key

__all__ = [
    "CLAIM_SIGNING",
    "KMS",
    "Authority",
    "KeyUnavailable",
    "certificates_in",
    "earlier_roots_pem",
    "earlier_signers",
    "first_to_end",
    "key_of",
    "named",
    "organisation_of",
    "signing_key",
    "time_roots_pem",
]

KMS: Final = "kms:"
_ESCAPED_OR_SPACE: Final = re.compile(r"\\.|[^\S ]", re.DOTALL)
# What the C2PA certificate policy asks of a claim signer; e-mail protection beside it, because
# readers without a trust configuration accept no certificate that has the first one only.
CLAIM_SIGNING: Final = x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")


@dataclass(frozen=True)
class Authority:
    """`key` is where the private key lies, a path or kms:ID: whoever only reads needs none.
    `chain_pem` begins with its certificate and leaves out the root."""

    key: str
    chain_pem: str
    root_pem: str
    is_issuer: bool


def named() -> Authority | None:
    """Return the authority of the settings; None where they name none, and a development one
    signs. The key itself is not asked for. Raises ImproperlyConfigured with all that is wrong, in
    one line."""
    env: Environment = settings.ENV
    if env.signing_certificates is None or env.signing_key is None:
        return None
    return _read(env.signing_certificates, env.signing_key)


def signing_key(of: Authority) -> str:
    """Return the key's PEM, or kms:ID, once it has shown to be that of the first certificate.
    Raises ImproperlyConfigured, where a certificate is not valid now too, and KeyUnavailable."""
    now = datetime.now(UTC)
    for each in x509.load_pem_x509_certificates((of.chain_pem + of.root_pem).encode()):
        if not each.not_valid_before_utc <= now < each.not_valid_after_utc:
            raise ImproperlyConfigured(f"{_name(each)} is not valid now")
    return _fitting(of.key, of.chain_pem)


@lru_cache(maxsize=2)
def _fitting(key: str, chain_pem: str) -> str:
    text = key
    try:
        if not key.startswith(KMS):
            text = Path(key).read_text(encoding="ascii")
        certificate = x509.load_pem_x509_certificate(chain_pem.encode())
        if key_of(text).public_key() != certificate.public_key():
            raise ValueError("is not the key of the first certificate")
    except (OSError, ValueError, TypeError) as error:
        raise ImproperlyConfigured(f"EDGECODE_SIGNING_KEY {key}: {error}") from error
    return text


def first_to_end() -> x509.Certificate | None:
    """Return which certificate of the settings ends first; None where they name none. Raises
    ImproperlyConfigured."""
    path: Path | None = settings.ENV.signing_certificates
    chain = certificates_in(path) if path is not None else []
    return min(chain, key=lambda each: each.not_valid_after_utc, default=None)


def earlier_roots_pem() -> str:
    """Return the roots under which this installation signed before; "" for none."""
    path: Path | None = settings.ENV.signing_earlier_roots
    return _roots_in(path) if path is not None else ""


def earlier_signers() -> list[str]:
    """Return who is said to have signed under the roots of before, as organisation_of: that file
    has lines `signer NAME`, as a trust bundle has. Raises ImproperlyConfigured."""
    path: Path | None = settings.ENV.signing_earlier_roots
    lines = path.read_text("utf-8", "replace").splitlines() if path is not None else []
    return [_signer_in(line) for line in lines if line.startswith("signer ")]


def _signer_in(line: str) -> str:
    try:
        named = organisation_of(x509.Name.from_rfc4514_string(line.removeprefix("signer ").strip()))
    except ValueError:
        named = ""
    if not named:
        raise ImproperlyConfigured(f"EDGECODE_SIGNING_EARLIER_ROOTS: names no organisation: {line}")
    return named


def organisation_of(name: x509.Name) -> str:
    """Return organisation and country of a name, RFC 4514; "" without an organisation. Spaces that
    the reader of a line would take for its end, or for none of the name, are written as hex."""
    kept = (NameOID.ORGANIZATION_NAME, NameOID.COUNTRY_NAME)
    if not name.get_attributes_for_oid(NameOID.ORGANIZATION_NAME):
        return ""
    text = x509.Name(each for each in name if each.oid in kept).rfc4514_string()
    return _ESCAPED_OR_SPACE.sub(_as_hex, text)


def _as_hex(found: re.Match[str]) -> str:
    """Return a space of any kind as its bytes in hex, escaped; another escape as it is."""
    char = found[0][-1]
    return "".join(f"\\{byte:02X}" for byte in char.encode()) if char.isspace() else found[0]


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
    if wrong := "; ".join(_wrong(chain)):
        raise ImproperlyConfigured(f"{path}: {wrong}")
    return Authority(key, _pem_of(chain[:-1]), _pem_of(chain[-1:]), _is_issuer(chain[0]))


def _wrong(chain: list[x509.Certificate]) -> Iterator[str]:
    """Yield what keeps a chain from being used, whatever the time: readers say of none of it why.
    What was signed under one that has ended is read on."""
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
