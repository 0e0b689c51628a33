"""Signing under an authority of one's own, whose key lies in a PEM file or in a KMS."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django import Settings

from edgecode.verify import read_bundle, verify
from ledger.sequencer import advance
from licensing.agreement.render import render_pdf
from provenance import checks, seals
from provenance.c2pa_sdk.self_test import _proven
from provenance.c2pa_sdk.signing import Signing
from provenance.certificates.issuing import issue_certificate
from provenance.credentials.signing import sign_pending
from provenance.models import Certificate, Credential, SignedStatusList, StatusList
from provenance.trust import authority, kms, pki
from provenance.verification.inspection import Integrity, Trust, inspect
from tests import factories
from tests.api.callers import Caller, caller
from tests.doubles.kms_server import kms_server
from tests.doubles.time_authority import no_time_authority
from tests.licensing.agreement_terms import TERMS
from tests.provenance.delivered import content, saved
from tests.provenance.test_signing import DEFINITION

DAY = timedelta(days=1)
_HALCYON = "CN=Halcyon,O=Halcyon Pictures,C=DE"


@pytest.fixture(scope="module")
def kms_url() -> Iterator[str]:
    with kms_server() as url:
        yield url


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("ACCESS_KEY_ID", "id"), ("SECRET_ACCESS_KEY", "secret")):
        monkeypatch.setenv(f"AWS_{name}", value)


class Own:
    """A studio's own root, and what stands under it."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder, self.settings = folder, settings
        name = x509.Name.from_rfc4514_string("CN=Halcyon Root,O=Halcyon Pictures,C=DE")
        self.root = pki.issue_root(name, path_length=1)

    def use(self, certificates: list[x509.Certificate], key: str, **more: Any) -> None:
        path = self.folder / "certificates.pem"
        path.write_bytes(b"".join(_pem(each) for each in certificates))
        self.configure(signing_certificates=path, signing_key=key, **more)

    def configure(self, **changes: Any) -> None:
        self.settings.ENV = self.settings.ENV.model_copy(update=changes)

    def in_file(self, key: ec.EllipticCurvePrivateKey) -> str:
        path = self.folder / "key.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return str(path)


@pytest.fixture
def own(var_dir: Path, settings: Settings, tmp_path: Path) -> Iterator[Own]:
    _restart()
    yield Own(tmp_path, settings)
    _restart()


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def certified(
    issuer: pki.Identity,
    key: ec.EllipticCurvePublicKey,
    *,
    is_issuer: bool,
    life: timedelta = 60 * DAY,
    name: x509.Name | None = None,
) -> x509.Certificate:
    """Return a certificate as an authority outside makes one for a key that it does not have."""
    now = datetime.now(UTC)
    above = issuer.leaf.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(name or x509.Name.from_rfc4514_string(_HALCYON))
        .issuer_name(issuer.leaf.subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + life)
        .add_extension(x509.BasicConstraints(is_issuer, 0 if is_issuer else None), critical=True)
        .add_extension(pki._key_usage(is_authority=is_issuer), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above), critical=False)
    )
    if not is_issuer:
        usages = [pki.CLAIM_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION]
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    return builder.sign(issuer.key, hashes.SHA256())


def signed_file(folder: Path) -> tuple[Path, Path]:
    file, sidecar = folder / "words.srt", folder / "words.c2pa"
    file.write_bytes(b"words")
    signed = Signing().beside(DEFINITION, hashlib.sha256(b"words").hexdigest())
    sidecar.write_bytes(signed.manifest)
    return file, sidecar


