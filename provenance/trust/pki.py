"""Who signs: the authority that the settings name (authority.py), or else one for development.

The latter is made on first use, kept in `keys/`, and trusted by nobody:

    claim root  -> intermediate -> claim signer   (signs manifests, ES256)
                                -> status signer  (signs status lists, ES256)
    time root                   -> time stamper   (signs RFC 3161 tokens, ES256)
    identity root -> intermediate -> a licensor   (signs what is said of its rights, ES256)

The roots are apart, so that a reader can hold each as an anchor of its own kind. Every
certificate says in its name that it is for development. A signer is renewed when it nears its
end; what the old one signed stays verifiable, because each signature carries a time stamp.
"""

import fcntl
import os
import secrets
import threading
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

from provenance.trust import authority

DEVELOPMENT_MARK = "NOT TRUSTED"
ORGANISATION = f"Edgecode Development, {DEVELOPMENT_MARK}"
CLAIM_SIGNING = authority.CLAIM_SIGNING
DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336

# What the IETF's Token Status List asks of who signs one.
STATUS_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.30")

_SIGNER = f"Edgecode Development Signer, {DEVELOPMENT_MARK}"
_STATUS_SIGNER = f"Edgecode Development Status, {DEVELOPMENT_MARK}"
_AUTHORITY_LIFE = timedelta(days=3650)
_SIGNER_LIFE = timedelta(days=90)
# No time stamp stands by a licensor's signature: it is good as long as its certificate.
_LICENSOR_LIFE = timedelta(days=5 * 365)
_LICENSOR_GOOD_FOR = timedelta(days=4 * 365)
_STAMPER_LIFE = timedelta(days=1095)
_RENEW_BEFORE = timedelta(days=30)
_LEAST_LEFT = timedelta(hours=1)  # of an issuer: what is signed waits that long for its time stamp
_CLOCK_SKEW = timedelta(minutes=5)
_FIRST_CERTIFICATE = "-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True)
class Identity:
    """A private key and its certificates, leaf first; a root stands alone, a chain leaves it out.

    Both texts are PEM (PKCS#8, unencrypted); for a key in KMS `key_pem` is kms:ID instead.
    Hashable: caches of contexts are keyed by it.
    """

    key_pem: str
    chain_pem: str

    @property
    def leaf(self) -> x509.Certificate:
        """The certificate of this key."""
        return x509.load_pem_x509_certificates(self.chain_pem.encode())[0]

    @property
    def key(self) -> ec.EllipticCurvePrivateKey:
        """The private key, on P-256. Raises authority.KeyUnavailable."""
        return authority.key_of(self.key_pem)

    @property
    def is_local(self) -> bool:
        """Whether the key is in this process's memory."""
        return not self.key_pem.startswith(authority.KMS)

    def __repr__(self) -> str:
        return f"Identity({self.leaf.subject.rfc4514_string()})"  # never the key


def signing_chain() -> Identity:
    """Return the claim signer: its key, its certificate and those between it and the root.

    Raises ImproperlyConfigured for settings that name none, KeyUnavailable.
    """
    theirs = authority.named()
    if theirs is None:
        return _kept("claim-signer", issue_claim_signer, _claim_intermediate())
    identity = _of(theirs)
    return _leaf_of(identity, "Edgecode Signer") if theirs.is_issuer else identity


def _of(theirs: authority.Authority) -> Identity:
    return Identity(authority.signing_key(theirs), theirs.chain_pem)


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
    return own or _kept(
        f"licensor-{code}", make, _identity_intermediate(), renewed_before=_LICENSOR_GOOD_FOR
    )


def passing_licensor() -> Identity:
    """Return an identity of nobody under the root of licensors, made for a self-test."""
    return issue_licensor(_identity_intermediate(), code="0" * 8, name="Self-test")


def identity_anchor_pem() -> str:
    """Return the root under which licensors' identities are issued, PEM."""
    return _identity_root().chain_pem


def status_signer() -> Identity:
    """Return what signs status lists: its key, its certificate and the intermediate's.

    Where the settings name a signer and no issuer, ours for development does. Raises as
    signing_chain."""
    theirs = authority.named()
    if theirs is not None and theirs.is_issuer:
        return _leaf_of(_of(theirs), "Edgecode Status Lists")
    return _kept("status-signer", issue_status_signer, _claim_intermediate())


def stray_claim_signer() -> Identity:
    """Return a signer of claims under the root of times, which vouches for none (a self-test)."""
    return issue_claim_signer(_time_root(), timedelta(hours=1))


