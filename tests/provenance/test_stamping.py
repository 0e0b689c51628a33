"""Time stamps from an authority elsewhere: verified, waited for by nobody, put in later."""

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import time_machine
from asn1crypto import tsp

from ledger.models import Event
from ledger.sequencer import advance
from licensing.agreement.render import render_pdf
from licensing.models import Grant
from provenance import countersign, seals
from provenance.checks import check_deployment, check_stamps
from provenance.credentials.files import hash_pending
from provenance.credentials.signing import sign_pending
from provenance.models import Credential
from provenance.trust import pki, stamps, timestamps
from provenance.trust.bundle import trust_bundle
from provenance.trust.stamping import stamp_pending
from provenance.verification.report import Verdict, verify_file
from tests import factories
from tests.doubles.time_authority import no_time_authority, time_authority
from tests.licensing.agreement_terms import TERMS
from tests.provenance.delivered import Delivered, content, licence, saved, sidecar
from tests.provenance.test_offline import verified
from tests.provenance.test_verification import WORDS, outcomes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]

DIGEST = hashlib.sha256(b"frame").digest()


def granted(*, film: bool) -> Grant:
    studio = factories.studio()
    asset = factories.offered_film(studio) if film else factories.offered_words(studio)
    grant = factories.grant(studio, factories.lab(), [asset])
    advance()
    return grant


def signed(grant: Grant) -> Credential:
    sign_pending()
    return Credential.objects.get(granted_asset__grant=grant, state="done")


def time_of(path: Path, mime: str, beside: Path | None = None) -> str:
    report = verify_file(path, filename="f", mime=mime, sidecar=beside)
    assert report.verdict == Verdict.AUTHORISED, report.as_json()
    return outcomes(report)["time"]


def test_a_film_is_delivered_without_a_stamp_and_again_with_it(tmp_path: Path) -> None:
    grant = granted(film=True)
    with no_time_authority(tmp_path):
        credential = signed(grant)
        assert credential.stamped_at is None
        assert stamp_pending() == 0  # still down
    first = saved(credential, tmp_path / "first.mp4")
    assert time_of(first, "video/mp4") == "unknown"

    with time_authority(tmp_path):
        assert (stamp_pending(), stamp_pending()) == (1, 0)
    credential.refresh_from_db()
    assert credential.stamped_at is not None
    credential = Credential.objects.get(pk=credential.pk)
    second = saved(credential, tmp_path / "second.mp4")
    assert first.read_bytes() != second.read_bytes()
    assert first.stat().st_size == second.stat().st_size == credential.file_size
    # What was delivered before is still what we delivered; only the stamp is missing in it.
    for hashed in (False, True):
        assert (time_of(first, "video/mp4"), time_of(second, "video/mp4")) == ("unknown", "warning")
        if not hashed:
            hash_pending()
    credential.refresh_from_db()
    assert credential.file_sha256 == hashlib.sha256(content(credential)).hexdigest()
    other = bytearray(first.read_bytes())
    other[-1] ^= 1
    first.write_bytes(other)
    report = verify_file(first, filename="f", mime="video/mp4")
    assert report.verdict in {Verdict.ALTERED, Verdict.DISPUTED}
    assert Event.objects.filter(kind="credential.stamped").count() == 1


def test_a_sidecar_gets_its_stamp_and_names_the_same_file(tmp_path: Path) -> None:
    grant = granted(film=False)
    with no_time_authority(tmp_path):
        credential = signed(grant)
    file, beside = saved(credential, tmp_path / "w.srt"), tmp_path / "w.c2pa"
    before = credential.file_sha256
    beside.write_bytes(sidecar(credential))
    assert time_of(file, WORDS, beside) == "unknown"
    assert stamp_pending() == 1  # our own authority does as well
    credential = Credential.objects.get(pk=credential.pk)
    assert credential.file_sha256 == before
    assert time_of(file, WORDS, beside) == "unknown"  # the one that came first holds
    beside.write_bytes(sidecar(credential))
    assert time_of(file, WORDS, beside) == "warning"