def local_key(own: Own) -> tuple[ec.EllipticCurvePublicKey, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.public_key(), own.in_file(key)


def kms_key(own: Own, url: str) -> tuple[ec.EllipticCurvePublicKey, str]:
    client = boto3.client("kms", endpoint_url=url, region_name="eu-central-1")
    made = client.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")
    name = made["KeyMetadata"]["KeyId"]
    own.configure(kms_endpoint_url=url, kms_region="eu-central-1")
    public = client.get_public_key(KeyId=name)["PublicKey"]
    loaded = serialization.load_der_public_key(public)
    assert isinstance(loaded, ec.EllipticCurvePublicKey)
    return loaded, f"kms:{name}"


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("is_issuer", [True, False], ids=["issuer", "signer"])
@pytest.mark.parametrize("place", ["file", "kms"])
def test_what_is_signed_under_an_authority_of_ones_own_is_trusted(
    own: Own, kms_url: str, place: str, *, is_issuer: bool
) -> None:
    public, key = local_key(own) if place == "file" else kms_key(own, kms_url)
    certificate = certified(own.root, public, is_issuer=is_issuer)
    own.use([certificate, own.root.leaf], key)

    file, sidecar = signed_file(own.folder)
    seen = inspect(file, mime="text/plain", sidecar=sidecar)

    assert (seen.integrity, seen.trust) == (Integrity.INTACT, Trust.EDGECODE)
    assert seen.signer is not None
    assert seen.signer.organisation == "Halcyon Pictures"
    assert (seen.signer.certificate_sha256 == pki.fingerprint(certificate)) is not is_issuer
    assert not pki.is_development()
    assert own.root.chain_pem in pki.trust_anchors_pem()
    assert not (Path(own.settings.VAR_DIR) / "keys" / "claim-signer.pem").exists()


def test_a_leaf_lives_in_memory_and_is_renewed_in_time(own: Own) -> None:
    public, key = local_key(own)
    own.use([certified(own.root, public, is_issuer=True, life=60 * DAY), own.root.leaf], key)
    first = pki.signing_chain()
    life = first.leaf.not_valid_after_utc - datetime.now(UTC)

    assert timedelta(days=6, hours=23) < life <= timedelta(days=7)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=4)):
        assert pki.signing_chain() == first
    with time_machine.travel(datetime.now(UTC) + timedelta(days=5)):
        assert pki.signing_chain() != first
    with time_machine.travel(datetime.now(UTC) + timedelta(days=58)):  # never beyond its issuer
        ends = pki.signing_chain().leaf.not_valid_after_utc
    assert ends <= certified(own.root, public, is_issuer=True, life=60 * DAY).not_valid_after_utc


@pytest.mark.parametrize(("leaf_days", "days_left"), [(7, 2), (90, 29)])
def test_one_leaf_signs_to_the_end_of_its_issuer(own: Own, leaf_days: int, days_left: int) -> None:
    """Each signature by a key of its own would be by one that the log never named."""
    public, key = local_key(own)
    ending = certified(own.root, public, is_issuer=True, life=days_left * DAY)
    own.use([ending, own.root.leaf], key, signing_leaf_days=leaf_days)
    first = pki.signing_chain()

    assert pki.signing_chain() == first
    assert ("credential", first.leaf.public_key()) in pki.keys_in_use()
    [told] = checks.check_settings()
    assert f"{ending.not_valid_after_utc:%Y-%m-%d %H:%M} UTC" in told.msg
    with time_machine.travel(ending.not_valid_after_utc - timedelta(hours=2)):
        assert pki.signing_chain() == first
    with (
        time_machine.travel(ending.not_valid_after_utc - timedelta(minutes=59)),
        pytest.raises(authority.KeyUnavailable, match="renew it"),
    ):
        pki.signing_chain()


def test_the_last_leaf_of_an_issuer_follows_the_one_before_it_once(own: Own) -> None:
    public, key = local_key(own)
    own.use([certified(own.root, public, is_issuer=True, life=8 * DAY), own.root.leaf], key)
    first = pki.signing_chain()
    with time_machine.travel(datetime.now(UTC) + timedelta(days=6)):
        last = pki.signing_chain()
        assert last != first
        assert pki.signing_chain() == last


