import hashlib
import io
import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from provenance import c2pa_sdk, pki
from provenance.findings import Finding, concerns_content
from provenance.inspect_host import HOST
from provenance.inspection import Inspection, Integrity, Trust, inspect
from tests.provenance.film import bunny
from tests.provenance.test_signing import DEFINITION, flip

MP4 = "video/mp4"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("film") / "bunny.mp4"
    c2pa_sdk.sign_embedded(DEFINITION, MP4, bunny(), target)
    return target


def found(inspection: Inspection) -> set[str]:
    return {finding.code for finding in inspection.findings}


def test_our_film_is_intact_and_says_what_was_granted(film: Path) -> None:
    seen = inspect(film, mime=MP4)

    assert (seen.integrity, seen.trust) == (Integrity.INTACT, Trust.EDGECODE_DEVELOPMENT)
    assert (seen.has_manifest, seen.found_in, seen.findings) == (True, "file", ())
    assert seen.file_sha256 == hashlib.sha256(film.read_bytes()).hexdigest()
    assert seen.file_size == film.stat().st_size
    assert seen.grant is not None
    assert seen.grant["licensee"] == {"code": "QRSTVWXY", "name": "Lumen Lab"}
    assert [consent["consent"] for consent in seen.consents] == ["JKMNPQRS"]
    assert seen.training_mining is not None
    assert seen.training_mining["entries"]["cawg.data_mining"] == {"use": "notAllowed"}
    assert [action["action"] for action in seen.actions] == ["c2pa.created"]
    assert seen.title == "Big Buck Bunny"


def test_the_report_names_the_certificate_and_the_time(film: Path) -> None:
    seen = inspect(film, mime=MP4)

    assert seen.signer is not None
    assert seen.signer.certificate_sha256 == pki.fingerprints()["claim_signer"]
    assert seen.signer.common_name == "Edgecode Development Signer, NOT TRUSTED"
    assert seen.signer.issuer == "Edgecode Development Issuer, NOT TRUSTED"
    assert seen.signer.algorithm == "ES256"
    assert seen.time_stamp is not None
    assert seen.time_stamp.trusted
    assert seen.time_stamp.authority == "Edgecode Development Time, NOT TRUSTED"


