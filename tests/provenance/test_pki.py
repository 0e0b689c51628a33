import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from provenance.trust import pki


@pytest.fixture
def keys(settings: Settings, tmp_path: Path) -> Path:
    settings.VAR_DIR = tmp_path
    return tmp_path / "keys"


def test_the_chain_leads_from_the_signer_to_the_published_root(keys: Path) -> None:
    leaf, intermediate = x509.load_pem_x509_certificates(pki.signing_chain().chain_pem.encode())
    claim_root, time_root = x509.load_pem_x509_certificates(pki.trust_anchors_pem().encode())

    leaf.verify_directly_issued_by(intermediate)
    intermediate.verify_directly_issued_by(claim_root)
    pki.time_stamper().leaf.verify_directly_issued_by(time_root)


def test_certificates_follow_the_profiles_that_readers_check(keys: Path) -> None:
    leaf, intermediate = x509.load_pem_x509_certificates(pki.signing_chain().chain_pem.encode())
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    stamping = pki.time_stamper().leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    limits = intermediate.extensions.get_extension_for_class(x509.BasicConstraints)

    assert list(usage.value) == [pki.CLAIM_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION]
    assert list(stamping.value) == [ExtendedKeyUsageOID.TIME_STAMPING]
    assert stamping.critical
    assert (limits.critical, limits.value.ca, limits.value.path_length) == (True, True, 0)


def test_every_name_says_that_nobody_should_trust_it(keys: Path) -> None:
    pem = pki.trust_anchors_pem() + pki.signing_chain().chain_pem + pki.time_stamper().chain_pem

    assert pki.is_development()
    for certificate in x509.load_pem_x509_certificates(pem.encode()):
        assert certificate.subject.rfc4514_string().count("NOT TRUSTED") == 2


def test_only_the_owner_can_read_the_keys(keys: Path) -> None:
    pki.fingerprints()

    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    files = sorted(keys.glob("*.pem"))
    assert len(files) == 6
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_second_look_finds_the_same_keys(keys: Path) -> None:
    first = pki.fingerprints()

    assert pki.fingerprints() == first
    assert len(set(first.values())) == 6


def test_processes_starting_together_agree(keys: Path) -> None:
    script = (
        "import django; django.setup()\n"
        "from provenance.trust import pki; print(sorted(pki.fingerprints().items()))"
    )
    environment = {**os.environ, "EDGECODE_VAR_DIR": str(keys.parent)}
    running = [
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=environment)
        for _ in range(3)
    ]
    answers = {process.communicate(timeout=60)[0] for process in running}

    assert [process.returncode for process in running] == [0, 0, 0]
    assert len(answers) == 1


def test_a_signer_near_its_end_is_renewed_under_the_same_root(keys: Path) -> None:
    before = pki.fingerprints()
    with time_machine.travel(datetime.now(UTC) + timedelta(days=59), tick=False):
        assert pki.fingerprints() == before
    with time_machine.travel(datetime.now(UTC) + timedelta(days=61), tick=False):
        after = pki.fingerprints()

    changed = {purpose for purpose in before if before[purpose] != after[purpose]}
    assert changed == {"claim_signer"}


def test_a_damaged_key_file_is_named_and_left_alone(keys: Path) -> None:
    pki.signing_chain()
    file = keys / "claim-signer.pem"
    file.write_text("not a key")

    with pytest.raises(ImproperlyConfigured, match=r"claim-signer\.pem: not a private key"):
        pki.signing_chain()
    assert file.read_text() == "not a key"


def test_an_identity_never_prints_its_key(keys: Path) -> None:
    assert "PRIVATE" not in repr(pki.signing_chain())


@pytest.mark.parametrize("name", ["꿈" * 200, "Pictures " * 30, "👩‍👩‍👧‍👦" * 20, "김", "a" * 51])
def test_a_licensors_name_of_any_length_and_script_is_certified(name: str) -> None:
    issuer = pki.issue_root("A root", path_length=0)
    subject = pki.issue_licensor(issuer, code="ABCDEFGH", name=name).leaf.subject
    [organisation] = subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    [common] = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    kept = str(organisation.value).removesuffix(", NOT TRUSTED")

    assert str(organisation.value).endswith(", NOT TRUSTED")
    assert str(common.value).endswith(" EC ABCDEFGH")
    assert name.startswith(kept)
    assert kept == name or len(kept.encode()) > 45