def test_what_was_signed_before_a_change_of_roots_stays_trusted(own: Own) -> None:
    file, sidecar = signed_file(own.folder)
    roots = own.folder / "earlier.pem"
    roots.write_text(pki.claim_anchor_pem())
    public, key = local_key(own)
    own.use([certified(own.root, public, is_issuer=True), own.root.leaf], key)

    assert inspect(file, mime="text/plain", sidecar=sidecar).trust == Trust.NOBODY
    own.configure(signing_earlier_roots=roots)
    # Still said to be what it was: signed by the development authority.
    assert inspect(file, mime="text/plain", sidecar=sidecar).trust == Trust.EDGECODE_DEVELOPMENT


def _other_key(own: Own) -> tuple[list[x509.Certificate], str]:
    _, key = local_key(own)
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    return [certified(own.root, public, is_issuer=True), own.root.leaf], key


def _alone(own: Own) -> tuple[list[x509.Certificate], str]:
    public, key = local_key(own)
    return [certified(own.root, public, is_issuer=False)], key


def _foreign(own: Own) -> tuple[list[x509.Certificate], str]:
    public, key = local_key(own)
    other = pki.issue_root("Another root", path_length=1)
    return [certified(own.root, public, is_issuer=False), other.leaf], key


def _over(own: Own) -> tuple[list[x509.Certificate], str]:
    public, key = local_key(own)
    over = certified(own.root, public, is_issuer=True, life=timedelta(seconds=-30))
    return [over, own.root.leaf], key


def _no_file(own: Own) -> tuple[list[x509.Certificate], str]:
    public, _ = local_key(own)
    chain = [certified(own.root, public, is_issuer=True), own.root.leaf]
    return chain, str(own.folder / "nothing.pem")


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (_other_key, "is not the key of the first certificate"),
        (_alone, "holds a certificate alone"),
        (_foreign, "is not issued by the next one"),
        (_over, "is not valid now"),
        (_no_file, "EDGECODE_SIGNING_KEY"),
    ],
)
def test_settings_that_do_not_fit_sign_nothing_and_say_why_in_one_line(
    own: Own, made: Callable[[Own], tuple[list[x509.Certificate], str]], told: str
) -> None:
    own.use(*made(own))
    with pytest.raises(ImproperlyConfigured, match=told) as caught:
        pki.signing_chain()
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("aws")
def test_a_wrong_signature_of_a_kms_is_never_given_out(own: Own, kms_url: str) -> None:
    """moto hashes a digest once more, which no KMS may: what is longer than KMS takes as it is
    shows it."""
    public, text = kms_key(own, kms_url)
    key, scheme = authority.key_of(text), ec.ECDSA(hashes.SHA256())

    public.verify(key.sign(bytes(4096), scheme), bytes(4096), scheme)
    with pytest.raises(kms.KeyUnavailable, match="its DIGEST signature is wrong"):
        key.sign(bytes(4097), scheme)


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("spec", ["ECC_NIST_P384", "RSA_2048", None])
def test_a_key_that_cannot_sign_claims_is_refused(own: Own, kms_url: str, spec: str | None) -> None:
    name = "00000000-0000-0000-0000-000000000000"
    if spec is not None:
        client = boto3.client("kms", endpoint_url=kms_url, region_name="eu-central-1")
        made = client.create_key(KeyUsage="SIGN_VERIFY", KeySpec=spec)
        name = made["KeyMetadata"]["KeyId"]
    with pytest.raises(kms.KeyUnavailable, match=f"KMS key {name}"):
        kms.kms_key(name, region="eu-central-1", endpoint_url=kms_url)


@pytest.mark.usefixtures("aws")
def test_a_kms_that_is_gone_signs_nothing(own: Own) -> None:
    own.configure(kms_endpoint_url="http://127.0.0.1:9", kms_region="eu-central-1")
    with pytest.raises(kms.KeyUnavailable, match="get_public_key failed"):
        authority.key_of("kms:any")