def claim_anchor_pem() -> str:
    """Return the root under which manifests are signed, and those they were signed under, PEM."""
    theirs = authority.named()
    root = theirs.root_pem if theirs is not None else _claim_root().chain_pem
    return root + authority.earlier_roots_pem()


def claim_signers() -> list[str]:
    """Return as whom we are certified who sign, now and before: organisation and country, RFC 4514.
    Whoever else stands under the same root is not us.

    None without an authority of the settings, whose root certifies nobody else, and where that is
    not known of all roots under which we signed, of each in a line of its own: a list that lacks
    one of us would disown files.
    """
    theirs = authority.named()
    if theirs is None:
        return []
    leaf = x509.load_pem_x509_certificate(theirs.chain_pem.encode())
    own = authority.organisation_of(leaf.subject)
    earlier = set(_subjects(authority.earlier_roots_pem()))
    told, ours = authority.earlier_signers(), {each for each in earlier if DEVELOPMENT_MARK in each}
    if not own or len(told) < len(earlier - ours - set(_subjects(theirs.root_pem))):
        return []
    told += [_only_organisation().rfc4514_string()] if ours else []
    return list(dict.fromkeys([own, *told]))


def development_roots(roots_pem: str) -> list[x509.Certificate]:
    """Return which of these roots are of a development authority, as they call themselves: only who
    runs this installation names roots."""
    found = x509.load_pem_x509_certificates(roots_pem.encode())
    return [each for each in found if DEVELOPMENT_MARK in each.subject.rfc4514_string()]


def _subjects(roots_pem: str) -> list[str]:
    found = x509.load_pem_x509_certificates(roots_pem.encode()) if roots_pem else []
    return [each.subject.rfc4514_string() for each in found]


def status_anchor_pem() -> str:
    """Return the root under which status lists are signed, PEM: ours for development where the
    settings name a signer and no issuer. It stands for lists alone then, and for no claim."""
    theirs = authority.named()
    if theirs is not None and theirs.is_issuer:
        return theirs.root_pem
    return _claim_root().chain_pem


def time_anchor_pem() -> str:
    """Return the roots under which time stamps are signed, PEM: ours, and those of the authority
    that the settings name."""
    return _time_root().chain_pem + authority.time_roots_pem()


def trust_anchors_pem() -> str:
    """Return the roots: what is published as trust-anchors.pem and what a verifier needs.

    Without the time root a verifier calls every credential invalid once its signer has expired.
    That of identities is not among them: a reader that holds it as an anchor of any kind would
    trust claims of licensors.
    """
    return claim_anchor_pem() + time_anchor_pem()


def is_development() -> bool:
    """Return whether nobody should trust who signs here: the settings name no authority."""
    return authority.named() is None


def fingerprints() -> dict[str, str]:
    """Return the SHA-256 (lowercase hex) of each certificate in use, by what it is for."""
    signer = x509.load_pem_x509_certificates(signing_chain().chain_pem.encode())
    certificates = {
        "claim_root": _root_in_use(),
        "claim_intermediate": signer[1] if len(signer) > 1 else _root_in_use(),
        "claim_signer": signer[0],
        "time_root": _time_root().leaf,
        "time_stamper": time_stamper().leaf,
        "identity_root": _identity_root().leaf,
    }
    return {purpose: fingerprint(each) for purpose, each in certificates.items()}


def keys_in_use() -> list[tuple[str, ec.EllipticCurvePublicKey]]:
    """Return what each public key signs, as the log calls it (`root`, `credential`, `timestamp`),
    and the key. An issuer between root and signer is not among them, nor a root of another kind."""
    certificates = [
        ("root", _root_in_use()),
        ("root", _time_root().leaf),
        ("root", _identity_root().leaf),
        ("credential", signing_chain().leaf),
        ("timestamp", time_stamper().leaf),
    ]
    keys = [(purpose, certificate.public_key()) for purpose, certificate in certificates]
    return [(purpose, key) for purpose, key in keys if isinstance(key, ec.EllipticCurvePublicKey)]


def _root_in_use() -> x509.Certificate:
    return x509.load_pem_x509_certificate(claim_anchor_pem().encode())


def fingerprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of the certificate's DER bytes, lowercase hex."""
    return certificate.fingerprint(hashes.SHA256()).hex()


# Making certificates: no files, no settings.


def issue_root(name: str | x509.Name, *, path_length: int) -> Identity:
    """Return a new self-signed authority with at most `path_length` authorities below it."""
    return _issue(None, name, _AUTHORITY_LIFE, path_length=path_length)