def test_what_another_authority_stamped_before_is_what_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its roots are named no more, or by who reads it not yet."""
    root = pki.issue_root("Times of before", path_length=0)
    studio, bundle = factories.studio(), tmp_path / "trust-bundle.pem"
    with time_authority(tmp_path, partial(_stamped_under, root), roots=root.chain_pem):
        words = Delivered(licence(studio, factories.offered_words(studio)), tmp_path)
        film = Delivered(licence(studio, factories.offered_film(studio)), tmp_path)

        def told() -> set[tuple[str, str, str]]:
            bundle.write_text(trust_bundle())
            said = set()
            for each in (words, film):
                beside = ("--sidecar", each.sidecar) if each.sidecar else ()
                offline = verified(capsys, each.file, *beside, "--trust", bundle)[1]
                report = each.report()
                said.add((report.verdict, outcomes(report)["time"], offline["verdict"]))
            return said

        # It calls itself one for development.
        assert told() == {("authorised", "warning", "licensed")}
        assert check_stamps() == []
    assert told() == {("authorised", "unknown", "licensed")}
    [warned] = check_stamps()
    assert "keep those of earlier authorities in EDGECODE_TIMESTAMP_ROOTS" in warned.msg


def test_an_authority_elsewhere_stamps_at_once(tmp_path: Path) -> None:
    grant = granted(film=False)
    with time_authority(tmp_path):
        credential = signed(grant)
    assert credential.stamped_at == credential.signed_at
    assert stamp_pending() == 0


def test_the_stamp_outlives_the_signer_who_waited_for_it(tmp_path: Path) -> None:
    with no_time_authority(tmp_path):
        credential = signed(granted(film=False))
    body = bytes(credential.manifest.body)
    assert countersign.stamped(countersign.stamped(body, b"token"), b"") == body


def _other_nonce(request: bytes) -> bytes:
    query = tsp.TimeStampReq.load(request)
    query["nonce"] = 4711
    return timestamps.respond(query.dump())


def _other_digest(request: bytes) -> bytes:
    query = tsp.TimeStampReq.load(request)
    query["message_imprint"]["hashed_message"] = hashlib.sha256(b"another").digest()
    return timestamps.respond(query.dump(force=True))


def _another_time(request: bytes) -> bytes:
    with time_machine.travel(datetime.now(UTC) - timedelta(hours=1)):
        return timestamps.respond(request)


def _changed(request: bytes) -> bytes:
    answer = bytearray(timestamps.respond(request))
    answer[-1] ^= 1
    return bytes(answer)


def _by_a_stranger(request: bytes) -> bytes:
    return _stamped_under(pki.issue_root("A stranger's", path_length=0), request)


def _stamped_under(root: pki.Identity, request: bytes) -> bytes:
    stamper = pki.issue_time_stamper(root)
    kept, pki.time_stamper = pki.time_stamper, lambda: stamper
    try:
        return timestamps.respond(request)
    finally:
        pki.time_stamper = kept


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (_other_nonce, "answers another question"),
        (_other_digest, "its signature does not hold"),
        (_another_time, "one clock is wrong"),
        (_changed, "its signature does not hold|no valid time stamp"),
        (_by_a_stranger, "under none of EDGECODE_TIMESTAMP_ROOTS"),
        (lambda _: b"", "no valid time stamp"),
        (lambda _: b"\x30\x80" * 500, "no valid time stamp"),
        (lambda _: b"0" * 100_000, "too long"),
        (lambda _: timestamps.respond(b"rubbish"), r"refused: rejection .*not a DER TimeStampReq"),
    ],
)
def test_a_stamp_that_does_not_hold_is_none(
    tmp_path: Path, answer: Callable[[bytes], bytes], told: str
) -> None:
    with time_authority(tmp_path, answer), pytest.raises(stamps.NoStamp, match=told) as caught:
        stamps.token(DIGEST)
    assert "\n" not in str(caught.value)


def test_an_authority_that_is_down_is_not_asked_for_each_file(tmp_path: Path) -> None:
    with no_time_authority(tmp_path):
        with pytest.raises(stamps.NoStamp, match="did not answer: "):
            stamps.token(DIGEST)
        with pytest.raises(stamps.NoStamp, match="less than a minute ago"):
            stamps.token(DIGEST)


_TSA_CONFIG = """
[tsa]
default_tsa = ours
[ours]
serial = {folder}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


