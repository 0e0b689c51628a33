"""The development certificate authority: made on first use, kept in `keys/`, trusted by nobody.

    claim root  -> intermediate -> claim signer   (signs manifests, ES256)
    time root                   -> time stamper   (signs RFC 3161 tokens, ES256)
    identity root -> intermediate -> a licensor   (signs what is said of its rights, ES256)

The roots are apart, so that a reader can hold each as an anchor of its own kind. Every
certificate says in its name that it is for development. A signer is renewed when it nears its
end; what the old one signed stays verifiable, because each signature carries a time stamp.
"""

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

DEVELOPMENT_MARK = "NOT TRUSTED"
ORGANISATION = f"Edgecode Development, {DEVELOPMENT_MARK}"
# What the C2PA certificate policy asks of a claim signer; e-mail protection beside it, because
# readers without a trust configuration accept no certificate that has the first one only.
CLAIM_SIGNING = x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336

_AUTHORITY_LIFE = timedelta(days=3650)
_SIGNER_LIFE = timedelta(days=90)
_STAMPER_LIFE = timedelta(days=1095)
_RENEW_BEFORE = timedelta(days=30)
_CLOCK_SKEW = timedelta(minutes=5)
_FIRST_CERTIFICATE = "-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True)
class Identity:
    """A private key and its certificates, leaf first; a root stands alone, a chain leaves it out.

    Both texts are PEM (PKCS#8, unencrypted). Hashable: caches of contexts are keyed by it.
    """

    key_pem: str
    chain_pem: str

    @property
    def leaf(self) -> x509.Certificate:
        """The certificate of this key."""
        return x509.load_pem_x509_certificates(self.chain_pem.encode())[0]

    @property
    def key(self) -> ec.EllipticCurvePrivateKey:
        """The private key, on P-256."""
        key = serialization.load_pem_private_key(self.key_pem.encode(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"the key of {self.leaf.subject.rfc4514_string()} is not on a curve")
        return key

    def __repr__(self) -> str:
        return f"Identity({self.leaf.subject.rfc4514_string()})"  # never the key


def signing_chain() -> Identity:
    """Return the claim signer: its key, its certificate and the intermediate's."""
    return _kept("claim-signer", issue_claim_signer, _claim_intermediate())


def time_stamper() -> Identity:
    """Return the time stamper: its key and its certificate (its issuer is the time root)."""
    return _kept("time-stamper", issue_time_stamper, _time_root())


def licensor_identity(code: str, name: str) -> Identity:
    """Return the identity under which the licensor with this edge code signs what credentials say
    of its rights (CAWG identity 1.3): one of its own that is kept as `licensor-CODE.own.pem`, else
    ours in its name.
    """
    own = _load(_directory() / f"licensor-{code}.own.pem", renewed_before=timedelta())
    make = partial(issue_licensor, code=code, name=name)
    return own or _kept(f"licensor-{code}", make, _identity_intermediate())


def identity_anchor_pem() -> str:
    """Return the root under which licensors' identities are issued, PEM."""
    return _identity_root().chain_pem


def claim_anchor_pem() -> str:
    """Return the root under which manifests are signed, PEM."""
    return _claim_root().chain_pem


def time_anchor_pem() -> str:
    """Return the root under which time stamps are signed, PEM."""
    return _time_root().chain_pem


def trust_anchors_pem() -> str:
    """Return the roots: what is published as trust-anchors.pem and what a verifier needs.

    Without the time root a verifier calls every credential invalid once its signer has expired.
    That of identities is not among them: a reader that holds it as an anchor of any kind would
    trust claims of licensors.
    """
    return claim_anchor_pem() + time_anchor_pem()


def is_development() -> bool:
    """Return whether the claim root names itself as one that nobody should trust."""
    return DEVELOPMENT_MARK in _claim_root().leaf.subject.rfc4514_string()


def fingerprints() -> dict[str, str]:
    """Return the SHA-256 (lowercase hex) of each certificate in use, by what it is for."""
    identities = {
        "claim_root": _claim_root(),
        "claim_intermediate": _claim_intermediate(),
        "claim_signer": signing_chain(),
        "time_root": _time_root(),
        "time_stamper": time_stamper(),
        "identity_root": _identity_root(),
    }
    return {purpose: fingerprint(identity.leaf) for purpose, identity in identities.items()}


def keys_in_use() -> list[tuple[str, ec.EllipticCurvePublicKey]]:
    """Return what each public key signs, as the log calls it (`root`, `credential`, `timestamp`),
    and the key. An issuer between root and signer is not among them."""
    identities = [
        ("root", _claim_root()),
        ("root", _time_root()),
        ("root", _identity_root()),
        ("credential", signing_chain()),
        ("timestamp", time_stamper()),
    ]
    return [(purpose, identity.key.public_key()) for purpose, identity in identities]


def fingerprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of the certificate's DER bytes, lowercase hex."""
    return certificate.fingerprint(hashes.SHA256()).hex()


# Making certificates: no files, no settings.


def issue_root(common_name: str, *, path_length: int) -> Identity:
    """Return a new self-signed authority with at most `path_length` authorities below it."""
    return _issue(None, common_name, _AUTHORITY_LIFE, path_length=path_length)


def issue_intermediate(common_name: str, issuer: Identity) -> Identity:
    """Return a new authority under `issuer` that signs leaves only."""
    return _issue(issuer, common_name, _AUTHORITY_LIFE, path_length=0)


def issue_claim_signer(issuer: Identity, life: timedelta = _SIGNER_LIFE) -> Identity:
    """Return a new claim signer under `issuer`; its chain carries the issuer's certificates."""
    usages = [CLAIM_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION]
    name = f"Edgecode Development Signer, {DEVELOPMENT_MARK}"
    signer = _issue(issuer, name, life, usage=x509.ExtendedKeyUsage(usages))
    return Identity(signer.key_pem, signer.chain_pem + issuer.chain_pem)


def issue_licensor(
    issuer: Identity, *, code: str, name: str, life: timedelta = _SIGNER_LIFE
) -> Identity:
    """Return an identity under `issuer` in a licensor's name, for signing documents: readers do
    not take what it signs for a claim."""
    usage = x509.ExtendedKeyUsage([DOCUMENT_SIGNING])
    # X.520 has room for 64 letters.
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, f"{name[:50]}, {DEVELOPMENT_MARK}"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{name[:50]} EC {code}"),
        ]
    )
    signer = _issue(issuer, subject, life, usage=usage)
    return Identity(signer.key_pem, signer.chain_pem + issuer.chain_pem)