@pytest.mark.usefixtures("aws")
def test_a_kms_that_did_not_answer_is_left_alone_for_a_while(
    own: Own, caplog: pytest.LogCaptureFixture
) -> None:
    """Where it is silent each try takes many seconds, and somebody waits for every one."""
    own.configure(kms_endpoint_url="http://127.0.0.1:9", kms_region="eu-central-1")
    for _ in range(3):
        with pytest.raises(kms.KeyUnavailable, match="get_public_key failed"):
            authority.key_of("kms:silent")
    assert len([each for each in caplog.records if "get_public_key failed" in each.message]) == 1


def _restart() -> None:
    """Forget what a process keeps of the key that signs."""
    for kept in (authority._read, authority._fitting, kms._kept, _proven):
        kept.cache_clear()
    pki._leaves.clear()
    kms._quiet.clear()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("is_issuer", [True, False], ids=["issuer", "signer"])
def test_without_its_kms_the_house_goes_on_verifying(
    own: Own, kms_url: str, *, is_issuer: bool
) -> None:
    """Who only needs certificates asks for no key; who needs a signature hears when to come."""
    public, key = kms_key(own, kms_url)
    own.use([certified(own.root, public, is_issuer=is_issuer), own.root.leaf], key)
    studio, lab = caller(factories.studio()), caller(factories.lab())
    grant = factories.grant(studio.actor, lab.actor, [factories.offered_film(studio.actor)])
    advance()
    sign_pending()
    advance()
    issue_certificate(actor=studio.actor, grant=grant.code)
    film, anybody = content(Credential.objects.get()), Caller()
    assert anybody.get("status-lists/1/").status == 200
    bundle = anybody.get("trust-bundle.pem").content

    own.configure(kms_endpoint_url="http://127.0.0.1:9")
    _restart()

    assert anybody.get("trust-bundle.pem").content == bundle
    assert anybody.get("trust-anchors.pem").status == 200
    assert anybody.send("POST", "verify/", film, "video/mp4").data["verdict"] == "authorised"
    found = "/api/soft-binding/matches/byContent"
    assert Client().post(found, b"words", content_type="text/plain").status_code == 200
    seen = "sightings/file/?platform=x&seen_at=2026-11-20T00:00:00Z"
    assert anybody.send("POST", seen, b"words", "text/plain").status == 201

    waiting = [studio.get(f"grants/{grant.code}/certificate.pdf")]
    if is_issuer:  # a list that has to be signed anew; beside a signer ours for development does
        SignedStatusList.objects.all().delete()
        StatusList.objects.update(checked_at=None)
        waiting.append(anybody.get("status-lists/1/"))
    assert {(each.status, each.headers["Retry-After"]) for each in waiting} == {(503, "30")}
    assert key.removeprefix("kms:") not in waiting[0].content.decode()
    assert not Certificate.objects.get().documents

    own.configure(kms_endpoint_url=kms_url)
    _restart()
    assert studio.get(f"grants/{grant.code}/certificate.pdf").content.startswith(b"%PDF")
    assert anybody.get("status-lists/1/").status == 200


def _delivered(folder: Path) -> Path:
    studio, lab = factories.studio(), factories.lab()
    factories.grant(studio, lab, [factories.offered_film(studio)])
    advance()
    sign_pending()
    advance()
    return saved(Credential.objects.get(), folder / "film.mp4")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_issuer", [True, False], ids=["issuer", "signer"])