_AUTHORITY = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign")
_STAMPER = (
    "basicConstraints=critical,CA:FALSE",
    "keyUsage=critical,digitalSignature",
    "extendedKeyUsage=critical,timeStamping",
)
_NAMED = ("subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid")


def _openssl(folder: Path, *arguments: str | Path) -> None:
    command = ["openssl", *map(str, arguments)]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


@pytest.fixture
def foreign(tmp_path: Path) -> Callable[[bytes], bytes]:
    """OpenSSL's time-stamping authority, with an RSA key under an issuer below a root, as public
    ones have it; its root lies in `foreign-root.pem`."""
    (tmp_path / "req.cnf").write_text("[req]\ndistinguished_name = dn\n[dn]\n")
    made = [*("-config", "req.cnf", "-days", "2", "-newkey", "rsa:2048", "-nodes", "-batch")]
    for name, issuer, extensions in (
        ("root", "", _AUTHORITY),
        ("issuer", "root", _AUTHORITY),
        ("tsa", "issuer", _STAMPER),
    ):
        under = ["-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key"] if issuer else []
        files = ["-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/O=Foreign/CN={name}"]
        added = [word for each in (*extensions, *_NAMED) for word in ("-addext", each)]
        _openssl(tmp_path, "req", "-x509", *made, *under, *files, *added)
    (tmp_path / "tsa.cnf").write_text(_TSA_CONFIG.format(folder=tmp_path))
    (tmp_path / "serial").write_text("01")

    def answer(request: bytes) -> bytes:
        (tmp_path / "q").write_bytes(request)
        _openssl(
            *(tmp_path, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "q", "-out", "r"),
            *("-signer", "tsa.pem", "-inkey", "tsa.key", "-chain", "issuer.pem"),
        )
        return (tmp_path / "r").read_bytes()

    return answer


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
def test_any_authority_stamps_whose_root_is_named(
    tmp_path: Path, foreign: Callable[[bytes], bytes]
) -> None:
    grant = granted(film=False)
    with time_authority(tmp_path, foreign, roots=(tmp_path / "root.pem").read_text()):
        assert [each for each in check_deployment() if each.id == "provenance.E003"] == []
        credential = signed(grant)
        assert credential.stamped_at is not None
        file, beside = saved(credential, tmp_path / "w.srt"), tmp_path / "w.c2pa"
        beside.write_bytes(sidecar(credential))
        report = verify_file(file, filename="w", mime=WORDS, sidecar=beside)
        paper = seals.read_seal(seals.seal(render_pdf(TERMS), "Agreed."))
    # Agreements and certificates too: they are read after the signer's certificate has ended.
    assert (paper.time_authority, paper.is_intact, paper.covers_all) == ("tsa", True, True)
    assert paper.sealed_at is not None
    stamp = report.inspection.time_stamp
    assert stamp is not None
    assert (stamp.authority, stamp.trusted) == ("tsa", True)
    assert report.verdict == Verdict.AUTHORISED


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
def test_an_authority_that_readers_do_not_take_is_told_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Its certificate may sign certificates, too: other readers take that, those of C2PA do not."""
    as_authority = ("basicConstraints=critical,CA:TRUE", *_STAMPER[1:])
    monkeypatch.setattr("tests.provenance.test_stamping._STAMPER", as_authority)
    answer = request.getfixturevalue("foreign")
    with time_authority(tmp_path, answer, roots=(tmp_path / "root.pem").read_text()):
        stamps.token(DIGEST)
        assert "provenance.E003" in {each.id for each in check_deployment()}