def test_the_report_is_json(film: Path) -> None:
    flipped = inspect(flip(film, film.stat().st_size // 2), mime=MP4)
    plain = json.loads(json.dumps(flipped.as_json()))

    assert plain["integrity"] == "altered"
    assert plain["has_manifest"] is True
    assert plain["findings"][0]["reason"] == "The content was changed after it was signed."
    assert plain["raw"]["validation_state"] == "Invalid"


def test_one_flipped_byte_is_an_altered_film(film: Path) -> None:
    seen = inspect(flip(film, film.stat().st_size // 2), mime=MP4)

    assert (seen.integrity, seen.trust) == (Integrity.ALTERED, Trust.NOBODY)
    assert "assertion.bmffHash.mismatch" in found(seen)


@pytest.mark.parametrize("mime", ["text/plain", "audio/mpeg", "application/x-subrip"])
def test_a_sidecar_is_judged_with_its_file(mime: str, tmp_path: Path) -> None:
    file, sidecar = tmp_path / "file", tmp_path / "file.c2pa"
    file.write_bytes(b"any bytes at all")
    digest = hashlib.sha256(b"any bytes at all").hexdigest()
    sidecar.write_bytes(c2pa_sdk.sign_sidecar(DEFINITION, digest).manifest)
    intact = inspect(file, mime=mime, sidecar=sidecar)
    file.write_bytes(b"any bytes at ale")
    altered = inspect(file, mime=mime, sidecar=sidecar)

    assert (intact.integrity, intact.found_in) == (Integrity.INTACT, "sidecar")
    assert intact.trust == Trust.EDGECODE_DEVELOPMENT
    assert (altered.integrity, found(altered)) == (
        Integrity.ALTERED,
        {"assertion.dataHash.mismatch"},
    )


@pytest.mark.parametrize("content", [b"", b"plain words", b"\x89PNG\r\n\x1a\n"])
def test_a_file_without_a_manifest_is_unsigned_or_damaged_never_wrong(
    content: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    seen = inspect(file, mime="image/png")

    assert seen.integrity in {Integrity.UNSIGNED, Integrity.UNREADABLE}
    assert (seen.has_manifest, seen.trust, seen.signer) == (False, Trust.NOBODY, None)


def test_film_as_it_came_is_unsigned() -> None:
    assert inspect(bunny(), mime=MP4).integrity == Integrity.UNSIGNED


def test_a_wrong_name_does_not_hide_the_manifest(film: Path) -> None:
    assert inspect(film, mime="image/jpeg").integrity == Integrity.INTACT


def test_a_sidecar_that_is_none_is_unreadable(tmp_path: Path) -> None:
    sidecar = tmp_path / "noise.c2pa"
    sidecar.write_bytes(b"noise")
    seen = inspect(bunny(), mime=MP4, sidecar=sidecar)

    assert (seen.has_manifest, seen.trust) == (False, Trust.NOBODY)
    assert seen.integrity in {Integrity.UNREADABLE, Integrity.UNSIGNED}


def signed_by(signer: pki.Identity, folder: Path) -> tuple[Path, Path]:
    """Return a file and its sidecar, signed by `signer` and stamped by nobody."""
    engine = c2pa_sdk._Engine(signer, c2pa_sdk.Anchors(pki.claim_anchor_pem(), ""), None)
    file, sidecar = folder / "file.txt", folder / "file.c2pa"
    file.write_bytes(b"content")
    signed = engine.sign(
        DEFINITION, "application/octet-stream", io.BytesIO(b"content"), io.BytesIO(), embed=False
    )
    sidecar.write_bytes(signed.manifest)
    return file, sidecar


def test_a_stranger_who_calls_himself_edgecode_is_nobody(tmp_path: Path) -> None:
    root = pki.issue_root("Edgecode Development Root, NOT TRUSTED", path_length=0)
    file, sidecar = signed_by(pki.issue_claim_signer(root), tmp_path)
    seen = inspect(file, mime="text/plain", sidecar=sidecar)

    assert (seen.integrity, seen.trust) == (Integrity.INTACT, Trust.NOBODY)
    assert found(seen) == {"signingCredential.untrusted"}
    assert str(seen.findings[0].reason) == "Nobody we know vouches for the signer."
    assert seen.time_stamp is None


def test_the_time_root_vouches_for_no_claim(tmp_path: Path) -> None:
    """The reader says "Trusted" of a claim signed under any list; we must not."""
    file, sidecar = signed_by(pki.issue_claim_signer(pki._time_root()), tmp_path)
    seen = inspect(file, mime="text/plain", sidecar=sidecar)

    assert seen.raw is not None
    assert seen.raw["validation_state"] == "Trusted"
    assert (seen.integrity, seen.trust) == (Integrity.INTACT, Trust.NOBODY)


def test_many_files_at_once_each_get_their_own_answer(film: Path, tmp_path: Path) -> None:
    altered = flip(film, film.stat().st_size // 2)
    files = [film, altered, bunny()] * 4
    with ThreadPoolExecutor(6) as pool:
        seen = [each.integrity for each in pool.map(lambda file: inspect(file, mime=MP4), files)]

    assert seen == [Integrity.INTACT, Integrity.ALTERED, Integrity.UNSIGNED] * 4


def test_a_killed_inspecting_process_is_started_again(film: Path) -> None:
    inspect(film, mime=MP4)
    assert HOST._process is not None
    os.kill(HOST._process.pid, signal.SIGKILL)

    assert inspect(film, mime=MP4).integrity == Integrity.INTACT


def test_a_file_that_needs_too_much_is_given_up(
    film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provenance.inspection._MEMORY_BYTES", 2**20)
    seen = inspect(film, mime=MP4)

    assert seen.integrity == Integrity.UNREADABLE
    assert found(seen) <= {"edgecode.reader.stopped", "edgecode.reader.failed"}


@pytest.mark.parametrize(
    ("code", "content", "reason"),
    [
        ("assertion.boxesHash.mismatch", True, "The content was changed after it was signed."),
        ("claimSignature.mismatch", True, "The signature does not belong to this manifest."),
        ("timeStamp.malformed", False, "The time stamp is damaged or does not belong to this"),
        ("cawg.x509.signature.mismatch", False, "A further identity in the manifest could not"),
        ("signingCredential.expired", False, "The signer's certificate was not valid at the time"),
        ("algorithm.unsupported", True, "The manifest breaks a rule of its standard."),
    ],
)
def test_each_failure_has_a_plain_reason(code: str, reason: str, *, content: bool) -> None:
    assert concerns_content(code) is content
    assert str(Finding(code).reason).startswith(reason)