def issue_time_stamper(issuer: Identity, life: timedelta = _STAMPER_LIFE) -> Identity:
    """Return a new time stamper under `issuer`; RFC 3161 wants its one usage critical."""
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    name = f"Edgecode Development Time, {DEVELOPMENT_MARK}"
    return _issue(issuer, name, life, usage=usage, usage_critical=True)


def _issue(
    issuer: Identity | None,
    name: str | x509.Name,
    life: timedelta,
    *,
    path_length: int | None = None,
    usage: x509.ExtendedKeyUsage | None = None,
    usage_critical: bool = False,
) -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = name if isinstance(name, x509.Name) else _our_name(name)
    issuer_key = issuer.key if issuer else key
    now = datetime.now(UTC).replace(microsecond=0)
    is_authority = usage is None
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.leaf.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + life)
        .add_extension(x509.BasicConstraints(is_authority, path_length), critical=True)
        .add_extension(_key_usage(is_authority=is_authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
    )
    if usage is not None:
        builder = builder.add_extension(usage, critical=usage_critical)
    certificate = builder.sign(issuer_key, hashes.SHA256())
    key_pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    return Identity(key_pem.decode(), pem.decode())


def _our_name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _key_usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=not is_authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


# Keeping them: one file each, readable by the owner only, written whole or not at all.


def _claim_root() -> Identity:
    name = f"Edgecode Development Root, {DEVELOPMENT_MARK}"
    return _kept("claim-root", partial(issue_root, path_length=1), name)


def _claim_intermediate() -> Identity:
    name = f"Edgecode Development Issuer, {DEVELOPMENT_MARK}"
    return _kept("claim-intermediate", partial(issue_intermediate, name), _claim_root())


def _time_root() -> Identity:
    name = f"Edgecode Development Time Root, {DEVELOPMENT_MARK}"
    return _kept("time-root", partial(issue_root, path_length=0), name)


def _identity_root() -> Identity:
    name = f"Edgecode Development Identity Root, {DEVELOPMENT_MARK}"
    return _kept("identity-root", partial(issue_root, path_length=1), name)


def _identity_intermediate() -> Identity:
    name = f"Edgecode Development Identity Issuer, {DEVELOPMENT_MARK}"
    return _kept("identity-intermediate", partial(issue_intermediate, name), _identity_root())


def _kept[T](name: str, make: Callable[[T], Identity], argument: T) -> Identity:
    """Return the identity stored under `name`; make it if there is none or its end is near."""
    directory = _directory()
    path = directory / f"{name}.pem"
    identity = _load(path)
    if identity is None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _only_one(directory):  # two processes starting together agree on one identity
            identity = _load(path)
            if identity is None:
                identity = make(argument)
                _store(path, identity)
    return identity


def _directory() -> Path:
    return Path(settings.VAR_DIR) / "keys"


def _load(path: Path, renewed_before: timedelta = _RENEW_BEFORE) -> Identity | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    identity, expires_at = _read(path, found.st_ino, found.st_mtime_ns)
    return identity if datetime.now(UTC) < expires_at - renewed_before else None


@lru_cache(maxsize=256)  # a signature asks for seven of them, one its licensor's
def _read(path: Path, _file: int, _changed_ns: int) -> tuple[Identity, datetime]:
    key_pem, separator, chain = path.read_text(encoding="ascii").partition(_FIRST_CERTIFICATE)
    identity = Identity(key_pem, separator + chain)
    try:
        return identity, identity.leaf.not_valid_after_utc
    except (ValueError, IndexError) as error:
        message = f"{path}: not a private key followed by its certificates; restore or remove it"
        raise ImproperlyConfigured(message) from error


def _store(path: Path, identity: Identity) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(identity.key_pem + identity.chain_pem)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


@contextmanager
def _only_one(directory: Path) -> Iterator[None]:
    with (directory / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