def test_whoever_has_the_bundle_can_check_the_status_lists(own: Own, *, is_issuer: bool) -> None:
    """A recognised authority certifies a signer of claims, who cannot sign lists: ours does, under
    a root that vouches for nothing else."""
    before, sidecar = signed_file(own.folder)  # by our own authority
    public, key = local_key(own)
    own.use([certified(own.root, public, is_issuer=is_issuer), own.root.leaf], key)
    film = _delivered(own.folder)
    anybody, bundle, status = Caller(), own.folder / "trust-bundle.pem", own.folder / "list.jwt"
    bundle.write_bytes(anybody.get("trust-bundle.pem").content)
    status.write_bytes(anybody.get("status-lists/1/").content)
    trust = read_bundle(bundle)
    assert trust is not None

    assert verify(film, trust=trust, status=status).name == "licensed"
    root = anybody.get("status-anchors.pem").content.decode()
    assert root == trust.lists
    assert (root in trust.claims) is is_issuer
    assert (root in anybody.get("trust-anchors.pem").content.decode()) is is_issuer
    assert verify(before, sidecar=sidecar, trust=trust).name == "stranger"
    told = [each.id for each in checks.check_deployment()]
    assert ("provenance.W004" in told) is not is_issuer
    page = Client().get("/ledger/about/").content.decode()
    assert "Halcyon Root" in page
    assert "an authority that this installation names" in page
    assert ("status-anchors.pem" in page) is not is_issuer

    # Where files were delivered under that root before, it stands among those of claims alone.
    earlier = own.folder / "earlier.pem"
    earlier.write_text(pki._claim_root().chain_pem)
    own.configure(signing_earlier_roots=earlier)
    bundle.write_bytes(anybody.get("trust-bundle.pem").content)
    assert verify(film, trust=read_bundle(bundle), status=status).name == "licensed"


def test_what_was_signed_is_read_after_the_end_of_the_certificates(own: Own) -> None:
    public, key = local_key(own)
    own.use([certified(own.root, public, is_issuer=False, life=DAY), own.root.leaf], key)
    file, sidecar = signed_file(own.folder)

    with time_machine.travel(datetime.now(UTC) + 2 * DAY):
        _restart()
        assert inspect(file, mime="text/plain", sidecar=sidecar).trust == Trust.EDGECODE
        with pytest.raises(ImproperlyConfigured, match="is not valid now"):
            pki.signing_chain()


def test_a_key_in_kms_never_leaves_it() -> None:
    class Client:
        def get_public_key(self, **_: Any) -> dict[str, bytes]:
            public = ec.generate_private_key(ec.SECP256R1()).public_key()
            der = serialization.PublicFormat.SubjectPublicKeyInfo
            return {"PublicKey": public.public_bytes(serialization.Encoding.DER, der)}

    key = kms.KmsKey(Client(), "any")
    with pytest.raises(kms.KeyUnavailable):
        key.private_numbers()
    with pytest.raises(kms.KeyUnavailable):
        key.private_bytes()


def test_what_is_missing_is_said_in_one_line(own: Own) -> None:
    told = [each.msg for each in checks.check_deployment()]
    assert [line.partition(":")[0].partition(",")[0] for line in told] == [
        "credentials are signed by a development authority that nobody should trust",
        "time stamps are our own",
    ]
    assert checks.check_settings() == []
    own.use(*_other_key(own))
    [wrong] = checks.check_settings()
    assert "is not the key of the first certificate" in wrong.msg
    assert any("nothing can be signed" in each.msg for each in checks.check_deployment())
    own.configure(kms_endpoint_url="http://127.0.0.1:9", kms_region="eu-central-1")
    own.use(*_other_key(own)[:1], "kms:any")
    assert checks.check_settings() == []  # nobody is asked for every command
    assert any("KMS key any" in each.msg for each in checks.check_deployment())


def test_a_time_authority_that_is_down_is_told(own: Own) -> None:
    with no_time_authority(own.folder):
        assert "files wait for their time stamps" in checks.check_deployment()[-1].msg


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("place", ["file", "kms"])
def test_agreements_are_sealed_under_it_too(own: Own, kms_url: str, place: str) -> None:
    public, key = local_key(own) if place == "file" else kms_key(own, kms_url)
    own.use([certified(own.root, public, is_issuer=False), own.root.leaf], key)

    reading = seals.read_seal(seals.seal(render_pdf(TERMS), "Agreed."))

    assert (reading.is_intact, reading.is_trusted, reading.signer) == (True, True, "Halcyon")
    # An authority is asked to certify the key, wherever it lies.
    named = pki.signing_chain().key
    request = x509.CertificateSigningRequestBuilder().subject_name(own.root.leaf.subject)
    assert request.sign(named, hashes.SHA256()).is_signature_valid