def issue_intermediate(common_name: str, issuer: Identity) -> Identity:
    """Return a new authority under `issuer` that signs leaves only."""
    return _issue(issuer, common_name, _AUTHORITY_LIFE, path_length=0)


def issue_claim_signer(
    issuer: Identity, life: timedelta = _SIGNER_LIFE, *, name: str | x509.Name = _SIGNER
) -> Identity:
    """Return a new claim signer under `issuer`; its chain carries the issuer's certificates."""
    usages = [CLAIM_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION]
    signer = _issue(issuer, name, life, usage=x509.ExtendedKeyUsage(usages))
    return Identity(signer.key_pem, signer.chain_pem + issuer.chain_pem)


def issue_licensor(
    issuer: Identity, *, code: str, name: str, life: timedelta = _LICENSOR_LIFE
) -> Identity:
    """Return an identity under `issuer` in a licensor's name, for signing documents: readers do
    not take what it signs for a claim."""
    usage = x509.ExtendedKeyUsage([DOCUMENT_SIGNING])
    organisation = _cut(name, f", {DEVELOPMENT_MARK}")
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, _cut(name, f" EC {code}")),
        ]
    )
    signer = _issue(issuer, subject, life, usage=usage)
    return Identity(signer.key_pem, signer.chain_pem + issuer.chain_pem)


def _cut(name: str, end: str) -> str:
    """Return as much of a name as a certificate has room for with `end` behind it: 64 bytes, which
    are 21 Korean letters."""
    room = 64 - len(end.encode())
    return name.encode()[:room].decode(errors="ignore") + end


def issue_status_signer(
    issuer: Identity, life: timedelta = _SIGNER_LIFE, *, name: str | x509.Name = _STATUS_SIGNER
) -> Identity:
    """Return a new signer of status lists under `issuer`; it cannot sign claims."""
    signer = _issue(issuer, name, life, usage=x509.ExtendedKeyUsage([STATUS_SIGNING]))
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
    return x509.Name([*_only_organisation(), x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _only_organisation() -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION)])


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


# Under an issuer that the settings name: keys of this process, never on a disk.

_leaves: dict[tuple[int, Identity, str], Identity] = {}
_leaves_lock = threading.Lock()


def _leaf_of(issuer: Identity, purpose: str) -> Identity:
    """Return this process's signer for a purpose, a new one once a third of its life is left: what
    it signs while no time stamp is to be had shall outlive that. Raises KeyUnavailable, in the last
    hour of the issuer too."""
    life = timedelta(days=settings.ENV.signing_leaf_days)
    issue = _ISSUED_FOR[purpose]
    with _leaves_lock:
        key, now = (os.getpid(), issuer, purpose), datetime.now(UTC)
        ends = issuer.leaf.not_valid_after_utc
        if ends - now < _LEAST_LEFT:
            name = issuer.leaf.subject.rfc4514_string()
            raise authority.KeyUnavailable(f"{name} ends at {ends:%Y-%m-%d %H:%M} UTC: renew it")
        leaf, until = _leaves.get(key), min(now + life, ends)
        if leaf is None or _is_spent(leaf.leaf, life, now, until):
            leaf = issue(issuer, until - now, name=_name_under(issuer.leaf, purpose))
            _leaves[key] = leaf
        return leaf


def _is_spent(leaf: x509.Certificate, life: timedelta, now: datetime, next_until: datetime) -> bool:
    """Return whether the next leaf, which lives until then, shall sign instead. One that ends with
    its issuer signs on: each that follows it would end then too, and be followed at once."""
    ends = leaf.not_valid_after_utc
    return ends - now < life / 3 and next_until - ends > _CLOCK_SKEW


_ISSUED_FOR: dict[str, Callable[..., Identity]] = {
    "Edgecode Signer": issue_claim_signer,
    "Edgecode Status Lists": issue_status_signer,
}


def _name_under(issuer: x509.Certificate, common_name: str) -> x509.Name:
    """Return the issuer's name, country and organisation with it, for a signer."""
    kept = [each for each in issuer.subject if each.oid != NameOID.COMMON_NAME]
    return x509.Name([*kept, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


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


def _kept[T](
    name: str,
    make: Callable[[T], Identity],
    argument: T,
    *,
    renewed_before: timedelta = _RENEW_BEFORE,
) -> Identity:
    """Return the identity stored under `name`; make it if there is none or its end is near."""
    directory = _directory()
    path = directory / f"{name}.pem"
    identity = _load(path, renewed_before)
    if identity is None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _only_one(directory):  # two processes starting together agree on one identity
            identity = _load(path, renewed_before)
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
